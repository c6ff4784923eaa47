/*
 * raft_create() and raft_step(): what a core starts from, and what it reports of peers that break
 * the protocol.
 */
#include <string.h>

#include <raftd/error.h>

#include "unit.h"

#include "one_core.h"

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

/* Node 1 leads nodes 2 and 3. The log of each ends with entry 2 of term 2, which is committed. */
static void begin(struct one_core *one, uint16_t id)
{
    static const uint64_t terms[] = {2};

    one_core_begin(one, id, 3);
    if (id == 1) {
        one_core_lead(one);
    } else {
        one_core_append(one, 1, 2, 1, 1, terms, 1, 2);
    }
    one_core_forget_sent(one);
}

START_TEST(a_quiet_core_writes_nothing)
{
    struct one_core one;
    uint64_t written;

    begin(&one, 1);
    written = one.last_write.sequence;
    one_core_run_answered(&one, 100 * HEARTBEAT_MS, 2, 3);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 100);
    ck_assert_uint_eq(one.last_write.sequence, written);
    one_core_end(&one);
    begin(&one, 2);
    written = one.last_write.sequence;
    for (int i = 0; i < 100; i++) {
        one_core_append(&one, 1, 2, 2, 2, NULL, 0, 2);
        one_core_run(&one, HEARTBEAT_MS);
    }
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_APPEND_REPLY, 1), 100);
    ck_assert_uint_eq(one.last_write.sequence, written);
    one_core_end(&one);
}
END_TEST

/* A message that no correct peer sends, to the leader, node 1, or to the follower, node 2. */
struct wrong {
    struct raft_message message;
    struct raft_entry *entries[2];
};

static struct wrong append_of(uint16_t from, uint16_t to)
{
    struct wrong wrong = {.message = {.type = RAFT_MESSAGE_APPEND, .from = from, .to = to}};

    wrong.message.term = 2;
    wrong.message.append.previous_index = 2;
    wrong.message.append.previous_term = 2;
    return wrong;
}

static void add_entry(struct wrong *wrong, uint64_t index, uint64_t term, uint8_t type)
{
    struct raft_entry *entry = raft_entry_make(type, "?", 1);

    entry->index = index;
    entry->term = term;
    wrong->entries[wrong->message.entry_count++] = entry;
}

static struct wrong from_itself(void)
{
    return append_of(2, 2);
}

static struct wrong from_nobody(void)
{
    return append_of(0, 2);
}

static struct wrong of_the_last_term(void)
{
    struct wrong wrong = append_of(1, 2);

    wrong.message.term = UINT64_MAX;
    return wrong;
}

static struct wrong of_unknown_type(void)
{
    struct wrong wrong = append_of(1, 2);

    wrong.message.type = 99;
    return wrong;
}

static struct wrong a_second_leader(void)
{
    return append_of(3, 2);
}

static struct wrong a_rival_of_the_leader(void)
{
    return append_of(3, 1);
}

static struct wrong with_a_gap(void)
{
    struct wrong wrong = append_of(1, 2);

