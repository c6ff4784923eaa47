/*
 * Entries that are read back from the log: at their newest place, verified, within a bound; and a
 * start that keeps only the entries that it needs.
 */
#include "store/wal_read.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#include "sim/random.h"
#include "store/wal_format.h"
#include "store/wal_writer.h"
#include "store/world.h"

static struct fs_memory *memory;
static struct model model;
static struct sim_random dice;

static void set_up(void)
{
    memory = fs_memory_create(1);
    model = (struct model){0};
    dice = sim_random_make(7);
}

static void tear_down(void)
{
    fs_memory_destroy(memory);
}

/* Reads from `first` to the end in parts of this size, and compares them with the model. */
static void check_from(struct wal *wal, uint64_t first, size_t max_bytes)
{
    while (first <= model.count) {
        struct wal_entries entries;
        struct raftd_error error = {0};

        ck_assert_msg(wal_read_entries(wal, first, model.count, max_bytes, &entries, &error) == 0,
                      "index %lu: %s", (unsigned long)first, error.message);
        ck_assert_uint_gt(entries.count, 0);
        ck_assert(entries.count == 1 || entries.cost_bytes <= max_bytes);
        ck_assert(model_has(&model, first, entries.list, entries.count));
        first += entries.count;
        wal_entries_free(&entries);
    }
}

static int read_code(struct wal *wal, uint64_t first, struct raftd_error *error)
{
    struct wal_entries entries;
    int code = wal_read_entries(wal, first, first, 1000000, &entries, error);

    wal_entries_free(&entries);
    return code;
}

/* A log with entries that were withdrawn and written again, in one batch and in several, over
 * several segments. */
static void grow(struct wal *wal, unsigned steps)
{
    for (unsigned i = 0; i < steps && model.count < WORLD_ENTRIES_MAX - 40; i++) {
        struct step several[3] = {0};
        struct raftd_error error = {0};
        size_t count = 1 + (size_t)sim_random_below(&dice, 3);
        struct model before = model;

        for (size_t at = 0; at < count; at++) {
            several[at].append_count = 1 + (size_t)sim_random_below(&dice, 5);
            several[at].entry_bytes = (uint32_t)sim_random_below(&dice, 1500);
            if (model.count > 1 && sim_random_below(&dice, 4) == 0) {
                uint64_t back = 1 + sim_random_below(&dice, 12);

                several[at].truncate_from = model.count > back ? model.count + 1 - back : 1;
                if (several[at].truncate_from <= model.base_max) {
                    several[at].truncate_from = model.base_max + 1;
                }
                several[at].term = model.term + 1;
            }
            model_step(&model, &several[at]);
        }
        ck_assert_msg(world_append(wal, &before, several, count, &error) == 0, "%s", error.message);
    }
}

START_TEST(what_was_written_last_at_an_index_is_read)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1});
    for (int round = 0; round < 12; round++) {
        grow(wal, 5);
        check_from(wal, 1, 1000000);
        check_from(wal, 1 + sim_random_below(&dice, model.count), 700);
        check_from(wal, 1 + sim_random_below(&dice, model.count), 1);
    }
    wal_close(wal);
    /* The places are found again by a start. */
    wal = world_open(memory, &model);
    check_from(wal, 1, 3000);
    grow(wal, 5);
    check_from(wal, 1, 3000);
    wal_close(wal);
}
END_TEST

START_TEST(after_a_reset_only_what_follows_is_there)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};

    world_step(wal, &model, (struct step){.term = 1});
    grow(wal, 10);
    world_step(wal, &model, (struct step){.term = model.term + 1, .base_index = 400});
    ck_assert_int_eq(read_code(wal, 3, &error), RAFTD_ERROR_INVALID);
    world_step(wal, &model, (struct step){.append_count = 3, .entry_bytes = 9});
    check_from(wal, 401, 100);
    ck_assert_int_eq(read_code(wal, 400, &error), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(read_code(wal, 404, &error), RAFTD_ERROR_INVALID);
    wal_close(wal);
}
END_TEST

