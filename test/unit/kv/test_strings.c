/*
 * kv/strings, kv/bits, kv/keys and kv/lcs: the commands beyond SET and GET, with the answers and
 * error texts of redis-server 7.2.
 */
#include <string.h>

#include "base/memory.h"
#include "unit.h"
#include "unit/kv/store.h"

#define NOT_AN_INTEGER "-ERR value is not an integer or out of range"
#define NOT_A_FLOAT "-ERR value is not a valid float"
#define BAD_OFFSET "-ERR bit offset is not an integer or out of range"

static struct store store;

static void open_store(void)
{
    store_open(&store, 1);
}

static void close_store(void)
{
    store_close(&store);
}

START_TEST(set_if_equal)
{
    check_set(&store, "nil", KV_SET_IFEQ, "k", "new", "old");
    check_set(&store, "OK", 0, "k", "old");
    check_set(&store, "nil", KV_SET_IFEQ, "k", "new", "other");
    check_set(&store, "$old", KV_SET_IFEQ | KV_SET_GET, "k", "new", "other");
    check_set(&store, "OK", KV_SET_IFEQ, "k", "new", "old");
    check_set(&store, "OK", KV_SET_IFEQ | KV_SET_EXPIRY, "k", "last", "EX", "10", "new");
    check_answer(&store, "$last", KV_GET, "k");
    check_set(&store, "-ERR syntax error", KV_SET_IFEQ | KV_SET_NX, "k", "new", "old");
}
END_TEST

START_TEST(delete_if_equal)
{
    check_answer(&store, ":0", KV_DELIF, "k", "v");
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, ":0", KV_DELIF, "k", "w");
    check_answer(&store, ":0", KV_DELIF, "k", "");
    check_flags(&store, ":0", KV_DELIF, KV_DELIF_NOT, "k", "v");
    check_answer(&store, ":1", KV_DELIF, "k", "v");
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_flags(&store, ":1", KV_DELIF, KV_DELIF_NOT, "k", "w");
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
}
END_TEST

START_TEST(msetnx)
{
    check_flags(&store, ":1", KV_MSET, KV_MSET_NX, "a", "1", "b", "2");
    check_flags(&store, ":0", KV_MSET, KV_MSET_NX, "c", "3", "a", "4");
    check_answer(&store, "[$1 $2 nil]", KV_MGET, "a", "b", "c");
    check_flags(&store, ":1", KV_MSET, KV_MSET_NX, "c", "3", "c", "4");
    check_answer(&store, "$4", KV_GET, "c");
    check_flags(&store, "-ERR wrong number of arguments for 'msetnx' command", KV_MSET, KV_MSET_NX,
                "c", "3", "d");
}
END_TEST

START_TEST(rename_and_renamenx)
{
    check_answer(&store, "-ERR no such key", KV_RENAME, "a", "a");
    check_flags(&store, "-ERR no such key", KV_RENAME, KV_RENAME_NX, "a", "b");
    check_answer(&store, "OK", KV_SET, "a", "1");
    check_answer(&store, "OK", KV_RENAME, "a", "a");
    check_flags(&store, ":0", KV_RENAME, KV_RENAME_NX, "a", "a");
    check_answer(&store, "OK", KV_RENAME, "a", "b");
    check_answer(&store, "[nil $1]", KV_MGET, "a", "b");
    check_answer(&store, "OK", KV_SET, "a", "2");
    check_flags(&store, ":0", KV_RENAME, KV_RENAME_NX, "a", "b");
    check_answer(&store, "OK", KV_RENAME, "a", "b");
    check_answer(&store, "[nil $2]", KV_MGET, "a", "b");
    check_flags(&store, ":1", KV_RENAME, KV_RENAME_NX, "b", "c");
    check_answer(&store, "[nil $2]", KV_MGET, "b", "c");
}
END_TEST

START_TEST(copy)
{
    check_answer(&store, "-ERR source and destination objects are the same", KV_COPY, "a", "a");
    check_answer(&store, ":0", KV_COPY, "a", "b");
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2");
    check_answer(&store, ":0", KV_COPY, "a", "b");
    check_flags(&store, ":1", KV_COPY, KV_COPY_REPLACE, "a", "b");
    check_answer(&store, ":1", KV_COPY, "a", "c");
    check_answer(&store, "[$1 $1 $1]", KV_MGET, "a", "b", "c");
}
END_TEST

