/*
 * Elections in a cluster of cores: which node may lead, which may not, and when a vote counts.
 */
#include <string.h>

#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

/* Counts the messages of elections, without those of pre-votes. */
struct votes {
    size_t requests;
    size_t grants;
};

static bool count_votes(struct network *network, const struct raft_message *message)
{
    struct votes *votes = network->filter_argument;

    votes->requests += message->type == RAFT_MESSAGE_VOTE && !message->vote.pre;
    votes->grants += message->type == RAFT_MESSAGE_VOTE_REPLY && !message->vote_reply.pre &&
                     message->vote_reply.granted;
    return true;
}

static void watch_votes(struct network *network, struct votes *votes)
{
    *votes = (struct votes){0};
    network->filter = count_votes;
    network->filter_argument = votes;
}

static struct network *three_with_leader_1(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    return network;
}

static struct raft_message vote_request(uint16_t from, uint16_t to, uint64_t term,
                                        uint64_t last_index, uint64_t last_term)
{
    struct raft_message message = {.type = RAFT_MESSAGE_VOTE, .from = from, .to = to, .term = term};

    message.vote.last_index = last_index;
    message.vote.last_term = last_term;
    return message;
}

/* So long that no promise to a leader is valid any more, also of an earlier process. */
static void let_promises_end(struct network *network)
{
    network->now_ms += ELECTION_TIMEOUT_MS;
}

START_TEST(three_nodes_elect_one_leader_and_keep_it)
{
    struct network *network = network_create(3);
    uint16_t leader;
    uint64_t term;

    network_run(network, 5000);
    leader = network_leader(network);
    ck_assert_uint_ne(leader, 0);
    ck_assert_uint_eq(network_leader_count(network), 1);
    term = network_status(network, leader).term;
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_uint_eq(network_status(network, id).leader, leader);
    }
    network_run(network, 120000);
    ck_assert_uint_eq(network_leader(network), leader);
    ck_assert_uint_eq(network_status(network, leader).term, term);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(a_single_voter_elects_itself_once_its_vote_is_on_disk)
{
    struct network *network = network_create(1);

    network_node(network, 1)->disk_stalled = true;
    network_run(network, 1999);
    ck_assert_int_eq(network_role(network, 1), RAFT_CANDIDATE);
    network_node(network, 1)->disk_stalled = false;
    network_settle(network);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(network_status(network, 1).commit_index, 2);
    network_destroy(network);
}
END_TEST

START_TEST(split_votes_are_resolved_with_any_seed)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct network network;

        network_init(&network, 5, seed);
        network.delay_max_ms = 40;
        network_run(&network, 10000);
        ck_assert_uint_eq(network_leader_count(&network), 1);
        network_free(&network);
    }
}
END_TEST

START_TEST(t1_no_vote_leaves_before_it_is_on_disk)
{
    struct network *network = network_create(3);
    struct votes votes;

    network_isolate(network, 3);
    network_node(network, 2)->disk_stalled = true;
    watch_votes(network, &votes);
    let_promises_end(network);
    network_campaign(network, 1);
    network_settle(network);
    ck_assert_int_eq(network_role(network, 1), RAFT_CANDIDATE);
    ck_assert_uint_eq(votes.requests, 1); /* the other node is cut off */
    ck_assert_uint_eq(votes.grants, 0);
    ck_assert_uint_eq(network_status(network, 2).vote, 1);

    /*
     * If it is killed in between, it has promised nothing and may vote for node 3 in the same term.
     */
    network_crash(network, 2, false);
    network_restart(network, 2);
    network_node(network, 2)->disk_stalled = false;
    let_promises_end(network);
    ck_assert_uint_eq(network_status(network, 2).vote, 0);
    network_isolate(network, 1);
    network_connect(network, 2, 3);
    network_campaign(network, 3);
    network_settle(network);
    ck_assert_int_eq(network_role(network, 3), RAFT_LEADER);
    ck_assert_uint_eq(network_status(network, 3).term, network_status(network, 1).term);
    network_heal(network);
    network_run(network, 1000);
    ck_assert_uint_eq(network_leader_count(network), 1);
    network_destroy(network);
}
END_TEST

START_TEST(t1_a_vote_survives_the_crash_of_its_voter)
{
    struct network *network = network_create(3);
    struct raft_message rival;
    struct votes votes;
    uint64_t term;

    network_isolate(network, 3);
    network_elect_node(network, 1);
    term = network_status(network, 1).term;
    network_crash(network, 2, false);
    network_restart(network, 2);
    let_promises_end(network);
    ck_assert_uint_eq(network_status(network, 2).vote, 1);
    network_heal(network);
    watch_votes(network, &votes);
    rival = vote_request(3, 2, term, 100, term);
    network_deliver(network, &rival);
    network_settle(network);
    ck_assert_uint_eq(votes.grants, 0);
    network_destroy(network);
}
END_TEST