START_TEST(what_was_freed_is_refused_and_the_rest_is_read)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};
    struct wal_figures figures;
    uint64_t first = 1;

    world_step(wal, &model, (struct step){.term = 1});
    for (int i = 0; i < 60; i++) {
        world_step(wal, &model, (struct step){.append_count = 2, .entry_bytes = 600});
    }
    check_from(wal, 1, 5000); /* has a segment open that is freed now */
    wal_compact(wal, 80);
    while (wal_free_segment(wal, &error)) {
    }
    wal_get_figures(wal, &figures);
    while (read_code(wal, first, &error) == RAFTD_ERROR_INVALID) {
        first++;
    }
    ck_assert_uint_gt(first, 40);
    ck_assert_uint_le(first, 81);
    check_from(wal, first, 5000);
    wal_close(wal);
}
END_TEST

/* A batch of the log rots while the node runs. What comes before it is read, and reading it says
 * so; nothing wrong is returned. The log can still be written. */
START_TEST(a_rotten_batch_is_never_returned)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};
    struct wal_entries entries;
    uint8_t byte;

    world_step(wal, &model, (struct step){.term = 1});
    for (int i = 0; i < 9; i++) {
        world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 100});
    }
    /* Segment 2: its header, then a batch in each block. */
    byte = fs_memory_bytes(memory, WORLD_SEGMENT(2))[2 * WAL_BLOCK_BYTES + 150] ^ 1;
    fs_memory_poke(memory, WORLD_SEGMENT(2), 2 * WAL_BLOCK_BYTES + 150, &byte, 1);
    ck_assert_int_eq(wal_read_entries(wal, 1, 9, 100000, &entries, &error), 0);
    while (entries.count > 0) {
        uint64_t next = entries.list[entries.count - 1]->index + 1;
        int code;

        ck_assert(model_has(&model, entries.list[0]->index, entries.list, entries.count));
        wal_entries_free(&entries);
        code = wal_read_entries(wal, next, 9, 100000, &entries, &error);
        ck_assert(code == 0 || code == RAFTD_ERROR_CORRUPT);
        if (code != 0) {
            ck_assert_ptr_nonnull(strstr(error.message, "wal-0000000000000002.log"));
            ck_assert_int_eq(read_code(wal, next, &error), RAFTD_ERROR_CORRUPT);
            ck_assert_int_eq(read_code(wal, next + 1, &error), 0);
        }
    }
    world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 100});
    world_kill(memory, wal);
}
END_TEST

static void check_nothing_is_left(struct wal *wal, uint64_t snapshot_index)
{
    struct raftd_error error = {0};

    wal_compact(wal, snapshot_index);
    while (wal_free_segment(wal, &error)) {
    }
    ck_assert_int_eq(error.code, 0);
    ck_assert(!fs_memory_exists(memory, WORLD_SEGMENT(1)));
    world_kill(memory, wal);
    world_check_usable(memory, &model);
}

/* The damage is in the segment that is written. */
static struct wal *open_damaged(void)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};
    uint8_t byte;

    world_step(wal, &model, (struct step){.term = 1, .vote = 1});
    world_step(wal, &model, (struct step){.append_count = 6, .entry_bytes = 100});
    byte = fs_memory_bytes(memory, WORLD_SEGMENT(1))[2 * WAL_BLOCK_BYTES + 150] ^ 1;
    fs_memory_poke(memory, WORLD_SEGMENT(1), 2 * WAL_BLOCK_BYTES + 150, &byte, 1);
    ck_assert_int_eq(read_code(wal, 4, &error), RAFTD_ERROR_CORRUPT);
    return wal;
}

/* The log that replaces it begins in another one, so that the damaged one is freed at once, and the
 * next start finds a log without damage. */
START_TEST(a_log_that_replaces_a_damaged_one_leaves_nothing_of_it)
{
    struct wal *wal = open_damaged();

    world_step(wal, &model,
               (struct step){
                   .base_index = 5, .begins_segment = true, .append_count = 1, .entry_bytes = 100});
    check_from(wal, 6, 100);
    check_nothing_is_left(wal, 5);
}
END_TEST

