/*
 * Building a node: what is refused before it runs, and the messages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lone.h"
#include "unit.h"

START_TEST(builders_say_what_is_wrong)
{
    struct lone lone;
    struct raftd_state_machine machine = {0};
    struct raftd_builder *builder = raftd_builder_create();
    struct raftd_error error = {0};
    struct raftd_node *node;

    lone_init(&lone);
    ck_assert_int_eq(raftd_builder_set(builder, "node.data_dir", lone.directory, NULL), 0);
    ck_assert_int_eq(raftd_builder_build(builder, &node, &error), RAFTD_ERROR_INVALID);
    ck_assert_ptr_null(node);
    ck_assert_ptr_nonnull(strstr(error.message, "state machine"));
    ck_assert_int_eq(raftd_builder_state_machine(builder, &machine), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raftd_builder_set(builder, "node.colour", "red", &error), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raftd_builder_set(builder, "node.id", "65536", &error), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(raftd_builder_set(builder, "node.id", "x", NULL), RAFTD_ERROR_INVALID);
    raftd_builder_destroy(builder);
    /* Options that are valid one by one, but not together. */
    lone_set(&lone, "raft.heartbeat_ms", "900");
    ck_assert_int_eq(raftd_builder_build(lone.builder, &node, &error), RAFTD_ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "heartbeat_ms"));
    lone_free(&lone);
}
END_TEST

static void hook(void *context)
{
    (void)context;
}

static uint64_t deadline(void *context)
{
    (void)context;
    return UINT64_MAX;
}

static void tick(void *context, uint64_t index, uint64_t time_ms)
{
    (void)context;
    (void)index;
    (void)time_ms;
}

static void apply_nothing(void *context, const struct raftd_entry *entries, size_t count)
{
    (void)context;
    (void)entries;
    (void)count;
}

static void read_nothing(void *context, const struct raftd_query *query, struct raftd_reply *reply)
{
    (void)context;
    (void)query;
    (void)reply;
}

START_TEST(functions_come_in_whole_groups)
{
    struct raftd_builder *builder = raftd_builder_create();
    struct raftd_state_machine machine = {.apply = apply_nothing, .read = read_nothing};

    ck_assert_int_eq(raftd_builder_state_machine(builder, &machine), 0);
    machine.snapshot_begin = hook;
    ck_assert_int_eq(raftd_builder_state_machine(builder, &machine), RAFTD_ERROR_INVALID);
    machine.snapshot_begin = NULL;
    machine.next_deadline = deadline;
    ck_assert_int_eq(raftd_builder_state_machine(builder, &machine), RAFTD_ERROR_INVALID);
    machine.tick = tick;
    ck_assert_int_eq(raftd_builder_state_machine(builder, &machine), 0);
    machine.apply = NULL;
    ck_assert_int_eq(raftd_builder_state_machine(builder, &machine), RAFTD_ERROR_INVALID);
    raftd_builder_destroy(builder);
}
END_TEST

START_TEST(two_nodes_never_share_a_directory)
{
    struct lone lone;
    struct raftd_node *second;
    struct raftd_error error = {0};

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(raftd_builder_build(lone.builder, &second, &error), RAFTD_ERROR_LOCKED);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(error.message, lone.directory));
    ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    ck_assert_int_eq(raftd_builder_build(lone.builder, &lone.node, &error), 0);
    lone_free(&lone);
}
END_TEST

START_TEST(data_of_another_cluster_or_node_are_refused)
{
    struct lone lone;
    struct raftd_node *node;
    struct raftd_error error = {0};

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 3, NULL), 0);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_destroy(&lone);
    lone_set(&lone, "cluster.name", "other");
    ck_assert_int_eq(raftd_builder_build(lone.builder, &node, &error), RAFTD_ERROR_REFUSED);
    lone_set(&lone, "cluster.name", "raftd");
    lone_set(&lone, "node.id", "2");
    ck_assert_int_eq(raftd_builder_build(lone.builder, &node, &error), RAFTD_ERROR_REFUSED);
    lone_set(&lone, "node.id", "1");
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 0, NULL), 0);
    ck_assert_uint_eq(lone_status(&lone).id, 1);
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_eq(lone.sum, 3);
    lone_free(&lone);
}
END_TEST

/* T57: the node is stopped at each moment between its first and its last phase. */
START_TEST(too_few_descriptors_are_an_error_not_a_crash)
{
    struct lone lone;
    bool built = false;
    unsigned refusals = 0;
    char address[LONE_ADDRESS_BYTES];

    lone_init(&lone);
    lone_free_address(address);
    lone_set(&lone, "peers.1", address);
    lone_set(&lone, "peers.2", "127.0.0.1:2"); /* nobody */
    lone_set(&lone, "peers.3", "127.0.0.1:3");
    lone_set(&lone, "listen.peer", address);
    lone_set(&lone, "tls.peer", "off");
    for (rlim_t limit = 3; limit < 64 && !built; limit++) {
        const struct rlimit few = {.rlim_cur = limit, .rlim_max = 1024};
        int code;

        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        code = raftd_builder_build(lone.builder, &lone.node, &lone.error);
        built = code == 0;
        refusals += !built;
        ck_assert_msg(built || code == RAFTD_ERROR_SYSTEM, "with %u descriptors: %d, %s",
                      (unsigned)limit, code, lone.error.message);
        ck_assert(built || lone.error.message[0] != 0);
    }
    ck_assert(built);
    ck_assert_uint_gt(refusals, 4);
    lone_free(&lone);
}
END_TEST

UNIT_SUITE(builder)
{
    Suite *suite = suite_create("builder");
    TCase *tests = tcase_create("builder");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, builders_say_what_is_wrong);
    tcase_add_test(tests, functions_come_in_whole_groups);
    tcase_add_test(tests, two_nodes_never_share_a_directory);
    tcase_add_test(tests, data_of_another_cluster_or_node_are_refused);
    tcase_add_test(tests, too_few_descriptors_are_an_error_not_a_crash);
    suite_add_tcase(suite, tests);
    return suite;
}
