/*
 * raft_create() and raft_step(): what a core starts from, and what it reports of peers that break
 * the protocol.
 */
#include <string.h>

#include <raftd/error.h>

#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100 };

static const struct raft_options options = {.id = 1,
                                            .random_seed = 1,
                                            .heartbeat_ms = 100,
                                            .election_timeout_ms = 1000,
                                            .max_batch_bytes = 1000,
                                            .max_inflight_messages = 8,
                                            .max_inflight_bytes = 10000,
                                            .max_uncommitted_bytes = 10000};

/* Whether a core starts from entries with these indexes and terms. */
static int start_from(const uint64_t (*log)[2], size_t count, uint64_t term, uint8_t type)
{
    struct raft_entry *entries[8];
    struct raft_recovered recovered = {.term = term, .entries = entries, .entry_count = count};
    struct raft_core *core;
    int code;

    for (size_t i = 0; i < count; i++) {
        entries[i] = raft_entry_make(type, "?", 1);
        entries[i]->index = log[i][0];
        entries[i]->term = log[i][1];
    }
    code = raft_create(&options, &recovered, 0, &core);
    ck_assert_int_eq(code == 0, core != NULL);
    raft_destroy(core);
    for (size_t i = 0; i < count; i++) {
        raft_entry_release(entries[i]);
    }
    return code;
}

START_TEST(it_starts_from_a_log_and_from_nothing_else)
{
    static const uint64_t good[][2] = {{1, 1}, {2, 1}, {3, 4}};
    static const uint64_t gap[][2] = {{1, 1}, {3, 1}};
    static const uint64_t late[][2] = {{2, 1}};
    static const uint64_t falling[][2] = {{1, 3}, {2, 2}};

    ck_assert_int_eq(start_from(good, 3, 4, RAFT_ENTRY_COMMAND), 0);
    ck_assert_int_eq(start_from(good, 3, 3, RAFT_ENTRY_COMMAND), RAFTD_ERROR_CORRUPT);
    ck_assert_int_eq(start_from(gap, 2, 4, RAFT_ENTRY_COMMAND), RAFTD_ERROR_CORRUPT);
    ck_assert_int_eq(start_from(late, 1, 4, RAFT_ENTRY_COMMAND), RAFTD_ERROR_CORRUPT);
    ck_assert_int_eq(start_from(falling, 2, 4, RAFT_ENTRY_COMMAND), RAFTD_ERROR_CORRUPT);
    ck_assert_int_eq(start_from(good, 1, 4, RAFT_ENTRY_MEMBERSHIP), RAFTD_ERROR_CORRUPT);
}
END_TEST

START_TEST(a_quiet_core_writes_nothing_and_allocates_no_sequence)
{
    struct network *network = network_create(3);
    uint64_t steps;

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    for (uint16_t id = 1; id <= 3; id++) {
        network_node(network, id)->disk_stalled = true;
    }
    steps = network->steps;
    network_run(network, 100 * HEARTBEAT_MS);
    ck_assert_uint_gt(network->steps, steps);
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_ptr_null(network_node(network, id)->writes);
    }
    network_destroy(network);
}
END_TEST

/* A message that no correct peer sends, to the leader, node 1, or to the follower, node 2. */
struct wrong {
    struct raft_message message;
    struct raft_entry *entries[2];
};

static struct wrong append_of(struct network *network, uint16_t from, uint16_t to)
{
    struct wrong wrong = {.message = {.type = RAFT_MESSAGE_APPEND, .from = from, .to = to}};

    wrong.message.term = network_status(network, 1).term;
    wrong.message.append.previous_index = network_status(network, 1).last_index;
    wrong.message.append.previous_term = network_status(network, 1).last_term;
    return wrong;
}

static void add_entry(struct wrong *wrong, uint64_t index, uint64_t term, uint8_t type)
{
    struct raft_entry *entry = raft_entry_make(type, "?", 1);

    entry->index = index;
    entry->term = term;
    wrong->entries[wrong->message.entry_count++] = entry;
}

static struct wrong from_itself(struct network *network)
{
    return append_of(network, 2, 2);
}

static struct wrong from_nobody(struct network *network)
{
    return append_of(network, 0, 2);
}

static struct wrong of_the_last_term(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    wrong.message.term = UINT64_MAX;
    return wrong;
}

static struct wrong of_unknown_type(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    wrong.message.type = 99;
    return wrong;
}

static struct wrong a_second_leader(struct network *network)
{
    return append_of(network, 3, 2);
}

static struct wrong a_rival_of_the_leader(struct network *network)
{
    return append_of(network, 3, 1);
}

