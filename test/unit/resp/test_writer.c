/*
 * resp/writer: the bytes of each reply, for both versions of the protocol.
 */
#include <math.h>
#include <string.h>

#include "resp/writer.h"
#include "unit.h"

static struct buffer written;

/* Checks the bytes that were written since the last check. */
static void check_written(const char *expected)
{
    buffer_append_u8(&written, 0);
    ck_assert_str_eq((char *)written.data, expected);
    buffer_free(&written);
}

START_TEST(lines)
{
    resp_write_simple(&written, "OK", 2);
    check_written("+OK\r\n");
    resp_write_error(&written, "ERR syntax error", 16);
    check_written("-ERR syntax error\r\n");
    resp_write_error_format(&written, "ERR wrong number of arguments for '%s' command", "get");
    check_written("-ERR wrong number of arguments for 'get' command\r\n");
}
END_TEST

START_TEST(a_text_from_outside_cannot_end_a_line)
{
    resp_write_error(&written, "ERR a\r\n+OK\r\n", 12);
    check_written("-ERR a  +OK  \r\n");
    resp_write_simple(&written, "\n", 1);
    check_written("+ \r\n");
}
END_TEST

START_TEST(a_long_formatted_error_is_cut_off)
{
    char text[1000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    resp_write_error_format(&written, "%s", text);
    ck_assert_uint_eq(written.size_bytes, 1 + 511 + 2);
    ck_assert_mem_eq(written.data + 510, "xx\r\n", 4);
    buffer_free(&written);
}
END_TEST

START_TEST(numbers)
{
    resp_write_integer(&written, 0);
    resp_write_integer(&written, -1);
    resp_write_integer(&written, INT64_MAX);
    resp_write_integer(&written, INT64_MIN);
    check_written(":0\r\n:-1\r\n:9223372036854775807\r\n:-9223372036854775808\r\n");
}
END_TEST

START_TEST(bulks)
{
    resp_write_bulk(&written, "a\r\nb", 4);
    resp_write_bulk(&written, NULL, 0);
    resp_write_text(&written, "text");
    check_written("$4\r\na\r\nb\r\n$0\r\n\r\n$4\r\ntext\r\n");
}
END_TEST

START_TEST(nothing)
{
    resp_write_nil(&written, RESP2);
    resp_write_nil_array(&written, RESP2);
    check_written("$-1\r\n*-1\r\n");
    resp_write_nil(&written, RESP3);
    resp_write_nil_array(&written, RESP3);
    check_written("_\r\n_\r\n");
}
END_TEST

START_TEST(aggregates)
{
    resp_write_array(&written, 0);
    resp_write_array(&written, 12);
    check_written("*0\r\n*12\r\n");
    resp_write_map(&written, RESP2, 3);
    resp_write_set(&written, RESP2, 3);
    resp_write_push(&written, RESP2, 3);
    check_written("*6\r\n*3\r\n*3\r\n");
    resp_write_map(&written, RESP3, 3);
    resp_write_set(&written, RESP3, 3);
    resp_write_push(&written, RESP3, 3);
    check_written("%3\r\n~3\r\n>3\r\n");
}
END_TEST

START_TEST(doubles)
{
    resp_write_double(&written, RESP3, 0.5);
    resp_write_double(&written, RESP3, 3);
    resp_write_double(&written, RESP3, -1e300);
    resp_write_double(&written, RESP3, (double)INFINITY);
    resp_write_double(&written, RESP3, -(double)INFINITY);
    resp_write_double(&written, RESP3, -(double)NAN);
    check_written(",0.5\r\n,3\r\n,-1.0000000000000001e+300\r\n,inf\r\n,-inf\r\n,nan\r\n");
    resp_write_double(&written, RESP2, 0.5);
    resp_write_double(&written, RESP2, -(double)INFINITY);
    check_written("$3\r\n0.5\r\n$4\r\n-inf\r\n");
}
END_TEST

START_TEST(booleans)
{
    resp_write_boolean(&written, RESP2, true);
    resp_write_boolean(&written, RESP2, false);
    resp_write_boolean(&written, RESP3, true);
    resp_write_boolean(&written, RESP3, false);
    check_written(":1\r\n:0\r\n#t\r\n#f\r\n");
}
END_TEST

START_TEST(verbatim_texts)
{
    resp_write_verbatim(&written, RESP2, "txt", "a\r\nb", 4);
    check_written("$4\r\na\r\nb\r\n");
    resp_write_verbatim(&written, RESP3, "txt", "a\r\nb", 4);
    resp_write_verbatim(&written, RESP3, "mkd", "", 0);
    check_written("=8\r\ntxt:a\r\nb\r\n=4\r\nmkd:\r\n");
}
END_TEST

START_TEST(raw_bytes)
{
    resp_write_raw(&written, "+PONG\r\n", 7);
    check_written("+PONG\r\n");
}
END_TEST

UNIT_SUITE(writer)
{
    Suite *suite = suite_create("writer");
    TCase *tests = tcase_create("writer");

    tcase_add_test(tests, lines);
    tcase_add_test(tests, a_text_from_outside_cannot_end_a_line);
    tcase_add_test(tests, a_long_formatted_error_is_cut_off);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, bulks);
    tcase_add_test(tests, nothing);
    tcase_add_test(tests, aggregates);
    tcase_add_test(tests, doubles);
    tcase_add_test(tests, booleans);
    tcase_add_test(tests, verbatim_texts);
    tcase_add_test(tests, raw_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}
