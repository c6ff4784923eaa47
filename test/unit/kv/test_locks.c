/*
 * kv/locks: reentrant locks.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "unit/kv/store.h"

#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value"
#define WRONG_COUNT "-ERR wrong number of arguments"

static struct store store;
static char published[64]; /* "channel message", the last one */

static int64_t observe(void *context, const struct kv_event *event)
{
    (void)context;
    if (event->event_class == KV_EVENT_PUBLISH) {
        snprintf(published, sizeof(published), "%.*s %.*s", (int)event->key.size_bytes,
                 (const char *)event->key.data, (int)event->message.size_bytes,
                 (const char *)event->message.data);
    }
    return 0;
}

static void open_store(void)
{
    store_open(&store, 1);
    store.time_ms = 1000;
    published[0] = '\0';
    kv_set_observer(store.kv, observe, NULL);
}

static void close_store(void)
{
    store_close(&store);
}

START_TEST(a_lock_is_taken_and_taken_again)
{
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "$1 me", KV_GET, "l");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "300");
    check_answer(&store, "$2 me", KV_GET, "l");
    check_flags(&store, ":300", KV_TTL, KV_TTL_MILLISECONDS, "l");
    check_answer(&store, ":300", KV_LOCK, "l", "you", "PX", "100");
    check_answer(&store, ":300", KV_LOCK, "l", "m", "PX", "100");
    check_answer(&store, ":300", KV_LOCK, "l", "", "PX", "100");
    check_answer(&store, "$2 me", KV_GET, "l");
    store.time_ms += 299;
    check_answer(&store, ":1", KV_LOCK, "l", "you", "PX", "100");
    store.time_ms += 1;
    check_answer(&store, "nil", KV_LOCK, "l", "you", "PX", "100");
    check_answer(&store, "$1 you", KV_GET, "l");
    check_answer(&store, ":1", KV_PERSIST, "l");
    check_answer(&store, ":-1", KV_LOCK, "l", "me", "PX", "100");
}
END_TEST

START_TEST(holders_are_any_bytes)
{
    struct kv_argument take[] = {{"l", 1}, {" \0 ", 3}, {"PX", 2}, {"100", 3}};

    ck_assert_str_eq(store_run_arguments(&store, KV_LOCK, 0, take, 4), "nil");
    ck_assert_str_eq(store_run_arguments(&store, KV_LOCK, 0, take, 4), "nil");
    check_answer(&store, ":5", KV_STRLEN, "l"); /* a digit, a blank, and then the name */
}
END_TEST

START_TEST(it_is_given_back_as_often)
{
    check_answer(&store, "nil", KV_UNLOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_UNLOCK, "l", "you", "PX", "100");
    check_flags(&store, ":0", KV_UNLOCK, KV_UNLOCK_PUBLISH, "l", "me", "PX", "700", "c", "free");
    check_flags(&store, ":700", KV_TTL, KV_TTL_MILLISECONDS, "l");
    ck_assert_str_eq(published, "");
    check_answer(&store, "$1 me", KV_GET, "l");
    check_flags(&store, ":1", KV_UNLOCK, KV_UNLOCK_PUBLISH, "l", "me", "PX", "700", "c", "free");
    ck_assert_str_eq(published, "c free");
    check_answer(&store, ":0", KV_EXISTS, "l");
    published[0] = '\0';
    check_flags(&store, "nil", KV_UNLOCK, KV_UNLOCK_PUBLISH, "l", "me", "PX", "9", "c", "free");
    ck_assert_str_eq(published, "");
}
END_TEST

