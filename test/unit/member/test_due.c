/*
 * When a snapshot is due, and what becomes of a damaged one.
 */
#include "member/due.h"

#include "unit.h"

#include "base/memory.h"
#include "member/member.h"
#include "member/state.h"

enum { MIB = 1 << 20 };

static const struct due base = {
    .id = 1,
    .max_entries = 1000000,
    .max_bytes = 64 * MIB,
};

START_TEST(a_small_state_is_saved_at_either_limit)
{
    struct due due = base;

    due.entries = 1125000;
    ck_assert(due_is_reached(&due));
    due.entries = 999999;
    due.bytes = 63 * MIB;
    ck_assert(!due_is_reached(&due));
    due.bytes = 72 * MIB;
    ck_assert(due_is_reached(&due));
}
END_TEST

/* R13: 10 million keys, 1 GiB, and small writes: a million entries are no reason to write 1 GiB
 * again. */
START_TEST(r13_a_large_state_waits_until_the_log_has_grown_with_it)
{
    struct due due = base;

    due.content_bytes = UINT64_C(1) << 30;
    due.entries = 2000000;
    due.bytes = 60 * MIB;
    ck_assert(!due_is_reached(&due));
    due.bytes = 200 * MIB; /* enough bytes for log_bytes, but not for this state */
    ck_assert(!due_is_reached(&due));
    due.bytes = 288 * MIB;
    ck_assert(due_is_reached(&due));
    due.entries = 100; /* few large entries */
    ck_assert(!due_is_reached(&due));
    due.bytes = 1152 * MIB;
    ck_assert(due_is_reached(&due));
}
END_TEST

/* R12: a start holds the log after the snapshot in memory, so the log does not grow with the state
 * without end. */
START_TEST(r12_the_log_after_a_snapshot_is_bounded_by_the_memory_for_it)
{
    struct due due = base;

    due.content_bytes = UINT64_C(100) << 30;
    due.memory_bytes = 256 * MIB;
    due.entries = 100;
    due.bytes = 1023 * MIB;
    ck_assert(!due_is_reached(&due));
    due.bytes = 1152 * MIB;
    ck_assert(due_is_reached(&due));
    due.memory_bytes = 0;
    ck_assert(!due_is_reached(&due));
    due.memory_bytes = UINT64_C(1) << 62; /* does not overflow */
    ck_assert(!due_is_reached(&due));
}
END_TEST

static uint64_t entries_until_due(uint16_t id)
{
    struct due due = base;

    due.id = id;
    while (!due_is_reached(&due)) {
        due.entries += 1000;
    }
    return due.entries;
}

/* R9: the members of a cluster do not all save at the same index, and none waits long. */
START_TEST(r9_members_save_at_different_indexes)
{
    uint64_t at[6];

    for (uint16_t id = 1; id <= 5; id++) {
        at[id] = entries_until_due(id);
        ck_assert_uint_ge(at[id], base.max_entries);
        ck_assert_uint_le(at[id], base.max_entries + base.max_entries / 8 + 1000);
        for (uint16_t other = 1; other < id; other++) {
            uint64_t apart = at[id] > at[other] ? at[id] - at[other] : at[other] - at[id];

            ck_assert_uint_ge(apart, base.max_entries / 100);
        }
    }
}
END_TEST

START_TEST(the_largest_limits_do_not_overflow)
{
    struct due due = {.id = 65535, .max_entries = UINT32_MAX, .max_bytes = UINT64_C(1) << 50};

    due.entries = UINT64_C(1) << 33;
    due.bytes = 1;
    ck_assert(due_is_reached(&due));
    due.entries = 1;
    due.bytes = UINT64_C(1) << 49;
    ck_assert(!due_is_reached(&due));
}
END_TEST

/* content_bytes: of the snapshot that the member starts from. */
static struct member *make_member(uint64_t applied_index, uint64_t content_bytes)
{
    const struct raft_options options = {.id = 1,
                                         .random_seed = 1,
                                         .heartbeat_ms = 100,
                                         .election_timeout_ms = 1000,
                                         .max_batch_bytes = 1000,
                                         .max_inflight_messages = 10,
                                         .max_inflight_bytes = 10000,
                                         .max_uncommitted_bytes = 10000};
    const struct member_options member_options = {.id = 1,
                                                  .has_snapshots = true,
                                                  .snapshot_entries = 1000,
                                                  .snapshot_bytes = MIB,
                                                  .snapshot_retry_ms = 10000};
    const struct raft_recovered nothing = {.term = 1};
    const struct member_applied applied = {
        .index = applied_index, .term = 1, .content_bytes = content_bytes};
    struct raft_core *core;

