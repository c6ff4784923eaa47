/*
 * Memberships: their encoding, majorities simple and joint, and what learners and joint memberships
 * mean for elections and commits.
 */
#include <string.h>

#include <raftd/error.h>

#include "unit.h"

#include "raft/membership.h"
#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

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

static struct network *network_of(const uint8_t *roles, size_t count)
{
    struct raft_membership membership = membership_of(roles, count);

    return network_create_membership(&membership);
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

/* Logs and snapshots of raftd 0.1.0 have this encoding. */
START_TEST(a_membership_of_version_0_1_0_is_read)
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

START_TEST(learners_receive_and_do_not_count)
{
    static const uint8_t roles[] = {VOTER, VOTER, VOTER, LEARNER, LEARNER};
    struct network *network = network_of(roles, 5);

    network_elect_node(network, 1);
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_last_on_disk(network, 4), 3);
    ck_assert_int_eq(network_role(network, 4), RAFT_LEARNER);
    network_crash(network, 2, false);
    network_crash(network, 3, false);
    network_propose(network, 1, 8);
    network_settle(network);
    ck_assert_uint_eq(network_last_on_disk(network, 4), 4);
    ck_assert_uint_eq(network_committed_times(network, 8), 0);
    /* Their answers do not keep a leader in office either. */
    network_run(network, 2 * ELECTION_TIMEOUT_MS);
    ck_assert_int_ne(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

START_TEST(learners_never_campaign)
{
    static const uint8_t roles[] = {VOTER, LEARNER, LEARNER};
    struct network *network = network_of(roles, 3);

    network_elect_node(network, 1);
    network_crash(network, 1, false);
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    ck_assert_int_eq(network_role(network, 2), RAFT_LEARNER);
    ck_assert_uint_eq(network_status(network, 2).leader, 0);
    ck_assert_uint_eq(network_status(network, 2).term, network_status(network, 3).term);
    network_destroy(network);
}
END_TEST

START_TEST(learners_read_and_propose_through_the_leader)
{
    static const uint8_t roles[] = {VOTER, LEARNER};
    struct network *network = network_of(roles, 2);
    uint64_t read_id;

    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    network_propose(network, 2, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    read_id = network_read(network, 2);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 2)->read_confirmed_id, read_id);
    network_destroy(network);
}
END_TEST

/* Gives a node one more entry in its log, with a membership, and starts it again. */
static void add_membership(struct network *network, uint16_t id, uint64_t term,
                           const struct raft_membership *membership)
{
    struct network_node *node = network_node(network, id);
    struct buffer bytes = {0};
    struct raft_entry *entry;

    network_crash(network, id, false);
    raft_membership_encode(membership, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    entry->index = node->base_index + node->entry_count + 1;
    entry->term = term;
    raft_entry_release(node->entries[node->entry_count - 1]);
    entry->index--;
    node->entries[node->entry_count - 1] = entry;
    node->term = term > node->term ? term : node->term;
    buffer_free(&bytes);
    network_restart(network, id);
}

START_TEST(t31_the_log_knows_the_members)
{
    static const uint8_t roles[] = {VOTER, VOTER, VOTER, LEARNER};
    static const uint64_t terms[] = {1, 1, 1};
    struct raft_membership grown = membership_of(roles, 4);
    struct network *network = network_create(4);

    network_set_log(network, 2, terms, 3, 1, 0);
    add_membership(network, 2, 1, &grown);
    ck_assert_uint_eq(raft_get_membership(network_node(network, 2)->core)->members[3].roles,
                      LEARNER);
    ck_assert_uint_eq(network_status(network, 2).membership_index, 3);
    network_destroy(network);
}
END_TEST

START_TEST(t32_a_promoted_learner_votes_and_campaigns)
{
    static const uint8_t before[] = {VOTER, VOTER, LEARNER};
    static const uint8_t after[] = {VOTER, VOTER, VOTER};
    static const uint64_t terms[] = {1, 1};
    struct raft_membership promoted = membership_of(after, 3);
    struct network *network = network_of(before, 3);

    ck_assert_int_eq(network_role(network, 3), RAFT_LEARNER);
    for (uint16_t id = 1; id <= 3; id++) {
        network_set_log(network, id, terms, 2, 1, 0);
        add_membership(network, id, 1, &promoted);
    }
    ck_assert_int_eq(network_role(network, 3), RAFT_FOLLOWER);
    network_crash(network, 2, false);
    network_elect_node(network, 1); /* the vote of that node is needed */
    network_crash(network, 1, false);
    network_restart(network, 2);
    network_elect_node(network, 3);
    network_destroy(network);
}
END_TEST

/* T32 without a restart: the entry makes the node a voter at once. */
START_TEST(t32_a_learner_votes_from_the_entry_on)
{
    static const uint8_t before[] = {VOTER, VOTER, LEARNER};
    static const uint8_t after[] = {VOTER, VOTER, VOTER};
    static const uint64_t terms[] = {1, 1};
    struct raft_membership promoted = membership_of(after, 3);
    struct network *network = network_of(before, 3);

    for (uint16_t id = 1; id <= 2; id++) {
        network_set_log(network, id, terms, 2, 1, 0);
        add_membership(network, id, 1, &promoted);
    }
    network_elect_node(network, 1);
    ck_assert_int_eq(network_role(network, 3), RAFT_FOLLOWER);
    network_crash(network, 2, false);
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
}
END_TEST

/* An append to node 2 with a command and then a membership. */
static void append_membership_second(struct network *network, uint64_t term,
                                     const struct raft_membership *membership)
{
    struct buffer bytes = {0};
    struct raft_entry *entries[2];
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = 1,
                                   .to = 2,
                                   .term = term,
                                   .entries = entries,
                                   .entry_count = 2};

    raft_membership_encode(membership, &bytes);
    entries[0] = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    entries[1] = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    for (size_t i = 0; i < 2; i++) {
        entries[i]->index = 2 + i;
        entries[i]->term = term;
    }
    message.append.previous_index = 1;
    message.append.previous_term = 1;
    network_deliver(network, &message);
    network_settle(network);
    raft_entry_release(entries[0]);
    raft_entry_release(entries[1]);
    buffer_free(&bytes);
}

START_TEST(t15_a_membership_second_in_a_batch_has_its_own_index)
{
    static const uint8_t roles[] = {VOTER, VOTER, VOTER, LEARNER};
    struct raft_membership grown = membership_of(roles, 4);
    struct network *network = network_create(3);

    network_cut(network, 1, 2);
    append_membership_second(network, 2, &grown);
    ck_assert_uint_eq(network_status(network, 2).membership_index, 3);
    ck_assert_uint_eq(raft_get_membership(network_node(network, 2)->core)->count, 4);
    network_destroy(network);
}
END_TEST

START_TEST(a_membership_that_is_cut_off_gives_way_to_the_one_before)
{
    static const uint8_t roles[] = {VOTER, VOTER, VOTER, LEARNER};
    struct raft_membership grown = membership_of(roles, 4);
    struct network *network = network_create(3);
    struct raft_entry *other = raft_entry_make(RAFT_ENTRY_COMMAND, "y", 1);
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = 3,
                                   .to = 2,
                                   .term = 3,
                                   .entries = &other,
                                   .entry_count = 1};

