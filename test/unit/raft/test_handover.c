/*
 * Handovers of leadership: on request, to a higher priority, from a disk that hangs or is full.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

static struct network *three_with_leader_1(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    return network;
}

static void hand_over(struct network *network, uint16_t from, uint16_t to)
{
    struct raft_event event = {.type = RAFT_EVENT_HANDOVER, .to = to};

    network_step(network, from, &event);
    network_settle(network);
}

START_TEST(the_chosen_one_leads_without_an_election_timeout)
{
    struct network *network = three_with_leader_1();

    hand_over(network, 1, 3);
    ck_assert_int_eq(network_role(network, 3), RAFT_LEADER);
    ck_assert_int_eq(network_role(network, 1), RAFT_FOLLOWER);
    network_destroy(network);
}
END_TEST

START_TEST(a_follower_may_ask_for_it)
{
    struct network *network = three_with_leader_1();

    network_change(network, 2, "handover 2");
    network_settle(network);
    ck_assert_int_eq(network_role(network, 2), RAFT_LEADER);
    ck_assert_uint_eq(network_node(network, 2)->refused_reason, RAFT_REFUSED_HANDING_OVER);
    network_destroy(network);
}
END_TEST

START_TEST(the_best_is_whoever_has_most_of_the_log)
{
    struct network *network = three_with_leader_1();

    network_cut(network, 1, 2);
    network_propose(network, 1, 7);
    network_settle(network);
    network_change(network, 1, "handover 0");
    network_settle(network);
    ck_assert_int_eq(network_role(network, 3), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

static uint8_t answer_to(struct network *network, const char *words)
{
    network_change(network, 1, words);
    return network_node(network, 1)->refused_reason;
}

static bool lose_entries(struct network *network, const struct raft_message *message)
{
    (void)network;
    return message->type != RAFT_MESSAGE_APPEND || message->entry_count == 0;
}

START_TEST(a_member_that_cannot_lead_is_refused_with_the_reason)
{
    struct network *network = three_with_leader_1();

    ck_assert_uint_eq(answer_to(network, "handover 9"), RAFT_REFUSED_NO_MEMBER);
    ck_assert_uint_eq(answer_to(network, "handover 1"), RAFT_REFUSED_LEADS_ALREADY);
    ck_assert_uint_eq(network_add_node(network), 4);
    network_change(network, 1, "learn 4");
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(answer_to(network, "handover 4"), RAFT_REFUSED_NO_VOTER);
    network_change(network, 1, "remove 4");
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(answer_to(network, "handover 4"), RAFT_REFUSED_REMOVED);
    network_destroy(network);
}
END_TEST

static uint8_t answer_to_follower(struct network *network, const char *words)
{
    network_change(network, 2, words);
    network_settle(network);
    return network_node(network, 2)->refused_reason;
}

/* A node that does not know a reason would close the link on which the reason arrives. */
START_TEST(a_peer_is_told_only_reasons_that_it_knows)
{
    struct network *network = three_with_leader_1();

    ck_assert_uint_eq(answer_to_follower(network, "handover 9"), RAFT_REFUSED_NO_CANDIDATE);
    ck_assert_uint_eq(answer_to_follower(network, "handover 1"), RAFT_REFUSED_NO_CANDIDATE);
    ck_assert_uint_eq(answer_to_follower(network, "handover 9 1"), RAFT_REFUSED_NO_MEMBER);
    ck_assert_uint_eq(answer_to_follower(network, "handover 1 1"), RAFT_REFUSED_LEADS_ALREADY);
    network_destroy(network);
}
END_TEST