    ck_assert_int_eq(raft_create(&options, &nothing, 0, &core), 0);
    return member_create(&member_options, core, &applied, 0);
}

/* R7: nothing was applied since the snapshot was saved, so without its damage none would be due. */
START_TEST(r7_a_damaged_snapshot_is_replaced_at_once)
{
    struct member *member = make_member(10, 0);
    struct member_saved saved = {.code = -1, .index = 10};

    ck_assert(!member_snapshot_is_due(member));
    member_snapshot_damaged(member, 5, 10); /* an older one: nothing is missing */
    ck_assert(!member_snapshot_is_due(member));
    member_snapshot_damaged(member, 10, 5);
    ck_assert(member_snapshot_is_due(member));
    /* The save fails. It is tried again after the pause, until one succeeds. */
    member->snapshots.is_saving = true;
    member->snapshots.saving_index = 10;
    ck_assert(!member_snapshot_is_due(member));
    member_snapshot_saved(member, &saved);
    ck_assert(!member_snapshot_is_due(member));
    member->turn.now_ms = 10000;
    ck_assert(member_snapshot_is_due(member));
    member_destroy(member);
}
END_TEST

/* So much was applied. */
static void apply(struct member *member, uint64_t bytes)
{
    member->applied_index++;
    member->applied_bytes += bytes;
}

/* R13: a node that was restarted has saved nothing yet, but knows what a snapshot costs. */
START_TEST(r13_a_start_knows_the_size_of_the_state)
{
    struct member *member = make_member(10, 100 * MIB);

    apply(member, 2 * MIB);
    ck_assert(!member_snapshot_is_due(member));
    apply(member, 111 * MIB);
    ck_assert(member_snapshot_is_due(member));
    member_destroy(member);
}
END_TEST

/* R13: neither has a member that got its state from a peer. */
START_TEST(r13_so_does_a_member_that_has_received_it)
{
    const struct member_turn turn = {.now_ms = 1, .free_bytes = UINT64_MAX, .takes_part = true};
    struct snapshot_info *info = memory_allocate_zeroed(1, sizeof(*info));
    struct member *member = make_member(0, 0);
    struct member_report report;
    struct member_task task;
    int staged;

    info->index = 20;
    info->term = 1;
    raft_membership_add(&info->membership, 1, RAFT_MEMBER_VOTER, "a:1");
    raft_membership_add(&info->membership, 2, RAFT_MEMBER_VOTER, "b:1");
    member_begin(member, &turn);
    member_snapshot_received(member, 2, info, &staged, 100 * MIB);
    member_step(member, 1, &report);
    do {
        ck_assert(member_next_task(member, &task));
    } while (task.type != MEMBER_TASK_INSTALL);
    ck_assert_uint_eq(member->applied_index, 20);
    apply(member, 2 * MIB);
    ck_assert(!member_snapshot_is_due(member));
    apply(member, 111 * MIB);
    ck_assert(member_snapshot_is_due(member));
    member_destroy(member);
}
END_TEST

UNIT_SUITE(due)
{
    Suite *suite = suite_create("due");
    TCase *tcase = tcase_create("due");

    tcase_add_test(tcase, a_small_state_is_saved_at_either_limit);
    tcase_add_test(tcase, r13_a_large_state_waits_until_the_log_has_grown_with_it);
    tcase_add_test(tcase, r12_the_log_after_a_snapshot_is_bounded_by_the_memory_for_it);
    tcase_add_test(tcase, r9_members_save_at_different_indexes);
    tcase_add_test(tcase, the_largest_limits_do_not_overflow);
    tcase_add_test(tcase, r13_a_start_knows_the_size_of_the_state);
    tcase_add_test(tcase, r13_so_does_a_member_that_has_received_it);
    tcase_add_test(tcase, r7_a_damaged_snapshot_is_replaced_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
