/*
 * A log that the disk has damaged while its member lives: the member votes for nobody and hands
 * over, acknowledges only what is stored whole, and votes again when the log was replaced. What a
 * cluster does then is the story rotten_entry.
 */
#include "unit.h"

#include "one_core.h"

enum { BOUND = 20000, DAMAGED_BOUND = 4 * BOUND, VALUE = 2000, VALUES = 30, SMALL = 100 };

static void damage(struct one_core *one, uint64_t index)
{
    const struct raft_event event = {.type = RAFT_EVENT_LOG_DAMAGED, .damaged_index = index};

    one_core_event(one, &event);
}

static uint64_t damaged(const struct one_core *one)
{
    return one_core_status(one).damaged_index;
}

static void begin(struct one_core *one, uint16_t id, size_t voters)
{
    static const uint64_t log[] = {1};

    one_core_begin(one, id, voters);
    one->options.max_log_bytes = BOUND;
    one->entry_bytes = VALUE;
    one_core_set_log(one, log, 1, 1, 0);
}

static void give_applied(struct one_core *one)
{
    const struct raft_event event = {.type = RAFT_EVENT_APPLIED,
                                     .applied_index = one_core_status(one).commit_index};

    one_core_event(one, &event);
    one_core_event(one, &event); /* the data goes with the next step */
}

/* What is committed is applied, so that old entries give up their data. */
static void apply(struct one_core *one)
{
    give_applied(one);
    ck_assert_ptr_null(raft_log_entry(one->core, 5));
}

static void lead_with_values(struct one_core *one, size_t voters)
{
    begin(one, 1, voters);
    if (voters == 1) {
        one_core_run(one, 3 * ELECTION_TIMEOUT_MS);
    } else {
        one_core_lead(one);
    }
    for (uint64_t number = 1; number <= VALUES; number++) {
        one_core_propose(one, number, VALUE);
        one_core_answer_all(one);
    }
    apply(one);
    one_core_forget_sent(one);
}

/* Node 2 of three, which follows leader 1 of term 2. */
static void follow_with_values(struct one_core *one)
{
    static const uint64_t terms[] = {2};

    begin(one, 2, 3);
    for (uint64_t last = 1; last <= VALUES; last++) {
        one_core_append(one, 1, 2, last, last == 1 ? 1 : 2, terms, 1, last + 1);
    }
    apply(one);
    one_core_forget_sent(one);
}

static uint64_t last_index(const struct one_core *one)
{
    return one_core_status(one).last_index;
}

/* Whether it votes for a candidate that has everything. */
static bool votes(struct one_core *one)
{
    const struct raft_message request =
        one_core_vote_request(3, 2, raft_get_term(one->core) + 1, last_index(one) + 1, 2);

    one_core_forget_sent(one);
    one_core_give(one, &request);
    return one_core_last(one, RAFT_MESSAGE_VOTE_REPLY, 3) != NULL &&
           one_core_last(one, RAFT_MESSAGE_VOTE_REPLY, 3)->vote_reply.granted;
}

START_TEST(a_damaged_leader_hands_over_to_an_intact_voter)
{
    struct one_core one;

    lead_with_values(&one, 3);
    one_core_run_answered(&one, 4 * ELECTION_TIMEOUT_MS, 2, 3); /* until no leader is new */
    damage(&one, 5);
    ck_assert_uint_eq(damaged(&one), 5);
    one_core_run_answered(&one, 2 * HEARTBEAT_MS, 2, 3);
    ck_assert_uint_ne(raft_get_handover(one.core), 0);
    ck_assert_uint_ge(one_core_count(&one, RAFT_MESSAGE_TIMEOUT_NOW, 0), 1);
    one_core_end(&one);
}
END_TEST

/* With nothing to be written again, the damage could be at the very end of the log. A start after a
 * crash would take it for a write that was torn, and cut off what was acknowledged. */
START_TEST(a_write_follows_the_damage)
{
    struct one_core one;

    lead_with_values(&one, 1);
    one.last_write = (struct raft_write){0};
    damage(&one, last_index(&one));
    ck_assert_uint_ne(one.last_write.sequence, 0);
    ck_assert(one.last_write.has_hard_state);
    ck_assert_uint_eq(one.last_write.entry_count, 0);
    one_core_end(&one);
}
END_TEST

