/*
 * store/wal: kills and power cuts before and in the middle of every file operation, while the log
 * is made, appends, changes segments, prepares, ends in order, and recovers. Everything that was
 * acknowledged is recovered, and everything that a recovery returned stays.
 */
#include "store/wal.h"

#include <string.h>

#include "unit.h"

#include "sim/fs_memory.h"
#include "store/wal_format.h"
#include "store/world.h"

/* The things that a node does in its life, in this order. */
enum deed_type {
    DEED_APPEND,  /* append the steps as one batch */
    DEED_PREPARE, /* prepare one slice */
    DEED_RESTART, /* close in order and open again */
    DEED_COMPACT, /* a snapshot contains everything up to the index of the step */
    DEED_FREE,    /* free one segment, if there is one to free */
};

struct deed {
    enum deed_type type;
    size_t step_count;
    struct step steps[3];
};

/* The log is made; votes; changes of the segment with and without a prepared one; a batch that is
 * larger than a segment; truncations; an orderly restart. */
static const struct deed life[] = {
    {DEED_APPEND, 1, {{.term = 1, .vote = 1}}},
    {DEED_APPEND, 1, {{.append_count = 2, .entry_bytes = 100}}},
    {DEED_APPEND, 1, {{.term = 2, .vote = 3}}},
    {DEED_APPEND,
     1,
     {{.append_count = 1, .entry_bytes = 40}}}, /* changes the segment, nothing is prepared */
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_APPEND, 1, {{.term = 3, .truncate_from = 2, .append_count = 3, .entry_bytes = 1500}}},
    {DEED_APPEND,
     1,
     {{.append_count = 1, .entry_bytes = 40}}}, /* changes the segment, half is prepared */
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_APPEND,
     3,
     {{.term = 4, .vote = 2, .append_count = 1},
      {.truncate_from = 5, .append_count = 2, .entry_bytes = 10},
      {.term = 5, .vote = 1}}},
    {DEED_APPEND,
     1,
     {{.append_count = 2, .entry_bytes = 3500}}}, /* changes the segment, everything is prepared */
    {DEED_RESTART, 0, {{0}}},
    {DEED_APPEND, 1, {{.append_count = 1, .entry_bytes = 18000}}}, /* larger than a segment */
    {DEED_PREPARE, 0, {{0}}},
    {DEED_APPEND, 1, {{.append_count = 1, .entry_bytes = 20}}},
    {DEED_RESTART, 0, {{0}}},
    {DEED_RESTART, 0, {{0}}},
    {DEED_APPEND, 1, {{.term = 6, .vote = 3, .append_count = 1, .entry_bytes = 20}}},
    /* Compaction: a freed segment is recycled, and is used when half and when all of it is
     * prepared. */
    {DEED_COMPACT, 1, {{.base_index = 5}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_APPEND, 1, {{.append_count = 2, .entry_bytes = 3000}}},
    {DEED_APPEND, 1, {{.append_count = 2, .entry_bytes = 3000}}}, /* changes the segment */
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_PREPARE, 0, {{0}}},
    {DEED_APPEND, 1, {{.append_count = 2, .entry_bytes = 5000}}}, /* changes the segment */
    {DEED_APPEND, 1, {{.append_count = 1, .entry_bytes = 5000}}},
    {DEED_RESTART, 0, {{0}}},
    /* A snapshot from a leader resets the log, to an index after its end and to one inside of
     * it. */
    {DEED_APPEND, 1, {{.term = 7, .vote = 2, .base_index = 60}}},
    {DEED_APPEND, 1, {{.append_count = 2, .entry_bytes = 100}}},
    {DEED_COMPACT, 1, {{.base_index = 60}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_RESTART, 0, {{0}}},
    {DEED_APPEND, 1, {{.base_index = 61, .append_count = 3, .entry_bytes = 6000}}},
    {DEED_APPEND, 1, {{.truncate_from = 63, .append_count = 1, .entry_bytes = 9000}}},
    {DEED_APPEND, 1, {{.append_count = 1, .entry_bytes = 9000}}},
    {DEED_COMPACT, 1, {{.base_index = 64}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_FREE, 0, {{0}}},
    {DEED_RESTART, 0, {{0}}},
    {DEED_APPEND, 1, {{.term = 8, .append_count = 1, .entry_bytes = 20}}},
};

struct promise {
    struct model acknowledged;
    struct model attempted; /* the acknowledged state and the batch that was being written */
};

static int try_open(struct fs_memory *memory, struct wal **wal, struct wal_recovered *recovered)
{
    struct wal_options options = world_memory_options(memory);
    struct raftd_error error = {0};
    int result = wal_open(&options, wal, recovered, &error);

    /* Opening the log may fail only because of a crash. */
    ck_assert_msg(result == 0 || fs_memory_is_dead(memory), "%s", error.message);
    return result;
}

/* Returns false if the process died. */
static bool do_deed(struct fs_memory *memory, const struct deed *deed, struct wal **wal,
                    struct promise *promise)
{
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    int result = 0;

    switch (deed->type) {
    case DEED_APPEND:
        for (size_t i = 0; i < deed->step_count; i++) {
            model_step(&promise->attempted, &deed->steps[i]);
        }
        result = world_append(*wal, &promise->acknowledged, deed->steps, deed->step_count, &error);
        if (result == 0) {
            promise->acknowledged = promise->attempted;
        }
        break;
    case DEED_PREPARE:
        wal_prepare(*wal, 4096, &error);
        result = error.code;
        break;
    case DEED_COMPACT:
        wal_compact(*wal, deed->steps[0].base_index);
        promise->acknowledged.base_max = promise->attempted.base_max = deed->steps[0].base_index;
        break;
    case DEED_FREE:
        wal_free_segment(*wal, &error);
        result = error.code;
        break;
    case DEED_RESTART:
        wal_close(*wal);
        *wal = NULL;
        result = try_open(memory, wal, &recovered);
        if (result == 0) {
            ck_assert(model_matches(&promise->acknowledged, &recovered));
            wal_recovered_free(&recovered);
        }
        break;
    }
    ck_assert_msg(result == 0 || fs_memory_is_dead(memory), "%s", error.message);
    return !fs_memory_is_dead(memory);
}

/* Runs the life until the process dies or all is done. */
static void live(struct fs_memory *memory, struct promise *promise)
{
    struct wal_recovered recovered;
    struct wal *wal;

    *promise = (struct promise){0};
    if (try_open(memory, &wal, &recovered) == 0) {
        wal_recovered_free(&recovered);
        for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
            if (!do_deed(memory, &life[i], &wal, promise)) {
                break;
            }
        }
        fs_memory_die(memory);
        wal_close(wal);
    }
    fs_memory_die(memory);
}

