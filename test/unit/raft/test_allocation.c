/*
 * A core in a steady state allocates nothing in a step. The linker's --wrap (Makefile.inc) sends
 * every allocation that src/raft asks of src/base through here, and src/raft has no other way to
 * allocate (tools/check-symbols).
 */
#include "unit.h"

#include "base/memory.h"
#include "one_core.h"
#include "raft/log.h"

static bool in_step;
static size_t allocations;
static size_t frees;
static size_t lookups; /* of entries in a log */

/* The names that --wrap requires. NOLINTBEGIN */
void __real_raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
                      size_t count, struct raft_outbox *outbox);
void __wrap_raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
                      size_t count, struct raft_outbox *outbox);
void *__real_memory_allocate(size_t size);
void *__wrap_memory_allocate(size_t size);
void *__real_memory_allocate_zeroed(size_t count, size_t size);
void *__wrap_memory_allocate_zeroed(size_t count, size_t size);
void __real_memory_free(void *memory);
void __wrap_memory_free(void *memory);
struct raft_entry *__real_raftlog_entry(const struct raft_log *log, uint64_t index);
struct raft_entry *__wrap_raftlog_entry(const struct raft_log *log, uint64_t index);
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

void __wrap_memory_free(void *memory)
{
    frees += in_step && memory != NULL;
    __real_memory_free(memory);
}

struct raft_entry *__wrap_raftlog_entry(const struct raft_log *log, uint64_t index)
{
    lookups += in_step;
    return __real_raftlog_entry(log, index);
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

/* Writes, reads and heartbeats of a leader, and a log that is compacted as it grows. */
static void live_as_leader(struct one_core *one, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        one_core_propose(one, i, 0);
        one_core_propose(one, i + 1000000, 0);
        if (i % 4 == 0) {
            one_core_read(one, i, i % 8 == 0);
        }
        one_core_answer_all(one);
        if (i % 50 == 0) {
            one_core_run(one, HEARTBEAT_MS);
            one_core_answer_all(one);
            one_core_snapshot_saved(one, one_core_status(one).commit_index,
                                    one_core_status(one).commit_index - 20);
        }
        one_core_forget_sent(one);
    }
}

START_TEST(a_steady_step_of_a_leader_allocates_nothing)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    live_as_leader(&one, 1, 100);
    allocations = 0;
    live_as_leader(&one, 101, 5000);
    ck_assert_uint_gt(one_core_status(&one).commit_index, 10000);
    ck_assert_uint_eq(one.read_id, 5100);
    ck_assert_uint_eq(allocations, 0);
    one_core_end(&one);
}
END_TEST

/* Entries, commands and reads of its own clients, heartbeats. */
static void live_as_follower(struct one_core *one, uint64_t first, uint64_t count)
{
    static const uint64_t terms[] = {2, 2, 2};

    for (uint64_t i = first; i < first + count; i++) {
        uint64_t last = one_core_status(one).last_index;

        one_core_propose(one, i, 0);
        one_core_append(one, 1, 2, last, one_core_status(one).last_term, terms, 3, last);
        one_core_append(one, 1, 2, last + 3, 2, NULL, 0, last + 3);
        if (i % 4 == 0) {
            one_core_read(one, i, false);
        }
        if (i % 50 == 0) {
            one_core_snapshot_saved(one, last, last - 20);
        }
        one_core_forget_sent(one);
    }
}

START_TEST(a_steady_step_of_a_follower_allocates_nothing)
{
    struct one_core one;

    one_core_begin(&one, 2, 3);
    live_as_follower(&one, 1, 1000); /* until entries of two chunks were written together */
    allocations = 0;
    live_as_follower(&one, 1001, 4000);
    ck_assert_uint_gt(one_core_status(&one).commit_index, 10000);
    ck_assert_uint_eq(allocations, 0);
    one_core_end(&one);
}
END_TEST