START_TEST(a_damaged_member_neither_votes_nor_campaigns)
{
    const struct raft_message order = {
        .type = RAFT_MESSAGE_TIMEOUT_NOW, .from = 1, .to = 2, .term = 2};
    struct one_core one;

    follow_with_values(&one);
    damage(&one, 5);
    one_core_give(&one, &order); /* nor does it obey an order of the leader */
    one_core_run(&one, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_FOLLOWER);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 0);
    ck_assert(!votes(&one));
    one_core_snapshot_saved(&one, last_index(&one), 2);
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert(votes(&one));
    one_core_end(&one);
}
END_TEST

/* What comes after the damage is stored whole and counts. */
START_TEST(a_damaged_follower_goes_on_acknowledging)
{
    static const uint64_t terms[] = {2};
    struct one_core one;
    uint64_t last;

    follow_with_values(&one);
    damage(&one, 5);
    last = last_index(&one);
    one_core_append(&one, 1, 2, last, 2, terms, 1, last);
    ck_assert(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.success);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.index,
                      last + 1);
    ck_assert_uint_eq(damaged(&one), 5);
    one_core_end(&one);
}
END_TEST

/* The damage is in an entry that nobody has committed: it counts when it was written again. */
START_TEST(an_entry_that_is_not_committed_counts_when_it_is_written_again)
{
    struct one_core one;
    uint64_t committed;

    lead_with_values(&one, 3);
    committed = one_core_status(&one).commit_index;
    one_core_propose(&one, 1000, VALUE);
    ck_assert_uint_eq(one_core_status(&one).durable_index, committed + 1);
    one.disk_stalled = true;
    damage(&one, committed + 1);
    ck_assert_uint_eq(one_core_status(&one).durable_index, committed);
    ck_assert_uint_eq(one.last_write.truncate_from, committed + 1);
    ck_assert_uint_eq(one.last_write.entry_count, 1);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(one_core_status(&one).durable_index, committed + 1);
    one_core_end(&one);
}
END_TEST

/* The only voter has nobody to hand over to: it leads on, and its own snapshot mends the log. No
 * peer is needed for that. */
START_TEST(the_only_voter_leads_on)
{
    struct one_core one;
    uint64_t term;

    lead_with_values(&one, 1);
    term = raft_get_term(one.core);
    damage(&one, 5);
    one_core_run(&one, 10 * ELECTION_TIMEOUT_MS);
    one_core_propose(&one, 1000, 0);
    ck_assert_uint_eq(one_core_status(&one).commit_index, last_index(&one));
    ck_assert_uint_eq(raft_get_term(one.core), term);
    one_core_snapshot_saved(&one, last_index(&one), 2);
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).base_index, last_index(&one));
    ck_assert_uint_eq(one_core_status(&one).durable_index, last_index(&one));
    one_core_end(&one);
}
END_TEST

/* Entries after the snapshot, committed or not, are written again behind it, and the vote comes
 * back only when that is durable. */
START_TEST(what_follows_the_snapshot_is_written_again)
{
    struct one_core one;
    uint64_t last;

    follow_with_values(&one);
    last = last_index(&one);
    damage(&one, 5);
    one.disk_stalled = true;
    one_core_snapshot_saved(&one, last - 2, last - 1);
    ck_assert(one.last_write.has_base);
    ck_assert(one.last_write.begins_segment);
    ck_assert_uint_eq(one.last_write.base_index, last - 2);
    ck_assert_uint_eq(one.last_write.entry_count, 2);
    ck_assert_uint_eq(damaged(&one), 5);
    ck_assert(raft_damage_is_being_mended(one.core));
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).durable_index, last);
    one_core_end(&one);
}
END_TEST

/* The memory does not hold an entry after the snapshot: that snapshot cannot replace the log. */
START_TEST(a_snapshot_that_is_too_old_mends_nothing)
{
    struct one_core one;

    follow_with_values(&one);
    damage(&one, 5);
    one_core_snapshot_saved(&one, 6, 1);
    ck_assert_uint_eq(damaged(&one), 5);
    ck_assert_uint_eq(one_core_status(&one).base_index, 0);
    one_core_snapshot_saved(&one, last_index(&one), last_index(&one) + 1);
    ck_assert_uint_eq(damaged(&one), 0);
    one_core_end(&one);
}
END_TEST

/* Small entries are in memory still, however many there are: a snapshot that was begun long ago
 * replaces the log. */
