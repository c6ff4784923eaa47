/*
 * Full disks (R4): what a leader and a follower take with them. What whole clusters do then is in
 * the stories r04_*.
 */
#include "unit.h"

#include "one_core.h"

/* A leader of three whose peers have said that their disks have this much room. */
static void lead_with(struct one_core *one, enum raft_space space_2, enum raft_space space_3)
{
    struct raft_message reply;

    one_core_begin(one, 1, 3);
    one_core_lead(one);
    one_core_run(one, HEARTBEAT_MS);
    reply = one_core_answer_of(one, 2);
    reply.append_reply.space = (uint8_t)space_2;
    one_core_give(one, &reply);
    reply = one_core_answer_of(one, 3);
    reply.append_reply.space = (uint8_t)space_3;
    one_core_give(one, &reply);
    one_core_forget_sent(one);
}

static bool takes(struct one_core *one, uint8_t type)
{
    uint64_t last = one_core_status(one).last_index;

    one->refused_reason = RAFT_REFUSED_NOT;
    one_core_propose_type(one, type, 7);
    ck_assert_int_eq(one->refused_reason == RAFT_REFUSED_NOT,
                     one_core_status(one).last_index > last);
    return one->refused_reason == RAFT_REFUSED_NOT;
}

/* The leader takes no commands that only it has room for, but those that free space. */
START_TEST(r4_a_leader_without_a_quorum_of_disks_refuses_commands)
{
    static const struct {
        enum raft_space own, second, third;
        bool command, freeing;
    } cases[] = {
        {RAFT_SPACE_ENOUGH, RAFT_SPACE_ENOUGH, RAFT_SPACE_ENOUGH, true, true},
        {RAFT_SPACE_ENOUGH, RAFT_SPACE_NONE, RAFT_SPACE_ENOUGH, true, true},
        {RAFT_SPACE_ENOUGH, RAFT_SPACE_NONE, RAFT_SPACE_NONE, false, true},
        {RAFT_SPACE_LOW, RAFT_SPACE_ENOUGH, RAFT_SPACE_ENOUGH, false, true},
        {RAFT_SPACE_NONE, RAFT_SPACE_NONE, RAFT_SPACE_NONE, false, true},
        {RAFT_SPACE_EXHAUSTED, RAFT_SPACE_EXHAUSTED, RAFT_SPACE_EXHAUSTED, false, false},
    };
    struct one_core one;

    lead_with(&one, cases[_i].second, cases[_i].third);
    one_core_space(&one, cases[_i].own);
    ck_assert_int_eq(takes(&one, RAFT_ENTRY_COMMAND), cases[_i].command);
    ck_assert_int_eq(takes(&one, RAFT_ENTRY_FREEING), cases[_i].freeing);
    ck_assert_int_eq(raft_get_role(one.core), RAFT_LEADER);
    one_core_end(&one);
}
END_TEST

/* A follower whose disk is full is not sent the same entries again and again, but gets all of them
 * when it has room. */
START_TEST(r4_one_full_disk_is_left_alone_until_it_has_room)
{
    struct one_core one;
    struct raft_message reply;

    lead_with(&one, RAFT_SPACE_NONE, RAFT_SPACE_ENOUGH);
    for (uint64_t number = 1; number <= 50; number++) {
        one_core_propose(&one, number, 0);
        one_core_answer(&one, 3);
    }
    for (int i = 0; i < 30; i++) {
        reply = one_core_answer_of(&one, 2);
        reply.append_reply.index = 2;
        reply.append_reply.space = RAFT_SPACE_NONE;
        reply.append_reply.dropped = one.append_entries[2] > 0;
        one_core_give(&one, &reply);
        one_core_run(&one, HEARTBEAT_MS);
        one_core_answer(&one, 3);
    }
    ck_assert_uint_eq(one_core_status(&one).commit_index, 52);
    ck_assert_uint_le(one_core_count_full(&one, 2), 2);
    ck_assert_int_eq(one_core_peer(&one, 2).space, RAFT_SPACE_NONE);
    for (int i = 0; i < 10; i++) {
        reply = one_core_answer_of(&one, 2); /* it has room, and takes everything */
        if (one.append_entries[2] == 0) {
            reply.append_reply.index = one_core_peer(&one, 2).match_index;
        }
        one_core_give(&one, &reply);
        one_core_run(&one, HEARTBEAT_MS / 2);
        one_core_answer(&one, 3);
    }
    ck_assert_uint_eq(one_core_peer(&one, 2).match_index, 52);
    one_core_end(&one);
}
END_TEST

