/*
 * The follower's side of replication: what it takes, what it refuses, what it acknowledges and
 * when.
 */
#include "unit.h"

#include "one_core.h"

/* The highest index that was acknowledged to this leader in this term. */
static uint64_t acknowledged(const struct one_core *one, uint16_t to, uint64_t term)
{
    uint64_t index = 0;

    for (size_t i = 0; i < one->sent_count; i++) {
        const struct raft_message *message = &one->sent[i];

        if (message->type == RAFT_MESSAGE_APPEND_REPLY && message->to == to &&
            message->term == term && message->append_reply.success &&
            message->append_reply.index > index) {
            index = message->append_reply.index;
        }
    }
    return index;
}

static const struct raft_message *last_sent(const struct one_core *one)
{
    ck_assert_uint_gt(one->sent_count, 0);
    return &one->sent[one->sent_count - 1];
}

START_TEST(entries_that_follow_are_taken_and_acknowledged)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    ck_assert_uint_eq(one_core_status(&one).leader, 1);
    ck_assert_uint_eq(one_core_status(&one).term, 2);
    ck_assert_uint_eq(acknowledged(&one, 1, 2), 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_repeated_append_changes_nothing_and_is_acknowledged_again)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;
    uint64_t written;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 1);
    written = one.last_write.sequence;
    one_core_forget_sent(&one);
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 1);
    ck_assert_uint_eq(one.last_write.sequence, written);
    ck_assert_uint_eq(acknowledged(&one, 1, 2), 3);
    /* An older, shorter append that arrives late does not cut the log (paper, section 5.3). */
    one_core_append(&one, 1, 2, 1, 1, terms, 1, 1);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_gap_is_refused_with_a_hint)
{
    static const uint64_t terms[] = {2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 10, 2, terms, 1, 0);
    ck_assert_uint_eq(last_sent(&one)->type, RAFT_MESSAGE_APPEND_REPLY);
    ck_assert(!last_sent(&one)->append_reply.success);
    ck_assert_uint_eq(last_sent(&one)->append_reply.index, 10);
    ck_assert_uint_eq(last_sent(&one)->append_reply.conflict_index, 1);
    ck_assert_uint_eq(last_sent(&one)->append_reply.conflict_term, 1);
    ck_assert_uint_eq(one_core_status(&one).last_index, 1);
    one_core_end(&one);
}
END_TEST

START_TEST(the_hint_skips_what_the_leader_cannot_have)
{
    static const uint64_t log[] = {1, 1, 3, 3, 3, 3};
    static const uint64_t terms[] = {4};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 6, 3, 0);
    /* The leader has term 2 at index 6, so no entry of term 3 here can be in its log. */
    one_core_append(&one, 1, 4, 6, 2, terms, 1, 0);
    ck_assert(!last_sent(&one)->append_reply.success);
    ck_assert_uint_eq(last_sent(&one)->append_reply.conflict_index, 2);
    ck_assert_uint_eq(last_sent(&one)->append_reply.conflict_term, 1);
    one_core_end(&one);
}
END_TEST

START_TEST(a_conflicting_tail_is_replaced)
{
    static const uint64_t log[] = {1, 2, 2, 2};
    static const uint64_t terms[] = {3};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 4, 2, 0);
    one_core_append(&one, 1, 3, 2, 2, terms, 1, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    ck_assert_uint_eq(one_core_status(&one).last_term, 3);
    ck_assert_uint_eq(one_core_status(&one).durable_index, 3);
    ck_assert_uint_eq(acknowledged(&one, 1, 3), 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_leader_of_the_past_is_told_the_term)
{
    struct one_core one;
    static const uint64_t log[] = {1, 4};

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 2, 4, 0);
    one_core_append(&one, 1, 3, 2, 4, NULL, 0, 2);
    ck_assert_uint_eq(last_sent(&one)->term, 4);
    ck_assert(!last_sent(&one)->append_reply.success);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 0);
    ck_assert_uint_eq(one_core_status(&one).leader, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(t11_nothing_is_committed_past_what_the_message_covers)
{
    static const uint64_t log[] = {1, 2, 2, 2, 2};
    static const uint64_t terms[] = {3};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 5, 2, 0);
    /*
     * A heartbeat about index 2: the entries after it here may be others than the committed ones.
     */
    one_core_append(&one, 1, 3, 2, 2, NULL, 0, 5);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 2);
    ck_assert_uint_eq(acknowledged(&one, 1, 3), 2);
    one_core_append(&one, 1, 3, 2, 2, terms, 1, 5);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(t12_nothing_is_acknowledged_before_it_is_on_disk)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one.disk_stalled = true;
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 0);
    ck_assert_uint_eq(one.sent_count, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    ck_assert_uint_eq(one_core_status(&one).durable_index, 1);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(acknowledged(&one, 1, 2), 3);
    ck_assert_uint_eq(one_core_status(&one).durable_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(t12_a_heartbeat_meanwhile_acknowledges_only_what_is_durable)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, NULL, 0, 0); /* the term becomes durable */
    one.disk_stalled = true;
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 0);
    one_core_append(&one, 1, 2, 3, 2, NULL, 0, 0);
    ck_assert_uint_le(acknowledged(&one, 1, 2), 1);
    one_core_end(&one);
}
END_TEST

