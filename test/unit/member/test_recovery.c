/*
 * From a data directory to a core: identities, and what a start refuses. The directory is in
 * memory, and every crash of a first start is tried.
 */
#include <stdio.h>
#include <string.h>

#include "member/recovery.h"
#include "sim/fs_memory.h"
#include "unit.h"

enum { CLUSTER = 0xc1 };

static struct fs_memory *memory;
static struct raftd_state_machine machine;
static char last_note[1024];

static void keep_note(void *argument, enum member_note level, const char *text)
{
    (void)argument;
    (void)level;
    snprintf(last_note, sizeof(last_note), "%s", text);
}

static const struct member_notes notes = {.note = keep_note};

static void setup(void)
{
    memory = fs_memory_create(1);
    last_note[0] = 0;
}

static void teardown(void)
{
    fs_memory_destroy(memory);
}

static struct recovery_options options_of(uint16_t id)
{
    return (struct recovery_options){
        .fs = fs_memory_table(memory),
        .directory = "/data",
        .cluster_name = "c",
        .node_id = id,
        .segment_bytes = 64 * 1024,
        .max_entry_bytes = 64 * 1024,
        .keep_entries = 100,
        .random_seed = 5,
        .machine = &machine,
        .notes = &notes,
    };
}

static struct raft_membership founders(void)
{
    struct raft_membership membership = {.cluster_id = CLUSTER};

    raft_membership_add(&membership, 1, RAFT_MEMBER_VOTER, "a:1");
    membership.members[0].identity = 77;
    return membership;
}

/* A whole start of a founder. 0, or the code. */
static int start(uint64_t random_identity, struct directory_identity *identity,
                 struct raftd_error *error)
{
    const struct recovery_options options = options_of(1);
    struct raft_membership founding = founders();
    struct recovered recovered = {0};
    int code = recovery_identify(&options, random_identity, identity, error);

    if (code == 0 && recovery_is_new(identity)) {
        code = recovery_decide(&options, identity, CLUSTER, &founding, 9, error);
    }
    if (code == 0) {
        code = recovery_run(&options, identity, &founding, &recovered, error);
        ck_assert(code != 0 || recovered.log.entry_count == 1);
    }
    if (fs_memory_is_dead(memory)) {
        fs_memory_die(memory);
    }
    recovery_free(&recovered);
    fs_memory_end_process(memory);
    return code;
}

START_TEST(a_directory_gets_one_identity_and_its_starts_are_counted)
{
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    ck_assert_uint_eq(identity.identity, 77);
    ck_assert_uint_eq(identity.boot_count, 1);
    ck_assert_int_eq(start(78, &identity, &error), 0);
    ck_assert_uint_eq(identity.identity, 77);
    ck_assert_uint_eq(identity.boot_count, 2);
    ck_assert_uint_eq(identity.cluster_id, CLUSTER);
    ck_assert_uint_eq(identity.founder_count, 1);
    ck_assert_uint_eq(identity.founders[0].identity, 77);
    ck_assert_str_eq(identity.cluster_name, "c");
}
END_TEST

/* T61: the directory exists, but the log in it is gone. A node must not begin a new log there. */
START_TEST(t61_a_directory_that_lost_its_log_is_refused)
{
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    fs_memory_remove(memory, "/data/wal-0000000000000001.log");
    ck_assert_int_eq(start(78, &identity, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.message, "its log is gone"));
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
}
END_TEST

START_TEST(a_log_without_its_identity_is_refused)
{
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    fs_memory_remove(memory, "/data/identity");
    ck_assert_int_eq(start(78, &identity, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
}
END_TEST

static void break_header(void)
{
    const struct fs *fs = fs_memory_table(memory);
    int file = fs->open(fs->context, "/data/wal-0000000000000001.log", FS_OPEN_WRITE);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 9), 0);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    fs->close(fs->context, file);
}

/* A log that nobody can read is no empty directory: nothing is founded on it. */
START_TEST(t61_a_damaged_log_without_its_identity_is_no_empty_directory)
{
    const struct recovery_options options = options_of(1);
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    fs_memory_remove(memory, "/data/identity");
    break_header();
    ck_assert_int_eq(recovery_identify(&options, 78, &identity, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.message, "damaged header"));
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
    ck_assert_int_eq(start(79, &identity, &error), RAFTD_ERROR_CORRUPT);
}
END_TEST

/* With its identity, the directory says what the damage is, and not that the log is gone. */
START_TEST(a_damaged_log_is_not_called_gone)
{
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    break_header();
    ck_assert_int_eq(start(78, &identity, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.message, "is damaged at offset 0"));
}
END_TEST

START_TEST(files_of_two_directories_are_not_mixed)
{
    const struct fs *fs = fs_memory_table(memory);
    struct directory_identity other = {
        .identity = 99, .node_id = 1, .cluster_id = CLUSTER, .boot_count = 1};
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    fs_memory_remove(memory, "/data/identity");
    snprintf(other.cluster_name, sizeof(other.cluster_name), "c");
    ck_assert_int_eq(directory_identity_write(fs, "/data", &other, &error), 0);
    ck_assert_int_eq(start(78, &identity, &error), RAFTD_ERROR_REFUSED);
    ck_assert_ptr_nonnull(strstr(error.message, "never mix"));
}
END_TEST