START_TEST(a_release_that_is_sent_again_is_answered_as_before)
{
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    for (int i = 0; i < 2; i++) {
        check_flags(&store, ":0", KV_UNLOCK, KV_UNLOCK_LATCH, "l", "me", "PX", "100", "one", "PX",
                    "50");
        check_answer(&store, "$1 me", KV_GET, "l");
    }
    check_flags(&store, ":1", KV_UNLOCK, KV_UNLOCK_LATCH | KV_UNLOCK_PUBLISH, "l", "me", "PX",
                "100", "c", "free", "two", "PX", "50");
    ck_assert_str_eq(published, "c free");
    published[0] = '\0';
    /* Somebody else has it now: the second time must not take it from him. */
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_flags(&store, ":1", KV_UNLOCK, KV_UNLOCK_LATCH | KV_UNLOCK_PUBLISH, "l", "me", "PX",
                "100", "c", "free", "two", "PX", "50");
    ck_assert_str_eq(published, "");
    check_answer(&store, "$1 me", KV_GET, "l");
    check_flags(&store, ":50", KV_TTL, KV_TTL_MILLISECONDS, "two");
    store.time_ms += 50;
    check_flags(&store, ":1", KV_UNLOCK, KV_UNLOCK_LATCH, "l", "me", "PX", "100", "two", "PX",
                "50");
    /* Nothing is left of a release that was none. */
    check_flags(&store, "nil", KV_UNLOCK, KV_UNLOCK_LATCH, "l", "me", "PX", "100", "three", "PX",
                "50");
    check_answer(&store, ":0", KV_EXISTS, "three");
    check_answer(&store, "OK", KV_SET, "three", "text");
    check_flags(&store, "nil", KV_UNLOCK, KV_UNLOCK_LATCH, "l", "me", "PX", "100", "three", "PX",
                "50");
}
END_TEST

START_TEST(anybody_may_break_it)
{
    check_flags(&store, ":0", KV_UNLOCK, KV_UNLOCK_FORCE | KV_UNLOCK_PUBLISH, "l", "c", "free");
    ck_assert_str_eq(published, "");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_flags(&store, ":1", KV_UNLOCK, KV_UNLOCK_FORCE | KV_UNLOCK_PUBLISH, "l", "c", "free");
    ck_assert_str_eq(published, "c free");
    check_answer(&store, ":0", KV_EXISTS, "l");
    check_answer(&store, "OK", KV_SET, "l", "text");
    check_flags(&store, ":1", KV_UNLOCK, KV_UNLOCK_FORCE, "l");
}
END_TEST

START_TEST(it_is_renewed_by_its_holder)
{
    check_answer(&store, ":0", KV_LOCK_RENEW, "l", "me", "PX", "500");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_LOCK, "k", "me", "PX", "100");
    check_answer(&store, "OK", KV_SET, "text", "text");
    check_answer(&store, ":0", KV_LOCK_RENEW, "l", "you", "PX", "500");
    check_flags(&store, ":100", KV_TTL, KV_TTL_MILLISECONDS, "l");
    check_answer(&store, ":1", KV_LOCK_RENEW, "l", "me", "PX", "500");
    check_flags(&store, ":500", KV_TTL, KV_TTL_MILLISECONDS, "l");
    check_flags(&store, "[:1 :0 :0 :1]", KV_LOCK_RENEW, KV_LOCK_RENEW_MANY, "l", "me", "PX", "900",
                "k", "you", "text", "text", "k", "me");
    check_flags(&store, ":900", KV_TTL, KV_TTL_MILLISECONDS, "l");
    check_flags(&store, ":900", KV_TTL, KV_TTL_MILLISECONDS, "k");
    check_flags(&store, "[:0]", KV_LOCK_RENEW, KV_LOCK_RENEW_MANY, "none", "me", "PX", "900");
    check_answer(&store, "$1 me", KV_GET, "l");
}
END_TEST

START_TEST(how_often_it_was_taken)
{
    check_answer(&store, "nil", KV_LOCK_COUNT, "l", "me");
    check_flags(&store, ":0", KV_LOCK_COUNT, KV_LOCK_COUNT_EXISTS, "l", "me");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "$2", KV_LOCK_COUNT, "l", "me");
    check_answer(&store, "nil", KV_LOCK_COUNT, "l", "you");
    check_flags(&store, ":1", KV_LOCK_COUNT, KV_LOCK_COUNT_EXISTS, "l", "me");
    check_flags(&store, ":0", KV_LOCK_COUNT, KV_LOCK_COUNT_EXISTS, "l", "you");
    store_tick(&store, store.time_ms + 100);
    check_answer(&store, "nil", KV_LOCK_COUNT, "l", "me");
}
END_TEST