START_TEST(t13_a_write_that_was_overtaken_acknowledges_nothing)
{
    static const uint64_t first[] = {2, 2, 2};
    static const uint64_t second[] = {3, 3, 3};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one.disk_stalled = true;
    one_core_append(&one, 1, 2, 1, 1, first, 3, 0);
    one_core_append(&one, 3, 3, 1, 1, second, 3, 0);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(one_core_status(&one).durable_index, 1);
    ck_assert_uint_eq(acknowledged(&one, 3, 3), 0);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(one_core_status(&one).durable_index, 4);
    ck_assert_uint_eq(acknowledged(&one, 3, 3), 4);
    ck_assert(!one_core_finish_write(&one));
    one_core_end(&one);
}
END_TEST

/*
 * The harder case: the same index and term come back. The completion of the first write names index
 * 4 of term 2, which is in the log again. But the second write, which is under way, removes it from
 * the disk, and only the third one brings it back.
 */
START_TEST(t13_the_same_entry_come_back_does_not_make_the_old_write_count)
{
    static const uint64_t first[] = {2, 2, 2};
    static const uint64_t second[] = {3};
    static const uint64_t third[] = {2, 2, 4};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one.disk_stalled = true;
    one_core_append(&one, 1, 2, 1, 1, first, 3, 0);
    one_core_append(&one, 3, 3, 2, 2, second, 1, 0);
    one_core_append(&one, 1, 4, 2, 2, third, 3, 0);
    ck_assert_uint_eq(raft_log_term(one.core, 4), 2);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_le(one_core_status(&one).durable_index, 2);
    ck_assert_uint_eq(acknowledged(&one, 1, 4), 0);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_le(one_core_status(&one).durable_index, 2);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(one_core_status(&one).durable_index, 5);
    ck_assert_uint_eq(acknowledged(&one, 1, 4), 5);
    one_core_end(&one);
}
END_TEST

START_TEST(t14_previous_index_0_is_nothing_special_after_compaction)
{
    static const uint64_t terms[] = {1, 1, 1, 1, 1};
    static const uint64_t beyond[] = {1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_base(&one, 10, 3);
    /* All entries are before the base, so they are committed here, and none is stored again or in a
     * wrong place. */
    one_core_append(&one, 1, 4, 0, 0, terms, 5, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 10);
    ck_assert_uint_eq(one_core_status(&one).last_term, 3);
    ck_assert_ptr_null(raft_log_entry(one.core, 1));
    /* Entries after the base are taken at their own place. */
    one_core_append(&one, 1, 4, 0, 0, beyond, 11, 0);
    ck_assert_uint_eq(one_core_status(&one).last_index, 11);
    ck_assert_uint_eq(raft_log_term(one.core, 11), 4);
    ck_assert_uint_eq(one.violation_count, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(t14_a_gap_after_the_base_is_refused)
{
    static const uint64_t terms[] = {4};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_base(&one, 10, 3);
    one_core_append(&one, 1, 4, 12, 3, terms, 1, 0);
    ck_assert(!last_sent(&one)->append_reply.success);
    ck_assert_uint_eq(last_sent(&one)->append_reply.conflict_index, 10);
    ck_assert_uint_eq(one_core_status(&one).last_index, 10);
    one_core_end(&one);
}
END_TEST

START_TEST(a_candidate_follows_the_leader_of_its_term)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, (const uint64_t[]){1}, 1, 5, 2);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_PRE_CANDIDATE);
    one_core_append(&one, 3, 5, 1, 1, NULL, 0, 0);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_FOLLOWER);
    ck_assert_uint_eq(one_core_status(&one).leader, 3);
    ck_assert_uint_eq(one_core_status(&one).vote, 2); /* a vote is never taken back */
    one_core_end(&one);
}
END_TEST