static struct wrong with_a_gap(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    add_entry(&wrong, 9, wrong.message.term, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong with_a_falling_term(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    add_entry(&wrong, 3, 1, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong with_a_future_term(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    add_entry(&wrong, 3, wrong.message.term + 1, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong with_a_future_previous_term(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    wrong.message.append.previous_term = wrong.message.term + 1;
    return wrong;
}

static struct wrong with_a_term_at_nothing(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    wrong.message.append.previous_index = 0;
    return wrong;
}

static struct wrong with_an_unknown_entry(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    add_entry(&wrong, 3, wrong.message.term, 9);
    return wrong;
}

static struct wrong with_a_broken_membership(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    add_entry(&wrong, 3, wrong.message.term, RAFT_ENTRY_MEMBERSHIP);
    return wrong;
}

static struct wrong against_what_is_committed(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    wrong.message.append.previous_index = 1;
    wrong.message.append.previous_term = 1;
    add_entry(&wrong, 2, 1, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong at_the_end_of_numbers(struct network *network)
{
    struct wrong wrong = append_of(network, 1, 2);

    wrong.message.append.previous_index = UINT64_MAX - 1;
    add_entry(&wrong, UINT64_MAX, wrong.message.term, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong an_answer_beyond_the_log(struct network *network)
{
    struct wrong wrong = {.message = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1}};

    wrong.message.term = network_status(network, 1).term;
    wrong.message.append_reply.success = true;
    wrong.message.append_reply.index = 100;
    return wrong;
}

static struct wrong an_answer_to_a_future_round(struct network *network)
{
    struct wrong wrong = an_answer_beyond_the_log(network);

    wrong.message.append_reply.index = 2;
    wrong.message.append_reply.read_round = 1000;
    return wrong;
}

static struct wrong a_proposed_membership(struct network *network)
{
    struct wrong wrong = {.message = {.type = RAFT_MESSAGE_PROPOSE, .from = 2, .to = 1}};

    wrong.message.term = network_status(network, 1).term;
    add_entry(&wrong, 0, 0, RAFT_ENTRY_MEMBERSHIP);
    return wrong;
}

static struct wrong (*const wrongs[])(struct network *network) = {
    from_itself,
    from_nobody,
    of_the_last_term,
    of_unknown_type,
    a_second_leader,
    a_rival_of_the_leader,
    with_a_gap,
    with_a_falling_term,
    with_a_future_term,
    with_a_future_previous_term,
    with_a_term_at_nothing,
    with_an_unknown_entry,
    with_a_broken_membership,
    against_what_is_committed,
    at_the_end_of_numbers,
    an_answer_beyond_the_log,
    an_answer_to_a_future_round,
    a_proposed_membership,
};

START_TEST(a_violation_is_returned_and_changes_nothing)
{
    struct network *network = network_create(3);
    struct network_node *node;
    struct raft_status before;
    struct raft_status after;
    struct wrong wrong;

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    wrong = wrongs[_i](network);
    wrong.message.entries = wrong.entries;
    node = network_node(network, wrong.message.to);
    before = network_status(network, wrong.message.to);
    network_deliver(network, &wrong.message);
    after = network_status(network, wrong.message.to);
    ck_assert_int_eq(node->violation, RAFTD_ERROR_PROTOCOL);
    ck_assert_uint_eq(node->violation_count, 1);
    ck_assert_ptr_null(node->writes);
    ck_assert_uint_eq(after.term, before.term);
    ck_assert_uint_eq(after.vote, before.vote);
    ck_assert_uint_eq(after.leader, before.leader);
    ck_assert_uint_eq(after.last_index, before.last_index);
    ck_assert_uint_eq(after.commit_index, before.commit_index);
    ck_assert_int_eq(after.role, before.role);
    for (uint32_t i = 0; i < wrong.message.entry_count; i++) {
        raft_entry_release(wrong.entries[i]);
    }
    network_run(network, 10 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_leader(network), 1);
    network_destroy(network);
}
END_TEST

START_TEST(a_violation_names_the_peer)
{
    struct network *network = network_create(3);
    struct wrong wrong;
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &wrong.message};
    struct raft_outbox outbox;

    network_elect_node(network, 1);
    wrong = a_second_leader(network);
    raft_step(network_node(network, 2)->core, network->now_ms, &event, 1, &outbox);
    ck_assert_int_eq(outbox.violation, RAFTD_ERROR_PROTOCOL);
    ck_assert_uint_eq(outbox.violator, 3);
    raft_step(network_node(network, 2)->core, network->now_ms, NULL, 0, &outbox);
    ck_assert_int_eq(outbox.violation, 0);
    network_destroy(network);
}
END_TEST

/* Not a violation: node 2 had voted for another candidate of this term when it answered an append
 * of the earlier leadership of this node, with that term. This node has won that term since. */
START_TEST(a_late_answer_to_a_leader_of_the_past_is_no_violation)
{
    struct network *network = network_create(3);
    struct raft_message answer = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1};

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    answer.term = network_status(network, 1).term;
    network_deliver(network, &answer);
    ck_assert_uint_eq(network_node(network, 1)->violation_count, 0);
    ck_assert_int_eq(network_peer(network, 1, 2).state, RAFT_PROGRESS_REPLICATE);
    network_destroy(network);
}
END_TEST

START_TEST(strangers_have_no_say)
{
    struct network *network = network_create(3);
    struct raft_message reply = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 7, .to = 1};

    network_elect_node(network, 1);
    network_isolate(network, 1);
    network_propose(network, 1, 7);
    reply.term = network_status(network, 1).term;
    reply.append_reply.success = true;
    reply.append_reply.index = 3;
    network_deliver(network, &reply);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network_destroy(network);
}
END_TEST

START_TEST(time_does_not_run_backwards_in_the_core)
{
    struct network *network = network_create(3);
    uint64_t deadline;
    struct raft_outbox outbox;

    network_elect_node(network, 1);
    network_run(network, 5 * HEARTBEAT_MS);
    deadline = raft_next_deadline(network_node(network, 2)->core);
    raft_step(network_node(network, 2)->core, 0, NULL, 0, &outbox);
    ck_assert_uint_eq(raft_next_deadline(network_node(network, 2)->core), deadline);
    ck_assert_uint_eq(outbox.message_count, 0);
    network_destroy(network);
}
END_TEST

START_TEST(every_role_has_a_name)
{
    ck_assert_str_eq(raft_role_name(RAFT_FOLLOWER), "follower");
    ck_assert_str_eq(raft_role_name(RAFT_PRE_CANDIDATE), "pre-candidate");
    ck_assert_str_eq(raft_role_name(RAFT_CANDIDATE), "candidate");
    ck_assert_str_eq(raft_role_name(RAFT_LEADER), "leader");
    ck_assert_str_eq(raft_role_name(RAFT_LEARNER), "learner");
}
END_TEST

/* R16: one message with an absurd term must not raise the term so far that none is left. */
START_TEST(r16_a_term_that_no_election_can_reach_is_refused)
{
    static const uint64_t leaps[] = {UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 62,
                                     ((uint64_t)1 << 40) + 1};
    struct network *network = network_create(3);
    struct raft_message message = {.from = 2, .to = 1};
    uint64_t term;

    network_elect_node(network, 1);
    term = network_status(network, 1).term;
    for (uint8_t type = RAFT_MESSAGE_VOTE; type <= RAFT_MESSAGE_REMOVED; type++) {
        for (size_t i = 0; i < 4; i++) {
            message.type = type;
            message.term = leaps[i] == UINT64_MAX ? leaps[i] : term + leaps[i] - (i < 2 ? term : 0);
            network_node(network, 1)->violation = 0;
            network_deliver(network, &message);
            ck_assert_int_eq(network_node(network, 1)->violation, RAFTD_ERROR_PROTOCOL);
            ck_assert_uint_eq(network_status(network, 1).term, term);
        }
    }
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    /* A node that missed very many elections learns the term nevertheless. */
    message.type = RAFT_MESSAGE_APPEND;
    message.term = term + ((uint64_t)1 << 40);
    network_deliver(network, &message);
    ck_assert_uint_eq(network_status(network, 1).term, message.term);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(core)
{
    Suite *suite = suite_create("core");
    TCase *start = tcase_create("start");
    TCase *violations = tcase_create("violations");

    tcase_add_test(start, it_starts_from_a_log_and_from_nothing_else);
    tcase_add_test(start, a_quiet_core_writes_nothing_and_allocates_no_sequence);
    tcase_add_test(start, time_does_not_run_backwards_in_the_core);
    tcase_add_test(start, every_role_has_a_name);
    suite_add_tcase(suite, start);
    tcase_add_loop_test(violations, a_violation_is_returned_and_changes_nothing, 0,
                        sizeof(wrongs) / sizeof(wrongs[0]));
    tcase_add_test(violations, a_violation_names_the_peer);
    tcase_add_test(violations, a_late_answer_to_a_leader_of_the_past_is_no_violation);
    tcase_add_test(violations, strangers_have_no_say);
    tcase_add_test(violations, r16_a_term_that_no_election_can_reach_is_refused);
    suite_add_tcase(suite, violations);
    return suite;
}
