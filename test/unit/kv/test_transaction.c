/*
 * kv/transaction: many requests in one entry, all or, where a watched key has changed, none.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "unit.h"
#include "unit/kv/store.h"

enum { PARTS_MAX = 32 };

static struct store store;
/* The transaction that is being put together. */
static struct buffer parts[PARTS_MAX];
static size_t part_count;

static void begin(const char *watches)
{
    part_count = 0;
    parts[0].size_bytes = 0;
    buffer_append(&parts[part_count++], watches, strlen(watches));
}

static void open_store(void)
{
    store_open(&store, 1);
    store.time_ms = 1000;
    begin("0");
}

static void close_store(void)
{
    store_close(&store);
    for (size_t i = 0; i < PARTS_MAX; i++) {
        buffer_free(&parts[i]);
    }
}

static void add_text(const char *text)
{
    parts[part_count].size_bytes = 0;
    buffer_append(&parts[part_count++], text, strlen(text));
}

static void add(enum kv_operation operation, unsigned flags, const char *a, const char *b)
{
    struct kv_argument arguments[2] = {{a, a != NULL ? strlen(a) : 0},
                                       {b, b != NULL ? strlen(b) : 0}};

    parts[part_count].size_bytes = 0;
    kv_request_encode(&parts[part_count++], operation, (uint8_t)flags, arguments,
                      (size_t)(a != NULL) + (b != NULL));
}

static const char *run(void)
{
    struct kv_argument arguments[PARTS_MAX];

    for (size_t i = 0; i < part_count; i++) {
        arguments[i] = (struct kv_argument){parts[i].data, parts[i].size_bytes};
    }
    return store_run_arguments(&store, KV_EXEC, 0, arguments, part_count);
}

START_TEST(every_request_is_answered_in_its_place)
{
    add(KV_SET, 0, "a", "1");
    add(KV_INCRBY, 0, "a", "5");
    add(KV_GET, 0, "a", NULL);
    add(KV_MGET, 0, "a", "b");
    add(KV_DEL, 0, "a", "b");
    add(KV_EXISTS, 0, "a", NULL);
    ck_assert_str_eq(run(), "[OK :6 $6 [$6 nil] :1 :0]");
    begin("0");
    ck_assert_str_eq(run(), "[]");
}
END_TEST

START_TEST(an_error_does_not_undo_the_others)
{
    add(KV_SET, 0, "a", "x");
    add(KV_INCRBY, 0, "a", "1");
    add(KV_APPEND, 0, "a", "y");
    ck_assert_str_eq(run(), "[OK -ERR value is not an integer or out of range :2]");
    check_answer(&store, "$xy", KV_GET, "a");
}
END_TEST

START_TEST(a_watched_key_that_has_changed_undoes_all)
{
    check_answer(&store, "OK", KV_SET, "a", "1");
    check_answer(&store, "[:1 :0]", KV_REVISION, "a", "b");
    begin("2");
    add_text("a");
    add_text("1");
    add_text("b");
    add_text("0");
    add(KV_SET, 0, "b", "new");
    ck_assert_str_eq(run(), "[OK]");
    /* The same once more: b is there now. */
    ck_assert_str_eq(run(), "nil");
    check_answer(&store, ":1", KV_DEL, "b");
    ck_assert_str_eq(run(), "[OK]");
    check_answer(&store, ":1", KV_DEL, "b");
    /* The same value is another revision. */
    check_answer(&store, "OK", KV_SET, "a", "1");
    ck_assert_str_eq(run(), "nil");
    check_answer(&store, "nil", KV_GET, "b");
}
END_TEST

START_TEST(what_changes_the_time_to_live_changes_the_revision)
{
    check_answer(&store, "OK", KV_SET, "a", "1");
    check_answer(&store, ":1", KV_EXPIRE, "a", "EXPIRE", "10");
    check_answer(&store, "[:2]", KV_REVISION, "a");
    check_answer(&store, "$1", KV_GETEX, "a");
    check_answer(&store, "[:2]", KV_REVISION, "a");
    check_answer(&store, ":1", KV_PERSIST, "a");
    check_answer(&store, "[:4]", KV_REVISION, "a");
    check_answer(&store, ":0", KV_PERSIST, "a");
    check_answer(&store, "[:4]", KV_REVISION, "a");
}
END_TEST

START_TEST(a_watched_key_that_has_expired_is_as_none)
{
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "a", "1", "PX", "10");
    begin("1");
    add_text("a");
    add_text("1");
    add(KV_SET, 0, "b", "new");
    store.time_ms += 9;
    ck_assert_str_eq(run(), "[OK]");
    store.time_ms += 1;
    ck_assert_str_eq(run(), "nil");
    begin("1");
    add_text("a");
    add_text("0");
    ck_assert_str_eq(run(), "[]");
}
END_TEST

