/*
 * The log in memory is bounded in bytes (R12): old entries give up their data, and the core asks
 * for them when a slow peer needs them. That a peer gets them from a disk is the story r12_*.
 */
#include "unit.h"

#include "one_core.h"

enum { BOUND = 50000, VALUE = 10000 };

static void lead_with(struct one_core *one, size_t max_log_bytes)
{
    static const uint64_t log[] = {1};

    one_core_begin(one, 1, 3);
    one->options.max_log_bytes = max_log_bytes;
    one_core_set_log(one, log, 1, 1, 0);
    one_core_lead(one);
}

/* Values that node 3 acknowledges at once, and that are applied. */
static void propose_values(struct one_core *one, uint64_t count)
{
    struct raft_event event = {.type = RAFT_EVENT_APPLIED};

    for (uint64_t number = 1; number <= count; number++) {
        one_core_propose(one, number, VALUE);
        one_core_answer(one, 3);
        event.applied_index = one_core_status(one).commit_index;
        one_core_event(one, &event);
    }
    ck_assert_uint_eq(one_core_status(one).commit_index, one_core_status(one).last_index);
}

/* A leader whose node 2 was away for a hundred values and is back now. */
static void lead_with_2_behind(struct one_core *one)
{
    lead_with(one, BOUND);
    one_core_link(one, 2, false);
    propose_values(one, 100);
    ck_assert_uint_eq(one->fetch_count, 0);
    one_core_forget_sent(one);
    one_core_link(one, 2, true);
    one_core_answer(one, 2); /* it has what it had */
}

/* Gives entries from the request's first index on, of this term; count 0 = they cannot be read. */
static void give(struct one_core *one, uint64_t number, uint64_t term, size_t count)
{
    static const uint8_t data[VALUE];
    struct raft_entry *entries[ONE_CORE_ENTRIES_MAX];
    const struct raft_event event = {
        .type = RAFT_EVENT_FETCHED,
        .fetched = {
            .peer = one->fetch.peer, .number = number, .entries = entries, .entry_count = count}};

    for (size_t i = 0; i < count; i++) {
        entries[i] = raft_entry_make(RAFT_ENTRY_COMMAND, data, VALUE);
        entries[i]->index = one->fetch.first_index + i;
        entries[i]->term = term;
    }
    one_core_event(one, &event);
    for (size_t i = 0; i < count; i++) {
        raft_entry_release(entries[i]);
    }
}

START_TEST(r12_the_log_in_memory_is_bounded_in_bytes)
{
    struct one_core one;

    lead_with(&one, BOUND);
    propose_values(&one, 200);
    ck_assert_uint_le(one_core_status(&one).log_bytes, BOUND + 200 * 128);
    ck_assert_uint_eq(one_core_status(&one).base_index, 0);
    ck_assert_ptr_null(raft_log_entry(one.core, 10));
    ck_assert_uint_eq(raft_log_term(one.core, 10), 2);
    one_core_end(&one);
}
END_TEST

START_TEST(r12_without_the_option_everything_stays)
{
    struct one_core one;

    lead_with(&one, 0);
    propose_values(&one, 50);
    ck_assert_uint_ge(one_core_status(&one).log_bytes, 50 * VALUE);
    ck_assert_ptr_nonnull(raft_log_entry(one.core, 10));
    one_core_end(&one);
}
END_TEST

/* What is in memory is not read, and what was read is sent and asked for once. */
START_TEST(r12_a_peer_that_is_behind_gets_what_was_read)
{
    struct one_core one;

    lead_with_2_behind(&one);
    ck_assert_uint_eq(one.fetch_count, 1);
    ck_assert_uint_eq(one.fetch.peer, 2);
    ck_assert_uint_eq(one.fetch.first_index, 3);
    ck_assert_uint_lt(one.fetch.last_index, 102);
    give(&one, one.fetch.number, 2, 3);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 1);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND, 2)->entry_count, 3);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, 5);
    ck_assert_uint_eq(one.fetch.first_index, 6);
    one_core_end(&one);
}
END_TEST

/* The disk of the leader cannot be read for a while: it is asked again, and not all the time. The
 * peer hears its leader, and the others notice nothing. */
START_TEST(r12_a_disk_that_cannot_be_read_is_asked_again)
{
    struct one_core one;
    size_t asked = 0;

    lead_with_2_behind(&one);
    for (int i = 0; i < 30; i++) {
        asked = one.fetch_count;
        give(&one, one.fetch.number, 2, 0);
        ck_assert_uint_eq(one.fetch_count, asked); /* not at once */
        one_core_run(&one, HEARTBEAT_MS);
        one_core_answer(&one, 3);
    }
    ck_assert_uint_ge(one.fetch_count, 2);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_APPEND, 2), 30);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 0);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    give(&one, one.fetch.number, 2, 1);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 1);
    one_core_end(&one);
}
END_TEST

/* While entries are read, a snapshot lets the log shrink beyond them: then the peer needs it. */
START_TEST(r12_entries_that_are_compacted_meanwhile_come_with_a_snapshot)
{
    struct one_core one;
    struct raft_message reply;

    lead_with_2_behind(&one);
    one_core_snapshot_saved(&one, 102, 103);
    give(&one, one.fetch.number, 2, 3);
    for (int i = 0; i < 3; i++) {
        one_core_run(&one, HEARTBEAT_MS);
        one_core_answer(&one, 3);
        reply = one_core_answer_of(&one, 2);
        reply.append_reply.index = 2;
        if (one.appends[2].append.previous_index > 2) {
            reply = one_core_refusal_of(&one, 2, 2, 2);
        }
        one_core_give(&one, &reply);
    }
    ck_assert_int_eq(one_core_peer(&one, 2).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_uint_eq(one.snapshot_count[2], 1);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 0);
    one_core_end(&one);
}
END_TEST

/* An answer that does not fit what the log says is not sent to anybody. */
START_TEST(r12_what_was_read_has_to_be_what_the_log_had)
{
    struct one_core one;
    uint64_t number;

    lead_with_2_behind(&one);
    number = one.fetch.number;
    give(&one, number + 1, 2, 1); /* nobody asked */
    give(&one, UINT64_MAX, 2, 1);
    one.fetch.first_index++; /* another index */
    give(&one, number, 2, 1);
    one.fetch.first_index--;
    give(&one, number, 3, 1); /* of another log */
    one.fetch.peer = 77;
    give(&one, number, 2, 1);
    ck_assert_uint_eq(one_core_count_full(&one, 2), 0);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(fetch)
{
    Suite *suite = suite_create("fetch");
    TCase *tcase = tcase_create("bounded logs");

    tcase_add_test(tcase, r12_the_log_in_memory_is_bounded_in_bytes);
    tcase_add_test(tcase, r12_without_the_option_everything_stays);
    tcase_add_test(tcase, r12_a_peer_that_is_behind_gets_what_was_read);
    tcase_add_test(tcase, r12_a_disk_that_cannot_be_read_is_asked_again);
    tcase_add_test(tcase, r12_entries_that_are_compacted_meanwhile_come_with_a_snapshot);
    tcase_add_test(tcase, r12_what_was_read_has_to_be_what_the_log_had);
    suite_add_tcase(suite, tcase);
    return suite;
}
