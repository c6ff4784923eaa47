/*
 * Turns of one member: the commands of a client are appended to the log in the order in which they
 * were proposed, also where some of them are refused or lost.
 */
#include "unit.h"

#include "bench.h"

/* ---- refused commands ---- */

START_TEST(a_refused_command_holds_back_its_client_alone)
{
    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    end();
    ck_assert_uint_eq(bench.proposed_count, 2);
    refuse(0); /* the outcome of the second one is open, so the first one cannot be tried again */
    begin();
    ask(1, 3);
    ask(2, 4);
    end();
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 3);
    ck_assert_uint_eq(bench.proposed[2], 4);
    ck_assert(!member_can_go_on(bench.member)); /* it does not spin meanwhile */
    ck_assert_uint_gt(member_next_deadline_ms(bench.member), bench.turn.now_ms);
    begin();
    ask(2, 5);
    end();
    ck_assert_uint_eq(bench.proposed_count, 4);
    ck_assert_uint_eq(bench.proposed[3], 5);
    commit(1, 2);
    ck_assert_int_eq(answer_to(2)->status, RAFTD_OK);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_LEADER); /* it came too late */
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 5);
    ck_assert_uint_eq(bench.proposed[4], 3);
}
END_TEST

START_TEST(commands_of_more_clients_than_can_be_told_apart_wait_all_and_go_on)
{
    enum { CLIENTS = WAITING_OWNERS_MAX + 10 };

    follow();
    begin();
    for (uint64_t i = 1; i <= CLIENTS; i++) {
        ask(i, i);
    }
    end();
    ck_assert_uint_eq(bench.proposed_count, CLIENTS);
    for (size_t place = 0; place < CLIENTS; place++) {
        refuse(place);
    }
    bench.proposed_count = 0;
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, CLIENTS);
    for (size_t place = 0; place < CLIENTS; place++) {
        ck_assert_uint_eq(bench.proposed[place], place + 1);
    }
}
END_TEST

START_TEST(the_commands_of_a_client_that_closed_keep_their_order)
{
    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    ask(2, 3);
    end();
    refuse(0);
    begin();
    member_forget_client(bench.member, client(1));
    end();
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 3); /* the second may stand in the leader's log */
    refuse(1);
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 5);
    ck_assert_uint_eq(bench.proposed[3], 1);
    ck_assert_uint_eq(bench.proposed[4], 2);
    commit(4, 2);
    commit(2, 3);
    ck_assert_ptr_null(answer_to(1));
    ck_assert_ptr_null(answer_to(2));
    ck_assert_int_eq(answer_to(3)->status, RAFTD_OK);
}
END_TEST

/* The first of two commands is refused, and its time runs out. */
static void refuse_until_late(void)
{
    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    end();
    refuse(0);
    for (int beat = 1; beat < REQUEST_MS / HEARTBEAT_MS; beat++) {
        bench.turn.now_ms += HEARTBEAT_MS;
        begin();
        hear_leader(NULL, 0, 1, 1);
        end();
    }
    ck_assert_ptr_null(answer_to(1));
}

START_TEST(a_command_that_is_late_because_the_leader_was_full_says_so)
{
    refuse_until_late();
    pass(HEARTBEAT_MS);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_BUSY);
    ck_assert_int_eq(answer_to(2)->status, RAFTD_ERROR_TIMEOUT);
}
END_TEST

START_TEST(if_that_leader_is_out_of_reach_the_command_says_that)
{
    refuse_until_late();
    begin();
    set_link(2, false);
    end();
    pass(HEARTBEAT_MS);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_UNAVAILABLE);
}
END_TEST

/* ---- lost commands ---- */

/* Node 3 leads term 3, and its first entry, at this index, is applied. */
static void begin_term_3(uint64_t index)
{
    static struct raft_entry *entry;
    struct raft_message *message = make_message(RAFT_MESSAGE_APPEND, 3, 3);

    entry = raft_entry_make(RAFT_ENTRY_NOOP, NULL, 0);
    entry->index = index;
    entry->term = 3;
    message->append.previous_index = index - 1;
    message->append.previous_term = 2;
    message->append.commit_index = index;
    message->append.number = 1;
    message->entries = &entry;
    message->entry_count = 1;
    begin();
    set_link(3, true);
    member_message(bench.member, message);
    end();
    pass(1);
}

/*
 * The connection to the leader is lost with the first command, which the leader never gets, and is
 * made again. The second command of the same client is applied.
 */
static void lose_the_first_of_two(void)
{
    follow();
    begin();
    ask(1, 1);
    ask(2, 3);
    end();
    begin();
    set_link(2, false);
    end();
    begin();
    set_link(2, true);
    hear_leader(NULL, 0, 1, 1);
    end();
    begin();
    ask(1, 2);
    end();
    ck_assert_uint_eq(bench.proposed_count, 3);
    commit(2, 2);
    ck_assert_int_eq(answer_to(2)->status, RAFTD_OK);
    ck_assert_ptr_null(answer_to(1)); /* its frame may still be on the way */
}

START_TEST(a_lost_command_is_not_proposed_after_a_later_one_was_applied)
{
    lose_the_first_of_two();
    begin_term_3(3);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_LEADER);
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 4);
    ck_assert_uint_eq(bench.proposed[3], 3); /* no later command of that client was applied */
}
END_TEST

START_TEST(also_if_its_refusal_comes_late)
{
    lose_the_first_of_two();
    refuse(0);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_LEADER);
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 3);
}
END_TEST

START_TEST(also_if_its_client_has_closed)
{
    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    end();
    begin();
    member_forget_client(bench.member, client(1));
    end();
    commit(1, 2);
    begin_term_3(3);
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 2);
    ck_assert_uint_eq(member_proposal_count(bench.member), 0);
}
END_TEST

/* The member remembers the newest applied command of so many clients, and of the others together:
 * where it does not know, the lost command counts as overtaken. */
START_TEST(also_after_the_commands_of_many_other_clients)
{
    enum { OTHERS = WAITING_OWNERS_MAX + 10 };

    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    for (uint64_t i = 0; i < OTHERS; i++) {
        ask(100 + i, 100 + i);
    }
    end();
    for (uint64_t place = 1; place <= OTHERS + 1; place++) {
        commit(place, 1 + place);
    }
    begin_term_3(OTHERS + 3);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_LEADER);
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, OTHERS + 2);
}
END_TEST

UNIT_SUITE(order)
{
    Suite *suite = suite_create("order");
    TCase *tcase = tcase_create("order");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_refused_command_holds_back_its_client_alone);
    tcase_add_test(tcase, commands_of_more_clients_than_can_be_told_apart_wait_all_and_go_on);
    tcase_add_test(tcase, the_commands_of_a_client_that_closed_keep_their_order);
    tcase_add_test(tcase, a_command_that_is_late_because_the_leader_was_full_says_so);
    tcase_add_test(tcase, if_that_leader_is_out_of_reach_the_command_says_that);
    tcase_add_test(tcase, a_lost_command_is_not_proposed_after_a_later_one_was_applied);
    tcase_add_test(tcase, also_if_its_refusal_comes_late);
    tcase_add_test(tcase, also_if_its_client_has_closed);
    tcase_add_test(tcase, also_after_the_commands_of_many_other_clients);
    suite_add_tcase(suite, tcase);
    return suite;
}
