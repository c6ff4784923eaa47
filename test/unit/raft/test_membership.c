/*
 * Memberships: their encoding, majorities simple and joint, and what learners and joint memberships
 * mean for elections and commits.
 */
#include <string.h>

#include <raftd/error.h>

#include "unit.h"

#include "one_core.h"
#include "raft/membership.h"

enum {
    VOTER = RAFT_MEMBER_VOTER,
    OUTGOING = RAFT_MEMBER_OUTGOING,
    LEARNER = RAFT_MEMBER_LEARNER,
    BOTH = RAFT_MEMBER_VOTER | RAFT_MEMBER_OUTGOING,
};

/* Members 1..count with these roles. */
static struct raft_membership membership_of(const uint8_t *roles, size_t count)
{
    struct raft_membership membership = {0};

    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(
            raft_membership_add(&membership, (uint16_t)(i + 1), roles[i], "host.example:7381"), 0);
    }
    return membership;
}

START_TEST(members_stand_in_order_whatever_the_order_of_adding)
{
    struct raft_membership membership = {0};

    ck_assert_int_eq(raft_membership_add(&membership, 9, VOTER, "c:1"), 0);
    ck_assert_int_eq(raft_membership_add(&membership, 1, VOTER, "a:1"), 0);
    ck_assert_int_eq(raft_membership_add(&membership, 5, LEARNER, "b:1"), 0);
    ck_assert_uint_eq(membership.members[0].id, 1);
    ck_assert_uint_eq(membership.members[1].id, 5);
    ck_assert_uint_eq(membership.members[2].id, 9);
    ck_assert_str_eq(raft_membership_find(&membership, 5)->address, "b:1");
    ck_assert_ptr_null(raft_membership_find(&membership, 2));
    ck_assert(raft_membership_is_voter(&membership, 9));
    ck_assert(!raft_membership_is_voter(&membership, 5));
    ck_assert(!raft_membership_is_voter(&membership, 2));
    ck_assert(raft_membership_is_valid(&membership));
}
END_TEST

START_TEST(impossible_members_are_refused)
{
    struct raft_membership membership = {0};
    char address[RAFT_ADDRESS_MAX + 1];

    ck_assert_int_eq(raft_membership_add(&membership, 1, VOTER, "a:1"), 0);
    ck_assert_int_eq(raft_membership_add(&membership, 1, VOTER, "a:1"), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raft_membership_add(&membership, 0, VOTER, "a:1"), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raft_membership_add(&membership, 2, 0, "a:1"), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raft_membership_add(&membership, 2, 8, "a:1"), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raft_membership_add(&membership, 2, VOTER | LEARNER, "a:1"),
                     RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raft_membership_add(&membership, 2, VOTER, ""), RAFTD_ERROR_INVALID);
    memset(address, 'x', sizeof(address));
    address[RAFT_ADDRESS_MAX] = 0;
    ck_assert_int_eq(raft_membership_add(&membership, 2, VOTER, address), RAFTD_ERROR_INVALID);
    address[RAFT_ADDRESS_MAX - 1] = 0;
    ck_assert_int_eq(raft_membership_add(&membership, 2, VOTER, address), 0);
    for (uint16_t id = 3; id <= RAFT_MEMBERS_MAX; id++) {
        ck_assert_int_eq(raft_membership_add(&membership, id, VOTER, "a:1"), 0);
    }
    ck_assert_int_eq(raft_membership_add(&membership, 99, VOTER, "a:1"), RAFTD_ERROR_INVALID);
}
END_TEST

