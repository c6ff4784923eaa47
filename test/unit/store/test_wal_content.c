/*
 * store/wal_recovery and store/wal_replay: unfinished files, and batches with valid checksums but
 * with content that breaks the rules of a log.
 */
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/wal.h"
#include "store/wal_format.h"
#include "store/world.h"

static struct fs_memory *memory;
static struct model model;

static void set_up(void)
{
    memory = fs_memory_create(1);
    model = (struct model){0};
}

static void tear_down(void)
{
    fs_memory_destroy(memory);
}

static void make_log(void)
{
    world_make_log(memory, &model);
}

static void check_says(const struct raftd_error *error, const char *text)
{
    ck_assert_msg(strstr(error->message, text) != NULL, "\"%s\" does not say %s", error->message,
                  text);
}

/* The process was killed while it made a segment. */

static void put_unborn(const char *path, size_t header_bytes, size_t file_bytes)
{
    struct wal_segment_header header = {.version = WAL_FORMAT_VERSION,
                                        .node_id = WORLD_NODE_ID,
                                        .cluster_id = WORLD_CLUSTER_ID,
                                        .number = 4,
                                        .nonce = 17};
    uint8_t file[WORLD_SEGMENT_BYTES] = {0};
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];

    wal_segment_header_encode(&header, block);
    memcpy(file, block, header_bytes);
    fs_memory_put(memory, path, file, file_bytes);
}

/* The number of bytes of the header that arrived, and the size of the file. */
static const size_t unborn[][2] = {
    {0, 0},                                          /* T35: an empty file */
    {0, 1},                                          /* less than a header */
    {100, 100},                                      /* a part of a header and nothing else */
    {0, WORLD_SEGMENT_BYTES},                        /* T44: zeros without a header */
    {40, WORLD_SEGMENT_BYTES},                       /* T44: the beginning of a header */
    {WAL_SEGMENT_HEADER_BYTES - 1, WAL_BLOCK_BYTES}, /* T44: a header without its last byte */
    {WAL_SEGMENT_HEADER_BYTES - 4, WORLD_SEGMENT_BYTES},
};

START_TEST(t44_t35_last_file_without_a_header_is_removed)
{
    struct wal_options options;
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    make_log();
    options = world_memory_options(memory);
    put_unborn(WORLD_SEGMENT(4), unborn[_i][0], unborn[_i][1]);
    ck_assert_msg(wal_open(&options, &wal, &recovered, &error) == 0, "%s", error.message);
    ck_assert(model_matches(&model, &recovered));
    ck_assert_str_eq(recovered.torn_segment, "wal-0000000000000004.log");
    ck_assert(!fs_memory_exists(memory, WORLD_SEGMENT(4)));
    wal_recovered_free(&recovered);
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(t44_t35_only_file_without_a_header_is_removed)
{
    wal_close(world_open(memory, &model));
    put_unborn(WORLD_SEGMENT(1), unborn[_i][0], unborn[_i][1]);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(t44_t35_other_file_without_a_header_is_damage)
{
    struct raftd_error error = {0};

    make_log();
    put_unborn(WORLD_SEGMENT(2), unborn[_i][0], unborn[_i][1]);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "wal-0000000000000002.log");
}
END_TEST

START_TEST(spare_is_removed_whatever_is_in_it)
{
    make_log();
    fs_memory_put(memory, WORLD_DIRECTORY "/" WAL_SPARE_NAME, "half a hea", 10);
    world_check_usable(memory, &model);
    ck_assert(!fs_memory_exists(memory, WORLD_DIRECTORY "/" WAL_SPARE_NAME));
}
END_TEST

/* Valid checksums over wrong content, which a writer with a bug, or another program, could
 * write. */

static void put_batch(const uint8_t *payload, size_t size, uint32_t record_count, uint64_t sequence,
                      uint64_t next_index)
{
    uint8_t batch[2 * WAL_BLOCK_BYTES] = {0};
    struct wal_segment_header segment;
    struct wal_batch_header header = {
        .record_count = record_count,
        .sequence = sequence,
        .payload_bytes = size,
        .next_index = next_index,
    };

    ck_assert(wal_segment_header_decode(fs_memory_bytes(memory, WORLD_SEGMENT(1)), &segment));
    memcpy(batch + WAL_BATCH_HEADER_BYTES, payload, size);
    wal_batch_seal(batch, &header, segment.nonce);
    fs_memory_poke(memory, WORLD_SEGMENT(1), 2 * WAL_BLOCK_BYTES, batch,
                   (size_t)wal_padded_bytes(WAL_BATCH_HEADER_BYTES + size));
}

static void batch_is_damage(const uint8_t *payload, size_t size, uint32_t record_count,
                            uint64_t sequence, uint64_t next_index, const char *text)
{
    struct raftd_error error = {0};

    put_batch(payload, size, record_count, sequence, next_index);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, text);
    check_says(&error, "offset 8192");
}

