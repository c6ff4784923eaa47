/*
 * kv/commands: every command with the answers and error texts of Redis 7; the expected ones here
 * were taken from redis-server 7.0.15.
 */
#include <string.h>

#include "base/memory.h"
#include "unit.h"
#include "unit/kv/store.h"

#define NOT_AN_INTEGER "-ERR value is not an integer or out of range"
#define TOO_LONG "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"

static struct store store;

static void open_store(void)
{
    store_open(&store, 1);
}

static void close_store(void)
{
    store_close(&store);
}

START_TEST(set_and_get)
{
    check_answer(&store, "nil", KV_GET, "k");
    check_answer(&store, "OK", KV_SET, "k", "one");
    check_answer(&store, "$one", KV_GET, "k");
    check_answer(&store, "OK", KV_SET, "k", "a value that is longer than the one before");
    check_answer(&store, "$a value that is longer than the one before", KV_GET, "k");
    check_answer(&store, "OK", KV_SET, "k", "");
    check_answer(&store, "$", KV_GET, "k");
    check_answer(&store, "OK", KV_SET, "", "the empty key");
    check_answer(&store, "$the empty key", KV_GET, "");
    check_answer(&store, ":2", KV_DBSIZE, (char *)NULL);
}
END_TEST

START_TEST(set_nx_and_xx)
{
    check_set(&store, "nil", KV_SET_XX, "k", "1");
    check_answer(&store, ":0", KV_EXISTS, "k");
    check_set(&store, "OK", KV_SET_NX, "k", "2");
    check_set(&store, "nil", KV_SET_NX, "k", "3");
    check_answer(&store, "$2", KV_GET, "k");
    check_set(&store, "OK", KV_SET_XX, "k", "4");
    check_answer(&store, "$4", KV_GET, "k");
    check_set(&store, "-ERR syntax error", KV_SET_NX | KV_SET_XX, "k", "5");
    check_answer(&store, "$4", KV_GET, "k");
}
END_TEST

START_TEST(set_get_answers_the_old_value)
{
    check_set(&store, "nil", KV_SET_GET, "k", "1");
    check_set(&store, "$1", KV_SET_GET, "k", "2");
    check_answer(&store, "$2", KV_GET, "k");
    check_set(&store, "$2", KV_SET_GET | KV_SET_NX, "k", "3");
    check_answer(&store, "$2", KV_GET, "k");
    check_set(&store, "$2", KV_SET_GET | KV_SET_XX, "k", "4");
    check_answer(&store, "$4", KV_GET, "k");
    check_set(&store, "nil", KV_SET_GET | KV_SET_XX, "none", "5");
    check_answer(&store, "nil", KV_GET, "none");
    check_set(&store, "nil", KV_SET_GET | KV_SET_NX, "new", "6");
    check_answer(&store, "$6", KV_GET, "new");
}
END_TEST

START_TEST(setnx_answers_a_number)
{
    check_set(&store, ":1", KV_SET_NX | KV_SET_INTEGER, "k", "1");
    check_set(&store, ":0", KV_SET_NX | KV_SET_INTEGER, "k", "2");
    check_answer(&store, "$1", KV_GET, "k");
    check_set(&store, "-ERR syntax error", KV_SET_GET | KV_SET_INTEGER, "k", "3");
    check_set(&store, "-ERR syntax error", 128, "k", "4");
    check_answer(&store, "$1", KV_GET, "k");
}
END_TEST

START_TEST(mset_and_mget)
{
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2", "a", "3");
    check_answer(&store, "[$3 $2 nil $3]", KV_MGET, "a", "b", "c", "a");
    check_answer(&store, "-ERR wrong number of arguments for 'mset' command", KV_MSET, "a", "4",
                 "b");
    check_answer(&store, "[$3 $2]", KV_MGET, "a", "b");
}
END_TEST

START_TEST(mset_is_all_or_nothing)
{
    uint8_t *large = memory_allocate_zeroed(1, (size_t)KV_VALUE_BYTES_MAX + 1);
    struct kv_argument arguments[] = {
        {"a", 1}, {"1", 1}, {"b", 1}, {large, (size_t)KV_VALUE_BYTES_MAX + 1}};

    ck_assert_str_eq(store_run_arguments(&store, KV_MSET, 0, arguments, 4), TOO_LONG);
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
    memory_free(large);
}
END_TEST

START_TEST(del_counts_what_was_there)
{
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2", "c", "3");
    check_answer(&store, ":2", KV_DEL, "a", "x", "b", "a");
    check_answer(&store, "[nil nil $3]", KV_MGET, "a", "b", "c");
    check_answer(&store, ":0", KV_DEL, "a");
}
END_TEST

