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

UNIT_SUITE(admission)
{
    Suite *suite = suite_create("admission");
    TCase *tcase = tcase_create("acknowledged");

    tcase_add_test(tcase, t33_a_learner_that_acknowledged_nothing_may_come_with_a_new_directory);
    tcase_add_test(tcase, t33_who_cannot_know_takes_it_for_acknowledged);
    suite_add_tcase(suite, tcase);
    return suite;
}
