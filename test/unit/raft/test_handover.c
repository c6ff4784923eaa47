/*
 * Handovers of leadership, as the leader decides them: to whom, when not, and how it goes on. How
 * they end is in the stories (handover_*, t45_*, t46_*).
 */
#include "unit.h"

#include "one_core.h"
#include "raft/change.h"

static void lead_with(struct one_core *one, uint8_t priority, uint32_t disk_stall_ms)
{
    static const uint64_t log[] = {1};

    one_core_begin(one, 1, 3);
    one->options.priority = priority;
    one->options.disk_stall_ms = disk_stall_ms;
    one_core_set_log(one, log, 1, 1, 0);
    one_core_lead(one);
}

static void lead(struct one_core *one)
{
    lead_with(one, 0, 0);
}

static struct raft_entry *request(uint16_t to, bool explained)
{
    struct raft_change change = {.count = 1};
    struct buffer bytes = {0};
    struct raft_entry *entry;

    change.steps[0].kind = RAFT_CHANGE_HANDOVER;
    change.steps[0].id = to;
    change.steps[0].old = explained ? RAFT_CHANGE_EXPLAINED : 0;
    raft_change_encode(&change, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP_CHANGE, bytes.data, (uint32_t)bytes.size_bytes);
    buffer_free(&bytes);
    return entry;
}

/* What an operator at the leader is told. */
static uint8_t answer_to(struct one_core *one, uint16_t to)
{
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE, .entry = request(to, true)};

    one->refused_reason = RAFT_REFUSED_NOT;
    one_core_event(one, &event);
    raft_entry_release(event.entry);
    return one->refused_reason;
}

/* What an operator at node 2 is told, which may have an older version. */
static uint8_t answer_to_2(struct one_core *one, uint16_t to, bool explained)
{
    struct raft_entry *entry = request(to, explained);
    const struct raft_message message = {.type = RAFT_MESSAGE_PROPOSE,
                                         .from = 2,
                                         .to = 1,
                                         .term = raft_get_term(one->core),
                                         .entries = &entry,
                                         .entry_count = 1};
    const struct raft_message *answer;

    one_core_forget_sent(one);
    one_core_give(one, &message);
    raft_entry_release(entry);
    answer = one_core_last(one, RAFT_MESSAGE_PROPOSE_REFUSED, 2);
    return answer != NULL ? answer->refused[0].reason : (uint8_t)RAFT_REFUSED_NOT;
}

static size_t orders(const struct one_core *one, uint16_t to)
{
    return one_core_count(one, RAFT_MESSAGE_TIMEOUT_NOW, to);
}

START_TEST(the_chosen_one_is_ordered_to_campaign_when_it_has_the_whole_log)
{
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 6, 0);
    one_core_answer(&one, 3);
    ck_assert_uint_eq(answer_to(&one, 2), RAFT_REFUSED_HANDING_OVER);
    ck_assert_uint_eq(raft_get_handover(one.core), 2);
    ck_assert_uint_eq(orders(&one, 0), 0); /* node 2 lacks the last entry */
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_HANDOVER);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(orders(&one, 2), 1);
    ck_assert_uint_eq(orders(&one, 3), 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(an_order_is_obeyed_at_once_and_only_from_the_leader)
{
    struct raft_message order = {.type = RAFT_MESSAGE_TIMEOUT_NOW, .from = 1, .to = 2, .term = 1};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, NULL, 0, 1);
    one_core_give(&one, &order); /* of an earlier term */
    order.term = 2;
    order.from = 3; /* this node does not lead */
    one_core_give(&one, &order);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_FOLLOWER);
    order.from = 1;
    one_core_give(&one, &order);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_CANDIDATE);
    ck_assert_uint_eq(raft_get_term(one.core), 3);
    ck_assert(one_core_last(&one, RAFT_MESSAGE_VOTE, 1)->vote.handover);
    one_core_end(&one);
}
END_TEST

START_TEST(the_best_is_whoever_has_most_of_the_log)
{
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer(&one, 3);
    ck_assert_uint_eq(answer_to(&one, 0), RAFT_REFUSED_HANDING_OVER);
    ck_assert_uint_eq(orders(&one, 3), 1);
    one_core_end(&one);
}
END_TEST