START_TEST(incrby)
{
    check_answer(&store, ":1", KV_INCRBY, "n", "1");
    check_answer(&store, ":11", KV_INCRBY, "n", "10");
    check_answer(&store, ":-9", KV_INCRBY, "n", "-20");
    check_answer(&store, "$-9", KV_GET, "n");
    check_answer(&store, NOT_AN_INTEGER, KV_INCRBY, "n", "1.5");
    check_answer(&store, NOT_AN_INTEGER, KV_INCRBY, "n", "");
    check_answer(&store, NOT_AN_INTEGER, KV_INCRBY, "n", "9223372036854775808");
    check_answer(&store, NOT_AN_INTEGER, KV_INCRBY, "new", "x");
    check_answer(&store, ":0", KV_EXISTS, "new");
}
END_TEST

START_TEST(incrby_takes_only_what_it_wrote)
{
    static const char *const values[] = {
        "", "abc", " 1", "1 ", "01", "+1", "1.0", "-0", "9223372036854775808"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        check_answer(&store, "OK", KV_SET, "n", values[i]);
        check_answer(&store, NOT_AN_INTEGER, KV_INCRBY, "n", "1");
        ck_assert_str_eq(store_run(&store, KV_GET, 0, "n", (char *)NULL) + 1, values[i]);
    }
}
END_TEST

START_TEST(incrby_does_not_overflow)
{
    static const char text[] = "-ERR increment or decrement would overflow";

    check_answer(&store, "OK", KV_SET, "n", "9223372036854775806");
    check_answer(&store, ":9223372036854775807", KV_INCRBY, "n", "1");
    check_answer(&store, text, KV_INCRBY, "n", "1");
    check_answer(&store, ":-1", KV_INCRBY, "n", "-9223372036854775808");
    check_answer(&store, ":-9223372036854775808", KV_INCRBY, "n", "-9223372036854775807");
    check_answer(&store, text, KV_INCRBY, "n", "-1");
    check_answer(&store, "$-9223372036854775808", KV_GET, "n");
}
END_TEST

START_TEST(append)
{
    check_answer(&store, ":3", KV_APPEND, "k", "abc");
    check_answer(&store, ":5", KV_APPEND, "k", "de");
    check_answer(&store, ":5", KV_APPEND, "k", "");
    check_answer(&store, "$abcde", KV_GET, "k");
    check_answer(&store, ":0", KV_APPEND, "empty", "");
    check_answer(&store, ":1", KV_EXISTS, "empty");
}
END_TEST

START_TEST(appending_byte_by_byte_keeps_every_byte)
{
    char expected[2002] = "$";

    for (int i = 0; i < 2000; i++) {
        char byte[2] = {(char)('a' + i % 26), '\0'};

        expected[i + 1] = byte[0];
        store_run(&store, KV_APPEND, 0, "k", byte, (char *)NULL);
    }
    check_answer(&store, expected, KV_GET, "k");
}
END_TEST

START_TEST(setrange)
{
    uint8_t zeros[] = {'$', 0, 0, 0, 'x'};

    check_answer(&store, ":0", KV_SETRANGE, "k", "5", "");
    check_answer(&store, ":0", KV_EXISTS, "k");
    check_answer(&store, ":4", KV_SETRANGE, "k", "3", "x");
    store_run(&store, KV_GET, 0, "k", (char *)NULL);
    ck_assert_mem_eq(store.text.data, zeros, sizeof(zeros));
    check_answer(&store, ":4", KV_SETRANGE, "k", "0", "abc");
    check_answer(&store, "$abcx", KV_GET, "k");
    check_answer(&store, ":6", KV_SETRANGE, "k", "3", "def");
    check_answer(&store, ":6", KV_SETRANGE, "k", "1", "B");
    check_answer(&store, ":6", KV_SETRANGE, "k", "100", "");
    check_answer(&store, "$aBcdef", KV_GET, "k");
    check_answer(&store, "-ERR offset is out of range", KV_SETRANGE, "k", "-1", "x");
    check_answer(&store, NOT_AN_INTEGER, KV_SETRANGE, "k", "x", "x");
    check_answer(&store, NOT_AN_INTEGER, KV_SETRANGE, "k", "9223372036854775808", "");
}
END_TEST

START_TEST(a_gap_left_by_setrange_is_zero_where_a_longer_value_was)
{
    uint8_t expected[] = {'$', 'a', 0, 0, 0, 'x', 0};

    check_answer(&store, ":1", KV_SETRANGE, "k", "0", "a");
    check_answer(&store, ":40", KV_SETRANGE, "k", "39", "z");
    check_answer(&store, "OK", KV_SET, "k", "a");
    check_answer(&store, ":5", KV_SETRANGE, "k", "4", "x");
    store_run(&store, KV_GET, 0, "k", (char *)NULL);
    ck_assert_mem_eq(store.text.data, expected, sizeof(expected));
}
END_TEST

