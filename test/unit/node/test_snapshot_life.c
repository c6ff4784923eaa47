/*
 * A node that saves snapshots: when it does, what happens to its log, what a restart finds, and
 * what it says about damaged or missing files.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lone.h"
#include "unit.h"

static void init(struct lone *lone)
{
    lone_init(lone);
    lone_set(lone, "limits.max_request_bytes", "16K");
    lone_set(lone, "storage.segment_bytes", "128K");
    lone_set(lone, "snapshot.log_entries", "50");
    lone_set(lone, "snapshot.keep_entries", "5");
}

static void add(struct lone *lone, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(lone_add(lone, 1, NULL), 0);
    }
}

static bool has_snapshot(const struct raftd_status *status, uint64_t index)
{
    return status->snapshot_index >= index && status->snapshot_saving_index == 0;
}

static bool has_base(const struct raftd_status *status, uint64_t index)
{
    return status->log_base_index >= index;
}

static unsigned count_files(const struct lone *lone, const char *part)
{
    DIR *directory = opendir(lone->directory);
    const struct dirent *file;
    unsigned count = 0;

    while ((file = readdir(directory)) != NULL) {
        count += strstr(file->d_name, part) != NULL;
    }
    closedir(directory);
    return count;
}

/* The index of the newest snapshot, from the names of the files. */
static void newest_path(const struct lone *lone, char path[512])
{
    DIR *directory = opendir(lone->directory);
    const struct dirent *file;
    char newest[256] = "";

    while ((file = readdir(directory)) != NULL) {
        if (strncmp(file->d_name, "snapshot-", 9) == 0 && strcmp(file->d_name, newest) > 0) {
            snprintf(newest, sizeof(newest), "%s", file->d_name);
        }
    }
    closedir(directory);
    ck_assert_str_ne(newest, "");
    snprintf(path, 512, "%s/%s", lone->directory, newest);
}

static void damage(const char *path)
{
    int file = open(path, O_RDWR);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(pwrite(file, "X", 1, lseek(file, 0, SEEK_END) - 100), 1);
    close(file);
}

static void restart(struct lone *lone)
{
    ck_assert_int_eq(lone_stop(lone), 0);
    lone_destroy(lone);
    lone_serve(lone);
}

/* T40: a snapshot contains its index. Of the entries that the log still has, a restart applies
 * those after it and no others; an entry that is applied twice would change the sum. */
START_TEST(t40_a_restart_goes_on_exactly_where_the_snapshot_ends)
{
    struct lone lone;
    uint64_t sum;

    init(&lone);
    lone_serve(&lone);
    add(&lone, 200);
    lone_wait(&lone, has_snapshot, 150);
    lone_wait(&lone, has_base, 140);
    restart(&lone);
    ck_assert_uint_eq(lone.restored, 1);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 200);
    add(&lone, 3);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 203);
    lone_free(&lone);
}
END_TEST

/* Whole segments are removed or become the next ones; old snapshots are removed as well. */
START_TEST(files_do_not_pile_up)
{
    struct lone lone;
    uint64_t sum;

    init(&lone);
    lone_set(&lone, "snapshot.keep", "1");
    lone_serve(&lone);
    for (unsigned round = 1; round <= 30; round++) {
        add(&lone, 60);
        lone_wait(&lone, has_snapshot, round * 60 - 55);
    }
    ck_assert_uint_le(count_files(&lone, "snapshot-"), 2);
    ck_assert_uint_le(lone_status(&lone).log_segments, 6);
    restart(&lone);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 30 * 60);
    lone_free(&lone);
}
END_TEST

