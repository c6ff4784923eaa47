/*
 * kv/snapshot and kv/restore: the state of one moment, written while commands go on, and read
 * back from bytes that may be damaged.
 */
#include <stdio.h>
#include <string.h>

#include <raftd/error.h>

#include "base/memory.h"
#include "base/random.h"
#include "unit.h"
#include "unit/kv/store.h"

static struct store store;
static struct raftd_snapshot_sink sink;

static void open_store(void)
{
    store_open(&store, 1);
    sink.bytes = (struct buffer){0};
}

static void close_store(void)
{
    store_close(&store);
    buffer_free(&sink.bytes);
}

static char *digest_of(struct store *which)
{
    return memory_copy_string(store_run(which, KV_DIGEST, 0, (char *)NULL));
}

static void save(struct store *which, size_t budget)
{
    sink.bytes.size_bytes = 0;
    which->machine.snapshot_begin(which->kv);
    while (!which->machine.snapshot_next(which->kv, &sink, budget)) {
    }
    which->machine.snapshot_end(which->kv);
}

/* Restores what is in the sink, in pieces; the store is then as it was when that was begun. */
static void restore(struct store *into, size_t piece)
{
    struct raftd_error error;
    void *staged = into->machine.restore_begin(into->kv);

    for (size_t at = 0; at < sink.bytes.size_bytes; at += piece) {
        size_t left = sink.bytes.size_bytes - at;

        ck_assert_msg(into->machine.restore_write(staged, sink.bytes.data + at,
                                                  left < piece ? left : piece, &error) == 0,
                      "%s", error.message);
    }
    ck_assert_int_eq(into->machine.restore_finish(staged, &error), 0);
    into->machine.restore_commit(into->kv, staged);
}

static void check_digest(struct store *which, const char *expected)
{
    char *digest = digest_of(which);

    ck_assert_str_eq(digest, expected);
    memory_free(digest);
}

START_TEST(an_empty_store_can_be_saved_and_restored)
{
    char *digest = digest_of(&store);

    save(&store, 100);
    check_answer(&store, "OK", KV_SET, "k", "v");
    restore(&store, 1);
    check_digest(&store, digest);
    check_answer(&store, ":0", KV_DBSIZE, (char *)NULL);
    memory_free(digest);
}
END_TEST

START_TEST(all_that_is_replicated_is_restored)
{
    struct store other;
    char *digest;

    store.time_ms = 1000;
    store.wall_ms = 500000;
    check_answer(&store, "OK", KV_SET, "k", "v");
    check_answer(&store, "OK", KV_SET, "", "");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "short", "x", "PX", "500");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "dated", "x", "PXAT", "600000");
    check_answer(&store, "OK", KV_CONFIG_SET, "notify-keyspace-events", "KEA");
    digest = digest_of(&store);
    save(&store, 1);

    store_open(&other, 77);
    restore(&other, 3);
    check_digest(&other, digest);
    other.time_ms = 1499;
    other.index = store.index;
    check_answer(&other, "$AKE", KV_CONFIG_GET, "notify-keyspace-events");
    check_answer(&other, "[:1]", KV_REVISION, "k");
    check_answer(&other, "$x", KV_GET, "short");
    check_flags(&other, ":1", KV_TTL, KV_TTL_MILLISECONDS, "short");
    check_flags(&other, ":600000", KV_TTL, KV_TTL_MILLISECONDS | KV_TTL_ABSOLUTE, "dated");
    ck_assert_uint_eq(other.machine.next_deadline(other.kv), 1500);
    store_tick(&other, 1500);
    check_answer(&other, "nil", KV_GET, "short");
    check_answer(&other, ":3", KV_DBSIZE, (char *)NULL);
    store_close(&other);
    memory_free(digest);
}
END_TEST

/* One of the commands, on few keys, so that each is written, deleted and made anew many times. */
static void random_change(uint64_t *random, unsigned keys)
{
    char key[16];
    char other[16];

    snprintf(key, sizeof(key), "key%u", (unsigned)(random_next(random) % keys));
    snprintf(other, sizeof(other), "key%u", (unsigned)(random_next(random) % keys));
    store.time_ms += random_next(random) % 3;
    switch (random_next(random) % 12) {
    case 0:
        store_run(&store, KV_DEL, 0, key, other, (char *)NULL);
        break;
    case 1:
        store_run(&store, KV_RENAME, 0, key, other, (char *)NULL);
        break;
    case 2:
        store_run(&store, KV_COPY, KV_COPY_REPLACE, key, other, (char *)NULL);
        break;
    case 3:
        store_run(&store, KV_EXPIRE, 0, key, "PEXPIRE", "40", (char *)NULL);
        break;
    case 4:
        store_run(&store, KV_PERSIST, 0, key, (char *)NULL);
        break;
    case 5:
        store_run(&store, KV_APPEND, 0, key, "a longer value than before", (char *)NULL);
        break;
    case 6:
        store_tick(&store, store.time_ms);
        break;
    case 7:
        store_run(&store, KV_SET, KV_SET_EXPIRY, key, "v", "PX", "100", (char *)NULL);
        break;
    case 8:
        store_run(&store, KV_GETDEL, 0, key, (char *)NULL);
        break;
    case 9:
        store_run(&store, KV_SETBIT, 0, key, "77", "1", (char *)NULL);
        break;
    default:
        store_run(&store, KV_SET, 0, key, other, (char *)NULL);
        break;
    }
}

