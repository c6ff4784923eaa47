/*
 * What is remembered of a peer's data directory: strangers, and directories that were set back.
 */
#include <string.h>

#include "peer/acquaintance.h"
#include "unit.h"

static struct raftd_error error;

static enum acquaintance_verdict meet(struct acquaintance *known, uint64_t identity, uint64_t boots,
                                      uint64_t process)
{
    struct wire_hello hello = {
        .node_id = 2, .identity = identity, .boot_count = boots, .process_id = process};

    return acquaintance_meet(known, &hello, &error);
}

START_TEST(a_directory_is_known_again_after_connections_and_restarts)
{
    struct acquaintance known = {0};

    ck_assert_int_eq(meet(&known, 77, 1, 100), ACQUAINTANCE_SAME);
    ck_assert_int_eq(meet(&known, 77, 1, 100), ACQUAINTANCE_SAME);
    ck_assert_int_eq(meet(&known, 77, 2, 101), ACQUAINTANCE_SAME);
    ck_assert_int_eq(meet(&known, 77, 9, 102), ACQUAINTANCE_SAME);
}
END_TEST

/* T61: an old copy of the directory was put in its place. */
START_TEST(t61_a_directory_that_was_set_back_is_noticed)
{
    struct acquaintance known = {0};

    ck_assert_int_eq(meet(&known, 77, 3, 100), ACQUAINTANCE_SAME);
    ck_assert_int_eq(meet(&known, 77, 2, 101), ACQUAINTANCE_SET_BACK);
    ck_assert_int_eq(meet(&known, 77, 3, 102), ACQUAINTANCE_SET_BACK);
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
    ck_assert_int_eq(meet(&known, 77, 3, 100), ACQUAINTANCE_SAME);
}
END_TEST

START_TEST(t61_another_directory_is_a_stranger)
{
    struct acquaintance met = {0};
    struct acquaintance bound = {.bound = 77};

    ck_assert_int_eq(meet(&met, 77, 3, 100), ACQUAINTANCE_SAME);
    ck_assert_int_eq(meet(&met, 78, 4, 101), ACQUAINTANCE_STRANGER);
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
    ck_assert_int_eq(meet(&bound, 78, 1, 100), ACQUAINTANCE_STRANGER);
    ck_assert_int_eq(meet(&bound, 77, 1, 100), ACQUAINTANCE_SAME);
}
END_TEST

UNIT_SUITE(acquaintance)
{
    Suite *suite = suite_create("acquaintance");
    TCase *tcase = tcase_create("directories");

    tcase_add_test(tcase, a_directory_is_known_again_after_connections_and_restarts);
    tcase_add_test(tcase, t61_a_directory_that_was_set_back_is_noticed);
    tcase_add_test(tcase, t61_another_directory_is_a_stranger);
    suite_add_tcase(suite, tcase);
    return suite;
}
