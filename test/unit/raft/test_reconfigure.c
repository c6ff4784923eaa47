/*
 * Changes of members as they are made: learners become voters, voters are removed, leaders remove
 * themselves; and what must not be possible meanwhile.
 */
#include <string.h>

#include "unit.h"

#include "sim/invariants.h"
#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

static const struct raft_membership *members(struct network *network, uint16_t id)
{
    return raft_get_membership(network_node(network, id)->core);
}

static uint8_t roles(struct network *network, uint16_t at, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(members(network, at), id);

    return member != NULL ? member->roles : 0;
}

static bool is_settled(struct network *network)
{
    uint16_t leader = network_leader(network);

    return leader != 0 && !raft_membership_is_joint(members(network, leader)) &&
           raft_membership_is_committed(network_node(network, leader)->core);
}

static uint8_t refusal(struct network *network, uint16_t id)
{
    return network_node(network, id)->refused_reason;
}

/* Voters 1 to 3, led by 1, and node 4, which has nothing yet. */
static struct network *three_and_a_newcomer(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    ck_assert_uint_eq(network_add_node(network), 4);
    return network;
}

START_TEST(a_newcomer_learns_and_is_promoted_when_it_has_caught_up)
{
    struct network *network = three_and_a_newcomer();

    network_propose(network, 1, 7);
    network_change(network, 2, "add 4"); /* a follower forwards it */
    network_settle(network);
    ck_assert_uint_eq(roles(network, 4, 4), RAFT_MEMBER_LEARNER | RAFT_MEMBER_JOINING);
    ck_assert_int_eq(network_role(network, 4), RAFT_LEARNER);
    network_run(network, 10 * HEARTBEAT_MS);
    for (uint16_t id = 1; id <= 4; id++) {
        ck_assert_uint_eq(roles(network, id, 4), RAFT_MEMBER_VOTER);
        ck_assert(!raft_membership_is_joint(members(network, id)));
    }
    ck_assert_int_eq(network_role(network, 4), RAFT_FOLLOWER);
    network_destroy(network);
}
END_TEST

START_TEST(t27_a_voter_that_never_shows_up_takes_nobodys_quorum)
{
    struct network *network = three_and_a_newcomer();

    network_isolate(network, 4);
    network_change(network, 1, "add 4");
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(roles(network, 1, 4), RAFT_MEMBER_LEARNER | RAFT_MEMBER_JOINING);
    network_change(network, 1, "promote 4");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_NOT_CAUGHT_UP);
    network_crash(network, 3, false);
    network_propose(network, 1, 7); /* two of three are still enough */
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

START_TEST(t27_nobody_is_removed_if_the_rest_were_no_quorum)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_crash(network, 3, false);
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 1);
    network_change(network, 1, "remove 2");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_QUORUM);
    network_change(network, 1, "remove 3"); /* the node that is down may be removed */
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_NOT);
    ck_assert_uint_eq(members(network, 1)->count, 2);
    network_destroy(network);
}
END_TEST

START_TEST(a_learner_for_good_stays_one_until_somebody_promotes_it)
{
    struct network *network = three_and_a_newcomer();

    network_change(network, 1, "learn 4");
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(roles(network, 1, 4), RAFT_MEMBER_LEARNER);
    network_change(network, 3, "promote 4");
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(roles(network, 1, 4), RAFT_MEMBER_VOTER);
    network_destroy(network);
}
END_TEST

/* T26: a change that a leader of an earlier term began may be committed, and this leader does not
 * know. */
static bool lose_appends(struct network *network, const struct raft_message *message)
{
    (void)network;
    return message->type != RAFT_MESSAGE_APPEND;
}

START_TEST(t26_no_change_before_the_leader_has_committed_in_its_term)
{
    struct network *network = network_create(3);

    network->filter = lose_appends;
    network_elect_node(network, 1);
    network_change(network, 1, "learn 4");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_TOO_EARLY);
    network->filter = NULL;
    network_run(network, HEARTBEAT_MS);
    network_change(network, 1, "learn 4");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_NOT);
    network_destroy(network);
}
END_TEST