    network_cut(network, 1, 2);
    network_cut(network, 3, 2);
    append_membership_second(network, 2, &grown);
    other->index = 3;
    other->term = 3;
    message.append.previous_index = 2;
    message.append.previous_term = 2;
    network_deliver(network, &message);
    ck_assert_uint_eq(network_status(network, 2).membership_index, 1);
    ck_assert_uint_eq(raft_get_membership(network_node(network, 2)->core)->count, 3);
    raft_entry_release(other);
    network_destroy(network);
}
END_TEST

/* Incoming 1 2 3, outgoing 3 4 5. */
static const uint8_t joint_roles[] = {VOTER, VOTER, BOTH, OUTGOING, OUTGOING};

START_TEST(a_joint_configuration_elects_with_both_majorities_only)
{
    struct network *network = network_of(joint_roles, 5);

    network_crash(network, 4, false);
    network_crash(network, 5, false);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader_count(network), 0); /* three of five, all incoming ones */
    network_restart(network, 5);
    network_crash(network, 1, false);
    network_run(network, 10 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_leader_count(network), 1); /* 2 and 3, 3 and 5 */
    network_destroy(network);
}
END_TEST

/* Holds back the appends of a leader to two of the incoming voters, but not its campaign. */
static bool lose_appends_to_1_and_2(struct network *network, const struct raft_message *message)
{
    (void)network;
    return message->type != RAFT_MESSAGE_APPEND || message->to > 2;
}

START_TEST(a_joint_configuration_commits_with_both_majorities_only)
{
    struct network *network = network_of(joint_roles, 5);

    network->filter = lose_appends_to_1_and_2;
    network_elect_node(network, 3);
    network_propose(network, 3, 7); /* all of the outgoing ones, one of the incoming */
    network_settle(network);
    ck_assert_uint_eq(network_last_on_disk(network, 4), 3);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network->filter = NULL;
    network_isolate(network, 1);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    network_destroy(network);
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
    tcase_add_test(plain, a_membership_of_version_0_1_0_is_read);
    tcase_add_test(plain, a_membership_without_a_voter_is_none);
    tcase_add_loop_test(plain, votes_are_tallied_in_both_halves, 0,
                        sizeof(tallies) / sizeof(tallies[0]));
    tcase_add_test(plain, the_quorum_value_is_what_a_majority_of_both_halves_reached);
    suite_add_tcase(suite, plain);
    tcase_add_test(roles, learners_receive_and_do_not_count);
    tcase_add_test(roles, learners_never_campaign);
    tcase_add_test(roles, learners_read_and_propose_through_the_leader);
    tcase_add_test(roles, t15_a_membership_second_in_a_batch_has_its_own_index);
    tcase_add_test(roles, t31_the_log_knows_the_members);
    tcase_add_test(roles, t32_a_promoted_learner_votes_and_campaigns);
    tcase_add_test(roles, t32_a_learner_votes_from_the_entry_on);
    tcase_add_test(roles, a_membership_that_is_cut_off_gives_way_to_the_one_before);
    tcase_add_test(roles, a_joint_configuration_elects_with_both_majorities_only);
    tcase_add_test(roles, a_joint_configuration_commits_with_both_majorities_only);
    suite_add_tcase(suite, roles);
    return suite;
}
