/*
 * ReadIndex: which answer confirms a read, and which does not. What clients see of it, with leaders
 * that are cut off, paused and replaced, is in the stories t21_*, t22_* and t25_*.
 */
#include "unit.h"

#include "one_core.h"

/* ---- the leader ---- */

static void lead(struct one_core *one)
{
    one_core_begin(one, 1, 3);
    one_core_lead(one);
}

static uint64_t last_index(const struct one_core *one)
{
    return one_core_status(one).last_index;
}

/* The answer of a peer that has heard the round, and whose disk has nothing new. */
static struct raft_message slow_answer_of(const struct one_core *one, uint16_t peer, uint64_t index)
{
    struct raft_message reply = one_core_answer_of(one, peer);

    reply.append_reply.index = index;
    return reply;
}

static struct raft_message question_of(const struct one_core *one, uint16_t peer)
{
    struct raft_message question = {
        .type = RAFT_MESSAGE_READ, .from = peer, .to = 1, .term = raft_get_term(one->core)};

    question.read.attempt = 41;
    return question;
}

START_TEST(the_leader_confirms_a_read_in_one_round)
{
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    one_core_forget_sent(&one);
    one_core_read(&one, 1, false);
    ck_assert_uint_eq(one.read_id, 0);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_APPEND, 0), 1); /* one is a quorum */
    one_core_answer(&one, one.sent[0].to);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(one.read_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_single_voter_confirms_at_once)
{
    struct one_core one;

    one_core_begin(&one, 1, 1);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    one_core_read(&one, 1, false);
    ck_assert_uint_eq(one.read_id, 1);
    one_core_end(&one);
}
END_TEST

START_TEST(a_slow_disk_does_not_hold_up_reads)
{
    struct one_core one;
    struct raft_message reply;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_read(&one, 1, false);
    one_core_run(&one, HEARTBEAT_MS);
    reply = slow_answer_of(&one, 2, 2);
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 2);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(one.read_index, 2);
    one_core_end(&one);
}
END_TEST

START_TEST(all_reads_of_a_batch_share_one_round)
{
    struct raft_event events[3] = {{.type = RAFT_EVENT_READ, .read_id = 1}};
    struct raft_message questions[2];
    struct raft_outbox outbox;
    struct one_core one;
    size_t appends = 0;

    lead(&one);
    for (uint16_t i = 0; i < 2; i++) {
        questions[i] = question_of(&one, (uint16_t)(2 + i));
        events[i + 1] = (struct raft_event){.type = RAFT_EVENT_MESSAGE, .message = &questions[i]};
    }
    raft_step(one.core, one.now_ms, events, 3, &outbox);
    for (size_t i = 0; i < outbox.message_count; i++) {
        appends += outbox.messages[i].type == RAFT_MESSAGE_APPEND;
    }
    ck_assert_uint_eq(appends, 1);
    ck_assert(!outbox.has_write);
    one_core_end(&one);
}
END_TEST

/* A follower that asked is told how far to read, and gets the commit index with it, so that it need
 * not wait for a heartbeat. */
START_TEST(a_follower_is_told_when_the_round_is_over)
{
    struct one_core one;
    struct raft_message question;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    question = question_of(&one, 2);
    one_core_forget_sent(&one);
    one_core_give(&one, &question);
    ck_assert_ptr_null(one_core_last(&one, RAFT_MESSAGE_READ_REPLY, 2));
    one_core_answer_all(&one);
    ck_assert_ptr_nonnull(one_core_last(&one, RAFT_MESSAGE_READ_REPLY, 2));
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_READ_REPLY, 2)->read_reply.attempt, 41);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_READ_REPLY, 2)->read_reply.index, 3);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND, 2)->append.commit_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_witness_that_is_silent_costs_a_heartbeat)
{
    struct one_core one;
    uint16_t silent, other;

    lead(&one);
    one_core_read(&one, 1, false);
    silent = one.sent[0].to;
    other = silent == 2 ? 3 : 2;
    one_core_run(&one, HEARTBEAT_MS);
    one_core_answer(&one, other);
    ck_assert_uint_eq(one.read_id, 1);
    /* The silent follower is not asked first again: the next read needs no heartbeat. */
    one_core_forget_sent(&one);
    one_core_read(&one, 2, false);
    one_core_answer(&one, other);
    ck_assert_uint_eq(one.read_id, 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t10_reads_wait_until_the_new_leader_knows_what_is_committed)
{
    static const uint64_t log[] = {1, 2, 2};
    struct raft_message reply, question;
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_set_log(&one, log, 3, 2, 0);
    one_core_win(&one);
    one_core_read(&one, 1, false);
    question = question_of(&one, 3);
    one_core_give(&one, &question);
    one_core_run(&one, HEARTBEAT_MS);
    reply = slow_answer_of(&one, 2, 3); /* the leadership is confirmed, there is no doubt */
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one.read_id, 0);
    ck_assert_ptr_null(one_core_last(&one, RAFT_MESSAGE_READ_REPLY, 3));
    one_core_answer(&one, 2);
    one_core_run(&one, HEARTBEAT_MS);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(one.read_index, 4);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_READ_REPLY, 3)->read_reply.index, 4);
    one_core_end(&one);
}
END_TEST

