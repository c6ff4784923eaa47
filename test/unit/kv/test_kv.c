/*
 * kv/kv: the store as a state machine. What Raft needs of it: the same entries give the same state
 * and the same answers everywhere, whatever their bytes are.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "unit.h"
#include "unit/kv/store.h"

static struct store store;

static void open_store(void)
{
    store_open(&store, 1);
}

static void close_store(void)
{
    store_close(&store);
}

static char *digest_of(struct store *which)
{
    return memory_copy_string(store_run(which, KV_DIGEST, 0, (char *)NULL));
}

static void check_digests(struct store *a, struct store *b, bool equal)
{
    char *first = digest_of(a);
    char *second = digest_of(b);

    if (equal) {
        ck_assert_str_eq(first, second);
    } else {
        ck_assert_str_ne(first, second);
    }
    memory_free(first);
    memory_free(second);
}

/* A command out of few keys, so that most of them meet, with arguments that are often wrong. */
static void random_request(uint64_t *state, struct buffer *request, int depth);

/* Some commands in one; what a key's revision is, is guessed. */
static void random_transaction(uint64_t *state, struct buffer *request)
{
    struct buffer nested[3] = {0};
    struct kv_argument arguments[6] = {{"1", 1}, {"a", 1}, {"0", 1}};
    size_t first = random_next(state) % 2 == 0 ? 3 : 1;

    arguments[0].data = first == 3 ? "1" : "0";
    for (size_t i = 0; i < 3; i++) {
        random_request(state, &nested[i], 1);
        arguments[first + i] = (struct kv_argument){nested[i].data, nested[i].size_bytes};
    }
    kv_request_encode(request, KV_EXEC, 0, arguments, first + 3);
    for (size_t i = 0; i < 3; i++) {
        buffer_free(&nested[i]);
    }
}

static void random_request(uint64_t *state, struct buffer *request, int depth)
{
    static const char *const words[] = {"",
                                        "a",
                                        "b",
                                        "c",
                                        "10",
                                        "-3",
                                        "9223372036854775807",
                                        "x y",
                                        "0",
                                        "12",
                                        "70000000",
                                        "1",
                                        "1",
                                        "PX",
                                        "PEXPIRE",
                                        "PXAT",
                                        "300",
                                        "a longer value, to move it"};
    struct kv_argument arguments[6];
    size_t count = random_next(state) % 5;

    for (size_t i = 0; i < count; i++) {
        const char *word = words[random_next(state) % (sizeof(words) / sizeof(words[0]))];

        arguments[i] = (struct kv_argument){word, strlen(word)};
    }
    request->size_bytes = 0;
    if (depth == 0 && random_next(state) % 20 == 0) {
        random_transaction(state, request);
        return;
    }
    /* FLUSH is number 8 and comes rarely: it would keep the state too small. */
    if (random_next(state) % 100 == 0) {
        kv_request_encode(request, KV_FLUSH, 0, NULL, 0);
    } else {
        kv_request_encode(request, (enum kv_operation)(random_next(state) % (KV_LOCK_RENEW + 2)),
                          (uint8_t)(random_next(state) % 3 == 0 ? random_next(state) % 129 : 0),
                          arguments, count);
    }
}

static void random_command(uint64_t *state, struct buffer *request)
{
    random_request(state, request, 0);
}

