/*
 * kv/events: what happens to keys, told in the order of the log. Names, classes and order are
 * those that redis-server 7.0.15 published for the same commands.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "unit/kv/store.h"

static struct store store;
static char told[1024];
static struct kv_event last;
static int64_t receivers;

static int64_t observe(void *context, const struct kv_event *event)
{
    size_t size = strlen(told);

    ck_assert_ptr_eq(context, &store);
    last = *event;
    snprintf(told + size, sizeof(told) - size, "%s%s:%.*s", size > 0 ? " " : "", event->name,
             (int)event->key.size_bytes, (const char *)event->key.data);
    return receivers;
}

static void open_store(void)
{
    store_open(&store, 1);
    store.time_ms = 1000;
    told[0] = '\0';
    receivers = 0;
    kv_set_observer(store.kv, observe, &store);
}

static void close_store(void)
{
    store_close(&store);
}

static void want(const char *flags)
{
    check_answer(&store, "OK", KV_CONFIG_SET, "notify-keyspace-events", flags);
}

static void check_told(const char *expected)
{
    ck_assert_str_eq(told, expected);
    told[0] = '\0';
}

START_TEST(nothing_is_told_unless_asked_for)
{
    check_answer(&store, "OK", KV_SET, "k", "v");
    want("A");
    check_answer(&store, "OK", KV_SET, "k", "v");
    want("KE");
    check_answer(&store, "OK", KV_SET, "k", "v");
    want("Kg");
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_told("");
    check_answer(&store, ":1", KV_DEL, "k");
    check_told("del:k");
    ck_assert(last.on_keyspace);
    ck_assert(!last.on_keyevent);
    ck_assert_int_eq(last.event_class, KV_EVENT_GENERIC);
    ck_assert_uint_eq(last.index, store.index);
    kv_set_observer(store.kv, NULL, NULL);
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, ":1", KV_DEL, "k");
    check_told("");
}
END_TEST

START_TEST(what_each_command_tells)
{
    static const struct {
        enum kv_operation operation;
        unsigned flags;
        const char *arguments[4];
        const char *told;
    } steps[] = {
        {KV_SET, 0, {"k", "1"}, "new:k set:k"},
        {KV_SET, 0, {"k", "1"}, "set:k"},
        {KV_SET, KV_SET_NX, {"k", "1"}, ""},
        {KV_SET, KV_SET_EXPIRY, {"k", "1", "EX", "10"}, "set:k expire:k"},
        {KV_MSET, 0, {"k", "1", "l", "2"}, "set:k new:l set:l"},
        {KV_INCRBY, 0, {"k", "1"}, "incrby:k"},
        {KV_INCRBYFLOAT, 0, {"k", "1"}, "incrbyfloat:k"},
        {KV_INCRBYFLOAT, 0, {"k", "x"}, ""},
        {KV_APPEND, 0, {"k", "1"}, "append:k"},
        {KV_SETRANGE, 0, {"k", "0", "1"}, "setrange:k"},
        {KV_SETRANGE, 0, {"k", "0", ""}, ""},
        {KV_SETBIT, 0, {"k", "0", "1"}, "setbit:k"},
        {KV_EXPIRE, 0, {"k", "EXPIRE", "10"}, "expire:k"},
        {KV_PERSIST, 0, {"k"}, "persist:k"},
        {KV_PERSIST, 0, {"k"}, ""},
        {KV_GETEX, 0, {"k", "EX", "10"}, "expire:k"},
        {KV_GETEX, KV_GETEX_PERSIST, {"k"}, "persist:k"},
        {KV_GETEX, 0, {"k"}, ""},
        {KV_COPY, 0, {"k", "c"}, "new:c copy_to:c"},
        {KV_RENAME, 0, {"c", "d"}, "new:d rename_from:c rename_to:d"},
        {KV_RENAME, 0, {"d", "d"}, ""},
        {KV_COPY, KV_COPY_REPLACE, {"k", "d"}, "new:d copy_to:d"},
        {KV_DEL, 0, {"d", "none", "l"}, "del:d del:l"},
        {KV_GETDEL, 0, {"k"}, "del:k"},
        {KV_GETDEL, 0, {"k"}, ""},
        {KV_SET, 0, {"k", "1"}, "new:k set:k"},
        {KV_DELIF, 0, {"k", "2"}, ""},
        {KV_EXPIRE, 0, {"k", "EXPIRE", "-1"}, "del:k"},
        {KV_LOCK, 0, {"l", "me", "PX", "10"}, "new:l set:l expire:l"},
        {KV_LOCK, 0, {"l", "you", "PX", "10"}, ""},
        {KV_LOCK, 0, {"l", "me", "PX", "10"}, "set:l expire:l"},
        {KV_LOCK_RENEW, 0, {"l", "me", "PX", "10"}, "expire:l"},
        {KV_UNLOCK, 0, {"l", "me", "PX", "10"}, "set:l expire:l"},
        {KV_UNLOCK, 0, {"l", "me", "PX", "10"}, "del:l"},
        {KV_UNLOCK, 0, {"l", "me", "PX", "10"}, ""},
        {KV_FLUSH, 0, {0}, ""},
    };

    want("KEAn");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        store_run(&store, steps[i].operation, steps[i].flags, steps[i].arguments[0],
                  steps[i].arguments[1], steps[i].arguments[2], steps[i].arguments[3],
                  (char *)NULL);
        ck_assert_msg(strcmp(told, steps[i].told) == 0, "step %zu: %s", i, told);
        told[0] = '\0';
    }
}
END_TEST

START_TEST(expired_keys_are_told_by_deadline)
{
    want("Ex");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "late", "v", "PX", "30");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "early", "v", "PX", "10");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "used", "v", "PX", "20");
    check_told("");
    store_tick(&store, 1030);
    check_told("expired:early expired:used expired:late");
    ck_assert(!last.on_keyspace);
    ck_assert(last.on_keyevent);
    ck_assert_int_eq(last.event_class, KV_EVENT_EXPIRED);
    ck_assert_uint_eq(last.index, store.index);
}
END_TEST

START_TEST(a_message_is_told_whatever_is_wanted)
{
    receivers = 3;
    check_flags(&store, ":3", KV_PUBLISH, 1, "channel", "message");
    check_told(":channel");
    ck_assert_int_eq(last.event_class, KV_EVENT_PUBLISH);
    ck_assert_uint_eq(last.message.size_bytes, 7);
    ck_assert_uint_eq(last.flags, 1);
    kv_set_observer(store.kv, NULL, NULL);
    check_answer(&store, ":0", KV_PUBLISH, "channel", "message");
    check_told("");
}
END_TEST

START_TEST(a_restored_state_tells_that_events_were_lost)
{
    struct raftd_snapshot_sink sink = {0};
    struct raftd_error error;
    void *staged;

    store.machine.snapshot_begin(store.kv);
    while (!store.machine.snapshot_next(store.kv, &sink, 1000)) {
    }
    store.machine.snapshot_end(store.kv);
    staged = store.machine.restore_begin(store.kv);
    ck_assert_int_eq(
        store.machine.restore_write(staged, sink.bytes.data, sink.bytes.size_bytes, &error), 0);
    ck_assert_int_eq(store.machine.restore_finish(staged, &error), 0);
    check_told("");
    store.machine.restore_commit(store.kv, staged);
    check_told(":");
    ck_assert_int_eq(last.event_class, KV_EVENT_LOST);
    buffer_free(&sink.bytes);
}
END_TEST

/* As redis-server 7.0.15 writes back what it was given. */
START_TEST(flags_are_written_as_redis_writes_them)
{
    static const char *const flags[][2] = {
        {"", ""},       {"AKEn", "AKE"}, {"g$x", "g$x"}, {"n", "n"},          {"KEmn", "nKEm"},
        {"nmE", "nEm"}, {"Km", "Km"},    {"d", "d"},     {"g$lshzxetd", "A"},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        char expected[32];

        want(flags[i][0]);
        snprintf(expected, sizeof(expected), "$%s", flags[i][1]);
        check_answer(&store, expected, KV_CONFIG_GET, "Notify-Keyspace-Events");
    }
    check_answer(&store,
                 "-ERR CONFIG SET failed (possibly related to argument "
                 "'notify-keyspace-events') - Invalid event class character. Use "
                 "'Ag$lshzxeKEtmdn'.",
                 KV_CONFIG_SET, "notify-keyspace-events", "KEQ");
    check_answer(&store, "$A", KV_CONFIG_GET, "notify-keyspace-events");
    check_answer(&store, "nil", KV_CONFIG_GET, "maxmemory");
    check_answer(&store, "-ERR Unknown option or number of arguments for CONFIG SET", KV_CONFIG_SET,
                 "maxmemory", "1");
}
END_TEST

UNIT_SUITE(events)
{
    Suite *suite = suite_create("events");
    TCase *tests = tcase_create("events");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, nothing_is_told_unless_asked_for);
    tcase_add_test(tests, what_each_command_tells);
    tcase_add_test(tests, expired_keys_are_told_by_deadline);
    tcase_add_test(tests, a_message_is_told_whatever_is_wanted);
    tcase_add_test(tests, a_restored_state_tells_that_events_were_lost);
    tcase_add_test(tests, flags_are_written_as_redis_writes_them);
    suite_add_tcase(suite, tests);
    return suite;
}
