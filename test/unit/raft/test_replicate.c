/*
 * The leader's side of replication: logs of every shape converge, windows limit, and nothing counts
 * as committed that a quorum could forget.
 */
#include <string.h>

#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

static struct network *three_with_leader_1(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    return network;
}

START_TEST(a_proposal_is_on_all_disks_without_time_passing)
{
    struct network *network = three_with_leader_1();

    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_uint_eq(network_last_on_disk(network, id), 3);
    }
    /* The followers learn with the next heartbeat that it is committed. */
    network_run(network, HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

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
    struct network *network = network_create(7);

    for (uint16_t id = 1; id <= 7; id++) {
        network_set_log(network, id, logs[id - 1].terms, logs[id - 1].count, 7, 0);
    }
    network_elect_node(network, 1);
    ck_assert_uint_eq(network_status(network, 1).term, 8);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    ck_assert_uint_eq(network_status(network, 1).last_index, 11);
    for (uint64_t index = 1; index <= 10; index++) {
        ck_assert_uint_eq(raft_log_term(network_node(network, 7)->core, index),
                          logs[0].terms[index - 1]);
    }
    network_destroy(network);
}
END_TEST

static bool count_appends_to_2(struct network *network, const struct raft_message *message)
{
    size_t *count = network->filter_argument;

    *count += message->type == RAFT_MESSAGE_APPEND && message->to == 2;
    return true;
}