START_TEST(t48_commands_of_one_batch_see_each_other)
{
    static const struct {
        enum kv_operation operation;
        uint8_t flags;
        const char *arguments[2];
        const char *answer;
    } batch[] = {
        {KV_SET, KV_SET_NX, {"lock", "me"}, "OK"},
        {KV_SET, KV_SET_NX, {"lock", "you"}, "nil"},
        {KV_INCRBY, 0, {"n", "1"}, ":1"},
        {KV_INCRBY, 0, {"n", "1"}, ":2"},
        {KV_APPEND, 0, {"lock", "!"}, ":3"},
        {KV_GETDEL, 0, {"lock", NULL}, "$me!"},
        {KV_SET, KV_SET_XX, {"lock", "late"}, "nil"},
        {KV_SET, KV_SET_NX, {"lock", "you"}, "OK"},
    };
    enum { COUNT = sizeof(batch) / sizeof(batch[0]) };
    struct raftd_entry entries[COUNT];
    struct raftd_reply replies[COUNT] = {0};
    struct buffer requests[COUNT] = {0};

    for (size_t i = 0; i < COUNT; i++) {
        struct kv_argument arguments[2];
        size_t count = 0;

        for (; count < 2 && batch[i].arguments[count] != NULL; count++) {
            arguments[count].data = batch[i].arguments[count];
            arguments[count].size_bytes = strlen(batch[i].arguments[count]);
        }
        kv_request_encode(&requests[i], batch[i].operation, batch[i].flags, arguments, count);
        entries[i] = (struct raftd_entry){.index = i + 1,
                                          .term = 1,
                                          .data = requests[i].data,
                                          .size_bytes = requests[i].size_bytes,
                                          .reply = &replies[i]};
    }
    store.machine.apply(store.machine.context, entries, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        struct reader reader = reader_make(replies[i].bytes.data, replies[i].bytes.size_bytes);
        struct kv_reply_value value;
        char answer[32] = "";

        ck_assert(kv_reply_next(&reader, &value));
        ck_assert_uint_eq(reader_left(&reader), 0);
        if (value.type == KV_REPLY_INTEGER) {
            snprintf(answer, sizeof(answer), ":%d", (int)value.integer);
        } else if (value.type == KV_REPLY_BULK) {
            snprintf(answer, sizeof(answer), "$%.*s", (int)value.size_bytes,
                     (const char *)value.data);
        } else {
            snprintf(answer, sizeof(answer), "%s", value.type == KV_REPLY_OK ? "OK" : "nil");
        }
        ck_assert_str_eq(answer, batch[i].answer);
        buffer_free(&requests[i]);
        buffer_free(&replies[i].bytes);
    }
    check_answer(&store, "[$you $2]", KV_MGET, "lock", "n");
}
END_TEST

START_TEST(t49_bytes_that_are_no_command_are_answered_and_change_nothing)
{
    static const char text[] = "-ERR this version of raftd cannot read the request; "
                               "run one version of raftd on all nodes";
    static const struct {
        const char *bytes;
        size_t size;
    } wrong[] = {
        {"", 0},
        {"\x01", 1},
        {"\x01\x08\x00", 3},
        {"\x00\x08\x00\x00", 4},      /* version 0 */
        {"\x02\x08\x00\x00", 4},      /* version 2 */
        {"\x01\x08\x00\x00\x00", 5},  /* a byte too many */
        {"\x01\x03\x00\x02\x01k", 6}, /* an argument too few */
        {"\x01\x03\x00\x01\x02k", 6}, /* longer than there are bytes */
        {"\x01\x03\x00\x01\xff\xff\xff\xff\x0f", 9},
        {"\x01\x03\x00\xff\xff\xff\xff\x0f", 8}, /* more arguments than there are bytes */
        {"\x01\x03\x00\x81\x00\x01k", 7},        /* a count that is longer than needed */
        {"\x01\x03\x00\xff\xff\xff\xff\x7f\x01k", 10},
    };

    check_answer(&store, "OK", KV_SET, "k", "v");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        /* At an address where a byte read too many is seen. */
        char *copy = memcpy(memory_allocate(wrong[i].size), wrong[i].bytes, wrong[i].size);

        ck_assert_str_eq(store_apply_bytes(&store, copy, wrong[i].size), text);
        ck_assert_str_eq(store_read_bytes(&store, copy, wrong[i].size), text);
        memory_free(copy);
    }
    check_answer(&store, "$v", KV_GET, "k");
}
END_TEST

