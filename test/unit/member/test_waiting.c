/*
 * The table of requests that wait: its places, its queues and its list by age.
 */
#include "unit.h"

#include "member/waiting.h"
#include "raft/entry.h"

static struct waiting waiting;

static void setup(void)
{
    waiting_init(&waiting);
}

static void teardown(void)
{
    waiting_free(&waiting);
}

static struct raft_entry *bytes(void)
{
    return raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
}

static struct raftd_client *client(uintptr_t number)
{
    return (struct raftd_client *)number;
}

START_TEST(test_proposal_is_found_by_its_sequence_once)
{
    struct waiting_request *request =
        waiting_add(&waiting, WAITING_PROPOSED, client(1), 7, 100, NULL);
    uint64_t sequence = request->sequence;

    ck_assert_ptr_eq(waiting_find(&waiting, sequence), request);
    waiting_finish(&waiting, request);
    ck_assert_ptr_null(waiting_find(&waiting, sequence));
    ck_assert_uint_eq(waiting.proposal_count, 0);
}
END_TEST

START_TEST(test_reused_place_does_not_answer_for_its_predecessor)
{
    struct waiting_request *request =
        waiting_add(&waiting, WAITING_PROPOSED, client(1), 1, 100, NULL);
    uint64_t old = request->sequence;

    waiting_finish(&waiting, request);
    request = waiting_add(&waiting, WAITING_PROPOSED, client(1), 2, 100, NULL);
    ck_assert_uint_ne(request->sequence, old);
    ck_assert_ptr_null(waiting_find(&waiting, old));
    ck_assert_uint_eq(waiting_find(&waiting, request->sequence)->tag, 2);
}
END_TEST

START_TEST(test_find_takes_any_number)
{
    waiting_add(&waiting, WAITING_PROPOSED, client(1), 1, 100, NULL);
    ck_assert_ptr_null(waiting_find(&waiting, 0));
    ck_assert_ptr_null(waiting_find(&waiting, UINT64_MAX));
    ck_assert_ptr_null(waiting_find(&waiting, (uint64_t)1 << WAITING_PLACE_BITS | 200));
}
END_TEST

/* A command of this client that was proposed. */
static struct waiting_request *proposed(uintptr_t number, uint64_t tag)
{
    return waiting_add(&waiting, WAITING_PROPOSED, client(number), tag, 100, bytes());
}

static uint64_t next_held(void)
{
    struct waiting_request *request = waiting_peek(&waiting, &waiting.held);
    uint64_t tag = request != NULL ? request->tag : 0;

    if (request != NULL) {
        waiting_advance(&waiting, &waiting.held, WAITING_PROPOSED);
    }
    return tag;
}

START_TEST(test_refused_commands_go_before_those_that_waited_meanwhile)
{
    uint64_t sequence = proposed(1, 1)->sequence;

    proposed(1, 2);
    waiting_add(&waiting, WAITING_HELD, client(1), 3, 100, bytes());
    waiting_refuse(&waiting, waiting_find(&waiting, sequence));
    waiting_refuse(&waiting, waiting_newer(&waiting, waiting_oldest(&waiting)));
    waiting_release(&waiting);
    ck_assert_uint_eq(waiting.refused_count, 0);
    ck_assert_ptr_null(waiting_find(&waiting, sequence)); /* the attempt that is over */
    ck_assert_uint_eq(next_held(), 1);
    ck_assert_uint_eq(next_held(), 2);
    ck_assert_uint_eq(next_held(), 3);
    ck_assert_uint_eq(next_held(), 0);
}
END_TEST

START_TEST(test_refused_command_waits_for_a_later_one_of_its_client)
{
    struct waiting_request *first = proposed(1, 1);
    struct waiting_request *second = proposed(2, 2);
    struct waiting_request *third = proposed(1, 3);

    waiting_refuse(&waiting, first);
    waiting_refuse(&waiting, second);
    waiting_release(&waiting);
    ck_assert_uint_eq(waiting.refused_count, 1);
    ck_assert_uint_eq(next_held(), 2);
    waiting_finish(&waiting, third);
    waiting_release(&waiting);
    ck_assert_uint_eq(waiting.refused_count, 0);
    ck_assert_uint_eq(next_held(), 1);
}
END_TEST

