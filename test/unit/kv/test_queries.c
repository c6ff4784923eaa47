/*
 * kv/queries: every query with the answers and error texts of Redis 7.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "unit.h"
#include "unit/kv/store.h"

#define NOT_AN_INTEGER "-ERR value is not an integer or out of range"

static struct store store;

static void open_store(void)
{
    store_open(&store, 1);
}

static void close_store(void)
{
    store_close(&store);
}

START_TEST(exists_counts_every_mention)
{
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, ":2", KV_EXISTS, "k", "x", "k");
    check_answer(&store, ":0", KV_EXISTS, "x");
}
END_TEST

START_TEST(strlen_and_type)
{
    check_answer(&store, "OK", KV_SET, "k", "value");
    check_answer(&store, ":5", KV_STRLEN, "k");
    check_answer(&store, ":0", KV_STRLEN, "x");
    check_answer(&store, "+string", KV_TYPE, "k");
    check_answer(&store, "+none", KV_TYPE, "x");
}
END_TEST

START_TEST(getrange)
{
    static const char *const cases[][3] = {
        {"0", "3", "$This"},
        {"-3", "-1", "$ing"},
        {"0", "-1", "$This is a string"},
        {"10", "100", "$string"},
        {"5", "5", "$i"},
        {"5", "4", "$"},
        {"100", "200", "$"},
        {"-100", "3", "$This"},
        {"-3", "-5", "$"},
        {"-100", "-100", "$T"},
        {"-100", "-200", "$"},
        {"15", "15", "$g"},
        {"16", "16", "$"},
        {"-1", "0", "$"},
        {"-9223372036854775808", "9223372036854775807", "$This is a string"},
    };

    check_answer(&store, "OK", KV_SET, "k", "This is a string");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_answer(&store, cases[i][2], KV_GETRANGE, "k", cases[i][0], cases[i][1]);
    }
    check_answer(&store, "$", KV_GETRANGE, "x", "0", "-1");
    check_answer(&store, NOT_AN_INTEGER, KV_GETRANGE, "k", "a", "1");
    check_answer(&store, NOT_AN_INTEGER, KV_GETRANGE, "x", "1", "9223372036854775808");
}
END_TEST

START_TEST(keys_by_pattern)
{
    check_answer(&store, "OK", KV_MSET, "hello", "1", "hallo", "2", "other", "3");
    check_answer(&store, "[$other]", KV_KEYS, "o*");
    check_answer(&store, "[$hallo]", KV_KEYS, "h[^e]llo");
    check_answer(&store, "[]", KV_KEYS, "x*");
    check_answer(&store, "[]", KV_KEYS, "");
}
END_TEST

START_TEST(scan_refuses_what_redis_refuses)
{
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, "-ERR invalid cursor", KV_SCAN, "x");
    check_answer(&store, "-ERR invalid cursor", KV_SCAN, "-");
    check_answer(&store, "-ERR invalid cursor", KV_SCAN, " 0");
    check_answer(&store, "-ERR invalid cursor", KV_SCAN, "0x");
    check_answer(&store, "-ERR invalid cursor", KV_SCAN, "18446744073709551616");
    check_answer(&store, "-ERR invalid cursor", KV_SCAN, "x", "COUNT", "x");
    check_answer(&store, "-ERR syntax error", KV_SCAN, "0", "COUNT");
    check_answer(&store, "-ERR syntax error", KV_SCAN, "0", "COUNT", "0");
    check_answer(&store, "-ERR syntax error", KV_SCAN, "0", "COUNT", "-5");
    check_answer(&store, "-ERR syntax error", KV_SCAN, "0", "MATCH");
    check_answer(&store, "-ERR syntax error", KV_SCAN, "0", "FOO", "1");
    check_answer(&store, NOT_AN_INTEGER, KV_SCAN, "0", "COUNT", "x");
    check_answer(&store, "[$0 [$k]]", KV_SCAN, "0");
    check_answer(&store, "[$0 [$k]]", KV_SCAN, "");
    check_answer(&store, "[$0 [$k]]", KV_SCAN, "0", "count", "9223372036854775807");
}
END_TEST

START_TEST(scan_filters)
{
    check_answer(&store, "OK", KV_MSET, "a1", "1", "a2", "2", "b1", "3");
    check_answer(&store, "[$0 [$b1]]", KV_SCAN, "0", "MATCH", "b*", "COUNT", "100");
    check_answer(&store, "[$0 [$b1]]", KV_SCAN, "0", "TYPE", "String", "MATCH", "b*", "COUNT",
                 "99");
    check_answer(&store, "[$0 []]", KV_SCAN, "0", "COUNT", "100", "type", "list");
    check_answer(&store, "[$0 [$b1]]", KV_SCAN, "0", "MATCH", "a*", "COUNT", "1", "COUNT", "100",
                 "MATCH", "b*");
}
END_TEST

/* Goes on from a cursor and marks the keys "0", "1", ... that are returned. */
static void scan_on(char *cursor, const char *count, int *seen, int key_count)
{
    char *answer =
        memory_copy_string(store_run(&store, KV_SCAN, 0, cursor, "COUNT", count, (char *)NULL));
    char *next = answer;

    ck_assert_int_eq(sscanf(answer, "[$%24s", cursor), 1);
    next = strchr(answer + 1, '[');
    ck_assert_ptr_nonnull(next);
    while ((next = strchr(next, '$')) != NULL) {
        int key = atoi(++next);

        if (key >= 0 && key < key_count) {
            seen[key]++;
        }
    }
    memory_free(answer);
}