START_TEST(encoded_it_comes_back_and_cut_or_longer_it_does_not)
{
    static const uint8_t roles[] = {VOTER, OUTGOING | LEARNER, BOTH, LEARNER};
    struct raft_membership membership = membership_of(roles, 4);
    struct raft_membership back;
    struct buffer bytes = {0};

    raft_membership_encode(&membership, &bytes);
    ck_assert_int_eq(raft_membership_decode(&back, bytes.data, bytes.size_bytes), 0);
    ck_assert_uint_eq(back.count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(back.members[i].id, membership.members[i].id);
        ck_assert_uint_eq(back.members[i].roles, membership.members[i].roles);
        ck_assert_str_eq(back.members[i].address, membership.members[i].address);
    }
    for (size_t size = 0; size < bytes.size_bytes; size++) {
        ck_assert_int_eq(raft_membership_decode(&back, bytes.data, size), RAFTD_ERROR_PROTOCOL);
    }
    buffer_append_u8(&bytes, 0);
    ck_assert_int_eq(raft_membership_decode(&back, bytes.data, bytes.size_bytes),
                     RAFTD_ERROR_PROTOCOL);
    buffer_free(&bytes);
}
END_TEST

START_TEST(identities_and_the_cluster_are_encoded)
{
    static const uint8_t roles[] = {VOTER, LEARNER};
    struct raft_membership membership = membership_of(roles, 2);
    struct raft_membership back;
    struct buffer bytes = {0};

    membership.cluster_id = 0x0123456789abcdef;
    ck_assert_int_eq(raft_membership_bind(&membership, 1, 0xfedcba9876543210), 0);
    raft_membership_encode(&membership, &bytes);
    ck_assert_int_eq(raft_membership_decode(&back, bytes.data, bytes.size_bytes), 0);
    ck_assert_uint_eq(back.cluster_id, 0x0123456789abcdef);
    ck_assert_uint_eq(back.members[0].identity, 0xfedcba9876543210);
    ck_assert_uint_eq(back.members[1].identity, 0);
    buffer_free(&bytes);
}
END_TEST

/* Logs and snapshots from before identities have this encoding. */
START_TEST(a_membership_from_before_identities_is_read)
{
    static const uint8_t old[] = {1, 1, 0, 0, 1, 0,   7,   0,   2,   0,
                                  1, 0, 0, 5, 0, 'a', '-', 'b', ':', '1'};
    struct raft_membership back;

    ck_assert_int_eq(raft_membership_decode(&back, old, sizeof(old)), 0);
    ck_assert_uint_eq(back.count, 1);
    ck_assert_uint_eq(back.members[0].id, 2);
    ck_assert_str_eq(back.members[0].address, "a-b:1");
    ck_assert_uint_eq(back.members[0].identity, 0);
    ck_assert_uint_eq(back.cluster_id, 0);
    ck_assert(raft_membership_was_removed(&back, 7));
}
END_TEST

START_TEST(a_membership_without_a_voter_is_none)
{
    static const uint8_t roles[] = {LEARNER, LEARNER};
    struct raft_membership membership = membership_of(roles, 2);
    struct raft_membership back;
    struct buffer bytes = {0};

    ck_assert(!raft_membership_is_valid(&membership));
    raft_membership_encode(&membership, &bytes);
    ck_assert_int_eq(raft_membership_decode(&back, bytes.data, bytes.size_bytes),
                     RAFTD_ERROR_PROTOCOL);
    buffer_free(&bytes);
}
END_TEST

