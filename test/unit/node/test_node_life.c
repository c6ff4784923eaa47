/*
 * The life of a node through the public API: built, run, out of service and back, stopped, run
 * again with the same data; and what its clients are told at each point.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lone.h"
#include "unit.h"

#include "node/node.h"

enum { CLIENTS_MAX = 64, REQUESTS_MAX = 8192 };

START_TEST(a_command_and_a_query_make_the_round_trip)
{
    struct lone lone;
    uint64_t sum = 0;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 5, &sum), 0);
    ck_assert_uint_eq(sum, 5);
    ck_assert_int_eq(lone_add(&lone, 7, &sum), 0);
    ck_assert_uint_eq(sum, 12);
    sum = 0;
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 12);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_free(&lone);
}
END_TEST

START_TEST(without_a_reserve_its_file_is_removed)
{
    struct lone lone;
    char path[128];
    FILE *file;

    lone_init(&lone);
    lone_set(&lone, "storage.reserve_bytes", "0");
    snprintf(path, sizeof(path), "%s/reserve", lone.directory);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    lone_serve(&lone);
    ck_assert_int_ne(access(path, F_OK), 0);
    lone_free(&lone);
}
END_TEST

START_TEST(commands_keep_the_order_in_which_they_were_proposed)
{
    struct lone lone;
    uint64_t last_index = 0;

    lone_init(&lone);
    lone_serve(&lone);
    for (uint64_t i = 0; i < 3000; i++) {
        ck_assert_int_eq(raftd_client_propose(lone.client, "\1", 1, i), 0);
    }
    raftd_client_submit(lone.client);
    for (uint64_t i = 0; i < 3000; i++) {
        struct raftd_completion completion = lone_next(&lone);

        ck_assert_int_eq(completion.status, 0);
        ck_assert_uint_eq(completion.tag, i);
        ck_assert_uint_gt(completion.index, last_index);
        last_index = completion.index;
    }
    lone_free(&lone);
}
END_TEST

START_TEST(a_node_out_of_service_refuses_and_comes_back)
{
    struct lone lone;
    uint64_t sum = 0;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    for (int i = 0; i < 3; i++) {
        raftd_node_set_ready(lone.node, false);
        ck_assert(!raftd_node_is_ready(lone.node));
        ck_assert(!lone_status(&lone).ready);
        ck_assert_int_eq(lone_add(&lone, 100, NULL), RAFTD_ERROR_NOT_READY);
        ck_assert_int_eq(lone_read(&lone, NULL), RAFTD_ERROR_NOT_READY);
        raftd_node_set_ready(lone.node, true);
        while (!raftd_node_is_ready(lone.node)) {
            sched_yield();
        }
        /* It stepped down when it left service, and is ready when it has been elected again. */
        ck_assert_uint_eq(lone_status(&lone).leader, lone_status(&lone).id);
        ck_assert_int_eq(lone_add(&lone, 1, &sum), 0);
        ck_assert_uint_eq(sum, 2 + (uint64_t)i); /* what was refused was not applied */
        ck_assert_int_eq(lone_read(&lone, &sum), 0);
    }
    lone_free(&lone);
}
END_TEST

START_TEST(before_it_runs_requests_wait_for_their_answer)
{
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    lone_propose(&lone, 1, 9);
    ck_assert(!raftd_client_wait(lone.client, 0));
    raftd_node_stop(lone.node);
    lone_run(&lone);
    ck_assert_int_ne(lone_next(&lone).status, 0);
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_eq(lone.sum, 0);
    lone_free(&lone);
}
END_TEST

/* A client that asks while the node stops, or after that, is answered like all others. */
START_TEST(after_the_end_every_request_is_answered)
{
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_int_eq(lone_add(&lone, 1, NULL), RAFTD_ERROR_STOPPED);
    ck_assert_int_eq(lone_read(&lone, NULL), RAFTD_ERROR_STOPPED);
    ck_assert(!raftd_client_wait(lone.client, 0));
    ck_assert_uint_eq(raftd_client_room(lone.client), REQUESTS_MAX);
    ck_assert_uint_eq(lone.sum, 0);
    lone_free(&lone);
}
END_TEST

