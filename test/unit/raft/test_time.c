/*
 * Cluster time (T47): every entry is stamped with it by its leader; it passes and never jumps,
 * whatever the wall clocks show and however often the leader changes.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000, HOUR_MS = 3600000 };
#define WALL_MS UINT64_C(1800000000000)

/* Three nodes whose wall clocks differ by an hour each; the first leads. */
static struct network *three_wall_clocks(void)
{
    struct network *network = network_create(3);

    network_node(network, 1)->wall_ms = WALL_MS;
    network_node(network, 2)->wall_ms = WALL_MS + HOUR_MS;
    network_node(network, 3)->wall_ms = WALL_MS - HOUR_MS;
    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    return network;
}

static const struct raft_entry *last_entry(struct network *network, uint16_t id)
{
    return raft_log_entry(network_node(network, id)->core, network_status(network, id).last_index);
}

static void assert_times_never_fall(struct network *network, uint16_t id)
{
    uint64_t last = network_status(network, id).last_index;
    uint64_t time_ms = 0;

    for (uint64_t i = 1; i <= last; i++) {
        const struct raft_entry *entry = raft_log_entry(network_node(network, id)->core, i);

        ck_assert_uint_ge(entry->time_ms, time_ms);
        time_ms = entry->time_ms;
    }
}

START_TEST(it_begins_with_the_first_leaders_wall_clock)
{
    struct network *network = three_wall_clocks();
    const struct raft_entry *noop = raft_log_entry(network_node(network, 2)->core, 2);
    uint64_t began_ms = noop->time_ms;

    ck_assert_uint_ge(began_ms, WALL_MS);
    ck_assert_uint_le(began_ms, WALL_MS + 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(noop->wall_ms, began_ms);
    network_run(network, 5000);
    network_propose(network, 3, 7);
    network_settle(network);
    ck_assert_uint_eq(last_entry(network, 2)->time_ms, began_ms + HEARTBEAT_MS + 5000);
    network_destroy(network);
}
END_TEST

static void change_leader_to(uint16_t id, uint64_t wall_ms)
{
    struct network *network = three_wall_clocks();
    uint64_t before_ms, now_ms;

    network_propose(network, 1, 7);
    network_settle(network);
    before_ms = last_entry(network, 1)->time_ms;
    now_ms = network->now_ms;
    network_crash(network, 1, false);
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    if (network_role(network, id) != RAFT_LEADER) {
        network_elect_node(network, id);
    }
    network_propose(network, id, 8);
    network_settle(network);
    /* network_elect_node() moves one monotonic clock forward, by two time-outs at most. */
    ck_assert_uint_ge(last_entry(network, id)->time_ms, before_ms + (network->now_ms - now_ms));
    ck_assert_uint_le(last_entry(network, id)->time_ms,
                      before_ms + (network->now_ms - now_ms) + 2 * ELECTION_TIMEOUT_MS);
    /* The wall clock is told to the state machine all the same, to convert absolute times. */
    ck_assert_uint_eq(last_entry(network, id)->wall_ms, wall_ms + network->now_ms);
    assert_times_never_fall(network, id);
    network_destroy(network);
}

START_TEST(t47_a_leader_an_hour_ahead_moves_nothing)
{
    change_leader_to(2, WALL_MS + HOUR_MS);
}
END_TEST

START_TEST(t47_a_leader_an_hour_behind_moves_nothing)
{
    change_leader_to(3, WALL_MS - HOUR_MS);
}
END_TEST

START_TEST(t47_a_step_of_the_leaders_wall_clock_moves_nothing)
{
    struct network *network = three_wall_clocks();
    uint64_t before_ms = raft_cluster_time(
        network_node(network, 1)->core, network->now_ms + network_node(network, 1)->clock_ahead_ms);
    uint64_t began_ms = network->now_ms;

    network_node(network, 1)->wall_ms += HOUR_MS;
    network_run(network, 50);
    network_propose(network, 1, 7);
    network_node(network, 1)->wall_ms -= 3 * (uint64_t)HOUR_MS;
    network_run(network, 50);
    network_propose(network, 1, 8);
    ck_assert_uint_eq(last_entry(network, 1)->time_ms, before_ms + network->now_ms - began_ms);
    assert_times_never_fall(network, 1);
    network_destroy(network);
}
END_TEST

/* All nodes are down for a long time. No node knows how long, so no time has passed. */
START_TEST(while_nobody_runs_time_stands_still)
{
    struct network *network = three_wall_clocks();
    uint64_t before_ms = last_entry(network, 1)->time_ms;

    network_propose(network, 1, 7);
    network_settle(network);
    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
    }
    network->now_ms += 10 * HOUR_MS;
    for (uint16_t id = 1; id <= 3; id++) {
        network_restart(network, id);
    }
    network_elect_node(network, 2);
    ck_assert_uint_ge(last_entry(network, 2)->time_ms, before_ms);
    ck_assert_uint_le(last_entry(network, 2)->time_ms, before_ms + 10 * ELECTION_TIMEOUT_MS);
    network_destroy(network);
}
END_TEST

