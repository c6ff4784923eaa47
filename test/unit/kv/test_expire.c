/*
 * kv/expire and kv/deadlines: keys that live for a time. Answers and error texts are those of
 * redis-server 7; what time it is, the entries say.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kv/deadlines.h"
#include "unit.h"
#include "unit/kv/store.h"

#define INVALID(command) "-ERR invalid expire time in '" command "' command"

static struct store store;

static void open_store(void)
{
    store_open(&store, 1);
    store.time_ms = 1000000;
    store.wall_ms = 1700000000000;
}

static void close_store(void)
{
    store_close(&store);
}

static void set_for(const char *key, const char *milliseconds)
{
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, key, "v", "PX", milliseconds);
}

START_TEST(a_key_is_gone_when_its_time_has_come)
{
    set_for("k", "100");
    check_answer(&store, "$v", KV_GET, "k");
    check_flags(&store, ":100", KV_TTL, KV_TTL_MILLISECONDS, "k");
    ck_assert_uint_eq(store.machine.next_deadline(store.kv), 1000100);
    store_tick(&store, 1000099);
    check_answer(&store, "$v", KV_GET, "k");
    store_tick(&store, 1000100);
    check_answer(&store, "nil", KV_GET, "k");
    check_answer(&store, ":-2", KV_TTL, "k");
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
    ck_assert_uint_eq(store.machine.next_deadline(store.kv), UINT64_MAX);
}
END_TEST

/* What a query estimates may be ahead of the log: then the key is there, for no time at all. */
START_TEST(t47_only_what_is_applied_makes_a_key_go)
{
    set_for("k", "100");
    store.time_ms += 5000;
    check_answer(&store, "$v", KV_GET, "k");
    check_answer(&store, ":0", KV_TTL, "k");
    check_answer(&store, ":1", KV_DBSIZE, (char *)NULL);
    check_answer(&store, "OK", KV_SET, "other", "x");
    check_answer(&store, "nil", KV_GET, "k");
    check_answer(&store, ":1", KV_DBSIZE, (char *)NULL);
}
END_TEST

/* The wall clock of a new leader is another, and its time goes on where the old one's stood. */
START_TEST(t47_neither_a_wall_clock_step_nor_a_new_leader_expires_early)
{
    set_for("k", "10000");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "dated", "v", "EXAT", "1700000010");
    store.wall_ms += 3600 * 1000;
    store.time_ms += 9999;
    check_answer(&store, "OK", KV_SET, "other", "x");
    check_answer(&store, "[$v $v]", KV_MGET, "k", "dated");
    store.wall_ms -= 7200 * 1000;
    store.time_ms += 1;
    check_answer(&store, "OK", KV_SET, "other", "x");
    check_answer(&store, "[nil nil]", KV_MGET, "k", "dated");
}
END_TEST

START_TEST(t47_time_never_falls)
{
    set_for("k", "100");
    store_tick(&store, 2000000);
    check_answer(&store, "nil", KV_GET, "k");
    store.time_ms = 1000;
    set_for("k", "100");
    store.time_ms = 2000000;
    check_flags(&store, ":100", KV_TTL, KV_TTL_MILLISECONDS, "k");
}
END_TEST

START_TEST(absolute_times_are_the_leaders_wall_clock)
{
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "k", "v", "PXAT", "1700000005000");
    check_flags(&store, ":5000", KV_TTL, KV_TTL_MILLISECONDS, "k");
    check_flags(&store, ":1700000005", KV_TTL, KV_TTL_ABSOLUTE, "k");
    check_answer(&store, ":1", KV_EXPIRE, "k", "expireat", "1700000007");
    check_answer(&store, ":7", KV_TTL, "k");
    check_answer(&store, ":1", KV_EXPIRE, "k", "PEXPIREAT", "1700000008001");
    check_flags(&store, ":1700000008001", KV_TTL, KV_TTL_ABSOLUTE | KV_TTL_MILLISECONDS, "k");
    /* The two clocks are rounded each for itself: that is no step. */
    store.wall_ms += 1003;
    store.time_ms += 1002;
    check_answer(&store, "OK", KV_SET, "other", "x");
    check_flags(&store, ":1700000008001", KV_TTL, KV_TTL_ABSOLUTE | KV_TTL_MILLISECONDS, "k");
    store.wall_ms += 60000;
    check_answer(&store, "OK", KV_SET, "other", "x");
    check_flags(&store, ":1700000068002", KV_TTL, KV_TTL_ABSOLUTE | KV_TTL_MILLISECONDS, "k");
}
END_TEST

