/*
 * The leader's side of replication: logs of every shape converge, and nothing counts as committed
 * that a quorum could forget. What limits the leader is in test_window.c.
 */
#include "unit.h"

#include "one_core.h"

/* A core of three that leads, and whose peers have everything. */
static void lead(struct one_core *one)
{
    one_core_begin(one, 1, 3);
    one_core_lead(one);
}

static uint64_t committed(const struct one_core *one)
{
    return one_core_status(one).commit_index;
}

/* A leader and one of its peers talk until nothing is left to be said. Returns the number of
 * appends that this took. */
static size_t talk(struct one_core *leader, struct one_core *peer)
{
    size_t appends = 0;

    while (leader->sent_count > 0 || peer->sent_count > 0) {
        appends += one_core_count(leader, RAFT_MESSAGE_APPEND, peer->options.id);
        one_core_carry(leader, peer);
        one_core_carry(peer, leader);
    }
    return appends;
}

static void expect_equal_logs(const struct one_core *a, const struct one_core *b)
{
    uint64_t last = one_core_status(a).last_index;

    ck_assert_uint_eq(one_core_status(b).last_index, last);
    for (uint64_t index = 1; index <= last; index++) {
        ck_assert_uint_eq(raft_log_term(a->core, index), raft_log_term(b->core, index));
    }
}

/* ---- heartbeats ---- */

/* The leader's settings are ten times those of its peers. */
static void lead_slowly(struct one_core *one)
{
    static const uint64_t log[] = {1};

    one_core_begin(one, 1, 3);
    one->options.heartbeat_ms = 4 * ELECTION_TIMEOUT_MS;
    one->options.election_timeout_ms = 10 * ELECTION_TIMEOUT_MS;
    one_core_set_log(one, log, 1, 1, 0);
    one_core_win(one);
    one_core_answer_all(one);
    one_core_forget_sent(one);
}

START_TEST(a_leader_heeds_the_time_outs_of_the_voters)
{
    struct one_core one;

    lead_slowly(&one);
    one_core_run(&one, ELECTION_TIMEOUT_MS / 2);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 1);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 3), 1);
    one_core_run_answered(&one, 10 * ELECTION_TIMEOUT_MS, 2, 3);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 30);
    ck_assert_uint_le(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 40);
    one_core_end(&one);
}
END_TEST

START_TEST(a_peer_cannot_ask_for_a_heartbeat_in_each_millisecond)
{
    struct one_core one;
    struct raft_message reply;

    lead_slowly(&one);
    reply = one_core_answer_of(&one, 2);
    reply.append_reply.election_timeout_ms = 1;
    one_core_give(&one, &reply);
    one_core_run(&one, 100);
    ck_assert_uint_le(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 34);
    one_core_end(&one);
}
END_TEST

/* ---- logs ---- */

