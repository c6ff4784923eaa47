/*
 * Host names that no name server knows. See names.h. Any thread.
 */
#include "names.h"

#include <check.h>
#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The program is linked with --wrap=getaddrinfo, so the test decides what a name means. */
int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **addresses);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **addresses);

/* Nothing listens on 127.0.0.2 and 127.0.0.3. glibc allocates each element of the list separately,
 * so lists can be joined. */
static int three_addresses(const char *port, const struct addrinfo *hints,
                           struct addrinfo **addresses)
{
    static const char *const hosts[] = {"127.0.0.2", "127.0.0.3", "127.0.0.1"};
    struct addrinfo **end = addresses;

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(__real_getaddrinfo(hosts[i], port, hints, end), 0);
        while (*end != NULL) {
            end = &(*end)->ai_next;
        }
    }
    return 0;
}

int slow_resolver[2];
int slow_questions[2];

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **addresses)
{
    char byte;

    if ((hints->ai_flags & AI_NUMERICHOST) != 0) {
        return __real_getaddrinfo(host, port, hints, addresses);
    }
    if (strcmp(host, "slow.test") == 0) {
        ck_assert_int_eq(write(slow_questions[1], "?", 1), 1);
        ck_assert_int_eq(read(slow_resolver[0], &byte, 1), 1);
        return __real_getaddrinfo("127.0.0.1", port, hints, addresses);
    }
    if (strcmp(host, "three-addresses.test") == 0) {
        return three_addresses(port, hints, addresses);
    }
    if (strcmp(host, "unknown.test") == 0) {
        return EAI_NONAME;
    }
    return __real_getaddrinfo(host, port, hints, addresses);
}

static bool a_look_up_runs(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    bool found = false;

    ck_assert_ptr_nonnull(tasks);
    while ((task = readdir(tasks)) != NULL) {
        char path[300];
        char name[32] = "";
        FILE *file;

        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        file = fopen(path, "r");
        if (file != NULL) {
            found = (fgets(name, sizeof(name), file) != NULL && strcmp(name, "resolver\n") == 0) ||
                    found;
            fclose(file);
        }
    }
    closedir(tasks);
    return found;
}

void wait_for_the_end_of_look_ups(void)
{
    while (a_look_up_runs()) {
        poll(NULL, 0, 1);
    }
}