START_TEST(a_member_that_cannot_lead_is_refused_with_the_reason)
{
    struct raft_membership members = {0};
    struct one_core one;

    ck_assert_int_eq(raft_membership_add(&members, 1, RAFT_MEMBER_VOTER, "a:1"), 0);
    ck_assert_int_eq(raft_membership_add(&members, 2, RAFT_MEMBER_VOTER, "b:1"), 0);
    ck_assert_int_eq(raft_membership_add(&members, 4, RAFT_MEMBER_LEARNER, "d:1"), 0);
    raft_membership_add_removed(&members, 5);
    one_core_begin_members(&one, 1, &members);
    one_core_lead(&one);
    ck_assert_uint_eq(answer_to(&one, 9), RAFT_REFUSED_NO_MEMBER);
    ck_assert_uint_eq(answer_to(&one, 1), RAFT_REFUSED_LEADS_ALREADY);
    ck_assert_uint_eq(answer_to(&one, 4), RAFT_REFUSED_NO_VOTER);
    ck_assert_uint_eq(answer_to(&one, 5), RAFT_REFUSED_REMOVED);
    one_core_end(&one);
}
END_TEST

/* A node that does not know a reason would close the link on which the reason arrives. */
START_TEST(a_peer_is_told_only_reasons_that_it_knows)
{
    struct one_core one;

    lead(&one);
    ck_assert_uint_eq(answer_to_2(&one, 9, false), RAFT_REFUSED_NO_CANDIDATE);
    ck_assert_uint_eq(answer_to_2(&one, 1, false), RAFT_REFUSED_NO_CANDIDATE);
    ck_assert_uint_eq(answer_to_2(&one, 9, true), RAFT_REFUSED_NO_MEMBER);
    ck_assert_uint_eq(answer_to_2(&one, 1, true), RAFT_REFUSED_LEADS_ALREADY);
    ck_assert_uint_eq(answer_to_2(&one, 2, true), RAFT_REFUSED_HANDING_OVER);
    one_core_end(&one);
}
END_TEST

START_TEST(a_voter_that_is_silent_or_behind_is_refused)
{
    static const uint64_t log[] = {1, 1, 1};
    struct raft_message refusal;
    struct one_core one;

    lead(&one);
    one_core_run_answered(&one, ELECTION_TIMEOUT_MS + HEARTBEAT_MS, 2, 2);
    ck_assert_uint_eq(answer_to(&one, 3), RAFT_REFUSED_NO_ANSWER);
    one_core_end(&one);
    one_core_begin(&one, 1, 3);
    one_core_set_log(&one, log, 3, 1, 0);
    one_core_win(&one);
    one_core_answer(&one, 2);
    refusal = one_core_refusal_of(&one, 3, 1, 1); /* it answers, its log is not known yet */
    one_core_give(&one, &refusal);
    ck_assert_uint_eq(answer_to(&one, 3), RAFT_REFUSED_BEHIND);
    one_core_answer(&one, 3);
    ck_assert_uint_eq(answer_to(&one, 3), RAFT_REFUSED_HANDING_OVER);
    one_core_end(&one);
}
END_TEST

/* The answer to a heartbeat shows that the logs agree. A new leader need not wait until that peer
 * has written its first entry. */
START_TEST(a_member_that_gets_the_first_entry_of_the_term_is_not_behind)
{
    static const uint64_t log[] = {1, 1, 1};
    struct raft_message beat;
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_set_log(&one, log, 3, 1, 0);
    one_core_win(&one);
    one_core_answer(&one, 2);
    beat = one_core_answer_of(&one, 3);
    beat.append_reply.index = one.appends[3].append.previous_index;
    beat.append_reply.number++;
    one_core_run_answered(&one, HEARTBEAT_MS, 2, 2);
    one_core_give(&one, &beat);
    ck_assert_int_eq(one_core_peer(&one, 3).state, RAFT_PROGRESS_PROBE);
    ck_assert_uint_eq(answer_to(&one, 3), RAFT_REFUSED_HANDING_OVER);
    ck_assert_uint_eq(orders(&one, 3), 0); /* node 3 lacks the entry */
    one_core_answer(&one, 3);
    ck_assert_uint_eq(orders(&one, 3), 1);
    one_core_end(&one);
}
END_TEST

/* A voter without a standing whose disk has room: its log is damaged. */
START_TEST(a_voter_with_a_damaged_log_is_refused_at_once)
{
    struct raft_message answer;
    struct one_core one;

    lead(&one);
    one_core_run_answered(&one, HEARTBEAT_MS, 2, 3);
    answer = one_core_answer_of(&one, 2);
    answer.append_reply.standing = 0;
    one_core_give(&one, &answer);
    ck_assert_uint_eq(answer_to(&one, 2), RAFT_REFUSED_DAMAGED);
    ck_assert_uint_eq(raft_get_handover(one.core), 0);
    answer.append_reply.space = RAFT_SPACE_LOW; /* a full disk alone is no reason */
    one_core_give(&one, &answer);
    ck_assert_uint_eq(answer_to(&one, 2), RAFT_REFUSED_HANDING_OVER);
    one_core_end(&one);
}
END_TEST

