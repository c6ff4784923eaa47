/*
 * base/number: each integer has exactly one text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "unit.h"

static void check_both_ways(int64_t value)
{
    char expected[32];
    char text[NUMBER_TEXT_BYTES_MAX];
    int64_t parsed = 0;
    size_t size = number_format(value, text);

    snprintf(expected, sizeof(expected), "%" PRId64, value);
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_mem_eq(text, expected, size);
    ck_assert(number_parse(text, size, &parsed));
    ck_assert_int_eq(parsed, value);
}

START_TEST(what_is_formatted_parses_to_the_same)
{
    check_both_ways(0);
    check_both_ways(INT64_MIN);
    check_both_ways(INT64_MIN + 1);
    check_both_ways(INT64_MAX);
    for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10) {
        check_both_ways(power - 1);
        check_both_ways(power);
        check_both_ways(-power);
        check_both_ways(1 - power);
    }
}
END_TEST

START_TEST(every_other_spelling_is_refused)
{
    static const char *const wrong[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "01",
        "-01",
        "00",
        "-0",
        "1.0",
        "1e3",
        "a",
        "1a",
        "--1",
        "0x1",
        "1\n",
        "9223372036854775808",
        "-9223372036854775809",
        "10000000000000000000",
        "99999999999999999999999999999999999",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int64_t value = 42;

        ck_assert_msg(!number_parse(wrong[i], strlen(wrong[i]), &value), "\"%s\"", wrong[i]);
        ck_assert_int_eq(value, 42);
    }
}
END_TEST

START_TEST(a_nul_is_no_end)
{
    int64_t value = 42;

    ck_assert(!number_parse("1\0", 2, &value));
    ck_assert(number_parse("12", 1, &value));
    ck_assert_int_eq(value, 1);
}
END_TEST

UNIT_SUITE(number)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("number");

    tcase_add_test(tests, what_is_formatted_parses_to_the_same);
    tcase_add_test(tests, every_other_spelling_is_refused);
    tcase_add_test(tests, a_nul_is_no_end);
    suite_add_tcase(suite, tests);
    return suite;
}