START_TEST(a_long_divergent_tail_costs_a_try_per_term_not_per_entry)
{
    enum { LENGTH = 600 };
    static uint64_t leader[LENGTH];
    static uint64_t other[LENGTH];
    struct network *network = network_create(3);
    size_t appends = 0;

    for (size_t i = 0; i < LENGTH; i++) {
        leader[i] = i < 10 ? 1 : 5;
        other[i] = i < 10 ? 1 : i < 300 ? 2 : 3;
    }
    network_set_log(network, 1, leader, LENGTH, 5, 0);
    network_set_log(network, 2, other, LENGTH, 5, 0);
    network_set_log(network, 3, leader, LENGTH, 5, 0);
    network->filter = count_appends_to_2;
    network->filter_argument = &appends;
    network_elect_node(network, 1);
    ck_assert_uint_eq(network_last_on_disk(network, 2), LENGTH + 1);
    ck_assert_uint_le(appends, 8);
    network_run(network, HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* Lets entry 2 of term 2 pass, and nothing after it to the nodes that have it. */
static bool stop_at_index_3(struct network *network, const struct raft_message *message)
{
    return message->entry_count == 0 || message->entries[message->entry_count - 1]->index < 3 ||
           (network_last_on_disk(network, message->to) < 2 &&
            network_peer(network, message->from, message->to).state == RAFT_PROGRESS_PROBE);
}

/* Figure 8 of the paper, up to (c): the old entry is on a majority and not committed. */
static struct network *figure_8(void)
{
    static const uint64_t old[] = {1, 2};
    static const uint64_t rival[] = {1, 3};
    static const uint64_t none[] = {1};
    struct network *network = network_create(5);

    /* (b) is over: S1 and S2 have index 2 of term 2, S5 has another one of term 3. */
    network_set_log(network, 1, old, 2, 3, 0);
    network_set_log(network, 2, old, 2, 2, 0);
    network_set_log(network, 3, none, 1, 3, 0);
    network_set_log(network, 4, none, 1, 3, 0);
    network_set_log(network, 5, rival, 2, 3, 5);
    network->options.max_batch_bytes = 1;
    for (uint16_t id = 1; id <= 5; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_cut(network, 1, 5);
    network->filter = stop_at_index_3;
    network_elect_node(network, 1);
    network_run(network, 3 * HEARTBEAT_MS);
    return network;
}

START_TEST(t9_an_entry_of_an_earlier_term_is_not_committed_by_counting)
{
    struct network *network = figure_8();

    for (uint16_t id = 1; id <= 4; id++) {
        ck_assert_uint_ge(network_last_on_disk(network, id), 2);
    }
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_lt(network_status(network, 1).commit_index, 2);
    network_destroy(network);
}
END_TEST

START_TEST(t9_so_the_rival_may_still_replace_it)
{
    struct network *network = figure_8();

    /* (d): S1 fails, S5 has the newer last term and wins with S3 and S4. */
    network_crash(network, 1, false);
    network_isolate(network, 2);
    network->filter = NULL;
    network_campaign(network, 5); /* learns the term that it missed */
    network_settle(network);
    network_elect_node(network, 5);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(raft_log_term(network_node(network, 3)->core, 2), 3);
    network_heal(network);
    network_restart(network, 1);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(t9_once_its_own_term_is_on_a_majority_the_rival_cannot_win)
{
    struct network *network = figure_8();

    /* (e): the entry of term 4 gets through, which commits what is before it. */
    network->filter = NULL;
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_status(network, 1).commit_index, 3);
    network_crash(network, 1, false);
    network_heal(network);
    network_run(network, 10000);
    ck_assert_uint_ne(network_leader(network), 5);
    ck_assert_uint_ne(network_leader(network), 0);
    ck_assert_uint_eq(raft_log_term(network_node(network, 5)->core, 2), 2);
    network_destroy(network);
}
END_TEST

START_TEST(t10_a_new_leader_commits_the_past_without_a_proposal)
{
    static const uint64_t log[] = {1, 2, 2};
    struct network *network = network_create(3);

    for (uint16_t id = 1; id <= 3; id++) {
        network_set_log(network, id, log, 3, 2, 0);
    }
    network_elect_node(network, 2);
    ck_assert_uint_eq(network_status(network, 2).last_index, 4);
    ck_assert_uint_eq(raft_log_entry(network_node(network, 2)->core, 4)->type, RAFT_ENTRY_NOOP);
    ck_assert_uint_eq(network_status(network, 2).commit_index, 4);
    network_destroy(network);
}
END_TEST

START_TEST(t12_the_leader_counts_itself_only_when_its_own_disk_has_it)
{
    struct network *network = three_with_leader_1();

    network_isolate(network, 3);
    network_node(network, 1)->disk_stalled = true;
    network_propose(network, 1, 7);
    network_settle(network);
    /* The entry is sent while the leader writes it, and one of two followers acknowledges it. */
    ck_assert_uint_eq(network_last_on_disk(network, 2), 3);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network_node(network, 1)->disk_stalled = false;
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

START_TEST(two_followers_commit_before_the_leaders_own_disk)
{
    struct network *network = three_with_leader_1();

    network_node(network, 1)->disk_stalled = true;
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    ck_assert_uint_eq(network_last_on_disk(network, 1), 2);
    network_destroy(network);
}
END_TEST

/* A leader whose peers 2 and 3 have base 10, while node 4 has only the founding entry. */
START_TEST(t16_a_peer_behind_the_compaction_point_needs_a_snapshot_and_harms_nobody)
{
    struct network *network = network_create(4);
    size_t before;

    for (uint16_t id = 1; id <= 3; id++) {
        network_set_base(network, id, 10, 3);
    }
    network_elect_node(network, 1);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_int_eq(network_peer(network, 1, 4).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_int_eq(network_peer(network, 1, 2).state, RAFT_PROGRESS_REPLICATE);
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    /* It gets heartbeats, so it does not campaign; nothing else is sent to it meanwhile. */
    before = (size_t)network->steps;
    network_run(network, 100 * HEARTBEAT_MS);
    ck_assert_uint_le((size_t)network->steps - before, 100 * 10);
    ck_assert_int_eq(network_role(network, 4), RAFT_FOLLOWER);
    ck_assert_uint_eq(network_status(network, 4).leader, 1);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

/* The appends under way to node 2, as the window counts them. */
struct window {
    size_t messages;
    size_t bytes;
    size_t largest_bytes;
    size_t most_entries;
};

static bool measure(struct network *network, const struct raft_message *message)
{
    struct window *window = network->filter_argument;
    size_t cost = 0;

    if (message->type != RAFT_MESSAGE_APPEND || message->to != 2 || message->entry_count == 0) {
        return true;
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        cost += raft_entry_cost(message->entries[i]);
    }
    window->messages++;
    window->bytes += cost;
    window->largest_bytes = cost > window->largest_bytes ? cost : window->largest_bytes;
    window->most_entries =
        message->entry_count > window->most_entries ? message->entry_count : window->most_entries;
    return true;
}

static struct network *leader_with_windows(uint32_t messages, size_t bytes, size_t batch)
{
    struct network *network = network_create(3);

    network->options.max_inflight_messages = messages;
    network->options.max_inflight_bytes = bytes;
    network->options.max_batch_bytes = batch;
    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    return network;
}

START_TEST(the_window_holds_in_messages)
{
    struct network *network = leader_with_windows(5, 1 << 20, 1 << 16);
    struct window window = {0};

    network->filter = measure;
    network->filter_argument = &window;
    network_hold(network, 2, 1);
    for (uint64_t number = 1; number <= 50; number++) {
        network_propose(network, 1, number);
        network_settle(network);
    }
    ck_assert_uint_eq(window.messages, 5);
    ck_assert_uint_eq(network_committed_times(network, 50), 1); /* node 3 answers at once */
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_last_on_disk(network, 2), 52);
    ck_assert_uint_le(window.messages, 5 + 6); /* the others went in batches */
    network_destroy(network);
}
END_TEST

START_TEST(the_window_holds_in_bytes)
{
    struct network *network = leader_with_windows(64, 10000, 3000);
    struct window window = {0};

    network->filter = measure;
    network->filter_argument = &window;
    network_hold(network, 2, 1);
    for (uint64_t number = 1; number <= 50; number++) {
        network_propose_sized(network, 1, number, 1000);
        network_settle(network);
    }
    ck_assert_uint_ge(window.bytes, 10000 - 3000);
    ck_assert_uint_le(window.bytes, 10000);
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_last_on_disk(network, 2), 52);
    ck_assert_uint_le(window.largest_bytes, 3000);
    ck_assert_uint_eq(window.most_entries, 2);
    network_destroy(network);
}
END_TEST

/* T50: an entry larger than a batch still arrives, in a message of its own. */
START_TEST(t50_an_entry_larger_than_a_batch_goes_alone)
{
    struct network *network = leader_with_windows(4, 2000, 500);
    struct window window = {0};

    network->filter = measure;
    network->filter_argument = &window;
    for (uint64_t number = 1; number <= 5; number++) {
        network_propose_sized(network, 1, number, 5000);
    }
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 5), 1);
    ck_assert_uint_eq(window.most_entries, 1);
    ck_assert_uint_eq(network_last_on_disk(network, 2), 7);
    network_destroy(network);
}
END_TEST

static bool lose_one_append_to_2(struct network *network, const struct raft_message *message)
{
    int *left = network->filter_argument;

    return message->type != RAFT_MESSAGE_APPEND || message->to != 2 || message->entry_count == 0 ||
           (*left)-- != 3;
}

START_TEST(an_append_lost_in_the_middle_is_sent_again)
{
    struct network *network = three_with_leader_1();
    int left = 5;

    network->filter = lose_one_append_to_2;
    network->filter_argument = &left;
    for (uint64_t number = 1; number <= 5; number++) {
        network_propose(network, 1, number);
        network_settle(network);
    }
    ck_assert_int_lt(left, 3);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    ck_assert_uint_eq(network_last_on_disk(network, 2), 7);
    network_destroy(network);
}
END_TEST

static bool lose_everything(struct network *network, const struct raft_message *message)
{
    (void)network;
    (void)message;
    return false;
}

START_TEST(a_link_that_comes_back_is_used_at_once)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_LINK};

    network->filter = lose_everything;
    network_propose(network, 1, 7);
    network_settle(network);
    network->filter = NULL;
    event.link.peer = 2;
    event.link.up = false;
    network_step(network, 1, &event);
    event.link.up = true;
    network_step(network, 1, &event);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    ck_assert_uint_eq(network_last_on_disk(network, 2), 3);
    ck_assert_uint_eq(network_last_on_disk(network, 3), 2);
    network_destroy(network);
}
END_TEST

