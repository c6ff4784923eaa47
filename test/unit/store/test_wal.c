/*
 * store/wal: appended entries are recovered, other processes, nodes and clusters are refused,
 * limits hold, and a failure of the disk is final.
 */
#include "store/wal.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
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

START_TEST(first_start_makes_an_empty_log)
{
    struct wal *wal = world_open(memory, &model);

    ck_assert(fs_memory_exists(memory, WORLD_DIRECTORY "/lock"));
    ck_assert(fs_memory_exists(memory, WORLD_SEGMENT(1)));
    wal_close(wal);
    wal = world_open(memory, &model);
    wal_close(wal);
}
END_TEST

START_TEST(what_was_appended_is_there_again)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .vote = 1});
    for (uint32_t i = 0; i < 40; i++) {
        world_step(
            wal, &model,
            (struct step){.append_count = i % 5, .term = 1, .vote = 1, .entry_bytes = i * 37});
    }
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(entry_without_data_is_an_entry)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 3, .vote = 2, .append_count = 3});
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

/* The vote is durable when wal_append() returns, and not only after an orderly end of the
 * process. */
START_TEST(t1_term_and_vote_survive_a_power_cut)
{
    struct wal *wal = world_open(memory, &model);

    for (uint64_t term = 1; term <= 10; term++) {
        world_step(wal, &model, (struct step){.term = term, .vote = (uint16_t)(term % 3)});
        fs_memory_die(memory);
        wal_close(wal);
        fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
        wal = world_open(memory, &model);
    }
    wal_close(wal);
}
END_TEST

/* A segment begins with term and vote, even if its first batch has no new ones. */
START_TEST(t36_every_segment_opens_with_where_it_starts_and_the_hard_state)
{
    struct wal *wal = world_open(memory, &model);
    struct wal_segment_header segment;
    struct wal_batch_header batch;
    const uint8_t *bytes;
    struct reader reader;
    struct wal_record record;

    world_step(wal, &model, (struct step){.term = 9, .vote = 2, .append_count = 1});
    for (int i = 0; i < 4; i++) {
        world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 50});
    }
    wal_close(wal);
    bytes = fs_memory_bytes(memory, WORLD_SEGMENT(2));
    ck_assert(wal_segment_header_decode(bytes, &segment));
    bytes += WAL_SEGMENT_HEADER_BYTES;
    ck_assert(wal_batch_header_decode(bytes, segment.nonce, &batch));
    reader = reader_make(bytes + WAL_BATCH_HEADER_BYTES, batch.payload_bytes);
    ck_assert(wal_record_decode(&reader, &record));
    ck_assert_int_eq(record.type, WAL_RECORD_START);
    ck_assert_uint_eq(record.index, batch.next_index - 1);
    ck_assert_uint_eq(record.term, 9);
    ck_assert(wal_record_decode(&reader, &record));
    ck_assert_int_eq(record.type, WAL_RECORD_HARD_STATE);
    ck_assert_uint_eq(record.term, 9);
    ck_assert_uint_eq(record.vote, 2);
}
END_TEST

/* Also when the hard state that said it is in a segment that has been left, and when a later hard
 * state says nothing about it. */
START_TEST(r1_the_promise_is_kept)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .vote = 1, .append_count = 1});
    wal_close(wal);
    wal = world_open(memory, &model); /* an older hard state: nothing is known */
    world_step(wal, &model, (struct step){.term = 1, .vote = 1, .promise_ms = 5000});
    world_step(wal, &model, (struct step){.term = 2, .vote = 2});
    wal_close(wal);
    wal = world_open(memory, &model);
    ck_assert_uint_eq(model.promise_ms, 5000);
    for (int i = 0; i < 4; i++) {
        world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 50});
    }
    wal_close(wal);
    wal = world_open(memory, &model);
    world_step(wal, &model, (struct step){.term = 3, .promise_ms = 1000});
    wal_close(wal);
    wal = world_open(memory, &model);
    ck_assert_uint_eq(model.promise_ms, 1000);
    wal_close(wal);
}
END_TEST

START_TEST(truncated_entries_are_gone_and_their_indices_taken_again)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model,
               (struct step){.term = 1, .vote = 1, .append_count = 6, .entry_bytes = 10});
    world_step(wal, &model, (struct step){.term = 2, .truncate_from = 3});
    wal_close(wal);
    wal = world_open(memory, &model);
    ck_assert_uint_eq(model.count, 2);
    world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 20});
    world_step(wal, &model,
               (struct step){.term = 3, .truncate_from = 1, .append_count = 2, .entry_bytes = 30});
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(truncation_reaches_back_over_segments)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .vote = 1, .append_count = 1});
    for (int i = 0; i < 20; i++) {
        world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 900});
    }
    world_step(wal, &model, (struct step){.term = 2, .truncate_from = 2, .append_count = 1});
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