/* One line for each case: roles, answers ('y', 'n', '?'), and the result. */
static const struct {
    const char *roles; /* v voter, o outgoing, b both, l learner */
    const char *answers;
    enum raft_tally tally;
} tallies[] = {
    {"v", "y", RAFT_TALLY_WON},
    {"v", "?", RAFT_TALLY_PENDING},
    {"v", "n", RAFT_TALLY_LOST},
    {"vv", "y?", RAFT_TALLY_PENDING},
    {"vv", "yn", RAFT_TALLY_LOST},
    {"vv", "yy", RAFT_TALLY_WON},
    {"vvv", "y??", RAFT_TALLY_PENDING},
    {"vvv", "yy?", RAFT_TALLY_WON},
    {"vvv", "ynn", RAFT_TALLY_LOST},
    {"vvv", "yn?", RAFT_TALLY_PENDING},
    {"vvvv", "yynn", RAFT_TALLY_LOST},
    {"vvvvv", "yyynn", RAFT_TALLY_WON},
    {"vvvvv", "yynn?", RAFT_TALLY_PENDING},
    {"vvl", "y?y", RAFT_TALLY_PENDING}, /* learners do not count */
    {"vvvl", "yy?n", RAFT_TALLY_WON},
    {"vll", "yyy", RAFT_TALLY_WON},
    {"bbvoo", "yy???", RAFT_TALLY_PENDING}, /* incoming 1 2 3, outgoing 1 2 4 5 */
    {"bbvoo", "yy?y?", RAFT_TALLY_WON},
    {"bbvoo", "yyynn", RAFT_TALLY_LOST},
    {"vvvooo", "yyy???", RAFT_TALLY_PENDING},
    {"vvvooo", "yyynn?", RAFT_TALLY_LOST},
    {"vvvooo", "???yyy", RAFT_TALLY_PENDING},
    {"vvvooo", "nn?yyy", RAFT_TALLY_LOST},
    {"vvvooo", "yy?y?y", RAFT_TALLY_WON},
};

static uint8_t role_of(char letter)
{
    switch (letter) {
    case 'v':
        return VOTER;
    case 'o':
        return OUTGOING;
    case 'b':
        return BOTH;
    default:
        return LEARNER;
    }
}

START_TEST(votes_are_tallied_in_both_halves)
{
    uint8_t roles[RAFT_MEMBERS_MAX];
    bool answered[RAFT_MEMBERS_MAX] = {false};
    bool granted[RAFT_MEMBERS_MAX] = {false};
    size_t count = strlen(tallies[_i].roles);
    struct raft_membership membership;

    for (size_t i = 0; i < count; i++) {
        roles[i] = role_of(tallies[_i].roles[i]);
        answered[i] = tallies[_i].answers[i] != '?';
        granted[i] = tallies[_i].answers[i] == 'y';
    }
    membership = membership_of(roles, count);
    ck_assert_msg(raft_membership_tally(&membership, answered, granted) == tallies[_i].tally,
                  "%s %s", tallies[_i].roles, tallies[_i].answers);
}
END_TEST

START_TEST(the_quorum_value_is_what_a_majority_of_both_halves_reached)
{
    static const struct {
        const char *roles;
        uint64_t values[6];
        uint64_t expected;
    } cases[] = {
        {"v", {7}, 7},
        {"vv", {7, 3}, 3},
        {"vvv", {7, 3, 5}, 5},
        {"vvvv", {7, 3, 5, 9}, 5},
        {"vvvvv", {1, 2, 3, 4, 5}, 3},
        {"vvvl", {7, 3, 5, 100}, 5},
        {"vvvooo", {9, 9, 1, 4, 4, 8}, 4},
        {"vvvooo", {2, 2, 9, 8, 8, 8}, 2},
        {"bbv", {3, 9, 9}, 3}, /* incoming 1 2 3: 9; outgoing 1 2: 3 */
    };

    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        uint8_t roles[RAFT_MEMBERS_MAX];
        uint64_t values[RAFT_MEMBERS_MAX] = {0};
        struct raft_membership membership;

        for (size_t i = 0; cases[c].roles[i] != 0; i++) {
            roles[i] = role_of(cases[c].roles[i]);
            values[i] = cases[c].values[i];
        }
        membership = membership_of(roles, strlen(cases[c].roles));
        ck_assert_uint_eq(raft_membership_quorum_value(&membership, values), cases[c].expected);
    }
}
END_TEST

/* ---- what a core makes of a membership in its log ---- */

