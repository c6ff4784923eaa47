/*
 * What is remembered of a peer's data directory: strangers, and directories that were set back.
 */
#include <string.h>

#include "peer/acquaintance.h"
#include "raft/membership.h"
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

static enum acquaintance_verdict start_with(struct acquaintance *known, uint64_t boots,
                                            uint64_t term, uint64_t index)
{
    struct wire_hello hello = {.node_id = 2,
                               .identity = 77,
                               .boot_count = boots,
                               .process_id = 100 + boots,
                               .term = term,
                               .last_index = index};

    return acquaintance_meet(known, &hello, &error);
}

static void hear_reply(struct acquaintance *known, uint64_t term, bool success, uint64_t index)
{
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND_REPLY, .term = term};

    message.append_reply.success = success;
    message.append_reply.index = index;
    acquaintance_hear(known, &message);
}

/* T61: a copy of the directory that was taken while the node ran. Its count of starts is right. */
START_TEST(t61_a_start_without_what_was_acknowledged_is_noticed)
{
    struct acquaintance known = {0};

    ck_assert_int_eq(start_with(&known, 3, 5, 40), ACQUAINTANCE_SAME);
    hear_reply(&known, 5, true, 90);
    hear_reply(&known, 5, true, 60);
    hear_reply(&known, 5, false, 500);
    ck_assert_int_eq(start_with(&known, 3, 5, 40), ACQUAINTANCE_SAME); /* the same process */
    ck_assert_int_eq(start_with(&known, 4, 5, 89), ACQUAINTANCE_SET_BACK);
    ck_assert_int_eq(start_with(&known, 4, 4, 95), ACQUAINTANCE_SET_BACK);
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
    ck_assert_int_eq(start_with(&known, 4, 5, 90), ACQUAINTANCE_SAME);
}
END_TEST

/* The connection does not live: nothing keeps another process of the directory out. */
static struct acquaintance_connection connected(bool is_connected)
{
    return (struct acquaintance_connection){
        .is_up = is_connected, .has_answered = true, .silent_ms = 2000, .limit_ms = 2000};
}

static bool proves(struct acquaintance *known, uint64_t boots, uint64_t index, bool is_connected)
{
    struct wire_hello hello = {.node_id = 2,
                               .identity = 77,
                               .boot_count = boots,
                               .process_id = 100 + boots,
                               .term = 5,
                               .last_index = index};
    const struct acquaintance_connection connection = connected(is_connected);
    bool is_proof = false;

    (void)acquaintance_recognise(known, &hello, &connection, &is_proof, &error);
    return is_proof;
}

/* The hello of a process that has ended can be late, and beside a member that is connected somebody
 * has started a copy: neither says anything about the member. */
START_TEST(t61_only_a_newer_start_of_a_member_without_a_connection_is_proof)
{
    struct acquaintance known = {0};

    ck_assert(!proves(&known, 3, 40, false));
    hear_reply(&known, 5, true, 90);
    ck_assert(!proves(&known, 2, 40, false));
    ck_assert(!proves(&known, 3, 40, false));
    ck_assert(!proves(&known, 4, 89, true));
    ck_assert(proves(&known, 4, 89, false));
    ck_assert(!proves(&known, 4, 90, false));
}
END_TEST

static const struct acquaintance_connection lives = {
    .is_up = true, .has_answered = true, .silent_ms = 1999, .limit_ms = 2000};

static enum acquaintance_verdict recognise(struct acquaintance *known,
                                           const struct acquaintance_connection *connection,
                                           uint64_t boots, uint64_t process)
{
    struct wire_hello hello = {
        .node_id = 2, .identity = 77, .boot_count = boots, .process_id = process};
    bool is_proof = true;
    enum acquaintance_verdict verdict =
        acquaintance_recognise(known, &hello, connection, &is_proof, &error);

    ck_assert(!is_proof);
    return verdict;
}

/* T61: a second process runs on a copy of the directory, which lacks nothing or something. The
 * member itself stays in. */
START_TEST(t61_a_twin_of_a_member_that_lives_is_refused)
{
    struct acquaintance known = {0};

    ck_assert_int_eq(meet(&known, 77, 3, 100), ACQUAINTANCE_SAME);
    ck_assert_int_eq(recognise(&known, &lives, 4, 101), ACQUAINTANCE_TWIN);
    ck_assert_ptr_nonnull(strstr(error.message, "stop one of them"));
    ck_assert_ptr_nonnull(strstr(error.message, "silent for 2000 ms"));
    ck_assert_int_eq(recognise(&known, &lives, 3, 101), ACQUAINTANCE_TWIN);
    ck_assert_int_eq(recognise(&known, &lives, 2, 101), ACQUAINTANCE_TWIN);
    hear_reply(&known, 5, true, 90);
    ck_assert_int_eq(recognise(&known, &lives, 4, 101), ACQUAINTANCE_TWIN);
    ck_assert_int_eq(recognise(&known, &lives, 3, 100), ACQUAINTANCE_SAME);
}
END_TEST

