/*
 * Leases: how long a leader may take itself for the only one, and that a voter keeps the promise
 * behind it. What happens between several nodes is in the stories r01_* and t23_*.
 */
#include "unit.h"

#include "one_core.h"

enum { LEASE_MS = 900 };

/* A leader of three that was asked for a lease, and that both others have just answered. */
static void lead(struct one_core *one)
{
    one_core_begin(one, 1, 3);
    one_core_lead(one);
    one_core_read(one, 1, true);
    one_core_run_answered(one, HEARTBEAT_MS, 2, 3);
    ck_assert_uint_eq(one->read_id, 1);
    ck_assert_uint_gt(one_core_lease_left_ms(one), 0);
    one_core_forget_sent(one);
}

/* What a follower hears of leader 1 in term 2. */
static void hear_leader(struct one_core *one, uint32_t wanted_promise_ms)
{
    struct raft_message message = {
        .type = RAFT_MESSAGE_APPEND, .from = 1, .to = one->options.id, .term = 2};

    message.append.previous_index = 1;
    message.append.previous_term = 1;
    message.append.wanted_promise_ms = wanted_promise_ms;
    one_core_give(one, &message);
}

/* Whether the node votes for node 3 when it is asked now. */
static bool votes_for_3(struct one_core *one)
{
    const struct raft_message request =
        one_core_vote_request(3, one->options.id, raft_get_term(one->core) + 1, 100, 100);

    one_core_give(one, &request);
    return one_core_status(one).vote == 3;
}

/* The newest promise that has left. */
static uint32_t promised_ms(const struct one_core *one)
{
    const struct raft_message *reply = one_core_last(one, RAFT_MESSAGE_APPEND_REPLY, 1);

    return reply != NULL ? reply->append_reply.promise_ms : 0;
}

/* ---- the leader ---- */

START_TEST(a_leader_that_a_quorum_answers_has_one)
{
    struct one_core one;

    lead(&one);
    one_core_run_answered(&one, 50 * HEARTBEAT_MS, 2, 2);
    ck_assert_uint_ge(one_core_lease_left_ms(&one), LEASE_MS - HEARTBEAT_MS - 10);
    ck_assert_uint_le(one_core_lease_left_ms(&one), LEASE_MS);
    one_core_end(&one);
}
END_TEST

START_TEST(t23_it_counts_from_when_the_round_left)
{
    struct one_core one;
    struct raft_message late;

    lead(&one);
    one_core_run(&one, HEARTBEAT_MS);
    late = one_core_answer_of(&one, 2);
    one_core_run(&one, 5 * HEARTBEAT_MS);
    one_core_give(&one, &late);
    ck_assert_uint_le(one_core_lease_left_ms(&one), LEASE_MS - 5 * HEARTBEAT_MS);
    ck_assert_uint_gt(one_core_lease_left_ms(&one), 0);
    one_core_end(&one);
}
END_TEST

START_TEST(t21_it_ends_when_nobody_answers)
{
    struct one_core one;

    lead(&one);
    one_core_read(&one, 2, true);
    ck_assert_uint_eq(one.read_id, 2); /* at once */
    one_core_run(&one, LEASE_MS);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_eq(one_core_lease_left_ms(&one), 0);
    one_core_read(&one, 3, true);
    ck_assert_uint_eq(one.read_id, 2); /* such a read needs a round */
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one.read_id, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_follower_is_answered_by_the_leaders_lease)
{
    struct raft_message question = {.type = RAFT_MESSAGE_READ, .from = 3, .to = 1};
    struct one_core one;

    lead(&one);
    question.term = raft_get_term(one.core);
    question.read.attempt = 1;
    question.read.lease = true;
    one_core_give(&one, &question);
    ck_assert_uint_eq(one.sent_count, 1);
    ck_assert_uint_eq(one.sent[0].type, RAFT_MESSAGE_READ_REPLY);
    ck_assert_uint_eq(one.sent[0].read_reply.index, one_core_status(&one).commit_index);
    one_core_end(&one);
}
END_TEST

START_TEST(a_node_alone_waits_for_nobody)
{
    static const uint64_t log[] = {1, 2};
    struct one_core one;

    one_core_begin(&one, 1, 1);
    one_core_set_log(&one, log, 2, 2, 1);
    one_core_run(&one, 1);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_gt(one_core_lease_left_ms(&one), 0);
    one_core_end(&one);
}
END_TEST

