/*
 * Proposals: appended once, forwarded once, or certainly refused.
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

START_TEST(a_follower_forwards_and_learns_of_the_commit_at_once)
{
    struct network *network = three_with_leader_1();

    network_propose(network, 2, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    ck_assert_uint_eq(network_status(network, 2).commit_index, 3);
    ck_assert_uint_eq(network_status(network, 3).commit_index, 2); /* no need to wake it at once */
    ck_assert_uint_eq(network_node(network, 2)->refused_count, 0);
    network_destroy(network);
}
END_TEST

START_TEST(without_a_leader_a_proposal_is_refused_at_once)
{
    struct network *network = network_create(3);

    network_propose(network, 2, 7);
    ck_assert_uint_eq(network_node(network, 2)->refused_count, 1);
    network_run(network, 5000);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network_destroy(network);
}
END_TEST

START_TEST(a_proposal_for_somebody_who_leads_no_more_comes_back)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_STEP_DOWN};

    network_step(network, 1, &event);
    network_propose(network, 2, 7);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 2)->refused_count, 1);
    network_run(network, 5000);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network_destroy(network);
}
END_TEST

START_TEST(refused_ones_say_which)
{
    struct network *network = three_with_leader_1();
    const struct raft_proposal_id refused[2] = {{.origin = 5, .sequence = 50},
                                                {.origin = 6, .sequence = 60}};
    struct raft_message message = {.type = RAFT_MESSAGE_PROPOSE_REFUSED,
                                   .from = 1,
                                   .to = 2,
                                   .term = network_status(network, 2).term,
                                   .refused = refused,
                                   .refused_count = 2};
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &message};
    struct raft_outbox outbox;

    raft_step(network_node(network, 2)->core, network->now_ms, &event, 1, &outbox);
    ck_assert_uint_eq(outbox.refused_count, 2);
    ck_assert_uint_eq(outbox.refused[0].origin, 5);
    ck_assert_uint_eq(outbox.refused[0].sequence, 50);
    ck_assert_uint_eq(outbox.refused[1].sequence, 60);
    network_destroy(network);
}
END_TEST

/* T51: a proposal that may have arrived is never sent a second time, whatever becomes of it. */
START_TEST(t51_a_lost_proposal_is_not_sent_again)
{
    struct network *network = three_with_leader_1();

    network_cut(network, 1, 2);
    network_propose(network, 2, 7);
    network_run(network, HEARTBEAT_MS);
    network_heal(network);
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    /* Its outcome is not known, so it is not called refused. */
    ck_assert_uint_eq(network_node(network, 2)->refused_count, 0);
    network_destroy(network);
}
END_TEST

START_TEST(t51_a_proposal_is_applied_once_through_a_change_of_leader)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 2, 1);
    network_propose(network, 2, 7);
    network_settle(network);
    network_elect_node(network, 3);
    network_release(network, 2, 1); /* arrives at a node that leads no longer */
    network_settle(network);
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7) + network_node(network, 2)->refused_count,
                      1);
    network_destroy(network);
}
END_TEST

/* So an applied entry of a later term tells a forwarder that its older proposals will never be
 * appended (src/node/apply.c). */
START_TEST(t51_a_proposal_of_an_earlier_term_is_not_appended_in_a_later_one)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 2, 1);
    network_propose(network, 2, 7);
    network_settle(network);
    network_elect_node(network, 3);
    network_elect_node(network, 1); /* it leads again, in a later term */
    network_release(network, 2, 1);
    network_settle(network);
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    ck_assert_uint_eq(network_node(network, 2)->refused_count, 1);
    network_destroy(network);
}
END_TEST

START_TEST(a_leader_with_too_much_uncommitted_refuses)
{
    struct network *network = network_create(3);
    size_t refused;

    network->options.max_uncommitted_bytes = 10000;
    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    network_hold(network, 2, 1); /* proposals of node 3 arrive, acknowledgements do not */
    network_node(network, 3)->disk_stalled = true;
    for (uint64_t number = 1; number <= 30; number++) {
        network_propose_sized(network, 3, number, 1000);
        network_settle(network);
    }
    refused = network_node(network, 3)->refused_count;
    ck_assert_uint_ge(refused, 18);
    ck_assert_uint_le(refused, 21);
    network_node(network, 3)->disk_stalled = false;
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).uncommitted_bytes, 0);
    network_propose_sized(network, 3, 99, 1000);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 99), 1);
    network_destroy(network);
}
END_TEST

