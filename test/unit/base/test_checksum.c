/*
 * base/checksum: the numbers that are on disk and on the wire must never change.
 */
#include <string.h>

#include "base/checksum.h"
#include "unit.h"

START_TEST(known_answers)
{
    uint8_t bytes[1000];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    /* From the test vectors of XXH3: the 64-bit hash of no bytes, with seed 0. */
    ck_assert_uint_eq(checksum(0, bytes, 0), 0x2d06800538d394c2u);
    ck_assert_uint_eq(checksum(0, "raftd", 5), 0xc466269d5f122faau);
    ck_assert_uint_eq(checksum(1, "raftd", 5), 0x9d4bb77e651b05e2u);
    ck_assert_uint_eq(checksum(0, bytes, 100), 0x004e4f921a64bd1cu);
    ck_assert_uint_eq(checksum(0, bytes, 200), 0xf42a8864feaf0703u);
    ck_assert_uint_eq(checksum(7, bytes, 1000), 0xfb6e8de2c753ce8bu);
}
END_TEST

START_TEST(every_flipped_bit_is_seen)
{
    uint8_t bytes[64] = {0};
    uint64_t whole = checksum(3, bytes, sizeof(bytes));

    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_uint_ne(checksum(3, bytes, sizeof(bytes)), whole);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_uint_ne(checksum(3, bytes, sizeof(bytes) - 1), whole);
    ck_assert_uint_ne(checksum(4, bytes, sizeof(bytes)), whole);
    ck_assert_uint_eq(checksum(3, bytes, sizeof(bytes)), whole);
}
END_TEST

UNIT_SUITE(checksum)
{
    Suite *suite = suite_create("checksum");
    TCase *tests = tcase_create("checksum");

    tcase_add_test(tests, known_answers);
    tcase_add_test(tests, every_flipped_bit_is_seen);
    suite_add_tcase(suite, tests);
    return suite;
}