START_TEST(the_directory_of_another_node_or_cluster_is_refused)
{
    struct recovery_options options = options_of(2);
    struct directory_identity identity;
    struct raftd_error error;

    ck_assert_int_eq(start(77, &identity, &error), 0);
    ck_assert_int_eq(recovery_identify(&options, 5, &identity, &error), RAFTD_ERROR_REFUSED);
    ck_assert_ptr_nonnull(strstr(error.message, "belongs to node 1"));
    options = options_of(1);
    options.cluster_name = "other";
    ck_assert_int_eq(recovery_identify(&options, 5, &identity, &error), RAFTD_ERROR_REFUSED);
    ck_assert_ptr_nonnull(strstr(error.message, "belongs to the cluster \"c\""));
}
END_TEST

/* A log from before there were identities: no identity, neither as a file nor in a segment. */
START_TEST(a_directory_from_before_identities_is_upgraded)
{
    const struct recovery_options options = options_of(1);
    const struct wal_options old = {.fs = options.fs,
                                    .directory = "/data",
                                    .cluster_id = 0x5eed,
                                    .cluster_name = "c",
                                    .node_id = 1,
                                    .segment_bytes = 64 * 1024,
                                    .max_entry_bytes = 64 * 1024,
                                    .random_seed = 4};
    const struct raft_write write = {.has_hard_state = true, .term = 3, .vote = 2};
    struct directory_identity identity;
    struct recovered recovered;
    struct wal_recovered nothing;
    struct raftd_error error;
    struct wal *wal;

    ck_assert_int_eq(wal_open(&old, &wal, &nothing, &error), 0);
    ck_assert_int_eq(wal_append(wal, &write, 1, &error), 0);
    wal_close(wal);
    ck_assert_int_eq(recovery_identify(&options, 77, &identity, &error), 0);
    ck_assert_ptr_nonnull(strstr(last_note, "an earlier version of raftd made it"));
    ck_assert_uint_eq(identity.cluster_id, 0x5eed);
    ck_assert_int_eq(recovery_run(&options, &identity, NULL, &recovered, &error), 0);
    ck_assert_uint_eq(recovered.log.term, 3);
    ck_assert_uint_eq(recovered.log.vote, 2);
    recovery_free(&recovered);
    ck_assert_int_eq(recovery_identify(&options, 78, &identity, &error), 0);
    ck_assert_uint_eq(identity.identity, 77);
    ck_assert_uint_eq(identity.boot_count, 1);
}
END_TEST

/* A kill or a power cut at any step of the first start: the next start completes it. It never finds
 * a directory that it refuses, and never another first entry. */
START_TEST(a_crash_at_any_step_of_the_first_start_is_survived)
{
    bool complete = false;

    for (uint64_t step = 1; !complete; step++) {
        struct directory_identity identity;
        struct raftd_error error;

        fs_memory_destroy(memory);
        memory = fs_memory_create(step);
        fs_memory_die_at(memory, step);
        complete = start(77, &identity, &error) == 0;
        fs_memory_die_at(memory, 0);
        fs_memory_power_cut(memory, (enum fs_memory_loss)_i);
        if (start(78, &identity, &error) != 0) {
            ck_abort_msg("killed at step %llu: %s", (unsigned long long)step, error.message);
        }
        ck_assert(identity.identity == 77 || (identity.identity == 78 && !complete));
        ck_assert_uint_eq(identity.cluster_id, CLUSTER);
    }
}
END_TEST

/* The process is killed at any step of the first start, and the next start completes it. After
 * that, a power cut takes nothing away, not even the name of the directory, which the first start
 * made and perhaps did not sync. */
START_TEST(what_a_killed_first_start_left_is_durable_after_the_next)
{
    bool complete = false;

    for (uint64_t step = 1; !complete; step++) {
        struct directory_identity before;
        struct directory_identity after;
        struct raftd_error error;

        fs_memory_destroy(memory);
        memory = fs_memory_create(step);
        fs_memory_die_at(memory, step);
        complete = start(77, &before, &error) == 0;
        fs_memory_die_at(memory, 0);
        fs_memory_end_process(memory);
        ck_assert_int_eq(start(78, &before, &error), 0);
        fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
        ck_assert_int_eq(start(79, &after, &error), 0);
        ck_assert_msg(after.identity == before.identity, "killed at step %llu",
                      (unsigned long long)step);
        ck_assert_uint_eq(after.boot_count, before.boot_count + 1);
    }
}
END_TEST

UNIT_SUITE(recovery)
{
    Suite *suite = suite_create("recovery");
    TCase *tcase = tcase_create("directories");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_directory_gets_one_identity_and_its_starts_are_counted);
    tcase_add_test(tcase, t61_a_directory_that_lost_its_log_is_refused);
    tcase_add_test(tcase, a_log_without_its_identity_is_refused);
    tcase_add_test(tcase, t61_a_damaged_log_without_its_identity_is_no_empty_directory);
    tcase_add_test(tcase, a_damaged_log_is_not_called_gone);
    tcase_add_test(tcase, files_of_two_directories_are_not_mixed);
    tcase_add_test(tcase, the_directory_of_another_node_or_cluster_is_refused);
    tcase_add_test(tcase, a_directory_from_before_identities_is_upgraded);
    tcase_add_test(tcase, what_a_killed_first_start_left_is_durable_after_the_next);
    tcase_add_loop_test(tcase, a_crash_at_any_step_of_the_first_start_is_survived, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
