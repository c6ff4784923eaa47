/*
 * How much a leader sends to a peer that does not answer yet: bounds in messages and bytes, and
 * nothing twice that may be on its way (R5, R6).
 */
#include "unit.h"

#include "one_core.h"

enum { LARGE = 100000 };

/* A leader of three with these windows, whose peers have everything. */
static void lead(struct one_core *one, uint32_t messages, size_t bytes, size_t batch)
{
    static const uint64_t log[] = {1};

    one_core_begin(one, 1, 3);
    one->options.max_inflight_messages = messages;
    one->options.max_inflight_bytes = bytes;
    one->options.max_batch_bytes = batch;
    one_core_set_log(one, log, 1, 1, 0);
    one_core_lead(one);
}

static void lead_wide(struct one_core *one)
{
    lead(one, 16, 1 << 20, 1 << 16);
}

/* Node 3 answers at once, node 2 does not. */
static void propose_to_3(struct one_core *one, uint64_t first, uint64_t last, uint32_t size)
{
    for (uint64_t number = first; number <= last; number++) {
        one_core_propose(one, number, size);
        one_core_answer(one, 3);
    }
}

static uint64_t last_index(const struct one_core *one)
{
    return one_core_status(one).last_index;
}

/* The appends with entries that have left for node 2. */
struct window {
    size_t messages;
    size_t bytes;
    size_t largest_bytes;
    uint32_t most_entries;
};

static struct window measure(const struct one_core *one)
{
    struct window window = {0};

    for (size_t i = 0; i < one->sent_count; i++) {
        const struct raft_message *message = &one->sent[i];
        size_t cost = 0;

        if (message->type != RAFT_MESSAGE_APPEND || message->to != 2 || message->entry_count == 0) {
            continue;
        }
        for (uint32_t j = 0; j < message->entry_count; j++) {
            cost += raft_entry_cost(message->entries[j]);
        }
        window.messages++;
        window.bytes += cost;
        window.largest_bytes = cost > window.largest_bytes ? cost : window.largest_bytes;
        window.most_entries =
            message->entry_count > window.most_entries ? message->entry_count : window.most_entries;
    }
    return window;
}

/* Node 2 answers until it has everything. */
static void catch_up(struct one_core *one)
{
    for (int i = 0; i < 100 && one_core_peer(one, 2).match_index < last_index(one); i++) {
        one_core_answer(one, 2);
        one_core_answer(one, 3);
        if (one_core_peer(one, 2).next_index <= last_index(one) && i % 10 == 9) {
            one_core_run(one, HEARTBEAT_MS);
        }
    }
    ck_assert_uint_eq(one_core_peer(one, 2).match_index, last_index(one));
}

START_TEST(the_window_holds_in_messages)
{
    struct one_core one;

    lead(&one, 5, 1 << 20, 1 << 16);
    propose_to_3(&one, 1, 50, 0);
    ck_assert_uint_eq(measure(&one).messages, 5);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 52);
    catch_up(&one);
    ck_assert_uint_le(measure(&one).messages, 5 + 6); /* the others went in batches */
    one_core_end(&one);
}
END_TEST

START_TEST(the_window_holds_in_bytes)
{
    struct one_core one;

    lead(&one, 64, 10000, 3000);
    propose_to_3(&one, 1, 50, 1000);
    ck_assert_uint_ge(measure(&one).bytes, 10000 - 3000);
    ck_assert_uint_le(measure(&one).bytes, 10000);
    catch_up(&one);
    ck_assert_uint_le(measure(&one).largest_bytes, 3000);
    ck_assert_uint_eq(measure(&one).most_entries, 2);
    one_core_end(&one);
}
END_TEST

/* T50: an entry larger than a batch still arrives, in a message of its own. */
START_TEST(t50_an_entry_larger_than_a_batch_goes_alone)
{
    struct one_core one;

    lead(&one, 4, 2000, 500);
    propose_to_3(&one, 1, 5, 5000);
    catch_up(&one);
    ck_assert_uint_eq(measure(&one).most_entries, 1);
    ck_assert_uint_eq(measure(&one).messages, 5);
    one_core_end(&one);
}
END_TEST

