/*
 * A log that the disk has damaged: which snapshot the member saves, what it writes, and when the
 * damaged part is removed from the disk.
 */
#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "member/member.h"
#include "member/state.h"

enum { ENTRIES = 20, SNAPSHOT = 10, RESERVE = 1000, CUT = 13 };

static struct member *member;
static struct member_write *under_way;
static uint64_t free_bytes;
static uint64_t now_ms;

/* The first entry founds a cluster of so many voters. */
static struct raft_entry *make_entry(uint64_t index, uint16_t voters)
{
    struct raft_membership membership = {0};
    struct buffer bytes = {0};
    struct raft_entry *entry;

    if (index == 1) {
        for (uint16_t id = 1; id <= voters; id++) {
            ck_assert_int_eq(raft_membership_add(&membership, id, RAFT_MEMBER_VOTER, "host:1"), 0);
        }
        raft_membership_encode(&membership, &bytes);
        entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
        buffer_free(&bytes);
    } else {
        entry = raft_entry_make(RAFT_ENTRY_COMMAND, "command", 7);
    }
    entry->index = index;
    entry->term = 1;
    return entry;
}

/* One turn; the write of the turn before is durable. */
static void turn(void)
{
    const struct member_turn turn = {.now_ms = now_ms + 1,
                                     .wall_ms = now_ms + 1,
                                     .free_bytes = free_bytes,
                                     .takes_part = true,
                                     .serves = true};
    struct member_report report;
    struct member_apply *apply;

    now_ms = turn.now_ms;
    member_begin(member, &turn);
    member_step(member, now_ms, &report);
    under_way = member_take_write(member);
    while ((apply = member_next_apply(member)) != NULL) {
        member_applied(member, apply);
    }
}

static void write_and_turn(void)
{
    while (under_way != NULL) {
        member_written(member, under_way);
        turn();
    }
}

/* A member of so many voters whose log was recovered with so many entries. */
static void make_member(uint16_t voters, size_t count, struct raft_recovered recovered)
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
                                                  .snapshot_bytes = 1 << 20,
                                                  .keep_entries = 100,
                                                  .reserve_bytes = RESERVE,
                                                  .snapshot_retry_ms = 10000};
    const struct member_applied applied = {.index = SNAPSHOT, .term = 1};
    struct raft_entry *entries[ENTRIES];
    struct raft_core *core;

    for (uint64_t i = 0; i < count; i++) {
        entries[i] = make_entry(i + 1, voters);
    }
    recovered.term = 1;
    recovered.commit_index = SNAPSHOT;
    recovered.entries = entries;
    recovered.entry_count = count;
    ck_assert_int_eq(raft_create(&options, &recovered, 0, &core), 0);
    for (size_t i = 0; i < count; i++) {
        raft_entry_release(entries[i]);
    }
    member = member_create(&member_options, core, &applied, 0);
    under_way = NULL;
    free_bytes = UINT64_MAX;
    now_ms = 0;
    turn();
    write_and_turn();
}

static void set_up(void)
{
    make_member(1, ENTRIES, (struct raft_recovered){0});
    now_ms += 2000; /* the only voter campaigns, and commits the first entry of its term */
    turn();
    write_and_turn();
    ck_assert_int_eq(raft_get_role(member_core(member)), RAFT_LEADER);
    ck_assert_uint_eq(member_applied_index(member), ENTRIES + 1);
    ck_assert(!member_snapshot_is_due(member));
    ck_assert_uint_eq(member_take_compaction(member), 0);
}

static void tear_down(void)
{
    member_write_free(under_way);
    member_destroy(member);
}

static void save(uint64_t before_index)
{
    const struct member_saved saved = {.index = member_applied_index(member),
                                       .before_index = before_index};
    struct snapshot_info info;

    ck_assert(member_begin_snapshot(member, &info));
    member_sliced(member, 100, true);
    member_snapshot_saved(member, &saved);
}