START_TEST(t2_a_candidate_whose_vote_got_lost_may_ask_again)
{
    struct network *network = network_create(3);
    struct raft_message again;

    network_crash(network, 3, false);
    let_promises_end(network);
    network_campaign(network, 1);
    network_hold(network, 2,
                 1); /* drop from now on: the real vote, and then the pre-vote before it */
    network_settle(network);
    network_release(network, 2, 1);
    network_hold(network, 2, 1);
    network_settle(network); /* the answer to the pre-vote has arrived, node 1 is a candidate */
    ck_assert_int_eq(network_role(network, 1), RAFT_CANDIDATE);
    network_lose(network, 2, 1);
    network_release(network, 2, 1);
    ck_assert_uint_eq(network_status(network, 2).vote, 1);
    again = vote_request(1, 2, network_status(network, 1).term, 1, 1);
    network_deliver(network, &again);
    network_settle(network);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

/* A network in which node 2 has only a base: index 10 of term 3. */
static struct network *node_2_with_base(void)
{
    struct network *network = network_create(3);

    network_set_base(network, 2, 10, 3);
    return network;
}

START_TEST(t3_the_last_term_counts_although_its_entry_is_compacted)
{
    static const struct {
        uint64_t last_index;
        uint64_t last_term;
        bool granted;
    } cases[] = {{12, 2, false}, {9, 3, false}, {10, 3, true}, {1, 4, true}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct network *network = node_2_with_base();
        struct raft_message request =
            vote_request(1, 2, 5, cases[i].last_index, cases[i].last_term);
        struct votes votes;

        watch_votes(network, &votes);
        let_promises_end(network);
        network_deliver(network, &request);
        network_settle(network);
        ck_assert_uint_eq(votes.grants, cases[i].granted ? 1 : 0);
        network_destroy(network);
    }
}
END_TEST

START_TEST(t4_a_lagging_node_comes_back_as_the_leader_dies)
{
    struct network *network = three_with_leader_1();

    network_crash(network, 3, false);
    network_elect_node(network, 2);
    network_elect_node(network, 1);
    network_propose(network, 1, 10);
    network_settle(network);
    network_crash(network, 1, false);
    network_restart(network, 3);
    ck_assert_uint_lt(network_status(network, 3).term, network_status(network, 2).term);
    network_run(network, 10000);
    ck_assert_uint_eq(network_leader(network), 2);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(t4_the_lagging_node_learns_the_term_from_a_refused_rehearsal)
{
    struct network *network = three_with_leader_1();
    uint64_t term;

    network_crash(network, 3, false);
    network_elect_node(network, 2);
    network_elect_node(network, 1);
    term = network_status(network, 1).term;
    network_crash(network, 1, false);
    network_restart(network, 3);
    network_campaign(network, 3);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 3).term, term);
    network_destroy(network);
}
END_TEST

START_TEST(t5_a_higher_term_with_a_shorter_log_does_not_wedge_the_pre_vote)
{
    static const uint64_t short_log[] = {1};
    static const uint64_t long_log[] = {1, 2, 3, 3};
    struct network *network = network_create(3);

    network_set_log(network, 1, short_log, 1, 9, 0);
    network_set_log(network, 2, long_log, 4, 3, 0);
    network_crash(network, 3, false);
    network_run(network, 10000);
    ck_assert_uint_eq(network_leader(network), 2);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(t6_an_old_leader_on_a_bridge_does_not_block_a_quorum)
{
    struct network *network = network_create(5);
    const uint64_t proposal = 77;

    network_elect_node(network, 1);
    /* Node 2 is connected to all others; these are connected only to node 2. */
    for (uint16_t a = 1; a <= 5; a++) {
        for (uint16_t b = 1; b < a; b++) {
            if (a != 2 && b != 2) {
                network_cut(network, a, b);
            }
        }
    }
    network_run(network, 20000);
    ck_assert_uint_eq(network_leader(network), 2);
    ck_assert_uint_eq(network_leader_count(network), 1);
    network_propose(network, 2, proposal);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, proposal), 1);
    network_destroy(network);
}
END_TEST

START_TEST(t6_an_old_leader_with_one_follower_does_not_block_the_other_four)
{
    struct network *network = network_create(5);

    network_elect_node(network, 1);
    for (uint16_t other = 3; other <= 5; other++) {
        network_cut(network, 1, other);
    }
    network_run(network, 10000);
    ck_assert_uint_ge(network_leader(network), 2);
    ck_assert_uint_eq(network_leader_count(network), 1);
    network_destroy(network);
}
END_TEST

