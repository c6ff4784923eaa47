/*
 * The log writer thread: entries are read back between writes, and damage does not end the process.
 */
#include "node/log_writer.h"

#include <poll.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "sys/clock.h"

enum { ENTRIES = 40, ENTRY_BYTES = 100, PATIENCE_MS = 20000 };

static struct fs_memory *memory;
static struct waker core;
static struct log_writer *log_writer;

static struct raft_write write_of(struct raft_entry **entry, uint64_t index)
{
    *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, ENTRY_BYTES);
    (*entry)->index = index;
    (*entry)->term = 1;
    return (struct raft_write){.has_hard_state = index == 1,
                               .term = 1,
                               .entries = entry,
                               .entry_count = 1,
                               .last_index = index,
                               .last_term = 1};
}

/* A log of 40 entries, each in a block of its own, so that they are in several segments. */
static void set_up(void)
{
    struct wal_options options = {
        .directory = "/data",
        .cluster_id = 1,
        .node_id = 1,
        .segment_bytes = 65536,
        .max_entry_bytes = 10000,
        .random_seed = 3,
    };
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    memory = fs_memory_create(1);
    options.fs = fs_memory_table(memory);
    ck_assert_int_eq(waker_open(&core), 0);
    ck_assert_msg(wal_open(&options, &wal, &recovered, &error) == 0, "%s", error.message);
    wal_recovered_free(&recovered);
    for (uint64_t index = 1; index <= ENTRIES; index++) {
        struct raft_entry *entry;
        struct raft_write write = write_of(&entry, index);

        ck_assert_int_eq(wal_append(wal, &write, 1, &error), 0);
        raft_entry_release(entry);
    }
    log_writer = log_writer_create(wal, &core);
    ck_assert_ptr_nonnull(log_writer);
}

static void tear_down(void)
{
    log_writer_destroy(log_writer);
    waker_close(&core);
    fs_memory_destroy(memory);
}

static struct log_read ask(uint64_t first, uint64_t last, size_t max_bytes)
{
    const struct log_read question = {.peer = 3,
                                      .number = first,
                                      .first_index = first,
                                      .last_index = last,
                                      .max_bytes = max_bytes};
    uint64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    struct log_read answer;

    log_writer_read(log_writer, &question);
    while (!log_writer_next_read(log_writer, &answer)) {
        ck_assert_uint_lt(clock_monotonic_ms(), deadline);
        poll(NULL, 0, 1);
    }
    ck_assert_uint_eq(answer.peer, 3);
    ck_assert_uint_eq(answer.number, first);
    return answer;
}

START_TEST(r12_entries_are_read_back_within_a_bound)
{
    struct log_read answer;

    ck_assert_int_eq(log_writer_start(log_writer), 0);
    answer = ask(5, 20, 1000000);
    ck_assert_int_eq(answer.code, 0);
    ck_assert_uint_gt(answer.entries.count, 0);
    ck_assert_uint_le(answer.entries.count, 16);
    ck_assert_uint_eq(answer.entries.list[0]->index, 5);
    wal_entries_free(&answer.entries);
    answer = ask(5, 20, 1);
    ck_assert_uint_eq(answer.entries.count, 1);
    wal_entries_free(&answer.entries);
    ck_assert_int_eq(ask(ENTRIES + 1, ENTRIES + 1, 1).code, RAFTD_ERROR_INVALID);
}
END_TEST

START_TEST(a_rotten_entry_is_said_and_does_not_end_the_process)
{
    struct log_read answer;
    uint64_t index = 1;
    const char path[] = "/data/wal-0000000000000001.log";
    uint8_t byte = fs_memory_bytes(memory, path)[5 * 4096 + 150] ^ 1;

    fs_memory_poke(memory, path, 5 * 4096 + 150, &byte, 1);
    ck_assert_int_eq(log_writer_start(log_writer), 0);
    do {
        answer = ask(index, ENTRIES, 1000000);
        index += answer.entries.count;
        wal_entries_free(&answer.entries);
    } while (answer.code == 0 && index < ENTRIES);
    ck_assert_int_eq(answer.code, RAFTD_ERROR_CORRUPT);
    ck_assert_uint_eq(index, 5);
    answer = ask(index + 1, ENTRIES, 1);
    ck_assert_int_eq(answer.code, 0);
    wal_entries_free(&answer.entries);
}
END_TEST

/* When all places are taken, the caller is told so and keeps its request. */
START_TEST(the_number_of_requests_is_bounded)
{
    const struct log_read question = {.first_index = 1, .last_index = ENTRIES, .max_bytes = 1000};

    for (int i = 0; i < LOG_WRITER_READS_MAX; i++) {
        ck_assert(log_writer_can_read(log_writer));
        log_writer_read(log_writer, &question);
    }
    ck_assert(!log_writer_can_read(log_writer));
    ck_assert_int_eq(log_writer_start(log_writer), 0);
    log_writer_stop(log_writer); /* some are answered, some are not; all are freed */
}
END_TEST

/* A node that stops has waited for the snapshot that mends its damaged log. The next start must not
 * find what was to be freed. */
START_TEST(a_stop_frees_what_is_not_needed_any_more)
{
    log_writer_compact(log_writer, ENTRIES);
    ck_assert_int_eq(log_writer_start(log_writer), 0);
    log_writer_stop(log_writer);
    ck_assert(fs_memory_exists(memory, "/data/wal-0000000000000003.log"));
    ck_assert(!fs_memory_exists(memory, "/data/wal-0000000000000001.log"));
    ck_assert(!fs_memory_exists(memory, "/data/wal-0000000000000002.log"));
}
END_TEST

UNIT_SUITE(log_writer)
{
    Suite *suite = suite_create("log_writer");
    TCase *tcase = tcase_create("reads");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, r12_entries_are_read_back_within_a_bound);
    tcase_add_test(tcase, a_rotten_entry_is_said_and_does_not_end_the_process);
    tcase_add_test(tcase, the_number_of_requests_is_bounded);
    tcase_add_test(tcase, a_stop_frees_what_is_not_needed_any_more);
    suite_add_tcase(suite, tcase);
    return suite;
}