START_TEST(one_change_at_a_time)
{
    struct network *network = three_and_a_newcomer();

    network->filter = lose_appends;
    network_change(network, 1, "learn 4");
    network_change(network, 1, "remove 3");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_RUNNING);
    network->filter = NULL;
    network_run(network, 2 * HEARTBEAT_MS);
    network_change(network, 1, "remove 3");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_NOT);
    network_destroy(network);
}
END_TEST

START_TEST(several_servers_change_at_once)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    for (int i = 0; i < 3; i++) {
        network_add_node(network);
    }
    network_change(network, 1, "learn 4, learn 5, learn 6");
    network_run(network, ELECTION_TIMEOUT_MS);
    network_change(network, 1, "promote 4, promote 5, promote 6, remove 2, remove 3");
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(members(network, 4)->count, 4);
    ck_assert(is_settled(network));
    network_change(network, 1, "add 2");
    ck_assert_uint_eq(refusal(network, 1), RAFT_REFUSED_ID_USED);
    network_destroy(network);
}
END_TEST

START_TEST(a_joint_change_needs_both_majorities_for_commits_and_reads)
{
    struct network *network = network_create(3);
    uint64_t read_id;

    network_elect_node(network, 3);
    network_add_node(network);
    network_add_node(network);
    network_change(network, 3, "learn 4, learn 5");
    network_run(network, ELECTION_TIMEOUT_MS);
    network_isolate(network, 1);
    network_isolate(network, 2);
    network_change(network, 3, "promote 4, promote 5, remove 1, remove 2");
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert(raft_membership_is_joint(members(network, 3)));
    network_propose(network, 3, 7);
    read_id = network_read(network, 3);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    ck_assert_uint_lt(network_node(network, 3)->read_confirmed_id, read_id);
    network_connect(network, 3, 1);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    ck_assert_uint_eq(network_node(network, 3)->read_confirmed_id, read_id);
    ck_assert_uint_eq(members(network, 3)->count, 3);
    network_destroy(network);
}
END_TEST

START_TEST(a_new_leader_finishes_what_an_older_one_began)
{
    struct network *network = three_and_a_newcomer();
    const struct raft_entry *last;

    network_change(network, 1, "learn 4");
    network_run(network, ELECTION_TIMEOUT_MS);
    /* The joint entry reaches 2, 3 and 4, but their answers do not reach 1. */
    network_hold(network, 2, 1);
    network_hold(network, 3, 1);
    network_hold(network, 4, 1);
    network_change(network, 1, "promote 4");
    network_settle(network);
    ck_assert(raft_membership_is_joint(members(network, 2)));
    network_crash(network, 1, false);
    network_elect_node(network, 2);
    network_run(network, HEARTBEAT_MS);
    ck_assert(is_settled(network));
    ck_assert_uint_eq(roles(network, 2, 4), RAFT_MEMBER_VOTER);
    /* With the origin of the proposal, so that the node that forwarded it learns the outcome. */
    last =
        raft_log_entry(network_node(network, 2)->core, network_status(network, 2).membership_index);
    ck_assert_uint_eq(last->origin, 1);
    ck_assert_uint_eq(last->sequence, network->changes);
    network_destroy(network);
}
END_TEST

START_TEST(a_leader_that_removes_itself_hands_over_and_goes)
{
    struct network *network = network_create(3);
    uint16_t leader;

    network_elect_node(network, 1);
    network_change(network, 1, "remove 1");
    network_run(network, 2 * HEARTBEAT_MS);
    leader = network_leader(network);
    ck_assert(leader == 2 || leader == 3);
    ck_assert_uint_eq(network_status(network, leader).term,
                      3); /* by a handover, without a time-out */
    ck_assert(raft_was_removed(network_node(network, 1)->core));
    ck_assert_uint_eq(members(network, leader)->count, 2);
    network_propose(network, leader, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

START_TEST(a_removed_follower_is_told)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_change(network, 1, "remove 3");
    network_settle(network);
    ck_assert(raft_was_removed(network_node(network, 3)->core));
    ck_assert(!raft_was_removed(network_node(network, 2)->core));
    /* It also has the entry with that membership, so it can answer a client that asked it for the
     * change. */
    ck_assert_uint_eq(network_status(network, 3).commit_index,
                      network_status(network, 1).membership_index);
    network_destroy(network);
}
END_TEST

START_TEST(t29_a_removed_node_that_comes_back_disturbs_nobody)
{
    struct network *network = network_create(3);
    uint64_t term;

    network_elect_node(network, 1);
    network_crash(network, 3, false);
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    network_change(network, 1, "remove 3");
    network_run(network, 2 * HEARTBEAT_MS);
    term = network_status(network, 1).term;
    network_restart(network, 3);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 1);
    ck_assert_uint_eq(network_status(network, 1).term, term);
    ck_assert(raft_was_removed(network_node(network, 3)->core));
    network_destroy(network);
}
END_TEST

