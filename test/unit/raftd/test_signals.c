/*
 * Signals of the daemon, each in a process of its own that the signal may end. The node is a fake
 * that tells through a pipe when it is asked to stop.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raftd/raftd.h"
#include "unit.h"

static int pair[2]; /* [0] the test, [1] the daemon */

/* In place of the node's. */
void raftd_node_stop(struct raftd_node *node)
{
    (void)node;
    ck_assert_int_eq(write(pair[1], "s", 1), 1);
}

/* What the daemon does: start, say so, then do as it is told, one letter at a time. */
static _Noreturn void be_daemon(bool has_node)
{
    struct daemon_signals signals;
    char order;

    close(pair[0]);
    if (daemon_signals_start(&signals) != 0) {
        _exit(99);
    }
    if (has_node) {
        daemon_signals_set_node(&signals, (struct raftd_node *)&signals);
    }
    if (write(pair[1], "r", 1) != 1) {
        _exit(98);
    }
    while (read(pair[1], &order, 1) == 1 && order == '?') {
        if (write(pair[1], "!", 1) != 1) {
            _exit(97);
        }
    }
    daemon_signals_stop(&signals);
    _exit(42);
}

static pid_t start_daemon(bool has_node)
{
    pid_t child;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        be_daemon(has_node);
    }
    close(pair[1]);
    return child;
}

/* The next letter from the daemon; 0 when it is gone. */
static char hear(void)
{
    char letter = 0;

    return read(pair[0], &letter, 1) == 1 ? letter : 0;
}

/* The main thread lives: it answers. */
static void expect_alive(void)
{
    ck_assert_int_eq(write(pair[0], "?", 1), 1);
    ck_assert_int_eq(hear(), '!');
}

static void expect_end_on_order(pid_t child)
{
    int status;

    ck_assert_int_eq(write(pair[0], "q", 1), 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 42);
}

START_TEST(a_request_stops_the_node)
{
    static const int numbers[] = {SIGTERM, SIGINT};

    for (size_t i = 0; i < 2; i++) {
        pid_t child = start_daemon(true);

        ck_assert_int_eq(hear(), 'r');
        ck_assert_int_eq(kill(child, numbers[i]), 0);
        ck_assert_int_eq(hear(), 's');
        expect_alive();
        expect_end_on_order(child);
        close(pair[0]);
    }
}
END_TEST

START_TEST(a_request_before_there_is_a_node_ends_the_process)
{
    pid_t child = start_daemon(false);
    int status;

    ck_assert_int_eq(hear(), 'r');
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), DAEMON_EXIT_STOPPED);
    close(pair[0]);
}
END_TEST

START_TEST(hangup_and_broken_pipes_end_nothing)
{
    pid_t child = start_daemon(true);

    ck_assert_int_eq(hear(), 'r');
    ck_assert_int_eq(kill(child, SIGPIPE), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(kill(child, SIGHUP), 0);
        expect_alive();
    }
    expect_end_on_order(child);
    close(pair[0]);
}
END_TEST

/* Ctrl-C reaches a script and its daemons, and the script then stops its daemons. */
START_TEST(an_echo_of_the_request_changes_nothing)
{
    pid_t child = start_daemon(true);

    ck_assert_int_eq(hear(), 'r');
    ck_assert_int_eq(kill(child, SIGINT), 0);
    ck_assert_int_eq(hear(), 's');
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(kill(child, i % 2 == 0 ? SIGTERM : SIGINT), 0);
        expect_alive();
    }
    expect_end_on_order(child);
    close(pair[0]);
}
END_TEST

/* A stop that hangs, on a disk that does not answer for instance, can still be ended. */
START_TEST(a_late_second_request_ends_the_process_at_once)
{
    const struct timespec patience = {.tv_sec = 2, .tv_nsec = 100 * 1000 * 1000};
    pid_t child = start_daemon(true);
    int status;

    ck_assert_int_eq(hear(), 'r');
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(hear(), 's');
    /* The time is what is tested; there is no event to wait for. */
    ck_assert_int_eq(nanosleep(&patience, NULL), 0);
    ck_assert_int_eq(kill(child, SIGINT), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
    close(pair[0]);
}
END_TEST

UNIT_SUITE(raftd_signals)
{
    Suite *suite = suite_create("raftd_signals");
    TCase *tests = tcase_create("raftd_signals");

    tcase_add_test(tests, a_request_stops_the_node);
    tcase_add_test(tests, a_request_before_there_is_a_node_ends_the_process);
    tcase_add_test(tests, hangup_and_broken_pipes_end_nothing);
    tcase_add_test(tests, an_echo_of_the_request_changes_nothing);
    tcase_add_test(tests, a_late_second_request_ends_the_process_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