START_TEST(it_is_void_once_leadership_was_offered)
{
    const struct raft_event event = {.type = RAFT_EVENT_HANDOVER, .to = 2};
    struct one_core one;

    lead(&one);
    one_core_event(&one, &event);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_eq(one_core_lease_left_ms(&one), 0);
    /* The order to campaign may arrive long after the handover was given up. */
    one_core_run_answered(&one, 3 * ELECTION_TIMEOUT_MS, 3, 3);
    ck_assert_uint_eq(one_core_status(&one).handover_to, 0);
    ck_assert_uint_eq(one_core_lease_left_ms(&one), 0);
    one_core_end(&one);
}
END_TEST

START_TEST(it_ends_with_the_leadership)
{
    struct one_core one;

    lead(&one);
    one_core_step_down(&one);
    ck_assert_uint_eq(one_core_lease_left_ms(&one), 0);
    one_core_end(&one);
}
END_TEST

/* The length of the promise that the leader wants of node 2 in its newest append. */
static uint32_t wanted_of_2(const struct one_core *one)
{
    return one_core_last(one, RAFT_MESSAGE_APPEND, 2)->append.wanted_promise_ms;
}

/* The question of a follower makes the leader ask as well. */
START_TEST(only_who_is_asked_for_a_lease_asks_for_promises)
{
    struct raft_message question = {.type = RAFT_MESSAGE_READ, .from = 2, .to = 1};
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    one_core_run_answered(&one, 3 * HEARTBEAT_MS, 2, 3);
    ck_assert_uint_eq(wanted_of_2(&one), 0);
    ck_assert_uint_eq(one_core_lease_left_ms(&one), 0);
    question.term = raft_get_term(one.core);
    question.read.attempt = 1;
    question.read.lease = true;
    one_core_give(&one, &question);
    one_core_run_answered(&one, HEARTBEAT_MS, 2, 3);
    ck_assert_uint_eq(wanted_of_2(&one), ELECTION_TIMEOUT_MS);
    one_core_run_answered(&one, 11 * ELECTION_TIMEOUT_MS, 2, 3); /* nobody asks any more */
    ck_assert_uint_eq(wanted_of_2(&one), 0);
    ck_assert_uint_eq(one_core_lease_left_ms(&one), 0);
    one_core_end(&one);
}
END_TEST

/* Both voters promise this long. */
static uint64_t lease_for(uint32_t promise_ms)
{
    struct one_core one;
    uint64_t left_ms;

    lead(&one);
    one_core_run(&one, LEASE_MS); /* what was promised before is over */
    for (uint16_t peer = 2; peer <= 3; peer++) {
        struct raft_message reply = one_core_answer_of(&one, peer);

        reply.append_reply.promise_ms = promise_ms;
        reply.append_reply.election_timeout_ms = promise_ms;
        one_core_give(&one, &reply);
    }
    left_ms = one_core_lease_left_ms(&one);
    one_core_end(&one);
    return left_ms;
}

START_TEST(r1_it_ends_with_the_shorter_of_promise_and_the_leaders_time_out)
{
    ck_assert_uint_le(lease_for(500), 450);
    ck_assert_uint_gt(lease_for(500), 450 - HEARTBEAT_MS);
    ck_assert_uint_le(lease_for(5000), LEASE_MS);
    ck_assert_uint_eq(lease_for(0), 0);
}
END_TEST

/* ---- voters ---- */

START_TEST(a_message_of_a_higher_term_does_not_break_a_promise)
{
    const struct raft_message message = {.type = RAFT_MESSAGE_READ, .from = 3, .to = 2, .term = 7};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    hear_leader(&one, ELECTION_TIMEOUT_MS);
    one_core_give(&one, &message);
    ck_assert_uint_eq(one_core_status(&one).term, 7);
    ck_assert(!votes_for_3(&one));
    one_core_run(&one, ELECTION_TIMEOUT_MS - 1);
    ck_assert(!votes_for_3(&one));
    one_core_run(&one, 1);
    ck_assert(votes_for_3(&one));
    one_core_end(&one);
}
END_TEST