/* Entries of term 2 and the entries of term 3 that replace them, in one batch and in several. */
START_TEST(t13_overwritten_entries_in_one_batch)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};
    struct step steps[] = {
        {.term = 2, .append_count = 3, .entry_bytes = 64},
        {.term = 3, .truncate_from = 2, .append_count = 3, .entry_bytes = 65},
        {.truncate_from = 4, .append_count = 1, .entry_bytes = 66},
    };

    world_step(wal, &model, (struct step){.term = 1, .vote = 1, .append_count = 1});
    ck_assert_msg(world_append(wal, &model, steps, 3, &error) == 0, "%s", error.message);
    for (size_t i = 0; i < 3; i++) {
        model_step(&model, &steps[i]);
    }
    ck_assert_uint_eq(model.count, 4);
    fs_memory_die(memory);
    wal_close(wal);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(batch_larger_than_a_segment_gets_its_own)
{
    struct wal *wal = world_open(memory, &model);
    struct wal_figures figures;

    world_step(wal, &model, (struct step){.term = 1, .vote = 1, .append_count = 1});
    world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 50000});
    world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 10});
    world_step(wal, &model, (struct step){.append_count = 4, .entry_bytes = 20000});
    wal_get_figures(wal, &figures);
    ck_assert_uint_eq(figures.segment_count, 4);
    ck_assert_uint_gt(fs_memory_size(memory, WORLD_SEGMENT(2)), 50000);
    world_kill(memory, wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(clean_end_is_written_once)
{
    struct wal *wal = world_open(memory, &model);
    struct wal_figures figures;

    world_step(wal, &model, (struct step){.term = 1, .vote = 1});
    wal_close(wal);
    for (int i = 0; i < 20; i++) {
        wal = world_open(memory, &model);
        wal_close(wal);
    }
    wal = world_open(memory, &model);
    wal_get_figures(wal, &figures);
    ck_assert_uint_eq(figures.segment_count, 1);
    ck_assert_uint_eq(figures.batch_count, 0);
    wal_close(wal);
}
END_TEST

/* Many restarts fill a segment with clean-end marks. The log changes to the next segment in
 * time. */
START_TEST(clean_ends_do_not_overflow_a_segment)
{
    struct wal *wal;

    for (uint64_t i = 1; i < 20; i++) {
        wal = world_open(memory, &model);
        world_step(wal, &model, (struct step){.term = i});
        wal_close(wal);
    }
    wal = world_open(memory, &model);
    wal_close(wal);
    ck_assert_uint_le(fs_memory_size(memory, WORLD_SEGMENT(1)),
                      WORLD_SEGMENT_BYTES + WAL_BLOCK_BYTES);
}
END_TEST

/* Preparing. */

START_TEST(prepared_roll_costs_no_operation)
{
    struct wal *wal = world_open(memory, &model);
    struct wal_figures figures;

    for (uint64_t i = 1; i <= 12; i++) {
        uint64_t count;

        world_prepare_all(wal);
        count = fs_memory_count(memory);
        world_step(wal, &model, (struct step){.term = i});
        ck_assert_uint_eq(fs_memory_count(memory), count + 2); /* one write, one sync */
    }
    wal_get_figures(wal, &figures);
    ck_assert_uint_eq(figures.segment_count, 5); /* four full segments, and the next one ready */
    ck_assert_uint_eq(figures.size_bytes, 5 * WORLD_SEGMENT_BYTES);
    world_kill(memory, wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(prepare_comes_to_an_end)
{
    struct wal_options options = world_memory_options(memory);
    struct wal_recovered recovered;
    struct raftd_error error;
    struct wal *wal;
    uint64_t before = UINT64_MAX;
    uint64_t left;

    options.segment_bytes =
        4 * 1024 * 1024; /* larger than the part that is filled with zeros at the start */
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    ck_assert_uint_lt(fs_memory_size(memory, WORLD_SEGMENT(1)), options.segment_bytes);
    while ((left = wal_prepare(wal, 100000, &error)) > 0) {
        ck_assert_uint_lt(left, before);
        before = left;
    }
    ck_assert_int_eq(error.code, 0);
    ck_assert_uint_eq(fs_memory_size(memory, WORLD_SEGMENT(1)), options.segment_bytes);
    ck_assert_uint_eq(fs_memory_size(memory, WORLD_SEGMENT(2)), options.segment_bytes);
    ck_assert_uint_eq(wal_prepare(wal, 100000, &error), 0);
    wal_close(wal);
}
END_TEST

START_TEST(prepared_segment_waits_over_a_restart)
{
    struct wal *wal = world_open(memory, &model);
    uint64_t count;

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1});
    world_prepare_all(wal);
    wal_close(wal);
    wal = world_open(memory, &model);
    count = fs_memory_count(memory);
    world_prepare_all(wal);
    ck_assert_uint_eq(fs_memory_count(memory), count);
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(half_prepared_segment_is_removed_at_the_end)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error;

    ck_assert_uint_gt(wal_prepare(wal, WAL_BLOCK_BYTES, &error), 0);
    ck_assert(fs_memory_exists(memory, WORLD_DIRECTORY "/" WAL_SPARE_NAME));
    wal_close(wal);
    ck_assert(!fs_memory_exists(memory, WORLD_DIRECTORY "/" WAL_SPARE_NAME));
}
END_TEST

/* Processes, nodes and clusters that are refused. */

START_TEST(second_process_is_locked_out)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};

    world_open_fails(memory, RAFTD_ERROR_LOCKED, &error);
    ck_assert_ptr_nonnull(strstr(error.message, WORLD_DIRECTORY));
    world_step(wal, &model, (struct step){.term = 1});
    wal_close(wal);
    wal = world_open(memory, &model);
    wal_close(wal);
}
END_TEST