static struct raft_entry *entry_of(const struct raft_membership *membership, uint64_t index,
                                   uint64_t term)
{
    struct buffer bytes = {0};
    struct raft_entry *entry;

    raft_membership_encode(membership, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    entry->index = index;
    entry->term = term;
    buffer_free(&bytes);
    return entry;
}

static struct raft_entry *command(uint64_t index, uint64_t term)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);

    entry->index = index;
    entry->term = term;
    return entry;
}

/* An append of leader 1 with a command at index 2 and a membership after it. */
static void append_membership_second(struct one_core *one, const struct raft_membership *membership)
{
    struct raft_entry *entries[2] = {command(2, 2), entry_of(membership, 3, 2)};
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = 1,
                                   .to = one->options.id,
                                   .term = 2,
                                   .entries = entries,
                                   .entry_count = 2};

    message.append.previous_index = 1;
    message.append.previous_term = 1;
    one_core_give(one, &message);
    raft_entry_release(entries[0]);
    raft_entry_release(entries[1]);
}

static const uint8_t grown_roles[] = {VOTER, VOTER, VOTER, LEARNER};

START_TEST(t15_a_membership_second_in_a_batch_has_its_own_index)
{
    struct raft_membership grown = membership_of(grown_roles, 4);
    struct one_core one;

    one_core_begin(&one, 2, 3);
    append_membership_second(&one, &grown);
    ck_assert_uint_eq(one_core_status(&one).membership_index, 3);
    ck_assert_uint_eq(raft_get_membership(one.core)->count, 4);
    one_core_end(&one);
}
END_TEST

START_TEST(a_membership_that_is_cut_off_gives_way_to_the_one_before)
{
    static const uint64_t other[] = {3};
    struct raft_membership grown = membership_of(grown_roles, 4);
    struct one_core one;

    one_core_begin(&one, 2, 3);
    append_membership_second(&one, &grown);
    one_core_append(&one, 3, 3, 2, 2, other, 1, 0);
    ck_assert_uint_eq(one_core_status(&one).membership_index, 1);
    ck_assert_uint_eq(raft_get_membership(one.core)->count, 3);
    one_core_end(&one);
}
END_TEST

START_TEST(t31_the_log_knows_the_members)
{
    struct raft_membership grown = membership_of(grown_roles, 4);
    struct one_core one;
    struct raft_entry *entries[3];
    const struct raft_recovered recovered = {
        .term = 1, .promise_known = true, .entries = entries, .entry_count = 3};

    one_core_begin(&one, 2, 3);
    entries[0] = entry_of(&one.members, 1, 1);
    entries[1] = command(2, 1);
    entries[2] = entry_of(&grown, 3, 1);
    one_core_start(&one, &recovered);
    ck_assert_uint_eq(raft_get_membership(one.core)->members[3].roles, LEARNER);
    ck_assert_uint_eq(one_core_status(&one).membership_index, 3);
    for (size_t i = 0; i < 3; i++) {
        raft_entry_release(entries[i]);
    }
    one_core_end(&one);
}
END_TEST

/* The entry makes the node a voter at once, and not only after a restart. */
START_TEST(t32_a_learner_votes_from_the_entry_on)
{
    static const uint8_t before[] = {VOTER, VOTER, LEARNER};
    static const uint8_t after[] = {VOTER, VOTER, VOTER};
    struct raft_membership learner = membership_of(before, 3);
    struct raft_membership promoted = membership_of(after, 3);
    struct one_core one;

    one_core_begin_members(&one, 3, &learner);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEARNER);
    one_core_run(&one, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(one.sent_count, 0); /* learners never campaign */
    append_membership_second(&one, &promoted);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_FOLLOWER);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_gt(one_core_count(&one, RAFT_MESSAGE_VOTE, 0), 0);
    one_core_end(&one);
}
END_TEST

