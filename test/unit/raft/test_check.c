/*
 * The invariants of a core: each field that is changed on purpose is noticed, and a step that
 * breaks a rule ends the process.
 */
#include <signal.h>
#include <string.h>

#include "unit.h"

#include "one_core.h"
#include "raft/check.h"
#include "raft/lease.h"
#include "raft/tail.h"

/* Node 1 leads nodes 2 and 3. The log of each ends with entry 7 of term 2, which is committed. */
static void begin(struct one_core *one, uint16_t id)
{
    static const uint64_t terms[] = {2, 2, 2, 2, 2, 2};

    one_core_begin(one, id, 3);
    one->time_ms = 5000;
    if (id != 1) {
        one_core_append(one, 1, 2, 1, 1, terms, 6, 7);
    } else {
        one_core_lead(one);
        for (uint64_t number = 1; number <= 5; number++) {
            one_core_propose(one, number, 0);
            one_core_answer_all(one);
        }
    }
    ck_assert_uint_eq(one_core_status(one).commit_index, 7);
}

static void commit_too_far(struct raft_core *core)
{
    core->commit_index = raftlog_last_index(&core->log) + 1;
}

static void commit_without_a_quorum(struct raft_core *core)
{
    core->progress[1].match_index = 1;
    core->progress[2].match_index = 1;
}

static void durable_too_far(struct raft_core *core)
{
    core->durable_index = core->write_next;
}

static void match_too_far(struct raft_core *core)
{
    core->progress[1].match_index = core->progress[1].next_index;
}

static void next_too_far(struct raft_core *core)
{
    core->progress[1].next_index += 5;
}

static void window_miscounted(struct raft_core *core)
{
    core->progress[2].inflight_bytes = 1;
}

static void answer_to_no_round(struct raft_core *core)
{
    core->progress[2].round_acknowledged = core->read_round + 1;
}

static void entry_of_a_term_to_come(struct raft_core *core)
{
    raftlog_entry(&core->log, raftlog_last_index(&core->log))->term = core->term + 1;
}

static void time_that_falls(struct raft_core *core)
{
    raftlog_entry(&core->log, raftlog_last_index(&core->log))->time_ms = 1;
}

static void gap(struct raft_core *core)
{
    raftlog_entry(&core->log, core->log.base_index + 3)->index++;
}

static void leader_of_somebody_else(struct raft_core *core)
{
    core->leader = 2;
}

static void leader_without_its_vote(struct raft_core *core)
{
    core->vote = 3;
}

static void follower_with_a_role_of_its_own(struct raft_core *core)
{
    core->membership.members[1].roles = RAFT_MEMBER_LEARNER;
}

static void bytes_miscounted(struct raft_core *core)
{
    core->uncommitted_bytes += 1;
}

static void lease_of_the_future(struct raft_core *core)
{
    core->round_opened_ms[core->read_round % ROUNDS_KEPT] += 1000;
    core->progress[1].lease_until_ms = core->now_ms + 2000;
    core->progress[2].lease_until_ms = core->now_ms + 2000;
}

static const struct {
    uint16_t id;
    void (*plant)(struct raft_core *core);
    const char *found;
} plants[] = {
    {1, commit_too_far, "committed is in the log"},
    {2, commit_too_far, "committed is in the log"},
    {1, commit_without_a_quorum, "T9"},
    {2, durable_too_far, "handed to the log writer"},
    {1, match_too_far, "not sent again"},
    {1, next_too_far, "nothing is sent"},
    {1, window_miscounted, "bytes are those"},
    {1, answer_to_no_round, "rounds that began"},
    {3, entry_of_a_term_to_come, "later term than the core"},
    {3, time_that_falls, "T47"},
    {3, gap, "consecutive"},
    {1, leader_of_somebody_else, "for the leader"},
    {1, leader_without_its_vote, "voted for itself"},
    {2, follower_with_a_role_of_its_own, "T32"},
    {1, bytes_miscounted, "counted right"},
    {1, lease_of_the_future, "T23"},
};