/* What is written from now on begins another file. A new snapshot is saved at once, and when it is
 * durable, the files before can go. */
START_TEST(a_snapshot_is_saved_and_the_damaged_files_go)
{
    member_log_damaged(member, 5);
    turn();
    ck_assert_ptr_nonnull(under_way);
    ck_assert(under_way->write.begins_segment);
    ck_assert_uint_eq(under_way->write.base_index, ENTRIES + 1);
    write_and_turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 5);
    ck_assert(member_snapshot_is_due(member));
    ck_assert_uint_eq(member_take_compaction(member), 0);
    save(SNAPSHOT);
    turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 0);
    ck_assert_uint_eq(member_take_compaction(member), ENTRIES + 1);
    ck_assert(!member_snapshot_is_due(member));
}
END_TEST

/* Nothing was applied since the newest snapshot was saved: it is saved again, because the log that
 * could help if it had rotted meanwhile goes. */
START_TEST(a_snapshot_is_saved_even_if_nothing_was_applied)
{
    member_want_snapshot(member);
    save(0);
    turn();
    write_and_turn();
    ck_assert(!member_snapshot_is_due(member));
    member_log_damaged(member, 5);
    turn();
    write_and_turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 5);
    save(0);
    turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 0);
    ck_assert_uint_eq(member_take_compaction(member), ENTRIES + 1);
}
END_TEST

/* The disk becomes nearly full while the log is damaged. The newest snapshot would shorten the log
 * then, but nobody has read it since it was saved: it must not take the place of the log. */
START_TEST(an_old_snapshot_does_not_replace_the_log_of_a_full_disk)
{
    member_want_snapshot(member);
    save(0);
    turn();
    write_and_turn();
    member_log_damaged(member, 5);
    turn();
    write_and_turn();
    free_bytes = RESERVE - 1;
    turn();
    ck_assert_ptr_null(under_way);
    ck_assert_uint_eq(member_take_compaction(member), 0);
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 5);
    save(0);
    turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 0);
}
END_TEST

/* An entry was being read for a peer while a snapshot took its place. The file with it stays for
 * the snapshot before, and a start would verify it. */
START_TEST(damage_that_is_found_late_is_mended)
{
    const struct member_saved saved = {
        .index = ENTRIES + 1, .before_index = SNAPSHOT, .needed_index = UINT64_MAX};
    struct snapshot_info info;

    free_bytes = RESERVE - 1; /* nothing is kept for slow peers */
    turn();
    ck_assert(member_begin_snapshot(member, &info));
    member_sliced(member, 100, true);
    member_snapshot_saved(member, &saved);
    turn();
    write_and_turn();
    ck_assert_uint_le(member_take_compaction(member), SNAPSHOT);
    free_bytes = UINT64_MAX;
    member_log_damaged(member, SNAPSHOT + 2);
    turn();
    write_and_turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), SNAPSHOT + 2);
    ck_assert(member_snapshot_is_due(member));
    save(SNAPSHOT);
    turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 0);
    ck_assert_uint_eq(member_take_compaction(member), ENTRIES + 1);
    ck_assert(!member_snapshot_is_due(member));
}
END_TEST

/* What was cut off at the start came back from the leader. The log was not damaged while the member
 * lived, so its newest snapshot takes the place of nothing: the log reaches back to the one before,
 * in case the newest one is damaged (T35). */