static void set_number(int number)
{
    char key[16];

    snprintf(key, sizeof(key), "%d", number);
    store_run(&store, KV_SET, 0, key, "v", (char *)NULL);
}

static void del_number(int number)
{
    char key[16];

    snprintf(key, sizeof(key), "%d", number);
    store_run(&store, KV_DEL, 0, key, (char *)NULL);
}

enum { STAYING = 500 };

START_TEST(a_scan_of_a_table_at_rest_returns_each_key_once)
{
    int seen[STAYING] = {0};
    char cursor[25] = "0";

    for (int i = 0; i < STAYING; i++) {
        set_number(i);
    }
    do {
        scan_on(cursor, "7", seen, STAYING);
    } while (strcmp(cursor, "0") != 0);
    for (int i = 0; i < STAYING; i++) {
        ck_assert_int_eq(seen[i], 1);
    }
}
END_TEST

START_TEST(a_scan_returns_every_key_that_stays_while_the_table_grows)
{
    int seen[STAYING] = {0};
    char cursor[25] = "0";
    int next = STAYING;

    for (int i = 0; i < STAYING; i++) {
        set_number(i);
    }
    do {
        scan_on(cursor, "3", seen, STAYING);
        for (int i = 0; i < 50 && next < 30000; i++) {
            set_number(next++);
        }
    } while (strcmp(cursor, "0") != 0);
    ck_assert_int_ge(next, 10 * STAYING);
    for (int i = 0; i < STAYING; i++) {
        ck_assert_int_ge(seen[i], 1);
    }
}
END_TEST

START_TEST(a_scan_returns_every_key_that_stays_while_the_table_shrinks)
{
    int seen[STAYING] = {0};
    char cursor[25] = "0";
    int next = STAYING;
    int rounds = 0;

    for (int i = 0; i < 20000; i++) {
        set_number(i);
    }
    do {
        scan_on(cursor, "20", seen, STAYING);
        for (int i = 0; i < 100 && next < 20000; i++) {
            del_number(next++);
        }
        rounds++;
    } while (strcmp(cursor, "0") != 0);
    ck_assert_int_eq(next, 20000);
    for (int i = 0; i < STAYING; i++) {
        ck_assert_int_ge(seen[i], 1);
    }
    ck_assert_int_gt(rounds, 10);
}
END_TEST