enum { KILL_ONLY = FS_MEMORY_TEAR + 1, CRASH_KINDS };

static void crash(struct fs_memory *memory, int kind)
{
    if (kind == KILL_ONLY) {
        fs_memory_end_process(memory);
    } else {
        fs_memory_power_cut(memory, (enum fs_memory_loss)kind);
    }
}

/* The recovered state has to be one of the two states. Returns which one. */
static const struct model *which_model(const struct promise *promise,
                                       const struct wal_recovered *recovered)
{
    if (model_matches(&promise->acknowledged, recovered)) {
        return &promise->acknowledged;
    }
    ck_assert_msg(model_matches(&promise->attempted, recovered),
                  "recovered neither what was acknowledged (%zu entries, term %lu) nor what was "
                  "attempted (%zu, %lu) but %zu entries, term %lu",
                  promise->acknowledged.count, (unsigned long)promise->acknowledged.term,
                  promise->attempted.count, (unsigned long)promise->attempted.term,
                  recovered->entry_count, (unsigned long)recovered->term);
    return &promise->attempted;
}

/*
 * After the crash of the first process: recovers, loses power at once, and recovers again with the
 * same result, because everything that a recovery returns is durable. Then the log is used again.
 */
static void check_recovers(struct fs_memory *memory, const struct promise *promise)
{
    struct wal_recovered recovered;
    struct model found;
    struct wal *wal;

    ck_assert_int_eq(try_open(memory, &wal, &recovered), 0);
    found = *which_model(promise, &recovered);
    wal_recovered_free(&recovered);
    fs_memory_die(memory);
    wal_close(wal);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    world_check_usable(memory, &found);
}

/* The process dies at each operation of the recovery, and another recovery follows. */
static void check_recovery_may_die(const struct fs_memory *crashed, const struct promise *promise,
                                   int kind, uint64_t seed)
{
    bool died = true;

    for (uint64_t at = 1; died; at++) {
        struct fs_memory *memory = fs_memory_copy(crashed, seed + at);
        struct wal_recovered recovered;
        struct wal *wal;

        fs_memory_die_at(memory, at);
        if (try_open(memory, &wal, &recovered) == 0) {
            wal_recovered_free(&recovered);
            died = fs_memory_is_dead(memory);
            fs_memory_die(memory);
            wal_close(wal);
        }
        crash(memory, kind);
        check_recovers(memory, promise);
        fs_memory_destroy(memory);
    }
}

static uint64_t operations_of_a_life(void)
{
    struct fs_memory *memory = fs_memory_create(1);
    struct promise promise;
    uint64_t count;

    live(memory, &promise);
    count = fs_memory_count(memory);
    fs_memory_end_process(memory);
    world_check_usable(memory, &promise.acknowledged);
    fs_memory_destroy(memory);
    return count;
}

/* Each test has one kind of crash, at every operation and with some seeds. */
START_TEST(crash_at_every_operation)
{
    uint64_t count = operations_of_a_life();

    ck_assert_uint_gt(count, 80);
    for (uint64_t at = 1; at <= count; at++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct fs_memory *memory = fs_memory_create(seed * 1000003 + at);
            struct promise promise;

            fs_memory_die_at(memory, at);
            live(memory, &promise);
            crash(memory, _i);
            if (seed == 1) {
                check_recovery_may_die(memory, &promise, _i, at);
            }
            check_recovers(memory, &promise);
            fs_memory_destroy(memory);
        }
    }
}
END_TEST

/* A recovery is interrupted by a kill and the next one by a power cut, and the other way round. */
START_TEST(crash_in_recovery_after_another_crash)
{
    uint64_t count = operations_of_a_life();

    for (uint64_t at = 1; at <= count; at++) {
        struct fs_memory *memory = fs_memory_create(at);
        struct promise promise;

        fs_memory_die_at(memory, at);
        live(memory, &promise);
        crash(memory, FS_MEMORY_TEAR);
        check_recovery_may_die(memory, &promise, KILL_ONLY, at);
        fs_memory_destroy(memory);

        memory = fs_memory_create(at);
        fs_memory_die_at(memory, at);
        live(memory, &promise);
        crash(memory, KILL_ONLY);
        check_recovery_may_die(memory, &promise, FS_MEMORY_TEAR, at);
        fs_memory_destroy(memory);
    }
}
END_TEST

UNIT_SUITE(wal_crash)
{
    Suite *suite = suite_create("wal_crash");
    TCase *crashes = tcase_create("crashes");

    tcase_set_timeout(crashes, 300);
    tcase_add_loop_test(crashes, crash_at_every_operation, 0, CRASH_KINDS);
    tcase_add_test(crashes, crash_in_recovery_after_another_crash);
    suite_add_tcase(suite, crashes);
    return suite;
}