START_TEST(times_that_redis_refuses)
{
    static const char integer[] = "-ERR value is not an integer or out of range";
    static const struct {
        const char *unit;
        const char *amount;
        const char *answer;
    } set[] = {
        {"EX", "0", INVALID("set")},
        {"EX", "-1", INVALID("set")},
        {"ex", "9223372036854775807", INVALID("set")},
        {"PX", "9223372036854775807", INVALID("set")},
        {"EX", "9223372036854775", INVALID("set")},
        {"PXAT", "0", INVALID("set")},
        {"EXAT", "9223372036854775807", INVALID("set")},
        {"setex", "0", INVALID("setex")},
        {"PSETEX", "-5", INVALID("psetex")},
        {"EX", "x", integer},
        {"EX", "1.5", integer},
        {"EX", "9223372036854775808", integer},
        {"EY", "1", "-ERR syntax error"},
        {"PXAT", "9223372036854775807", "OK"},
        {"PX", "1", "OK"},
    };

    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
        check_flags(&store, set[i].answer, KV_SET, KV_SET_EXPIRY, "k", "v", set[i].unit,
                    set[i].amount);
    }
    check_answer(&store, integer, KV_EXPIRE, "nokey", "EXPIRE", "x");
    check_answer(&store, INVALID("expire"), KV_EXPIRE, "k", "EXPIRE", "9223372036854775");
    check_answer(&store, INVALID("expire"), KV_EXPIRE, "k", "EXPIRE", "-9223372036854775808");
    check_answer(&store, INVALID("pexpire"), KV_EXPIRE, "k", "PEXPIRE", "9223372036854775807");
    check_answer(&store, INVALID("expireat"), KV_EXPIRE, "k", "EXPIREAT", "99999999999999999");
    check_answer(&store, ":1", KV_EXPIRE, "k", "PEXPIREAT", "9223372036854775807");
    check_answer(&store, INVALID("getex"), KV_GETEX, "k", "EX", "0");
    check_answer(&store, "nil", KV_GETEX, "nokey", "EX", "x");
}
END_TEST

START_TEST(a_time_that_has_passed_deletes_the_key)
{
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2", "c", "3", "d", "4");
    check_answer(&store, ":1", KV_EXPIRE, "a", "EXPIRE", "-1");
    check_answer(&store, ":1", KV_EXPIRE, "b", "EXPIREAT", "1");
    check_answer(&store, ":1", KV_EXPIRE, "c", "PEXPIRE", "-9223372036854775808");
    check_answer(&store, "$4", KV_GETEX, "d", "PXAT", "5");
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
    check_answer(&store, ":0", KV_EXPIRE, "a", "EXPIRE", "10");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "k", "v", "EXAT", "1");
    check_answer(&store, "nil", KV_GET, "k");
}
END_TEST

START_TEST(conditions_of_expire)
{
    static const char nx_others[] =
        "-ERR NX and XX, GT or LT options at the same time are not compatible";

    check_answer(&store, "OK", KV_SET, "k", "v");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_XX, "k", "EXPIRE", "10");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_GT, "k", "EXPIRE", "10");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_LT, "k", "EXPIRE", "10");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_NX, "k", "EXPIRE", "20");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_XX, "k", "EXPIRE", "20");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_GT, "k", "EXPIRE", "20");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_LT, "k", "EXPIRE", "20");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_GT | KV_EXPIRE_XX, "k", "EXPIRE", "21");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_LT, "k", "EXPIRE", "19");
    check_answer(&store, ":19", KV_TTL, "k");
    check_flags(&store, nx_others, KV_EXPIRE, KV_EXPIRE_NX | KV_EXPIRE_GT, "k", "EXPIRE", "x");
    check_flags(&store, nx_others, KV_EXPIRE, KV_EXPIRE_NX | KV_EXPIRE_XX, "k", "EXPIRE", "1");
    check_flags(&store, "-ERR GT and LT options at the same time are not compatible", KV_EXPIRE,
                KV_EXPIRE_GT | KV_EXPIRE_LT, "k", "EXPIRE", "1");
}
END_TEST

START_TEST(compare_and_expire)
{
    check_answer(&store, "OK", KV_SET, "lock", "token");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_IFEQ, "lock", "PEXPIRE", "500", "other");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_IFEQ, "nolock", "PEXPIRE", "500", "token");
    check_answer(&store, ":-1", KV_TTL, "lock");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_IFEQ, "lock", "PEXPIRE", "500", "token");
    check_flags(&store, ":500", KV_TTL, KV_TTL_MILLISECONDS, "lock");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_IFEQ, "lock", "PEXPIRE", "0", "token");
    check_answer(&store, "nil", KV_GET, "lock");
}
END_TEST