/* Figure 7 of the paper: a leader of term 8 and six followers, each with another difference. */
START_TEST(figure_7_all_logs_converge)
{
    static const struct {
        uint64_t terms[12];
        size_t count;
    } logs[] = {
        {{1, 1, 1, 4, 4, 5, 5, 6, 6, 6}, 10},       /* the leader */
        {{1, 1, 1, 4, 4, 5, 5, 6, 6}, 9},           /* a: one missing */
        {{1, 1, 1, 4}, 4},                          /* b: many missing */
        {{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 11},    /* c: one too many */
        {{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}, 12}, /* d: entries of a later leader */
        {{1, 1, 1, 4, 4, 4, 4}, 7},                 /* e: missing and too many */
        {{1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 11},    /* f: likewise, of older terms */
    };

    for (uint16_t id = 2; id <= 7; id++) {
        struct one_core leader, peer;

        one_core_begin(&leader, 1, 7);
        one_core_set_log(&leader, logs[0].terms, logs[0].count, 7, 0);
        one_core_begin(&peer, id, 7);
        one_core_set_log(&peer, logs[id - 1].terms, logs[id - 1].count, 7, 0);
        one_core_win(&leader);
        ck_assert_uint_eq(raft_get_term(leader.core), 8);
        talk(&leader, &peer);
        ck_assert_uint_eq(one_core_status(&leader).last_index, 11);
        expect_equal_logs(&leader, &peer);
        one_core_end(&leader);
        one_core_end(&peer);
    }
}
END_TEST

START_TEST(a_long_divergent_tail_costs_a_try_per_term_not_per_entry)
{
    enum { LENGTH = 600 };
    static uint64_t mine[LENGTH], other[LENGTH];
    struct one_core leader, peer;

    for (size_t i = 0; i < LENGTH; i++) {
        mine[i] = i < 10 ? 1 : 5;
        other[i] = i < 10 ? 1 : i < 300 ? 2 : 3;
    }
    one_core_begin(&leader, 1, 3);
    one_core_set_log(&leader, mine, LENGTH, 5, 0);
    one_core_begin(&peer, 2, 3);
    one_core_set_log(&peer, other, LENGTH, 5, 0);
    one_core_win(&leader);
    ck_assert_uint_le(talk(&leader, &peer), 8);
    expect_equal_logs(&leader, &peer);
    one_core_end(&leader);
    one_core_end(&peer);
}
END_TEST

START_TEST(an_append_lost_in_the_middle_is_sent_again)
{
    struct one_core leader, peer;

    one_core_begin(&leader, 1, 3);
    one_core_begin(&peer, 2, 3);
    one_core_win(&leader);
    talk(&leader, &peer);
    for (uint64_t number = 1; number <= 5; number++) {
        one_core_propose(&leader, number, 0);
    }
    for (size_t i = 0, full = 0; i < leader.sent_count; i++) {
        full += leader.sent[i].to == 2;
        if (full == 3) {
            leader.sent[i].to = 0; /* nobody */
            break;
        }
    }
    talk(&leader, &peer);
    for (int i = 0; i < 3; i++) {
        one_core_run(&leader, HEARTBEAT_MS);
        talk(&leader, &peer);
    }
    ck_assert_uint_eq(one_core_status(&leader).last_index, 7);
    expect_equal_logs(&leader, &peer);
    one_core_end(&leader);
    one_core_end(&peer);
}
END_TEST

/* A leader whose peers 2 and 3 have its base, while node 4 has only the founding entry. */
START_TEST(t16_a_peer_behind_the_compaction_point_needs_a_snapshot_and_harms_nobody)
{
    struct one_core one;
    struct raft_message refusal;

    one_core_begin(&one, 1, 4);
    one_core_set_base(&one, 10, 3);
    one_core_win(&one);
    refusal = one_core_refusal_of(&one, 4, 1, 1);
    one_core_give(&one, &refusal);
    one_core_answer(&one, 2);
    one_core_answer(&one, 3);
    ck_assert_int_eq(one_core_peer(&one, 4).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_uint_eq(one.snapshot_count[4], 1);
    one_core_propose(&one, 7, 0);
    one_core_answer(&one, 2);
    one_core_answer(&one, 3);
    ck_assert_uint_eq(committed(&one), 12);
    /* It gets heartbeats, so it does not campaign; nothing else is sent to it meanwhile. */
    one_core_forget_sent(&one);
    one_core_run_answered(&one, 100 * HEARTBEAT_MS, 2, 3);
    ck_assert_uint_eq(one_core_count_full(&one, 4), 0);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 4), 99);
    ck_assert_uint_le(one_core_count(&one, RAFT_MESSAGE_APPEND, 4), 201);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    one_core_end(&one);
}
END_TEST

START_TEST(a_link_that_comes_back_is_used_at_once)
{
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 7, 0); /* all of this is lost */
    one_core_forget_sent(&one);
    one_core_link(&one, 2, false);
    one_core_link(&one, 2, true);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 1);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_APPEND, 3), 0);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(committed(&one), 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_stale_refusal_does_not_set_a_peer_back)
{
    struct raft_message refusal = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1};
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    refusal.term = raft_get_term(one.core);
    refusal.append_reply.index = 2;
    refusal.append_reply.conflict_index = 1;
    refusal.append_reply.conflict_term = 1;
    one_core_give(&one, &refusal);
    ck_assert_int_eq(one_core_peer(&one, 2).state, RAFT_PROGRESS_REPLICATE);
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, 3);
    ck_assert_uint_eq(one_core_peer(&one, 2).next_index, 4);
    one_core_end(&one);
}
END_TEST