START_TEST(small_entries_after_a_snapshot_do_not_make_it_too_old)
{
    struct one_core one;

    begin(&one, 1, 1);
    one_core_run(&one, 3 * ELECTION_TIMEOUT_MS);
    for (uint64_t number = 1; number <= 5 * BOUND / SMALL; number++) {
        one_core_propose(&one, number, SMALL);
    }
    give_applied(&one);
    ck_assert_uint_gt(one_core_status(&one).log_bytes, DAMAGED_BOUND);
    damage(&one, 5);
    give_applied(&one);
    one_core_snapshot_saved(&one, 6, 1);
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).base_index, 6);
    one_core_end(&one);
}
END_TEST

/* While a snapshot is saved, more is written than the memory holds. That is in segments which were
 * begun after the damage was found. */
START_TEST(what_is_written_while_a_snapshot_is_saved_does_not_make_it_too_old)
{
    struct one_core one;
    uint64_t saved;

    lead_with_values(&one, 1);
    damage(&one, 5);
    ck_assert(one.last_write.begins_segment && !one.last_write.has_base);
    saved = last_index(&one);
    ck_assert_uint_eq(one.last_write.base_index, saved);
    ck_assert_uint_eq(one.last_write.base_term, one_core_status(&one).last_term);
    for (uint64_t number = 1000; number < 1000 + 5 * VALUES; number++) {
        one_core_propose(&one, number, VALUE);
        give_applied(&one);
    }
    ck_assert_ptr_null(raft_log_entry(one.core, saved + 1));
    ck_assert_uint_le(one_core_status(&one).log_bytes, BOUND + 10 * VALUE);
    one_core_snapshot_saved(&one, saved - 1, 1);
    ck_assert_uint_eq(damaged(&one), 5);
    one_core_snapshot_saved(&one, saved, 1);
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert(!one.last_write.has_base);
    ck_assert_uint_eq(one_core_status(&one).base_index, saved);
    ck_assert_uint_eq(one_core_status(&one).durable_index, last_index(&one));
    one_core_end(&one);
}
END_TEST

/* A segment cannot withdraw what is in those before it: it is begun when what was not committed is
 * written again. A snapshot counts when that is durable, and no other one is needed. */
START_TEST(a_segment_begins_when_nothing_is_withdrawn)
{
    struct one_core one;
    uint64_t last;

    lead_with_values(&one, 3);
    one_core_propose(&one, 1000, VALUE);
    last = last_index(&one);
    one.disk_stalled = true;
    damage(&one, 5);
    ck_assert_uint_eq(one.last_write.truncate_from, last);
    ck_assert(!one.last_write.begins_segment);
    ck_assert(one_core_finish_write(&one));
    ck_assert(one.last_write.begins_segment);
    ck_assert_uint_eq(one.last_write.base_index, last);
    one_core_answer_all(&one);
    one_core_snapshot_saved(&one, last, 1);
    ck_assert_uint_eq(damaged(&one), 5);
    ck_assert(raft_damage_is_being_mended(one.core));
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(damaged(&one), 0);
    one_core_end(&one);
}
END_TEST

/* A new leader withdraws what is in the damaged segments: that is the place of another border. */
START_TEST(a_segment_is_begun_again_when_entries_before_it_are_withdrawn)
{
    static const uint64_t terms[] = {2, 3, 3};
    struct one_core one;
    uint64_t committed;

    follow_with_values(&one);
    committed = last_index(&one);
    one_core_append(&one, 1, 2, committed, 2, terms, 1, committed);
    damage(&one, 5);
    ck_assert(one.last_write.begins_segment);
    ck_assert_uint_eq(one.last_write.base_index, committed + 1);
    one.disk_stalled = true;
    one_core_append(&one, 3, 3, committed, 2, terms + 1, 1, committed);
    ck_assert_uint_eq(one.last_write.truncate_from, committed + 1);
    ck_assert(!one.last_write.begins_segment);
    ck_assert(one_core_finish_write(&one));
    ck_assert(one.last_write.begins_segment);
    ck_assert_uint_eq(one.last_write.base_index, committed + 1);
    ck_assert_uint_eq(one.last_write.base_term, 3);
    one_core_end(&one);
}
END_TEST

/* The disk damages an entry that was written after the first damage was found. */
START_TEST(more_damage_begins_another_segment)
{
    struct one_core one;
    uint64_t last;

    lead_with_values(&one, 1);
    damage(&one, 5);
    one.last_write = (struct raft_write){0};
    damage(&one, 7);
    ck_assert_uint_eq(one.last_write.sequence, 0); /* that one is in a damaged segment anyway */
    one_core_propose(&one, 1000, VALUE);
    last = last_index(&one);
    damage(&one, last);
    ck_assert(one.last_write.begins_segment);
    ck_assert_uint_eq(one.last_write.base_index, last);
    one_core_end(&one);
}
END_TEST