START_TEST(a_scan_that_begins_in_the_middle_of_growing_loses_nothing)
{
    /* Every state that a growing table passes through is a place to start. */
    for (int size = 20; size < 120; size++) {
        int seen[120] = {0};
        char cursor[25] = "0";

        store_run(&store, KV_FLUSH, 0, (char *)NULL);
        for (int i = 0; i < size; i++) {
            set_number(i);
        }
        do {
            scan_on(cursor, "1", seen, size);
            set_number(size + seen[0]);
        } while (strcmp(cursor, "0") != 0);
        for (int i = 0; i < size; i++) {
            ck_assert_msg(seen[i] >= 1, "key %d of %d", i, size);
        }
    }
}
END_TEST

START_TEST(a_large_value_cannot_be_multiplied_into_a_huge_reply)
{
    struct kv_argument arguments[9];

    check_answer(&store, ":67108864", KV_SETRANGE, "k", "67108863", "x");
    for (int i = 0; i < 9; i++) {
        arguments[i] = (struct kv_argument){"k", 1};
    }
    ck_assert_str_eq(
        store_run_arguments(&store, KV_MGET, 0, arguments, 9),
        "-ERR the reply would be longer than 512 MiB; ask for fewer keys, or use SCAN in "
        "place of KEYS");
    check_answer(&store, "[nil nil]", KV_MGET, "a", "b");
}
END_TEST

START_TEST(a_pattern_cannot_hold_the_node_up)
{
    size_t size = 1 << 20;
    char *text = memory_allocate(size);
    struct kv_argument set[] = {{text, size}, {"v", 1}};
    struct kv_argument pattern = {text, size / 2};

    memset(text, 'a', size);
    store_run_arguments(&store, KV_SET, 0, set, 2);
    text[0] = '*';
    text[size / 2 - 1] = 'b';
    ck_assert_str_eq(store_run_arguments(&store, KV_KEYS, 0, &pattern, 1),
                     "-ERR the pattern takes too long to match; use a pattern with fewer *");
    memory_free(text);
}
END_TEST

START_TEST(every_query_counts_its_arguments)
{
    static const char text[] = "-ERR wrong number of arguments";

    check_answer(&store, text, KV_GET, (char *)NULL);
    check_answer(&store, text, KV_GET, "k", "x");
    check_answer(&store, text, KV_MGET, (char *)NULL);
    check_answer(&store, text, KV_EXISTS, (char *)NULL);
    check_answer(&store, text, KV_STRLEN, (char *)NULL);
    check_answer(&store, text, KV_GETRANGE, "k", "1");
    check_answer(&store, text, KV_TYPE, "k", "x");
    check_answer(&store, text, KV_DBSIZE, "x");
    check_answer(&store, text, KV_KEYS, (char *)NULL);
    check_answer(&store, text, KV_SCAN, (char *)NULL);
    check_answer(&store, text, KV_DIGEST, "x");
    ck_assert_str_eq(store_run(&store, KV_GET, 1, "k", (char *)NULL), "-ERR syntax error");
}
END_TEST

UNIT_SUITE(queries)
{
    Suite *suite = suite_create("queries");
    TCase *tests = tcase_create("queries");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, exists_counts_every_mention);
    tcase_add_test(tests, strlen_and_type);
    tcase_add_test(tests, getrange);
    tcase_add_test(tests, keys_by_pattern);
    tcase_add_test(tests, scan_refuses_what_redis_refuses);
    tcase_add_test(tests, scan_filters);
    tcase_add_test(tests, a_scan_of_a_table_at_rest_returns_each_key_once);
    tcase_add_test(tests, a_scan_returns_every_key_that_stays_while_the_table_grows);
    tcase_add_test(tests, a_scan_returns_every_key_that_stays_while_the_table_shrinks);
    tcase_add_test(tests, a_scan_that_begins_in_the_middle_of_growing_loses_nothing);
    tcase_add_test(tests, a_large_value_cannot_be_multiplied_into_a_huge_reply);
    tcase_add_test(tests, a_pattern_cannot_hold_the_node_up);
    tcase_add_test(tests, every_query_counts_its_arguments);
    suite_add_tcase(suite, tests);
    return suite;
}
