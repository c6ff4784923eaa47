/*
 * store/wal: a disk that fails or is full.
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

static void append_fails_for_good(struct wal *wal, const char *text)
{
    struct step step = {.term = 50, .append_count = 1, .entry_bytes = 100};
    struct raftd_error error = {0};
    uint64_t count;

    ck_assert_int_eq(world_append(wal, &model, &step, 1, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_msg(strstr(error.message, text) != NULL, "\"%s\" does not say %s", error.message,
                  text);
    count = fs_memory_count(memory);
    error = (struct raftd_error){0};
    ck_assert_int_eq(world_append(wal, &model, &step, 1, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, text));
    ck_assert_uint_eq(wal_prepare(wal, 4096, &error), 0);
    ck_assert_int_eq(error.code, RAFTD_ERROR_SYSTEM);
    ck_assert_uint_eq(fs_memory_count(memory), count);
    /* Closing writes no clean-end mark. The only thing it may do is to remove a spare file. */
    if (fs_memory_exists(memory, WORLD_DIRECTORY "/" WAL_SPARE_NAME)) {
        count++;
    }
    wal_close(wal);
    ck_assert_uint_eq(fs_memory_count(memory), count);
}

/*
 * The disk did not get the batch, but a second fdatasync would succeed. The test runs with and
 * without a prepared segment after the one that failed.
 */
START_TEST(t43_failed_fsync_is_not_tried_again)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1, .entry_bytes = 10});
    if (_i == 1) {
        world_prepare_all(wal);
        ck_assert(fs_memory_exists(memory, WORLD_SEGMENT(2)));
    }
    fs_memory_fail(memory, FS_MEMORY_FDATASYNC, 1, -EIO);
    append_fails_for_good(wal, "cannot sync");
    fs_memory_end_process(memory);
    /* The page cache still has the batch. Recovery must not return it, because a power cut would
     * lose it. */
    wal = world_open(memory, &model);
    fs_memory_die(memory);
    wal_close(wal);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(failed_write_ends_it)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1, .entry_bytes = 10});
    fs_memory_fail(memory, FS_MEMORY_PWRITE, 1, -EIO);
    append_fails_for_good(wal, "cannot append to");
    world_check_usable(memory, &model);
}
END_TEST

/* The change to a segment that is not prepared fails, at each of its operations in turn. */
START_TEST(failed_roll_ends_it)
{
    static const struct {
        enum fs_memory_operation operation;
        const char *text;
    } faults[] = {
        {FS_MEMORY_CREATE, "cannot create"},
        {FS_MEMORY_PWRITE, "cannot write the header"},
        {FS_MEMORY_FSYNC, "cannot sync"},
        {FS_MEMORY_RENAME, "cannot rename"},
        {FS_MEMORY_SYNC_DIRECTORY, "cannot sync the directory"},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct wal *wal;

        tear_down();
        set_up();
        wal = world_open(memory, &model);
        for (uint64_t term = 1; term <= 3; term++) {
            world_step(wal, &model, (struct step){.term = term});
        }
        fs_memory_fail(memory, faults[i].operation, 1, -EIO);
        append_fails_for_good(wal, faults[i].text);
        world_check_usable(memory, &model);
    }
}
END_TEST

START_TEST(failed_sync_while_preparing_ends_it)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};

    fs_memory_fail(memory, FS_MEMORY_FDATASYNC, 1, -ENOSPC);
    ck_assert_uint_eq(wal_prepare(wal, 4096, &error), 0);
    ck_assert_int_eq(error.code, RAFTD_ERROR_SYSTEM);
    append_fails_for_good(wal, "No space left");
    world_check_usable(memory, &model);
}
END_TEST

/* The disk is full, so no segment can be prepared. Appends succeed as long as there is room. */
START_TEST(t45_full_disk_is_said_and_survived)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};

    fs_memory_limit(memory, WORLD_SEGMENT_BYTES + 100);
    ck_assert_uint_eq(wal_prepare(wal, 4096, &error), 0);
    ck_assert_int_eq(error.code, 0);
    ck_assert(!fs_memory_exists(memory, WORLD_DIRECTORY "/" WAL_SPARE_NAME));
    for (uint64_t term = 1; term <= 3; term++) {
        world_step(wal, &model, (struct step){.term = term});
    }
    append_fails_for_good(wal, "make room");
    fs_memory_limit(memory, 0);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(failed_read_is_reported_as_such)
{
    struct wal *wal = world_open(memory, &model);
    struct raftd_error error = {0};

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1});
    wal_close(wal);
    fs_memory_fail(memory, FS_MEMORY_PREAD, 1, -EIO);
    world_open_fails(memory, RAFTD_ERROR_SYSTEM, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "cannot read"));
    world_check_usable(memory, &model);
}
END_TEST

UNIT_SUITE(wal_failures)
{
    Suite *suite = suite_create("wal_failures");
    TCase *failing = tcase_create("failing");

    tcase_add_checked_fixture(failing, set_up, tear_down);
    tcase_add_loop_test(failing, t43_failed_fsync_is_not_tried_again, 0, 2);
    tcase_add_test(failing, failed_write_ends_it);
    tcase_add_test(failing, failed_roll_ends_it);
    tcase_add_test(failing, failed_sync_while_preparing_ends_it);
    tcase_add_test(failing, t45_full_disk_is_said_and_survived);
    tcase_add_test(failing, failed_read_is_reported_as_such);
    suite_add_tcase(suite, failing);
    return suite;
}
