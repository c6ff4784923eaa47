/*
 * What a node knows of those that ask to join.
 */
#include "member/admission.h"
#include "unit.h"

/* The leader, with a learner that has acknowledged nothing and one that has. */
static struct raft_status leading(void)
{
    return (struct raft_status){
        .id = 1,
        .role = RAFT_LEADER,
        .peer_count = 2,
        .peers = {{.id = 2, .match_index = 0}, {.id = 3, .match_index = 7}},
    };
}

START_TEST(t33_a_learner_that_acknowledged_nothing_may_come_with_a_new_directory)
{
    const struct raft_status status = leading();

    ck_assert(!admission_has_acknowledged(&status, 2));
    ck_assert(admission_has_acknowledged(&status, 3));
}
END_TEST

START_TEST(t33_who_cannot_know_takes_it_for_acknowledged)
{
    struct raft_status status = leading();

    ck_assert(admission_has_acknowledged(&status, 4));
    status.role = RAFT_FOLLOWER; /* only the leader counts */
    ck_assert(admission_has_acknowledged(&status, 2));
}
END_TEST

/* Node 2, which hears no leader, is asked by node 7 whether that is still a member. */
START_TEST(a_member_that_is_not_known_is_met_if_nobody_leads)
{
    struct raft_membership members = {
        .count = 2, .members = {{.id = 1, .roles = RAFT_MEMBER_VOTER}, {.id = 2}}};
    struct admission_view view = {.self_id = 2, .cluster_id = 5, .members = &members};
    struct wire_join join = {.cluster_id = 5, .identity = 9, .node_id = 7, .asks_only = true};

    ck_assert(admission_meets_asker(&view, &join));
    view.leader_id = 1; /* then the leader makes the link */
    ck_assert(!admission_meets_asker(&view, &join));
    view.leader_id = 0;
    join.cluster_id = 6;
    ck_assert(!admission_meets_asker(&view, &join));
    view.cluster_id = 0;
    join.cluster_id = 0;
    ck_assert(!admission_meets_asker(&view, &join));
    view.cluster_id = 5;
    join.cluster_id = 5;
    join.asks_only = false; /* it wants to join */
    ck_assert(!admission_meets_asker(&view, &join));
    join.asks_only = true;
    join.node_id = 1; /* there is a link already */
    ck_assert(!admission_meets_asker(&view, &join));
    join.node_id = 2;
    ck_assert(!admission_meets_asker(&view, &join));
}
END_TEST

UNIT_SUITE(admission)
{
    Suite *suite = suite_create("admission");
    TCase *tcase = tcase_create("acknowledged");

    tcase_add_test(tcase, t33_a_learner_that_acknowledged_nothing_may_come_with_a_new_directory);
    tcase_add_test(tcase, t33_who_cannot_know_takes_it_for_acknowledged);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("meeting");
    tcase_add_test(tcase, a_member_that_is_not_known_is_met_if_nobody_leads);
    suite_add_tcase(suite, tcase);
    return suite;
}
