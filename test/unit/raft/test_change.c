/*
 * Changes of members as they are asked for: their encoding, and the memberships that result from
 * them.
 */
#include <stdio.h>
#include <string.h>

#include <raftd/error.h>

#include "unit.h"

#include "raft/change.h"

enum {
    VOTER = RAFT_MEMBER_VOTER,
    OUTGOING = RAFT_MEMBER_OUTGOING,
    LEARNER = RAFT_MEMBER_LEARNER,
    JOINING = RAFT_MEMBER_LEARNER | RAFT_MEMBER_JOINING,
};

static struct raft_change_step step(enum raft_change_kind kind, uint16_t id, uint16_t old)
{
    struct raft_change_step made = {.kind = (uint8_t)kind, .id = id, .old = old};

    snprintf(made.address, sizeof(made.address), "node-%u:1", id);
    return made;
}

/* Voters 1, 2, 3, learner 4; 9 was removed. */
static struct raft_membership four(void)
{
    struct raft_membership membership = {0};

    for (uint16_t id = 1; id <= 4; id++) {
        char address[32];

        snprintf(address, sizeof(address), "node-%u:1", id);
        ck_assert_int_eq(raft_membership_add(&membership, id, id < 4 ? VOTER : LEARNER, address),
                         0);
    }
    raft_membership_add_removed(&membership, 9);
    return membership;
}

static enum raft_refusal bind(const struct raft_membership *from, uint16_t id, uint64_t identity,
                              struct raft_membership *to)
{
    struct raft_change change = {.count = 1};

    change.steps[0] =
        (struct raft_change_step){.kind = RAFT_CHANGE_BIND, .id = id, .identity = identity};
    return raft_change_apply(&change, from, to);
}

/* T61: the log binds an id to the directory with which the member came up first. */
START_TEST(t61_a_member_is_bound_to_one_directory)
{
    struct raft_membership from = four();
    struct raft_membership bound;
    struct raft_membership again;

    ck_assert_int_eq(bind(&from, 4, 77, &bound), RAFT_REFUSED_NOT);
    ck_assert_uint_eq(raft_membership_find(&bound, 4)->identity, 77);
    ck_assert_int_eq(bind(&bound, 4, 77, &again), RAFT_REFUSED_NOT);
    ck_assert_int_eq(bind(&bound, 4, 78, &again), RAFT_REFUSED_STRANGER);
    ck_assert_int_eq(bind(&bound, 3, 77, &again), RAFT_REFUSED_STRANGER);
    ck_assert_int_eq(bind(&bound, 5, 79, &again), RAFT_REFUSED_UNKNOWN_ID);
    ck_assert_int_eq(bind(&bound, 3, 0, &again), RAFT_REFUSED_INVALID);
}
END_TEST

static enum raft_refusal mark_lost(const struct raft_membership *from, uint16_t id,
                                   uint64_t identity, struct raft_membership *to)
{
    struct raft_change change = {.count = 1};

    change.steps[0] =
        (struct raft_change_step){.kind = RAFT_CHANGE_LOST, .id = id, .identity = identity};
    return raft_change_apply(&change, from, to);
}