START_TEST(a_voter_that_is_silent_or_behind_is_refused)
{
    struct network *network = three_with_leader_1();

    network_cut(network, 1, 3);
    network_run(network, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(answer_to(network, "handover 3"), RAFT_REFUSED_NO_ANSWER);
    network_propose(network, 1, 7);
    network_settle(network);
    network->filter = lose_entries; /* it answers, but gets no entries */
    network_heal(network);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(answer_to(network, "handover 3"), RAFT_REFUSED_BEHIND);
    network->filter = NULL;
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(answer_to(network, "handover 3"), RAFT_REFUSED_HANDING_OVER);
    network_destroy(network);
}
END_TEST

START_TEST(nobody_to_hand_to_is_an_answer)
{
    struct network *network = network_create(1);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(answer_to(network, "handover 0"), RAFT_REFUSED_NO_CANDIDATE);
    network_destroy(network);
}
END_TEST

START_TEST(proposals_are_refused_meanwhile_and_none_is_lost)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 1, 2);
    network_propose(network, 1, 6);
    hand_over(network, 1, 2); /* waits until node 2 has the last entry */
    ck_assert_uint_eq(raft_get_handover(network_node(network, 1)->core), 2);
    network_propose(network, 1, 7);
    ck_assert_uint_eq(network_node(network, 1)->refused_reason, RAFT_REFUSED_HANDOVER);
    network_release(network, 1, 2);
    network_run(network, HEARTBEAT_MS);
    ck_assert_int_eq(network_role(network, 2), RAFT_LEADER);
    ck_assert_uint_eq(network_committed_times(network, 6), 1);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network_destroy(network);
}
END_TEST