/* ---- lost logs ---- */

/* T61: the greeting of a peer proves that it lacks what it has acknowledged. What it acknowledged
 * before does not count either: others may commit the entry only without it. */
START_TEST(t61_what_a_lost_peer_acknowledged_does_not_count)
{
    const struct raft_event lost = {.type = RAFT_EVENT_PEER_LOST, .peer = 2};
    const struct raft_event unknown = {.type = RAFT_EVENT_PEER_LOST, .peer = 9};
    struct one_core one;
    uint64_t index;

    one_core_begin(&one, 1, 5);
    one_core_lead(&one);
    one_core_propose(&one, 1, 8);
    index = one_core_status(&one).last_index;
    one_core_answer(&one, 2);
    one_core_event(&one, &unknown);
    one_core_event(&one, &lost);
    ck_assert(one_core_peer(&one, 2).has_lost_log);
    one_core_answer(&one, 3);
    ck_assert_uint_lt(committed(&one), index);
    one_core_answer(&one, 2);
    ck_assert_uint_lt(committed(&one), index);
    one_core_answer(&one, 4);
    ck_assert_uint_eq(committed(&one), index);
    one_core_end(&one);
}
END_TEST

/* R3: the directory of a follower is replaced by an old copy of itself while the leader stays. The
 * leader says so, sends it nothing but heartbeats, and does not count it. */
START_TEST(r3_a_peer_that_denies_what_it_acknowledged_is_noticed)
{
    struct one_core one;
    struct raft_message denial;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    ck_assert(!one_core_peer(&one, 2).has_lost_log);
    one_core_link(&one, 2, false);
    one_core_link(&one, 2, true);
    denial = one_core_refusal_of(&one, 2, 1, 1);
    one_core_give(&one, &denial);
    ck_assert(one_core_peer(&one, 2).has_lost_log);
    one_core_forget_sent(&one);
    one_core_run_answered(&one, 20 * HEARTBEAT_MS, 3, 3);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 0);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    /* Node 3 makes a quorum with the leader; node 2 does not. */
    one_core_propose(&one, 8, 0);
    one_core_answer(&one, 3);
    ck_assert_uint_eq(committed(&one), 4);
    one_core_propose(&one, 9, 0);
    denial = one_core_refusal_of(&one, 2, 1, 1);
    one_core_give(&one, &denial);
    ck_assert_uint_eq(committed(&one), 4);
    /* Nor does it keep the leader in office. */
    one_core_run_answered(&one, 20 * HEARTBEAT_MS, 2, 2);
    ck_assert_int_ne(raft_get_role(one.core), RAFT_LEADER);
    one_core_end(&one);
}
END_TEST

/* Late answers do not look like a lost log, in whatever order they arrive. */
START_TEST(a_late_refusal_is_no_sign_of_a_lost_log)
{
    struct raft_message refusal = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1};
    struct one_core one;

    lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    refusal.term = raft_get_term(one.core);
    refusal.append_reply.number = 1;
    refusal.append_reply.index = 3;
    one_core_give(&one, &refusal);
    ck_assert(!one_core_peer(&one, 2).has_lost_log);
    one_core_end(&one);
}
END_TEST

/* ---- commits ---- */

/* Figure 8 of the paper: the leader of term 4 copies an entry of term 2 to a majority. It is not
 * committed until an entry of term 4 is: a rival with an entry of term 3 could replace it. */