/* T61: a member that has lost what it promised stays one, but no directory is its own any more. */
START_TEST(t61_a_member_is_marked_as_lost_until_it_is_replaced)
{
    struct raft_membership from = four();
    struct raft_membership bound, lost, both, joint, again;

    ck_assert_int_eq(bind(&from, 2, 72, &bound), RAFT_REFUSED_NOT);
    ck_assert_int_eq(mark_lost(&bound, 2, 71, &lost), RAFT_REFUSED_STRANGER);
    ck_assert_int_eq(mark_lost(&bound, 8, 71, &lost), RAFT_REFUSED_UNKNOWN_ID);
    ck_assert_int_eq(mark_lost(&bound, 2, 72, &lost), RAFT_REFUSED_NOT);
    ck_assert(raft_membership_is_lost(&lost, 2) && !raft_membership_is_lost(&lost, 1));
    ck_assert(raft_membership_same_voters(&lost, &from));
    ck_assert_int_eq(bind(&lost, 2, 72, &again), RAFT_REFUSED_STRANGER);
    ck_assert_int_eq(bind(&lost, 3, RAFT_IDENTITY_LOST, &again), RAFT_REFUSED_STRANGER);
    ck_assert_int_eq(mark_lost(&lost, 2, RAFT_IDENTITY_LOST, &again), RAFT_REFUSED_INVALID);
    ck_assert_int_eq(mark_lost(&lost, 3, 0, &both), RAFT_REFUSED_NOT);
    /* Both are outgoing voters of a joint membership. */
    ck_assert_int_eq(raft_membership_join(&both, &from, &joint), 0);
    again = from;
    raft_membership_drop(&again, 2);
    raft_membership_drop(&again, 3);
    ck_assert_int_eq(raft_membership_join(&both, &again, &joint), 0);
    ck_assert(raft_membership_is_lost(&joint, 2) && raft_membership_is_lost(&joint, 3));
}
END_TEST

START_TEST(encoded_it_comes_back_and_cut_or_longer_it_does_not)
{
    struct raft_change change = {.count = 3};
    struct raft_change back;
    struct buffer bytes = {0};

    change.steps[0] = step(RAFT_CHANGE_ADD, 5, 0);
    change.steps[0].identity = 0x1122334455667788;
    change.steps[1] = step(RAFT_CHANGE_REPLACE, 6, 1);
    change.steps[2] = (struct raft_change_step){.kind = RAFT_CHANGE_REMOVE, .id = 2};
    raft_change_encode(&change, &bytes);
    ck_assert_int_eq(raft_change_decode(&back, bytes.data, bytes.size_bytes), 0);
    ck_assert_mem_eq(&back, &change, sizeof(back));
    for (size_t size = 0; size < bytes.size_bytes; size++) {
        ck_assert_int_eq(raft_change_decode(&back, bytes.data, size), RAFTD_ERROR_PROTOCOL);
    }
    buffer_append_u8(&bytes, 0);
    ck_assert_int_eq(raft_change_decode(&back, bytes.data, bytes.size_bytes), RAFTD_ERROR_PROTOCOL);
    bytes.size_bytes--;
    bytes.data[2] = RAFT_CHANGE_LOST + 1;
    ck_assert_int_eq(raft_change_decode(&back, bytes.data, bytes.size_bytes), RAFTD_ERROR_PROTOCOL);
    bytes.data[2] = RAFT_CHANGE_ADD;
    bytes.data[1] = 0;
    ck_assert_int_eq(raft_change_decode(&back, bytes.data, bytes.size_bytes), RAFTD_ERROR_PROTOCOL);
    bytes.data[1] = RAFT_CHANGE_STEPS_MAX + 1;
    ck_assert_int_eq(raft_change_decode(&back, bytes.data, bytes.size_bytes), RAFTD_ERROR_PROTOCOL);
    buffer_free(&bytes);
}
END_TEST

