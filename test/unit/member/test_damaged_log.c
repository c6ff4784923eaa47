/*
 * A start that finds damage in the middle of the log: it cuts the log there only if the others can
 * give it back, and remembers all that it may have promised. Every crash meanwhile is tried.
 */
#include <stdio.h>
#include <string.h>

#include "member/damaged_log.h"
#include "sim/fs_memory.h"
#include "store/snapshot_writer.h"
#include "store/wal_format.h"
#include "unit.h"

#define SEGMENT "/data/wal-0000000000000001.log"

enum { CLUSTER = 0xc1, IDENTITY = 77, ENTRIES = 6, LAST_TERM = 4 };

static struct fs_memory *memory;
static struct raftd_state_machine machine;

static struct recovery_options recovery(void)
{
    return (struct recovery_options){
        .fs = fs_memory_table(memory),
        .directory = "/data",
        .cluster_name = "c",
        .node_id = 1,
        .segment_bytes = 16 * 1024,
        .max_entry_bytes = 64 * 1024,
        .keep_entries = 100,
        .random_seed = 5,
        .machine = &machine,
    };
}

static struct raft_membership members(size_t voters)
{
    struct raft_membership membership = {.cluster_id = CLUSTER};

    for (size_t i = 1; i <= voters; i++) {
        char address[16];

        snprintf(address, sizeof(address), "a:%zu", i);
        raft_membership_add(&membership, (uint16_t)i, RAFT_MEMBER_VOTER, address);
    }
    membership.members[0].identity = IDENTITY;
    return membership;
}

static int start(const struct raft_membership *founding, struct directory_identity *identity,
                 struct recovered *recovered, struct raftd_error *error)
{
    const struct recovery_options options = recovery();
    int code = recovery_identify(&options, IDENTITY, identity, error);

    if (code == 0 && recovery_is_new(identity)) {
        code = recovery_decide(&options, identity, CLUSTER, founding, 9, error);
    }
    return code == 0 ? recovery_run(&options, identity, founding, recovered, error) : code;
}

static void end(struct recovered *recovered)
{
    if (fs_memory_is_dead(memory)) {
        fs_memory_die(memory);
    }
    recovery_free(recovered);
    fs_memory_end_process(memory);
}

/* Each in a batch of its own, and one entry to a term from this one on. The vote is that of the
 * last term. */
static void write_entries(struct wal *wal, uint64_t first_term)
{
    for (uint64_t index = 2; index <= ENTRIES; index++) {
        uint64_t term = first_term + index - 2;
        struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "value", 5);
        struct raft_write write = {.has_hard_state = true,
                                   .term = term < LAST_TERM ? term : LAST_TERM,
                                   .vote = term < LAST_TERM ? 0 : 3,
                                   .promise_known = true,
                                   .promise_ms = 150,
                                   .entries = &entry,
                                   .entry_count = 1,
                                   .last_index = index};

        entry->index = index;
        entry->term = write.term;
        write.last_term = write.term;
        ck_assert_int_eq(wal_append(wal, &write, 1, NULL), 0);
        raft_entry_release(entry);
    }
}

/* A member with these voters, and ENTRIES entries. */
static void live(size_t voters)
{
    struct raft_membership founding = members(voters);
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;

    ck_assert_int_eq(start(&founding, &identity, &recovered, &error), 0);
    write_entries(recovered.wal, 2);
    end(&recovered);
}

static const char *segment_of(uint64_t number)
{
    static char path[64];

    snprintf(path, sizeof(path), "/data/wal-%016llx.log", (unsigned long long)number);
    return path;
}

/* Flips a bit of the payload of the batch in this block of the segment. */
static void rot(uint64_t number, uint64_t block)
{
    const uint64_t place = block * WAL_BLOCK_BYTES + WAL_BATCH_HEADER_BYTES + 5;
    uint8_t byte = fs_memory_bytes(memory, segment_of(number))[place] ^ 1;

    fs_memory_poke(memory, segment_of(number), place, &byte, 1);
}