static void open_with(struct wal_options options, int code, const char *one, const char *other)
{
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), code);
    ck_assert_msg(strstr(error.message, one) != NULL && strstr(error.message, other) != NULL,
                  "\"%s\" does not name %s and %s", error.message, one, other);
}

START_TEST(other_cluster_is_refused_with_both_ids)
{
    struct wal_options options = world_memory_options(memory);

    wal_close(world_open(memory, &model));
    options.cluster_id = 0xbeef;
    open_with(options, RAFTD_ERROR_REFUSED, "00000000000000c1", "000000000000beef");
    wal_close(world_open(memory, &model));
}
END_TEST

START_TEST(other_node_is_refused_with_both_ids)
{
    struct wal_options options = world_memory_options(memory);

    wal_close(world_open(memory, &model));
    options.node_id = 77;
    open_with(options, RAFTD_ERROR_REFUSED, "node 1,", "node 77");
    wal_close(world_open(memory, &model));
}
END_TEST

START_TEST(unknown_format_version_is_refused_in_words)
{
    struct wal_segment_header header = {
        .version = 7,
        .node_id = WORLD_NODE_ID,
        .cluster_id = WORLD_CLUSTER_ID,
        .number = 1,
        .nonce = 3,
    };
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];

    wal_close(world_open(memory, &model));
    wal_segment_header_encode(&header, block);
    fs_memory_poke(memory, WORLD_SEGMENT(1), 0, block, sizeof(block));
    open_with(world_memory_options(memory), RAFTD_ERROR_REFUSED, "format version 7",
              "reads version 1");
}
END_TEST

/* Limits. */

START_TEST(oversized_entry_is_not_written)
{
    struct wal *wal = world_open(memory, &model);
    struct step step = {.term = 1, .append_count = 1, .entry_bytes = WORLD_MAX_ENTRY_BYTES + 1};
    struct raftd_error error = {0};
    uint64_t count = fs_memory_count(memory);

    ck_assert_int_eq(world_append(wal, &model, &step, 1, &error), RAFTD_ERROR_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(error.message, "65537"));
    ck_assert_ptr_nonnull(strstr(error.message, "65536"));
    ck_assert_uint_eq(fs_memory_count(memory), count);
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(entry_as_large_as_the_limit_is_written)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model,
               (struct step){.term = 1, .append_count = 1, .entry_bytes = WORLD_MAX_ENTRY_BYTES});
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

/* If the limit was lowered, the configuration is wrong, so the data are not reported as damaged. */
START_TEST(lowered_limit_is_no_damage)
{
    struct wal *wal = world_open(memory, &model);
    struct wal_options options = world_memory_options(memory);

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1, .entry_bytes = 5000});
    wal_close(wal);
    options.max_entry_bytes = 4999;
    open_with(options, RAFTD_ERROR_TOO_LARGE, "5000", "4999");
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(directory_name_has_a_limit)
{
    struct wal_options options = world_memory_options(memory);
    char *name = memory_allocate_zeroed(5000, 1);

    memset(name, 'x', 4999);
    options.directory = name;
    open_with(options, RAFTD_ERROR_INVALID, "4999", "3072");
    options.directory = "";
    open_with(options, RAFTD_ERROR_INVALID, "has 0", "3072");
    memory_free(name);
}
END_TEST