START_TEST(t9_an_entry_of_an_earlier_term_is_not_committed_by_counting)
{
    static const uint64_t log[] = {1, 2};
    struct one_core one;

    one_core_begin(&one, 1, 5);
    one_core_set_log(&one, log, 2, 3, 0);
    one_core_win(&one);
    ck_assert_uint_eq(raft_get_term(one.core), 4);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    for (uint16_t peer = 2; peer <= 4; peer++) {
        struct raft_message reply = one_core_answer_of(&one, peer);

        reply.append_reply.index = 2;
        one_core_give(&one, &reply);
        ck_assert_uint_eq(one_core_peer(&one, peer).match_index, 2);
    }
    ck_assert_uint_lt(committed(&one), 2);
    for (uint16_t peer = 2; peer <= 3; peer++) {
        struct raft_message reply = one_core_answer_of(&one, peer);

        ck_assert_uint_lt(committed(&one), 2);
        reply.append_reply.index = 3;
        one_core_give(&one, &reply);
    }
    ck_assert_uint_eq(committed(&one), 3);
    one_core_end(&one);
}
END_TEST

START_TEST(t10_a_new_leader_commits_the_past_without_a_proposal)
{
    static const uint64_t log[] = {1, 2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 3, 2, 0);
    one_core_win(&one);
    ck_assert_uint_eq(one_core_status(&one).last_index, 4);
    ck_assert_uint_eq(raft_log_entry(one.core, 4)->type, RAFT_ENTRY_NOOP);
    ck_assert_uint_lt(committed(&one), 3);
    one_core_answer(&one, 1);
    ck_assert_uint_eq(committed(&one), 4);
    one_core_end(&one);
}
END_TEST

START_TEST(t12_the_leader_counts_itself_only_when_its_own_disk_has_it)
{
    struct one_core one;

    lead(&one);
    one.disk_stalled = true;
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 1); /* it is sent while it is written */
    one_core_answer(&one, 2);
    ck_assert_uint_eq(committed(&one), 2);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(committed(&one), 3);
    one_core_propose(&one, 8, 0);
    one_core_answer(&one, 2);
    one_core_answer(&one, 3); /* two followers are a quorum without the leader's disk */
    ck_assert_uint_eq(committed(&one), 4);
    ck_assert_uint_eq(one_core_status(&one).durable_index, 3);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(replicate)
{
    Suite *suite = suite_create("replicate");
    TCase *logs = tcase_create("logs");
    TCase *commit = tcase_create("commit");

    tcase_add_test(logs, a_leader_heeds_the_time_outs_of_the_voters);
    tcase_add_test(logs, a_peer_cannot_ask_for_a_heartbeat_in_each_millisecond);
    tcase_add_test(logs, figure_7_all_logs_converge);
    tcase_add_test(logs, a_long_divergent_tail_costs_a_try_per_term_not_per_entry);
    tcase_add_test(logs, t16_a_peer_behind_the_compaction_point_needs_a_snapshot_and_harms_nobody);
    tcase_add_test(logs, an_append_lost_in_the_middle_is_sent_again);
    tcase_add_test(logs, a_link_that_comes_back_is_used_at_once);
    tcase_add_test(logs, a_stale_refusal_does_not_set_a_peer_back);
    tcase_add_test(logs, r3_a_peer_that_denies_what_it_acknowledged_is_noticed);
    tcase_add_test(logs, a_late_refusal_is_no_sign_of_a_lost_log);
    suite_add_tcase(suite, logs);
    tcase_add_test(commit, t61_what_a_lost_peer_acknowledged_does_not_count);
    tcase_add_test(commit, t9_an_entry_of_an_earlier_term_is_not_committed_by_counting);
    tcase_add_test(commit, t10_a_new_leader_commits_the_past_without_a_proposal);
    tcase_add_test(commit, t12_the_leader_counts_itself_only_when_its_own_disk_has_it);
    suite_add_tcase(suite, commit);
    return suite;
}