/* A wrong term of a committed entry would let an entry of a lower term follow it. */
START_TEST(a_false_term_of_the_committed_predecessor_is_a_violation)
{
    static const uint64_t log[] = {1, 3, 3};
    static const uint64_t lower[] = {2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_log(&one, log, 3, 3, 0);
    one_core_append(&one, 1, 4, 3, 3, NULL, 0, 3);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 3);
    one_core_append(&one, 1, 4, 3, 1, lower, 1, 3);
    ck_assert_uint_eq(one.violation_count, 1);
    ck_assert_uint_eq(one_core_status(&one).last_index, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(a_false_term_of_the_base_is_a_violation)
{
    static const uint64_t lower[] = {2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_base(&one, 10, 3);
    one_core_append(&one, 1, 4, 10, 2, lower, 1, 10);
    ck_assert_uint_eq(one.violation_count, 1);
    ck_assert_uint_eq(one_core_status(&one).last_index, 10);
    one_core_end(&one);
}
END_TEST

/* After a restart the log may begin before the snapshot, and the time there is not known. */
START_TEST(an_append_across_a_base_without_a_time_is_taken)
{
    static const uint64_t terms[] = {3, 3, 4};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_set_base(&one, 10, 3);
    one.time_ms = 5000;
    one_core_append(&one, 1, 4, 8, 2, terms, 3, 0);
    ck_assert_uint_eq(one.violation_count, 0);
    ck_assert_uint_eq(acknowledged(&one, 1, 4), 11);
    one_core_end(&one);
}
END_TEST

/* Appends a membership of the voters 1 and 3 at each index after `previous`; term 0 = a no-op. */
static void append_memberships(struct one_core *one, uint16_t from, uint64_t term,
                               uint64_t previous, uint64_t previous_term, const bool *memberships,
                               uint32_t count)
{
    struct raft_membership without_2 = {0};
    struct buffer bytes = {0};
    struct raft_entry *entries[ONE_CORE_ENTRIES_MAX];
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = from,
                                   .to = 2,
                                   .term = term,
                                   .entries = entries,
                                   .entry_count = count};

    ck_assert_int_eq(raft_membership_add(&without_2, 1, RAFT_MEMBER_VOTER, "node-1:1"), 0);
    ck_assert_int_eq(raft_membership_add(&without_2, 3, RAFT_MEMBER_VOTER, "node-3:1"), 0);
    raft_membership_encode(&without_2, &bytes);
    message.append.previous_index = previous;
    message.append.previous_term = previous_term;
    message.append.commit_index = 1;
    for (uint32_t i = 0; i < count; i++) {
        entries[i] = memberships[i] ? raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data,
                                                      (uint32_t)bytes.size_bytes)
                                    : raft_entry_make(RAFT_ENTRY_NOOP, NULL, 0);
        entries[i]->index = previous + 1 + i;
        entries[i]->term = term;
    }
    one_core_give(one, &message);
    for (uint32_t i = 0; i < count; i++) {
        raft_entry_release(entries[i]);
    }
    buffer_free(&bytes);
}

static size_t vote_requests(struct one_core *one)
{
    size_t count = one_core_count(one, RAFT_MESSAGE_VOTE, 0);

    one_core_forget_sent(one);
    return count;
}

/* R16: the entry at an index is replaced by a membership of a later term. What this node knew about
 * the membership before the replaced entry means nothing any more. */
START_TEST(r16_whether_it_was_a_voter_before_belongs_to_an_entry_not_to_an_index)
{
    static const bool first[] = {false, true};
    static const bool second[] = {true, true};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    append_memberships(&one, 1, 2, 1, 1, first, 2); /* before index 3 this node is a voter */
    one_core_run(&one, 3000);
    ck_assert_uint_gt(vote_requests(&one), 0);
    append_memberships(&one, 3, 9, 1, 1, second, 2); /* now it is not */
    ck_assert_uint_eq(one_core_status(&one).membership_index, 3);
    one_core_forget_sent(&one);
    one_core_run(&one, 5000);
    ck_assert_uint_eq(vote_requests(&one), 0);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(append)
{
    Suite *suite = suite_create("append");
    TCase *follower = tcase_create("follower");
    TCase *traps = tcase_create("traps");

    tcase_add_test(follower, entries_that_follow_are_taken_and_acknowledged);
    tcase_add_test(follower, a_repeated_append_changes_nothing_and_is_acknowledged_again);
    tcase_add_test(follower, a_gap_is_refused_with_a_hint);
    tcase_add_test(follower, the_hint_skips_what_the_leader_cannot_have);
    tcase_add_test(follower, a_conflicting_tail_is_replaced);
    tcase_add_test(follower, a_leader_of_the_past_is_told_the_term);
    tcase_add_test(follower, a_candidate_follows_the_leader_of_its_term);
    suite_add_tcase(suite, follower);
    tcase_add_test(traps, t11_nothing_is_committed_past_what_the_message_covers);
    tcase_add_test(traps, t12_nothing_is_acknowledged_before_it_is_on_disk);
    tcase_add_test(traps, t12_a_heartbeat_meanwhile_acknowledges_only_what_is_durable);
    tcase_add_test(traps, t13_a_write_that_was_overtaken_acknowledges_nothing);
    tcase_add_test(traps, t13_the_same_entry_come_back_does_not_make_the_old_write_count);
    tcase_add_test(traps, t14_previous_index_0_is_nothing_special_after_compaction);
    tcase_add_test(traps, t14_a_gap_after_the_base_is_refused);
    tcase_add_test(traps, a_false_term_of_the_committed_predecessor_is_a_violation);
    tcase_add_test(traps, a_false_term_of_the_base_is_a_violation);
    tcase_add_test(traps, an_append_across_a_base_without_a_time_is_taken);
    tcase_add_test(traps, r16_whether_it_was_a_voter_before_belongs_to_an_entry_not_to_an_index);
    suite_add_tcase(suite, traps);
    return suite;
}