/* The snapshot is the state of one moment, however many commands come while it is written. */
START_TEST(commands_go_on_while_a_large_snapshot_is_saved)
{
    struct lone lone;
    uint64_t before;
    uint64_t sum;

    init(&lone);
    lone_set(&lone, "snapshot.log_entries", "1000000");
    lone.ballast_bytes = 64 << 20;
    lone_serve(&lone);
    add(&lone, 10);
    ck_assert_int_eq(raftd_client_snapshot(lone.client, 7), 0);
    raftd_client_submit(lone.client);
    ck_assert_int_eq(lone_next(&lone).status, 0);
    before = lone_status(&lone).last_index;
    while (!lone_status(&lone).snapshot_index) {
        add(&lone, 1);
    }
    ck_assert_uint_gt(lone_status(&lone).last_index, before + 1);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    restart(&lone);
    ck_assert_uint_eq(lone.saved_sum, 10);
    ck_assert_int_eq(lone_read(&lone, &before), 0);
    ck_assert_uint_eq(before, sum);
    lone_free(&lone);
}
END_TEST

/* T19: the disk takes entries while a write to the file of a snapshot hangs on it. */
START_TEST(t19_a_snapshot_whose_disk_hangs_holds_up_no_command)
{
    struct lone lone;

    init(&lone);
    lone.ballast_bytes = 8 << 20;
    lone_serve(&lone);
    lone_stall_snapshots();
    add(&lone, 60);
    lone_wait_for_stall();
    add(&lone, 500);
    ck_assert_uint_eq(lone_status(&lone).snapshot_index, 0);
    lone_release_disk();
    lone_wait(&lone, has_snapshot, 50);
    lone_free(&lone);
}
END_TEST

START_TEST(a_node_stops_in_the_middle_of_a_snapshot)
{
    struct lone lone;
    uint64_t sum;

    init(&lone);
    lone.ballast_bytes = (size_t)1 << 30;
    lone_serve(&lone);
    add(&lone, 60);
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_eq(lone.begins, lone.ends);
    lone_destroy(&lone);
    ck_assert_uint_eq(count_files(&lone, "snapshot-"), 0);
    lone_serve(&lone); /* from the complete log */
    ck_assert_uint_eq(lone.restored, 0);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 60);
    lone_free(&lone);
}
END_TEST

/* T35: the newest file is damaged, or empty; the one before it and the log give the same state. */
START_TEST(t35_a_damaged_snapshot_is_skipped_if_the_log_reaches)
{
    struct lone lone;
    char path[512];
    uint64_t sum;

    init(&lone);
    lone_set(&lone, "snapshot.keep_entries", "100000");
    lone_serve(&lone);
    add(&lone, 60);
    lone_wait(&lone, has_snapshot, 50);
    add(&lone, 60);
    lone_wait(&lone, has_snapshot, 100);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    newest_path(&lone, path);
    damage(path);
    lone_serve(&lone);
    ck_assert_uint_eq(lone.restored, 1);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 120);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    ck_assert_int_eq(truncate(path, 0), 0);
    lone_serve(&lone);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 120);
    lone_free(&lone);
}
END_TEST

/* T34: entries are missing between the newest intact snapshot and the first entry of the log. */
START_TEST(t34_a_gap_between_snapshot_and_log_is_refused)
{
    struct lone lone;
    char path[512];

    init(&lone);
    lone_set(&lone, "snapshot.keep", "1");
    lone_serve(&lone);
    for (unsigned round = 1; round <= 10; round++) {
        add(&lone, 60);
        lone_wait(&lone, has_snapshot, round * 60 - 55);
    }
    while (count_files(&lone, "wal-0000000000000001.log") > 0) {
        add(&lone, 1);
    }
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    newest_path(&lone, path);
    damage(path);
    ck_assert_int_eq(raftd_builder_build(lone.builder, &lone.node, &lone.error),
                     RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(lone.error.message, "the log begins behind index"));
    ck_assert_ptr_nonnull(strstr(lone.error.message, "rejoin"));
    raftd_builder_destroy(lone.builder);
}
END_TEST