/* ---- a follower ---- */

static const struct raft_message *answer(const struct one_core *one)
{
    return one_core_last(one, RAFT_MESSAGE_APPEND_REPLY, 1);
}

/* It hears its leader, and says what it has not taken. */
START_TEST(r4_a_full_disk_takes_no_entries_and_hears_its_leader)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_space(&one, RAFT_SPACE_NONE);
    for (int i = 0; i < 30; i++) {
        one_core_append(&one, 1, 2, 1, 1, terms, 2, 1);
        one_core_run(&one, HEARTBEAT_MS);
    }
    ck_assert_int_eq(raft_get_role(one.core), RAFT_FOLLOWER);
    ck_assert_uint_eq(one_core_status(&one).leader, 1);
    ck_assert_uint_eq(one_core_status(&one).last_index, 1);
    ck_assert(answer(&one)->append_reply.success);
    ck_assert(answer(&one)->append_reply.dropped);
    ck_assert_uint_eq(answer(&one)->append_reply.index, 1);
    ck_assert_uint_eq(answer(&one)->append_reply.space, RAFT_SPACE_NONE);
    one_core_end(&one);
}
END_TEST

START_TEST(r4_what_is_there_already_is_acknowledged)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_append(&one, 1, 2, 1, 1, terms, 1, 1);
    one_core_space(&one, RAFT_SPACE_NONE);
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 1);
    ck_assert_uint_eq(answer(&one)->append_reply.index, 2);
    ck_assert(answer(&one)->append_reply.dropped);
    ck_assert_uint_eq(one_core_status(&one).last_index, 2);
    one_core_end(&one);
}
END_TEST

/* The leader takes no commands any more, and the quorum needs what is under way: it goes into the
 * room that is kept in reserve. Nothing goes there when nothing is left. */
START_TEST(r4_what_is_not_committed_goes_into_the_reserve)
{
    static const uint64_t terms[] = {2, 2};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one.reserve = true;
    one_core_space(&one, RAFT_SPACE_EXHAUSTED);
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 1);
    ck_assert_uint_eq(answer(&one)->append_reply.index, 1);
    one_core_space(&one, RAFT_SPACE_NONE);
    one_core_append(&one, 1, 2, 1, 1, terms, 2, 1);
    ck_assert_uint_eq(answer(&one)->append_reply.index, 3);
    ck_assert(!answer(&one)->append_reply.dropped);
    one_core_end(&one);
}
END_TEST

/* A large write is on its way to a disk near the limit: no entries for now, but the voter is as fit
 * to lead as before, and leadership does not go to and fro with each such write. */
START_TEST(writes_under_way_do_not_lower_the_standing)
{
    struct raft_event event = {
        .type = RAFT_EVENT_SPACE, .space = RAFT_SPACE_LOW, .disk = RAFT_SPACE_ENOUGH};
    struct one_core one;

    one_core_begin(&one, 2, 3);
    one_core_event(&one, &event);
    one_core_append(&one, 1, 2, 1, 1, NULL, 0, 1);
    ck_assert_uint_ne(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.standing, 0);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.space,
                      RAFT_SPACE_LOW);
    event.disk = RAFT_SPACE_LOW;
    one_core_event(&one, &event);
    one_core_append(&one, 1, 2, 1, 1, NULL, 0, 1);
    ck_assert_uint_eq(one_core_last(&one, RAFT_MESSAGE_APPEND_REPLY, 1)->append_reply.standing, 0);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(space)
{
    Suite *suite = suite_create("space");
    TCase *tcase = tcase_create("full disks");

    tcase_add_loop_test(tcase, r4_a_leader_without_a_quorum_of_disks_refuses_commands, 0, 6);
    tcase_add_test(tcase, r4_one_full_disk_is_left_alone_until_it_has_room);
    tcase_add_test(tcase, r4_a_full_disk_takes_no_entries_and_hears_its_leader);
    tcase_add_test(tcase, r4_what_is_there_already_is_acknowledged);
    tcase_add_test(tcase, r4_what_is_not_committed_goes_into_the_reserve);
    tcase_add_test(tcase, writes_under_way_do_not_lower_the_standing);
    suite_add_tcase(suite, tcase);
    return suite;
}