/*
 * T28: node 1 leads the voters 1 and 2, and removes itself. The entry is on the disk of node 1 and
 * not on that of node 2. Node 2 cannot lead without the vote of node 1, and no other node can
 * either. So node 1 has to campaign again.
 */
START_TEST(t28_a_removed_node_with_the_newest_log_may_campaign)
{
    struct network *network = network_create(2);

    network_elect_node(network, 1);
    network->filter = lose_appends;
    network_change(network, 1, "remove 1"); /* joint; node 2 does not have it yet */
    network->filter = NULL;
    network_run(network, HEARTBEAT_MS - 1);
    network->filter = lose_appends;
    network_run(network, HEARTBEAT_MS);
    network->filter = NULL;
    network_crash(network, 1, false);
    network_restart(network, 1);
    ck_assert(network_run_until(network, is_settled, 20 * ELECTION_TIMEOUT_MS));
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 2);
    ck_assert_uint_eq(members(network, 2)->count, 1);
    ck_assert(raft_was_removed(network_node(network, 1)->core));
    network_destroy(network);
}
END_TEST

/* The log of 1 ends with the final entry, that of 2 with the joint one. */
START_TEST(t28_the_final_entry_alone_elects_too)
{
    struct network *network = network_create(2);

    network_elect_node(network, 1);
    network_hold(network, 2, 1); /* node 2 has the joint entry, node 1 does not know that */
    network_change(network, 1, "remove 1");
    network_settle(network);
    ck_assert(raft_membership_is_joint(members(network, 2)));
    network->filter = lose_appends;
    network_release(network, 2, 1); /* node 1 appends the final entry, node 2 does not get it */
    network_settle(network);
    ck_assert_uint_eq(members(network, 1)->count, 1);
    ck_assert_uint_eq(members(network, 2)->count, 2);
    network_crash(network, 1, false);
    network_restart(network, 1);
    network->filter = NULL;
    ck_assert(!raft_was_removed(network_node(network, 1)->core));
    ck_assert(network_run_until(network, is_settled, 20 * ELECTION_TIMEOUT_MS));
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 2);
    ck_assert_uint_eq(members(network, 2)->count, 1);
    network_destroy(network);
}
END_TEST

