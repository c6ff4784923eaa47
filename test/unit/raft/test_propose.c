/*
 * Proposals: appended once, forwarded once, or certainly refused. What their clients see is in the
 * stories (handover_fails_no_write, replaced_entries, t52_*).
 */
#include "unit.h"

#include "one_core.h"

static void lead(struct one_core *one)
{
    one_core_begin(one, 1, 3);
    one_core_lead(one);
}

/* Node 2, which hears leader 1 of term 2. */
static void follow(struct one_core *one)
{
    one_core_begin(one, 2, 3);
    one_core_append(one, 1, 2, 1, 1, NULL, 0, 1);
    one_core_forget_sent(one);
}

/* Node `from` forwards a command of this size. */
static void forward(struct one_core *one, uint16_t from, uint64_t term, uint64_t sequence,
                    uint32_t size)
{
    static const uint8_t data[4096];
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, data, size);
    const struct raft_message message = {.type = RAFT_MESSAGE_PROPOSE,
                                         .from = from,
                                         .to = 1,
                                         .term = term,
                                         .entries = &entry,
                                         .entry_count = 1};

    entry->origin = from;
    entry->sequence = sequence;
    one_core_give(one, &message);
    raft_entry_release(entry);
}

static uint64_t last_index(const struct one_core *one)
{
    return one_core_status(one).last_index;
}

START_TEST(a_follower_forwards_once)
{
    struct one_core one;

    follow(&one);
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_PROPOSE, 1), 1);
    ck_assert_uint_eq(one.sent[0].term, 2);
    ck_assert_uint_eq(one.refused_count, 0);
    ck_assert_uint_eq(last_index(&one), 1);
    one_core_end(&one);
}
END_TEST

/* The node that forwarded a command is told of the commit at once: a client waits there. */
START_TEST(the_leader_tells_whom_it_concerns_of_the_commit)
{
    struct one_core one;

    lead(&one);
    forward(&one, 2, 2, 7, 8);
    ck_assert_uint_eq(last_index(&one), 3);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND, 2)->append.commit_index, 3);
    ck_assert_uint_lt(one_core_last(&one, RAFT_MESSAGE_APPEND, 3)->append.commit_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(without_a_leader_a_proposal_is_refused_at_once)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one.refused_count, 1);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NO_LEADER);
    ck_assert_uint_eq(one.sent_count, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(a_proposal_for_somebody_who_leads_no_more_comes_back)
{
    struct one_core one;

    lead(&one);
    one_core_step_down(&one);
    forward(&one, 2, 2, 7, 8);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 2), 1);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 2)->refused[0].sequence, 7);
    ck_assert_uint_eq(last_index(&one), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(refused_ones_say_which)
{
    const struct raft_proposal_id refused[2] = {{.origin = 5, .sequence = 50},
                                                {.origin = 6, .sequence = 60}};
    const struct raft_message message = {.type = RAFT_MESSAGE_PROPOSE_REFUSED,
                                         .from = 1,
                                         .to = 2,
                                         .term = 2,
                                         .refused = refused,
                                         .refused_count = 2};
    const struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &message};
    struct raft_outbox outbox;
    struct one_core one;

    follow(&one);
    raft_step(one.core, one.now_ms, &event, 1, &outbox);
    ck_assert_uint_eq(outbox.refused_count, 2);
    ck_assert_uint_eq(outbox.refused[0].origin, 5);
    ck_assert_uint_eq(outbox.refused[0].sequence, 50);
    ck_assert_uint_eq(outbox.refused[1].sequence, 60);
    one_core_end(&one);
}
END_TEST

/* T51: a proposal that may have arrived is never sent a second time, whatever becomes of it; its
 * outcome is not known, so it is not called refused. */
START_TEST(t51_a_lost_proposal_is_not_sent_again)
{
    struct one_core one;

    follow(&one);
    one_core_propose(&one, 7, 0);
    for (uint64_t term = 2; term < 6; term++) {
        for (int i = 0; i < 20; i++) {
            one_core_append(&one, term % 2 == 0 ? 1 : 3, term, 1, 1, NULL, 0, 1);
            one_core_run(&one, HEARTBEAT_MS);
        }
        one_core_link(&one, 1, false);
        one_core_link(&one, 1, true);
    }
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_PROPOSE, 0), 1);
    ck_assert_uint_eq(one.refused_count, 0);
    one_core_end(&one);
}
END_TEST

/* So an applied entry of a later term tells a forwarder that its older proposals will never be
 * appended (src/member/apply.c). */