static void setup(void)
{
    memory = fs_memory_create(1);
}

static void teardown(void)
{
    fs_memory_destroy(memory);
}

static void check_cut(const struct recovered *recovered, uint64_t kept)
{
    ck_assert_uint_eq(recovered->log.base_index + recovered->log.entry_count, kept);
    ck_assert_uint_eq(recovered->log.term, LAST_TERM);
    ck_assert_uint_eq(recovered->log.vote, 3);
    ck_assert_uint_eq(recovered->log.promise_ms, 150);
    ck_assert_uint_eq(recovered->lost.damaged_index, kept + 1);
    ck_assert_uint_eq(recovered->lost.term, LAST_TERM);
    ck_assert_uint_eq(recovered->lost.index, ENTRIES);
}

START_TEST(a_damaged_log_is_cut_and_what_it_promised_is_kept)
{
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;

    live(3);
    rot(1, 2); /* the entry at index 2: the founding one is in block 1 */
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    check_cut(&recovered, 1);
    end(&recovered);
    /* The next start knows it still, and has nothing to cut. */
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    check_cut(&recovered, 1);
    ck_assert(!recovered.has_cut);
    ck_assert(fs_memory_exists(memory, "/data/wal-0000000000000002.damaged"));
    write_entries(recovered.wal, LAST_TERM);
    end(&recovered);
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    ck_assert_uint_eq(identity.lost.damaged_index, 0);
    ck_assert(!fs_memory_exists(memory, "/data/wal-0000000000000002.damaged"));
    end(&recovered);
}
END_TEST

/* Whoever has no quorum without its vote gets nothing from anybody. */
START_TEST(the_log_of_one_of_two_voters_is_refused_as_it_is)
{
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;
    uint8_t before[2 * WAL_BLOCK_BYTES];

    live((size_t)_i);
    rot(1, 2);
    memcpy(before, fs_memory_bytes(memory, SEGMENT) + WAL_BLOCK_BYTES, sizeof(before));
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.message, "good up to index 1"));
    end(&recovered);
    ck_assert_mem_eq(before, fs_memory_bytes(memory, SEGMENT) + WAL_BLOCK_BYTES, sizeof(before));
}
END_TEST

/* The batch before the last intact one is damaged, and so is the last one: then nobody knows what
 * the last one was. */
START_TEST(without_the_end_of_the_log_nothing_is_cut)
{
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;
    uint64_t number = 1;
    uint64_t last = 0;

    live(3);
    while (fs_memory_exists(memory, segment_of(number + 1))) {
        number++;
    }
    for (uint64_t block = 1;
         (block + 1) * WAL_BLOCK_BYTES <= fs_memory_size(memory, segment_of(number)); block++) {
        if (fs_memory_bytes(memory, segment_of(number))[block * WAL_BLOCK_BYTES] != 0) {
            last = block;
        }
    }
    ck_assert_uint_gt(last, 1);
    rot(number, last - 1);
    rot(number, last); /* its header is intact, and proves the batch before it */
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), RAFTD_ERROR_CORRUPT);
    end(&recovered);
}
END_TEST

/* A kill or a power cut at any step: the next start has the mark, or the damage. */
START_TEST(a_crash_at_any_step_of_the_cut_is_survived)
{
    bool complete = false;

    for (uint64_t step = 1; !complete; step++) {
        struct directory_identity identity;
        struct recovered recovered = {0};
        struct raftd_error error;

        fs_memory_destroy(memory);
        memory = fs_memory_create(step);
        live(3);
        rot(1, 2);
        fs_memory_die_at(memory, fs_memory_count(memory) + step);
        complete = start(NULL, &identity, &recovered, &error) == 0;
        end(&recovered);
        fs_memory_die_at(memory, 0);
        fs_memory_power_cut(memory, (enum fs_memory_loss)_i);
        recovered = (struct recovered){0};
        if (start(NULL, &identity, &recovered, &error) != 0) {
            ck_abort_msg("killed at step %llu: %s", (unsigned long long)step, error.message);
        }
        check_cut(&recovered, 1);
        end(&recovered);
    }
}
END_TEST