/* An entry that is larger than the whole window goes alone, and the others wait for it. */
START_TEST(an_entry_larger_than_the_window_goes_alone)
{
    struct one_core one;

    lead(&one, 64, 10000, 3000);
    propose_to_3(&one, 1, 1, 50000);
    propose_to_3(&one, 2, 2, 100);
    propose_to_3(&one, 3, 3, 50000);
    one_core_run_answered(&one, 5 * HEARTBEAT_MS, 3, 3);
    ck_assert_uint_eq(measure(&one).messages, 1);
    ck_assert_uint_eq(measure(&one).most_entries, 1);
    one_core_answer(&one, 3);
    one.append_entries[2] = 1; /* the answer to that append, and not to a heartbeat since */
    one.appends[2].append.previous_index = 2;
    catch_up(&one);
    ck_assert_uint_eq(measure(&one).messages, 3);
    ck_assert_uint_eq(measure(&one).most_entries, 1);
    one_core_end(&one);
}
END_TEST

/* A peer that does not answer is sent no entries that it was sent already. */
START_TEST(a_silent_peer_is_not_flooded)
{
    struct one_core one;

    lead_wide(&one);
    one_core_link(&one, 2, false);
    one_core_link(&one, 2, true);
    propose_to_3(&one, 1, 100, 0);
    one_core_run_answered(&one, 5 * HEARTBEAT_MS, 3, 3);
    ck_assert_uint_le(measure(&one).messages, 1);
    one_core_end(&one);
}
END_TEST

/* The others have committed what does not fit into the window of node 2. */
START_TEST(a_peer_with_a_full_window_is_not_told_the_same_commit_index_again)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    struct raft_message forwarded = {
        .type = RAFT_MESSAGE_PROPOSE, .from = 2, .to = 1, .entries = &entry, .entry_count = 1};
    struct one_core one;

    lead(&one, 1, 10000, 3000);
    forwarded.term = raft_get_term(one.core);
    one_core_give(&one, &forwarded);
    one_core_answer(&one, 3);
    propose_to_3(&one, 2, 50, 0);
    ck_assert_uint_eq(one_core_status(&one).commit_index, last_index(&one));
    ck_assert_uint_le(one_core_count(&one, RAFT_MESSAGE_APPEND, 2) - measure(&one).messages, 3);
    raft_entry_release(entry);
    one_core_end(&one);
}
END_TEST

/* ---- large entries on slow links ---- */

/* R5: one value of 8 MB and one slow follower must not fill the link with copies of the value. */
START_TEST(r5_a_probe_takes_its_entries_along_once)
{
    struct one_core one;
    struct raft_message answer;

    lead_wide(&one);
    one_core_link(&one, 2, false);
    propose_to_3(&one, 1, 1, LARGE);
    one_core_forget_sent(&one);
    one_core_link(&one, 2, true);
    answer = one_core_answer_of(&one, 2); /* arrives late */
    one_core_run_answered(&one, 20 * HEARTBEAT_MS, 3, 3);
    ck_assert_uint_eq(measure(&one).messages, 1);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 20);
    answer.append_reply.index = 3;
    one_core_give(&one, &answer);
    one_core_run_answered(&one, 2 * HEARTBEAT_MS, 3, 3);
    ck_assert_uint_eq(measure(&one).messages, 1);
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, 3);
    one_core_end(&one);
}
END_TEST

/* A leader and node 2, which have talked. */
static void begin_pair(struct one_core *leader, struct one_core *peer)
{
    one_core_begin(leader, 1, 3);
    one_core_begin(peer, 2, 3);
    one_core_win(leader);
    for (int i = 0; i < 10; i++) {
        one_core_carry(leader, peer);
        one_core_carry(peer, leader);
    }
}

static void end_pair(struct one_core *leader, struct one_core *peer)
{
    one_core_end(leader);
    one_core_end(peer);
}

/* Heartbeats pass, and everything on the control lane arrives; with `slow`, nothing else does.
 * Returns the number of appends with entries that the leader has sent. */
static size_t pass(struct one_core *leader, struct one_core *peer, unsigned heartbeats, bool slow)
{
    size_t full = 0;

    for (unsigned i = 0; i < heartbeats; i++) {
        one_core_run(leader, HEARTBEAT_MS);
        one_core_run(peer, HEARTBEAT_MS);
        for (int turn = 0; turn < 4; turn++) {
            if (slow) {
                one_core_carry_control(leader, peer);
            } else {
                full += one_core_count_full(leader, 2);
                one_core_carry(leader, peer);
            }
            one_core_carry(peer, leader);
        }
    }
    return slow ? one_core_count_full(leader, 2) : full;
}