/* Takes a snapshot with changes before each slice, and compares it with the beginning. */
static void save_among_changes(uint64_t *random, unsigned keys, unsigned flush_one_in)
{
    struct store other;
    char *digest = digest_of(&store);
    bool last = false;

    sink.bytes.size_bytes = 0;
    store.machine.snapshot_begin(store.kv);
    while (!last) {
        for (uint64_t i = random_next(random) % 20; i > 0; i--) {
            random_change(random, keys);
        }
        if (flush_one_in > 0 && random_next(random) % flush_one_in == 0) {
            store_run(&store, KV_FLUSH, 0, (char *)NULL);
        }
        last = store.machine.snapshot_next(store.kv, &sink, random_next(random) % 200);
    }
    random_change(random, keys);
    store.machine.snapshot_end(store.kv);
    store_open(&other, *random);
    restore(&other, 1 + random_next(random) % 100);
    check_digest(&other, digest);
    store_close(&other);
    memory_free(digest);
}

START_TEST(a_snapshot_is_the_state_of_its_beginning_whatever_goes_on)
{
    uint64_t random = 5;

    for (int round = 0; round < 150; round++) {
        unsigned keys = 1u << random_next(&random) % 9;

        for (uint64_t i = random_next(&random) % 600; i > 0; i--) {
            random_change(&random, keys);
        }
        save_among_changes(&random, keys, 0);
    }
}
END_TEST

START_TEST(all_keys_may_be_forgotten_while_a_snapshot_is_taken)
{
    uint64_t random = 6;

    for (int round = 0; round < 100; round++) {
        for (uint64_t i = random_next(&random) % 600; i > 0; i--) {
            random_change(&random, 300);
        }
        save_among_changes(&random, 300, 4);
    }
}
END_TEST

/* The table grows and shrinks a bucket at a time while the walk goes over it. */
START_TEST(the_table_may_change_its_size_while_a_snapshot_is_taken)
{
    enum { KEYS = 5000 };
    struct store other;
    char key[16];

    for (int grows = 0; grows < 2; grows++) {
        char *digest;
        int next = 0;

        store_run(&store, KV_FLUSH, 0, (char *)NULL);
        for (int i = 0; i < (grows ? 100 : KEYS); i++) {
            snprintf(key, sizeof(key), "old%d", i);
            store_run(&store, KV_SET, 0, key, key, (char *)NULL);
        }
        digest = digest_of(&store);
        sink.bytes.size_bytes = 0;
        store.machine.snapshot_begin(store.kv);
        while (!store.machine.snapshot_next(store.kv, &sink, 40)) {
            for (int i = 0; i < 60 && next < KEYS; i++, next++) {
                snprintf(key, sizeof(key), grows ? "new%d" : "old%d", next);
                store_run(&store, grows ? KV_SET : KV_DEL, 0, key, grows ? key : NULL,
                          (char *)NULL);
            }
        }
        store.machine.snapshot_end(store.kv);
        store_open(&other, 3);
        restore(&other, 1000);
        check_digest(&other, digest);
        store_close(&other);
        memory_free(digest);
    }
}
END_TEST

START_TEST(a_snapshot_that_is_given_up_leaves_nothing_behind)
{
    uint64_t random = 7;

    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 100; i++) {
            random_change(&random, 100);
        }
        store.machine.snapshot_begin(store.kv);
        store.machine.snapshot_next(store.kv, &sink, 50);
        if (round % 2 == 0) {
            store_run(&store, KV_FLUSH, 0, (char *)NULL);
        }
        random_change(&random, 100);
        store.machine.snapshot_end(store.kv);
        save_among_changes(&random, 100, 0);
    }
    /* And one that is not ended when the store is destroyed. */
    store.machine.snapshot_begin(store.kv);
    store.machine.snapshot_next(store.kv, &sink, 50);
    store_run(&store, KV_FLUSH, 0, (char *)NULL);
}
END_TEST