START_TEST(a_node_that_cannot_start_answers_too)
{
    struct lone lone;

    lone_init(&lone);
    ck_assert_int_eq(raftd_builder_listener(lone.builder, "203.0.113.7:1", NULL, NULL, &lone.error),
                     0);
    lone_build(&lone);
    lone_propose(&lone, 1, 9);
    lone_run(&lone);
    ck_assert_int_eq(lone_next(&lone).status, RAFTD_ERROR_STOPPED);
    ck_assert_int_eq(lone_stop(&lone), RAFTD_ERROR_SYSTEM);
    lone_free(&lone);
}
END_TEST

static void *ask_until_stopped(void *argument)
{
    struct raftd_client *client = argument;
    struct raftd_completion completion = {0};
    uintptr_t answered = 0;

    do {
        for (unsigned i = 0; i < 10; i++) {
            if (raftd_client_propose(client, "\1", 1, i) != 0) {
                return NULL;
            }
        }
        raftd_client_submit(client);
        for (unsigned i = 0; i < 10; i++) {
            if (!raftd_client_wait(client, 10000) || !raftd_client_next(client, &completion)) {
                return NULL; /* a client without an answer */
            }
            answered++;
        }
    } while (completion.status != RAFTD_ERROR_STOPPED);
    return (void *)answered;
}

START_TEST(stopping_under_load_leaves_nobody_without_an_answer)
{
    struct lone lone;
    struct raftd_client *clients[4];
    pthread_t threads[4];

    lone_init(&lone);
    lone_serve(&lone);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(raftd_client_open(lone.node, &clients[i]), 0);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_until_stopped, clients[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    }
    ck_assert_int_eq(lone_stop(&lone), 0);
    for (size_t i = 0; i < 4; i++) {
        void *answered;

        pthread_join(threads[i], &answered);
        ck_assert_ptr_nonnull(answered);
        raftd_client_close(clients[i]);
    }
    lone_free(&lone);
}
END_TEST

START_TEST(a_restart_keeps_the_state)
{
    struct lone lone;
    uint64_t sum = 0;

    lone_init(&lone);
    lone_serve(&lone);
    for (uint8_t i = 0; i < 20; i++) {
        ck_assert_int_eq(lone_add(&lone, i, NULL), 0);
    }
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 190);
    lone_free(&lone);
}
END_TEST

static atomic_bool wakes;

static void *wake_for_nothing(void *client)
{
    while (atomic_load(&wakes)) {
        client_wake(client);
        sched_yield();
    }
    return NULL;
}

/* The core thread wakes clients at the end of its turn, for answers that may have been taken by
 * then. */
START_TEST(a_wake_up_without_an_answer_does_not_end_a_wait)
{
    struct lone lone;
    struct timespec begin;
    struct timespec end;
    pthread_t thread;

    lone_init(&lone);
    lone_serve(&lone);
    atomic_store(&wakes, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_for_nothing, lone.client), 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    ck_assert(!raftd_client_wait(lone.client, 100));
    clock_gettime(CLOCK_MONOTONIC, &end);
    ck_assert_int_ge((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000,
                     99);
    ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    atomic_store(&wakes, false);
    pthread_join(thread, NULL);
    lone_free(&lone);
}
END_TEST

START_TEST(sixty_four_clients_and_no_more_until_one_closes)
{
    struct lone lone;
    struct raftd_client *clients[CLIENTS_MAX];
    struct raftd_client *more;

    lone_init(&lone);
    lone_serve(&lone);
    clients[0] = lone.client;
    for (size_t i = 1; i < CLIENTS_MAX; i++) {
        ck_assert_int_eq(raftd_client_open(lone.node, &clients[i]), 0);
    }
    ck_assert_int_eq(raftd_client_open(lone.node, &more), RAFTD_ERROR_BUSY);
    for (size_t i = CLIENTS_MAX; i-- > 0;) {
        lone.client = clients[i];
        ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    }
    for (int round = 0; round < 200; round++) {
        raftd_client_close(clients[7]);
        /* Its place is free as soon as the core thread has freed it. */
        while (raftd_client_open(lone.node, &clients[7]) == RAFTD_ERROR_BUSY) {
        }
        lone.client = clients[7];
        ck_assert_int_eq(lone_read(&lone, NULL), 0);
    }
    for (size_t i = 1; i < CLIENTS_MAX; i++) {
        raftd_client_close(clients[i]);
    }
    lone.client = clients[0];
    lone_free(&lone);
}
END_TEST

static void *come_and_go(void *argument)
{
    struct raftd_node *node = argument;

    for (int i = 0; i < 300; i++) {
        struct raftd_client *client;
        struct raftd_completion completion;

        if (raftd_client_open(node, &client) != 0) {
            continue;
        }
        if (raftd_client_propose(client, "\1", 1, 1) == 0) {
            raftd_client_submit(client);
            if (i % 2 == 0) {
                (void)raftd_client_wait(client, 1000);
                (void)raftd_client_next(client, &completion);
            }
        }
        raftd_client_close(client);
    }
    return NULL;
}

START_TEST(clients_that_come_and_go_on_many_threads_lose_nothing)
{
    struct lone lone;
    pthread_t threads[4];
    uint64_t sum = 0;

    lone_init(&lone);
    lone_serve(&lone);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, come_and_go, lone.node), 0);
    }
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(lone_add(&lone, 0, NULL), 0);
        (void)lone_status(&lone);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    /* What a client proposed before it closed is carried out without it. */
    ck_assert_int_eq(lone_add(&lone, 0, NULL), 0);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 1200);
    lone_free(&lone);
}
END_TEST

