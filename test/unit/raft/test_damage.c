/*
 * A log that the disk has damaged while its member lives: the member votes for nobody and hands
 * over, acknowledges only what is stored whole, and votes again when the log was replaced.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000, BOUND = 20000, VALUE = 2000 };

static void damage(struct network *network, uint16_t id, uint64_t index)
{
    const struct raft_event event = {.type = RAFT_EVENT_LOG_DAMAGED, .damaged_index = index};

    network_step(network, id, &event);
}

/* A cluster whose members have given up the data of old entries, and trust no leader but 1. */
static struct network *with_values(size_t count)
{
    struct network *network = network_create(count);

    network->options.max_log_bytes = BOUND;
    for (uint16_t id = 1; id <= count; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    for (uint64_t number = 1; number <= 30; number++) {
        network_propose_sized(network, 1, number, VALUE);
        network_settle(network);
    }
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    ck_assert_ptr_null(raft_log_entry(network_node(network, 1)->core, 5));
    return network;
}

START_TEST(a_damaged_leader_hands_over_to_an_intact_voter)
{
    struct network *network = with_values(3);
    uint64_t term = network_status(network, 1).term;

    damage(network, 1, 5);
    ck_assert_uint_eq(network_status(network, 1).damaged_index, 5);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_ne(network_leader(network), 1);
    ck_assert_uint_eq(network_status(network, network_leader(network)).term, term + 1);
    ck_assert_uint_eq(network_status(network, 1).damaged_index, 5);
    network_destroy(network);
}
END_TEST

/* The leader is gone, and the only other member that lives is damaged: nobody is elected until the
 * log of that member was replaced. */
START_TEST(a_damaged_member_neither_votes_nor_campaigns)
{
    struct network *network = with_values(3);

    damage(network, 2, 5);
    network_crash(network, 1, false);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 0);
    ck_assert_int_eq(network_role(network, 2), RAFT_FOLLOWER);
    ck_assert_uint_eq(network_node(network, 2)->vote, 1);
    network_save_snapshot(network, 2, 100);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 0);
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_ne(network_leader(network), 0);
    network_destroy(network);
}
END_TEST

/* An order of the leader to campaign is not obeyed either, and the leader goes on. */
START_TEST(a_damaged_member_obeys_no_order_to_campaign)
{
    struct network *network = with_values(3);

    damage(network, 2, 5);
    network_run(network, 2 * HEARTBEAT_MS);
    network_change(network, 1, "handover 2");
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 1);
    network_propose(network, 1, 1000);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 1000), 1);
    network_destroy(network);
}
END_TEST

/* One member is down, another damaged: what comes after the damage is stored whole and counts. */
START_TEST(a_damaged_follower_goes_on_acknowledging)
{
    struct network *network = with_values(3);

    network_crash(network, 3, false);
    damage(network, 2, 5);
    network_propose(network, 1, 1000);
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(network_committed_times(network, 1000), 1);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 5);
    network_destroy(network);
}
END_TEST

/* The damage is in an entry that nobody has committed: it counts when it was written again. */
START_TEST(an_entry_that_is_not_committed_counts_when_it_is_written_again)
{
    struct network *network = with_values(3);
    uint64_t committed = network_status(network, 1).commit_index;

    network_isolate(network, 1);
    network_propose_sized(network, 1, 1000, VALUE);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).durable_index, committed + 1);
    network_node(network, 1)->disk_stalled = true;
    damage(network, 1, committed + 1);
    ck_assert_uint_eq(network_status(network, 1).durable_index, committed);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).durable_index, committed);
    ck_assert_uint_eq(network_node(network, 1)->writes->write.truncate_from, committed + 1);
    ck_assert_uint_eq(network_node(network, 1)->writes->write.entry_count, 1);
    network_node(network, 1)->disk_stalled = false;
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).durable_index, committed + 1);
    network_destroy(network);
}
END_TEST

/* The only voter has nobody to hand over to: it leads on, and its own snapshot mends the log. */
START_TEST(the_only_voter_leads_on)
{
    struct network *network = with_values(1);
    uint64_t term = network_status(network, 1).term;

    damage(network, 1, 5);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    network_propose(network, 1, 1000);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 1000), 1);
    ck_assert_uint_eq(network_status(network, 1).term, term);
    network_save_snapshot(network, 1, 100);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).damaged_index, 0);
    ck_assert_uint_eq(network_status(network, 1).base_index, network_node(network, 1)->base_index);
    ck_assert_uint_eq(network_last_on_disk(network, 1), network_status(network, 1).last_index);
    network_destroy(network);
}
END_TEST

