/*
 * Leases: how long a leader may take itself for the only one, and that voters keep the promise
 * behind it.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000, LEASE_MS = 900 };

static struct network *three_with_leader_1(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    return network;
}

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
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
    network_run(network, LEASE_MS);
    read_by_lease(network, 1);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
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
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 0);
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 1)->read_confirmed_id, 1);
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
    suite_add_tcase(suite, tcase);
    return suite;
}