/*
 * The clock of node 1 is far too fast, and only node 2 hears its time. Node 3 leads next, with the
 * time that it knows. What node 2 heard of node 1 must not be used after that: a key that was set
 * in the time of node 3 would expire early.
 */
START_TEST(t47_the_time_of_an_earlier_leader_is_not_taken_over)
{
    struct network *network = three_wall_clocks();
    uint64_t stamped_ms;

    network_cut(network, 1, 3);
    for (int i = 0; i < 10; i++) {
        network_node(network, 1)->clock_ahead_ms += ELECTION_TIMEOUT_MS - HEARTBEAT_MS;
        network_run(network, HEARTBEAT_MS);
    }
    ck_assert_uint_eq(network_role(network, 1), RAFT_LEADER);
    network_crash(network, 1, false);
    network_elect_node(network, 3);
    network_propose(network, 3, 7);
    network_settle(network);
    stamped_ms = last_entry(network, 2)->time_ms;
    network_crash(network, 3, false);
    network_restart(network, 1);
    network_elect_node(network, 2);
    ck_assert_uint_ge(last_entry(network, 2)->time_ms, stamped_ms);
    ck_assert_uint_le(last_entry(network, 2)->time_ms, stamped_ms + 4 * ELECTION_TIMEOUT_MS);
    network_destroy(network);
}
END_TEST

START_TEST(a_follower_estimates_it_between_entries)
{
    struct network *network = three_wall_clocks();
    uint64_t last_ms = last_entry(network, 2)->time_ms;
    uint64_t estimate_ms;

    network_run(network, 10 * HEARTBEAT_MS);
    estimate_ms = raft_cluster_time(network_node(network, 2)->core,
                                    network->now_ms + network_node(network, 2)->clock_ahead_ms);
    ck_assert_uint_eq(estimate_ms, last_ms + 11 * HEARTBEAT_MS);
    network_destroy(network);
}
END_TEST

START_TEST(a_time_that_falls_is_no_correct_leaders)
{
    struct network *network = three_wall_clocks();
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    struct raft_status status = network_status(network, 2);
    struct raft_message message = {
        .type = RAFT_MESSAGE_APPEND,
        .from = 1,
        .to = 2,
        .term = status.term,
        .append = {.previous_index = status.last_index, .previous_term = status.last_term},
        .entries = &entry,
        .entry_count = 1};

    entry->index = status.last_index + 1;
    entry->term = status.term;
    entry->time_ms = last_entry(network, 2)->time_ms - 1;
    network_deliver(network, &message);
    ck_assert_uint_eq(network_node(network, 2)->violation_count, 1);
    ck_assert_uint_eq(network_status(network, 2).last_index, status.last_index);
    entry->time_ms = RAFT_TIME_MAX_MS + 1;
    network_deliver(network, &message);
    message.entry_count = 0;
    message.append.time_ms = UINT64_MAX;
    network_deliver(network, &message);
    ck_assert_uint_eq(network_node(network, 2)->violation_count, 3);
    raft_entry_release(entry);
    network_destroy(network);
}
END_TEST

START_TEST(an_entry_that_only_tells_the_time_is_the_leaders_alone)
{
    struct network *network = three_wall_clocks();
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_TIME, NULL, 0);
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE, .entry = entry};
    uint64_t last = network_status(network, 1).last_index;

    network_step(network, 2, &event);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 1).last_index, last);
    network_step(network, 1, &event);
    network_settle(network);
    ck_assert_uint_eq(network_status(network, 2).last_index, last + 1);
    ck_assert_uint_eq(last_entry(network, 2)->type, RAFT_ENTRY_TIME);
    ck_assert_uint_eq(last_entry(network, 2)->time_ms, entry->time_ms);
    raft_entry_release(entry);
    network_destroy(network);
}
END_TEST

/* A key that expires is gone from a follower as soon as the follower knows that the entry is
 * committed; not a heartbeat later, as with an entry that no client there waits for. */
START_TEST(every_member_is_told_at_once_that_time_has_passed)
{
    struct network *network = three_wall_clocks();
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_TIME, NULL, 0);
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE, .entry = entry};

    network_step(network, 1, &event);
    network_settle(network);
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_uint_eq(network_status(network, id).commit_index, entry->index);
    }
    raft_entry_release(entry);
    network_destroy(network);
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
    tcase_add_test(tcase, an_entry_that_only_tells_the_time_is_the_leaders_alone);
    tcase_add_test(tcase, every_member_is_told_at_once_that_time_has_passed);
    suite_add_tcase(suite, tcase);
    return suite;
}
