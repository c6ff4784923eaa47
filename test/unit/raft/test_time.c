/*
 * Cluster time (T47): every entry is stamped with it by its leader; it passes and never jumps,
 * whatever the wall clocks show and however often the leader changes.
 */
#include "unit.h"

#include "one_core.h"

enum { HOUR_MS = 3600000 };
#define WALL_MS UINT64_C(1800000000000)

static void set_wall(struct one_core *one, uint64_t wall_ms)
{
    const struct raft_event event = {.type = RAFT_EVENT_CLOCK, .wall_ms = wall_ms};

    one_core_event(one, &event);
}

static const struct raft_entry *last_entry(const struct one_core *one)
{
    return raft_log_entry(one->core, one_core_status(one).last_index);
}

/* Node 2 follows leader 1, whose cluster time is this. */
static void follow(struct one_core *one, uint64_t time_ms)
{
    static const uint64_t terms[] = {2};

    one_core_begin(one, 2, 3);
    one->time_ms = time_ms;
    one_core_append(one, 1, 2, 1, 1, terms, 1, 2);
}

START_TEST(it_begins_with_the_first_leaders_wall_clock)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    set_wall(&one, WALL_MS);
    one_core_lead(&one);
    ck_assert_uint_ge(last_entry(&one)->time_ms, WALL_MS);
    ck_assert_uint_le(last_entry(&one)->time_ms, WALL_MS + 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_ge(last_entry(&one)->wall_ms, WALL_MS);
    one_core_end(&one);
}
END_TEST

START_TEST(t47_a_step_of_the_leaders_wall_clock_moves_nothing)
{
    struct one_core one;
    uint64_t began_ms, time_ms;

    one_core_begin(&one, 1, 3);
    set_wall(&one, WALL_MS);
    one_core_lead(&one);
    began_ms = one.now_ms;
    time_ms = raft_cluster_time(one.core, one.now_ms);
    set_wall(&one, WALL_MS + HOUR_MS);
    one_core_run_answered(&one, 50, 2, 3);
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(last_entry(&one)->time_ms, time_ms + one.now_ms - began_ms);
    set_wall(&one, WALL_MS - 2 * HOUR_MS);
    one_core_run_answered(&one, 50, 2, 3);
    one_core_propose(&one, 8, 0);
    ck_assert_uint_eq(last_entry(&one)->time_ms, time_ms + one.now_ms - began_ms);
    one_core_end(&one);
}
END_TEST

/* A node becomes leader whose wall clock shows another time than that of the leader before. The
 * wall clock is told to the state machine all the same, to convert absolute times. */
static void take_over(uint64_t wall_ms)
{
    struct one_core one;
    uint64_t began_ms;

    follow(&one, WALL_MS);
    began_ms = one.now_ms;
    set_wall(&one, wall_ms);
    one_core_win(&one);
    ck_assert_uint_ge(last_entry(&one)->time_ms, WALL_MS);
    ck_assert_uint_le(last_entry(&one)->time_ms, WALL_MS + one.now_ms - began_ms);
    ck_assert_uint_ge(last_entry(&one)->time_ms + HEARTBEAT_MS, WALL_MS + one.now_ms - began_ms);
    ck_assert_uint_ge(last_entry(&one)->wall_ms, wall_ms);
    ck_assert_uint_le(last_entry(&one)->wall_ms, wall_ms + one.now_ms - began_ms);
    one_core_end(&one);
}

START_TEST(t47_a_leader_an_hour_ahead_moves_nothing)
{
    take_over(WALL_MS + HOUR_MS);
}
END_TEST

START_TEST(t47_a_leader_an_hour_behind_moves_nothing)
{
    take_over(WALL_MS - HOUR_MS);
}
END_TEST

/* All nodes are down for a long time. No node knows how long, so no time has passed. */
START_TEST(while_nobody_runs_time_stands_still)
{
    struct one_core one;
    struct raft_entry *entries[2];
    const struct raft_recovered recovered = {
        .term = 2, .promise_known = true, .entries = entries, .entry_count = 2};
    uint64_t began_ms;

    follow(&one, WALL_MS);
    for (uint64_t i = 0; i < 2; i++) {
        entries[i] = raft_entry_hold(raft_log_entry(one.core, i + 1));
    }
    one.now_ms += 10 * (uint64_t)HOUR_MS;
    one_core_start(&one, &recovered);
    began_ms = one.now_ms;
    set_wall(&one, WALL_MS + 10 * (uint64_t)HOUR_MS);
    one_core_win(&one);
    ck_assert_uint_ge(last_entry(&one)->time_ms, WALL_MS);
    ck_assert_uint_le(last_entry(&one)->time_ms, WALL_MS + one.now_ms - began_ms);
    raft_entry_release(entries[0]);
    raft_entry_release(entries[1]);
    one_core_end(&one);
}
END_TEST