/* A peer that does not answer is sent no entries that it was sent already. */
START_TEST(a_silent_peer_is_not_flooded)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_LINK, .link = {.peer = 2, .up = false}};
    struct window window = {0};

    network_hold(network, 2, 1);
    network_step(network, 1, &event);
    event.link.up = true;
    network_step(network, 1, &event);
    network->filter = measure;
    network->filter_argument = &window;
    for (uint64_t number = 1; number <= 100; number++) {
        network_propose(network, 1, number);
        network_settle(network);
    }
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert_uint_le(window.messages, 1);
    network_destroy(network);
}
END_TEST

/* What node 2 was sent. */
struct sent {
    size_t with_entries;
    size_t empty;
    size_t lose; /* so many of the next appends with entries are lost */
    bool slow;   /* messages on the lane of entries wait in queue[] */
    struct raft_message queue[64];
    struct raft_entry *entries[64][8]; /* of the messages in queue[]; one reference each */
    size_t queued;
};

static bool watch(struct network *network, const struct raft_message *message)
{
    struct sent *sent = network->filter_argument;

    if (message->type != RAFT_MESSAGE_APPEND || message->to != 2) {
        return true;
    }
    if (message->entry_count == 0) {
        sent->empty++;
    } else {
        sent->with_entries++;
    }
    if (sent->slow && message->lane == RAFT_LANE_ENTRIES) {
        struct raft_message *copy = &sent->queue[sent->queued];

        ck_assert(sent->queued < 64 && message->entry_count <= 8);
        *copy = *message;
        copy->entries = sent->entries[sent->queued];
        for (uint32_t i = 0; i < message->entry_count; i++) {
            sent->entries[sent->queued][i] = raft_entry_hold(message->entries[i]);
        }
        sent->queued++;
        return false;
    }
    if (message->entry_count > 0 && sent->lose > 0) {
        sent->lose--;
        return false;
    }
    return true;
}