static const struct {
    enum raft_change_kind kind;
    uint16_t id;
    uint16_t old;
    enum raft_refusal refusal;
} refusals[] = {
    {RAFT_CHANGE_ADD, 5, 0, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_ADD, 0, 0, RAFT_REFUSED_INVALID},
    {RAFT_CHANGE_ADD, 3, 0, RAFT_REFUSED_ID_TAKEN},
    {RAFT_CHANGE_ADD, 9, 0, RAFT_REFUSED_ID_USED},
    {RAFT_CHANGE_ADD_LEARNER, 4, 0, RAFT_REFUSED_ID_TAKEN},
    {RAFT_CHANGE_PROMOTE, 4, 0, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_PROMOTE, 1, 0, RAFT_REFUSED_NO_LEARNER},
    {RAFT_CHANGE_PROMOTE, 7, 0, RAFT_REFUSED_UNKNOWN_ID},
    {RAFT_CHANGE_REMOVE, 1, 0, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_REMOVE, 4, 0, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_REMOVE, 7, 0, RAFT_REFUSED_UNKNOWN_ID},
    {RAFT_CHANGE_REMOVE, 9, 0, RAFT_REFUSED_ID_USED},
    {RAFT_CHANGE_REPLACE, 5, 1, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_REPLACE, 5, 4, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_REPLACE, 1, 1, RAFT_REFUSED_ID_TAKEN},
    {RAFT_CHANGE_REPLACE, 9, 1, RAFT_REFUSED_ID_USED},
    {RAFT_CHANGE_REPLACE, 5, 7, RAFT_REFUSED_UNKNOWN_ID},
    {RAFT_CHANGE_ADDRESS, 1, 0, RAFT_REFUSED_NOT},
    {RAFT_CHANGE_ADDRESS, 7, 0, RAFT_REFUSED_UNKNOWN_ID},
    {RAFT_CHANGE_HANDOVER, 1, 0, RAFT_REFUSED_INVALID}, /* only as a single step, at the leader */
};

START_TEST(t33_what_cannot_be_is_refused_with_its_reason)
{
    struct raft_membership from = four();
    struct raft_membership to;
    struct raft_change change = {.count = 1};

    change.steps[0] = step(refusals[_i].kind, refusals[_i].id, refusals[_i].old);
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), refusals[_i].refusal);
    ck_assert_ptr_nonnull(raft_refusal_text(refusals[_i].refusal));
}
END_TEST

START_TEST(t29_an_address_has_one_owner)
{
    struct raft_membership from = four();
    struct raft_membership to;
    struct raft_change change = {.count = 1};

    change.steps[0] = step(RAFT_CHANGE_ADD, 5, 0);
    strcpy(change.steps[0].address, "node-2:1");
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), RAFT_REFUSED_ADDRESS_TAKEN);
    /* A node that replaces a member may have the address of that member. */
    change.steps[0].kind = RAFT_CHANGE_REPLACE;
    change.steps[0].old = 2;
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), RAFT_REFUSED_NOT);
    /* R16: a member that moves takes no other member's address, but may keep its own. */
    change.steps[0] = step(RAFT_CHANGE_ADDRESS, 1, 0);
    strcpy(change.steps[0].address, "node-2:1");
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), RAFT_REFUSED_ADDRESS_TAKEN);
    strcpy(change.steps[0].address, "node-1:1");
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), RAFT_REFUSED_NOT);
}
END_TEST

START_TEST(the_last_voter_stays)
{
    struct raft_membership from = four();
    struct raft_membership to;
    struct raft_change change = {.count = 3};

    for (uint16_t i = 0; i < 3; i++) {
        change.steps[i] = step(RAFT_CHANGE_REMOVE, (uint16_t)(i + 1), 0);
    }
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), RAFT_REFUSED_LAST_VOTER);
    change.count = 2;
    ck_assert_int_eq(raft_change_apply(&change, &from, &to), RAFT_REFUSED_NOT);
    ck_assert_uint_eq(to.count, 2);
    ck_assert(raft_membership_was_removed(&to, 1));
}
END_TEST