START_TEST(t21_an_isolated_leader_confirms_nothing)
{
    struct one_core one;

    lead(&one);
    one_core_read(&one, 1, false);
    one_core_run(&one, ELECTION_TIMEOUT_MS / 2);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_eq(one.read_id, 0);
    one_core_run(&one, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(one.read_id, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(t22_a_late_answer_to_an_older_round_does_not_confirm_a_newer_read)
{
    struct one_core one;
    struct raft_message late;

    lead(&one);
    one_core_read(&one, 1, false);
    one_core_run(&one, HEARTBEAT_MS); /* both followers get the number of the round */
    late = one_core_answer_of(&one, 3);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one.read_id, 1);
    one_core_read(&one, 2, false);
    one_core_give(&one, &late);
    ck_assert_uint_eq(one.read_id, 1);
    one_core_run(&one, HEARTBEAT_MS);
    one_core_answer(&one, 3);
    ck_assert_uint_eq(one.read_id, 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t22_rounds_of_another_term_do_not_count)
{
    struct one_core one;
    struct raft_message late;

    lead(&one);
    for (uint64_t read_id = 1; read_id <= 6; read_id++) { /* to a high round */
        one_core_read(&one, read_id, false);
        one_core_answer_all(&one);
    }
    late = one_core_answer_of(&one, 2).append_reply.read_round >= 6 ? one_core_answer_of(&one, 2)
                                                                    : one_core_answer_of(&one, 3);
    ck_assert_uint_ge(late.append_reply.read_round, 6);
    one_core_step_down(&one);
    one_core_lead(&one);
    ck_assert_uint_eq(raft_get_term(one.core), 3);
    one_core_read(&one, 7, false); /* the first round of the new term */
    one_core_give(&one, &late);
    ck_assert_uint_eq(one.read_id, 6);
    ck_assert_uint_eq(one.violation_count, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(t25_a_leader_that_steps_down_confirms_nothing_by_late_answers)
{
    static const uint64_t terms[] = {3};
    struct one_core one;
    struct raft_message late;

    lead(&one);
    one_core_read(&one, 1, false);
    one_core_run(&one, HEARTBEAT_MS);
    late = one_core_answer_of(&one, 2);
    one_core_step_down(&one);
    one_core_give(&one, &late);
    ck_assert_uint_eq(one.read_id, 0);
    /* It asks the next leader. */
    one_core_forget_sent(&one);
    one_core_append(&one, 3, 3, last_index(&one), 2, terms, 1, 0);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_READ, 3), 1);
    one_core_end(&one);
}
END_TEST

/* ---- a follower ---- */

static void hear(struct one_core *one, uint16_t leader, uint64_t term)
{
    one_core_append(one, leader, term, 1, 1, NULL, 0, 1);
}

static void follow(struct one_core *one)
{
    one_core_begin(one, 2, 3);
    hear(one, 1, 2);
}

/* The leader's answer to the newest question. */
static struct raft_message reply_of(const struct one_core *one, uint16_t leader, uint64_t index)
{
    const struct raft_message *question = one_core_last(one, RAFT_MESSAGE_READ, leader);
    struct raft_message reply = {
        .type = RAFT_MESSAGE_READ_REPLY, .from = leader, .to = 2, .term = question->term};

    reply.read_reply.attempt = question->read.attempt;
    reply.read_reply.index = index;
    return reply;
}

START_TEST(a_follower_asks_the_leader)
{
    struct one_core one;
    struct raft_message reply;

    follow(&one);
    one_core_read(&one, 1, false);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_READ, 1), 1);
    reply = reply_of(&one, 1, 9);
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(one.read_index, 9);
    one_core_end(&one);
}
END_TEST

START_TEST(a_lost_question_is_asked_again)
{
    struct one_core one;

    follow(&one);
    one_core_read(&one, 1, false);
    for (int i = 0; i < 4; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_READ, 1), 2);
    ck_assert_uint_le(one_core_count(&one, RAFT_MESSAGE_READ, 1), 5);
    one_core_end(&one);
}
END_TEST

/* The way to the leader and back takes longer than the time until the question is repeated. */
START_TEST(the_answer_to_any_question_about_a_read_confirms_it)
{
    struct one_core one;
    struct raft_message first;

    follow(&one);
    one_core_read(&one, 1, false);
    first = reply_of(&one, 1, 9);
    for (int i = 0; i < 5; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_READ, 1), 2);
    one_core_give(&one, &first);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(one.read_index, 9);
    one_core_end(&one);
}
END_TEST

