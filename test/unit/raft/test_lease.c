/*
 * Leases: how long a leader may take itself for the only one, and that voters keep the promise
 * behind it.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000, LEASE_MS = 900 };

/* On the clock of the node. */
static uint64_t now_of(struct network *network, uint16_t id)
{
    return network->now_ms + network_node(network, id)->clock_ahead_ms;
}

static uint64_t lease_left_ms(struct network *network, uint16_t id)
{
    uint64_t until_ms = raft_lease_until_ms(network_node(network, id)->core);

    return until_ms > now_of(network, id) ? until_ms - now_of(network, id) : 0;
}

static void read_by_lease(struct network *network, uint16_t id)
{
    struct raft_event event = {.type = RAFT_EVENT_READ,
                               .read_id = network_node(network, id)->next_read_id + 1};

    event.lease = true;
    network_read_event(network, id, &event);
}

/* Node 1 leads, and was asked for a lease. */
static void lead(struct network *network)
{
    network_elect_node(network, 1);
    read_by_lease(network, 1);
    network_settle(network);
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
}

static struct network *three_with_leader_1(void)
{
    struct network *network = network_create(3);

    lead(network);
    return network;
}

/* The same, where node 1 and the others have other election time-outs. */
static struct network *three_with_timeouts(uint32_t leader_ms, uint32_t other_ms)
{
    struct network *network = network_create(3);

    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
        network_node(network, id)->election_timeout_ms = id == 1 ? leader_ms : other_ms;
        network_restart(network, id);
    }
    lead(network);
    return network;
}

static void ask_for_votes(struct network *network, uint16_t from, uint16_t to)
{
    struct raft_status status = network_status(network, to);
    struct raft_message message = {.type = RAFT_MESSAGE_VOTE,
                                   .from = from,
                                   .to = to,
                                   .term = status.term + 1,
                                   .vote = {.last_index = 100, .last_term = status.term}};

    network_deliver(network, &message);
}

static bool has_voted_for(struct network *network, uint16_t id, uint16_t candidate)
{
    return network_status(network, id).vote == candidate;
}

/* Another node than node 1 leads. */
static void run_until_replaced(struct network *network)
{
    while (network_leader(network) <= 1) {
        network_run(network, 1);
    }
}

START_TEST(a_leader_that_a_quorum_answers_has_one)
{
    struct network *network = three_with_leader_1();

    ck_assert_uint_gt(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS - 1);
    ck_assert_uint_le(lease_left_ms(network, 1), LEASE_MS);
    ck_assert_uint_eq(lease_left_ms(network, 2), 0);
    network_run(network, 50 * HEARTBEAT_MS);
    ck_assert_uint_ge(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS);
    network_destroy(network);
}
END_TEST

START_TEST(t23_it_counts_from_when_the_round_left)
{
    struct network *network = three_with_leader_1();
    uint64_t left_ms;

    network_crash(network, 3, false);
    network_run(network, HEARTBEAT_MS - (network->now_ms + 1) % HEARTBEAT_MS);
    network_hold(network, 2, 1);
    network_run(network, 5 * HEARTBEAT_MS);
    left_ms = lease_left_ms(network, 1);
    ck_assert_uint_le(left_ms, LEASE_MS - 4 * HEARTBEAT_MS);
    /* Answers that come half a second late renew the lease only for the rest of the time. */
    network_lose(network, 2, 1);
    network_hold(network, 2, 1);
    network_run(network, HEARTBEAT_MS);
    network_run(network, 2 * HEARTBEAT_MS);
    network_hold(network, 1, 2);
    network_run(network, HEARTBEAT_MS);
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_le(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    network_destroy(network);
}
END_TEST

START_TEST(t21_the_lease_of_an_isolated_leader_ends_before_another_is_elected)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct network network;
        uint16_t old;

        network_init(&network, 3, seed);
        old = network_elect(&network);
        read_by_lease(&network, old);
        network_run(&network, 3 * HEARTBEAT_MS);
        ck_assert_uint_gt(lease_left_ms(&network, old), 0);
        network_isolate(&network, old);
        for (;;) {
            uint16_t leader = network_leader(&network);

            network_run(&network, 1);
            if (leader != 0 && leader != old && network_role(&network, leader) == RAFT_LEADER) {
                break;
            }
        }
        ck_assert_uint_eq(lease_left_ms(&network, old), 0);
        network_free(&network);
    }
}
END_TEST