START_TEST(test_refused_command_that_ends_is_not_released)
{
    struct waiting_request *first = proposed(1, 1);

    waiting_refuse(&waiting, first);
    waiting_finish(&waiting, first);
    ck_assert_uint_eq(waiting.refused_count, 0);
    ck_assert_uint_eq(waiting.proposal_count, 0);
    waiting_release(&waiting);
    ck_assert_uint_eq(next_held(), 0);
}
END_TEST

START_TEST(test_held_proposals_leave_in_order)
{
    for (uint64_t tag = 1; tag <= 1000; tag++) {
        waiting_add(&waiting, WAITING_HELD, client(1), tag, 100, bytes());
    }
    for (uint64_t tag = 1; tag <= 1000; tag++) {
        struct waiting_request *request = waiting_peek(&waiting, &waiting.held);

        ck_assert_uint_eq(request->tag, tag);
        waiting_advance(&waiting, &waiting.held, WAITING_PROPOSED);
        ck_assert_ptr_eq(waiting_find(&waiting, request->sequence), request);
    }
    ck_assert_ptr_null(waiting_peek(&waiting, &waiting.held));
    ck_assert_uint_eq(waiting.proposal_count, 1000);
}
END_TEST

START_TEST(test_expired_in_a_queue_are_swept_and_places_reused)
{
    size_t capacity;

    waiting_add(&waiting, WAITING_HELD, client(1), 1, 10, bytes());
    capacity = waiting.capacity;
    /*
     * There is no leader for a long time: clients come, wait until their deadline, and come again.
     */
    for (uint64_t i = 0; i < 100000; i++) {
        waiting_add(&waiting, WAITING_HELD, client(1), i, 10, bytes());
        waiting_finish(&waiting, waiting_oldest(&waiting));
    }
    ck_assert_uint_eq(waiting.capacity, capacity);
    ck_assert_uint_eq(waiting.held.count, 1);
}
END_TEST

START_TEST(test_dead_request_behind_a_live_one_is_not_served)
{
    struct waiting_request *second;

    waiting_add(&waiting, WAITING_READ_NEW, client(1), 1, 10, bytes());
    second = waiting_add(&waiting, WAITING_READ_NEW, client(2), 2, 10, bytes());
    waiting_add(&waiting, WAITING_READ_NEW, client(3), 3, 10, bytes());
    waiting_finish(&waiting, second);
    waiting_ask_reads(&waiting);
    waiting_confirm_reads(&waiting, 42);
    ck_assert_uint_eq(waiting_peek(&waiting, &waiting.reads_ready)->tag, 1);
    waiting_finish(&waiting, waiting_peek(&waiting, &waiting.reads_ready));
    ck_assert_uint_eq(waiting_peek(&waiting, &waiting.reads_ready)->tag, 3);
    ck_assert_uint_eq(waiting_peek(&waiting, &waiting.reads_ready)->read_index, 42);
    waiting_finish(&waiting, waiting_peek(&waiting, &waiting.reads_ready));
    ck_assert_ptr_null(waiting_peek(&waiting, &waiting.reads_ready));
    ck_assert_uint_eq(waiting.read_count, 0);
}
END_TEST

START_TEST(test_reads_that_come_during_a_round_wait_for_the_next)
{
    waiting_add(&waiting, WAITING_READ_NEW, client(1), 1, 10, bytes());
    waiting_ask_reads(&waiting);
    waiting_add(&waiting, WAITING_READ_NEW, client(1), 2, 10, bytes());
    waiting_confirm_reads(&waiting, 5);
    ck_assert_uint_eq(waiting.reads_ready.count, 1);
    ck_assert_uint_eq(waiting_peek(&waiting, &waiting.reads_new)->tag, 2);
}
END_TEST

