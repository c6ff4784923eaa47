/*
 * A node on a thread of the library, as an embedder runs it: start, call, join.
 */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/lone.h"
#include "unit.h"

START_TEST(a_started_node_serves_until_it_is_destroyed)
{
    struct lone lone;
    struct raftd_completion completion;
    uint64_t sum;

    lone_init(&lone);
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, 10000, &lone.error), 0);
    ck_assert(raftd_node_is_ready(lone.node));
    ck_assert_int_eq(raftd_client_call(lone.client, "\5", 1, &completion), 0);
    ck_assert_uint_eq(completion.size_bytes, sizeof(sum));
    memcpy(&sum, completion.data, sizeof(sum));
    ck_assert_uint_eq(sum, 5);
    lone_free(&lone); /* stops it, and waits */
}
END_TEST

START_TEST(a_joined_node_says_how_it_ended)
{
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, -1, &lone.error), 0);
    raftd_node_stop(lone.node);
    ck_assert_int_eq(raftd_node_join(lone.node, &lone.error), 0);
    lone_free(&lone);
}
END_TEST

START_TEST(a_start_that_fails_says_why)
{
    struct lone lone;

    lone_init(&lone);
    ck_assert_int_eq(raftd_builder_listener(lone.builder, "203.0.113.7:1", NULL, NULL, &lone.error),
                     0);
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, -1, &lone.error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(lone.error.message, "203.0.113.7"));
    lone_free(&lone);
}
END_TEST

/* "127.0.0.1:" and a port on which no program listens. */
static void free_address(char text[32])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int probe = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(probe, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    snprintf(text, 32, "127.0.0.1:%u", ntohs(address.sin_port));
    close(probe);
}

/* The peer does not exist, so there is no quorum; the node goes on trying until it is destroyed. */
START_TEST(a_start_without_a_quorum_ends_with_its_time)
{
    struct lone lone;
    char address[32];

    free_address(address);
    lone_init(&lone);
    lone_set(&lone, "listen.peer", address);
    lone_set(&lone, "peers.1", address);
    lone_set(&lone, "peers.2", "127.0.0.1:1");
    lone_set(&lone, "tls.peer", "off");
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, 10, &lone.error), RAFTD_ERROR_TIMEOUT);
    ck_assert(!raftd_node_is_ready(lone.node));
    lone_free(&lone);
}
END_TEST

/* T57: an empty directory, and no member tells the cluster. Building does not wait for that. The
 * run of the node does until it is stopped, and status calls are answered meanwhile. */
START_TEST(t57_looking_for_the_cluster_to_join_can_be_stopped)
{
    struct raftd_status status;
    struct lone lone;
    char address[32];

    free_address(address);
    lone_init(&lone);
    lone_set(&lone, "node.join", "127.0.0.1:1");
    lone_set(&lone, "node.id", "2");
    lone_set(&lone, "listen.peer", address);
    lone_set(&lone, "tls.peer", "off");
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, 10, &lone.error), RAFTD_ERROR_TIMEOUT);
    raftd_node_status(lone.node, &status, sizeof(status));
    ck_assert(!status.ready);
    ck_assert_uint_eq(status.id, 2);
    ck_assert_uint_eq(status.term, 0);
    ck_assert_uint_eq(raftd_node_snapshot(lone.node), 0);
    raftd_node_stop(lone.node);
    ck_assert_int_eq(raftd_node_join(lone.node, &lone.error), 0);
    lone_free(&lone);
}
END_TEST

/* An empty directory: other nodes may have joined this one at the address of every example, and its
 * disk may be lost. With a closed peer port none can have joined. */
START_TEST(an_open_peer_port_founds_only_when_told_to)
{
    struct lone lone;

    lone_init(&lone);
    lone_set(&lone, "node.bootstrap", "no");
    lone_set(&lone, "tls.peer", "off");
    ck_assert_int_eq(raftd_builder_build(lone.builder, &lone.node, &lone.error),
                     RAFTD_ERROR_REFUSED);
    ck_assert_ptr_nonnull(strstr(lone.error.message, " at 127.0.0.1:7381"));
    ck_assert_ptr_nonnull(strstr(lone.error.message, "--bootstrap"));
    lone_set(&lone, "tls.peer", "required");
    lone_build(&lone);
    lone_free(&lone);
}
END_TEST

START_TEST(a_call_that_is_too_large_is_refused)
{
    static const char data[256 * 1024];
    struct lone lone;
    struct raftd_completion completion;

    lone_init(&lone);
    lone_build(&lone);
    ck_assert_int_eq(raftd_client_call(lone.client, data, sizeof(data), &completion),
                     RAFTD_ERROR_TOO_LARGE);
    ck_assert_int_eq(completion.status, RAFTD_ERROR_TOO_LARGE);
    lone_free(&lone);
}
END_TEST

START_TEST(a_read_is_one_call)
{
    struct raftd_completion completion;
    struct lone lone;
    uint64_t sum = 0;

    lone_init(&lone);
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, 10000, &lone.error), 0);
    ck_assert_int_eq(raftd_client_call(lone.client, "\7", 1, &completion), 0);
    for (int level = RAFTD_READ_LINEARIZABLE; level <= RAFTD_READ_STALE; level++) {
        ck_assert_int_eq(
            raftd_client_ask(lone.client, "", 0, (enum raftd_read_level)level, 0, &completion), 0);
        ck_assert_uint_eq(completion.size_bytes, sizeof(sum));
        memcpy(&sum, completion.data, sizeof(sum));
        ck_assert_uint_eq(sum, 7);
    }
    ck_assert_int_eq(raftd_client_ask(lone.client, "", 0, (enum raftd_read_level)9, 0, &completion),
                     RAFTD_ERROR_INVALID);
    lone_free(&lone);
}
END_TEST