/* One block of the file that has the mark may rot as well. */
START_TEST(no_single_damaged_block_loses_the_mark)
{
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;
    const uint64_t place = (uint64_t)_i * WAL_BLOCK_BYTES + 40;
    uint8_t byte;

    live(3);
    rot(1, 2);
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    end(&recovered);
    byte = fs_memory_bytes(memory, "/data/identity")[place] ^ 1;
    fs_memory_poke(memory, "/data/identity", place, &byte, 1);
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    check_cut(&recovered, 1);
    end(&recovered);
}
END_TEST

/* The second damage comes before what was lost has come back. */
START_TEST(two_damages_are_one_mark)
{
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;

    live(3);
    rot(1, 3);
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    check_cut(&recovered, 2);
    end(&recovered);
    rot(1, 2);
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), 0);
    check_cut(&recovered, 1);
    end(&recovered);
}
END_TEST

/* A snapshot of index 3 that names three voters. */
static void save_snapshot(void)
{
    const struct snapshot_writer_options options = {
        .fs = fs_memory_table(memory), .directory = "/data", .temporary = SNAPSHOT_SAVE_NAME};
    const struct snapshot_info info = {
        .cluster_id = CLUSTER, .index = 3, .term = 3, .nonce = 5, .membership = members(3)};
    struct snapshot_writer *writer;
    struct raftd_error error;

    ck_assert_int_eq(snapshot_writer_create(&options, &info, &writer, &error), 0);
    ck_assert_int_eq(snapshot_writer_finish(writer, &error), 0);
}

/* The first batch of all is damaged, and only the segments before it would say where the log
 * begins: what is left after a cut is no log. So nothing is marked and nothing cut. */
START_TEST(a_cut_that_would_leave_no_log_is_refused)
{
    struct raft_membership founding = members(3);
    struct directory_identity identity;
    struct recovered recovered = {0};
    struct raftd_error error;
    uint8_t before[3 * WAL_BLOCK_BYTES];

    ck_assert_int_eq(start(&founding, &identity, &recovered, &error), 0);
    write_entries(recovered.wal, 2);
    save_snapshot();
    wal_compact(recovered.wal, 3);
    while (wal_free_segment(recovered.wal, &error)) {
    }
    end(&recovered);
    ck_assert(!fs_memory_exists(memory, SEGMENT));
    rot(2, 1);
    memcpy(before, fs_memory_bytes(memory, segment_of(2)) + WAL_BLOCK_BYTES, sizeof(before));
    ck_assert_int_eq(start(NULL, &identity, &recovered, &error), RAFTD_ERROR_CORRUPT);
    ck_assert_uint_eq(identity.lost.damaged_index, 0);
    end(&recovered);
    ck_assert_mem_eq(before, fs_memory_bytes(memory, segment_of(2)) + WAL_BLOCK_BYTES,
                     sizeof(before));
}
END_TEST

UNIT_SUITE(damaged_log)
{
    Suite *suite = suite_create("damaged_log");
    TCase *tcase = tcase_create("damaged_log");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_damaged_log_is_cut_and_what_it_promised_is_kept);
    tcase_add_loop_test(tcase, the_log_of_one_of_two_voters_is_refused_as_it_is, 1, 3);
    tcase_add_test(tcase, without_the_end_of_the_log_nothing_is_cut);
    tcase_add_loop_test(tcase, a_crash_at_any_step_of_the_cut_is_survived, 0, 3);
    tcase_add_loop_test(tcase, no_single_damaged_block_loses_the_mark, 0, 2);
    tcase_add_test(tcase, two_damages_are_one_mark);
    tcase_add_test(tcase, a_cut_that_would_leave_no_log_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