static void copy_file(const char *from, const char *directory)
{
    char path[1024];
    char bytes[4096];
    size_t count;
    FILE *in = fopen(from, "rb");
    FILE *out;

    snprintf(path, sizeof(path), "%s%s", directory, strrchr(from, '/'));
    out = fopen(path, "wb");
    ck_assert_ptr_nonnull(in);
    ck_assert_ptr_nonnull(out);
    while ((count = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        ck_assert_uint_eq(fwrite(bytes, 1, count, out), count);
    }
    fclose(in);
    fclose(out);
}

/* T34, T37: the process ended between the arrival of a snapshot of a leader and the restart of the
 * log, which ends before the snapshot. */
START_TEST(t34_a_log_that_ends_before_the_snapshot_restarts_behind_it)
{
    static const char *const names[] = {"identity", "wal-0000000000000001.log"};
    struct lone ahead;
    struct lone behind;
    char path[512];
    uint64_t saved;
    uint64_t sum;

    init(&ahead);
    lone_serve(&ahead);
    add(&ahead, 30);
    ck_assert_int_eq(lone_stop(&ahead), 0);
    init(&behind); /* the directory as it is now, for later */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", ahead.directory, names[i]);
        copy_file(path, behind.directory);
    }
    lone_destroy(&ahead);
    lone_serve(&ahead);
    add(&ahead, 180); /* one is due each 50, so the last one is behind 150 */
    lone_wait(&ahead, has_snapshot, 150);
    ck_assert_int_eq(lone_stop(&ahead), 0); /* may give up the next one, under way */
    saved = lone_status(&ahead).snapshot_index;
    saved -= 3; /* the founding entry and the first one of each leader add nothing */
    newest_path(&ahead, path);
    copy_file(path, behind.directory);
    lone_serve(&behind);
    ck_assert_int_eq(lone_read(&behind, &sum), 0);
    ck_assert_uint_eq(sum, saved);
    ck_assert_uint_gt(lone_status(&behind).last_index, 150);
    add(&behind, 1);
    restart(&behind);
    ck_assert_int_eq(lone_read(&behind, &sum), 0);
    ck_assert_uint_eq(sum, saved + 1);
    lone_free(&behind);
    lone_free(&ahead);
}
END_TEST

/* T33: a vote that is lost must not be given again, whatever the snapshots contain. */
START_TEST(t33_snapshots_without_a_log_are_refused)
{
    struct lone lone;

    init(&lone);
    lone_serve(&lone);
    add(&lone, 60);
    lone_wait(&lone, has_snapshot, 50);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    for (unsigned i = 1; i <= 9; i++) {
        char path[512];

        snprintf(path, sizeof(path), "%s/wal-000000000000000%u.log", lone.directory, i);
        (void)unlink(path);
    }
    ck_assert_int_eq(raftd_builder_build(lone.builder, &lone.node, &lone.error),
                     RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(lone.error.message, "its log is gone"));
    raftd_builder_destroy(lone.builder);
}
END_TEST

UNIT_SUITE(snapshot_life)
{
    Suite *suite = suite_create("snapshot_life");
    TCase *tcase = tcase_create("life");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, t40_a_restart_goes_on_exactly_where_the_snapshot_ends);
    tcase_add_test(tcase, t19_a_snapshot_whose_disk_hangs_holds_up_no_command);
    tcase_add_test(tcase, files_do_not_pile_up);
    tcase_add_test(tcase, commands_go_on_while_a_large_snapshot_is_saved);
    tcase_add_test(tcase, a_node_stops_in_the_middle_of_a_snapshot);
    tcase_add_test(tcase, t35_a_damaged_snapshot_is_skipped_if_the_log_reaches);
    tcase_add_test(tcase, t34_a_gap_between_snapshot_and_log_is_refused);
    tcase_add_test(tcase, t34_a_log_that_ends_before_the_snapshot_restarts_behind_it);
    tcase_add_test(tcase, t33_snapshots_without_a_log_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