/* The new segment has no entry of those before, and withdraws none. Writes that come before and
 * after, in the same call, are on their side of the border. */
START_TEST(a_segment_that_is_begun_needs_nothing_of_a_damaged_one)
{
    const struct step steps[] = {
        {.truncate_from = 6, .append_count = 2, .entry_bytes = 100},
        {.term = 2, .begins_segment = true, .append_count = 2, .entry_bytes = 100},
        {.append_count = 1, .entry_bytes = 100},
    };
    struct wal *wal = open_damaged();
    struct raftd_error error = {0};

    ck_assert_msg(world_append(wal, &model, steps, 3, &error) == 0, "%s", error.message);
    for (size_t i = 0; i < 3; i++) {
        model_step(&model, &steps[i]);
    }
    ck_assert_uint_eq(model.count, 10);
    check_from(wal, 8, 100);
    world_step(wal, &model,
               (struct step){.truncate_from = 8, .append_count = 1, .entry_bytes = 100});
    model.base_min = 7;
    model.base_max = 7;
    check_nothing_is_left(wal, 7);
}
END_TEST

/* A sector that cannot be read is damage as well; another failure is not. */
START_TEST(a_sector_that_cannot_be_read_is_damage)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};

    world_step(wal, &model, (struct step){.term = 1});
    world_step(wal, &model, (struct step){.append_count = 3, .entry_bytes = 100});
    fs_memory_fail(memory, FS_MEMORY_PREAD, 1, -EINTR);
    ck_assert_int_eq(read_code(wal, 2, &error), RAFTD_ERROR_SYSTEM);
    fs_memory_make_unreadable(memory, WORLD_SEGMENT(1), 2 * WAL_BLOCK_BYTES);
    ck_assert_int_eq(read_code(wal, 2, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.message, "cannot be read back"));
    world_kill(memory, wal);
}
END_TEST

/* ---- a start that keeps a part ---- */

static struct wal *open_from(uint64_t keep_from, struct wal_recovered *recovered)
{
    struct wal_options options = world_memory_options(memory);
    struct raftd_error error = {0};
    struct wal *wal;

    options.keep_from = keep_from;
    ck_assert_msg(wal_open(&options, &wal, recovered, &error) == 0, "%s", error.message);
    return wal;
}

/* R12: the start holds what it was asked to hold, whatever was withdrawn before, and gets the rest
 * later if it needs it. */
START_TEST(r12_a_start_keeps_only_what_it_needs)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1});
    for (int round = 0; round < 40; round++) {
        struct wal_recovered recovered;
        struct raftd_error error = {0};
        uint64_t keep_from;

        grow(wal, 2);
        wal_close(wal);
        keep_from = 1 + sim_random_below(&dice, model.count + 5);
        wal = open_from(keep_from, &recovered);
        ck_assert_uint_eq(recovered.base_index,
                          keep_from - 1 < model.count ? keep_from - 1 : model.count);
        ck_assert_uint_eq(recovered.base_index + recovered.entry_count, model.count);
        ck_assert_uint_eq(recovered.base_term, recovered.base_index > 0
                                                   ? model.entries[recovered.base_index - 1].term
                                                   : 0);
        ck_assert_uint_eq(recovered.disk_base_index, 0);
        ck_assert(
            model_has(&model, recovered.base_index + 1, recovered.entries, recovered.entry_count));
        ck_assert_int_eq(wal_recovered_extend(wal, &recovered,
                                              sim_random_below(&dice, recovered.base_index + 1),
                                              &error),
                         0);
        ck_assert(
            model_has(&model, recovered.base_index + 1, recovered.entries, recovered.entry_count));
        ck_assert_uint_eq(recovered.base_index + recovered.entry_count, model.count);
        ck_assert_uint_eq(recovered.base_term, recovered.base_index > 0
                                                   ? model.entries[recovered.base_index - 1].term
                                                   : 0);
        wal_recovered_free(&recovered);
    }
    wal_close(wal);
}
END_TEST

