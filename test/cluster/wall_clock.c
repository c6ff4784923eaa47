/*
 * Moves a program's wall clock (LD_PRELOAD), for tests that set it while the program runs: the file
 * that RAFTD_WALL_CLOCK names holds the milliseconds to add, which may be negative. The monotonic
 * clock stays as it is. Without the file nothing is moved.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_BYTES = 32 };

static int (*real_clock_gettime)(clockid_t, struct timespec *);

static long long moved_ms(void)
{
    const char *path = getenv("RAFTD_WALL_CLOCK");
    char text[TEXT_BYTES] = "";
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (file < 0) {
        return 0;
    }
    if (read(file, text, sizeof(text) - 1) < 0) {
        text[0] = '\0';
    }
    close(file);
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result;

    if (real_clock_gettime == NULL) {
        *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    }
    result = real_clock_gettime(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) {
        now->tv_sec += (time_t)(moved_ms() / 1000);
    }
    return result;
}