/* A leader that is asked again begins a new round. So the questions become rarer, and at the end
 * there is one in an election time-out. */
START_TEST(the_time_between_two_questions_doubles)
{
    struct one_core one;
    size_t questions;

    follow(&one);
    one_core_read(&one, 1, false);
    for (int i = 0; i < 30; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    questions = one_core_count(&one, RAFT_MESSAGE_READ, 1);
    ck_assert_uint_ge(questions, 4); /* at 0, 2, 6, 14 and 24 heartbeats */
    ck_assert_uint_le(questions, 5);
    for (int i = 0; i < 40; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_READ, 1), questions + 3);
    one_core_read(&one, 2, false); /* a new batch is asked about at once, and soon again */
    questions = one_core_count(&one, RAFT_MESSAGE_READ, 1);
    for (int i = 0; i < 3; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_READ, 1), questions + 1);
    one_core_end(&one);
}
END_TEST

START_TEST(t22_a_late_reply_does_not_confirm_a_newer_read_of_a_follower)
{
    struct one_core one;
    struct raft_message first, second, third;

    follow(&one);
    one_core_read(&one, 1, false);
    first = reply_of(&one, 1, 1);
    for (int i = 0; i < 4; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    second = reply_of(&one, 1, 1);
    ck_assert_uint_ne(first.read_reply.attempt, second.read_reply.attempt);
    one_core_read(&one, 2, false); /* replaces the first, and sees more */
    one_core_give(&one, &first);
    one_core_give(&one, &second);
    ck_assert_uint_lt(one.read_id, 2);
    for (int i = 0; i < 4; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        hear(&one, 1, 2);
    }
    third = reply_of(&one, 1, 3);
    one_core_give(&one, &third);
    ck_assert_uint_eq(one.read_id, 2);
    ck_assert_uint_eq(one.read_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(t22_an_attempt_of_an_earlier_life_confirms_nothing)
{
    static const uint64_t log[] = {1};
    struct one_core one;
    struct raft_message late;

    follow(&one);
    one_core_read(&one, 1, false);
    late = reply_of(&one, 1, 1);
    one.options.random_seed = 77; /* of the next process */
    one_core_set_log(&one, log, 1, 2, 1);
    hear(&one, 1, 2);
    one_core_read(&one, 1, false);
    one_core_give(&one, &late);
    ck_assert_uint_eq(one.read_id, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(t25_a_read_outlives_the_leader_that_was_asked)
{
    struct one_core one;
    struct raft_message late, reply;

    follow(&one);
    one_core_read(&one, 1, false);
    late = reply_of(&one, 1, 1);
    hear(&one, 3, 3);
    one_core_give(&one, &late);
    ck_assert_uint_eq(one.read_id, 0);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_READ, 3), 1);
    reply = reply_of(&one, 3, 5);
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one.read_id, 1);
    ck_assert_uint_eq(one.read_index, 5);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(read)
{
    Suite *suite = suite_create("read");
    TCase *leader = tcase_create("leader");
    TCase *follower = tcase_create("follower");

    tcase_add_test(leader, the_leader_confirms_a_read_in_one_round);
    tcase_add_test(leader, a_single_voter_confirms_at_once);
    tcase_add_test(leader, a_slow_disk_does_not_hold_up_reads);
    tcase_add_test(leader, all_reads_of_a_batch_share_one_round);
    tcase_add_test(leader, a_follower_is_told_when_the_round_is_over);
    tcase_add_test(leader, a_witness_that_is_silent_costs_a_heartbeat);
    tcase_add_test(leader, t10_reads_wait_until_the_new_leader_knows_what_is_committed);
    tcase_add_test(leader, t21_an_isolated_leader_confirms_nothing);
    tcase_add_test(leader, t22_a_late_answer_to_an_older_round_does_not_confirm_a_newer_read);
    tcase_add_test(leader, t22_rounds_of_another_term_do_not_count);
    tcase_add_test(leader, t25_a_leader_that_steps_down_confirms_nothing_by_late_answers);
    suite_add_tcase(suite, leader);
    tcase_add_test(follower, a_follower_asks_the_leader);
    tcase_add_test(follower, a_lost_question_is_asked_again);
    tcase_add_test(follower, the_answer_to_any_question_about_a_read_confirms_it);
    tcase_add_test(follower, the_time_between_two_questions_doubles);
    tcase_add_test(follower, t22_a_late_reply_does_not_confirm_a_newer_read_of_a_follower);
    tcase_add_test(follower, t22_an_attempt_of_an_earlier_life_confirms_nothing);
    tcase_add_test(follower, t25_a_read_outlives_the_leader_that_was_asked);
    suite_add_tcase(suite, follower);
    return suite;
}
