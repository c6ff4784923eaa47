/*
 * Snapshots in the core: what compaction leaves, which peers are sent one and how often, and what
 * happens to a log when one arrives. Whole transfers are in the stories t16_*, t20_* and t37_*.
 */
#include "unit.h"

#include "one_core.h"

/* ---- compaction ---- */

/* A leader of three whose log ends with entry 12 of term 2, which is committed. */
static void lead_with_12(struct one_core *one)
{
    one_core_begin(one, 1, 3);
    one_core_lead(one);
    for (uint64_t number = 1; number <= 10; number++) {
        one_core_propose(one, number, 0);
        one_core_answer_all(one);
    }
    ck_assert_uint_eq(one_core_status(one).commit_index, 12);
    one_core_forget_sent(one);
}

START_TEST(what_is_compacted_is_gone_and_the_rest_goes_on)
{
    struct one_core one;

    lead_with_12(&one);
    one_core_snapshot_saved(&one, 12, 10);
    ck_assert_ptr_null(raft_log_entry(one.core, 9));
    ck_assert_ptr_nonnull(raft_log_entry(one.core, 10));
    one_core_snapshot_saved(&one, 12, 13);
    ck_assert_ptr_null(raft_log_entry(one.core, 12));
    ck_assert_uint_eq(raft_log_term(one.core, 12), 2);
    ck_assert_uint_eq(one_core_status(&one).last_index, 12);
    one_core_propose(&one, 20, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 13);
    one_core_end(&one);
}
END_TEST

START_TEST(what_is_not_on_this_disk_yet_stays)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    one.disk_stalled = true;
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 3); /* by the two other nodes */
    one_core_snapshot_saved(&one, 3, 4);
    ck_assert_ptr_null(raft_log_entry(one.core, 2));
    ck_assert_ptr_nonnull(raft_log_entry(one.core, 3));
    one_core_end(&one);
}
END_TEST

/* A membership that is appended but not committed is not in the snapshot. */
START_TEST(t30_a_snapshot_carries_the_committed_membership)
{
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE};
    struct raft_membership changed, at;
    struct buffer bytes = {0};
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    changed = one.members;
    changed.members[2].roles = RAFT_MEMBER_LEARNER;
    raft_membership_encode(&changed, &bytes);
    event.entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    one_core_event(&one, &event);
    ck_assert_uint_eq(raft_get_membership(one.core)->members[2].roles, RAFT_MEMBER_LEARNER);
    raft_membership_at(one.core, one_core_status(&one).commit_index, &at);
    ck_assert_uint_eq(at.members[2].roles, RAFT_MEMBER_VOTER);
    raft_membership_at(one.core, 3, &at);
    ck_assert_uint_eq(at.members[2].roles, RAFT_MEMBER_LEARNER);
    raft_entry_release(event.entry);
    buffer_free(&bytes);
    one_core_end(&one);
}
END_TEST

/* ---- transfers ---- */

/* Node 3 has lost the link, and comes back with its log up to entry 2. */
static void bring_back(struct one_core *one)
{
    struct raft_message refusal;

    one_core_link(one, 3, false);
    one_core_link(one, 3, true);
    refusal = one_core_refusal_of(one, 3, 2, 2);
    one_core_give(one, &refusal);
}

/* Node 3 never had more than entry 2, and the log begins after entry 12. */
static void lead_with_3_behind(struct one_core *one)
{
    one_core_begin(one, 1, 3);
    one_core_lead(one);
    one_core_link(one, 3, false);
    for (uint64_t number = 1; number <= 10; number++) {
        one_core_propose(one, number, 0);
        one_core_answer(one, 2);
    }
    one_core_snapshot_saved(one, 12, 13);
    ck_assert_uint_eq(one->snapshot_count[3], 0);
    one_core_forget_sent(one);
}

static void end_transfer(struct one_core *one, bool sent)
{
    const struct raft_event delivered = {.type = RAFT_EVENT_SNAPSHOT_SENT,
                                         .sent = {.peer = 3, .index = 12}};
    const struct raft_event failed = {.type = RAFT_EVENT_SNAPSHOT_FAILED, .peer = 3};

    one_core_event(one, sent ? &delivered : &failed);
}

/* Node 3 answers a heartbeat: it has up to this index. */
static void say_has(struct one_core *one, uint64_t index)
{
    struct raft_message reply;

    one_core_run(one, HEARTBEAT_MS);
    one_core_answer(one, 2);
    reply = one_core_answer_of(one, 3);
    reply.append_reply.index = index;
    one_core_give(one, &reply);
}