START_TEST(it_is_given_up_after_an_election_timeout)
{
    struct network *network = three_with_leader_1();

    network_cut(network, 1, 2);
    network_propose(network, 1, 6);
    hand_over(network, 1, 2);
    network_run(network, ELECTION_TIMEOUT_MS + HEARTBEAT_MS);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(raft_get_handover(network_node(network, 1)->core), 0);
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

/* The order was lost: it is sent again with the next heartbeat. */
static bool lose_one_order(struct network *network, const struct raft_message *message)
{
    if (message->type == RAFT_MESSAGE_TIMEOUT_NOW) {
        network->filter = NULL;
        return false;
    }
    return true;
}

START_TEST(a_lost_order_is_repeated)
{
    struct network *network = three_with_leader_1();

    network->filter = lose_one_order;
    hand_over(network, 1, 2);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_int_eq(network_role(network, 2), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

START_TEST(t46_a_leader_whose_disk_hangs_hands_over)
{
    struct network *network = network_create(3);

    network->options.disk_stall_ms = 500;
    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_elect_node(network, 1);
    network_node(network, 1)->disk_stalled = true;
    network_propose(network, 1, 7);
    network_run(network, 400);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_run(network, 400);
    ck_assert_int_ne(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_ne(network_leader(network), 0);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

/* A disk that is only slow finishes a write now and then. */
START_TEST(t46_a_slow_disk_is_not_a_hanging_one)
{
    struct network *network = network_create(3);

    network->options.disk_stall_ms = 500;
    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_elect_node(network, 1);
    network_node(network, 1)->disk_stalled = true;
    for (uint64_t i = 0; i < 10; i++) {
        network_propose(network, 1, 10 + i);
        network_propose(network, 1, 20 + i);
        network_run(network, 300);
        network_finish_write(network, 1);
    }
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

static void start_with_priority(struct network *network, uint16_t id, uint8_t priority)
{
    network->options.priority = priority;
    network_crash(network, id, false);
    network_restart(network, id);
}

START_TEST(leadership_drifts_to_the_highest_priority_that_is_up_to_date)
{
    struct network *network = network_create(3);

    start_with_priority(network, 2, 5);
    start_with_priority(network, 3, 9);
    network_elect_node(network, 1);
    network_isolate(network, 3);
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 2); /* the best of the nodes that answer */
    network_heal(network);
    network_run(network, 12 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 3);
    network_destroy(network);
}
END_TEST

/* The disk of this node hangs for two seconds while it writes something. */
static void stall(struct network *network, uint16_t id, uint64_t value)
{
    network_node(network, id)->disk_stalled = true;
    network_propose(network, (uint16_t)(id % 3 + 1), value);
    network_run(network, 2000);
    network_node(network, id)->disk_stalled = false;
}

/* The preferred node has a disk that hangs every ten seconds. Leadership goes away at the first
 * stall, and comes back only when the disk has worked for long enough. */
START_TEST(t46_a_disk_that_hangs_now_and_then_takes_the_priority_away)
{
    struct network *network = network_create(3);
    unsigned changes = 0;
    uint16_t leader = 1;

    network->options.disk_stall_ms = 500;
    start_with_priority(network, 2, 0);
    start_with_priority(network, 3, 0);
    start_with_priority(network, 1, 100);
    network_elect_node(network, 1);
    for (uint64_t i = 0; i < 12; i++) {
        stall(network, 1, 100 + i);
        network_run(network, 8000);
        changes += network_leader(network) != leader ? 1 : 0;
        leader = network_leader(network);
    }
    ck_assert_uint_ne(leader, 1);
    ck_assert_uint_le(changes, 4);
    network_run(network, 32 * 20 * ELECTION_TIMEOUT_MS + 8 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 1); /* the disk has been good for long enough */
    network_destroy(network);
}
END_TEST

static void say_space(struct network *network, uint16_t id, bool low)
{
    const struct raft_event event = {.type = RAFT_EVENT_SPACE, .low = low};

    network_step(network, id, &event);
}

/*
 * T45: leadership goes to a node with space, whatever its priority. If no node has space, it stays.
 */
START_TEST(t45_a_leader_whose_disk_is_full_hands_over_to_one_with_space)
{
    struct network *network = network_create(3);

    start_with_priority(network, 1, 9);
    start_with_priority(network, 2, 5);
    network_elect_node(network, 1);
    say_space(network, 1, true);
    say_space(network, 2, true);
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 3);
    network_propose(network, 1, 7); /* forwarded: the disk of this node does not matter */
    network_run(network, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_run(network, 12 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network),
                      3); /* it does not drift back to the nodes with full disks */
    say_space(network, 3, true);
    network_run(network, 12 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 3);
    say_space(network, 1, false);
    network_run(network, 12 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader(network), 1);
    network_destroy(network);
}
END_TEST

START_TEST(an_order_that_is_late_finds_nobody)
{
    struct network *network = three_with_leader_1();
    struct raft_message order = {.type = RAFT_MESSAGE_TIMEOUT_NOW, .from = 1, .to = 2};
    uint64_t term = network_status(network, 1).term;

    order.term = term - 1;
    network_deliver(network, &order);
    order.term = term;
    order.from = 3; /* this node does not lead */
    network_deliver(network, &order);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).term, term);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(handover)
{
    Suite *suite = suite_create("handover");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, the_chosen_one_leads_without_an_election_timeout);
    tcase_add_test(tests, a_follower_may_ask_for_it);
    tcase_add_test(tests, the_best_is_whoever_has_most_of_the_log);
    tcase_add_test(tests, a_member_that_cannot_lead_is_refused_with_the_reason);
    tcase_add_test(tests, a_peer_is_told_only_reasons_that_it_knows);
    tcase_add_test(tests, a_voter_that_is_silent_or_behind_is_refused);
    tcase_add_test(tests, nobody_to_hand_to_is_an_answer);
    tcase_add_test(tests, proposals_are_refused_meanwhile_and_none_is_lost);
    tcase_add_test(tests, it_is_given_up_after_an_election_timeout);
    tcase_add_test(tests, a_lost_order_is_repeated);
    tcase_add_test(tests, t46_a_leader_whose_disk_hangs_hands_over);
    tcase_add_test(tests, t46_a_slow_disk_is_not_a_hanging_one);
    tcase_add_test(tests, t46_a_disk_that_hangs_now_and_then_takes_the_priority_away);
    tcase_add_test(tests, leadership_drifts_to_the_highest_priority_that_is_up_to_date);
    tcase_add_test(tests, t45_a_leader_whose_disk_is_full_hands_over_to_one_with_space);
    tcase_add_test(tests, an_order_that_is_late_finds_nobody);
    suite_add_tcase(suite, tests);
    return suite;
}