/*
 * The clock of leader 1 is far too fast, and this node hears its time. Node 3 leads next, with the
 * time that it knows. What was heard of node 1 must not be used after that: a key that was set in
 * the time of node 3 would expire early.
 */
START_TEST(t47_the_time_of_an_earlier_leader_is_not_taken_over)
{
    static const uint64_t terms[] = {3};
    struct one_core one;
    uint64_t began_ms;

    follow(&one, WALL_MS);
    one.time_ms = WALL_MS + HOUR_MS;
    one_core_append(&one, 1, 2, 2, 2, NULL, 0, 2); /* a heartbeat */
    one.time_ms = WALL_MS + 5000;
    one_core_append(&one, 3, 3, 2, 2, terms, 1, 2);
    began_ms = one.now_ms;
    one_core_win(&one);
    ck_assert_uint_ge(last_entry(&one)->time_ms, WALL_MS + 5000);
    ck_assert_uint_le(last_entry(&one)->time_ms, WALL_MS + 5000 + one.now_ms - began_ms);
    one_core_end(&one);
}
END_TEST

START_TEST(a_follower_estimates_it_between_entries)
{
    struct one_core one;

    follow(&one, WALL_MS);
    one_core_run(&one, HEARTBEAT_MS);
    one.time_ms = WALL_MS + HEARTBEAT_MS;
    one_core_append(&one, 1, 2, 2, 2, NULL, 0, 2);
    one_core_run(&one, 70);
    ck_assert_uint_eq(raft_cluster_time(one.core, one.now_ms), WALL_MS + HEARTBEAT_MS + 70);
    one_core_end(&one);
}
END_TEST

START_TEST(a_time_that_falls_is_no_correct_leaders)
{
    static const uint64_t terms[] = {2};
    struct one_core one;

    follow(&one, WALL_MS);
    one.time_ms = WALL_MS - 1;
    one_core_append(&one, 1, 2, 2, 2, terms, 1, 2);
    ck_assert_uint_eq(one.violation_count, 1);
    one.time_ms = RAFT_TIME_MAX_MS + 1;
    one_core_append(&one, 1, 2, 2, 2, terms, 1, 2);
    one.time_ms = UINT64_MAX;
    one_core_append(&one, 1, 2, 2, 2, NULL, 0, 2);
    ck_assert_uint_eq(one.violation_count, 3);
    ck_assert_uint_eq(one_core_status(&one).last_index, 2);
    one_core_end(&one);
}
END_TEST

/* A key that expires is gone from a follower as soon as the follower knows that the entry is
 * committed; not a heartbeat later, as with an entry that no client there waits for. */
START_TEST(an_entry_that_only_tells_the_time_is_the_leaders_alone_and_told_at_once)
{
    struct one_core one;

    follow(&one, WALL_MS);
    one_core_forget_sent(&one);
    one_core_propose_type(&one, RAFT_ENTRY_TIME, 7);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_PROPOSE, 0), 0);
    one_core_end(&one);
    one_core_begin(&one, 1, 3);
    set_wall(&one, WALL_MS);
    one_core_lead(&one);
    one_core_propose_type(&one, RAFT_ENTRY_TIME, 7);
    ck_assert_uint_eq(last_entry(&one)->type, RAFT_ENTRY_TIME);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND, 2)->append.commit_index, 3);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND, 3)->append.commit_index, 3);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(time)
{
    Suite *suite = suite_create("time");
    TCase *tcase = tcase_create("cluster time");

    tcase_add_test(tcase, it_begins_with_the_first_leaders_wall_clock);
    tcase_add_test(tcase, t47_a_leader_an_hour_ahead_moves_nothing);
    tcase_add_test(tcase, t47_a_leader_an_hour_behind_moves_nothing);
    tcase_add_test(tcase, t47_a_step_of_the_leaders_wall_clock_moves_nothing);
    tcase_add_test(tcase, while_nobody_runs_time_stands_still);
    tcase_add_test(tcase, t47_the_time_of_an_earlier_leader_is_not_taken_over);
    tcase_add_test(tcase, a_follower_estimates_it_between_entries);
    tcase_add_test(tcase, a_time_that_falls_is_no_correct_leaders);
    tcase_add_test(tcase, an_entry_that_only_tells_the_time_is_the_leaders_alone_and_told_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