START_TEST(r5_a_probe_that_was_lost_is_sent_again)
{
    struct one_core leader, peer;

    begin_pair(&leader, &peer);
    one_core_link(&leader, 2, false);
    one_core_propose(&leader, 7, LARGE);
    one_core_link(&leader, 2, true);
    ck_assert_uint_eq(one_core_count_full(&leader, 2), 1);
    one_core_forget_sent(&leader);
    ck_assert_uint_eq(pass(&leader, &peer, 3, false), 1);
    ck_assert_uint_eq(last_index(&peer), last_index(&leader));
    end_pair(&leader, &peer);
}
END_TEST

/* A link drops entries when its queue is full. The next ones must not fill it again before the
 * first ones have arrived: the answer to a heartbeat does not prove that. */
START_TEST(r5_nothing_follows_a_probe_that_was_lost)
{
    struct one_core leader, peer;

    begin_pair(&leader, &peer);
    one_core_link(&leader, 2, false);
    one_core_propose(&leader, 7, LARGE);
    one_core_propose(&leader, 8, LARGE);
    one_core_link(&leader, 2, true);
    ck_assert_uint_eq(one_core_count_full(&leader, 2), 1);
    one_core_forget_sent(&leader);
    ck_assert_uint_eq(pass(&leader, &peer, 10, true), 0);
    ck_assert_uint_eq(one_core_status(&peer).leader, 1);
    ck_assert_uint_eq(pass(&leader, &peer, 3, false), 2);
    ck_assert_uint_eq(last_index(&peer), last_index(&leader));
    end_pair(&leader, &peer);
}
END_TEST

/* R6: the entries take three election time-outs on their way. Heartbeats overtake them, so nobody
 * campaigns, and nothing is sent twice. */
START_TEST(r6_heartbeats_overtake_entries_and_nothing_is_sent_twice)
{
    struct one_core leader, peer;

    begin_pair(&leader, &peer);
    for (uint64_t number = 1; number <= 5; number++) {
        one_core_propose(&leader, number, LARGE);
    }
    ck_assert_uint_eq(pass(&leader, &peer, 30, true), 5);
    ck_assert_uint_eq(one_core_status(&peer).leader, 1);
    ck_assert_int_eq(raft_get_role(peer.core), RAFT_FOLLOWER);
    ck_assert_int_eq(one_core_peer(&leader, 2).state, RAFT_PROGRESS_REPLICATE);
    ck_assert_uint_eq(pass(&leader, &peer, 2, false), 5);
    ck_assert_uint_eq(last_index(&peer), last_index(&leader));
    ck_assert_uint_eq(one_core_status(&peer).commit_index, last_index(&leader));
    end_pair(&leader, &peer);
}
END_TEST

/* The same after a new connection, when the entries travel with the append that asks where the logs
 * agree: the answer to a heartbeat that overtakes it is no reason to send them again. */
START_TEST(r6_a_heartbeat_that_overtakes_a_probe_does_not_repeat_it)
{
    struct one_core leader, peer;

    begin_pair(&leader, &peer);
    one_core_link(&leader, 2, false);
    one_core_propose(&leader, 8, LARGE);
    one_core_link(&leader, 2, true);
    ck_assert_uint_eq(pass(&leader, &peer, 20, true), 1);
    ck_assert_uint_eq(pass(&leader, &peer, 2, false), 1);
    ck_assert_uint_eq(last_index(&peer), last_index(&leader));
    end_pair(&leader, &peer);
}
END_TEST

UNIT_SUITE(window)
{
    Suite *suite = suite_create("window");
    TCase *bounds = tcase_create("bounds");
    TCase *slow = tcase_create("slow links");

    tcase_add_test(bounds, the_window_holds_in_messages);
    tcase_add_test(bounds, the_window_holds_in_bytes);
    tcase_add_test(bounds, t50_an_entry_larger_than_a_batch_goes_alone);
    tcase_add_test(bounds, an_entry_larger_than_the_window_goes_alone);
    tcase_add_test(bounds, a_silent_peer_is_not_flooded);
    tcase_add_test(bounds, a_peer_with_a_full_window_is_not_told_the_same_commit_index_again);
    suite_add_tcase(suite, bounds);
    tcase_add_test(slow, r5_a_probe_takes_its_entries_along_once);
    tcase_add_test(slow, r5_a_probe_that_was_lost_is_sent_again);
    tcase_add_test(slow, r5_nothing_follows_a_probe_that_was_lost);
    tcase_add_test(slow, r6_heartbeats_overtake_entries_and_nothing_is_sent_twice);
    tcase_add_test(slow, r6_a_heartbeat_that_overtakes_a_probe_does_not_repeat_it);
    suite_add_tcase(suite, slow);
    return suite;
}