START_TEST(whoever_replaces_a_voter_waits_for_its_promotion)
{
    struct raft_membership from = four();
    struct raft_membership with;
    struct raft_membership after;
    struct raft_change change = {.count = 1};

    change.steps[0] = step(RAFT_CHANGE_REPLACE, 5, 1);
    ck_assert_int_eq(raft_change_apply(&change, &from, &with), RAFT_REFUSED_NOT);
    ck_assert_uint_eq(raft_membership_find(&with, 5)->roles, JOINING);
    ck_assert_uint_eq(raft_membership_find(&with, 5)->replaces, 1);
    ck_assert(raft_membership_is_voter(&with, 1));
    change.steps[0] = step(RAFT_CHANGE_REPLACE, 6, 1);
    ck_assert_int_eq(raft_change_apply(&change, &with, &after), RAFT_REFUSED_REPLACING);
    change.steps[0] = step(RAFT_CHANGE_PROMOTE, 5, 0);
    ck_assert_int_eq(raft_change_apply(&change, &with, &after), RAFT_REFUSED_NOT);
    ck_assert(raft_membership_is_voter(&after, 5));
    ck_assert_ptr_null(raft_membership_find(&after, 1));
    ck_assert(raft_membership_was_removed(&after, 1));
}
END_TEST

START_TEST(a_joint_membership_has_both_sides_and_ends_in_the_new_one)
{
    struct raft_membership from = four();
    struct raft_membership target = from;
    struct raft_membership joint;
    struct raft_membership end;

    raft_membership_drop(&target, 1);
    target.members[2].roles = VOTER; /* 4 */
    ck_assert(!raft_membership_same_voters(&from, &target));
    ck_assert(raft_membership_same_voters(&from, &from));
    ck_assert_int_eq(raft_membership_join(&from, &target, &joint), 0);
    ck_assert(raft_membership_is_valid(&joint) && raft_membership_is_joint(&joint));
    ck_assert_uint_eq(raft_membership_find(&joint, 1)->roles, OUTGOING);
    ck_assert_uint_eq(raft_membership_find(&joint, 2)->roles, VOTER | OUTGOING);
    ck_assert_uint_eq(raft_membership_find(&joint, 4)->roles, VOTER);
    raft_membership_leave(&joint, &end);
    ck_assert(raft_membership_is_valid(&end) && !raft_membership_is_joint(&end));
    ck_assert_uint_eq(end.count, 3);
    ck_assert(raft_membership_was_removed(&end, 1) && raft_membership_was_removed(&end, 9));
}
END_TEST

START_TEST(t33_used_ids_are_never_forgotten_however_many)
{
    struct raft_membership membership = four();
    struct raft_membership back;
    struct buffer bytes = {0};

    for (uint16_t id = 1000; id < 1000 + 3 * RAFT_REMOVED_MAX; id++) {
        raft_membership_add_removed(&membership, id);
    }
    raft_membership_encode(&membership, &bytes);
    ck_assert_int_eq(raft_membership_decode(&back, bytes.data, bytes.size_bytes), 0);
    buffer_free(&bytes);
    for (uint16_t id = 1000; id < 1000 + 3 * RAFT_REMOVED_MAX; id++) {
        ck_assert(raft_membership_was_removed(&back, id));
    }
    ck_assert(raft_membership_was_removed(&back, 9));
    ck_assert(raft_membership_was_removed(&back, 500)); /* below the floor: counts as used */
    ck_assert(!raft_membership_was_removed(&back, 2));
    ck_assert(!raft_membership_was_removed(&back, 5000));
}
END_TEST

UNIT_SUITE(change)
{
    Suite *suite = suite_create("change");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, encoded_it_comes_back_and_cut_or_longer_it_does_not);
    tcase_add_test(tests, t61_a_member_is_bound_to_one_directory);
    tcase_add_test(tests, t61_a_member_is_marked_as_lost_until_it_is_replaced);
    tcase_add_loop_test(tests, t33_what_cannot_be_is_refused_with_its_reason, 0,
                        sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_test(tests, t29_an_address_has_one_owner);
    tcase_add_test(tests, the_last_voter_stays);
    tcase_add_test(tests, whoever_replaces_a_voter_waits_for_its_promotion);
    tcase_add_test(tests, a_joint_membership_has_both_sides_and_ends_in_the_new_one);
    tcase_add_test(tests, t33_used_ids_are_never_forgotten_however_many);
    suite_add_tcase(suite, tests);
    return suite;
}