START_TEST(t49_operations_of_a_later_version_are_answered)
{
#define KNOWN(number, ...) [number] = true,
    static const bool is_command[256] = {KV_COMMANDS(KNOWN)};
    static const bool is_query[256] = {KV_QUERIES(KNOWN)};
#undef KNOWN

    for (unsigned operation = 0; operation < 256; operation++) {
        uint8_t bytes[] = {1, (uint8_t)operation, 0, 0};
        const char *answer = store_apply_bytes(&store, bytes, sizeof(bytes));
        static const char no_command[] = "-ERR this version of raftd does not know the command; "
                                         "run one version of raftd on all nodes";
        static const char no_query[] = "-ERR this version of raftd does not know the query; "
                                       "run one version of raftd on all nodes";

        /* Old logs have these numbers: the table must not lose one. */
        ck_assert(is_command[operation] == (operation >= KV_SET && operation <= KV_LOCK_RENEW));
        ck_assert(is_query[operation] == (operation >= KV_GET && operation <= KV_LOCK_COUNT));
        ck_assert_msg(is_command[operation] == (strcmp(answer, no_command) != 0), "%u: %s",
                      operation, answer);
        answer = store_read_bytes(&store, bytes, sizeof(bytes));
        ck_assert_msg(is_query[operation] == (strcmp(answer, no_query) != 0), "%u: %s", operation,
                      answer);
    }
}
END_TEST

/* Time goes on, for both alike, and is told to them now and then. */
static void pass_time(uint64_t *random, struct store *other)
{
    uint64_t time_ms = store.time_ms + random_next(random) % 100;

    store.wall_ms = other->wall_ms = 1000 + time_ms + random_next(random) % 2;
    if (random_next(random) % 10 == 0) {
        store_tick(&store, time_ms);
        store_tick(other, time_ms);
    }
    store.time_ms = other->time_ms = time_ms;
}

START_TEST(t49_random_commands_give_the_same_everywhere)
{
    struct store other;
    struct buffer request = {0};
    uint64_t random = 42;

    store_open(&other, 0x123456789abcdef);
    for (int i = 0; i < 20000; i++) {
        bool equal;

        random_command(&random, &request);
        pass_time(&random, &other);
        if (random_next(&random) % 20 == 0) {
            request.data[random_next(&random) % request.size_bytes] ^=
                (uint8_t)random_next(&random);
        }
        store_apply_bytes(&store, request.data, request.size_bytes);
        store_apply_bytes(&other, request.data, request.size_bytes);
        equal = store.text.size_bytes == other.text.size_bytes &&
                memcmp(store.text.data, other.text.data, store.text.size_bytes) == 0;
        if (!equal) {
            ck_abort_msg("entry %d: %s here, %s there", i, (char *)store.text.data,
                         (char *)other.text.data);
        }
        if (i % 1000 == 0) {
            check_digests(&store, &other, true);
        }
    }
    check_digests(&store, &other, true);
    buffer_free(&request);
    store_close(&other);
}
END_TEST

/* A node that replays the log has no client to answer and large batches; it comes to the same. */
START_TEST(neither_who_waits_nor_how_entries_are_batched_makes_a_difference)
{
    enum { BATCH = 40, BATCHES = 150 };
    struct raftd_entry entries[BATCH];
    struct buffer requests[BATCH] = {0};
    struct store replay;
    uint64_t random = 43;

    store_open(&replay, 7);
    for (int batch = 0; batch < BATCHES; batch++) {
        for (int i = 0; i < BATCH; i++) {
            random_command(&random, &requests[i]);
            store.time_ms += random_next(&random) % 100;
            if (random_next(&random) % 30 == 0) {
                requests[i].size_bytes--;
            }
            store_apply_bytes(&store, requests[i].data, requests[i].size_bytes);
            entries[i] = (struct raftd_entry){.index = store.index,
                                              .term = 1,
                                              .time_ms = store.time_ms,
                                              .wall_ms = store.wall_ms,
                                              .data = requests[i].data,
                                              .size_bytes = requests[i].size_bytes};
        }
        replay.machine.apply(replay.machine.context, entries, BATCH);
        check_digests(&store, &replay, true);
    }
    for (int i = 0; i < BATCH; i++) {
        buffer_free(&requests[i]);
    }
    store_close(&replay);
}
END_TEST

START_TEST(queries_change_nothing)
{
    struct store other;
    struct buffer request = {0};
    uint64_t random = 44;

    store_open(&other, 9);
    for (int i = 0; i < 3000; i++) {
        random_command(&random, &request);
        store_apply_bytes(&store, request.data, request.size_bytes);
        store_apply_bytes(&other, request.data, request.size_bytes);
        pass_time(&random, &other);
        request.data[1] = (uint8_t)(KV_GET + random_next(&random) % (KV_LOCK_COUNT - KV_GET + 1));
        store_read_bytes(&other, request.data, request.size_bytes);
        store_run(&other, KV_SCAN, 0, "0", (char *)NULL);
    }
    check_digests(&store, &other, true);
    buffer_free(&request);
    store_close(&other);
}
END_TEST