/* R12: entries that a snapshot contains take no more memory than they may, however many are to be
 * kept; those after it are all there. */
START_TEST(r12_a_start_is_bounded_in_bytes)
{
    struct wal *wal = world_open(memory, &model);
    unsigned bounded = 0;

    world_step(wal, &model, (struct step){.term = 1});
    for (int round = 0; round < 60; round++) {
        struct wal_options options = world_memory_options(memory);
        struct wal_recovered recovered;
        struct raftd_error error = {0};
        uint64_t bytes = 0;

        grow(wal, 2);
        wal_close(wal);
        options.keep_bytes = 2000 + sim_random_below(&dice, 20000);
        options.keep_until = sim_random_below(&dice, model.count + 5);
        options.keep_from = sim_random_below(&dice, options.keep_until + 1);
        ck_assert_msg(wal_open(&options, &wal, &recovered, &error) == 0, "%s", error.message);
        ck_assert_uint_eq(recovered.base_index + recovered.entry_count, model.count);
        ck_assert_uint_eq(recovered.base_term, recovered.base_index > 0
                                                   ? model.entries[recovered.base_index - 1].term
                                                   : 0);
        ck_assert(
            model_has(&model, recovered.base_index + 1, recovered.entries, recovered.entry_count));
        for (size_t i = 0; i < recovered.entry_count; i++) {
            bytes += raft_entry_cost(recovered.entries[i]);
        }
        /* Nothing that the snapshot contains, or no more than the limit. */
        ck_assert(recovered.base_index >= options.keep_until || recovered.entry_count == 0 ||
                  bytes <= options.keep_bytes);
        ck_assert(recovered.base_index <= options.keep_until);
        bounded += recovered.base_index >= options.keep_from && recovered.base_index > 0;
        ck_assert_int_eq(wal_recovered_extend(wal, &recovered, 0, &error), 0);
        ck_assert(model_has(&model, 1, recovered.entries, recovered.entry_count));
        wal_recovered_free(&recovered);
    }
    ck_assert_uint_gt(bounded, 10);
    wal_close(wal);
}
END_TEST

/* A disk that fails now may be readable at the next start, so the log does not count as damaged. */
START_TEST(a_start_that_cannot_read_has_found_no_damage)
{
    struct wal *wal = world_open(memory, &model);
    struct wal_recovered recovered;
    struct raftd_error error = {0};

    world_step(wal, &model, (struct step){.term = 1});
    grow(wal, 5);
    wal_close(wal);
    wal = open_from(model.count, &recovered);
    ck_assert_uint_gt(recovered.base_index, 0);
    fs_memory_fail(memory, FS_MEMORY_PREAD, 1, -EIO);
    ck_assert_int_eq(wal_recovered_extend(wal, &recovered, 0, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_int_eq(wal_recovered_extend(wal, &recovered, 0, &error), 0);
    ck_assert(model_has(&model, 1, recovered.entries, recovered.entry_count));
    wal_recovered_free(&recovered);
    wal_close(wal);
}
END_TEST

UNIT_SUITE(wal_read)
{
    Suite *suite = suite_create("wal_read");
    TCase *tcase = tcase_create("read");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_was_written_last_at_an_index_is_read);
    tcase_add_test(tcase, after_a_reset_only_what_follows_is_there);
    tcase_add_test(tcase, what_was_freed_is_refused_and_the_rest_is_read);
    tcase_add_test(tcase, a_rotten_batch_is_never_returned);
    tcase_add_test(tcase, a_log_that_replaces_a_damaged_one_leaves_nothing_of_it);
    tcase_add_test(tcase, a_segment_that_is_begun_needs_nothing_of_a_damaged_one);
    tcase_add_test(tcase, a_sector_that_cannot_be_read_is_damage);
    tcase_add_test(tcase, r12_a_start_keeps_only_what_it_needs);
    tcase_add_test(tcase, r12_a_start_is_bounded_in_bytes);
    tcase_add_test(tcase, a_start_that_cannot_read_has_found_no_damage);
    suite_add_tcase(suite, tcase);
    return suite;
}