START_TEST(a_time_to_live_can_be_added_to)
{
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_ADD, "k", "PEXPIRE", "500");
    check_answer(&store, ":1", KV_EXPIRE, "k", "PEXPIRE", "1000");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_ADD | KV_EXPIRE_IFEQ, "k", "PEXPIRE", "500",
                "v");
    check_flags(&store, ":1500", KV_TTL, KV_TTL_MILLISECONDS, "k");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_ADD, "k", "PEXPIRE", "-100");
    check_flags(&store, ":1400", KV_TTL, KV_TTL_MILLISECONDS, "k");
    check_flags(&store, ":1", KV_EXPIRE, KV_EXPIRE_ADD, "k", "PEXPIRE", "-1400");
    check_answer(&store, "nil", KV_GET, "k");
    check_flags(&store, ":0", KV_EXPIRE, KV_EXPIRE_ADD, "k", "PEXPIRE", "500");
}
END_TEST

START_TEST(what_keeps_the_time_to_live_and_what_clears_it)
{
    static const struct {
        enum kv_operation operation;
        unsigned flags;
        const char *arguments[3];
        bool keeps;
    } steps[] = {
        {KV_SET, 0, {"k", "1"}, false},
        {KV_SET, KV_SET_KEEPTTL, {"k", "1"}, true},
        {KV_SET, KV_SET_GET, {"k", "1"}, false},
        {KV_MSET, 0, {"k", "1"}, false},
        {KV_INCRBY, 0, {"k", "1"}, true},
        {KV_INCRBYFLOAT, 0, {"k", "1.5"}, true},
        {KV_APPEND, 0, {"k", "and more, so that the item is moved"}, true},
        {KV_SETRANGE, 0, {"k", "3", "x"}, true},
        {KV_SETBIT, 0, {"k", "3", "1"}, true},
        {KV_GETEX, 0, {"k"}, true},
        {KV_GETEX, KV_GETEX_PERSIST, {"k"}, false},
        {KV_PERSIST, 0, {"k"}, false},
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const char *expected = steps[i].keeps ? ":100" : ":-1";

        check_answer(&store, "OK", KV_SET, "k", "1");
        check_answer(&store, ":1", KV_EXPIRE, "k", "EXPIRE", "100");
        store_run(&store, steps[i].operation, steps[i].flags, steps[i].arguments[0],
                  steps[i].arguments[1], steps[i].arguments[2], (char *)NULL);
        ck_assert_msg(strcmp(store_run(&store, KV_TTL, 0, "k", (char *)NULL), expected) == 0,
                      "step %zu", i);
    }
}
END_TEST

START_TEST(other_names_carry_the_time_to_live)
{
    set_for("k", "5000");
    check_answer(&store, "OK", KV_SET, "target", "old");
    check_answer(&store, "OK", KV_RENAME, "k", "target");
    check_answer(&store, ":5", KV_TTL, "target");
    check_flags(&store, ":1", KV_COPY, 0, "target", "copy");
    check_answer(&store, ":5", KV_TTL, "copy");
    check_answer(&store, "OK", KV_SET, "lasting", "x");
    check_flags(&store, ":1", KV_COPY, KV_COPY_REPLACE, "lasting", "copy");
    check_answer(&store, ":-1", KV_TTL, "copy");
    store_tick(&store, store.time_ms + 5000);
    check_answer(&store, "[nil $x]", KV_MGET, "target", "copy");
}
END_TEST