START_TEST(a_dead_voter_is_replaced_when_the_new_one_has_caught_up)
{
    struct network *network = three_and_a_newcomer();

    network_crash(network, 3, false);
    network_change(network, 1, "replace 3 4");
    network_run(network, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(roles(network, 1, 4), RAFT_MEMBER_VOTER);
    ck_assert_uint_eq(roles(network, 1, 3), 0);
    ck_assert(raft_membership_was_removed(members(network, 1), 3));
    network_crash(network, 2, false);
    network_propose(network, 1, 7); /* the new voter counts */
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

START_TEST(one_becomes_three_becomes_one)
{
    struct network *network = network_create(1);

    network_run(network, ELECTION_TIMEOUT_MS);
    network_add_node(network);
    network_add_node(network);
    network_change(network, 1, "add 2");
    network_run(network, ELECTION_TIMEOUT_MS);
    network_change(network, 1, "add 3");
    network_run(network, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(roles(network, 3, 2), RAFT_MEMBER_VOTER);
    ck_assert_uint_eq(roles(network, 3, 3), RAFT_MEMBER_VOTER);
    network_propose(network, 3, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_change(network, 1, "remove 2, remove 1");
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 3);
    ck_assert_uint_eq(members(network, 3)->count, 1);
    network_destroy(network);
}
END_TEST

/*
 * T58: a node that joined has on its disk that it is a learner, and goes on as one after a restart.
 */
START_TEST(t58_a_learner_that_restarts_goes_on)
{
    struct network *network = three_and_a_newcomer();

    network_change(network, 1, "learn 4");
    network_settle(network);
    network_crash(network, 4, false);
    network_propose(network, 1, 7);
    network_restart(network, 4);
    ck_assert_int_eq(network_role(network, 4), RAFT_LEARNER);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* Members change and leadership moves while messages are lost, disks hang and nodes crash. The
 * invariants are checked meanwhile. */
static const char *const churn[] = {
    "add 4",    "remove 1", "add 5",       "remove 2",   "replace 3 6", "learn 7",   "promote 7",
    "remove 4", "remove 5", "replace 6 8", "handover 0", "handover 2",  "handover 6"};

START_TEST(members_change_in_the_storm)
{
    struct network *network = network_create(3);

    network->random_state = (uint64_t)_i + 1;
    network->options.disk_stall_ms = 700;
    network->delay_min_ms = 1;
    network->delay_max_ms = 20;
    network->write_min_ms = 1;
    network->write_max_ms = 10;
    network->drop_percent = 3;
    network->double_percent = 3;
    for (uint16_t id = 4; id <= 8; id++) {
        network_add_node(network);
    }
    for (uint64_t i = 0; i < 600; i++) {
        uint16_t id = (uint16_t)(1 + network_random(network, network->node_count));

        if (!network_node(network, id)->alive) {
            network_restart(network, id);
        } else if (network_random(network, 20) == 0) {
            network_crash(network, id, true);
        } else if (network_random(network, 20) == 0) {
            network_node(network, id)->disk_stalled = !network_node(network, id)->disk_stalled;
        } else if (network_random(network, 10) == 0) {
            network_change(network, id,
                           churn[network_random(network, sizeof(churn) / sizeof(churn[0]))]);
        } else {
            network_propose(network, id, 1000 + i);
        }
        network_run(network, network_random(network, 150));
    }
    network->drop_percent = 0;
    for (uint16_t id = 1; id <= 8; id++) {
        network_node(network, id)->disk_stalled = false;
        if (!network_node(network, id)->alive) {
            network_restart(network, id);
        }
    }
    ck_assert(network_run_until(network, is_settled, 60 * ELECTION_TIMEOUT_MS));
    /* Commands are committed again, whichever node leads; during a handover a leader takes none for
     * a while. */
    for (uint64_t number = 5000; network_committed_times(network, number - 1) == 0; number++) {
        ck_assert_uint_lt(number, 5020);
        if (network_leader(network) != 0) {
            network_propose(network, network_leader(network), number);
        }
        network_run(network, ELECTION_TIMEOUT_MS);
    }
    invariants_logs_match(network);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(reconfigure)
{
    Suite *suite = suite_create("reconfigure");
    TCase *tests = tcase_create("stories");
    TCase *storm = tcase_create("storm");

    tcase_add_test(tests, a_newcomer_learns_and_is_promoted_when_it_has_caught_up);
    tcase_add_test(tests, t27_a_voter_that_never_shows_up_takes_nobodys_quorum);
    tcase_add_test(tests, t27_nobody_is_removed_if_the_rest_were_no_quorum);
    tcase_add_test(tests, a_learner_for_good_stays_one_until_somebody_promotes_it);
    tcase_add_test(tests, t26_no_change_before_the_leader_has_committed_in_its_term);
    tcase_add_test(tests, one_change_at_a_time);
    tcase_add_test(tests, several_servers_change_at_once);
    tcase_add_test(tests, a_joint_change_needs_both_majorities_for_commits_and_reads);
    tcase_add_test(tests, a_new_leader_finishes_what_an_older_one_began);
    tcase_add_test(tests, a_leader_that_removes_itself_hands_over_and_goes);
    tcase_add_test(tests, a_removed_follower_is_told);
    tcase_add_test(tests, t29_a_removed_node_that_comes_back_disturbs_nobody);
    tcase_add_test(tests, t28_a_removed_node_with_the_newest_log_may_campaign);
    tcase_add_test(tests, t28_the_final_entry_alone_elects_too);
    tcase_add_test(tests, a_dead_voter_is_replaced_when_the_new_one_has_caught_up);
    tcase_add_test(tests, one_becomes_three_becomes_one);
    tcase_add_test(tests, t58_a_learner_that_restarts_goes_on);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(storm, members_change_in_the_storm, 0, 60);
    tcase_set_timeout(storm, 120);
    suite_add_tcase(suite, storm);
    return suite;
}