/* No file is made on a disk that is nearly full, before it is needed. */
START_TEST(a_full_disk_gets_no_other_segment)
{
    struct one_core one;

    lead_with_values(&one, 1);
    one_core_space(&one, RAFT_SPACE_NONE);
    damage(&one, 5);
    ck_assert(!one.last_write.begins_segment);
    one_core_space(&one, RAFT_SPACE_ENOUGH);
    ck_assert(one.last_write.begins_segment);
    one_core_end(&one);
}
END_TEST

/* The leader's snapshot replaces the whole log, and the damage with it. */
START_TEST(a_received_snapshot_mends_the_log)
{
    struct one_core one;
    const struct raft_event event = {
        .type = RAFT_EVENT_SNAPSHOT_RECEIVED,
        .received = {.from = 1, .index = 100, .term = 2, .membership = &one.members}};

    follow_with_values(&one);
    damage(&one, 5);
    one_core_event(&one, &event);
    ck_assert_uint_eq(one.install_count, 1);
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert_uint_eq(last_index(&one), 100);
    one_core_end(&one);
}
END_TEST

/* The core has forgotten the entry, but the disk has it until a later snapshot is saved, and starts
 * would find the damage. Nothing was applied since the snapshot: saved again, it mends. */
START_TEST(damage_before_the_base_is_mended_too)
{
    struct one_core one;
    uint64_t last;

    follow_with_values(&one);
    last = last_index(&one);
    one_core_snapshot_saved(&one, last, last + 1);
    ck_assert_uint_eq(one_core_status(&one).base_index, last);
    damage(&one, 5);
    one_core_run(&one, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(damaged(&one), 5);
    ck_assert(!votes(&one));
    one_core_snapshot_saved(&one, last, last + 1);
    ck_assert_uint_eq(damaged(&one), 0);
    ck_assert_uint_eq(one_core_status(&one).durable_index, last);
    ck_assert(votes(&one));
    one_core_end(&one);
}
END_TEST

/* ---- what a start has cut off ---- */

/* Node 2 of three. Of a log up to index 9 of term 2, the founding entry is left. */
static void start_cut(struct one_core *one)
{
    struct raft_entry *entry;
    struct buffer bytes = {0};
    struct raft_recovered recovered = {.term = 2,
                                       .vote = 1,
                                       .promise_known = true,
                                       .entry_count = 1,
                                       .damaged_index = 2,
                                       .lost_term = 2,
                                       .lost_index = 9};

    one_core_begin(one, 2, 3);
    raft_membership_encode(&one->members, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    entry->index = 1;
    entry->term = 1;
    recovered.entries = &entry;
    one_core_start(one, &recovered);
    raft_entry_release(entry);
    buffer_free(&bytes);
}

static void append_up_to(struct one_core *one, uint64_t first, uint64_t last, uint64_t term)
{
    for (uint64_t index = first; index <= last; index++) {
        one_core_append(one, 1, term, index - 1, index == 2 ? 1 : term, &term, 1, 1);
    }
}

START_TEST(a_cut_log_votes_when_it_is_as_up_to_date_as_before)
{
    struct raft_message request;
    struct one_core one;

    start_cut(&one);
    ck_assert_uint_eq(damaged(&one), 2);
    ck_assert(raft_damage_is_being_mended(one.core)); /* by the leader, not by a snapshot */
    ck_assert(!raft_log_is_damaged(one.core));        /* so a stop waits for nothing */
    ck_assert(!votes(&one));
    one_core_run(&one, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 0);
    append_up_to(&one, 2, 8, raft_get_term(one.core));
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(damaged(&one), 0); /* term 3 is later than the lost one */
    ck_assert_uint_gt(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 0);
    request = one_core_vote_request(3, 2, raft_get_term(one.core) + 1, last_index(&one), 3);
    one_core_give(&one, &request);
    ck_assert(one_core_last(&one, RAFT_MESSAGE_VOTE_REPLY, 3)->vote_reply.granted);
    one_core_end(&one);
}
END_TEST

START_TEST(in_the_same_term_all_that_was_lost_has_to_be_there_and_durable)
{
    struct one_core one;

    start_cut(&one);
    append_up_to(&one, 2, 8, 2);
    ck_assert_uint_eq(damaged(&one), 2);
    one.disk_stalled = true;
    append_up_to(&one, 9, 9, 2);
    ck_assert_uint_eq(damaged(&one), 2);
    ck_assert_uint_eq(one_core_status(&one).acknowledged_index, 9);
    ck_assert(one_core_finish_write(&one));
    ck_assert_uint_eq(damaged(&one), 0);
    /* From now on nothing that it lacks is excused. */
    one_core_append(&one, 1, 2, 12, 2, NULL, 0, 1);
    ck_assert(!one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.success);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.lost_index,
                      0);
    one_core_end(&one);
}
END_TEST

/* A leader of the same term sends again what it had counted; this is no proof against the node. */
START_TEST(the_leader_takes_back_what_a_cut_log_says_to_lack)
{
    struct raft_message denial;
    struct one_core one;
    uint64_t last;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    last = one_core_status(&one).last_index;
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, last);
    one_core_link(&one, 2, false);
    one_core_link(&one, 2, true);
    denial = one_core_refusal_of(&one, 2, 1, 1);
    denial.append_reply.lost_index = last;
    one_core_give(&one, &denial);
    ck_assert(!one_core_peer(&one, 2).has_lost_log);
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, 0);
    ck_assert_uint_eq(one_core_peer(&one, 2).next_index, last + 1); /* sent from 2 on */
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, last);
    ck_assert_uint_eq(one_core_status(&one).commit_index, last);
    one_core_end(&one);
}
END_TEST