START_TEST(the_digest_covers_keys_values_and_revisions)
{
    struct store other;

    store_open(&other, 2);
    check_digests(&store, &other, true);
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_digests(&store, &other, false);
    check_answer(&other, "OK", KV_SET, "k", "w");
    check_digests(&store, &other, false);
    store.index = other.index = 10;
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&other, "OK", KV_SET, "k", "v");
    check_digests(&store, &other, true);
    /* The same value by a later entry. */
    check_answer(&other, "OK", KV_SET, "k", "v");
    check_digests(&store, &other, false);
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_digests(&store, &other, true);
    /* Where a key ends and its value begins. */
    check_answer(&store, "OK", KV_SET, "ab", "c");
    check_answer(&other, "OK", KV_SET, "a", "bc");
    check_digests(&store, &other, false);
    store_close(&other);
}
END_TEST

START_TEST(the_digest_is_the_same_for_ever)
{
    /* Nodes of two versions compare their digests, so these must not change. */
    check_answer(&store, "$16773ceb7fe497b1", KV_DIGEST, (char *)NULL);
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2");
    check_answer(&store, "$7dc24f9bd481e399", KV_DIGEST, (char *)NULL);
}
END_TEST

START_TEST(only_what_writes_a_key_makes_a_revision)
{
    static const struct {
        enum kv_operation operation;
        unsigned flags;
        const char *arguments[3];
        bool writes;
    } steps[] = {
        {KV_SET, KV_SET_NX, {"k", "w"}, false},
        {KV_SET, KV_SET_XX, {"x", "w"}, false},
        {KV_SET, KV_SET_NX | KV_SET_XX, {"k", "w"}, false},
        {KV_DEL, 0, {"x"}, false},
        {KV_INCRBY, 0, {"k", "1"}, false},
        {KV_SETRANGE, 0, {"k", "1", ""}, false},
        {KV_SETRANGE, 0, {"k", "-1", "x"}, false},
        {KV_GETDEL, 0, {"x"}, false},
        {KV_SET, 0, {"k", "v"}, true},
        {KV_APPEND, 0, {"k", ""}, true},
        {KV_SETRANGE, 0, {"k", "0", "v"}, true},
        {KV_MSET, 0, {"k", "v"}, true},
        {KV_INCRBY, 0, {"n", "0"}, true},
        {KV_DEL, 0, {"k"}, true},
        {KV_FLUSH, 0, {0}, true},
    };

    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, ":1", KV_INCRBY, "n", "1");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        char *before = digest_of(&store);
        char *after;

        store_run(&store, steps[i].operation, steps[i].flags, steps[i].arguments[0],
                  steps[i].arguments[1], steps[i].arguments[2], (char *)NULL);
        after = digest_of(&store);
        ck_assert_msg(steps[i].writes == (strcmp(before, after) != 0), "step %zu", i);
        memory_free(before);
        memory_free(after);
    }
}
END_TEST

START_TEST(the_context_is_the_store)
{
    ck_assert_ptr_eq(store.machine.context, store.kv);
}
END_TEST

UNIT_SUITE(kv)
{
    Suite *suite = suite_create("kv");
    TCase *tests = tcase_create("kv");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, t48_commands_of_one_batch_see_each_other);
    tcase_add_test(tests, t49_bytes_that_are_no_command_are_answered_and_change_nothing);
    tcase_add_test(tests, t49_operations_of_a_later_version_are_answered);
    tcase_add_test(tests, t49_random_commands_give_the_same_everywhere);
    tcase_add_test(tests, neither_who_waits_nor_how_entries_are_batched_makes_a_difference);
    tcase_add_test(tests, queries_change_nothing);
    tcase_add_test(tests, the_digest_covers_keys_values_and_revisions);
    tcase_add_test(tests, the_digest_is_the_same_for_ever);
    tcase_add_test(tests, only_what_writes_a_key_makes_a_revision);
    tcase_add_test(tests, the_context_is_the_store);
    suite_add_tcase(suite, tests);
    return suite;
}