START_TEST(t51_a_proposal_of_an_earlier_term_is_not_appended_in_a_later_one)
{
    struct one_core one;
    uint64_t last;

    lead(&one);
    one_core_step_down(&one);
    one_core_lead(&one);
    ck_assert_uint_eq(raft_get_term(one.core), 3);
    last = last_index(&one);
    forward(&one, 2, 2, 7, 8);
    ck_assert_uint_eq(last_index(&one), last);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 2), 1);
    one_core_end(&one);
}
END_TEST

START_TEST(a_leader_with_too_much_uncommitted_refuses)
{
    static const uint64_t log[] = {1};
    struct one_core one;
    size_t refused;

    one_core_begin(&one, 1, 3);
    one.options.max_uncommitted_bytes = 10000;
    one_core_set_log(&one, log, 1, 1, 0);
    one_core_lead(&one);
    for (uint64_t number = 1; number <= 30; number++) {
        forward(&one, 3, 2, number, 1000);
    }
    refused = one_core_count(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 3);
    ck_assert_uint_ge(refused, 18);
    ck_assert_uint_le(refused, 21);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 3)->refused[0].reason,
                      RAFT_REFUSED_FULL);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one_core_status(&one).uncommitted_bytes, 0);
    forward(&one, 3, 2, 99, 1000);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 3), refused);
    one_core_end(&one);
}
END_TEST

START_TEST(forwarded_batches_keep_to_their_size_and_order)
{
    static const uint64_t log[] = {1};
    struct raft_event events[20];
    struct raft_outbox outbox;
    struct one_core one;
    uint64_t expected = 0;

    one_core_begin(&one, 2, 3);
    one.options.max_batch_bytes = 500;
    one_core_set_log(&one, log, 1, 1, 0);
    one_core_append(&one, 1, 2, 1, 1, NULL, 0, 1);
    for (uint64_t i = 0; i < 20; i++) {
        events[i] =
            (struct raft_event){.type = RAFT_EVENT_PROPOSE,
                                .entry = raft_entry_make(RAFT_ENTRY_COMMAND, &i, sizeof(i))};
        events[i].entry->sequence = i;
    }
    raft_step(one.core, one.now_ms, events, 20, &outbox);
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
        raft_entry_release(events[i].entry);
    }
    one_core_end(&one);
}
END_TEST

START_TEST(a_stranger_proposes_in_vain)
{
    struct one_core one;

    lead(&one);
    forward(&one, 7, 2, 1, 8);
    ck_assert_uint_eq(one.sent_count, 1);
    ck_assert_uint_eq(one.sent[0].type, RAFT_MESSAGE_PROPOSE_REFUSED);
    ck_assert_uint_eq(one.sent[0].to, 7);
    ck_assert_uint_eq(last_index(&one), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t45_a_full_disk_refuses_commands_and_recovers)
{
    struct raft_event event = {
        .type = RAFT_EVENT_SPACE, .space = RAFT_SPACE_LOW, .disk = RAFT_SPACE_LOW};
    struct one_core one;

    lead(&one);
    one_core_event(&one, &event);
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_DISK);
    forward(&one, 2, 2, 8, 8);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_PROPOSE_REFUSED, 2)->refused[0].reason,
                      RAFT_REFUSED_DISK);
    one_core_read(&one, 1, false);
    one_core_answer_all(&one);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(last_index(&one), 2);
    event.space = RAFT_SPACE_ENOUGH;
    event.disk = RAFT_SPACE_ENOUGH;
    one_core_event(&one, &event);
    one_core_propose(&one, 9, 0);
    ck_assert_uint_eq(last_index(&one), 3);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(propose)
{
    Suite *suite = suite_create("propose");
    TCase *tcase = tcase_create("proposals");

    tcase_add_test(tcase, t45_a_full_disk_refuses_commands_and_recovers);
    tcase_add_test(tcase, a_follower_forwards_once);
    tcase_add_test(tcase, the_leader_tells_whom_it_concerns_of_the_commit);
    tcase_add_test(tcase, without_a_leader_a_proposal_is_refused_at_once);
    tcase_add_test(tcase, a_proposal_for_somebody_who_leads_no_more_comes_back);
    tcase_add_test(tcase, refused_ones_say_which);
    tcase_add_test(tcase, t51_a_lost_proposal_is_not_sent_again);
    tcase_add_test(tcase, t51_a_proposal_of_an_earlier_term_is_not_appended_in_a_later_one);
    tcase_add_test(tcase, a_leader_with_too_much_uncommitted_refuses);
    tcase_add_test(tcase, forwarded_batches_keep_to_their_size_and_order);
    tcase_add_test(tcase, a_stranger_proposes_in_vain);
    suite_add_tcase(suite, tcase);
    return suite;
}