START_TEST(values_have_a_limit)
{
    size_t size = KV_VALUE_BYTES_MAX;
    uint8_t *large = memory_allocate(size + 1);
    struct kv_argument set[] = {{"k", 1}, {large, size + 1}};
    struct kv_argument long_key[] = {{large, size + 1}, {"1", 1}};

    memset(large, 'x', size + 1);
    ck_assert_str_eq(store_run_arguments(&store, KV_SET, 0, set, 2), TOO_LONG);
    ck_assert_str_eq(store_run_arguments(&store, KV_SET, 0, long_key, 2), TOO_LONG);
    ck_assert_str_eq(store_run_arguments(&store, KV_INCRBY, 0, long_key, 2), TOO_LONG);
    ck_assert_str_eq(store_run_arguments(&store, KV_APPEND, 0, long_key, 2), TOO_LONG);
    check_answer(&store, TOO_LONG, KV_SETRANGE, "k", "67108864", "x");
    check_answer(&store, TOO_LONG, KV_SETRANGE, "k", "9223372036854775807", "x");
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
    check_answer(&store, ":67108864", KV_SETRANGE, "k", "67108863", "x");
    check_answer(&store, TOO_LONG, KV_APPEND, "k", "x");
    check_answer(&store, ":67108864", KV_STRLEN, "k");
    set[1].size_bytes = size;
    ck_assert_str_eq(store_run_arguments(&store, KV_SET, 0, set, 2), "OK");
    memory_free(large);
}
END_TEST

START_TEST(getdel)
{
    check_answer(&store, "nil", KV_GETDEL, "k");
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, "$v", KV_GETDEL, "k");
    check_answer(&store, "nil", KV_GETDEL, "k");
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
}
END_TEST

START_TEST(flush)
{
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2");
    check_answer(&store, "OK", KV_FLUSH, (char *)NULL);
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
    check_answer(&store, "nil", KV_GET, "a");
    check_answer(&store, "[]", KV_KEYS, "*");
    check_answer(&store, "OK", KV_SET, "a", "3");
    check_answer(&store, "[$a]", KV_KEYS, "*");
}
END_TEST

START_TEST(every_command_counts_its_arguments)
{
    static const char text[] = "-ERR wrong number of arguments";

    check_answer(&store, text, KV_SET, "k");
    check_answer(&store, text, KV_SET, "k", "v", "x");
    check_flags(&store, text, KV_SET, KV_SET_EXPIRY, "k", "v", "EX");
    check_flags(&store, text, KV_SET, KV_SET_EXPIRY | KV_SET_IFEQ, "k", "v", "EX", "1");
    check_answer(&store, text, KV_EXPIRE, "k", "EX");
    check_answer(&store, text, KV_EXPIRE, "k", "EX", "1", "x");
    check_answer(&store, text, KV_GETEX, "k", "EX");
    check_answer(&store, text, KV_MSET, (char *)NULL);
    check_answer(&store, text, KV_DEL, (char *)NULL);
    check_answer(&store, text, KV_INCRBY, "k");
    check_answer(&store, text, KV_INCRBY, "k", "1", "x");
    check_answer(&store, text, KV_APPEND, "k");
    check_answer(&store, text, KV_APPEND, "k", "v", "x");
    check_answer(&store, text, KV_SETRANGE, "k", "1");
    check_answer(&store, text, KV_SETRANGE, "k", "1", "v", "x");
    check_answer(&store, text, KV_GETDEL, (char *)NULL);
    check_answer(&store, text, KV_GETDEL, "k", "x");
    check_answer(&store, text, KV_FLUSH, "x");
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
}
END_TEST

START_TEST(flags_that_a_command_does_not_know_are_refused)
{
    check_answer(&store, "OK", KV_SET, "k", "v");
    ck_assert_str_eq(store_run(&store, KV_DEL, 1, "k", (char *)NULL), "-ERR syntax error");
    ck_assert_str_eq(store_run(&store, KV_FLUSH, 128, (char *)NULL), "-ERR syntax error");
    check_answer(&store, "$v", KV_GET, "k");
}
END_TEST

UNIT_SUITE(commands)
{
    Suite *suite = suite_create("commands");
    TCase *tests = tcase_create("commands");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, set_and_get);
    tcase_add_test(tests, set_nx_and_xx);
    tcase_add_test(tests, set_get_answers_the_old_value);
    tcase_add_test(tests, setnx_answers_a_number);
    tcase_add_test(tests, mset_and_mget);
    tcase_add_test(tests, mset_is_all_or_nothing);
    tcase_add_test(tests, del_counts_what_was_there);
    tcase_add_test(tests, incrby);
    tcase_add_test(tests, incrby_takes_only_what_it_wrote);
    tcase_add_test(tests, incrby_does_not_overflow);
    tcase_add_test(tests, append);
    tcase_add_test(tests, appending_byte_by_byte_keeps_every_byte);
    tcase_add_test(tests, setrange);
    tcase_add_test(tests, a_gap_left_by_setrange_is_zero_where_a_longer_value_was);
    tcase_add_test(tests, values_have_a_limit);
    tcase_add_test(tests, getdel);
    tcase_add_test(tests, flush);
    tcase_add_test(tests, every_command_counts_its_arguments);
    tcase_add_test(tests, flags_that_a_command_does_not_know_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