START_TEST(a_peer_that_still_finds_its_place_gets_none)
{
    struct one_core one;
    struct raft_message refusal;

    lead_with_12(&one);
    one_core_snapshot_saved(&one, 12, 3); /* keeps everything that node 3 lacks */
    one_core_step_down(&one);
    one_core_win(&one);
    refusal = one_core_refusal_of(&one, 3, 2, 2);
    one_core_give(&one, &refusal);
    ck_assert_int_ne(one_core_peer(&one, 3).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_uint_eq(one.snapshot_count[3], 0);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND, 3)->append.previous_index, 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t20_an_offline_peer_is_not_sent_one_at_every_heartbeat)
{
    struct one_core one;

    lead_with_3_behind(&one);
    /* The peer never said that it needs a snapshot. */
    one_core_run_answered(&one, 20 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(one.snapshot_count[3], 0);
    /* It says so and is down again: the transfer fails, and nothing was heard since. */
    bring_back(&one);
    ck_assert_uint_eq(one.snapshot_count[3], 1);
    end_transfer(&one, false);
    one_core_run_answered(&one, 20 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(one.snapshot_count[3], 1);
    /* It is back: one more transfer, and not two because of its answers to heartbeats. */
    for (int i = 0; i < 30; i++) {
        say_has(&one, 2);
    }
    ck_assert_uint_eq(one.snapshot_count[3], 2);
    one_core_end(&one);
}
END_TEST

START_TEST(a_transfer_that_fails_is_tried_again_after_a_while)
{
    struct one_core one;

    lead_with_3_behind(&one);
    bring_back(&one);
    for (size_t i = 1; i < 5; i++) {
        ck_assert_uint_eq(one.snapshot_count[3], i);
        end_transfer(&one, false);
        for (int beat = 0; beat < 5; beat++) {
            say_has(&one, 2);
        }
        ck_assert_uint_eq(one.snapshot_count[3], i);
        for (int beat = 0; beat < 10; beat++) {
            say_has(&one, 2);
        }
    }
    one_core_end(&one);
}
END_TEST

START_TEST(a_lost_link_makes_the_peer_say_again_what_it_needs)
{
    struct one_core one;

    lead_with_3_behind(&one);
    bring_back(&one);
    one_core_link(&one, 3, false);
    ck_assert_int_eq(one_core_peer(&one, 3).state, RAFT_PROGRESS_PROBE);
    bring_back(&one);
    ck_assert_int_eq(one_core_peer(&one, 3).state, RAFT_PROGRESS_SNAPSHOT);
    ck_assert_uint_eq(one.snapshot_count[3], 2);
    one_core_end(&one);
}
END_TEST

START_TEST(t38_delivered_is_not_installed)
{
    struct one_core one;

    lead_with_3_behind(&one);
    bring_back(&one);
    end_transfer(&one, true); /* it has the bytes, but has not installed them */
    say_has(&one, 2);
    ck_assert_uint_lt(one_core_peer(&one, 3).match_index, 12);
    ck_assert_int_eq(one_core_peer(&one, 3).state, RAFT_PROGRESS_SNAPSHOT);
    say_has(&one, 12);
    ck_assert_uint_eq(one_core_peer(&one, 3).match_index, 12);
    ck_assert_int_ne(one_core_peer(&one, 3).state, RAFT_PROGRESS_SNAPSHOT);
    say_has(&one, 12);
    one_core_propose(&one, 20, 0);
    one_core_answer(&one, 3); /* from now on it counts */
    ck_assert_uint_eq(one_core_status(&one).commit_index, 13);
    ck_assert_uint_eq(one.snapshot_count[3], 1);
    one_core_end(&one);
}
END_TEST

/* What is kept for a peer begins where its snapshot ends, not only when it has installed that. */
START_TEST(the_log_after_a_delivered_snapshot_is_needed)
{
    struct one_core one;

    lead_with_3_behind(&one);
    one_core_propose(&one, 20, 0);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 13); /* by node 2; node 3 is silent */
    bring_back(&one);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 13); /* what node 3 needs is gone */
    end_transfer(&one, true);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 12);
    ck_assert_uint_eq(raft_needed_index(one.core, 13), 13);
    say_has(&one, 12);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 12);
    say_has(&one, 13);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 13);
    one_core_step_down(&one);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), UINT64_MAX);
    one_core_end(&one);
}
END_TEST

static void lead_with_13_of_which_3_lacks_the_last(struct one_core *one)
{
    lead_with_12(one);
    one_core_propose(one, 20, 0);
    one_core_answer(one, 2);
    ck_assert_uint_eq(raft_needed_index(one->core, 0), 12);
}

