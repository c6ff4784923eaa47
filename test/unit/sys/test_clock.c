/*
 * sys/clock: clocks and random numbers.
 */
#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/mutex.h"

START_TEST(test_the_monotonic_clock_never_goes_back)
{
    uint64_t last_us = clock_monotonic_us();

    for (int i = 0; i < 100000; i++) {
        uint64_t now_us = clock_monotonic_us();

        ck_assert_uint_ge(now_us, last_us);
        last_us = now_us;
    }
}
END_TEST

enum { SLEPT_S = 5000 };

/* What a process finds whose machine was suspended for SLEPT_S: the exit status is 0 if it is
 * right. */
static int look_after_a_sleep(void)
{
    struct timespec awake;
    struct mutex mutex;
    struct condition condition;
    uint64_t began_ms = clock_monotonic_ms();

    clock_gettime(CLOCK_MONOTONIC, &awake);
    if (began_ms < ((uint64_t)awake.tv_sec + SLEPT_S) * 1000) {
        return 1;
    }
    mutex_init(&mutex, MUTEX_RANK_LINK);
    condition_init(&condition);
    mutex_lock(&mutex);
    while (clock_monotonic_ms() < began_ms + 50) {
        condition_wait_until(&condition, &mutex, began_ms + 50);
    }
    mutex_unlock(&mutex);
    return clock_monotonic_ms() < began_ms + 20000 ? 0 : 2;
}

/* R10. A time namespace shows the clocks of a machine that was suspended. To make one takes root or
 * a user namespace; where neither is allowed, the test checks nothing. */
START_TEST(test_the_clock_goes_on_while_the_machine_is_suspended)
{
#ifdef CLONE_NEWTIME
    char offset[64];
    int size = snprintf(offset, sizeof(offset), "boottime %d 0\n", SLEPT_S);
    int file;
    int status = 0;
    pid_t child;

    if (unshare(CLONE_NEWTIME) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWTIME) != 0) {
        return;
    }
    file = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    if (write(file, offset, (size_t)size) != size) {
        close(file);
        return;
    }
    close(file);
    child = fork(); /* the children are in the new namespace */
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(look_after_a_sleep());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
#endif
}
END_TEST

START_TEST(test_milliseconds_are_a_thousand_microseconds)
{
    uint64_t before_us = clock_monotonic_us();
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t after_us = clock_monotonic_us();

    ck_assert_uint_ge(now_ms, before_us / 1000);
    ck_assert_uint_le(now_ms, after_us / 1000);
}
END_TEST

START_TEST(test_the_wall_clock_is_the_system_s)
{
    uint64_t before_ms = (uint64_t)time(NULL) * 1000;
    uint64_t now_ms = clock_wall_ms();

    /* time() may be behind clock_gettime() by one tick of the kernel. */
    ck_assert_uint_ge(now_ms, before_ms);
    ck_assert_uint_lt(now_ms - before_ms, 60 * 1000);
}
END_TEST

START_TEST(test_random_numbers_use_all_bits_and_do_not_repeat)
{
    uint64_t ones = 0;
    uint64_t zeros = 0;
    uint64_t last = random_u64();

    for (int i = 0; i < 128; i++) {
        uint64_t value = random_u64();

        ck_assert_uint_ne(value, last);
        ones |= value;
        zeros |= ~value;
        last = value;
    }
    ck_assert_uint_eq(ones, UINT64_MAX);
    ck_assert_uint_eq(zeros, UINT64_MAX);
}
END_TEST

UNIT_SUITE(clock)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");

    tcase_add_test(tests, test_the_monotonic_clock_never_goes_back);
    tcase_add_test(tests, test_milliseconds_are_a_thousand_microseconds);
    tcase_add_test(tests, test_the_clock_goes_on_while_the_machine_is_suspended);
    tcase_add_test(tests, test_the_wall_clock_is_the_system_s);
    tcase_add_test(tests, test_random_numbers_use_all_bits_and_do_not_repeat);
    suite_add_tcase(suite, tests);
    return suite;
}
