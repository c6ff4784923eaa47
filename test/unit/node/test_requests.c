/*
 * What clients wait for: the table, its queues and its order of age.
 */
#include "unit.h"

#include "node/requests.h"
#include "raft/entry.h"

static struct requests requests;

static void setup(void)
{
    requests_init(&requests);
}

static void teardown(void)
{
    requests_free(&requests);
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
    struct request *request = requests_add(&requests, REQUEST_PROPOSED, client(1), 7, 100, NULL);
    uint64_t sequence = request->sequence;

    ck_assert_ptr_eq(requests_find(&requests, sequence), request);
    requests_finish(&requests, request);
    ck_assert_ptr_null(requests_find(&requests, sequence));
    ck_assert_uint_eq(requests.proposal_count, 0);
}
END_TEST

START_TEST(test_reused_place_does_not_answer_for_its_predecessor)
{
    struct request *request = requests_add(&requests, REQUEST_PROPOSED, client(1), 1, 100, NULL);
    uint64_t old = request->sequence;

    requests_finish(&requests, request);
    request = requests_add(&requests, REQUEST_PROPOSED, client(1), 2, 100, NULL);
    ck_assert_uint_ne(request->sequence, old);
    ck_assert_ptr_null(requests_find(&requests, old));
    ck_assert_uint_eq(requests_find(&requests, request->sequence)->tag, 2);
}
END_TEST

START_TEST(test_find_takes_any_number)
{
    requests_add(&requests, REQUEST_PROPOSED, client(1), 1, 100, NULL);
    ck_assert_ptr_null(requests_find(&requests, 0));
    ck_assert_ptr_null(requests_find(&requests, UINT64_MAX));
    ck_assert_ptr_null(requests_find(&requests, (uint64_t)1 << REQUEST_PLACE_BITS | 200));
}
END_TEST

START_TEST(test_held_proposals_leave_in_order)
{
    for (uint64_t tag = 1; tag <= 1000; tag++) {
        requests_add(&requests, REQUEST_HELD, client(1), tag, 100, bytes());
    }
    for (uint64_t tag = 1; tag <= 1000; tag++) {
        struct request *request = requests_peek(&requests, &requests.held);

        ck_assert_uint_eq(request->tag, tag);
        requests_advance(&requests, &requests.held, REQUEST_PROPOSED);
        ck_assert_ptr_eq(requests_find(&requests, request->sequence), request);
    }
    ck_assert_ptr_null(requests_peek(&requests, &requests.held));
    ck_assert_uint_eq(requests.proposal_count, 1000);
}
END_TEST

START_TEST(test_expired_in_a_queue_are_swept_and_places_reused)
{
    size_t capacity;

    requests_add(&requests, REQUEST_HELD, client(1), 1, 10, bytes());
    capacity = requests.capacity;
    /* Nobody leads for a long time: clients come, wait out their deadline, and come again. */
    for (uint64_t i = 0; i < 100000; i++) {
        requests_add(&requests, REQUEST_HELD, client(1), i, 10, bytes());
        requests_finish(&requests, requests_oldest(&requests));
    }
    ck_assert_uint_eq(requests.capacity, capacity);
    ck_assert_uint_eq(requests.held.count, 1);
}
END_TEST

START_TEST(test_dead_request_behind_a_live_one_is_not_served)
{
    struct request *second;

    requests_add(&requests, REQUEST_READ_NEW, client(1), 1, 10, bytes());
    second = requests_add(&requests, REQUEST_READ_NEW, client(2), 2, 10, bytes());
    requests_add(&requests, REQUEST_READ_NEW, client(3), 3, 10, bytes());
    requests_finish(&requests, second);
    requests_ask_reads(&requests);
    requests_confirm_reads(&requests, 42);
    ck_assert_uint_eq(requests_peek(&requests, &requests.reads_ready)->tag, 1);
    requests_finish(&requests, requests_peek(&requests, &requests.reads_ready));
    ck_assert_uint_eq(requests_peek(&requests, &requests.reads_ready)->tag, 3);
    ck_assert_uint_eq(requests_peek(&requests, &requests.reads_ready)->read_index, 42);
    requests_finish(&requests, requests_peek(&requests, &requests.reads_ready));
    ck_assert_ptr_null(requests_peek(&requests, &requests.reads_ready));
    ck_assert_uint_eq(requests.read_count, 0);
}
END_TEST

