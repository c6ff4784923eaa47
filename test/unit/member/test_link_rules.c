/*
 * Which links a node keeps, and to which directories their peers are bound.
 */
#include "member/link_rules.h"
#include "unit.h"

static struct raft_membership two(void)
{
    struct raft_membership membership = {0};

    ck_assert_int_eq(raft_membership_add(&membership, 1, RAFT_MEMBER_VOTER, "a:1"), 0);
    ck_assert_int_eq(raft_membership_add(&membership, 2, RAFT_MEMBER_VOTER, "b:1"), 0);
    ck_assert_int_eq(raft_membership_bind(&membership, 2, 72), 0);
    return membership;
}

START_TEST(a_membership_binds_the_peers_of_its_members)
{
    const struct raft_membership membership = two();

    ck_assert_uint_eq(link_rules_identity(&membership, &membership, 1, 2), 72);
    ck_assert_uint_eq(link_rules_identity(&membership, &membership, 2, 1), 0);
    ck_assert_uint_eq(link_rules_identity(&membership, &membership, 1, 3), 0);
}
END_TEST

/* Node 7 joins what raftctl recover has made of node 2: it reads the old members first, and node 2
 * has another directory by now. */
START_TEST(t29_an_old_membership_binds_nobody)
{
    const struct raft_membership membership = two();

    ck_assert_uint_eq(link_rules_identity(&membership, &membership, 7, 2), 0);
    ck_assert(!link_rules_want(&membership, 7, &membership.members[1]));
    ck_assert(!link_rules_retire(&membership, true, 7, 2, "c:1"));
}
END_TEST

/* The node that is marked may lead a term in which the mark does not exist. */
START_TEST(t61_an_uncommitted_mark_closes_no_link)
{
    const struct raft_membership committed = two();
    struct raft_membership marked = two();
    struct raft_membership added = two();

    ck_assert_int_eq(raft_membership_mark_lost(&marked, 2, 72), 0);
    ck_assert_uint_eq(link_rules_identity(&marked, &committed, 1, 2), 72);
    ck_assert_uint_eq(link_rules_identity(&marked, &marked, 1, 2), RAFT_IDENTITY_LOST);
    raft_membership_drop(&added, 2);
    ck_assert_uint_eq(link_rules_identity(&marked, &added, 1, 2), RAFT_IDENTITY_LOST);
}
END_TEST

/* Its removal is on its way: until it is committed the link stays, and nobody else may use it. */
START_TEST(a_member_that_leaves_stays_bound)
{
    const struct raft_membership committed = two();
    struct raft_membership marked = two();
    struct raft_membership removed = two();

    raft_membership_drop(&removed, 2);
    ck_assert(!link_rules_retire(&removed, false, 1, 2, "b:1"));
    ck_assert_uint_eq(link_rules_identity(&removed, &committed, 1, 2), 72);
    ck_assert_int_eq(raft_membership_mark_lost(&marked, 2, 72), 0);
    ck_assert_uint_eq(link_rules_identity(&removed, &marked, 1, 2), RAFT_IDENTITY_LOST);
    ck_assert_uint_eq(link_rules_identity(&removed, &removed, 1, 2), 0);
}
END_TEST

UNIT_SUITE(link_rules)
{
    Suite *suite = suite_create("link_rules");
    TCase *tcase = tcase_create("links");

    tcase_add_test(tcase, a_membership_binds_the_peers_of_its_members);
    tcase_add_test(tcase, t61_an_uncommitted_mark_closes_no_link);
    tcase_add_test(tcase, a_member_that_leaves_stays_bound);
    tcase_add_test(tcase, t29_an_old_membership_binds_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