START_TEST(forwarded_batches_keep_to_their_size_and_order)
{
    struct network *network = network_create(3);
    struct raft_event events[20];
    struct raft_entry *entries[20];
    struct raft_outbox outbox;
    uint64_t expected = 0;

    network->options.max_batch_bytes = 500;
    network_crash(network, 2, false);
    network_restart(network, 2);
    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    for (uint64_t i = 0; i < 20; i++) {
        entries[i] = raft_entry_make(RAFT_ENTRY_COMMAND, &i, sizeof(i));
        entries[i]->sequence = i;
        events[i] = (struct raft_event){.type = RAFT_EVENT_PROPOSE, .entry = entries[i]};
    }
    raft_step(network_node(network, 2)->core, network->now_ms, events, 20, &outbox);
    ck_assert_uint_gt(outbox.message_count, 1);
    for (size_t i = 0; i < outbox.message_count; i++) {
        const struct raft_message *message = &outbox.messages[i];
        size_t cost = 0;

        ck_assert_uint_eq(message->type, RAFT_MESSAGE_PROPOSE);
        ck_assert_uint_eq(message->to, 1);
        for (uint32_t j = 0; j < message->entry_count; j++) {
            ck_assert_uint_eq(message->entries[j]->sequence, expected++);
            cost += raft_entry_cost(message->entries[j]);
        }
        ck_assert_uint_le(cost, 500);
    }
    ck_assert_uint_eq(expected, 20);
    for (size_t i = 0; i < 20; i++) {
        raft_entry_release(entries[i]);
    }
    network_destroy(network);
}
END_TEST

START_TEST(a_stranger_proposes_in_vain)
{
    struct network *network = three_with_leader_1();
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    struct raft_message message = {.type = RAFT_MESSAGE_PROPOSE,
                                   .from = 7,
                                   .to = 1,
                                   .term = network_status(network, 1).term,
                                   .entries = &entry,
                                   .entry_count = 1};
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &message};
    struct raft_outbox outbox;

    raft_step(network_node(network, 1)->core, network->now_ms, &event, 1, &outbox);
    ck_assert_uint_eq(outbox.message_count, 1);
    ck_assert_uint_eq(outbox.messages[0].type, RAFT_MESSAGE_PROPOSE_REFUSED);
    ck_assert_uint_eq(outbox.messages[0].to, 7);
    ck_assert_uint_eq(network_status(network, 1).last_index, 2);
    raft_entry_release(entry);
    network_destroy(network);
}
END_TEST

START_TEST(t45_a_full_disk_refuses_commands_and_recovers)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_SPACE, .low = true};
    uint64_t read_id;

    network_step(network, 1, &event);
    network_propose(network, 1, 7);
    ck_assert_uint_eq(network_node(network, 1)->refused_reason, RAFT_REFUSED_DISK);
    network_propose(network, 2, 8); /* forwarded */
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 2)->refused_reason, RAFT_REFUSED_DISK);
    read_id = network_read(network, 3);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 3)->read_confirmed_id, read_id);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    event.low = false;
    network_step(network, 1, &event);
    network_propose(network, 2, 9);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    ck_assert_uint_eq(network_committed_times(network, 8), 0);
    ck_assert_uint_eq(network_committed_times(network, 9), 1);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(propose)
{
    Suite *suite = suite_create("propose");
    TCase *tcase = tcase_create("proposals");

    tcase_add_test(tcase, t45_a_full_disk_refuses_commands_and_recovers);
    tcase_add_test(tcase, a_follower_forwards_and_learns_of_the_commit_at_once);
    tcase_add_test(tcase, without_a_leader_a_proposal_is_refused_at_once);
    tcase_add_test(tcase, a_proposal_for_somebody_who_leads_no_more_comes_back);
    tcase_add_test(tcase, refused_ones_say_which);
    tcase_add_test(tcase, t51_a_lost_proposal_is_not_sent_again);
    tcase_add_test(tcase, t51_a_proposal_is_applied_once_through_a_change_of_leader);
    tcase_add_test(tcase, t51_a_proposal_of_an_earlier_term_is_not_appended_in_a_later_one);
    tcase_add_test(tcase, a_leader_with_too_much_uncommitted_refuses);
    tcase_add_test(tcase, forwarded_batches_keep_to_their_size_and_order);
    tcase_add_test(tcase, a_stranger_proposes_in_vain);
    suite_add_tcase(suite, tcase);
    return suite;
}