START_TEST(test_reads_that_come_during_a_round_wait_for_the_next)
{
    requests_add(&requests, REQUEST_READ_NEW, client(1), 1, 10, bytes());
    requests_ask_reads(&requests);
    requests_add(&requests, REQUEST_READ_NEW, client(1), 2, 10, bytes());
    requests_confirm_reads(&requests, 5);
    ck_assert_uint_eq(requests.reads_ready.count, 1);
    ck_assert_uint_eq(requests_peek(&requests, &requests.reads_new)->tag, 2);
}
END_TEST

START_TEST(test_age_list_survives_removal_anywhere)
{
    uint64_t sequences[6];

    for (uint64_t i = 0; i < 6; i++) {
        sequences[i] = requests_add(&requests, REQUEST_PROPOSED, client(1), i, i, NULL)->sequence;
    }
    requests_finish(&requests, requests_find(&requests, sequences[3]));
    requests_finish(&requests, requests_find(&requests, sequences[5]));
    requests_finish(&requests, requests_find(&requests, sequences[0]));
    for (uint64_t tag = 1; tag <= 4; tag++) {
        if (tag == 3) {
            continue;
        }
        ck_assert_uint_eq(requests_oldest(&requests)->tag, tag);
        requests_finish(&requests, requests_oldest(&requests));
    }
    ck_assert_ptr_null(requests_oldest(&requests));
}
END_TEST

START_TEST(test_forgotten_client_leaves_others_alone)
{
    uint64_t mine = requests_add(&requests, REQUEST_PROPOSED, client(1), 1, 9, NULL)->sequence;
    uint64_t other = requests_add(&requests, REQUEST_PROPOSED, client(2), 2, 9, NULL)->sequence;

    requests_forget_client(&requests, client(1));
    ck_assert_ptr_null(requests_find(&requests, mine));
    ck_assert_ptr_eq(requests_find(&requests, other)->client, client(2));
    ck_assert_uint_eq(requests.proposal_count, 1);
}
END_TEST

START_TEST(test_held_proposals_outlive_their_client_but_nothing_else_does)
{
    for (uint64_t i = 0; i < 5; i++) {
        requests_add(&requests, REQUEST_HELD, client(1), i, 9, bytes());
        requests_add(&requests, REQUEST_READ_NEW, client(1), i, 9, bytes());
        requests_add(&requests, REQUEST_READ_NEW, client(2), i, 9, bytes());
    }
    requests_forget_client(&requests, client(1));
    ck_assert_uint_eq(requests.proposal_count, 5);
    ck_assert_uint_eq(requests.read_count, 5);
    ck_assert_ptr_null(requests_peek(&requests, &requests.held)->client);
    requests_ask_reads(&requests);
    ck_assert_uint_eq(requests.reads_asked.count, 5);
    ck_assert_ptr_eq(requests_peek(&requests, &requests.reads_asked)->client, client(2));
}
END_TEST

/* Without a leader nothing of this leaves, but its clients may come and go for long. */
START_TEST(test_clients_that_come_and_go_do_not_fill_the_table)
{
    for (uintptr_t round = 0; round < 100; round++) {
        for (uint64_t i = 0; i < 100; i++) {
            requests_add(&requests, REQUEST_PROPOSED, client(1), i, 9, NULL);
            requests_add(&requests, REQUEST_READ_NEW, client(1), i, 9, bytes());
        }
        requests_forget_client(&requests, client(1));
    }
    ck_assert_uint_eq(requests.capacity, 256);
    ck_assert(requests_has_room(&requests));
    ck_assert_ptr_null(requests_oldest(&requests));
}
END_TEST

UNIT_SUITE(requests)
{
    Suite *suite = suite_create("requests");
    TCase *tcase = tcase_create("table and queues");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_proposal_is_found_by_its_sequence_once);
    tcase_add_test(tcase, test_reused_place_does_not_answer_for_its_predecessor);
    tcase_add_test(tcase, test_find_takes_any_number);
    tcase_add_test(tcase, test_held_proposals_leave_in_order);
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