START_TEST(the_log_is_not_needed_by_a_peer_that_is_silent)
{
    struct one_core one;

    lead_with_13_of_which_3_lacks_the_last(&one);
    one_core_run_answered(&one, 9 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 12);
    one_core_run_answered(&one, 2 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 13);
    one_core_end(&one);
}
END_TEST

/* A connection that breaks may be back soon. */
START_TEST(the_log_is_needed_for_a_while_by_a_peer_that_was_cut_off)
{
    struct one_core one;

    lead_with_13_of_which_3_lacks_the_last(&one);
    one_core_link(&one, 3, false);
    one_core_run_answered(&one, 3 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 12);
    one_core_link(&one, 3, true);
    one_core_run_answered(&one, 3 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 12);
    one_core_link(&one, 3, false);
    one_core_run_answered(&one, 5 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 13);
    one_core_end(&one);
}
END_TEST

/* A leader that was elected a moment ago does not know yet what its peers have. */
START_TEST(all_of_the_log_is_needed_until_the_peers_have_answered)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_set_base(&one, 4, 1);
    one_core_win(&one);
    ck_assert_uint_eq(one_core_status(&one).last_index, 5);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 4);
    ck_assert_uint_eq(raft_needed_index(one.core, 5), 5);
    ck_assert_uint_eq(raft_needed_index(one.core, UINT64_MAX), UINT64_MAX);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 4); /* node 3 may need it */
    one_core_run_answered(&one, 11 * ELECTION_TIMEOUT_MS, 2, 2);
    ck_assert_uint_eq(raft_needed_index(one.core, 0), 5);
    one_core_end(&one);
}
END_TEST

START_TEST(t38_delivered_and_lost_is_sent_again)
{
    struct one_core one;

    lead_with_3_behind(&one);
    bring_back(&one);
    end_transfer(&one, true);
    for (int i = 0; i < 20; i++) {
        say_has(&one, 2);
    }
    ck_assert_uint_eq(one.snapshot_count[3], 2);
    one_core_end(&one);
}
END_TEST

/* ---- installing ---- */

static void receive(struct one_core *one, uint64_t index, uint64_t term, uint64_t time_ms,
                    const struct raft_membership *membership)
{
    const struct raft_event event = {
        .type = RAFT_EVENT_SNAPSHOT_RECEIVED,
        .received = {
            .from = 1, .index = index, .term = term, .time_ms = time_ms, .membership = membership}};

    one_core_event(one, &event);
}

/* Node 3, which follows leader 1 of term 4, with this log. */
static void follow(struct one_core *one, const uint64_t *terms, size_t count)
{
    one_core_begin(one, 3, 3);
    one_core_set_log(one, terms, count, 4, 0);
    one_core_append(one, 1, 4, 1, 1, NULL, 0, 1);
    one_core_forget_sent(one);
}

/* The highest index that it has acknowledged. */
static uint64_t acknowledged(const struct one_core *one)
{
    const struct raft_message *reply = one_core_last(one, RAFT_MESSAGE_APPEND_REPLY, 1);

    return reply != NULL && reply->append_reply.success ? reply->append_reply.index : 0;
}

START_TEST(an_installed_snapshot_is_acknowledged_once_the_log_is_rewritten)
{
    static const uint64_t log[] = {1, 2};
    struct one_core one;

    follow(&one, log, 2);
    one.disk_stalled = true;
    receive(&one, 12, 3, 0, &one.members);
    ck_assert_uint_eq(one.install_count, 1);
    ck_assert(one.last_write.has_base);
    ck_assert_uint_eq(one.last_write.base_index, 12);
    ck_assert_uint_eq(one.last_write.base_term, 3);
    one_core_append(&one, 1, 4, 12, 3, NULL, 0, 12);
    ck_assert_uint_eq(acknowledged(&one), 0);
    ck_assert(one_core_finish_write(&one));
    one_core_append(&one, 1, 4, 12, 3, NULL, 0, 12);
    ck_assert_uint_eq(acknowledged(&one), 12);
    one_core_end(&one);
}
END_TEST

/* Node 3 has entries of another leader that no other node has: they are dropped when the snapshot
 * is installed. */