/* A connection that ends tells that the leader's process may have ended: a voter that has promised
 * nothing is free at once. One that has promised is not. */
START_TEST(r1_hearing_the_leader_is_no_promise)
{
    for (int promised = 0; promised < 2; promised++) {
        struct one_core one;

        one_core_begin(&one, 2, 3);
        one_core_link(&one, 1, true);
        hear_leader(&one, promised != 0 ? ELECTION_TIMEOUT_MS : 0);
        ck_assert_uint_eq(promised_ms(&one), promised != 0 ? ELECTION_TIMEOUT_MS : 0);
        ck_assert(!votes_for_3(&one));
        one_core_link(&one, 1, false);
        ck_assert_int_eq(votes_for_3(&one), promised == 0);
        one_core_end(&one);
    }
}
END_TEST

/* The write that makes the promise last is the only one. */
START_TEST(r1_no_promise_leaves_before_its_length_is_on_disk)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    hear_leader(&one, 0);
    one.disk_stalled = true;
    hear_leader(&one, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(promised_ms(&one), 0);
    ck_assert_uint_eq(one.write_count, 1);
    ck_assert(one.last_write.promise_known);
    ck_assert_uint_eq(one.last_write.promise_ms, ELECTION_TIMEOUT_MS);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(promised_ms(&one), ELECTION_TIMEOUT_MS);
    hear_leader(&one, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(one.write_count, 0);
    one_core_end(&one);
}
END_TEST

/* What the leader cannot use is not promised: neither now nor after a restart does the voter wait
 * for it. A peer that wants more than this node waits without a leader gets only that. */
START_TEST(r1_a_promise_is_as_long_as_both_wait)
{
    static const struct {
        uint32_t wanted_ms;
        uint32_t promise_ms;
    } cases[] = {{1, 1},
                 {300, 300},
                 {ELECTION_TIMEOUT_MS, ELECTION_TIMEOUT_MS},
                 {ELECTION_TIMEOUT_MS + 1, ELECTION_TIMEOUT_MS},
                 {UINT32_MAX, ELECTION_TIMEOUT_MS}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct one_core one;

        one_core_begin(&one, 2, 3);
        one_core_link(&one, 1, true);
        hear_leader(&one, cases[i].wanted_ms);
        ck_assert_uint_eq(promised_ms(&one), cases[i].promise_ms);
        ck_assert_uint_eq(one.last_write.promise_ms, cases[i].promise_ms);
        one_core_link(&one, 1, false);
        one_core_run(&one, cases[i].promise_ms - 1);
        ck_assert(!votes_for_3(&one));
        one_core_run(&one, 1);
        ck_assert(votes_for_3(&one));
        one_core_end(&one);
    }
}
END_TEST

/* The next leader wants less. What was promised to the one before it is kept, and stays in the hard
 * state as long as it may be valid. */
START_TEST(r1_a_shorter_promise_takes_no_longer_one_back)
{
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND, .from = 3, .to = 2, .term = 3};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    hear_leader(&one, ELECTION_TIMEOUT_MS);
    message.append.previous_index = 1;
    message.append.previous_term = 1;
    message.append.wanted_promise_ms = 100;
    one_core_give(&one, &message);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 3)->append_reply.promise_ms,
                      100);
    ck_assert_uint_eq(one.last_write.term, 3);
    ck_assert_uint_eq(one.last_write.promise_ms, ELECTION_TIMEOUT_MS);
    one_core_link(&one, 3, false);
    one_core_run(&one, ELECTION_TIMEOUT_MS - 1);
    ck_assert(!votes_for_3(&one));
    one_core_run(&one, 1);
    ck_assert(votes_for_3(&one));
    one_core_end(&one);
}
END_TEST

