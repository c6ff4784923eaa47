/*
 * Snapshots in the core: what compaction leaves, which peers are sent one and how often, and what
 * happens to a log when one arrives.
 */
#include <string.h>

#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

/* Node 1 leads, node 3 is down, and the entries that node 3 lacks (3 to 12) are compacted. */
static struct network *three_with_3_behind(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    network_crash(network, 3, false);
    network_isolate(network, 3);
    for (uint64_t i = 0; i < 10; i++) {
        network_propose(network, 1, i + 1);
        network_settle(network);
    }
    network_save_snapshot(network, 1, 0);
    return network;
}

static void bring_back(struct network *network, uint16_t id)
{
    network_heal(network);
    network_restart(network, id);
    network_run(network, HEARTBEAT_MS);
}

static void hand_over(struct network *network, uint16_t from, uint16_t to)
{
    network_receive_snapshot(network, from, to);
    network_end_transfer(network, from, to, true);
    network_settle(network);
}

START_TEST(what_is_compacted_is_gone_and_the_rest_goes_on)
{
    struct network *network = three_with_3_behind();

    ck_assert_ptr_null(raft_log_entry(network_node(network, 1)->core, 12));
    ck_assert_uint_eq(raft_log_term(network_node(network, 1)->core, 12),
                      network_status(network, 1).last_term);
    ck_assert_uint_eq(network_status(network, 1).last_index, 12);
    network_propose(network, 2, 20);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).last_index, 13);
    ck_assert_ptr_nonnull(raft_log_entry(network_node(network, 2)->core, 5));
    network_save_snapshot(network, 2, 4);
    ck_assert_ptr_null(raft_log_entry(network_node(network, 2)->core, 9));
    ck_assert_ptr_nonnull(raft_log_entry(network_node(network, 2)->core, 10));
    network_destroy(network);
}
END_TEST

START_TEST(what_is_not_on_this_disk_yet_stays)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_node(network, 1)->disk_stalled = true;
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).commit_index, 3); /* by the two other nodes */
    network_save_snapshot(network, 1, 0);
    ck_assert_ptr_null(raft_log_entry(network_node(network, 1)->core, 2));
    ck_assert_ptr_nonnull(raft_log_entry(network_node(network, 1)->core, 3));
    network_destroy(network);
}
END_TEST

START_TEST(t16_a_peer_behind_the_base_gets_a_snapshot_and_goes_on)
{
    struct network *network = three_with_3_behind();

    bring_back(network, 3);
    ck_assert_int_eq(network_peer(network, 1, 3).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 1);
    hand_over(network, 1, 3);
    ck_assert_uint_eq(network_node(network, 3)->install_count, 1);
    ck_assert_uint_eq(network_node(network, 3)->applied_index, 12);
    network_propose(network, 1, 20);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 3).last_index, 13);
    ck_assert_int_eq(network_peer(network, 1, 3).state, RAFT_PROGRESS_REPLICATE);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 1);
    network_destroy(network);
}
END_TEST

START_TEST(a_peer_that_still_finds_its_place_gets_none)
{
    struct network *network = three_with_3_behind();

    network_propose(network, 1, 20);
    network_settle(network);
    network_save_snapshot(network, 2, 11); /* keeps everything that node 3 lacks */
    network_crash(network, 1, false);
    network_heal(network);
    network_restart(network, 3);
    network_elect_node(network, 2);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    ck_assert_uint_eq(network_node(network, 2)->transfer_count[3], 0);
    network_destroy(network);
}
END_TEST

START_TEST(t20_an_offline_peer_is_not_sent_one_at_every_heartbeat)
{
    struct network *network = three_with_3_behind();

    /* The peer never said that it needs a snapshot. */
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 0);
    /* It says so and is down again: the transfer fails, and nothing was heard since. */
    bring_back(network, 3);
    network_crash(network, 3, false);
    network_end_transfer(network, 1, 3, false);
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 1);
    /* It is back: one more transfer, and not two because of its answers to heartbeats. */
    bring_back(network, 3);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 2);
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 2);
    network_destroy(network);
}
END_TEST

