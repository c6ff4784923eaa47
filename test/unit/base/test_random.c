/*
 * base/random: the sequence of a seed never changes. Otherwise the seeds that once found a bug in
 * the simulator would no longer repeat the run that found it.
 */
#include "base/random.h"
#include "unit.h"

START_TEST(known_sequence)
{
    uint64_t state = 0;

    ck_assert_uint_eq(random_next(&state), 0xe220a8397b1dcdafu);
    ck_assert_uint_eq(random_next(&state), 0x6e789e6aa1b965f4u);
    state = 1234567;
    ck_assert_uint_eq(random_next(&state), 6457827717110365317u);
    ck_assert_uint_eq(random_next(&state), 3203168211198807973u);
    ck_assert_uint_eq(random_next(&state), 9817491932198370423u);
}
END_TEST

START_TEST(one_bit_changes_many)
{
    ck_assert_uint_eq(random_mix(0), 0);
    for (int bit = 0; bit < 64; bit++) {
        uint64_t changed = random_mix(12345) ^ random_mix(12345 ^ UINT64_C(1) << bit);

        ck_assert_int_gt(__builtin_popcountll(changed), 10);
        ck_assert_int_lt(__builtin_popcountll(changed), 54);
    }
}
END_TEST

UNIT_SUITE(random)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");

    tcase_add_test(tests, known_sequence);
    tcase_add_test(tests, one_bit_changes_many);
    suite_add_tcase(suite, tests);
    return suite;
}