/* A restart: the old connection is closed, or silent, or nobody has ever answered on it. */
START_TEST(a_new_start_is_let_in_when_the_old_connection_is_dead)
{
    struct acquaintance_connection connection = lives;
    struct acquaintance known = {0};

    ck_assert_int_eq(meet(&known, 77, 3, 100), ACQUAINTANCE_SAME);
    connection.is_up = false;
    ck_assert_int_eq(recognise(&known, &connection, 4, 101), ACQUAINTANCE_SAME);
    connection = lives;
    connection.silent_ms = 2000;
    ck_assert_int_eq(recognise(&known, &connection, 5, 102), ACQUAINTANCE_SAME);
    connection = lives;
    connection.has_answered = false;
    ck_assert_int_eq(recognise(&known, &connection, 6, 103), ACQUAINTANCE_SAME);
    ck_assert_int_eq(recognise(&known, &lives, 7, 104), ACQUAINTANCE_TWIN);
}
END_TEST

/* Another directory, and one that is marked as lost, are told what they were told without it. */
START_TEST(t61_only_the_same_directory_has_a_twin)
{
    struct acquaintance known = {.bound = 78};

    ck_assert_int_eq(meet(&known, 78, 3, 100), ACQUAINTANCE_SAME);
    ck_assert_int_eq(recognise(&known, &lives, 4, 101), ACQUAINTANCE_STRANGER);
    known.bound = RAFT_IDENTITY_LOST;
    ck_assert_int_eq(recognise(&known, &lives, 4, 101), ACQUAINTANCE_LOST);
}
END_TEST

/* The leader of a later term may have cut the log. */
START_TEST(a_later_term_may_have_a_shorter_log)
{
    struct acquaintance known = {0};

    ck_assert_int_eq(start_with(&known, 3, 5, 40), ACQUAINTANCE_SAME);
    hear_reply(&known, 5, true, 90);
    ck_assert_int_eq(start_with(&known, 4, 6, 50), ACQUAINTANCE_SAME);
}
END_TEST

/* A vote says that its term is on the disk; the question whether others would vote does not. */
START_TEST(votes_are_remembered_and_rehearsals_are_not)
{
    struct acquaintance known = {0};
    struct raft_message message = {.type = RAFT_MESSAGE_VOTE, .term = 9};

    ck_assert_int_eq(start_with(&known, 3, 5, 40), ACQUAINTANCE_SAME);
    message.vote.pre = true;
    acquaintance_hear(&known, &message);
    message.type = RAFT_MESSAGE_VOTE_REPLY;
    message.vote_reply.pre = true;
    message.vote_reply.granted = true;
    acquaintance_hear(&known, &message);
    message.type = RAFT_MESSAGE_READ;
    acquaintance_hear(&known, &message);
    ck_assert_int_eq(start_with(&known, 4, 5, 40), ACQUAINTANCE_SAME);
    message.type = RAFT_MESSAGE_VOTE_REPLY;
    message.vote_reply.pre = false;
    message.vote_reply.granted = true;
    acquaintance_hear(&known, &message);
    ck_assert_int_eq(start_with(&known, 5, 8, 400), ACQUAINTANCE_SET_BACK);
    ck_assert_int_eq(start_with(&known, 5, 9, 40), ACQUAINTANCE_SAME);
}
END_TEST

/* The membership says that the member has lost its data: nobody is that member any more. */
START_TEST(t61_a_lost_member_is_refused_whatever_it_says)
{
    struct acquaintance known = {.bound = RAFT_IDENTITY_LOST};

    ck_assert_int_eq(meet(&known, 77, 3, 100), ACQUAINTANCE_LOST);
    ck_assert_ptr_nonnull(strstr(error.message, "member replace"));
    ck_assert_int_eq(meet(&known, RAFT_IDENTITY_LOST, 3, 100), ACQUAINTANCE_LOST);
    known.bound = 0;
    ck_assert_int_eq(meet(&known, RAFT_IDENTITY_LOST, 3, 100), ACQUAINTANCE_LOST);
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
    tcase_add_test(tcase, t61_a_start_without_what_was_acknowledged_is_noticed);
    tcase_add_test(tcase, t61_only_a_newer_start_of_a_member_without_a_connection_is_proof);
    tcase_add_test(tcase, t61_a_twin_of_a_member_that_lives_is_refused);
    tcase_add_test(tcase, a_new_start_is_let_in_when_the_old_connection_is_dead);
    tcase_add_test(tcase, t61_only_the_same_directory_has_a_twin);
    tcase_add_test(tcase, a_later_term_may_have_a_shorter_log);
    tcase_add_test(tcase, votes_are_remembered_and_rehearsals_are_not);
    tcase_add_test(tcase, t61_a_lost_member_is_refused_whatever_it_says);
    tcase_add_test(tcase, t61_another_directory_is_a_stranger);
    suite_add_tcase(suite, tcase);
    return suite;
}