START_TEST(t21_an_isolated_leader_confirms_no_read_once_its_lease_is_over)
{
    struct network *network = three_with_leader_1();

    network_isolate(network, 1);
    read_by_lease(network, 1);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 2);
    network_run(network, LEASE_MS);
    read_by_lease(network, 1);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 2);
    network_destroy(network);
}
END_TEST

START_TEST(a_follower_is_answered_by_the_leaders_lease)
{
    struct network *network = three_with_leader_1();

    network_cut(network, 1, 3);
    network_hold(network, 2, 1);
    network_propose(network, 1, 7);
    network_settle(network);
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).commit_index, 3);
    network_heal(network);
    network_cut(
        network, 1,
        2); /* a round would need this connection; there is a lease, so no round is needed */
    read_by_lease(network, 3);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 3)->read_confirmed_id, 1);
    ck_assert_uint_ge(network_node(network, 3)->read_confirmed_index, 3);
    network_destroy(network);
}
END_TEST

START_TEST(without_a_lease_a_round_confirms_it)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 2, 1);
    network_hold(network, 3, 1);
    network_run(network, LEASE_MS);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    read_by_lease(network, 1);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 2);
    network_destroy(network);
}
END_TEST

/*
 * A voter answers the leader, restarts at once, and gets a request for its vote from another node.
 */
START_TEST(a_restarted_voter_does_not_break_the_lease)
{
    struct network *network = three_with_leader_1();

    network_isolate(network, 1);
    network_crash(network, 2, false);
    network_restart(network, 2);
    network_campaign(network, 3);
    network_settle(network);
    ck_assert_int_ne(network_role(network, 3), RAFT_LEADER);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    network_run(network, ELECTION_TIMEOUT_MS);
    network_campaign(network, 3);
    network_settle(network);
    ck_assert_int_eq(network_role(network, 3), RAFT_LEADER);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    network_destroy(network);
}
END_TEST

START_TEST(a_node_alone_waits_for_nobody)
{
    struct network *network = network_create(1);

    network_settle(network);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_crash(network, 1, false);
    network_restart(network, 1);
    network_settle(network);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    network_destroy(network);
}
END_TEST

/* A higher term alone does not end the promise. */
START_TEST(a_message_of_a_higher_term_does_not_break_the_lease)
{
    struct network *network = three_with_leader_1();
    struct raft_message message = {
        .type = RAFT_MESSAGE_READ, .from = 3, .to = 2, .term = network_status(network, 2).term + 5};
    struct raft_message vote = {.type = RAFT_MESSAGE_VOTE,
                                .from = 3,
                                .to = 2,
                                .term = message.term,
                                .vote = {.last_index = 100, .last_term = 100}};

    network_isolate(network, 1);
    network_cut(network, 2, 3);
    network_deliver(network, &message);
    ck_assert_uint_eq(network_status(network, 2).term, message.term);
    network_deliver(network, &vote);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).vote, 0);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    network->now_ms += ELECTION_TIMEOUT_MS;
    vote.term = message.term;
    network_deliver(network, &vote);
    ck_assert_uint_eq(network_status(network, 2).vote, 3);
    network_destroy(network);
}
END_TEST

START_TEST(it_is_void_once_leadership_was_offered)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_HANDOVER, .to = 2};

    network_hold(network, 1, 2);
    network_step(network, 1, &event);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    /* The order to campaign may arrive long after the handover was given up. */
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    network_destroy(network);
}
END_TEST

/* Nobody asks for a lease, so no voter is bound by anything but what it hears. */
START_TEST(nobody_who_was_not_asked_promises)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    ck_assert_uint_eq(network_peer(network, 1, 2).promise_ms, 0);
    ck_assert_uint_eq(network_peer(network, 1, 2).election_timeout_ms, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 2)->promise_ms, 0);
    read_by_lease(network, 1);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_ge(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS);
    ck_assert_uint_eq(network_peer(network, 1, 2).promise_ms, ELECTION_TIMEOUT_MS);
    /* Reads ask no more. */
    network_run(network, 11 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    ck_assert_uint_eq(network_peer(network, 1, 2).promise_ms, 0);
    network_destroy(network);
}
END_TEST

/* The question of a follower makes the leader ask as well. */
START_TEST(a_read_of_a_follower_asks_too)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    read_by_lease(network, 2);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 2)->read_confirmed_id, 1);
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_ge(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS);
    network_destroy(network);
}
END_TEST