START_TEST(incrbyfloat)
{
    check_answer(&store, "$10.5", KV_INCRBYFLOAT, "f", "10.50");
    check_answer(&store, "$10.6", KV_INCRBYFLOAT, "f", "0.1");
    check_answer(&store, "$5.6", KV_INCRBYFLOAT, "f", "-5");
    check_answer(&store, "$5.6", KV_GET, "f");
    check_answer(&store, "OK", KV_SET, "f", "5.0e3");
    check_answer(&store, "$5200", KV_INCRBYFLOAT, "f", "2.0e2");
    check_answer(&store, "OK", KV_SET, "f", "1234567890.123");
    check_answer(&store, "$1234567890.12300000002142042", KV_INCRBYFLOAT, "f", "0");
    check_answer(&store, NOT_A_FLOAT, KV_INCRBYFLOAT, "f", "nan");
    check_answer(&store, NOT_A_FLOAT, KV_INCRBYFLOAT, "f", "");
    check_answer(&store, NOT_A_FLOAT, KV_INCRBYFLOAT, "f", " 1");
    check_answer(&store, NOT_A_FLOAT, KV_INCRBYFLOAT, "f", "1e5000");
    check_answer(&store, "-ERR increment would produce NaN or Infinity", KV_INCRBYFLOAT, "f",
                 "-inf");
    check_answer(&store, "$1234567906.12300000002142042", KV_INCRBYFLOAT, "f", "0x10");
    check_answer(&store, "OK", KV_SET, "f", "3 ");
    check_answer(&store, NOT_A_FLOAT, KV_INCRBYFLOAT, "f", "1");
    check_answer(&store, "OK", KV_SET, "f", "1e4932");
    check_answer(&store, "-ERR increment would produce NaN or Infinity", KV_INCRBYFLOAT, "f",
                 "1e4932");
    check_answer(&store, "OK", KV_SET, "f", "-0.0000000000000000001");
    check_answer(&store, "$0", KV_INCRBYFLOAT, "f", "0");
}
END_TEST

START_TEST(setbit_and_getbit)
{
    check_answer(&store, ":0", KV_GETBIT, "k", "100");
    check_answer(&store, ":0", KV_SETBIT, "k", "7", "1");
    check_answer(&store, "$\x01", KV_GET, "k");
    check_answer(&store, ":1", KV_SETBIT, "k", "7", "1");
    check_answer(&store, ":1", KV_SETBIT, "k", "7", "0");
    check_answer(&store, ":0", KV_SETBIT, "k", "25", "1");
    check_answer(&store, ":4", KV_STRLEN, "k");
    check_answer(&store, ":1", KV_GETBIT, "k", "25");
    check_answer(&store, ":0", KV_GETBIT, "k", "26");
    check_answer(&store, BAD_OFFSET, KV_SETBIT, "k", "-1", "1");
    check_answer(&store, BAD_OFFSET, KV_SETBIT, "k", "x", "3");
    check_answer(&store, BAD_OFFSET, KV_SETBIT, "k", "4294967296", "1");
    check_answer(&store, "-ERR string exceeds maximum allowed size (proto-max-bulk-len)", KV_SETBIT,
                 "k", "536870912", "1");
    check_answer(&store, ":0", KV_GETBIT, "k", "4294967295");
    check_answer(&store, BAD_OFFSET, KV_GETBIT, "k", "9223372036854775807");
    check_answer(&store, "-ERR bit is not an integer or out of range", KV_SETBIT, "k", "1", "2");
    check_answer(&store, "-ERR bit is not an integer or out of range", KV_SETBIT, "k", "1", "01");
    check_answer(&store, ":4", KV_STRLEN, "k");
    check_answer(&store, ":0", KV_SETBIT, "l", "536870911", "1");
    check_answer(&store, ":67108864", KV_STRLEN, "l");
}
END_TEST

START_TEST(bitcount)
{
    check_answer(&store, ":0", KV_BITCOUNT, "k");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "0", "-1");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "x");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "0", "1", "foo", "bar");
    check_answer(&store, "OK", KV_SET, "k", "foobar");
    check_answer(&store, NOT_AN_INTEGER, KV_BITCOUNT, "k", "x", "0");
    check_answer(&store, "-ERR syntax error", KV_BITCOUNT, "k", "0", "1", "foo");
    check_answer(&store, "-ERR syntax error", KV_BITCOUNT, "k", "x", "1", "byte", "bar");
    check_answer(&store, ":26", KV_BITCOUNT, "k");
    check_answer(&store, ":4", KV_BITCOUNT, "k", "0", "0");
    check_answer(&store, ":6", KV_BITCOUNT, "k", "1", "1", "byte");
    check_answer(&store, ":17", KV_BITCOUNT, "k", "5", "30", "BIT");
    check_answer(&store, ":7", KV_BITCOUNT, "k", "-2", "-1");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "3", "1");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "-1", "-3");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "7", "7", "BIT");
    check_answer(&store, ":0", KV_BITCOUNT, "k", "100", "200");
    check_answer(&store, ":26", KV_BITCOUNT, "k", "-100", "200", "BIT");
    check_answer(&store, "-ERR syntax error", KV_BITCOUNT, "k", "0");
}
END_TEST