/* All members are damaged at once: each mends its log by itself. */
START_TEST(no_peer_is_needed_to_mend_a_log)
{
    struct network *network = with_values(3);

    for (uint16_t id = 1; id <= 3; id++) {
        damage(network, id, 2u + id);
    }
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 1);
    for (uint16_t id = 1; id <= 3; id++) {
        network_save_snapshot(network, id, 100);
    }
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_uint_eq(network_status(network, id).damaged_index, 0);
    }
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* Entries after the snapshot, committed or not, are written again behind it, and the vote comes
 * back only when that is durable. */
START_TEST(what_follows_the_snapshot_is_written_again)
{
    struct network *network = with_values(3);
    struct network_node *node = network_node(network, 2);
    uint64_t last = network_status(network, 2).last_index;

    damage(network, 2, 5);
    node->applied_index = last - 2; /* the snapshot is older than the log */
    node->disk_stalled = true;
    network_save_snapshot(network, 2, 0);
    network_settle(network);
    ck_assert_uint_eq(node->writes->write.has_base, 1);
    ck_assert(node->writes->write.replaces_damage);
    ck_assert_uint_eq(node->writes->write.base_index, last - 2);
    ck_assert_uint_eq(node->writes->write.entry_count, 2);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 5);
    ck_assert(raft_damage_is_being_mended(node->core));
    node->disk_stalled = false;
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 0);
    ck_assert_uint_eq(network_last_on_disk(network, 2), last);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* The memory does not hold an entry after the snapshot: that snapshot cannot replace the log. */
START_TEST(a_snapshot_that_is_too_old_mends_nothing)
{
    struct network *network = with_values(3);
    struct raft_event event = {.type = RAFT_EVENT_SNAPSHOT_SAVED, .saved.index = 6};

    damage(network, 2, 5);
    event.saved.term = raft_log_term(network_node(network, 2)->core, 6);
    event.saved.keep_from = 1;
    network_step(network, 2, &event);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 5);
    ck_assert_uint_eq(network_status(network, 2).base_index, 0);
    network_save_snapshot(network, 2, 0);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 0);
    network_destroy(network);
}
END_TEST

/* The leader's snapshot replaces the whole log, and the damage with it. */
START_TEST(a_received_snapshot_mends_the_log)
{
    struct network *network = with_values(3);

    network_isolate(network, 2);
    damage(network, 2, 5);
    for (uint64_t number = 100; number < 130; number++) {
        network_propose_sized(network, 1, number, VALUE);
        network_settle(network);
    }
    network_save_snapshot(network, 1, 0);
    network_heal(network);
    network_run(network, 2 * HEARTBEAT_MS);
    network_receive_snapshot(network, 1, 2);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).damaged_index, 0);
    network_end_transfer(network, 1, 2, true);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* What a snapshot has taken the place of is of no interest any more. */
START_TEST(damage_before_the_base_is_no_damage)
{
    struct network *network = with_values(3);

    network_save_snapshot(network, 1, 0);
    network_settle(network);
    damage(network, 1, 5);
    ck_assert_uint_eq(network_status(network, 1).damaged_index, 0);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(damage)
{
    Suite *suite = suite_create("damage");
    TCase *tcase = tcase_create("damage");

    tcase_add_test(tcase, a_damaged_leader_hands_over_to_an_intact_voter);
    tcase_add_test(tcase, a_damaged_member_neither_votes_nor_campaigns);
    tcase_add_test(tcase, a_damaged_member_obeys_no_order_to_campaign);
    tcase_add_test(tcase, a_damaged_follower_goes_on_acknowledging);
    tcase_add_test(tcase, an_entry_that_is_not_committed_counts_when_it_is_written_again);
    tcase_add_test(tcase, the_only_voter_leads_on);
    tcase_add_test(tcase, no_peer_is_needed_to_mend_a_log);
    tcase_add_test(tcase, what_follows_the_snapshot_is_written_again);
    tcase_add_test(tcase, a_snapshot_that_is_too_old_mends_nothing);
    tcase_add_test(tcase, a_received_snapshot_mends_the_log);
    tcase_add_test(tcase, damage_before_the_base_is_no_damage);
    suite_add_tcase(suite, tcase);
    return suite;
}
