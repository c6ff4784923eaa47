/*
 * A core in a steady state allocates nothing in a step. The linker's --wrap (Makefile.inc) sends
 * every allocation that src/raft asks of src/base through here, and src/raft has no other way to
 * allocate (tools/check-symbols).
 */
#include "unit.h"

#include "base/memory.h"
#include "sim/network.h"

enum { HEARTBEAT_MS = 100 };

static bool in_step;
static size_t allocations;

/* The names that --wrap requires. NOLINTBEGIN */
void __real_raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
                      size_t count, struct raft_outbox *outbox);
void __wrap_raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
                      size_t count, struct raft_outbox *outbox);
void *__real_memory_allocate(size_t size);
void *__wrap_memory_allocate(size_t size);
void *__real_memory_allocate_zeroed(size_t count, size_t size);
void *__wrap_memory_allocate_zeroed(size_t count, size_t size);
void *__real_memory_resize(void *memory, size_t size);
void *__wrap_memory_resize(void *memory, size_t size);
void *__real_memory_grow(void *array, size_t *capacity, size_t wanted, size_t size);
void *__wrap_memory_grow(void *array, size_t *capacity, size_t wanted, size_t size);

void __wrap_raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
                      size_t count, struct raft_outbox *outbox)
{
    in_step = true;
    __real_raft_step(core, now_ms, events, count, outbox);
    in_step = false;
}

void *__wrap_memory_allocate(size_t size)
{
    allocations += in_step;
    return __real_memory_allocate(size);
}

void *__wrap_memory_allocate_zeroed(size_t count, size_t size)
{
    allocations += in_step;
    return __real_memory_allocate_zeroed(count, size);
}

void *__wrap_memory_resize(void *memory, size_t size)
{
    allocations += in_step;
    return __real_memory_resize(memory, size);
}

void *__wrap_memory_grow(void *array, size_t *capacity, size_t wanted, size_t size)
{
    size_t before = *capacity;
    void *grown = __real_memory_grow(array, capacity, wanted, size);

    allocations += in_step && *capacity != before;
    return grown;
}
/* NOLINTEND */

/* Writes and reads through every node, heartbeats, and a log that is compacted as it grows. */
static void live(struct network *network, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        uint16_t id = (uint16_t)(1 + i % 3);

        network_propose(network, id, i);
        network_propose(network, 1, i + 1000000);
        if (i % 4 == 0) {
            network_read(network, id);
        }
        network_settle(network);
        if (i % 50 == 0) {
            network_run(network, HEARTBEAT_MS);
            for (uint16_t node = 1; node <= 3; node++) {
                network_save_snapshot(network, node, 20);
            }
        }
    }
}

START_TEST(a_steady_step_allocates_nothing)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    allocations = 0;
    live(network, 1, 5000);
    ck_assert_uint_eq(network_status(network, 3).commit_index,
                      network_status(network, 1).commit_index);
    ck_assert_uint_gt(network_status(network, 3).commit_index, 10000);
    ck_assert_uint_eq(allocations, 0);
    network_destroy(network);
}
END_TEST

/* Without compaction the array of the log doubles, and nothing else does. */
START_TEST(a_growing_log_allocates_once_in_as_many_entries_as_it_has)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    allocations = 0;
    for (uint64_t i = 1; i <= 10000; i++) {
        network_propose(network, 1, i);
        network_settle(network);
    }
    network_run(network, HEARTBEAT_MS);
    ck_assert_uint_eq(allocations, 3 * 2); /* from 4096 to 8192 to 16384, on each node */
    network_destroy(network);
}
END_TEST

/* The counter works: an election and a first refusal do allocate. */
START_TEST(the_counter_counts)
{
    struct network *network = network_create(3);

    allocations = 0;
    network_propose(network, 1, 7); /* there is no leader */
    ck_assert_uint_eq(allocations, 1);
    network_elect_node(network, 1);
    ck_assert_uint_gt(allocations, 1);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(allocation)
{
    Suite *suite = suite_create("allocation");
    TCase *tcase = tcase_create("steps");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_steady_step_allocates_nothing);
    tcase_add_test(tcase, a_growing_log_allocates_once_in_as_many_entries_as_it_has);
    tcase_add_test(tcase, the_counter_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