START_TEST(t7_nobody_campaigns_with_entries_that_are_not_on_disk)
{
    struct network *network = three_with_leader_1();
    struct votes votes;

    network_node(network, 2)->disk_stalled = true;
    network_propose(network, 1, 10);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).last_index, 3);
    ck_assert_uint_eq(network_last_on_disk(network, 2), 2);
    network_crash(network, 1, false);
    watch_votes(network, &votes);
    network->now_ms += ELECTION_TIMEOUT_MS;
    network_campaign(network, 2);
    network_settle(network);
    ck_assert_int_eq(network_role(network, 2), RAFT_CANDIDATE);
    ck_assert_uint_eq(votes.requests, 0);
    network_node(network, 2)->disk_stalled = false;
    network_settle(network);
    ck_assert_uint_eq(votes.requests, 2);
    ck_assert_int_eq(network_role(network, 2), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

START_TEST(t8_stale_and_refused_messages_do_not_delay_the_election)
{
    struct network *network = three_with_leader_1();
    uint64_t term = network_status(network, 2).term;
    struct raft_message stale = {.type = RAFT_MESSAGE_APPEND, .from = 3, .to = 2};
    struct raft_message hopeless;
    uint64_t deadline;

    network_crash(network, 1, false);
    network_run(network, 500);
    deadline = raft_next_deadline(network_node(network, 2)->core);
    stale.term = term - 1;
    network_deliver(network, &stale);
    ck_assert_uint_eq(raft_next_deadline(network_node(network, 2)->core), deadline);
    /* The promise to the leader is over, so the term counts; the log is too old for a vote. */
    network->now_ms += 480;
    network_node(network, 2)->clock_ahead_ms +=
        deadline - 1 - (network->now_ms + network_node(network, 2)->clock_ahead_ms);
    hopeless = vote_request(3, 2, term + 1, 1, 1);
    network_deliver(network, &hopeless);
    ck_assert_uint_eq(network_status(network, 2).term, term + 1);
    ck_assert_uint_eq(raft_next_deadline(network_node(network, 2)->core), deadline);
    network_destroy(network);
}
END_TEST

START_TEST(a_cut_off_follower_disturbs_nobody_when_it_returns)
{
    struct network *network = three_with_leader_1();
    uint64_t term = network_status(network, 1).term;

    network_isolate(network, 3);
    network_run(network, 30000);
    ck_assert_uint_eq(network_status(network, 3).term, term);
    network_heal(network);
    network_run(network, 5000);
    ck_assert_uint_eq(network_leader(network), 1);
    ck_assert_uint_eq(network_status(network, 1).term, term);
    ck_assert_uint_eq(network_status(network, 3).leader, 1);
    network_destroy(network);
}
END_TEST

START_TEST(a_live_leader_makes_its_followers_deaf_to_candidates)
{
    struct network *network = three_with_leader_1();
    uint64_t term = network_status(network, 1).term;
    struct raft_message request = vote_request(3, 2, term + 5, 100, term + 4);
    struct votes votes;

    watch_votes(network, &votes);
    network_deliver(network, &request);
    request.to = 1;
    network_deliver(network, &request);
    network_settle(network);
    ck_assert_uint_eq(votes.grants, 0);
    ck_assert_uint_eq(network_status(network, 2).term, term);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

START_TEST(a_rehearsal_binds_nobody)
{
    struct network *network = network_create(3);
    struct raft_message request = vote_request(1, 2, 2, 1, 1);
    struct raft_status before = network_status(network, 2);

    request.vote.pre = true;
    network_deliver(network, &request);
    ck_assert_uint_eq(network_status(network, 2).term, before.term);
    ck_assert_uint_eq(network_status(network, 2).vote, 0);
    ck_assert_ptr_null(network_node(network, 2)->writes);
    /* In a pre-vote it may support another node as well. */
    request.from = 3;
    network_deliver(network, &request);
    network_run(network, 5000);
    ck_assert_uint_eq(network_leader_count(network), 1);
    network_destroy(network);
}
END_TEST

START_TEST(an_isolated_leader_steps_down_and_follows_when_it_is_back)
{
    struct network *network = three_with_leader_1();
    const uint64_t lost = 1;
    const uint64_t kept = 2;

    network_isolate(network, 1);
    network_propose(network, 1, lost);
    network_run(network, 5000);
    ck_assert_int_ne(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(network_leader_count(network), 1);
    network_propose(network, network_leader(network), kept);
    network_heal(network);
    network_run(network, 3000);
    ck_assert_uint_eq(network_committed_times(network, lost), 0);
    ck_assert_uint_eq(network_committed_times(network, kept), 1);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(a_leader_nobody_answers_steps_down_within_the_election_timeout)
{
    struct network *network = three_with_leader_1();

    network_isolate(network, 1);
    network_run(network, ELECTION_TIMEOUT_MS + 2 * HEARTBEAT_MS);
    ck_assert_int_ne(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(network_status(network, 1).leader, 0);
    network_destroy(network);
}
END_TEST

START_TEST(one_follower_of_two_is_enough_to_stay_leader)
{
    struct network *network = three_with_leader_1();

    network_isolate(network, 3);
    network_run(network, 10000);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

START_TEST(a_leader_that_steps_down_leaves_the_place_to_another)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_STEP_DOWN};

    network_step(network, 1, &event);
    ck_assert_int_eq(network_role(network, 1), RAFT_FOLLOWER);
    ck_assert_uint_eq(network_status(network, 1).leader, 0);
    network_run(network, 5000);
    ck_assert_uint_eq(network_leader_count(network), 1);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(a_paused_leader_finds_itself_replaced)
{
    struct network *network = three_with_leader_1();

    network_node(network, 1)->paused = true;
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader_count(network), 2); /* it does not know of it yet */
    network_node(network, 1)->paused = false;
    network_settle(network);
    ck_assert_uint_eq(network_leader_count(network), 1);
    ck_assert_int_ne(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

START_TEST(a_node_without_members_waits)
{
    struct raft_options options = {.id = 7,
                                   .random_seed = 1,
                                   .heartbeat_ms = 100,
                                   .election_timeout_ms = 1000,
                                   .max_batch_bytes = 1000,
                                   .max_inflight_messages = 8,
                                   .max_inflight_bytes = 10000,
                                   .max_uncommitted_bytes = 10000};
    struct raft_recovered nothing = {0};
    struct raft_outbox outbox;
    struct raft_core *core;

    ck_assert_int_eq(raft_create(&options, &nothing, 0, &core), 0);
    for (uint64_t now = 0; now < 60000; now += 100) {
        raft_step(core, now, NULL, 0, &outbox);
        ck_assert_uint_eq(outbox.message_count, 0);
        ck_assert(!outbox.has_write);
    }
    ck_assert_int_eq(raft_get_role(core), RAFT_LEARNER);
    raft_destroy(core);
}
END_TEST

UNIT_SUITE(election)
{
    Suite *suite = suite_create("election");
    TCase *votes = tcase_create("votes");
    TCase *traps = tcase_create("traps");
    TCase *leaders = tcase_create("leaders");

    tcase_add_test(votes, three_nodes_elect_one_leader_and_keep_it);
    tcase_add_test(votes, a_single_voter_elects_itself_once_its_vote_is_on_disk);
    tcase_add_test(votes, split_votes_are_resolved_with_any_seed);
    tcase_add_test(votes, a_rehearsal_binds_nobody);
    tcase_add_test(votes, a_node_without_members_waits);
    suite_add_tcase(suite, votes);
    tcase_add_test(traps, t1_no_vote_leaves_before_it_is_on_disk);
    tcase_add_test(traps, t1_a_vote_survives_the_crash_of_its_voter);
    tcase_add_test(traps, t2_a_candidate_whose_vote_got_lost_may_ask_again);
    tcase_add_test(traps, t3_the_last_term_counts_although_its_entry_is_compacted);
    tcase_add_test(traps, t4_a_lagging_node_comes_back_as_the_leader_dies);
    tcase_add_test(traps, t4_the_lagging_node_learns_the_term_from_a_refused_rehearsal);
    tcase_add_test(traps, t5_a_higher_term_with_a_shorter_log_does_not_wedge_the_pre_vote);
    tcase_add_test(traps, t6_an_old_leader_on_a_bridge_does_not_block_a_quorum);
    tcase_add_test(traps, t6_an_old_leader_with_one_follower_does_not_block_the_other_four);
    tcase_add_test(traps, t7_nobody_campaigns_with_entries_that_are_not_on_disk);
    tcase_add_test(traps, t8_stale_and_refused_messages_do_not_delay_the_election);
    suite_add_tcase(suite, traps);
    tcase_add_test(leaders, a_cut_off_follower_disturbs_nobody_when_it_returns);
    tcase_add_test(leaders, a_live_leader_makes_its_followers_deaf_to_candidates);
    tcase_add_test(leaders, an_isolated_leader_steps_down_and_follows_when_it_is_back);
    tcase_add_test(leaders, a_leader_nobody_answers_steps_down_within_the_election_timeout);
    tcase_add_test(leaders, one_follower_of_two_is_enough_to_stay_leader);
    tcase_add_test(leaders, a_leader_that_steps_down_leaves_the_place_to_another);
    tcase_add_test(leaders, a_paused_leader_finds_itself_replaced);
    suite_add_tcase(suite, leaders);
    return suite;
}