/* The slow lane delivers what waits in it, in its order. */
static void deliver_slow_lane(struct network *network, struct sent *sent)
{
    sent->slow = false;
    for (size_t i = 0; i < sent->queued; i++) {
        network_deliver(network, &sent->queue[i]);
        for (uint32_t k = 0; k < sent->queue[i].entry_count; k++) {
            raft_entry_release(sent->queue[i].entries[k]);
        }
    }
    sent->queued = 0;
    network_settle(network);
}

static void renew_link(struct network *network, uint16_t id, uint16_t peer)
{
    struct raft_event event = {.type = RAFT_EVENT_LINK, .link = {.peer = peer, .up = false}};

    network_step(network, id, &event);
    event.link.up = true;
    network_step(network, id, &event);
}

/* R5: one value of 8 MB and one slow follower must not fill the link with copies of the value. */
START_TEST(r5_a_probe_takes_its_entries_along_once)
{
    struct network *network = three_with_leader_1();
    struct sent sent = {0};

    network_isolate(network, 2);
    network_propose_sized(network, 1, 7, 100000);
    network_settle(network);
    network_connect(network, 1, 2);
    network_hold(network, 1, 2);
    network->filter = watch;
    network->filter_argument = &sent;
    renew_link(network, 1, 2);
    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert_uint_eq(sent.with_entries, 1);
    ck_assert_uint_ge(sent.empty, 19);
    network_release(network, 1, 2);
    network_settle(network);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(sent.with_entries, 1);
    ck_assert_uint_eq(network_last_on_disk(network, 2), network_last_on_disk(network, 1));
    network_destroy(network);
}
END_TEST