START_TEST(lcs)
{
    check_answer(&store, "OK", KV_MSET, "a", "ohmytext", "b", "mynewtext");
    check_answer(&store, "$mytext", KV_LCS, "a", "b");
    check_flags(&store, ":6", KV_LCS, KV_LCS_LENGTH, "a", "b");
    check_flags(&store, "{$matches [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] $len :6}", KV_LCS,
                KV_LCS_INDEXES, "a", "b");
    check_flags(&store, "{$matches [[[:4 :7] [:5 :8] :4]] $len :6}", KV_LCS,
                KV_LCS_INDEXES | KV_LCS_MATCH_LENGTHS, "a", "b", "4");
    check_flags(&store, "{$matches [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] $len :6}", KV_LCS,
                KV_LCS_INDEXES, "a", "b", "-5");
    check_flags(&store, "{$matches [] $len :0}", KV_LCS, KV_LCS_INDEXES, "a", "none");
    check_answer(&store, "$", KV_LCS, "none", "none");
    check_answer(&store, NOT_AN_INTEGER, KV_LCS, "a", "b", "x");
    check_flags(&store, "-ERR If you want both the length and indexes, please just use IDX.",
                KV_LCS, KV_LCS_LENGTH | KV_LCS_INDEXES, "a", "b");
}
END_TEST

START_TEST(lcs_is_bounded)
{
    static const char refused[] = "-ERR Insufficient memory, transient memory for LCS exceeds "
                                  "proto-max-bulk-len";
    char *value = memory_allocate_zeroed(1, 1 << 20);

    store_run_arguments(&store, KV_SET, 0, (struct kv_argument[]){{"a", 1}, {value, 4095}}, 2);
    store_run_arguments(&store, KV_SET, 0, (struct kv_argument[]){{"b", 1}, {value, 1 << 20}}, 2);
    memory_free(value);
    check_flags(&store, ":4095", KV_LCS, KV_LCS_LENGTH, "a", "a");
    check_flags(&store, refused, KV_LCS, KV_LCS_LENGTH, "a", "b");
    check_flags(&store, ":0", KV_LCS, KV_LCS_LENGTH, "none", "b");
}
END_TEST

START_TEST(randomkey_finds_any_key)
{
    int found[4] = {0};

    check_answer(&store, "nil", KV_RANDOMKEY, (char *)NULL);
    check_answer(&store, "OK", KV_MSET, "0", "x", "1", "x", "2", "x", "3", "x");
    for (int i = 0; i < 400; i++) {
        found[store_run(&store, KV_RANDOMKEY, 0, (char *)NULL)[1] - '0']++;
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_gt(found[i], 0);
    }
}
END_TEST

START_TEST(encodings)
{
    check_answer(&store, "nil", KV_ENCODING, "k");
    check_answer(&store, "OK", KV_SET, "k", "-12");
    check_answer(&store, "$int", KV_ENCODING, "k");
    check_answer(&store, "OK", KV_SET, "k", "01");
    check_answer(&store, "$embstr", KV_ENCODING, "k");
    check_answer(&store, "OK", KV_SET, "k", "12345678901234567890123456789012345678901234");
    check_answer(&store, "$embstr", KV_ENCODING, "k");
    check_answer(&store, ":45", KV_APPEND, "k", "5");
    check_answer(&store, "$raw", KV_ENCODING, "k");
}
END_TEST

UNIT_SUITE(strings)
{
    Suite *suite = suite_create("strings");
    TCase *tests = tcase_create("strings");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, set_if_equal);
    tcase_add_test(tests, delete_if_equal);
    tcase_add_test(tests, msetnx);
    tcase_add_test(tests, rename_and_renamenx);
    tcase_add_test(tests, copy);
    tcase_add_test(tests, incrbyfloat);
    tcase_add_test(tests, setbit_and_getbit);
    tcase_add_test(tests, bitcount);
    tcase_add_test(tests, lcs);
    tcase_add_test(tests, lcs_is_bounded);
    tcase_add_test(tests, randomkey_finds_any_key);
    tcase_add_test(tests, encodings);
    suite_add_tcase(suite, tests);
    return suite;
}