START_TEST(a_transfer_that_fails_is_tried_again_after_a_while)
{
    struct network *network = three_with_3_behind();

    bring_back(network, 3);
    for (size_t i = 1; i < 5; i++) {
        ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], i);
        network_end_transfer(network, 1, 3, false);
        network_run(network, ELECTION_TIMEOUT_MS / 2);
        ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], i);
        network_run(network, ELECTION_TIMEOUT_MS);
    }
    network_destroy(network);
}
END_TEST

START_TEST(a_lost_link_makes_the_peer_say_again_what_it_needs)
{
    struct network *network = three_with_3_behind();
    struct raft_event event = {.type = RAFT_EVENT_LINK, .link = {.peer = 3, .up = false}};

    bring_back(network, 3);
    network_step(network, 1, &event);
    network_settle(network);
    ck_assert_int_eq(network_peer(network, 1, 3).state, RAFT_PROGRESS_PROBE);
    event.link.up = true;
    network_step(network, 1, &event);
    network_settle(network);
    ck_assert_int_eq(network_peer(network, 1, 3).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 2);
    network_destroy(network);
}
END_TEST

START_TEST(t38_delivered_is_not_installed)
{
    struct network *network = three_with_3_behind();

    bring_back(network, 3);
    network_end_transfer(network, 1, 3, true); /* it has the bytes, but has not installed them */
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_uint_lt(network_peer(network, 1, 3).match_index, 12);
    ck_assert_int_eq(network_peer(network, 1, 3).state, RAFT_PROGRESS_SNAPSHOT);
    /* A commit that needs node 3 is not possible. */
    network_crash(network, 2, false);
    network_propose(network, 1, 20);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).commit_index, 12);
    network_receive_snapshot(network, 1, 3);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).commit_index, 13);
    network_destroy(network);
}
END_TEST

START_TEST(t38_delivered_and_lost_is_sent_again)
{
    struct network *network = three_with_3_behind();

    bring_back(network, 3);
    network_end_transfer(network, 1, 3, true);
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 2);
    hand_over(network, 1, 3);
    ck_assert_uint_eq(network_peer(network, 1, 3).match_index, 12);
    network_destroy(network);
}
END_TEST

START_TEST(an_installed_snapshot_is_acknowledged_once_the_log_is_rewritten)
{
    struct network *network = three_with_3_behind();

    bring_back(network, 3);
    network_node(network, 3)->disk_stalled = true;
    hand_over(network, 1, 3);
    ck_assert_uint_eq(network_node(network, 3)->install_count, 1);
    ck_assert_uint_lt(network_peer(network, 1, 3).match_index, 12);
    network_node(network, 3)->disk_stalled = false;
    network_settle(network);
    ck_assert_uint_eq(network_peer(network, 1, 3).match_index, 12);
    network_destroy(network);
}
END_TEST

/* A crash between the arrival and the restart of the log leaves the snapshot and the old log: the
 * snapshot counts (T34). */