/* A program that was compiled with a shorter struct: nothing is written behind its end. A longer
 * one: the rest is 0. */
START_TEST(a_status_has_the_size_that_the_caller_knows)
{
    struct {
        struct raftd_status status;
        uint64_t more;
    } larger;
    const size_t known = offsetof(struct raftd_status, version);
    struct raftd_status status;
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    memset(&status, 0x55, sizeof(status));
    raftd_node_status(lone.node, &status, known);
    ck_assert_uint_eq(status.member_count, 1);
    ck_assert_str_eq(status.cluster_name, "raftd");
    for (size_t i = known; i < sizeof(status); i++) {
        ck_assert_uint_eq(((const uint8_t *)&status)[i], 0x55);
    }
    memset(&larger, 0x55, sizeof(larger));
    raftd_node_status(lone.node, &larger.status, sizeof(larger));
    ck_assert_uint_eq(larger.status.id, 1);
    ck_assert_uint_eq(larger.more, 0);
    lone_free(&lone);
}
END_TEST

struct news {
    atomic_uint calls;
    atomic_uint all; /* enum raftd_change, or-ed over all calls but the first */
    atomic_bool leads;
    atomic_bool ready;
    atomic_bool holds; /* the function does not return */
};

static void hear(void *argument, unsigned changed, const struct raftd_status *status)
{
    struct news *news = argument;
    const struct timespec pause = {.tv_nsec = 1000000};

    if (atomic_fetch_add(&news->calls, 1) > 0) {
        atomic_fetch_or(&news->all, changed);
    } else {
        ck_assert_uint_eq(changed, RAFTD_CHANGED_ROLE | RAFTD_CHANGED_LEADER |
                                       RAFTD_CHANGED_MEMBERS | RAFTD_CHANGED_READY);
    }
    ck_assert_uint_ne(changed, 0);
    atomic_store(&news->leads, strcmp(status->role, "leader") == 0 && status->leader == 1);
    atomic_store(&news->ready, status->ready);
    while (atomic_load(&news->holds)) {
        nanosleep(&pause, NULL);
    }
}

static bool wait_for(const atomic_bool *flag, bool wanted)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    for (int i = 0; i < 10000 && atomic_load(flag) != wanted; i++) {
        nanosleep(&pause, NULL);
    }
    return atomic_load(flag) == wanted;
}

START_TEST(changes_are_told_and_who_hears_them_holds_nobody_up)
{
    struct raftd_completion completion;
    struct news news = {0};
    struct lone lone;
    unsigned calls;

    lone_init(&lone);
    raftd_builder_on_change(lone.builder, hear, &news);
    lone_build(&lone);
    ck_assert_int_eq(raftd_node_start(lone.node, 10000, &lone.error), 0);
    ck_assert(wait_for(&news.ready, true));
    ck_assert(wait_for(&news.leads, true));
    /* While the function does not return, commands are carried out. */
    atomic_store(&news.holds, true);
    calls = atomic_load(&news.calls);
    raftd_node_set_ready(lone.node, false);
    ck_assert(wait_for(&news.ready, false));
    ck_assert_uint_eq(atomic_load(&news.calls), calls + 1);
    raftd_node_set_ready(lone.node, true);
    while (raftd_client_call(lone.client, "\1", 1, &completion) != 0) {
        ck_assert_int_ne(completion.status, RAFTD_ERROR_TIMEOUT);
    }
    /* What happened meanwhile is told together; at the end the last state is told. */
    atomic_store(&news.holds, false);
    ck_assert(wait_for(&news.ready, true));
    raftd_node_stop(lone.node);
    ck_assert_int_eq(raftd_node_join(lone.node, &lone.error), 0);
    ck_assert(!atomic_load(&news.ready));
    ck_assert_uint_eq(atomic_load(&news.all) & RAFTD_CHANGED_READY, RAFTD_CHANGED_READY);
    lone_free(&lone);
}
END_TEST

UNIT_SUITE(start)
{
    Suite *suite = suite_create("start");
    TCase *tests = tcase_create("start");

    tcase_add_test(tests, a_started_node_serves_until_it_is_destroyed);
    tcase_add_test(tests, a_joined_node_says_how_it_ended);
    tcase_add_test(tests, a_start_that_fails_says_why);
    tcase_add_test(tests, a_start_without_a_quorum_ends_with_its_time);
    tcase_add_test(tests, t57_looking_for_the_cluster_to_join_can_be_stopped);
    tcase_add_test(tests, an_open_peer_port_founds_only_when_told_to);
    tcase_add_test(tests, a_call_that_is_too_large_is_refused);
    tcase_add_test(tests, a_read_is_one_call);
    tcase_add_test(tests, a_status_has_the_size_that_the_caller_knows);
    tcase_add_test(tests, changes_are_told_and_who_hears_them_holds_nobody_up);
    suite_add_tcase(suite, tests);
    return suite;
}