START_TEST(slices_are_about_as_large_as_asked_for)
{
    char key[16];
    size_t before = 0;
    bool last = false;

    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "%d", i);
        store_run(&store, KV_SET, 0, key, "a value of some twenty bytes", (char *)NULL);
    }
    store.machine.snapshot_begin(store.kv);
    while (!last) {
        last = store.machine.snapshot_next(store.kv, &sink, 1000);
        ck_assert_uint_le(sink.bytes.size_bytes - before, 2000);
        ck_assert(last || sink.bytes.size_bytes - before >= 1000);
        before = sink.bytes.size_bytes;
    }
    store.machine.snapshot_end(store.kv);
}
END_TEST

START_TEST(a_restore_may_come_while_a_snapshot_is_taken)
{
    struct store other;
    char *digest;

    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2");
    save(&store, 1000);
    store_open(&other, 8);
    check_answer(&other, "OK", KV_MSET, "x", "8", "y", "9", "z", "10");
    digest = digest_of(&other);
    other.machine.snapshot_begin(other.kv);
    restore(&other, 7);
    check_answer(&other, "[$1 nil]", KV_MGET, "a", "x");
    other.index = 50;
    check_answer(&other, "OK", KV_SET, "a", "3");
    sink.bytes.size_bytes = 0;
    while (!other.machine.snapshot_next(other.kv, &sink, 1)) {
    }
    other.machine.snapshot_end(other.kv);
    restore(&store, 5);
    check_digest(&store, digest);
    store_close(&other);
    memory_free(digest);
}
END_TEST

/* 0 where the bytes are a whole snapshot. */
static int try_restore(const uint8_t *data, size_t size, struct raftd_error *error)
{
    void *staged = store.machine.restore_begin(store.kv);
    int result = store.machine.restore_write(staged, data, size, error);

    if (result == 0) {
        result = store.machine.restore_finish(staged, error);
    }
    store.machine.restore_abort(staged);
    return result;
}

static void make_snapshot(void)
{
    check_answer(&store, "OK", KV_MSET, "a", "1", "b", "2", "some key", "some value");
    check_flags(&store, "OK", KV_SET, KV_SET_EXPIRY, "e", "f", "EX", "100");
    save(&store, 1000);
}

START_TEST(any_bit_that_is_flipped_is_noticed)
{
    struct raftd_error error;

    make_snapshot();
    ck_assert_int_eq(try_restore(sink.bytes.data, sink.bytes.size_bytes, &error), 0);
    for (size_t i = 0; i < sink.bytes.size_bytes * 8; i++) {
        /* Index, time, wall clock and notifications are for whoever stores the stream to check. */
        bool checked = i / 8 < 5 || i / 8 >= 33;

        sink.bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
        if (checked) {
            ck_assert_int_eq(try_restore(sink.bytes.data, sink.bytes.size_bytes, &error),
                             RAFTD_ERROR_CORRUPT);
            ck_assert(error.message[0] != '\0');
        } else {
            try_restore(sink.bytes.data, sink.bytes.size_bytes, &error);
        }
        sink.bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}
END_TEST

START_TEST(only_a_whole_snapshot_is_complete)
{
    struct raftd_error error;

    make_snapshot();
    for (size_t size = 0; size < sink.bytes.size_bytes; size++) {
        ck_assert_int_eq(try_restore(sink.bytes.data, size, &error), RAFTD_ERROR_CORRUPT);
    }
    buffer_append_u8(&sink.bytes, 0);
    ck_assert_int_eq(try_restore(sink.bytes.data, sink.bytes.size_bytes, &error),
                     RAFTD_ERROR_CORRUPT);
    check_answer(&store, "$some value", KV_GET, "some key");
}
END_TEST

UNIT_SUITE(snapshot)
{
    Suite *suite = suite_create("snapshot");
    TCase *tests = tcase_create("snapshot");

    tcase_add_checked_fixture(tests, open_store, close_store);
    tcase_add_test(tests, an_empty_store_can_be_saved_and_restored);
    tcase_add_test(tests, all_that_is_replicated_is_restored);
    tcase_add_test(tests, a_snapshot_is_the_state_of_its_beginning_whatever_goes_on);
    tcase_add_test(tests, all_keys_may_be_forgotten_while_a_snapshot_is_taken);
    tcase_add_test(tests, the_table_may_change_its_size_while_a_snapshot_is_taken);
    tcase_add_test(tests, a_snapshot_that_is_given_up_leaves_nothing_behind);
    tcase_add_test(tests, slices_are_about_as_large_as_asked_for);
    tcase_add_test(tests, a_restore_may_come_while_a_snapshot_is_taken);
    tcase_add_test(tests, any_bit_that_is_flipped_is_noticed);
    tcase_add_test(tests, only_a_whole_snapshot_is_complete);
    suite_add_tcase(suite, tests);
    return suite;
}