START_TEST(t34_a_crash_before_the_log_is_rewritten_loses_nothing)
{
    struct network *network = three_with_3_behind();

    bring_back(network, 3);
    network_node(network, 3)->disk_stalled = true;
    network_receive_snapshot(network, 1, 3);
    network_crash(network, 3, false);
    network_node(network, 3)->disk_stalled = false;
    network_restart(network, 3);
    ck_assert_uint_eq(network_status(network, 3).last_index, 12);
    ck_assert_uint_eq(network_status(network, 3).commit_index, 12);
    network_propose(network, 1, 20);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* Node 3 has entries of another leader that no other node has: they are dropped when the snapshot
 * is installed. */
START_TEST(t37_a_conflicting_tail_does_not_survive_an_install)
{
    struct network *network = network_create(3);
    static const uint64_t stale[] = {1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    static const uint64_t good[] = {1, 1, 3, 3, 3};

    network_set_log(network, 1, good, 5, 3, 0);
    network_set_log(network, 2, good, 5, 3, 0);
    network_set_log(network, 3, stale, 16, 2, 0);
    network_isolate(network, 3);
    network_elect_node(network, 1);
    network_save_snapshot(network, 1, 0);
    network_heal(network);
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(network_node(network, 1)->transfer_count[3], 1);
    hand_over(network, 1, 3);
    ck_assert_uint_eq(network_status(network, 3).last_index, 6);
    network_propose(network, 1, 20);
    network_run(network, HEARTBEAT_MS);
    ck_assert(network_converged(network));
    ck_assert_uint_eq(network_last_on_disk(network, 3), 7);
    network_destroy(network);
}
END_TEST

/* If the log has the entry at the index of the snapshot, nothing is installed, and the entries
 * after it stay. */
START_TEST(t36_a_fitting_tail_is_kept)
{
    struct network *network = network_create(3);
    static const uint64_t terms[] = {1, 2, 2, 2};
    static const uint64_t longer[] = {1, 2, 2, 2, 2, 2};

    network_set_log(network, 1, terms, 4, 2, 0);
    network_set_log(network, 2, longer, 6, 2, 0);
    network->lone = true;
    network_node(network, 1)->snapshot =
        (struct network_snapshot){.index = 4, .term = 2, .membership = network->membership};
    network_receive_snapshot(network, 1, 2);
    ck_assert_uint_eq(network_node(network, 2)->install_count, 0);
    ck_assert_uint_eq(network_status(network, 2).commit_index, 4);
    ck_assert_uint_eq(network_status(network, 2).last_index, 6);
    ck_assert_ptr_nonnull(raft_log_entry(network_node(network, 2)->core, 6));
    network_destroy(network);
}
END_TEST

START_TEST(t36_an_old_snapshot_takes_nothing_back)
{
    struct network *network = three_with_3_behind();
    uint64_t last;

    network_propose(network, 1, 20);
    network_run(network, HEARTBEAT_MS);
    last = network_status(network, 2).last_index;
    network_receive_snapshot(network, 1, 2);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 2)->install_count, 0);
    ck_assert_uint_eq(network_status(network, 2).last_index, last);
    ck_assert_uint_eq(network_status(network, 2).commit_index, last);
    network_destroy(network);
}
END_TEST

START_TEST(t14_previous_index_0_is_nothing_special_after_compaction)
{
    struct network *network = three_with_3_behind();
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = 1,
                                   .to = 2,
                                   .term = network_status(network, 1).term,
                                   .entries = &entry,
                                   .entry_count = 1};

    network_run(network, HEARTBEAT_MS);
    network_save_snapshot(network, 2, 0);
    entry->index = 1;
    entry->term = 1;
    network_deliver(network, &message);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).last_index, 12);
    ck_assert_uint_eq(network_status(network, 2).commit_index, 12);
    ck_assert_uint_eq(network_peer(network, 1, 2).match_index, 12);
    raft_entry_release(entry);
    network_destroy(network);
}
END_TEST

START_TEST(t3_the_last_entry_may_live_in_the_snapshot_alone)
{
    struct network *network = three_with_3_behind();

    network_crash(network, 1, false);
    network_crash(network, 2, false);
    network_restart(network, 1); /* its log is empty after the snapshot */
    network_heal(network);
    network_restart(network, 3);
    network_campaign(network, 3);
    network_settle(network);
    ck_assert_int_ne(network_role(network, 3), RAFT_LEADER);
    network_elect_node(network, 1);
    network_destroy(network);
}
END_TEST

/* A membership that is appended but not committed is not in the snapshot. */
START_TEST(t30_a_snapshot_carries_the_committed_membership)
{
    struct network *network = network_create(3);
    struct raft_membership changed = network->membership;
    struct buffer bytes = {0};
    struct raft_entry *entry;
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE};

    network_elect_node(network, 1);
    network_isolate(network, 1);
    changed.members[2].roles = RAFT_MEMBER_LEARNER;
    raft_membership_encode(&changed, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    event.entry = entry;
    network_step(network, 1, &event);
    network_settle(network);
    ck_assert_uint_eq(raft_get_membership(network_node(network, 1)->core)->members[2].roles,
                      RAFT_MEMBER_LEARNER);
    network_save_snapshot(network, 1, 0);
    ck_assert_uint_eq(network_node(network, 1)->snapshot.membership.members[2].roles,
                      RAFT_MEMBER_VOTER);
    raft_membership_at(network_node(network, 1)->core, 3, &changed);
    ck_assert_uint_eq(changed.members[2].roles, RAFT_MEMBER_LEARNER);
    raft_entry_release(entry);
    buffer_free(&bytes);
    network_destroy(network);
}
END_TEST