START_TEST(r5_a_probe_that_was_lost_is_sent_again)
{
    struct network *network = three_with_leader_1();
    struct sent sent = {.lose = 1};

    network_isolate(network, 2);
    network_propose_sized(network, 1, 7, 100000);
    network_settle(network);
    network_connect(network, 1, 2);
    network->filter = watch;
    network->filter_argument = &sent;
    renew_link(network, 1, 2);
    network_run(network, 3 * HEARTBEAT_MS);
    ck_assert_uint_eq(sent.with_entries, 2);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* R6: the entries take three election time-outs on their way. Heartbeats overtake them, so nobody
 * campaigns, and nothing is sent twice. */
START_TEST(r6_heartbeats_overtake_entries_and_nothing_is_sent_twice)
{
    struct network *network = three_with_leader_1();
    struct sent sent = {.slow = true};
    uint64_t term = network_status(network, 1).term;

    network->filter = watch;
    network->filter_argument = &sent;
    for (uint64_t number = 1; number <= 5; number++) {
        network_propose_sized(network, 1, number, 100000);
        network_settle(network);
    }
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(sent.with_entries, 5);
    ck_assert_uint_eq(network_status(network, 2).term, term);
    ck_assert_uint_eq(network_status(network, 2).leader, 1);
    ck_assert_int_eq(network_peer(network, 1, 2).state, RAFT_PROGRESS_REPLICATE);
    deliver_slow_lane(network, &sent);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(sent.with_entries, 5);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* The same after a new connection, when the entries travel with the append that asks where the logs
 * agree: the answer to a heartbeat that overtakes it is no reason to send them again. */
START_TEST(r6_a_heartbeat_that_overtakes_a_probe_does_not_repeat_it)
{
    struct network *network = three_with_leader_1();
    struct sent sent = {.slow = true};

    network->filter = watch;
    network->filter_argument = &sent;
    network_propose_sized(network, 1, 7, 100000);
    network_settle(network);
    deliver_slow_lane(network, &sent);
    sent = (struct sent){.slow = true};
    network_isolate(network, 2);
    network_propose_sized(network, 1, 8, 100000);
    network_settle(network);
    sent = (struct sent){.slow = true};
    network_connect(network, 1, 2);
    renew_link(network, 1, 2);
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(sent.with_entries, 1);
    deliver_slow_lane(network, &sent);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(sent.with_entries, 1);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* An entry that is larger than the whole window goes alone, and the others wait for it. */
START_TEST(an_entry_larger_than_the_window_goes_alone)
{
    struct network *network = leader_with_windows(64, 10000, 3000);
    struct window window = {0};

    network->filter = measure;
    network->filter_argument = &window;
    network_hold(network, 2, 1);
    network_propose_sized(network, 1, 1, 50000);
    network_propose_sized(network, 1, 2, 100);
    network_propose_sized(network, 1, 3, 50000);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert_uint_eq(window.messages, 1);
    ck_assert_uint_eq(window.most_entries, 1);
    network_release(network, 2, 1);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert_uint_eq(window.messages, 3);
    ck_assert_uint_eq(window.most_entries, 1);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* The others have committed what does not fit into the window of node 2. */
START_TEST(a_peer_with_a_full_window_is_not_told_the_same_commit_index_again)
{
    struct network *network = leader_with_windows(1, 10000, 3000);
    struct sent sent = {0};

    network->filter = watch;
    network->filter_argument = &sent;
    network_hold(network, 2, 1);
    network_propose(network, 2, 1);
    network_settle(network);
    for (uint64_t number = 2; number <= 50; number++) {
        network_propose(network, 1, number);
        network_settle(network);
    }
    ck_assert_uint_eq(network_committed_times(network, 50), 1);
    ck_assert_uint_le(sent.empty, 3);
    network_destroy(network);
}
END_TEST

/* R3: the directory of a follower is replaced by an old copy of itself while the leader stays. The
 * leader says so, sends it nothing but heartbeats, and does not count it. */
START_TEST(r3_a_peer_that_denies_what_it_acknowledged_is_noticed)
{
    static const uint64_t old[] = {1};
    struct network *network = three_with_leader_1();
    struct sent sent = {0};

    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert(!network_peer(network, 1, 2).has_lost_log);
    network_set_log(network, 2, old, 1, network_status(network, 1).term, 1);
    network->filter = watch;
    network->filter_argument = &sent;
    renew_link(network, 1, 2);
    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert(network_peer(network, 1, 2).has_lost_log);
    ck_assert_uint_le(sent.with_entries, 1);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    /* Node 3 makes a quorum with the leader; node 2 does not. */
    network_propose(network, 1, 8);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 8), 1);
    network_isolate(network, 3);
    network_propose(network, 1, 9);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_committed_times(network, 9), 0);
    network_destroy(network);
}
END_TEST

/* Late answers do not look like a lost log, in whatever order they arrive. */
START_TEST(a_late_refusal_is_no_sign_of_a_lost_log)
{
    struct network *network = three_with_leader_1();
    struct raft_message refusal = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1};

    network_propose(network, 1, 7);
    network_settle(network);
    refusal.term = network_status(network, 1).term;
    refusal.append_reply.number = 1;
    refusal.append_reply.index = 3;
    network_deliver(network, &refusal);
    ck_assert(!network_peer(network, 1, 2).has_lost_log);
    network_destroy(network);
}
END_TEST

