/*
 * Stands between a program and its files (LD_PRELOAD), for tests that end a process at a chosen
 * step or have its disk hang, without a switch for that in the program. What to do stands in the
 * file that RAFTD_FILE_STEPS names; without that file nothing happens:
 *
 *     kill PATTERN N    steps are counted from the first one on a path with PATTERN in it; before
 *                       the Nth the process is killed, with half of it done if it is a write.
 *                       0: count only
 *     hang PATTERN      syncs of such paths wait as long as the file says so
 *     skip-fsync PATTERN, skip-fdatasync PATTERN
 *                       that function does nothing for such paths and reports success
 *
 * Each step that was counted is a line in the file of that name with ".log" behind it.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, ORDER_BYTES = 256, HANG_SLICE_US = 10000 };

struct order {
    char verb[16];
    char pattern[128];
    unsigned long number;
};

static _Atomic unsigned long steps;
static atomic_bool has_begun;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

static void *find(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL) {
        abort();
    }
    return function;
}

__attribute__((constructor)) static void find_all(void)
{
    *(void **)&real_pwrite = find("pwrite");
    *(void **)&real_pread = find("pread");
    *(void **)&real_open = find("open");
    *(void **)&real_fsync = find("fsync");
    *(void **)&real_fdatasync = find("fdatasync");
    *(void **)&real_ftruncate = find("ftruncate");
    *(void **)&real_rename = find("rename");
    *(void **)&real_unlink = find("unlink");
}

static bool read_order(struct order *order)
{
    const char *name = getenv("RAFTD_FILE_STEPS");
    char text[ORDER_BYTES] = {0};
    int file = name != NULL ? real_open(name, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t size;

    if (file < 0) {
        return false;
    }
    size = read(file, text, sizeof(text) - 1);
    close(file);
    memset(order, 0, sizeof(*order));
    return size > 0 &&
           sscanf(text, "%15s %127s %lu", order->verb, order->pattern, &order->number) >= 2;
}

static void write_line(unsigned long number, const char *what, const char *path)
{
    const char *base = strrchr(path, '/');
    char text[PATH_BYTES + 64];
    char name[PATH_BYTES];
    int file;
    int size;

    snprintf(name, sizeof(name), "%s.log", getenv("RAFTD_FILE_STEPS"));
    file = real_open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size =
        snprintf(text, sizeof(text), "%lu %s %s\n", number, what, base != NULL ? base + 1 : path);
    if (file < 0 || write(file, text, (size_t)size) != size) {
        abort();
    }
    close(file);
}

/* True: the process dies in this step. */
static bool is_last_step(const char *what, const char *path)
{
    unsigned long number;
    struct order order;

    while (read_order(&order) && strcmp(order.verb, "hang") == 0 &&
           strstr(path, order.pattern) != NULL && strstr(what, "sync") != NULL) {
        usleep(HANG_SLICE_US);
    }
    if (!read_order(&order) || strcmp(order.verb, "kill") != 0) {
        return false;
    }
    if (!has_begun && strstr(path, order.pattern) == NULL) {
        return false;
    }
    has_begun = true;
    number = ++steps;
    write_line(number, what, path);
    return number == order.number;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

static void step(const char *what, const char *path)
{
    int saved = errno;

    if (is_last_step(what, path)) {
        die();
    }
    errno = saved;
}

/* Regular files and directories; sockets and the like are none of our business. */
static bool path_of(int file, char path[PATH_BYTES])
{
    struct stat status;
    char link[64];
    ssize_t size;

    if (fstat(file, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
        return false;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    size = readlink(link, path, PATH_BYTES - 1);
    if (size < 0) {
        return false;
    }
    path[size] = 0;
    return true;
}

/* Whether this sync of this file is to be left out. */
static bool is_skipped(const char *verb, int file)
{
    char path[PATH_BYTES];
    struct order order;
    int saved = errno;
    bool skipped = read_order(&order) && strcmp(order.verb, verb) == 0 && path_of(file, path) &&
                   strstr(path, order.pattern) != NULL;

    errno = saved;
    return skipped;
}

static void step_of(const char *what, int file)
{
    char path[PATH_BYTES];
    int saved = errno;

    if (path_of(file, path)) {
        step(what, path);
    }
    errno = saved;
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    char path[PATH_BYTES];

    if (path_of(file, path) && is_last_step("pwrite", path)) {
        (void)!real_pwrite(file, data, size / 2, offset);
        die();
    }
    return real_pwrite(file, data, size, offset);
}

ssize_t pread(int file, void *data, size_t size, off_t offset)
{
    step_of("pread", file);
    return real_pread(file, data, size, offset);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list list;

    if ((flags & O_CREAT) != 0) {
        va_start(list, flags);
        mode = (mode_t)va_arg(list, unsigned);
        va_end(list);
    }
    if ((flags & O_DIRECTORY) == 0) {
        step((flags & O_CREAT) != 0 ? "create" : "open", path);
    }
    return real_open(path, flags, mode);
}

int fsync(int file)
{
    step_of("fsync", file);
    if (is_skipped("skip-fsync", file)) {
        return 0;
    }
    return real_fsync(file);
}

int fdatasync(int file)
{
    step_of("fdatasync", file);
    if (is_skipped("skip-fdatasync", file)) {
        return 0;
    }
    return real_fdatasync(file);
}

int ftruncate(int file, off_t size)
{
    step_of("ftruncate", file);
    return real_ftruncate(file, size);
}

int rename(const char *from, const char *to)
{
    step("rename", to);
    return real_rename(from, to);
}

int unlink(const char *path)
{
    step("unlink", path);
    return real_unlink(path);
}
