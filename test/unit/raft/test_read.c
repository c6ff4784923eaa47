/*
 * ReadIndex: no read sees less than what was committed before it was asked (the invariants check
 * that for each read of each test), and no read is confirmed by the answer to another question.
 */
#include <string.h>

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

static bool is_confirmed(struct network *network, uint16_t id, uint64_t read_id)
{
    return network_node(network, id)->read_confirmed_id >= read_id;
}

static uint64_t confirmed_index(struct network *network, uint16_t id)
{
    return network_node(network, id)->read_confirmed_index;
}

START_TEST(the_leader_confirms_a_read_in_one_round)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_propose(network, 1, 7);
    network_settle(network);
    read_id = network_read(network, 1);
    ck_assert(!is_confirmed(network, 1, read_id));
    network_settle(network);
    ck_assert(is_confirmed(network, 1, read_id));
    ck_assert_uint_eq(confirmed_index(network, 1), 3);
    network_destroy(network);
}
END_TEST

START_TEST(a_follower_asks_the_leader_and_learns_the_commit_index_with_it)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).commit_index, 2);
    read_id = network_read(network, 2);
    network_settle(network);
    ck_assert(is_confirmed(network, 2, read_id));
    ck_assert_uint_eq(confirmed_index(network, 2), 3);
    /* It can be served without waiting for a heartbeat. */
    ck_assert_uint_eq(network_status(network, 2).commit_index, 3);
    network_destroy(network);
}
END_TEST

START_TEST(a_single_voter_confirms_at_once)
{
    struct network *network = network_create(1);
    uint64_t read_id;

    network_run(network, 3000);
    read_id = network_read(network, 1);
    ck_assert(is_confirmed(network, 1, read_id));
    network_destroy(network);
}
END_TEST

START_TEST(one_of_two_followers_is_a_quorum)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_isolate(network, 3);
    read_id = network_read(network, 1);
    network_settle(network);
    ck_assert(is_confirmed(network, 1, read_id));
    network_destroy(network);
}
END_TEST

START_TEST(a_slow_disk_does_not_hold_up_reads)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_node(network, 2)->disk_stalled = true;
    network_node(network, 3)->disk_stalled = true;
    network_propose(network, 1, 7);
    read_id = network_read(network, 1);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    ck_assert(is_confirmed(network, 1, read_id));
    network_destroy(network);
}
END_TEST

START_TEST(t21_an_isolated_leader_confirms_nothing)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_isolate(network, 1);
    read_id = network_read(network, 1);
    network_run(network, ELECTION_TIMEOUT_MS / 2);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert(!is_confirmed(network, 1, read_id));
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    network_propose(network, network_leader(network), 7);
    network_settle(network);
    ck_assert(!is_confirmed(network, 1, read_id));
    network_destroy(network);
}
END_TEST

START_TEST(t21_nor_does_a_paused_one_that_wakes_up_replaced)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_node(network, 1)->paused = true;
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    network_propose(network, network_leader(network), 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_node(network, 1)->paused = false;
    read_id = network_read(network, 1);
    ck_assert(!is_confirmed(network, 1, read_id));
    network_run(network, ELECTION_TIMEOUT_MS);
    /* At last the node knows the new leader and asks there. */
    ck_assert(is_confirmed(network, 1, read_id));
    ck_assert_uint_ge(confirmed_index(network, 1), 4);
    network_destroy(network);
}
END_TEST

/* Holds the answers of one kind to one node, and lets all others pass. */
struct delayed {
    uint8_t type;
    uint16_t to;
    struct raft_message messages[16];
    size_t count;
};

static bool delay(struct network *network, const struct raft_message *message)
{
    struct delayed *delayed = network->filter_argument;

    if (message->type != delayed->type || message->to != delayed->to) {
        return true;
    }
    ck_assert_uint_lt(delayed->count, 16);
    delayed->messages[delayed->count++] = *message;
    return false;
}