/* Without compaction the log gets another chunk for each 1024 entries, and nothing else. */
START_TEST(a_growing_log_allocates_once_for_each_chunk)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    one_core_lead(&one);
    allocations = 0;
    for (uint64_t i = 1; i <= 10000; i++) {
        one_core_propose(&one, i, 0);
        one_core_answer_all(&one);
        one_core_forget_sent(&one);
    }
    /* There are 10 chunks now, and were 5 before the first entry. */
    ck_assert_uint_eq(allocations, 5);
    one_core_end(&one);
}
END_TEST

/*
 * R11: with a long log, a step does no more than with a short one: when a snapshot covers the log,
 * when a membership is looked up, and when the log is replaced by a snapshot. Before, a million
 * entries cost more than a tenth of a second, on all members at the same time.
 */
START_TEST(r11_no_step_grows_with_the_log)
{
    enum { LENGTH = 100000, FREES_MAX = 2 * RAFTLOG_RELEASE_MAX, LOOKUPS_MAX = 200 };
    static const struct raft_options options = {.id = 1,
                                                .random_seed = 1,
                                                .heartbeat_ms = 100,
                                                .election_timeout_ms = 1000,
                                                .max_batch_bytes = 1000,
                                                .max_inflight_messages = 8,
                                                .max_inflight_bytes = 10000,
                                                .max_uncommitted_bytes = 10000};
    static struct raft_entry *entries[LENGTH];
    struct raft_recovered recovered = {
        .term = 1, .entries = entries, .entry_count = LENGTH, .commit_index = LENGTH};
    struct raft_event event = {.type = RAFT_EVENT_SNAPSHOT_SAVED,
                               .saved = {.index = LENGTH, .term = 1, .keep_from = LENGTH}};
    struct raft_membership membership;
    struct raft_outbox outbox;
    struct raft_core *core;
    size_t steps = 0;

    for (size_t i = 0; i < LENGTH; i++) {
        entries[i] = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, 0);
        entries[i]->index = i + 1;
        entries[i]->term = 1;
    }
    ck_assert_int_eq(raft_create(&options, &recovered, 0, &core), 0);
    for (size_t i = 0; i < LENGTH; i++) {
        raft_entry_release(entries[i]);
    }
    frees = 0;
    lookups = 0;
    in_step = true;
    raft_membership_at(core, LENGTH, &membership);
    ck_assert_uint_le(lookups, LOOKUPS_MAX);
    raft_step(core, 0, &event, 1, &outbox);
    ck_assert_ptr_null(raft_log_entry(core, LENGTH - 1));
    ck_assert_uint_le(frees, FREES_MAX);
    ck_assert_uint_le(lookups, LOOKUPS_MAX);
    /* What was dropped is released in the next steps, which are due at once. */
    while (raft_next_deadline(core) == 0) {
        frees = 0;
        raft_step(core, 0, NULL, 0, &outbox);
        ck_assert_uint_le(frees, FREES_MAX);
        steps++;
    }
    ck_assert_uint_ge(steps, LENGTH / RAFTLOG_RELEASE_MAX - 2);
    ck_assert_uint_le(steps, LENGTH / RAFTLOG_RELEASE_MAX + 2);
    raft_destroy(core);
}
END_TEST

/* The counter works: an election and a first refusal do allocate. */
START_TEST(the_counter_counts)
{
    struct one_core one;

    one_core_begin(&one, 1, 3);
    allocations = 0;
    one_core_propose(&one, 7, 0); /* there is no leader */
    ck_assert_uint_eq(allocations, 1);
    one_core_lead(&one);
    ck_assert_uint_gt(allocations, 1);
    one_core_end(&one);
}
END_TEST

UNIT_SUITE(allocation)
{
    Suite *suite = suite_create("allocation");
    TCase *tcase = tcase_create("steps");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_steady_step_of_a_leader_allocates_nothing);
    tcase_add_test(tcase, a_steady_step_of_a_follower_allocates_nothing);
    tcase_add_test(tcase, a_growing_log_allocates_once_for_each_chunk);
    tcase_add_test(tcase, r11_no_step_grows_with_the_log);
    tcase_add_test(tcase, the_counter_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