/* With the other voters down or damaged there is nobody to hand over to. */
START_TEST(no_damaged_voter_is_chosen)
{
    struct raft_message answer;
    struct one_core one;

    one_core_begin(&one, 1, 2);
    one_core_lead(&one);
    answer = one_core_answer_of(&one, 2);
    answer.append_reply.standing = 0;
    one_core_give(&one, &answer);
    ck_assert_uint_eq(answer_to(&one, 0), RAFT_REFUSED_NO_CANDIDATE);
    one_core_end(&one);
}
END_TEST

START_TEST(nobody_to_hand_to_is_an_answer)
{
    struct one_core one;

    one_core_begin(&one, 1, 1);
    one_core_run(&one, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(answer_to(&one, 0), RAFT_REFUSED_NO_CANDIDATE);
    one_core_end(&one);
}
END_TEST

START_TEST(it_is_given_up_after_an_election_timeout)
{
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 6, 0);
    answer_to(&one, 2);
    one_core_run_answered(&one, ELECTION_TIMEOUT_MS + HEARTBEAT_MS, 3, 3);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_eq(raft_get_handover(one.core), 0);
    one.refused_reason = RAFT_REFUSED_NOT;
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NOT);
    one_core_end(&one);
}
END_TEST

/* The order was lost: it is sent again with the next heartbeat. */
START_TEST(a_lost_order_is_repeated)
{
    struct one_core one;

    lead(&one);
    answer_to(&one, 2);
    ck_assert_uint_eq(orders(&one, 2), 1);
    one_core_run_answered(&one, 2 * HEARTBEAT_MS, 2, 3);
    ck_assert_uint_ge(orders(&one, 2), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t46_a_leader_whose_disk_hangs_hands_over)
{
    struct one_core one;

    lead_with(&one, 0, 500);
    one.disk_stalled = true;
    one_core_propose(&one, 7, 0);
    one_core_run_answered(&one, 400, 2, 3);
    ck_assert_uint_eq(raft_get_handover(one.core), 0);
    one_core_run_answered(&one, 300, 2, 3);
    ck_assert_uint_ne(raft_get_handover(one.core), 0);
    ck_assert_uint_ge(orders(&one, raft_get_handover(one.core)), 1);
    one_core_end(&one);
}
END_TEST

/* A disk that is only slow finishes a write now and then. */
START_TEST(t46_a_slow_disk_is_not_a_hanging_one)
{
    struct one_core one;

    lead_with(&one, 0, 500);
    one.disk_stalled = true;
    for (uint64_t i = 0; i < 10; i++) {
        one_core_propose(&one, 10 + i, 0);
        one_core_propose(&one, 20 + i, 0);
        one_core_run_answered(&one, 300, 2, 3);
        ck_assert(one_core_finish_write(&one));
        ck_assert_uint_eq(raft_get_handover(one.core), 0);
    }
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(handover)
{
    Suite *suite = suite_create("handover");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, the_chosen_one_is_ordered_to_campaign_when_it_has_the_whole_log);
    tcase_add_test(tests, an_order_is_obeyed_at_once_and_only_from_the_leader);
    tcase_add_test(tests, the_best_is_whoever_has_most_of_the_log);
    tcase_add_test(tests, a_member_that_cannot_lead_is_refused_with_the_reason);
    tcase_add_test(tests, a_peer_is_told_only_reasons_that_it_knows);
    tcase_add_test(tests, a_voter_that_is_silent_or_behind_is_refused);
    tcase_add_test(tests, a_member_that_gets_the_first_entry_of_the_term_is_not_behind);
    tcase_add_test(tests, a_voter_with_a_damaged_log_is_refused_at_once);
    tcase_add_test(tests, no_damaged_voter_is_chosen);
    tcase_add_test(tests, nobody_to_hand_to_is_an_answer);
    tcase_add_test(tests, it_is_given_up_after_an_election_timeout);
    tcase_add_test(tests, a_lost_order_is_repeated);
    tcase_add_test(tests, t46_a_leader_whose_disk_hangs_hands_over);
    tcase_add_test(tests, t46_a_slow_disk_is_not_a_hanging_one);
    suite_add_tcase(suite, tests);
    return suite;
}
