/*
 * sys/thread: threads have their name, and signals are not delivered to them.
 */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "sys/thread.h"

struct seen {
    char name[32];
    char current_name[32];
    sigset_t blocked;
};

static void look(void *argument)
{
    struct seen *seen = argument;

    pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    strcpy(seen->current_name, thread_current_name());
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
}

static void run_thread(const char *name, struct seen *seen)
{
    struct thread thread;

    ck_assert_int_eq(thread_start(&thread, name, look, seen), 0);
    thread_join(&thread);
}

START_TEST(test_a_thread_has_its_name_from_the_first_line_on)
{
    struct seen seen;

    run_thread("raft-core", &seen);
    ck_assert_str_eq(seen.name, "raft-core");
    ck_assert_str_eq(seen.current_name, "raft-core");
    ck_assert_str_eq(thread_current_name(), "main");
}
END_TEST

START_TEST(test_a_long_name_is_cut)
{
    struct seen seen;

    run_thread("a-name-of-twenty-one!", &seen);
    ck_assert_str_eq(seen.name, "a-name-of-twent");
    ck_assert_str_eq(seen.current_name, "a-name-of-twent");
}
END_TEST

START_TEST(test_signals_go_to_the_main_thread)
{
    static const int blocked[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD, SIGALRM};
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct seen seen;

    run_thread("deaf", &seen);
    for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++) {
        ck_assert_int_eq(sigismember(&seen.blocked, blocked[i]), 1);
    }
    /* Signals for a fault of the thread stay unblocked, so that a crash reporter gets them. */
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        ck_assert_int_eq(sigismember(&seen.blocked, faults[i]), 0);
    }
}
END_TEST

START_TEST(test_the_creator_s_signal_mask_is_as_before)
{
    struct seen seen;
    sigset_t before;
    sigset_t after;

    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    run_thread("short", &seen);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&after, SIGUSR2), 1);
    ck_assert_int_eq(sigismember(&after, SIGTERM), 0);
}
END_TEST

UNIT_SUITE(thread)
{
    Suite *suite = suite_create("thread");
    TCase *tests = tcase_create("thread");

    tcase_add_test(tests, test_a_thread_has_its_name_from_the_first_line_on);
    tcase_add_test(tests, test_a_long_name_is_cut);
    tcase_add_test(tests, test_signals_go_to_the_main_thread);
    tcase_add_test(tests, test_the_creator_s_signal_mask_is_as_before);
    suite_add_tcase(suite, tests);
    return suite;
}