START_TEST(a_key_that_has_expired_is_as_none_for_every_command)
{
    static const struct {
        enum kv_operation operation;
        unsigned flags;
        const char *arguments[4];
        const char *answer;
    } steps[] = {
        {KV_SET, KV_SET_NX, {"k", "n"}, "OK"},
        {KV_SET, KV_SET_XX, {"k", "n"}, "nil"},
        {KV_SET, KV_SET_GET, {"k", "n"}, "nil"},
        {KV_SET, KV_SET_IFEQ, {"k", "n", "v"}, "nil"},
        {KV_MSET, KV_MSET_NX, {"k", "n"}, ":1"},
        {KV_DEL, 0, {"k"}, ":0"},
        {KV_DELIF, 0, {"k", "v"}, ":0"},
        {KV_INCRBY, 0, {"k", "7"}, ":7"},
        {KV_INCRBYFLOAT, 0, {"k", "7"}, "$7"},
        {KV_APPEND, 0, {"k", "n"}, ":1"},
        {KV_SETRANGE, 0, {"k", "1", "n"}, ":2"},
        {KV_SETBIT, 0, {"k", "1", "1"}, ":0"},
        {KV_GETDEL, 0, {"k"}, "nil"},
        {KV_EXPIRE, 0, {"k", "EXPIRE", "1"}, ":0"},
        {KV_PERSIST, 0, {"k"}, ":0"},
        {KV_GETEX, 0, {"k"}, "nil"},
        {KV_RENAME, 0, {"k", "x"}, "-ERR no such key"},
        {KV_RENAME, KV_RENAME_NX, {"source", "k"}, ":1"},
        {KV_COPY, 0, {"source", "k"}, ":1"},
        {KV_COPY, 0, {"k", "x"}, ":0"},
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const char *answer;

        check_answer(&store, "OK", KV_FLUSH, (char *)NULL);
        check_answer(&store, "OK", KV_SET, "source", "s");
        /* More keys that are due before it than one entry removes. */
        for (int j = 0; j < 40; j++) {
            char key[16];

            snprintf(key, sizeof(key), "due%d", j);
            set_for(key, "10");
        }
        set_for("k", "11");
        store.time_ms += 11;
        answer = store_run(&store, steps[i].operation, steps[i].flags, steps[i].arguments[0],
                           steps[i].arguments[1], steps[i].arguments[2], (char *)NULL);
        ck_assert_msg(strcmp(answer, steps[i].answer) == 0, "step %zu: %s", i, answer);
    }
}
END_TEST

START_TEST(queries_do_not_tell_of_expired_keys)
{
    for (int j = 0; j < 40; j++) {
        char key[16];

        snprintf(key, sizeof(key), "due%d", j);
        set_for(key, "10");
    }
    store.time_ms += 10;
    check_answer(&store, "OK", KV_SET, "k", "v");
    /* Some are not removed yet, which only the number of keys tells, as in Redis. */
    check_answer(&store, ":25", KV_DBSIZE, (char *)NULL);
    check_answer(&store, "[$k]", KV_KEYS, "*");
    check_answer(&store, "[$0 [$k]]", KV_SCAN, "0", "COUNT", "1000");
    check_answer(&store, "$k", KV_RANDOMKEY, (char *)NULL);
    check_answer(&store, ":0", KV_EXISTS, "due39", "due0", "due20");
    check_answer(&store, "[:25 :24 :0 :16]", KV_INFO, (char *)NULL);
    store_tick(&store, store.time_ms);
    check_answer(&store, "[:1 :0 :0 :40]", KV_INFO, (char *)NULL);
}
END_TEST

/* One tick does a bounded piece of work; the next is then wanted at once. */
START_TEST(many_keys_that_are_due_are_removed_piece_by_piece)
{
    char key[16];
    int ticks = 0;

    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        set_for(key, "100");
    }
    store_tick(&store, store.time_ms + 100);
    check_answer(&store, "[]", KV_KEYS, "*");
    while (store.machine.next_deadline(store.kv) <= store.time_ms) {
        store_tick(&store, store.time_ms);
        ticks++;
    }
    ck_assert_int_eq(ticks, 4);
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
}
END_TEST

/* Twenty entries a second are enough for any number of keys. */
START_TEST(deadlines_that_are_near_each_other_share_a_tick)
{
    set_for("a", "100");
    set_for("b", "101");
    set_for("c", "149");
    set_for("d", "200");
    ck_assert_uint_eq(store.machine.next_deadline(store.kv), 1000100);
    store_tick(&store, 1000100);
    ck_assert_uint_eq(store.machine.next_deadline(store.kv), 1000150);
    store_tick(&store, 1000150);
    check_answer(&store, ":1", KV_DBSIZE, (char *)NULL);
    ck_assert_uint_eq(store.machine.next_deadline(store.kv), 1000200);
}
END_TEST

START_TEST(average_time_to_live)
{
    check_answer(&store, "[:0 :0 :0 :0]", KV_INFO, (char *)NULL);
    set_for("a", "1000");
    set_for("b", "2000");
    check_answer(&store, "OK", KV_SET, "c", "x");
    check_answer(&store, "[:3 :2 :1500 :0]", KV_INFO, (char *)NULL);
    set_for("b", "4000");
    check_answer(&store, "[:3 :2 :2500 :0]", KV_INFO, (char *)NULL);
    check_answer(&store, ":1", KV_PERSIST, "a");
    check_answer(&store, "[:3 :1 :4000 :0]", KV_INFO, (char *)NULL);
    check_answer(&store, "OK", KV_FLUSH, (char *)NULL);
    check_answer(&store, "[:0 :0 :0 :0]", KV_INFO, (char *)NULL);
}
END_TEST