START_TEST(a_stale_refusal_does_not_set_a_peer_back)
{
    struct network *network = three_with_leader_1();
    struct raft_message refusal = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1};

    network_propose(network, 1, 7);
    network_settle(network);
    refusal.term = network_status(network, 1).term;
    refusal.append_reply.index = 2;
    refusal.append_reply.conflict_index = 1;
    refusal.append_reply.conflict_term = 1;
    network_deliver(network, &refusal);
    ck_assert_int_eq(network_peer(network, 1, 2).state, RAFT_PROGRESS_REPLICATE);
    ck_assert_uint_eq(network_peer(network, 1, 2).match_index, 3);
    ck_assert_uint_eq(network_peer(network, 1, 2).next_index, 4);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(replicate)
{
    Suite *suite = suite_create("replicate");
    TCase *logs = tcase_create("logs");
    TCase *commit = tcase_create("commit");
    TCase *windows = tcase_create("windows");

    tcase_add_test(logs, a_proposal_is_on_all_disks_without_time_passing);
    tcase_add_test(logs, figure_7_all_logs_converge);
    tcase_add_test(logs, a_long_divergent_tail_costs_a_try_per_term_not_per_entry);
    tcase_add_test(logs, t16_a_peer_behind_the_compaction_point_needs_a_snapshot_and_harms_nobody);
    tcase_add_test(logs, an_append_lost_in_the_middle_is_sent_again);
    tcase_add_test(logs, a_link_that_comes_back_is_used_at_once);
    tcase_add_test(logs, a_stale_refusal_does_not_set_a_peer_back);
    suite_add_tcase(suite, logs);
    tcase_add_test(commit, t9_an_entry_of_an_earlier_term_is_not_committed_by_counting);
    tcase_add_test(commit, t9_so_the_rival_may_still_replace_it);
    tcase_add_test(commit, t9_once_its_own_term_is_on_a_majority_the_rival_cannot_win);
    tcase_add_test(commit, t10_a_new_leader_commits_the_past_without_a_proposal);
    tcase_add_test(commit, t12_the_leader_counts_itself_only_when_its_own_disk_has_it);
    tcase_add_test(commit, two_followers_commit_before_the_leaders_own_disk);
    suite_add_tcase(suite, commit);
    tcase_add_test(windows, the_window_holds_in_messages);
    tcase_add_test(windows, the_window_holds_in_bytes);
    tcase_add_test(windows, t50_an_entry_larger_than_a_batch_goes_alone);
    tcase_add_test(windows, a_silent_peer_is_not_flooded);
    tcase_add_test(windows, r5_a_probe_takes_its_entries_along_once);
    tcase_add_test(windows, r5_a_probe_that_was_lost_is_sent_again);
    tcase_add_test(windows, r6_heartbeats_overtake_entries_and_nothing_is_sent_twice);
    tcase_add_test(windows, r6_a_heartbeat_that_overtakes_a_probe_does_not_repeat_it);
    tcase_add_test(windows, an_entry_larger_than_the_window_goes_alone);
    tcase_add_test(windows, a_peer_with_a_full_window_is_not_told_the_same_commit_index_again);
    tcase_add_test(windows, r3_a_peer_that_denies_what_it_acknowledged_is_noticed);
    tcase_add_test(windows, a_late_refusal_is_no_sign_of_a_lost_log);
    suite_add_tcase(suite, windows);
    return suite;
}