START_TEST(t22_a_late_reply_does_not_confirm_a_newer_read_of_a_follower)
{
    struct network *network = three_with_leader_1();
    struct delayed delayed = {.type = RAFT_MESSAGE_READ_REPLY, .to = 2};
    uint64_t newer;

    network->filter = delay;
    network->filter_argument = &delayed;
    network_read(network, 2);
    network_settle(network);
    network_run(network, 3 * HEARTBEAT_MS); /* and it asks again, with another number */
    ck_assert_uint_ge(delayed.count, 2);
    ck_assert_uint_ne(delayed.messages[0].read_reply.attempt,
                      delayed.messages[1].read_reply.attempt);
    network_propose(network, 1, 7);
    network_settle(network);
    newer = network_read(network, 2);
    for (size_t i = 0; i < delayed.count; i++) {
        network_deliver(network, &delayed.messages[i]);
    }
    ck_assert(!is_confirmed(network, 2, newer));
    network->filter = NULL;
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert(is_confirmed(network, 2, newer));
    ck_assert_uint_eq(confirmed_index(network, 2), 3);
    network_destroy(network);
}
END_TEST

START_TEST(t22_an_attempt_of_an_earlier_life_confirms_nothing)
{
    struct network *network = three_with_leader_1();
    struct delayed delayed = {.type = RAFT_MESSAGE_READ_REPLY, .to = 2};
    uint64_t newer;

    network->filter = delay;
    network->filter_argument = &delayed;
    network_read(network, 2);
    network_settle(network);
    ck_assert_uint_eq(delayed.count, 1);
    network_crash(network, 2, false);
    network_restart(network, 2);
    network_propose(network, 1, 7);
    network_run(network, 2 * HEARTBEAT_MS);
    newer = network_read(network, 2);
    network_deliver(network, &delayed.messages[0]);
    ck_assert(!is_confirmed(network, 2, newer));
    network_destroy(network);
}
END_TEST

START_TEST(t22_a_late_answer_to_an_older_round_does_not_confirm_a_newer_read)
{
    struct network *network = three_with_leader_1();
    struct delayed delayed = {.type = RAFT_MESSAGE_APPEND_REPLY, .to = 1};
    uint64_t newer;

    network->filter = delay;
    network->filter_argument = &delayed;
    network_read(network, 1);
    network_run(network,
                HEARTBEAT_MS); /* the other follower gets the number of the round as well */
    ck_assert_uint_ge(delayed.count, 2);
    newer = network_read(network, 1);
    for (size_t i = 0; i < delayed.count; i++) {
        network_deliver(network, &delayed.messages[i]);
    }
    ck_assert(!is_confirmed(network, 1, newer));
    network->filter = NULL;
    network_run(network, HEARTBEAT_MS);
    ck_assert(is_confirmed(network, 1, newer));
    network_destroy(network);
}
END_TEST

START_TEST(t22_rounds_of_another_term_do_not_count)
{
    struct network *network = three_with_leader_1();
    struct delayed delayed = {.type = RAFT_MESSAGE_APPEND_REPLY, .to = 1};
    uint64_t newer;

    for (int i = 0; i < 5; i++) { /* the answer to a high round */
        network_read(network, 1);
        network_settle(network);
    }
    network->filter = delay;
    network->filter_argument = &delayed;
    network_read(network, 1);
    network_settle(network);
    ck_assert_uint_ge(delayed.messages[0].append_reply.read_round, 6);
    network->filter = NULL;
    network_elect_node(network, 2);
    network_elect_node(network, 1);
    network_isolate(network, 1);
    newer = network_read(network, 1); /* the first round of the new term */
    ck_assert_uint_ge(delayed.count, 1);
    for (size_t i = 0; i < delayed.count; i++) {
        network_deliver(network, &delayed.messages[i]);
    }
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert(!is_confirmed(network, 1, newer));
    ck_assert_uint_eq(network_node(network, 1)->violation_count, 0);
    network_destroy(network);
}
END_TEST