START_TEST(eight_thousand_requests_under_way_and_no_more)
{
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    for (uint64_t i = 0; i < REQUESTS_MAX; i++) {
        ck_assert_uint_eq(raftd_client_room(lone.client), REQUESTS_MAX - i);
        ck_assert_int_eq(raftd_client_propose(lone.client, "\1", 1, i), 0);
    }
    ck_assert_uint_eq(raftd_client_room(lone.client), 0);
    ck_assert_int_eq(raftd_client_propose(lone.client, "\1", 1, 0), RAFTD_ERROR_BUSY);
    ck_assert_int_eq(raftd_client_read(lone.client, "", 0, RAFTD_READ_LINEARIZABLE, 0, 0),
                     RAFTD_ERROR_BUSY);
    lone_run(&lone);
    for (uint64_t i = 0; i < REQUESTS_MAX; i++) {
        ck_assert_uint_eq(lone_next(&lone).tag, i);
    }
    ck_assert_uint_eq(raftd_client_room(lone.client), REQUESTS_MAX);
    lone_free(&lone);
}
END_TEST

START_TEST(an_oversized_request_is_refused_at_once)
{
    struct lone lone;
    const size_t limit = 8192 + 64 * 1024;
    uint8_t *data = calloc(1, limit + 1);

    lone_init(&lone);
    lone_set(&lone, "limits.max_request_bytes", "8192");
    lone_serve(&lone);
    ck_assert_int_eq(raftd_client_propose(lone.client, data, limit + 1, 1), RAFTD_ERROR_TOO_LARGE);
    ck_assert_int_eq(raftd_client_read(lone.client, data, limit + 1, RAFTD_READ_LINEARIZABLE, 0, 1),
                     RAFTD_ERROR_TOO_LARGE);
    ck_assert_int_eq(raftd_client_propose(lone.client, data, limit, 1), 0);
    raftd_client_submit(lone.client);
    ck_assert_int_eq(lone_next(&lone).status, 0);
    free(data);
    lone_free(&lone);
}
END_TEST

START_TEST(t57_a_stop_is_heard_in_every_phase)
{
    for (long delay_us = 0; delay_us < 20000; delay_us = delay_us * 2 + 100) {
        const struct timespec delay = {.tv_nsec = delay_us * 1000};
        struct timespec begin;
        struct timespec end;
        struct lone lone;

        lone_init(&lone);
        lone_build(&lone);
        lone_run(&lone);
        nanosleep(&delay, NULL);
        clock_gettime(CLOCK_MONOTONIC, &begin);
        ck_assert_int_eq(lone_stop(&lone), 0);
        clock_gettime(CLOCK_MONOTONIC, &end);
        ck_assert_int_le(end.tv_sec - begin.tv_sec, 2);
        ck_assert_int_eq(lone_status(&lone).phase, RAFTD_PHASE_STOPPING);
        lone_free(&lone);
    }
}
END_TEST

START_TEST(t57_a_stop_before_the_run_is_heard)
{
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    raftd_node_stop(lone.node);
    ck_assert_int_eq(raftd_node_run(lone.node, &lone.error), 0);
    lone_free(&lone);
}
END_TEST