/* A connection that ends tells that the leader's process may have ended: a voter that has promised
 * nothing is free at once. One that has promised is not. */
START_TEST(r1_hearing_the_leader_is_no_promise)
{
    for (int promised = 0; promised < 2; promised++) {
        struct network *network = network_create(3);
        struct raft_event lost = {.type = RAFT_EVENT_LINK, .link = {.peer = 1, .up = false}};

        network_elect_node(network, 1);
        if (promised) {
            read_by_lease(network, 1);
        }
        network_settle(network);
        network_run(network, HEARTBEAT_MS);
        network_isolate(network, 1);
        ask_for_votes(network, 3, 2);
        ck_assert(!has_voted_for(network, 2, 3));
        network_step(network, 2, &lost);
        ask_for_votes(network, 3, 2);
        ck_assert_int_eq(has_voted_for(network, 2, 3), !promised);
        network_destroy(network);
    }
}
END_TEST

/* The leader waits for five seconds, the others promise for one only. */
START_TEST(r1_it_ends_with_the_promises_of_voters_that_wait_less)
{
    struct network *network = three_with_timeouts(5000, 1000);

    ck_assert_uint_le(lease_left_ms(network, 1), LEASE_MS);
    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert_uint_le(lease_left_ms(network, 1), LEASE_MS);
    ck_assert_uint_eq(network_peer(network, 1, 2).promise_ms, 1000);
    ck_assert_uint_eq(network_peer(network, 1, 2).election_timeout_ms, 1000);
    network_isolate(network, 1);
    run_until_replaced(network);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER); /* it does not know yet */
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    read_by_lease(network, 1);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
    network_destroy(network);
}
END_TEST

/* And where they promise for longer, the leader's own time-out bounds it. */
START_TEST(r1_it_ends_with_the_leaders_time_out)
{
    struct network *network = three_with_timeouts(1000, 5000);

    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert_uint_le(lease_left_ms(network, 1), LEASE_MS);
    ck_assert_uint_ge(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS);
    network_destroy(network);
}
END_TEST

/* A voter starts again with a shorter time-out while its longer promise is still valid. */
START_TEST(r1_a_promise_outlives_a_restart_with_a_shorter_time_out)
{
    struct network *network = three_with_timeouts(5000, 5000);

    network_isolate(network, 1);
    for (uint16_t id = 2; id <= 3; id++) {
        network_crash(network, id, false);
        ck_assert(network_node(network, id)->promise_known);
        ck_assert_uint_eq(network_node(network, id)->promise_ms, 5000);
        network_node(network, id)->election_timeout_ms = 1000;
        network_restart(network, id);
    }
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    ck_assert_uint_eq(network_leader(network), 1);
    run_until_replaced(network);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    /* The new term needs no longer promise than the new setting. */
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 2)->promise_ms, 0);
    network_destroy(network);
}
END_TEST

/* The write that makes the promise last is the only one. */
START_TEST(r1_no_promise_leaves_before_its_length_is_on_disk)
{
    struct network *network = network_create(3);
    struct network_node *node = network_node(network, 2);

    network_elect_node(network, 1);
    network_cut(network, 1, 3);
    node->disk_stalled = true;
    read_by_lease(network, 1);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 0);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    ck_assert_ptr_nonnull(node->writes);
    ck_assert_uint_eq(node->writes->write.promise_ms, ELECTION_TIMEOUT_MS);
    ck_assert_ptr_null(node->writes->next);
    node->disk_stalled = false;
    network_settle(network);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
    node->disk_stalled = true;
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_ptr_null(node->writes);
    ck_assert_uint_ge(lease_left_ms(network, 1), LEASE_MS - HEARTBEAT_MS);
    network_destroy(network);
}
END_TEST

/* A log of raftd 0.1.0 does not say what was promised: it can have been an election time-out. */
START_TEST(r1_an_old_log_means_a_promise_of_an_election_timeout)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    network_isolate(network, 1);
    network_crash(network, 2, false);
    network_node(network, 2)->promise_known = false;
    network_restart(network, 2);
    ask_for_votes(network, 3, 2);
    network_run(network, ELECTION_TIMEOUT_MS - 1);
    ask_for_votes(network, 3, 2);
    ck_assert(!has_voted_for(network, 2, 3));
    network_run(network, 1);
    ask_for_votes(network, 3, 2);
    ck_assert(has_voted_for(network, 2, 3));
    network_destroy(network);
}
END_TEST