/* What it acknowledged after the damage it cannot have lost with it. */
START_TEST(damage_excuses_no_more_than_it_took)
{
    struct raft_message denial;
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    one_core_propose(&one, 7, 0);
    one_core_answer_all(&one);
    one_core_link(&one, 2, false);
    one_core_link(&one, 2, true);
    denial = one_core_refusal_of(&one, 2, 1, 1);
    denial.append_reply.lost_index = one_core_status(&one).last_index - 1;
    one_core_give(&one, &denial);
    ck_assert(one_core_peer(&one, 2).has_lost_log);
    one_core_end(&one);
}
END_TEST

/* The answers of a node say it; so does its status, for the greeting. */
START_TEST(a_cut_log_says_how_far_it_went)
{
    const uint64_t term = 2;
    struct one_core one;

    start_cut(&one);
    one_core_append(&one, 1, 2, 9, 2, &term, 1, 1);
    ck_assert(!one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.success);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.lost_index,
                      9);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.standing, 0);
    ck_assert_uint_eq(one_core_status(&one).acknowledged_index, 9);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(damage)
{
    Suite *suite = suite_create("damage");
    TCase *tcase = tcase_create("damage");

    tcase_add_test(tcase, a_damaged_leader_hands_over_to_an_intact_voter);
    tcase_add_test(tcase, a_write_follows_the_damage);
    tcase_add_test(tcase, a_damaged_member_neither_votes_nor_campaigns);
    tcase_add_test(tcase, a_damaged_follower_goes_on_acknowledging);
    tcase_add_test(tcase, an_entry_that_is_not_committed_counts_when_it_is_written_again);
    tcase_add_test(tcase, the_only_voter_leads_on);
    tcase_add_test(tcase, what_follows_the_snapshot_is_written_again);
    tcase_add_test(tcase, a_snapshot_that_is_too_old_mends_nothing);
    tcase_add_test(tcase, small_entries_after_a_snapshot_do_not_make_it_too_old);
    tcase_add_test(tcase, what_is_written_while_a_snapshot_is_saved_does_not_make_it_too_old);
    tcase_add_test(tcase, a_segment_begins_when_nothing_is_withdrawn);
    tcase_add_test(tcase, a_segment_is_begun_again_when_entries_before_it_are_withdrawn);
    tcase_add_test(tcase, more_damage_begins_another_segment);
    tcase_add_test(tcase, a_full_disk_gets_no_other_segment);
    tcase_add_test(tcase, a_received_snapshot_mends_the_log);
    tcase_add_test(tcase, damage_before_the_base_is_mended_too);
    tcase_add_test(tcase, a_cut_log_votes_when_it_is_as_up_to_date_as_before);
    tcase_add_test(tcase, in_the_same_term_all_that_was_lost_has_to_be_there_and_durable);
    tcase_add_test(tcase, the_leader_takes_back_what_a_cut_log_says_to_lack);
    tcase_add_test(tcase, damage_excuses_no_more_than_it_took);
    tcase_add_test(tcase, a_cut_log_says_how_far_it_went);
    suite_add_tcase(suite, tcase);
    return suite;
}
