/*
 * Elections: when one core votes, asks for votes, leads and steps down. Elections of whole clusters
 * are stories.
 */
#include "unit.h"

#include "one_core.h"

static size_t grants(const struct one_core *one)
{
    size_t count = 0;

    for (size_t i = 0; i < one->sent_count; i++) {
        count += one->sent[i].type == RAFT_MESSAGE_VOTE_REPLY && one->sent[i].vote_reply.granted;
    }
    return count;
}

static void ask_for_vote(struct one_core *one, uint16_t from, uint64_t term, uint64_t last_index,
                         uint64_t last_term)
{
    const struct raft_message request =
        one_core_vote_request(from, one->options.id, term, last_index, last_term);

    one_core_give(one, &request);
}

START_TEST(a_single_voter_elects_itself_once_its_vote_is_on_disk)
{
    struct one_core one;

    one_core_begin(&one, 1, 1);
    one.disk_stalled = true;
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_CANDIDATE);
    one.disk_stalled = false;
    one_core_run(&one, 0);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t1_no_vote_leaves_before_it_is_on_disk)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one.disk_stalled = true;
    ask_for_vote(&one, 1, 2, 1, 1);
    ck_assert_uint_eq(one_core_status(&one).vote, 1);
    ck_assert_uint_eq(one.sent_count, 0);
    ck_assert(one.last_write.has_hard_state);
    ck_assert_uint_eq(one.last_write.vote, 1);
    ck_assert_uint_eq(one.last_write.term, 2);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(grants(&one), 1);
    one_core_end(&one);
}
END_TEST

START_TEST(t1_a_vote_that_was_recovered_is_not_given_again)
{
    static const uint64_t log[] = {1};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 1, 2, 1);
    ask_for_vote(&one, 3, 2, 100, 2);
    ck_assert_uint_eq(grants(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).vote, 1);
    one_core_end(&one);
}
END_TEST

START_TEST(t2_a_candidate_whose_vote_got_lost_may_ask_again)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    ask_for_vote(&one, 1, 2, 1, 1);
    ask_for_vote(&one, 1, 2, 1, 1);
    ck_assert_uint_eq(grants(&one), 2);
    ask_for_vote(&one, 3, 2, 1, 1); /* but nobody else gets it */
    ck_assert_uint_eq(grants(&one), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t3_the_last_term_counts_although_its_entry_is_compacted)
{
    static const struct {
        uint64_t last_index;
        uint64_t last_term;
        bool granted;
    } cases[] = {{12, 2, false}, {9, 3, false}, {10, 3, true}, {1, 4, true}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct one_core one;

        one_core_begin(&one, 2, 3);
        one_core_set_base(&one, 10, 3);
        ask_for_vote(&one, 1, 5, cases[i].last_index, cases[i].last_term);
        ck_assert_uint_eq(grants(&one), cases[i].granted ? 1 : 0);
        one_core_end(&one);
    }
}
END_TEST

/* The node that lags behind learns the term from a refused pre-vote; a granted one says nothing
 * about the term of the voter. */
START_TEST(t4_a_refused_pre_vote_spreads_the_term_and_a_granted_one_does_not)
{
    struct raft_message reply = {.type = RAFT_MESSAGE_VOTE_REPLY, .from = 2, .to = 3, .term = 9};
    struct one_core one;

    one_core_begin(&one, 3, 3);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_PRE_CANDIDATE);
    reply.vote_reply.pre = true;
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one_core_status(&one).term, 9);
    one_core_end(&one);
    one_core_begin(&one, 3, 5);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    reply.term = 2; /* the term in which the node would campaign */
    reply.vote_reply.granted = true;
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one_core_status(&one).term, 1);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_PRE_CANDIDATE);
    one_core_end(&one);
}
END_TEST

START_TEST(t5_terms_do_not_decide_a_pre_vote_and_refusals_spread_them)
{
    static const uint64_t long_log[] = {1, 2, 3, 3};
    struct raft_message request = one_core_vote_request(1, 2, 10, 1, 1);
    struct one_core one;

    /* The node with the longer log refuses, and keeps its term. */
    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, long_log, 4, 3, 0);
    request.vote.pre = true;
    one_core_give(&one, &request);
    ck_assert_uint_eq(grants(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).term, 3);
    one_core_end(&one);
    /* The node with the higher term refuses, and its refusal says the term, so that the other one
     * campaigns above it. */
    one_core_begin(&one, 1, 3);
    one_core_set_log(&one, long_log, 1, 9, 0);
    request = one_core_vote_request(2, 1, 4, 4, 3);
    request.vote.pre = true;
    one_core_give(&one, &request);
    ck_assert_uint_eq(grants(&one), 0);
    ck_assert_uint_eq(one.sent[0].term, 9);
    one_core_end(&one);
}
END_TEST