START_TEST(test_age_list_survives_removal_anywhere)
{
    uint64_t sequences[6];

    for (uint64_t i = 0; i < 6; i++) {
        sequences[i] = waiting_add(&waiting, WAITING_PROPOSED, client(1), i, i, NULL)->sequence;
    }
    waiting_finish(&waiting, waiting_find(&waiting, sequences[3]));
    waiting_finish(&waiting, waiting_find(&waiting, sequences[5]));
    waiting_finish(&waiting, waiting_find(&waiting, sequences[0]));
    for (uint64_t tag = 1; tag <= 4; tag++) {
        if (tag == 3) {
            continue;
        }
        ck_assert_uint_eq(waiting_oldest(&waiting)->tag, tag);
        waiting_finish(&waiting, waiting_oldest(&waiting));
    }
    ck_assert_ptr_null(waiting_oldest(&waiting));
}
END_TEST

START_TEST(test_forgotten_client_leaves_others_alone)
{
    uint64_t mine = waiting_add(&waiting, WAITING_PROPOSED, client(1), 1, 9, NULL)->sequence;
    uint64_t other = waiting_add(&waiting, WAITING_PROPOSED, client(2), 2, 9, NULL)->sequence;

    waiting_forget_client(&waiting, client(1));
    ck_assert_ptr_null(waiting_find(&waiting, mine));
    ck_assert_ptr_eq(waiting_find(&waiting, other)->client, client(2));
    ck_assert_uint_eq(waiting.proposal_count, 1);
}
END_TEST

START_TEST(test_held_proposals_outlive_their_client_but_nothing_else_does)
{
    for (uint64_t i = 0; i < 5; i++) {
        waiting_add(&waiting, WAITING_HELD, client(1), i, 9, bytes());
        waiting_add(&waiting, WAITING_READ_NEW, client(1), i, 9, bytes());
        waiting_add(&waiting, WAITING_READ_NEW, client(2), i, 9, bytes());
    }
    waiting_forget_client(&waiting, client(1));
    ck_assert_uint_eq(waiting.proposal_count, 5);
    ck_assert_uint_eq(waiting.read_count, 5);
    ck_assert_ptr_null(waiting_peek(&waiting, &waiting.held)->client);
    waiting_ask_reads(&waiting);
    ck_assert_uint_eq(waiting.reads_asked.count, 5);
    ck_assert_ptr_eq(waiting_peek(&waiting, &waiting.reads_asked)->client, client(2));
}
END_TEST

/* Without a leader no request goes on, but clients may come and go for a long time. */
START_TEST(test_clients_that_come_and_go_do_not_fill_the_table)
{
    for (uintptr_t round = 0; round < 100; round++) {
        for (uint64_t i = 0; i < 100; i++) {
            waiting_add(&waiting, WAITING_PROPOSED, client(1), i, 9, NULL);
            waiting_add(&waiting, WAITING_READ_NEW, client(1), i, 9, bytes());
        }
        waiting_forget_client(&waiting, client(1));
    }
    ck_assert_uint_eq(waiting.capacity, 256);
    ck_assert(waiting_has_room(&waiting));
    ck_assert_ptr_null(waiting_oldest(&waiting));
}
END_TEST

UNIT_SUITE(waiting)
{
    Suite *suite = suite_create("waiting");
    TCase *tcase = tcase_create("table and queues");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_proposal_is_found_by_its_sequence_once);
    tcase_add_test(tcase, test_reused_place_does_not_answer_for_its_predecessor);
    tcase_add_test(tcase, test_find_takes_any_number);
    tcase_add_test(tcase, test_held_proposals_leave_in_order);
    tcase_add_test(tcase, test_refused_commands_go_before_those_that_waited_meanwhile);
    tcase_add_test(tcase, test_refused_command_waits_for_a_later_one_of_its_client);
    tcase_add_test(tcase, test_refused_command_that_ends_is_not_released);
    tcase_add_test(tcase, test_expired_in_a_queue_are_swept_and_places_reused);
    tcase_add_test(tcase, test_dead_request_behind_a_live_one_is_not_served);
    tcase_add_test(tcase, test_reads_that_come_during_a_round_wait_for_the_next);
    tcase_add_test(tcase, test_age_list_survives_removal_anywhere);
    tcase_add_test(tcase, test_forgotten_client_leaves_others_alone);
    tcase_add_test(tcase, test_held_proposals_outlive_their_client_but_nothing_else_does);
    tcase_add_test(tcase, test_clients_that_come_and_go_do_not_fill_the_table);
    suite_add_tcase(suite, tcase);
    return suite;
}