START_TEST(t25_a_read_outlives_the_leader_that_was_asked)
{
    struct network *network = three_with_leader_1();
    uint64_t on_leader;
    uint64_t on_follower;

    network_hold(network, 1, 2);
    network_hold(network, 2, 1);
    network_hold(network, 3, 1);
    on_leader = network_read(network, 1);
    on_follower = network_read(network, 2);
    network_settle(network);
    network_isolate(network, 1);
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_ne(network_leader(network), 1);
    network_propose(network, network_leader(network), 7);
    network_settle(network);
    ck_assert(is_confirmed(network, 2, on_follower));
    ck_assert(!is_confirmed(network, 1, on_leader));
    network_lose(network, 1, 2);
    network_lose(network, 2, 1);
    network_lose(network, 3, 1);
    network_release(network, 1, 2);
    network_release(network, 2, 1);
    network_release(network, 3, 1);
    network_heal(network);
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    ck_assert(is_confirmed(network, 1, on_leader));
    network_destroy(network);
}
END_TEST

START_TEST(t25_a_leader_that_steps_down_confirms_nothing_by_late_answers)
{
    struct network *network = three_with_leader_1();
    struct delayed delayed = {.type = RAFT_MESSAGE_APPEND_REPLY, .to = 1};
    struct raft_event event = {.type = RAFT_EVENT_STEP_DOWN};
    uint64_t read_id;

    network->filter = delay;
    network->filter_argument = &delayed;
    read_id = network_read(network, 1);
    network_settle(network);
    network_step(network, 1, &event);
    for (size_t i = 0; i < delayed.count; i++) {
        network_deliver(network, &delayed.messages[i]);
    }
    ck_assert(!is_confirmed(network, 1, read_id));
    network->filter = NULL;
    network_run(network, 4 * ELECTION_TIMEOUT_MS);
    ck_assert(is_confirmed(network, 1, read_id));
    network_destroy(network);
}
END_TEST

/* The disks of the others stall as soon as the leader's first entry is under way to them. */
static bool stall_at_noop(struct network *network, const struct raft_message *message)
{
    if (message->type == RAFT_MESSAGE_APPEND && message->entry_count > 0) {
        network_node(network, message->to)->disk_stalled = true;
    }
    return true;
}

START_TEST(t10_reads_wait_until_the_new_leader_knows_what_is_committed)
{
    struct network *network = three_with_leader_1();
    uint64_t on_leader;
    uint64_t on_follower;

    network_propose(network, 1, 7);
    network_settle(network);
    network->filter = stall_at_noop;
    network_elect_node(network, 2);
    ck_assert_uint_lt(network_status(network, 2).commit_index,
                      network_status(network, 2).last_index);
    on_leader = network_read(network, 2);
    on_follower = network_read(network, 3);
    network_run(network, 3 * HEARTBEAT_MS); /* its leadership is confirmed, there is no doubt */
    ck_assert(!is_confirmed(network, 2, on_leader));
    ck_assert(!is_confirmed(network, 3, on_follower));
    network->filter = NULL;
    network_node(network, 1)->disk_stalled = false;
    network_node(network, 3)->disk_stalled = false;
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert(is_confirmed(network, 2, on_leader));
    ck_assert(is_confirmed(network, 3, on_follower));
    ck_assert_uint_ge(confirmed_index(network, 2), 4);
    network_destroy(network);
}
END_TEST

static bool count_appends(struct network *network, const struct raft_message *message)
{
    size_t *count = network->filter_argument;

    *count += message->type == RAFT_MESSAGE_APPEND && message->entry_count == 0;
    return true;
}

