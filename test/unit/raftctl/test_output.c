/*
 * What raftctl prints: tables stay aligned, JSON stays JSON, terminals stay unharmed, whatever
 * the bytes are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raftctl/output.h"
#include "unit.h"

static char *printed; /* what the test wrote to file so far */
static size_t printed_size;
static FILE *file;

static void open_output(void)
{
    file = open_memstream(&printed, &printed_size);
    ck_assert_ptr_nonnull(file);
}

static void close_output(void)
{
    fclose(file);
    free(printed);
}

static const char *output(void)
{
    ck_assert_int_eq(fflush(file), 0);
    return printed;
}

START_TEST(table_is_as_wide_as_its_widest_cell)
{
    static const char *const titles[] = {"NAME", ">N"};
    struct table *table = table_create(titles, 2);

    table_text(table, "a");
    table_number(table, 18446744073709551615U);
    table_text(table, "longer");
    table_number(table, 7);
    table_print(table, file);
    table_destroy(table);
    ck_assert_str_eq(output(), "+--------+----------------------+\n"
                               "| NAME   |                    N |\n"
                               "+--------+----------------------+\n"
                               "| a      | 18446744073709551615 |\n"
                               "| longer |                    7 |\n"
                               "+--------+----------------------+\n");
}
END_TEST

START_TEST(table_shows_control_bytes_instead_of_obeying_them)
{
    static const char *const titles[] = {"T"};
    struct table *table = table_create(titles, 1);

    table_text(table, "\033[31m\nx\xff");
    table_print(table, file);
    table_destroy(table);
    ck_assert_str_eq(output(), "+-------------------+\n"
                               "| T                 |\n"
                               "+-------------------+\n"
                               "| \\x1b[31m\\x0ax\\xff |\n"
                               "+-------------------+\n");
}
END_TEST

START_TEST(table_without_rows_is_a_heading)
{
    static const char *const titles[] = {"A", "B"};
    struct table *table = table_create(titles, 2);

    table_print(table, file);
    table_destroy(table);
    ck_assert_str_eq(output(), "+---+---+\n| A | B |\n+---+---+\n+---+---+\n");
}
END_TEST

START_TEST(json_nests_and_separates)
{
    struct json json;

    json_begin(&json, file);
    json_open(&json, NULL, '{');
    json_integer(&json, "a", -1);
    json_open(&json, "b", '[');
    json_open(&json, NULL, '{');
    json_close(&json, '}');
    json_boolean(&json, NULL, true);
    json_null(&json, NULL);
    json_close(&json, ']');
    json_boolean(&json, "c", false);
    json_close(&json, '}');
    ck_assert_str_eq(output(), "{\"a\":-1,\"b\":[{},true,null],\"c\":false}");
}
END_TEST

START_TEST(json_escapes_what_would_break_it)
{
    struct json json;
    static const char text[] = "q\" b\\ n\n z\0 d\x7f u\xc3\xa4";

    json_begin(&json, file);
    json_open(&json, NULL, '{');
    json_bytes(&json, "k\"", text, sizeof(text) - 1);
    json_close(&json, '}');
    ck_assert_str_eq(output(), "{\"k\\\"\":\"q\\\" b\\\\ n\\u000a z\\u0000 d\\u007f u\xc3\xa4\"}");
}
END_TEST

START_TEST(json_writes_bytes_that_are_no_text_as_base64)
{
    struct json json;

    json_begin(&json, file);
    json_open(&json, NULL, '{');
    json_bytes(&json, "a", "\xff", 1);
    json_bytes(&json, "b", "\xff\xfe", 2);
    json_bytes(&json, "c", "\xff\xfe\xfd", 3);
    json_bytes(&json, "d", "\xff\xfe\xfd\x00", 4);
    json_close(&json, '}');
    ck_assert_str_eq(output(), "{\"a_base64\":\"/w==\",\"b_base64\":\"//4=\",\"c_base64\":\"//79\","
                               "\"d_base64\":\"//79AA==\"}");
}
END_TEST

START_TEST(utf8_accepts_the_well_formed)
{
    ck_assert(utf8_is_valid("", 0));
    ck_assert(utf8_is_valid("abc", 3));
    ck_assert(utf8_is_valid("\xc2\x80\xdf\xbf", 4));
    ck_assert(utf8_is_valid("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 12));
    ck_assert(utf8_is_valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8));
}
END_TEST

START_TEST(utf8_refuses_the_rest)
{
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xc2",
        "\xc2\x41",     "\xe0\x80\x80", "\xe0\x9f\xbf",     "\xed\xa0\x80",     "\xe1\x80",
        "\xe1\x80\xc0", "\xf0\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "a\xfe",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!utf8_is_valid(bad[i], strlen(bad[i])), "case %zu", i);
    }
}
END_TEST

START_TEST(quoted_as_redis_cli_quotes)
{
    print_quoted(file, "a\"b\\\a\b\t\n\r\0\x1b\x7f\xff", 13);
    ck_assert_str_eq(output(), "\"a\\\"b\\\\\\a\\b\\t\\n\\r\\x00\\x1b\\x7f\\xff\"");
}
END_TEST

UNIT_SUITE(raftctl_output)
{
    Suite *suite = suite_create("raftctl_output");
    TCase *tests = tcase_create("output");

    tcase_add_checked_fixture(tests, open_output, close_output);
    tcase_add_test(tests, table_is_as_wide_as_its_widest_cell);
    tcase_add_test(tests, table_shows_control_bytes_instead_of_obeying_them);
    tcase_add_test(tests, table_without_rows_is_a_heading);
    tcase_add_test(tests, json_nests_and_separates);
    tcase_add_test(tests, json_escapes_what_would_break_it);
    tcase_add_test(tests, json_writes_bytes_that_are_no_text_as_base64);
    tcase_add_test(tests, utf8_accepts_the_well_formed);
    tcase_add_test(tests, utf8_refuses_the_rest);
    tcase_add_test(tests, quoted_as_redis_cli_quotes);
    suite_add_tcase(suite, tests);
    return suite;
}