/* Changes of members that the log no longer holds come with the snapshot; those in the entries
 * after it stay in force. */
START_TEST(an_install_brings_its_membership)
{
    struct network *network = three_with_3_behind();
    struct raft_membership other = network->membership;
    struct raft_event event = {.type = RAFT_EVENT_SNAPSHOT_RECEIVED};

    ck_assert_int_eq(raft_membership_add(&other, 5, RAFT_MEMBER_LEARNER, "e:5"), 0);
    network_node(network, 2)->snapshot =
        (struct network_snapshot){.index = 40, .term = 1, .membership = other};
    event.received.from = 1;
    event.received.index = 40;
    event.received.term = 1;
    event.received.membership = &other;
    network->lone = true;
    network_step(network, 2, &event);
    ck_assert_uint_eq(raft_get_membership(network_node(network, 2)->core)->count, 4);
    ck_assert_uint_eq(network_status(network, 2).membership_index, 40);
    ck_assert_uint_eq(network_status(network, 2).last_index, 40);
    network_destroy(network);
}
END_TEST

START_TEST(a_snapshot_that_cannot_be_is_dropped)
{
    struct network *network = three_with_3_behind();
    struct raft_membership nobody = {0};
    struct raft_event event = {
        .type = RAFT_EVENT_SNAPSHOT_RECEIVED,
        .received = {.from = 1, .index = 40, .term = 99, .membership = &network->membership}};

    network_step(network, 2, &event); /* of a later term than the core's */
    event.received.term = 1;
    event.received.membership = &nobody;
    network_step(network, 2, &event);
    event.received.membership = &network->membership;
    event.received.time_ms = UINT64_MAX;
    network_step(network, 2, &event);
    ck_assert_uint_eq(network_node(network, 2)->violation_count, 3);
    ck_assert_uint_eq(network_status(network, 2).last_index, 12);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(snapshot)
{
    Suite *suite = suite_create("snapshot");
    TCase *compaction = tcase_create("compaction");
    TCase *transfer = tcase_create("transfer");
    TCase *install = tcase_create("install");

    tcase_add_test(compaction, what_is_compacted_is_gone_and_the_rest_goes_on);
    tcase_add_test(compaction, what_is_not_on_this_disk_yet_stays);
    tcase_add_test(compaction, t14_previous_index_0_is_nothing_special_after_compaction);
    tcase_add_test(compaction, t3_the_last_entry_may_live_in_the_snapshot_alone);
    tcase_add_test(compaction, t30_a_snapshot_carries_the_committed_membership);
    suite_add_tcase(suite, compaction);
    tcase_add_test(transfer, t16_a_peer_behind_the_base_gets_a_snapshot_and_goes_on);
    tcase_add_test(transfer, a_peer_that_still_finds_its_place_gets_none);
    tcase_add_test(transfer, t20_an_offline_peer_is_not_sent_one_at_every_heartbeat);
    tcase_add_test(transfer, a_transfer_that_fails_is_tried_again_after_a_while);
    tcase_add_test(transfer, a_lost_link_makes_the_peer_say_again_what_it_needs);
    tcase_add_test(transfer, t38_delivered_is_not_installed);
    tcase_add_test(transfer, t38_delivered_and_lost_is_sent_again);
    suite_add_tcase(suite, transfer);
    tcase_add_test(install, an_installed_snapshot_is_acknowledged_once_the_log_is_rewritten);
    tcase_add_test(install, t34_a_crash_before_the_log_is_rewritten_loses_nothing);
    tcase_add_test(install, t36_a_fitting_tail_is_kept);
    tcase_add_test(install, t36_an_old_snapshot_takes_nothing_back);
    tcase_add_test(install, t37_a_conflicting_tail_does_not_survive_an_install);
    tcase_add_test(install, an_install_brings_its_membership);
    tcase_add_test(install, a_snapshot_that_cannot_be_is_dropped);
    suite_add_tcase(suite, install);
    return suite;
}