    add_entry(&wrong, 9, wrong.message.term, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong with_a_falling_term(void)
{
    struct wrong wrong = append_of(1, 2);

    add_entry(&wrong, 3, 1, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong with_a_future_term(void)
{
    struct wrong wrong = append_of(1, 2);

    add_entry(&wrong, 3, wrong.message.term + 1, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong with_a_future_previous_term(void)
{
    struct wrong wrong = append_of(1, 2);

    wrong.message.append.previous_term = wrong.message.term + 1;
    return wrong;
}

static struct wrong with_a_term_at_nothing(void)
{
    struct wrong wrong = append_of(1, 2);

    wrong.message.append.previous_index = 0;
    return wrong;
}

static struct wrong with_an_unknown_entry(void)
{
    struct wrong wrong = append_of(1, 2);

    add_entry(&wrong, 3, wrong.message.term, 9);
    return wrong;
}

static struct wrong with_a_broken_membership(void)
{
    struct wrong wrong = append_of(1, 2);

    add_entry(&wrong, 3, wrong.message.term, RAFT_ENTRY_MEMBERSHIP);
    return wrong;
}

static struct wrong against_what_is_committed(void)
{
    struct wrong wrong = append_of(1, 2);

    wrong.message.append.previous_index = 1;
    wrong.message.append.previous_term = 1;
    add_entry(&wrong, 2, 1, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong at_the_end_of_numbers(void)
{
    struct wrong wrong = append_of(1, 2);

    wrong.message.append.previous_index = UINT64_MAX - 1;
    add_entry(&wrong, UINT64_MAX, wrong.message.term, RAFT_ENTRY_COMMAND);
    return wrong;
}

static struct wrong an_answer_beyond_the_log(void)
{
    struct wrong wrong = {.message = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1}};

    wrong.message.term = 2;
    wrong.message.append_reply.success = true;
    wrong.message.append_reply.index = 100;
    return wrong;
}

static struct wrong an_answer_to_a_future_round(void)
{
    struct wrong wrong = an_answer_beyond_the_log();

    wrong.message.append_reply.index = 2;
    wrong.message.append_reply.read_round = 1000;
    return wrong;
}

static struct wrong a_proposed_membership(void)
{
    struct wrong wrong = {.message = {.type = RAFT_MESSAGE_PROPOSE, .from = 2, .to = 1}};

    wrong.message.term = 2;
    add_entry(&wrong, 0, 0, RAFT_ENTRY_MEMBERSHIP);
    return wrong;
}

static struct wrong (*const wrongs[])(void) = {
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
    struct wrong wrong = wrongs[_i]();
    struct raft_status before;
    struct raft_status after;
    struct one_core one;
    uint64_t written;

    wrong.message.entries = wrong.entries;
    begin(&one, wrong.message.to);
    before = one_core_status(&one);
    written = one.last_write.sequence;
    one_core_give(&one, &wrong.message);
    after = one_core_status(&one);
    ck_assert_int_eq(one.violation, RAFTD_ERROR_PROTOCOL);
    ck_assert_uint_eq(one.violation_count, 1);
    ck_assert_uint_eq(one.last_write.sequence, written);
    ck_assert_uint_eq(after.term, before.term);
    ck_assert_uint_eq(after.vote, before.vote);
    ck_assert_uint_eq(after.leader, before.leader);
    ck_assert_uint_eq(after.last_index, before.last_index);
    ck_assert_uint_eq(after.commit_index, before.commit_index);
    ck_assert_int_eq(after.role, before.role);
    for (uint32_t i = 0; i < wrong.message.entry_count; i++) {
        raft_entry_release(wrong.entries[i]);
    }
    one_core_end(&one);
}
END_TEST

START_TEST(a_violation_names_the_peer)
{
    struct wrong wrong = a_second_leader();
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &wrong.message};
    struct raft_outbox outbox;
    struct one_core one;

    begin(&one, 2);
    raft_step(one.core, one.now_ms, &event, 1, &outbox);
    ck_assert_int_eq(outbox.violation, RAFTD_ERROR_PROTOCOL);
    ck_assert_uint_eq(outbox.violator, 3);
    raft_step(one.core, one.now_ms, NULL, 0, &outbox);
    ck_assert_int_eq(outbox.violation, 0);
    one_core_end(&one);
}
END_TEST

/* Not a violation: node 2 had voted for another candidate of this term when it answered an append
 * of the earlier leadership of this node, with that term. This node has won that term since. */
START_TEST(a_late_answer_to_a_leader_of_the_past_is_no_violation)
{
    const struct raft_message answer = {
        .type = RAFT_MESSAGE_APPEND_REPLY, .from = 2, .to = 1, .term = 2};
    struct one_core one;

    begin(&one, 1);
    one_core_give(&one, &answer);
    ck_assert_uint_eq(one.violation_count, 0);
    ck_assert_int_eq(one_core_peer(&one, 2).state, RAFT_PROGRESS_REPLICATE);
    one_core_end(&one);
}
END_TEST

START_TEST(strangers_have_no_say)
{
    struct raft_message reply = {.type = RAFT_MESSAGE_APPEND_REPLY, .from = 7, .to = 1, .term = 2};
    struct one_core one;

    begin(&one, 1);
    one_core_propose(&one, 7, 0);
    reply.append_reply.success = true;
    reply.append_reply.index = 3;
    one_core_give(&one, &reply);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 2);
    one_core_end(&one);
}
END_TEST

START_TEST(time_does_not_run_backwards_in_the_core)
{
    struct one_core one;
    struct raft_outbox outbox;
    uint64_t deadline;

    begin(&one, 2);
    deadline = raft_next_deadline(one.core);
    raft_step(one.core, 0, NULL, 0, &outbox);
    ck_assert_uint_eq(raft_next_deadline(one.core), deadline);
    ck_assert_uint_eq(outbox.message_count, 0);
    one_core_end(&one);
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
    static const uint64_t terms[] = {UINT64_MAX, UINT64_MAX - 1, 2 + ((uint64_t)1 << 62),
                                     2 + ((uint64_t)1 << 40) + 1};
    struct raft_message message = {.from = 2, .to = 1};
    struct one_core one;

    begin(&one, 1);
    for (uint8_t type = RAFT_MESSAGE_VOTE; type <= RAFT_MESSAGE_REMOVED; type++) {
        for (size_t i = 0; i < 4; i++) {
            message.type = type;
            message.term = terms[i];
            one.violation = 0;
            one_core_give(&one, &message);
            ck_assert_int_eq(one.violation, RAFTD_ERROR_PROTOCOL);
            ck_assert_uint_eq(raft_get_term(one.core), 2);
        }
    }
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    /* A node that missed very many elections learns the term nevertheless. */
    message.type = RAFT_MESSAGE_APPEND;
    message.term = 2 + ((uint64_t)1 << 40);
    one_core_give(&one, &message);
    ck_assert_uint_eq(raft_get_term(one.core), message.term);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(core)
{
    Suite *suite = suite_create("core");
    TCase *start = tcase_create("start");
    TCase *violations = tcase_create("violations");

    tcase_add_test(start, it_starts_from_a_log_and_from_nothing_else);
    tcase_add_test(start, a_quiet_core_writes_nothing);
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