START_TEST(a_field_that_is_broken_is_seen)
{
    struct one_core one;
    struct raft_core good;

    begin(&one, plants[_i].id);
    good = *one.core;
    ck_assert_ptr_null(raft_check(one.core));
    plants[_i].plant(one.core);
    ck_assert_ptr_nonnull(raft_check(one.core));
    ck_assert_msg(strstr(raft_check(one.core), plants[_i].found) != NULL, "%s",
                  raft_check(one.core));
    *one.core = good; /* only what raft_destroy() needs */
    one_core_end(&one);
}
END_TEST

/* The state after a step is compared with the state before it. */
static const char *after(struct raft_core *core, void (*change)(struct raft_core *core))
{
    struct check_before before;

    check_take(core, &before);
    change(core);
    return check_step(core, &before);
}

static void take_a_vote_back(struct raft_core *core)
{
    core->vote = 2;
}

static void take_a_term_back(struct raft_core *core)
{
    core->term--;
}

static void take_a_commit_back(struct raft_core *core)
{
    core->commit_index--;
}

static void take_a_promise_back(struct raft_core *core)
{
    core->promised_until_ms--;
}

static void drop_an_entry(struct raft_core *core)
{
    raftlog_truncate(&core->log, raftlog_last_index(&core->log));
}

static void replace_a_committed_entry(struct raft_core *core)
{
    struct raft_entry **place = &core->log.live.chunks[core->log.live.head][4];

    struct raft_entry *other = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);

    ck_assert_uint_eq((*place)->index, 4);
    raft_entry_release(*place);
    *place = other;
}

static void append_of_an_old_term(struct raft_core *core)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);

    entry->term = raftlog_last_term(&core->log);
    entry->index = raftlog_last_index(&core->log) + 1;
    entry->time_ms = raft_cluster_time(core, core->now_ms);
    tail_append(core, entry);
    entry->term--;
    raft_entry_release(entry);
}

static const struct {
    uint16_t id;
    void (*change)(struct raft_core *core);
    const char *found;
} steps[] = {
    {1, take_a_vote_back, "T1"},
    {2, take_a_term_back, "term does not go back"},
    {3, take_a_commit_back, "commit index"},
    {2, take_a_promise_back, "promise"},
    {1, drop_an_entry, "only appends"},
    {2, replace_a_committed_entry, "does not change"},
    {1, append_of_an_old_term, "own term"},
};

START_TEST(a_step_that_breaks_a_rule_is_seen)
{
    struct one_core one;
    const char *broken;

    begin(&one, steps[_i].id);
    if (steps[_i].id == 1) {
        one_core_propose(&one, 9, 0); /* it is not committed */
    }
    broken = after(one.core, steps[_i].change);
    ck_assert_ptr_nonnull(broken);
    ck_assert_msg(strstr(broken, steps[_i].found) != NULL, "%s", broken);
    one_core_end(&one);
}
END_TEST

START_TEST(a_step_with_a_broken_core_ends_the_process)
{
    struct one_core one;

    begin(&one, 1);
    leader_of_somebody_else(one.core);
    one_core_propose(&one, 9, 0);
}
END_TEST

START_TEST(without_the_option_nothing_is_looked_at)
{
    struct one_core one;

    begin(&one, 1);
    one.core->options.check = false;
    leader_of_somebody_else(one.core);
    one_core_propose(&one, 9, 0);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(check)
{
    Suite *suite = suite_create("check");
    TCase *tcase = tcase_create("invariants");

    tcase_add_loop_test(tcase, a_field_that_is_broken_is_seen, 0,
                        (int)(sizeof(plants) / sizeof(plants[0])));
    tcase_add_loop_test(tcase, a_step_that_breaks_a_rule_is_seen, 0,
                        (int)(sizeof(steps) / sizeof(steps[0])));
    tcase_add_test_raise_signal(tcase, a_step_with_a_broken_core_ends_the_process, SIGABRT);
    tcase_add_test(tcase, without_the_option_nothing_is_looked_at);
    suite_add_tcase(suite, tcase);
    return suite;
}