START_TEST(learners_receive_and_do_not_count)
{
    static const uint8_t roles[] = {VOTER, VOTER, VOTER, LEARNER, LEARNER};
    struct raft_membership membership = membership_of(roles, 5);
    struct one_core one;

    one_core_begin_members(&one, 1, &membership);
    one_core_lead(&one);
    one_core_propose(&one, 7, 0);
    ck_assert_uint_eq(one_core_count_full(&one, 4), 1);
    one_core_answer(&one, 4);
    one_core_answer(&one, 5);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 2);
    /* Their answers do not keep a leader in office either. */
    one_core_run_answered(&one, 2 * ELECTION_TIMEOUT_MS, 4, 5);
    ck_assert_int_ne(raft_get_role(one.core), RAFT_LEADER);
    one_core_end(&one);
}
END_TEST

/* Incoming 1 2 3, outgoing 3 4 5. */
static const uint8_t joint_roles[] = {VOTER, VOTER, BOTH, OUTGOING, OUTGOING};

static void grant(struct one_core *one, uint16_t from, bool pre)
{
    struct raft_message vote = {.type = RAFT_MESSAGE_VOTE_REPLY, .from = from, .to = 3};

    vote.term = raft_get_term(one->core) + (pre ? 1 : 0);
    vote.vote_reply.pre = pre;
    vote.vote_reply.granted = true;
    one_core_give(one, &vote);
}

START_TEST(a_joint_configuration_elects_with_both_majorities_only)
{
    struct raft_membership joint = membership_of(joint_roles, 5);
    struct one_core one;

    one_core_begin_members(&one, 3, &joint);
    one_core_run(&one, 2 * ELECTION_TIMEOUT_MS);
    grant(&one, 1, true);
    grant(&one, 2, true);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_PRE_CANDIDATE); /* all of the incoming ones */
    grant(&one, 5, true);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_CANDIDATE);
    grant(&one, 4, false);
    grant(&one, 5, false);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_CANDIDATE); /* all of the outgoing ones */
    grant(&one, 2, false);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    one_core_end(&one);
}
END_TEST

START_TEST(a_joint_configuration_commits_with_both_majorities_only)
{
    struct raft_membership joint = membership_of(joint_roles, 5);
    struct one_core one;

    one_core_begin_members(&one, 3, &joint);
    one_core_win(&one);
    one_core_answer(&one, 4);
    one_core_answer(&one, 5);
    ck_assert_uint_lt(one_core_status(&one).commit_index, 2);
    one_core_answer(&one, 2);
    ck_assert_uint_eq(one_core_status(&one).commit_index, 2);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(membership)
{
    Suite *suite = suite_create("membership");
    TCase *plain = tcase_create("lists and majorities");
    TCase *roles = tcase_create("roles");

    tcase_add_test(plain, members_stand_in_order_whatever_the_order_of_adding);
    tcase_add_test(plain, impossible_members_are_refused);
    tcase_add_test(plain, encoded_it_comes_back_and_cut_or_longer_it_does_not);
    tcase_add_test(plain, identities_and_the_cluster_are_encoded);
    tcase_add_test(plain, a_membership_from_before_identities_is_read);
    tcase_add_test(plain, a_membership_without_a_voter_is_none);
    tcase_add_loop_test(plain, votes_are_tallied_in_both_halves, 0,
                        sizeof(tallies) / sizeof(tallies[0]));
    tcase_add_test(plain, the_quorum_value_is_what_a_majority_of_both_halves_reached);
    suite_add_tcase(suite, plain);
    tcase_add_test(roles, learners_receive_and_do_not_count);
    tcase_add_test(roles, t15_a_membership_second_in_a_batch_has_its_own_index);
    tcase_add_test(roles, t31_the_log_knows_the_members);
    tcase_add_test(roles, t32_a_learner_votes_from_the_entry_on);
    tcase_add_test(roles, a_membership_that_is_cut_off_gives_way_to_the_one_before);
    tcase_add_test(roles, a_joint_configuration_elects_with_both_majorities_only);
    tcase_add_test(roles, a_joint_configuration_commits_with_both_majorities_only);
    suite_add_tcase(suite, roles);
    return suite;
}