START_TEST(missing_parent_directory_is_reported)
{
    struct wal_options options = world_memory_options(memory);

    options.directory = "/no/where";
    open_with(options, RAFTD_ERROR_SYSTEM, "cannot make the data directory", "/no/where");
}
END_TEST

struct progress {
    uint64_t done_bytes;
    uint64_t total_bytes;
    unsigned calls;
};

static void on_progress(void *argument, uint64_t done_bytes, uint64_t total_bytes)
{
    struct progress *progress = argument;

    ck_assert_uint_ge(done_bytes, progress->done_bytes);
    ck_assert_uint_le(done_bytes, total_bytes);
    progress->done_bytes = done_bytes;
    progress->total_bytes = total_bytes;
    progress->calls++;
}

START_TEST(recovery_tells_its_progress)
{
    struct wal_options options = world_memory_options(memory);
    struct progress progress = {0};
    struct wal *wal = world_open(memory, &model);
    struct wal_recovered recovered;
    struct raftd_error error = {0};

    for (uint64_t term = 1; term <= 9; term++) {
        world_step(wal, &model, (struct step){.term = term});
    }
    world_kill(memory, wal);
    options.progress = on_progress;
    options.progress_argument = &progress;
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    ck_assert_uint_ge(progress.calls, 9);
    ck_assert_uint_eq(progress.total_bytes, 3 * WORLD_SEGMENT_BYTES);
    ck_assert_uint_eq(progress.done_bytes, progress.total_bytes);
    wal_recovered_free(&recovered);
    wal_close(wal);
}
END_TEST

UNIT_SUITE(wal)
{
    Suite *suite = suite_create("wal");
    TCase *appending = tcase_create("appending");
    TCase *preparing = tcase_create("preparing");
    TCase *refusing = tcase_create("refusing");

    tcase_add_checked_fixture(appending, set_up, tear_down);
    tcase_add_test(appending, first_start_makes_an_empty_log);
    tcase_add_test(appending, what_was_appended_is_there_again);
    tcase_add_test(appending, entry_without_data_is_an_entry);
    tcase_add_test(appending, t1_term_and_vote_survive_a_power_cut);
    tcase_add_test(appending, t36_every_segment_opens_with_where_it_starts_and_the_hard_state);
    tcase_add_test(appending, r1_the_promise_is_kept);
    tcase_add_test(appending, truncated_entries_are_gone_and_their_indices_taken_again);
    tcase_add_test(appending, truncation_reaches_back_over_segments);
    tcase_add_test(appending, t13_overwritten_entries_in_one_batch);
    tcase_add_test(appending, batch_larger_than_a_segment_gets_its_own);
    tcase_add_test(appending, clean_end_is_written_once);
    tcase_add_test(appending, clean_ends_do_not_overflow_a_segment);
    tcase_add_test(appending, recovery_tells_its_progress);
    suite_add_tcase(suite, appending);

    tcase_add_checked_fixture(preparing, set_up, tear_down);
    tcase_add_test(preparing, prepared_roll_costs_no_operation);
    tcase_add_test(preparing, prepare_comes_to_an_end);
    tcase_add_test(preparing, prepared_segment_waits_over_a_restart);
    tcase_add_test(preparing, half_prepared_segment_is_removed_at_the_end);
    suite_add_tcase(suite, preparing);

    tcase_add_checked_fixture(refusing, set_up, tear_down);
    tcase_add_test(refusing, second_process_is_locked_out);
    tcase_add_test(refusing, other_cluster_is_refused_with_both_ids);
    tcase_add_test(refusing, other_node_is_refused_with_both_ids);
    tcase_add_test(refusing, unknown_format_version_is_refused_in_words);
    tcase_add_test(refusing, oversized_entry_is_not_written);
    tcase_add_test(refusing, entry_as_large_as_the_limit_is_written);
    tcase_add_test(refusing, lowered_limit_is_no_damage);
    tcase_add_test(refusing, directory_name_has_a_limit);
    tcase_add_test(refusing, missing_parent_directory_is_reported);
    suite_add_tcase(suite, refusing);

    return suite;
}