static void check_third_entry(void)
{
    struct wal_options options = world_memory_options(memory);
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    ck_assert_msg(wal_open(&options, &wal, &recovered, &error) == 0, "%s", error.message);
    ck_assert_uint_eq(recovered.entry_count, 3);
    ck_assert_uint_eq(recovered.entries[2]->data[0], 'x');
    wal_recovered_free(&recovered);
    wal_close(wal);
}

/* Batch 1 has term 5, vote 1 and the indices 1 and 2. Batch 2 has the content of the test case. */
START_TEST(batches_that_are_no_log_are_damage)
{
    struct wal *wal = world_open(memory, &model);
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    uint8_t payload[100];
    uint8_t *end;

    world_step(wal, &model,
               (struct step){.term = 5, .vote = 1, .append_count = 2, .entry_bytes = 10});
    world_kill(memory, wal);
    end = wal_record_put_hard_state(payload, 5, 1, false, 0);
    batch_is_damage(payload, (size_t)(end - payload), 1, 3, 3, "found batch 3, expected batch 2");
    batch_is_damage(payload, (size_t)(end - payload), 1, 1, 3, "found batch 1, expected batch 2");
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 4, "continues at index 4");
    batch_is_damage(payload, (size_t)(end - payload), 0, 2, 3, "bytes after its 0 records");
    batch_is_damage(payload, (size_t)(end - payload), 2, 2, 3, "record 1 of batch 2");
    batch_is_damage(payload, (size_t)(end - payload) - 1, 1, 2, 3, "record 0 of batch 2");
    end = wal_record_put_hard_state(payload, 4, 1, false, 0);
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 3, "term 4 follows term 5");
    end = wal_record_put_hard_state(payload, 5, 2, false, 0);
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 3, "from node 1 to node 2");
    end = wal_record_put_truncate(payload, 4);
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 3,
                    "withdraws the entries from index 4");
    end = wal_record_put_truncate(payload, 0);
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 3,
                    "withdraws the entries from index 0");
    entry->index = 4;
    entry->term = 5;
    end = wal_record_put_entry(payload, entry);
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 3, "index 4, expected index 3");
    entry->index = 3;
    entry->term = 4;
    end = wal_record_put_entry(payload, entry);
    batch_is_damage(payload, (size_t)(end - payload), 1, 2, 3, "index 3 has term 4");
    entry->term = 5;
    end = wal_record_put_entry(payload, entry);
    put_batch(payload, (size_t)(end - payload), 1, 2, 3);
    raft_entry_release(entry);
    check_third_entry();
}
END_TEST

UNIT_SUITE(wal_content)
{
    Suite *suite = suite_create("wal_content");
    TCase *making = tcase_create("making");
    TCase *content = tcase_create("content");
    int kinds = (int)(sizeof(unborn) / sizeof(unborn[0]));

    tcase_add_checked_fixture(making, set_up, tear_down);
    tcase_add_loop_test(making, t44_t35_last_file_without_a_header_is_removed, 0, kinds);
    tcase_add_loop_test(making, t44_t35_only_file_without_a_header_is_removed, 0, kinds);
    tcase_add_loop_test(making, t44_t35_other_file_without_a_header_is_damage, 0, kinds);
    tcase_add_test(making, spare_is_removed_whatever_is_in_it);
    suite_add_tcase(suite, making);

    tcase_add_checked_fixture(content, set_up, tear_down);
    tcase_add_test(content, batches_that_are_no_log_are_damage);
    suite_add_tcase(suite, content);
    return suite;
}