START_TEST(all_of_it_happens_at_one_time)
{
    add(KV_SET, 0, "a", "1");
    parts[part_count].size_bytes = 0;
    kv_request_encode(&parts[part_count++], KV_EXPIRE, 0,
                      (struct kv_argument[]){{"a", 1}, {"PEXPIRE", 7}, {"1", 1}}, 3);
    add(KV_GET, 0, "a", NULL);
    add(KV_TTL, KV_TTL_MILLISECONDS, "a", NULL);
    ck_assert_str_eq(run(), "[OK :1 $1 :1]");
}
END_TEST

START_TEST(what_is_no_transaction_changes_nothing)
{
    static const char unreadable[] = "-ERR this version of raftd cannot read the transaction; "
                                     "run one version of raftd on all nodes";
    static const char *const watches[] = {"", "x", "-1", "3", "65537", "99999999999999999999"};

    for (size_t i = 0; i < sizeof(watches) / sizeof(watches[0]); i++) {
        begin(watches[i]);
        add(KV_SET, 0, "a", "1");
        add(KV_SET, 0, "a", "1");
        ck_assert_str_eq(run(), unreadable);
    }
    begin("1");
    add_text("a");
    add_text("one");
    add(KV_SET, 0, "a", "1");
    ck_assert_str_eq(run(), unreadable);
    check_answer(&store, "-ERR wrong number of arguments", KV_EXEC, (char *)NULL);
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
}
END_TEST

START_TEST(requests_that_are_none_are_answered_in_their_place)
{
    add_text("no request");
    add(KV_EXEC, 0, "0", NULL);
    add((enum kv_operation)60, 0, "0", NULL);
    add((enum kv_operation)200, 0, "0", NULL);
    add(KV_SET, 0, "a", NULL);
    add(KV_SET, 0, "a", "1");
    ck_assert_str_eq(run(), "[-ERR this version of raftd cannot read the request; "
                            "run one version of raftd on all nodes "
                            "-ERR a transaction cannot contain another transaction "
                            "-ERR this version of raftd does not know the command; "
                            "run one version of raftd on all nodes "
                            "-ERR this version of raftd does not know the query; "
                            "run one version of raftd on all nodes "
                            "-ERR wrong number of arguments OK]");
}
END_TEST

START_TEST(slow_queries_are_few)
{
    const char *answer;

    for (int i = 0; i < 18; i++) {
        add(KV_KEYS, 0, "*", NULL);
    }
    answer = run();
    ck_assert_str_eq(answer, "[[] [] [] [] [] [] [] [] [] [] [] [] [] [] [] [] "
                             "-ERR the transaction has more than 16 slow commands, such as KEYS; "
                             "use several transactions "
                             "-ERR the transaction has more than 16 slow commands, such as KEYS; "
                             "use several transactions]");
}
END_TEST

/* Ten values of 60 MiB are more than a reply may hold: those beyond are errors. */
START_TEST(the_answer_is_bounded)
{
    size_t size = (size_t)60 << 20;
    char *value = memory_allocate_zeroed(1, size);
    struct reader reader;
    struct kv_reply_value answer;

    store_run_arguments(&store, KV_SET, 0, (struct kv_argument[]){{"a", 1}, {value, size}}, 2);
    memory_free(value);
    for (int i = 0; i < 10; i++) {
        add(KV_GET, 0, "a", NULL);
    }
    run();
    reader = reader_make(store.reply.bytes.data, store.reply.bytes.size_bytes);
    ck_assert(kv_reply_next(&reader, &answer));
    ck_assert_int_eq(answer.integer, 10);
    for (int i = 0; i < 10; i++) {
        ck_assert(kv_reply_next(&reader, &answer));
        ck_assert_int_eq(answer.type, i < 8 ? KV_REPLY_BULK : KV_REPLY_ERROR);
    }
}
END_TEST

UNIT_SUITE(transaction)
{
    Suite *suite = suite_create("transaction");
    TCase *tests = tcase_create("transaction");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, every_request_is_answered_in_its_place);
    tcase_add_test(tests, an_error_does_not_undo_the_others);
    tcase_add_test(tests, a_watched_key_that_has_changed_undoes_all);
    tcase_add_test(tests, what_changes_the_time_to_live_changes_the_revision);
    tcase_add_test(tests, a_watched_key_that_has_expired_is_as_none);
    tcase_add_test(tests, all_of_it_happens_at_one_time);
    tcase_add_test(tests, what_is_no_transaction_changes_nothing);
    tcase_add_test(tests, requests_that_are_none_are_answered_in_their_place);
    tcase_add_test(tests, slow_queries_are_few);
    tcase_add_test(tests, the_answer_is_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}