START_TEST(t57_a_stop_does_not_wait_for_the_next_segment)
{
    struct lone lone;
    char path[128];
    struct stat status;

    lone_init(&lone);
    lone_set(&lone, "storage.segment_bytes", "256M");
    lone_serve(&lone);
    ck_assert_int_eq(lone_stop(&lone), 0);
    snprintf(path, sizeof(path), "%s/wal-0000000000000001.log", lone.directory);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_lt(status.st_blocks * 512, 200 << 20);
    lone_free(&lone);
}
END_TEST

static bool leads_of(const struct raftd_status *status, uint64_t members)
{
    return strcmp(status->role, "leader") == 0 && status->member_count == members;
}

/* T31: the configuration has founded the cluster; since then the log says who the members are. */
START_TEST(t31_members_of_the_configuration_do_not_replace_those_of_the_log)
{
    struct lone lone;
    char address[LONE_ADDRESS_BYTES];

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    lone_free_address(address);
    lone_set(&lone, "listen.peer", address);
    lone_set(&lone, "peers.1", address);
    lone_set(&lone, "peers.2", "127.0.0.1:2"); /* nobody */
    lone_set(&lone, "peers.3", "127.0.0.1:3");
    lone_set(&lone, "tls.peer", "off");
    lone_serve(&lone); /* if those three were the members, it would wait for a quorum for ever */
    lone_wait(&lone, leads_of, 1);
    ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    lone_free(&lone);
}
END_TEST

/* Whatever number of descriptors the process may have: the node is built, or says that it cannot
 * be. */
/* Two lost founders and the reasons fill a status; of more, the reader sees that there are more. */
START_TEST(for_what_a_node_waits_is_whole_or_ends_with_dots)
{
    char text[300] = {0};
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    memset(text, 'x', sizeof(text) - 1);
    text[255] = 0;
    node_set_waiting_for(lone.node, text);
    ck_assert_str_eq(lone_status(&lone).waiting_for, text);
    text[255] = 'x';
    node_set_waiting_for(lone.node, text);
    text[252] = 0;
    ck_assert_str_eq(lone_status(&lone).waiting_for, strcat(text, "..."));
    lone_free(&lone);
}
END_TEST

UNIT_SUITE(node_life)
{
    Suite *suite = suite_create("node life");
    TCase *serving = tcase_create("serving");
    TCase *clients = tcase_create("clients");
    TCase *ends = tcase_create("ends");

    tcase_set_timeout(serving, 60);
    tcase_add_test(serving, a_command_and_a_query_make_the_round_trip);
    tcase_add_test(serving, without_a_reserve_its_file_is_removed);
    tcase_add_test(serving, commands_keep_the_order_in_which_they_were_proposed);
    tcase_add_test(serving, a_node_out_of_service_refuses_and_comes_back);
    tcase_add_test(serving, a_restart_keeps_the_state);
    suite_add_tcase(suite, serving);
    tcase_set_timeout(clients, 60);
    tcase_add_test(clients, a_wake_up_without_an_answer_does_not_end_a_wait);
    tcase_add_test(clients, sixty_four_clients_and_no_more_until_one_closes);
    tcase_add_test(clients, clients_that_come_and_go_on_many_threads_lose_nothing);
    tcase_add_test(clients, eight_thousand_requests_under_way_and_no_more);
    tcase_add_test(clients, an_oversized_request_is_refused_at_once);
    suite_add_tcase(suite, clients);
    tcase_set_timeout(ends, 60);
    tcase_add_test(ends, before_it_runs_requests_wait_for_their_answer);
    tcase_add_test(ends, after_the_end_every_request_is_answered);
    tcase_add_test(ends, a_node_that_cannot_start_answers_too);
    tcase_add_test(ends, stopping_under_load_leaves_nobody_without_an_answer);
    tcase_add_test(ends, t31_members_of_the_configuration_do_not_replace_those_of_the_log);
    tcase_add_test(ends, for_what_a_node_waits_is_whole_or_ends_with_dots);
    tcase_add_test(ends, t57_a_stop_is_heard_in_every_phase);
    tcase_add_test(ends, t57_a_stop_before_the_run_is_heard);
    tcase_add_test(ends, t57_a_stop_does_not_wait_for_the_next_segment);
    suite_add_tcase(suite, ends);
    return suite;
}