/* How long a node that starts with this promise elects nobody. */
static uint64_t waits_ms(bool promise_known, uint32_t promise_ms)
{
    struct raft_recovered recovered = {
        .term = 2, .vote = 1, .promise_known = promise_known, .promise_ms = promise_ms};
    struct raft_entry *entry;
    struct buffer bytes = {0};
    struct one_core one;
    uint64_t began_ms;

    one_core_begin(&one, 2, 3);
    raft_membership_encode(&one.members, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    entry->index = 1;
    entry->term = 1;
    recovered.entries = &entry;
    recovered.entry_count = 1;
    one_core_start(&one, &recovered);
    began_ms = one.now_ms;
    while (!votes_for_3(&one)) {
        one_core_run(&one, 1);
    }
    began_ms = one.now_ms - began_ms;
    raft_entry_release(entry);
    buffer_free(&bytes);
    one_core_end(&one);
    return began_ms;
}

/* A log from before hard states had promises does not say what was promised: it can have been an
 * election time-out. */
START_TEST(r1_a_start_waits_until_the_recovered_promise_is_over)
{
    ck_assert_uint_eq(waits_ms(true, 0), 0);
    ck_assert_uint_eq(waits_ms(true, 5000), 5000);
    ck_assert_uint_eq(waits_ms(false, 0), ELECTION_TIMEOUT_MS);
}
END_TEST

static struct raft_entry *members_entry(uint64_t index, uint16_t voters)
{
    struct raft_membership members = {0};
    struct buffer bytes = {0};
    struct raft_entry *entry;

    for (uint16_t id = 1; id <= voters; id++) {
        ck_assert_int_eq(raft_membership_add(&members, id, RAFT_MEMBER_VOTER, "node:1"), 0);
    }
    raft_membership_encode(&members, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    entry->index = index;
    entry->term = index;
    buffer_free(&bytes);
    return entry;
}

/* The newest entry has removed voter 2, which led. Node 1 is the only voter now; but the other one
 * holds its promise, and may not know that the removal is committed. */
START_TEST(r8_the_last_voter_keeps_its_promise_to_a_leader_that_was_removed)
{
    for (int known = 0; known < 2; known++) {
        struct raft_entry *const entries[] = {members_entry(1, 2), members_entry(2, 1)};
        const struct raft_recovered recovered = {.term = 2,
                                                 .vote = 2,
                                                 .promise_known = known != 0,
                                                 .promise_ms = known != 0 ? 700 : 0,
                                                 .entries = entries,
                                                 .entry_count = 2};
        struct one_core one;

        one_core_begin(&one, 1, 2);
        one_core_start(&one, &recovered);
        one_core_run(&one, known != 0 ? 699 : ELECTION_TIMEOUT_MS - 1);
        ck_assert_int_ne(raft_get_role(one.core), RAFT_LEADER);
        one_core_run(&one, ELECTION_TIMEOUT_MS);
        ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
        raft_entry_release(entries[0]);
        raft_entry_release(entries[1]);
        one_core_end(&one);
    }
}
END_TEST

UNIT_SUITE(lease)
{
    Suite *suite = suite_create("lease");
    TCase *leader = tcase_create("leader");
    TCase *voters = tcase_create("voters");

    tcase_add_test(leader, a_leader_that_a_quorum_answers_has_one);
    tcase_add_test(leader, t21_it_ends_when_nobody_answers);
    tcase_add_test(leader, t23_it_counts_from_when_the_round_left);
    tcase_add_test(leader, a_follower_is_answered_by_the_leaders_lease);
    tcase_add_test(leader, a_node_alone_waits_for_nobody);
    tcase_add_test(leader, it_is_void_once_leadership_was_offered);
    tcase_add_test(leader, it_ends_with_the_leadership);
    tcase_add_test(leader, only_who_is_asked_for_a_lease_asks_for_promises);
    tcase_add_test(leader, r1_it_ends_with_the_shorter_of_promise_and_the_leaders_time_out);
    suite_add_tcase(suite, leader);
    tcase_add_test(voters, a_message_of_a_higher_term_does_not_break_a_promise);
    tcase_add_test(voters, r1_hearing_the_leader_is_no_promise);
    tcase_add_test(voters, r1_no_promise_leaves_before_its_length_is_on_disk);
    tcase_add_test(voters, r1_a_promise_is_as_long_as_both_wait);
    tcase_add_test(voters, r1_a_shorter_promise_takes_no_longer_one_back);
    tcase_add_test(voters, r1_a_start_waits_until_the_recovered_promise_is_over);
    tcase_add_test(voters, r8_the_last_voter_keeps_its_promise_to_a_leader_that_was_removed);
    suite_add_tcase(suite, voters);
    return suite;
}