START_TEST(t7_nobody_campaigns_with_entries_that_are_not_on_disk)
{
    static const uint64_t terms[] = {2};
    struct raft_message reply = {.type = RAFT_MESSAGE_VOTE_REPLY, .from = 3, .to = 2, .term = 3};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, terms, 1, 0);
    one.disk_stalled = true;
    one_core_append(&one, 1, 2, 2, 2, terms, 1, 0);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    reply.vote_reply.pre = true;
    reply.vote_reply.granted = true;
    one_core_forget_sent(&one);
    one_core_give(&one, &reply);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_CANDIDATE);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 0);
    ck_assert(one_core_finish_write(&one)); /* the entry */
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 0);
    ck_assert(one_core_finish_write(&one)); /* the vote */
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t8_stale_and_refused_messages_do_not_delay_the_election)
{
    static const uint64_t log[] = {1, 2};
    struct one_core one;
    uint64_t deadline;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 2, 2, 0);
    deadline = raft_next_deadline(one.core);
    one_core_run(&one, 500);
    one_core_append(&one, 3, 1, 1, 1, NULL, 0, 0); /* of an earlier term */
    ck_assert_uint_eq(raft_next_deadline(one.core), deadline);
    ask_for_vote(&one, 3, 5, 1, 1); /* its term counts; its log is too short for a vote */
    ck_assert_uint_eq(one_core_status(&one).term, 5);
    ck_assert_uint_eq(grants(&one), 0);
    ck_assert_uint_eq(raft_next_deadline(one.core), deadline);
    one_core_end(&one);
}
END_TEST

START_TEST(a_live_leader_makes_nodes_deaf_to_candidates)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, NULL, 0, 0);
    ask_for_vote(&one, 3, 7, 100, 6);
    ck_assert_uint_eq(grants(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).term, 2);
    one_core_end(&one);
    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    ask_for_vote(&one, 3, 7, 100, 6);
    ck_assert_uint_eq(grants(&one), 0);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    one_core_end(&one);
}
END_TEST

START_TEST(a_rehearsal_binds_nobody)
{
    struct raft_message request = one_core_vote_request(1, 2, 2, 1, 1);
    struct one_core one;

    one_core_begin(&one, 2, 3);
    request.vote.pre = true;
    one_core_give(&one, &request);
    ck_assert_uint_eq(grants(&one), 1);
    ck_assert_uint_eq(one_core_status(&one).term, 1);
    ck_assert_uint_eq(one_core_status(&one).vote, 0);
    ck_assert_uint_eq(one.last_write.sequence, 0);
    request.from = 3; /* it may support another node as well */
    one_core_give(&one, &request);
    ck_assert_uint_eq(grants(&one), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(a_leader_that_no_quorum_answers_steps_down_within_the_election_timeout)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    one_core_run_answered(&one, 10 * ELECTION_TIMEOUT_MS, 2, 2); /* one of two is enough */
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    one_core_run(&one, ELECTION_TIMEOUT_MS + 2 * HEARTBEAT_MS);
    ck_assert_int_ne(raft_get_role(one.core), RAFT_LEADER);
    ck_assert_uint_eq(one_core_status(&one).leader, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(a_leader_that_is_asked_to_steps_down)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    one_core_step_down(&one);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_FOLLOWER);
    ck_assert_uint_eq(one_core_status(&one).leader, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(a_node_without_members_waits)
{
    const struct raft_recovered nothing = {0};
    struct one_core one;

    one_core_begin(&one, 7, 3);
    one_core_start(&one, &nothing);
    one_core_run(&one, 60000);
    ck_assert_uint_eq(one.sent_count, 0);
    ck_assert_uint_eq(one.last_write.sequence, 0);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEARNER);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(election)
{
    Suite *suite = suite_create("election");
    TCase *votes = tcase_create("votes");
    TCase *traps = tcase_create("traps");
    TCase *leaders = tcase_create("leaders");

    tcase_add_test(votes, a_single_voter_elects_itself_once_its_vote_is_on_disk);
    tcase_add_test(votes, a_rehearsal_binds_nobody);
    tcase_add_test(votes, a_node_without_members_waits);
    suite_add_tcase(suite, votes);
    tcase_add_test(traps, t1_no_vote_leaves_before_it_is_on_disk);
    tcase_add_test(traps, t1_a_vote_that_was_recovered_is_not_given_again);
    tcase_add_test(traps, t2_a_candidate_whose_vote_got_lost_may_ask_again);
    tcase_add_test(traps, t3_the_last_term_counts_although_its_entry_is_compacted);
    tcase_add_test(traps, t4_a_refused_pre_vote_spreads_the_term_and_a_granted_one_does_not);
    tcase_add_test(traps, t5_terms_do_not_decide_a_pre_vote_and_refusals_spread_them);
    tcase_add_test(traps, t7_nobody_campaigns_with_entries_that_are_not_on_disk);
    tcase_add_test(traps, t8_stale_and_refused_messages_do_not_delay_the_election);
    suite_add_tcase(suite, traps);
    tcase_add_test(leaders, a_live_leader_makes_nodes_deaf_to_candidates);
    tcase_add_test(leaders, a_leader_that_no_quorum_answers_steps_down_within_the_election_timeout);
    tcase_add_test(leaders, a_leader_that_is_asked_to_steps_down);
    suite_add_tcase(suite, leaders);
    return suite;
}
