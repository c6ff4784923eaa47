/*
 * Changes of members as the leader takes them: one at a time, and not too early. How they go on
 * between several nodes is in the stories (t26_*, t27_*, t28_*, t29_*).
 */
#include <string.h>

#include "unit.h"

#include "one_core.h"
#include "raft/change.h"

static void ask_change(struct one_core *one, enum raft_change_kind kind, uint16_t id)
{
    struct raft_change change = {.count = 1};
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE};
    struct buffer bytes = {0};

    change.steps[0].kind = (uint8_t)kind;
    change.steps[0].id = id;
    strcpy(change.steps[0].address, "node:1");
    raft_change_encode(&change, &bytes);
    event.entry =
        raft_entry_make(RAFT_ENTRY_MEMBERSHIP_CHANGE, bytes.data, (uint32_t)bytes.size_bytes);
    event.entry->origin = one->options.id;
    one->refused_reason = RAFT_REFUSED_NOT;
    one_core_event(one, &event);
    raft_entry_release(event.entry);
    buffer_free(&bytes);
}

/* T26: a change that a leader of an earlier term began may be committed, and this leader does not
 * know. */
START_TEST(t26_no_change_before_the_leader_has_committed_in_its_term)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_win(&one);
    ask_change(&one, RAFT_CHANGE_ADD_LEARNER, 4);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_TOO_EARLY);
    one_core_answer(&one, 2);
    ask_change(&one, RAFT_CHANGE_ADD_LEARNER, 4);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NOT);
    ck_assert_uint_eq(raft_get_membership(one.core)->count, 4);
    one_core_end(&one);
}
END_TEST

START_TEST(one_change_at_a_time)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    ask_change(&one, RAFT_CHANGE_ADD_LEARNER, 4);
    ask_change(&one, RAFT_CHANGE_REMOVE, 3);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_RUNNING);
    one_core_answer(&one, 2);
    one_core_answer(&one, 3);
    ask_change(&one, RAFT_CHANGE_REMOVE, 3);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NOT);
    ck_assert(raft_membership_is_joint(raft_get_membership(one.core)));
    ask_change(&one, RAFT_CHANGE_REMOVE, 4); /* a joint membership is not the end of a change */
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_RUNNING);
    one_core_end(&one);
}
END_TEST

/* A learner whose lag is not known may be far behind: it would take the quorum's time (T27). */
START_TEST(t27_a_learner_that_never_answered_is_not_promoted)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    ask_change(&one, RAFT_CHANGE_ADD_LEARNER, 4);
    one_core_run_answered(&one, 10 * HEARTBEAT_MS, 2, 3);
    ask_change(&one, RAFT_CHANGE_PROMOTE, 4);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NOT_CAUGHT_UP);
    one_core_run_answered(&one, HEARTBEAT_MS, 2, 4);
    one_core_run_answered(&one, HEARTBEAT_MS, 2, 4);
    ask_change(&one, RAFT_CHANGE_PROMOTE, 4);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NOT);
    one_core_end(&one);
}
END_TEST

/* T61: nobody would listen to it any more. */
START_TEST(t61_a_leader_does_not_mark_itself)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    ask_change(&one, RAFT_CHANGE_LOST, 1);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_LEADS_ALREADY);
    ask_change(&one, RAFT_CHANGE_LOST, 2);
    ck_assert_uint_eq(one.refused_reason, RAFT_REFUSED_NOT);
    ck_assert(raft_membership_is_lost(raft_get_membership(one.core), 2));
    one_core_end(&one);
}
END_TEST

/* T61: an earlier leader's mark. What the marked member acknowledges to a new leader is not
 * counted, with the mark in the log from the beginning of its term. */
START_TEST(t61_a_new_leader_does_not_count_a_marked_member)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    ask_change(&one, RAFT_CHANGE_LOST, 2);
    one_core_answer(&one, 3);
    one_core_step_down(&one);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    one_core_win(&one);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    ck_assert(one_core_peer(&one, 2).has_lost_log);
    one_core_propose(&one, 5, 0);
    one_core_run_answered(&one, 2 * HEARTBEAT_MS, 2, 2);
    ck_assert_uint_lt(one_core_status(&one).commit_index, one_core_status(&one).last_index);
    one_core_run_answered(&one, 2 * HEARTBEAT_MS, 3, 3);
    ck_assert_uint_eq(one_core_status(&one).commit_index, one_core_status(&one).last_index);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(reconfigure)
{
    Suite *suite = suite_create("reconfigure");
    TCase *tests = tcase_create("changes");

    tcase_add_test(tests, t26_no_change_before_the_leader_has_committed_in_its_term);
    tcase_add_test(tests, one_change_at_a_time);
    tcase_add_test(tests, t27_a_learner_that_never_answered_is_not_promoted);
    tcase_add_test(tests, t61_a_leader_does_not_mark_itself);
    tcase_add_test(tests, t61_a_new_leader_does_not_count_a_marked_member);
    suite_add_tcase(suite, tests);
    return suite;
}