START_TEST(a_log_that_is_whole_again_frees_nothing)
{
    static struct raft_entry *entries[ENTRIES + 1 - CUT];
    struct raft_message *message = memory_allocate_zeroed(1, sizeof(*message));

    tear_down();
    make_member(
        3, CUT - 1,
        (struct raft_recovered){.damaged_index = CUT, .lost_term = 1, .lost_index = ENTRIES});
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), CUT);
    for (uint64_t i = CUT; i <= ENTRIES; i++) {
        entries[i - CUT] = make_entry(i, 3);
    }
    *message = (struct raft_message){.type = RAFT_MESSAGE_APPEND,
                                     .from = 2,
                                     .to = 1,
                                     .term = 2,
                                     .append = {.previous_index = CUT - 1,
                                                .previous_term = 1,
                                                .commit_index = ENTRIES,
                                                .number = 1},
                                     .entries = entries,
                                     .entry_count = ENTRIES + 1 - CUT};
    member_message(member, message);
    turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), CUT);
    write_and_turn();
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 0);
    ck_assert_uint_eq(member_applied_index(member), ENTRIES);
    ck_assert_uint_eq(member_take_compaction(member), 0);
}
END_TEST

/* The next start would refuse the damaged log. */
START_TEST(a_node_that_stops_replaces_its_damaged_log_first)
{
    member_drain(member);
    turn();
    write_and_turn();
    ck_assert(member_is_drained(member));
    member_log_damaged(member, 5);
    turn();
    write_and_turn();
    ck_assert(!member_is_drained(member));
    save(SNAPSHOT);
    ck_assert(!member_is_drained(member));
    turn();
    ck_assert(member_is_drained(member));
}
END_TEST

/* The snapshot fails: it is tried again after the pause, and the member stays without a vote. */
START_TEST(a_snapshot_that_fails_is_tried_again)
{
    const struct member_saved failed = {.code = -1, .index = ENTRIES + 1};
    struct snapshot_info info;

    member_log_damaged(member, 5);
    turn();
    write_and_turn();
    ck_assert(member_begin_snapshot(member, &info));
    member_sliced(member, 100, true);
    member_snapshot_saved(member, &failed);
    turn();
    ck_assert(!member_snapshot_is_due(member));
    ck_assert_uint_eq(raft_damaged_index(member_core(member)), 5);
    now_ms += 10000;
    turn();
    ck_assert(member_snapshot_is_due(member));
}
END_TEST

/* A question for entries that the host has no place for stays until it has one; a newer one for
 * the same peer takes its place. */
START_TEST(a_question_that_was_not_taken_is_not_lost)
{
    struct raft_fetch fetches[] = {{.peer = 2, .number = 1, .first_index = 3},
                                   {.peer = 3, .number = 2, .first_index = 4}};
    struct raft_outbox outbox = {.fetches = fetches, .fetch_count = 2};
    struct raft_fetch fetch;

    member_follow_fetches(member, &outbox);
    ck_assert(member_next_fetch(member, &fetch));
    ck_assert_uint_eq(fetch.peer, 2);
    turn();
    fetches[1].number = 3;
    outbox.fetches = &fetches[1];
    outbox.fetch_count = 1;
    member_follow_fetches(member, &outbox);
    ck_assert(member_next_fetch(member, &fetch));
    ck_assert_uint_eq(fetch.peer, 3);
    ck_assert_uint_eq(fetch.number, 3);
    ck_assert(!member_next_fetch(member, &fetch));
}
END_TEST

UNIT_SUITE(damage)
{
    Suite *suite = suite_create("damage");
    TCase *tcase = tcase_create("damage");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_snapshot_is_saved_and_the_damaged_files_go);
    tcase_add_test(tcase, a_snapshot_is_saved_even_if_nothing_was_applied);
    tcase_add_test(tcase, an_old_snapshot_does_not_replace_the_log_of_a_full_disk);
    tcase_add_test(tcase, damage_that_is_found_late_is_mended);
    tcase_add_test(tcase, a_log_that_is_whole_again_frees_nothing);
    tcase_add_test(tcase, a_node_that_stops_replaces_its_damaged_log_first);
    tcase_add_test(tcase, a_snapshot_that_fails_is_tried_again);
    tcase_add_test(tcase, a_question_that_was_not_taken_is_not_lost);
    suite_add_tcase(suite, tcase);
    return suite;
}