START_TEST(t37_a_conflicting_tail_does_not_survive_an_install)
{
    static const uint64_t stale[] = {1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
    static const uint64_t next[] = {4};
    struct one_core one;

    follow(&one, stale, 10);
    receive(&one, 5, 3, 0, &one.members);
    ck_assert_uint_eq(one.install_count, 1);
    ck_assert_uint_eq(one_core_status(&one).last_index, 5);
    ck_assert_uint_eq(one_core_status(&one).last_term, 3);
    one_core_append(&one, 1, 4, 5, 3, next, 1, 5);
    ck_assert_uint_eq(acknowledged(&one), 6);
    one_core_end(&one);
}
END_TEST

/* If the log has the entry at the index of the snapshot, nothing is installed, and the entries
 * after it stay. */
START_TEST(t36_a_fitting_tail_is_kept)
{
    static const uint64_t log[] = {1, 2, 2, 2, 2, 2};
    struct one_core one;

    follow(&one, log, 6);
    receive(&one, 4, 2, 0, &one.members);
    ck_assert_uint_eq(one.install_count, 0);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 4);
    ck_assert_uint_eq(one_core_status(&one).last_index, 6);
    ck_assert_ptr_nonnull(raft_log_entry(one.core, 6));
    one_core_end(&one);
}
END_TEST

START_TEST(t36_an_old_snapshot_takes_nothing_back)
{
    static const uint64_t log[] = {1, 2, 2, 2};
    struct one_core one;

    follow(&one, log, 4);
    one_core_append(&one, 1, 4, 4, 2, NULL, 0, 4);
    receive(&one, 3, 2, 0, &one.members);
    ck_assert_uint_eq(one.install_count, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 4);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 4);
    one_core_end(&one);
}
END_TEST

/* Changes of members that the log no longer holds come with the snapshot. */
START_TEST(an_install_brings_its_membership)
{
    static const uint64_t log[] = {1, 2};
    struct raft_membership other;
    struct one_core one;

    follow(&one, log, 2);
    other = one.members;
    ck_assert_int_eq(raft_membership_add(&other, 5, RAFT_MEMBER_LEARNER, "e:5"), 0);
    receive(&one, 40, 3, 0, &other);
    ck_assert_uint_eq(raft_get_membership(one.core)->count, 4);
    ck_assert_uint_eq(one_core_status(&one).membership_index, 40);
    ck_assert_uint_eq(one_core_status(&one).last_index, 40);
    one_core_end(&one);
}
END_TEST

START_TEST(a_snapshot_that_cannot_be_is_dropped)
{
    static const uint64_t log[] = {1, 2};
    const struct raft_membership nobody = {0};
    struct one_core one;

    follow(&one, log, 2);
    receive(&one, 40, 99, 0, &one.members); /* of a later term than the core's */
    receive(&one, 40, 3, 0, &nobody);
    receive(&one, 40, 3, UINT64_MAX, &one.members);
    receive(&one, UINT64_MAX, 3, 0, &one.members);
    receive(&one, RAFT_INDEX_MAX + 1, 3, 0, &one.members);
    ck_assert_uint_eq(one.violation_count, 5);
    ck_assert_uint_eq(one_core_status(&one).last_index, 2);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(snapshot)
{
    Suite *suite = suite_create("snapshot");
    TCase *compaction = tcase_create("compaction");
    TCase *transfer = tcase_create("transfer");
    TCase *install = tcase_create("install");

    tcase_add_test(compaction, what_is_compacted_is_gone_and_the_rest_goes_on);
    tcase_add_test(compaction, what_is_not_on_this_disk_yet_stays);
    tcase_add_test(compaction, t30_a_snapshot_carries_the_committed_membership);
    suite_add_tcase(suite, compaction);
    tcase_add_test(transfer, a_peer_that_still_finds_its_place_gets_none);
    tcase_add_test(transfer, t20_an_offline_peer_is_not_sent_one_at_every_heartbeat);
    tcase_add_test(transfer, a_transfer_that_fails_is_tried_again_after_a_while);
    tcase_add_test(transfer, a_lost_link_makes_the_peer_say_again_what_it_needs);
    tcase_add_test(transfer, t38_delivered_is_not_installed);
    tcase_add_test(transfer, t38_delivered_and_lost_is_sent_again);
    tcase_add_test(transfer, the_log_after_a_delivered_snapshot_is_needed);
    tcase_add_test(transfer, the_log_is_not_needed_by_a_peer_that_is_silent);
    tcase_add_test(transfer, the_log_is_needed_for_a_while_by_a_peer_that_was_cut_off);
    tcase_add_test(transfer, all_of_the_log_is_needed_until_the_peers_have_answered);
    suite_add_tcase(suite, transfer);
    tcase_add_test(install, an_installed_snapshot_is_acknowledged_once_the_log_is_rewritten);
    tcase_add_test(install, t36_a_fitting_tail_is_kept);
    tcase_add_test(install, t36_an_old_snapshot_takes_nothing_back);
    tcase_add_test(install, t37_a_conflicting_tail_does_not_survive_an_install);
    tcase_add_test(install, an_install_brings_its_membership);
    tcase_add_test(install, a_snapshot_that_cannot_be_is_dropped);
    suite_add_tcase(suite, install);
    return suite;
}
