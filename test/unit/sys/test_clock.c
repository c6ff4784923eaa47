/*
 * sys/clock: clocks and random numbers.
 */
#include "unit.h"

#include <time.h>

#include "sys/clock.h"

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
    tcase_add_test(tests, test_the_wall_clock_is_the_system_s);
    tcase_add_test(tests, test_random_numbers_use_all_bits_and_do_not_repeat);
    suite_add_tcase(suite, tests);
    return suite;
}