/* ---- The heap ----------------------------------------------------------------------------- */

START_TEST(the_heap_gives_items_in_the_order_of_deadline_and_key)
{
    enum { COUNT = 20000 };
    struct kv_item **items = memory_allocate(COUNT * sizeof(struct kv_item *));
    struct kv_deadlines here = {0};
    struct kv_deadlines there = {0};
    uint64_t random = 3;
    uint64_t last_ms = 0;

    for (int i = 0; i < COUNT; i++) {
        char key[16];
        int size = snprintf(key, sizeof(key), "%d", i);

        items[i] = kv_item_create(key, (size_t)size, NULL, 0, 1);
        kv_deadlines_set(&here, items[i], random_next(&random) >> 55);
    }
    for (int i = 0; i < COUNT; i += 3) {
        kv_deadlines_set(&here, items[i], i % 2 == 0 ? (uint64_t)i % 500 : KV_NO_DEADLINE);
    }
    /* Another node puts the same in another order. */
    for (int i = COUNT; i-- > 0;) {
        uint64_t deadline_ms = kv_deadlines_get(&here, items[i]);

        if (deadline_ms != KV_NO_DEADLINE) {
            struct kv_item *copy =
                kv_item_create(kv_item_key(items[i]), items[i]->key_size_bytes, NULL, 0, 1);

            kv_deadlines_set(&there, copy, deadline_ms);
        }
    }
    ck_assert_uint_eq(here.count, there.count);
    ck_assert_uint_eq(here.sum_ms, there.sum_ms);
    while (here.count > 0) {
        struct kv_deadline a = *kv_deadlines_first(&here);
        struct kv_deadline b = *kv_deadlines_first(&there);

        ck_assert_uint_ge(a.deadline_ms, last_ms);
        ck_assert_uint_eq(a.deadline_ms, b.deadline_ms);
        ck_assert_uint_eq(a.item->key_size_bytes, b.item->key_size_bytes);
        ck_assert_mem_eq(kv_item_key(a.item), kv_item_key(b.item), a.item->key_size_bytes);
        last_ms = a.deadline_ms;
        kv_deadlines_set(&here, a.item, KV_NO_DEADLINE);
        kv_deadlines_set(&there, b.item, KV_NO_DEADLINE);
        kv_item_free(b.item);
    }
    ck_assert_uint_eq(here.sum_ms, 0);
    ck_assert_uint_le(here.block_count, 2);
    for (int i = 0; i < COUNT; i++) {
        kv_item_free(items[i]);
    }
    kv_deadlines_free(&here);
    kv_deadlines_free(&there);
    memory_free(items);
}
END_TEST

UNIT_SUITE(expire)
{
    Suite *suite = suite_create("expire");
    TCase *tests = tcase_create("expire");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, a_key_is_gone_when_its_time_has_come);
    tcase_add_test(tests, t47_only_what_is_applied_makes_a_key_go);
    tcase_add_test(tests, t47_neither_a_wall_clock_step_nor_a_new_leader_expires_early);
    tcase_add_test(tests, t47_time_never_falls);
    tcase_add_test(tests, absolute_times_are_the_leaders_wall_clock);
    tcase_add_test(tests, times_that_redis_refuses);
    tcase_add_test(tests, a_time_that_has_passed_deletes_the_key);
    tcase_add_test(tests, conditions_of_expire);
    tcase_add_test(tests, compare_and_expire);
    tcase_add_test(tests, a_time_to_live_can_be_added_to);
    tcase_add_test(tests, what_keeps_the_time_to_live_and_what_clears_it);
    tcase_add_test(tests, other_names_carry_the_time_to_live);
    tcase_add_test(tests, a_key_that_has_expired_is_as_none_for_every_command);
    tcase_add_test(tests, queries_do_not_tell_of_expired_keys);
    tcase_add_test(tests, many_keys_that_are_due_are_removed_piece_by_piece);
    tcase_add_test(tests, deadlines_that_are_near_each_other_share_a_tick);
    tcase_add_test(tests, average_time_to_live);
    tcase_add_test(tests, the_heap_gives_items_in_the_order_of_deadline_and_key);
    suite_add_tcase(suite, tests);
    return suite;
}