/* While the membership is joint, the promises of one half are not enough. */
START_TEST(r1_it_needs_the_promises_of_both_halves)
{
    struct network *network = network_create(5);

    lead(network);
    for (uint16_t id = 3; id <= 5; id++) {
        network_hold(network, id, 1);
    }
    network_change(network, 1, "remove 4, remove 5");
    ck_assert_int_eq(network_node(network, 1)->refused_reason, RAFT_REFUSED_NOT);
    /* Voter 2 is a quorum of the new members with the leader, and no quorum of the old ones. */
    network_run(network, LEASE_MS);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    network_release(network, 5, 1);
    network_run(network, 1);
    ck_assert_uint_gt(lease_left_ms(network, 1), 0);
    network_destroy(network);
}
END_TEST

static bool final_membership_unanswered(struct network *network, const struct raft_message *message)
{
    (void)network;
    return message->type != RAFT_MESSAGE_APPEND_REPLY || message->append_reply.index < 4;
}

/* Leader 2 of the voters 1 and 2 has removed itself. Node 1 has that membership in its log, starts
 * again, and would be the only voter; but leader 2 holds its promise and does not know yet that the
 * removal is committed. */
START_TEST(r8_the_last_voter_keeps_its_promise_to_a_leader_that_was_removed)
{
    for (int known = 0; known < 2; known++) {
        struct network *network = network_create(2);

        network_elect_node(network, 2);
        read_by_lease(network, 2);
        network_settle(network);
        network->filter = final_membership_unanswered;
        network_change(network, 2, "remove 2");
        network_settle(network);
        ck_assert_uint_eq(network_status(network, 1).membership_index, 4);
        ck_assert_uint_lt(network_status(network, 2).commit_index, 4);
        network_crash(network, 1, false);
        network_node(network, 1)->promise_known = known != 0;
        network_restart(network, 1);
        network_isolate(network, 2);
        network_run(network, 1);
        while (lease_left_ms(network, 2) > 0) {
            ck_assert_int_ne(network_role(network, 1), RAFT_LEADER);
            network_run(network, 1);
        }
        network_run(network, ELECTION_TIMEOUT_MS);
        ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
        network_destroy(network);
    }
}
END_TEST

START_TEST(it_ends_with_the_leadership)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_STEP_DOWN};

    network_step(network, 1, &event);
    ck_assert_uint_eq(lease_left_ms(network, 1), 0);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(lease)
{
    Suite *suite = suite_create("lease");
    TCase *tcase = tcase_create("leases");

    tcase_add_test(tcase, a_leader_that_a_quorum_answers_has_one);
    tcase_add_test(tcase, t23_it_counts_from_when_the_round_left);
    tcase_add_test(tcase, t21_the_lease_of_an_isolated_leader_ends_before_another_is_elected);
    tcase_add_test(tcase, t21_an_isolated_leader_confirms_no_read_once_its_lease_is_over);
    tcase_add_test(tcase, a_follower_is_answered_by_the_leaders_lease);
    tcase_add_test(tcase, without_a_lease_a_round_confirms_it);
    tcase_add_test(tcase, a_restarted_voter_does_not_break_the_lease);
    tcase_add_test(tcase, a_node_alone_waits_for_nobody);
    tcase_add_test(tcase, a_message_of_a_higher_term_does_not_break_the_lease);
    tcase_add_test(tcase, it_is_void_once_leadership_was_offered);
    tcase_add_test(tcase, it_ends_with_the_leadership);
    tcase_add_test(tcase, nobody_who_was_not_asked_promises);
    tcase_add_test(tcase, a_read_of_a_follower_asks_too);
    tcase_add_test(tcase, r1_hearing_the_leader_is_no_promise);
    tcase_add_test(tcase, r1_it_ends_with_the_promises_of_voters_that_wait_less);
    tcase_add_test(tcase, r1_it_ends_with_the_leaders_time_out);
    tcase_add_test(tcase, r1_a_promise_outlives_a_restart_with_a_shorter_time_out);
    tcase_add_test(tcase, r1_no_promise_leaves_before_its_length_is_on_disk);
    tcase_add_test(tcase, r1_an_old_log_means_a_promise_of_an_election_timeout);
    tcase_add_test(tcase, r1_it_needs_the_promises_of_both_halves);
    tcase_add_test(tcase, r8_the_last_voter_keeps_its_promise_to_a_leader_that_was_removed);
    suite_add_tcase(suite, tcase);
    return suite;
}