START_TEST(all_reads_of_a_batch_share_one_round)
{
    struct network *network = three_with_leader_1();
    struct raft_message ask[2] = {
        {.type = RAFT_MESSAGE_READ, .from = 2, .to = 1, .read = {.attempt = 1}},
        {.type = RAFT_MESSAGE_READ, .from = 3, .to = 1, .read = {.attempt = 1}},
    };
    struct raft_event events[3] = {{.type = RAFT_EVENT_READ, .read_id = 1}};
    struct raft_outbox outbox;
    size_t appends = 0;

    for (size_t i = 0; i < 2; i++) {
        ask[i].term = network_status(network, 1).term;
        events[i + 1] = (struct raft_event){.type = RAFT_EVENT_MESSAGE, .message = &ask[i]};
    }
    network->filter = count_appends;
    network->filter_argument = &appends;
    raft_step(network_node(network, 1)->core,
              network->now_ms + network_node(network, 1)->clock_ahead_ms, events, 3, &outbox);
    for (size_t i = 0; i < outbox.message_count; i++) {
        appends += outbox.messages[i].type == RAFT_MESSAGE_APPEND;
    }
    ck_assert_uint_eq(appends, 1); /* to one follower, which is a quorum with the leader */
    ck_assert(!outbox.has_write);
    network_destroy(network);
}
END_TEST

START_TEST(a_witness_that_is_silent_costs_a_heartbeat)
{
    for (uint16_t silent = 2; silent <= 3; silent++) {
        struct network *network = three_with_leader_1();
        uint64_t read_id;

        network_cut(network, 1, silent);
        read_id = network_read(network, 1);
        network_run(network, HEARTBEAT_MS);
        ck_assert(is_confirmed(network, 1, read_id));
        /* This follower is not asked first again: the next read needs no heartbeat. */
        read_id = network_read(network, 1);
        network_settle(network);
        ck_assert(is_confirmed(network, 1, read_id));
        network_destroy(network);
    }
}
END_TEST

START_TEST(a_lost_question_is_asked_again)
{
    struct network *network = three_with_leader_1();
    uint64_t read_id;

    network_cut(network, 1, 2);
    read_id = network_read(network, 2);
    network_run(network, 2 * HEARTBEAT_MS - 1);
    network_connect(network, 1, 2);
    ck_assert(!is_confirmed(network, 2, read_id));
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert(is_confirmed(network, 2, read_id));
    network_destroy(network);
}
END_TEST

UNIT_SUITE(read)
{
    Suite *suite = suite_create("read");
    TCase *plain = tcase_create("reads");
    TCase *traps = tcase_create("traps");

    tcase_add_test(plain, the_leader_confirms_a_read_in_one_round);
    tcase_add_test(plain, a_follower_asks_the_leader_and_learns_the_commit_index_with_it);
    tcase_add_test(plain, a_single_voter_confirms_at_once);
    tcase_add_test(plain, one_of_two_followers_is_a_quorum);
    tcase_add_test(plain, a_slow_disk_does_not_hold_up_reads);
    tcase_add_test(plain, all_reads_of_a_batch_share_one_round);
    tcase_add_test(plain, a_witness_that_is_silent_costs_a_heartbeat);
    tcase_add_test(plain, a_lost_question_is_asked_again);
    suite_add_tcase(suite, plain);
    tcase_add_test(traps, t10_reads_wait_until_the_new_leader_knows_what_is_committed);
    tcase_add_test(traps, t21_an_isolated_leader_confirms_nothing);
    tcase_add_test(traps, t21_nor_does_a_paused_one_that_wakes_up_replaced);
    tcase_add_test(traps, t22_a_late_reply_does_not_confirm_a_newer_read_of_a_follower);
    tcase_add_test(traps, t22_an_attempt_of_an_earlier_life_confirms_nothing);
    tcase_add_test(traps, t22_a_late_answer_to_an_older_round_does_not_confirm_a_newer_read);
    tcase_add_test(traps, t22_rounds_of_another_term_do_not_count);
    tcase_add_test(traps, t25_a_read_outlives_the_leader_that_was_asked);
    tcase_add_test(traps, t25_a_leader_that_steps_down_confirms_nothing_by_late_answers);
    suite_add_tcase(suite, traps);
    return suite;
}