START_TEST(other_values_are_no_locks)
{
    static const char *const values[] = {
        "",    "text",  "1",      "0 me",  "-1 me",
        " me", "01 me", "1.0 me", "1\tme", "9223372036854775808 me"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        check_answer(&store, "OK", KV_SET, "l", values[i]);
        check_answer(&store, WRONG_TYPE, KV_LOCK, "l", "me", "PX", "100");
        check_answer(&store, WRONG_TYPE, KV_UNLOCK, "l", "me", "PX", "100");
        check_answer(&store, WRONG_TYPE, KV_LOCK_COUNT, "l", "me");
        check_answer(&store, ":0", KV_LOCK_RENEW, "l", "me", "PX", "100");
        ck_assert_str_eq(store_run(&store, KV_GET, 0, "l", (char *)NULL) + 1, values[i]);
    }
    check_answer(&store, "OK", KV_SET, "l", "9223372036854775807 me");
    check_answer(&store, "-ERR increment or decrement would overflow", KV_LOCK, "l", "me", "PX",
                 "100");
    check_answer(&store, "nil", KV_LOCK, "free", "", "PX", "100");
    check_answer(&store, "$1 ", KV_GET, "free");
    check_answer(&store, ":1", KV_UNLOCK, "free", "", "PX", "100");
}
END_TEST

START_TEST(what_is_no_request_changes_nothing)
{
    check_answer(&store, "nil", KV_LOCK, "l", "me", "PX", "100");
    check_answer(&store, "-ERR syntax error", KV_LOCK, "l", "me", "P", "100");
    check_answer(&store, "-ERR value is not an integer or out of range", KV_LOCK_RENEW, "l", "me",
                 "PX", "x");
    check_answer(&store, "-ERR invalid expire time in 'set' command", KV_UNLOCK, "l", "me", "PX",
                 "0");
    check_flags(&store, "-ERR syntax error", KV_UNLOCK, KV_UNLOCK_LATCH, "l", "me", "PX", "9",
                "latch", "P", "9");
    check_answer(&store, WRONG_COUNT, KV_UNLOCK, "l", "me", "PX", "100", "c", "free");
    check_flags(&store, WRONG_COUNT, KV_UNLOCK, KV_UNLOCK_PUBLISH, "l", "me", "PX", "100");
    check_flags(&store, WRONG_COUNT, KV_UNLOCK, KV_UNLOCK_FORCE, "l", "me", "PX", "100");
    check_answer(&store, WRONG_COUNT, KV_LOCK_RENEW, "l", "me", "PX", "100", "k", "me");
    check_flags(&store, WRONG_COUNT, KV_LOCK_RENEW, KV_LOCK_RENEW_MANY, "l", "me", "PX", "100",
                "k");
    check_answer(&store, "$1 me", KV_GET, "l");
    check_flags(&store, ":100", KV_TTL, KV_TTL_MILLISECONDS, "l");
    ck_assert_str_eq(published, "");
}
END_TEST

UNIT_SUITE(locks)
{
    Suite *suite = suite_create("locks");
    TCase *tests = tcase_create("locks");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, a_lock_is_taken_and_taken_again);
    tcase_add_test(tests, holders_are_any_bytes);
    tcase_add_test(tests, it_is_given_back_as_often);
    tcase_add_test(tests, a_release_that_is_sent_again_is_answered_as_before);
    tcase_add_test(tests, anybody_may_break_it);
    tcase_add_test(tests, it_is_renewed_by_its_holder);
    tcase_add_test(tests, how_often_it_was_taken);
    tcase_add_test(tests, other_values_are_no_locks);
    tcase_add_test(tests, what_is_no_request_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
