/*
 * Lives, their deeds, and the model of what was promised. See exhaustive_life.h.
 */
#include "sim/exhaustive_life.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "sim/exhaustive_snapshot.h"

enum { MAX_ENTRY_BYTES = 64 * 1024, PREPARE_BYTES = 4096 };

static struct wal_options options_of(struct fs_memory *memory, uint64_t segment_bytes)
{
    /*
     * Each process has its own, so that the segments of two processes never have the same nonces.
     */
    static uint64_t processes;

    return (struct wal_options){
        .fs = fs_memory_table(memory),
        .directory = LIFE_DIRECTORY,
        .cluster_id = 0xc1,
        .node_id = 1,
        .segment_bytes = segment_bytes,
        .max_entry_bytes = MAX_ENTRY_BYTES,
        .random_seed = random_mix(++processes),
    };
}

/* Entries. */

static uint8_t content(uint64_t index, uint64_t term, uint32_t at)
{
    return (uint8_t)(index * 31 + term * 7 + at * 13 + at / 256);
}

static struct raft_entry *make_entry(uint64_t index, uint64_t term, uint32_t size_bytes)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, size_bytes);

    entry->index = index;
    entry->term = term;
    entry->origin = index * 1000 + term;
    entry->sequence = index + 5;
    entry->time_ms = index * 10;
    entry->wall_ms = index * 11;
    for (uint32_t i = 0; i < size_bytes; i++) {
        entry->data[i] = content(index, term, i);
    }
    return entry;
}

static bool entry_matches(const struct raft_entry *entry, uint64_t index, uint64_t term,
                          uint32_t size_bytes)
{
    if (entry->index != index || entry->term != term || entry->size_bytes != size_bytes ||
        entry->origin != index * 1000 + term || entry->sequence != index + 5 ||
        entry->time_ms != index * 10 || entry->wall_ms != index * 11) {
        return false;
    }
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (entry->data[i] != content(index, term, i)) {
            return false;
        }
    }
    return true;
}

/* The model. */

/* Another one for each hard state, longer or shorter. */
static uint32_t promise_of(const struct life_step *step)
{
    return (uint32_t)(1000 * (step->term % 3) + step->vote);
}

static void model_step(struct life_model *model, const struct life_step *step)
{
    if (step->term != 0) {
        model->term = step->term;
        model->vote = step->vote;
        model->promise_ms = promise_of(step);
    }
    if (step->base_index != 0) {
        model->base_index = step->base_index;
        model->base_term = step->base_term;
        model->count = (size_t)step->base_index;
    }
    if (step->truncate_from != 0) {
        model->count = (size_t)step->truncate_from - 1;
    }
    for (size_t i = 0; i < step->append_count; i++) {
        ASSERT(model->count < LIFE_ENTRIES_MAX);
        model->entries[model->count].term = model->term;
        model->entries[model->count].size_bytes = step->entry_bytes;
        model->count++;
    }
}

static uint64_t term_at(const struct life_model *model, uint64_t index)
{
    return index == model->base_index ? model->base_term : model->entries[index - 1].term;
}

/* The log may have been compacted up to the snapshot, and only by whole segments. */
static bool model_matches(const struct life_model *model, const struct wal_recovered *recovered)
{
    uint64_t base = recovered->base_index;

    if (model->term != recovered->term || model->vote != recovered->vote ||
        model->promise_ms != recovered->promise_ms || base < model->base_index ||
        base > model->count || recovered->base_term != term_at(model, base) ||
        model->count - base != recovered->entry_count) {
        return false;
    }
    for (size_t i = (size_t)base; i < model->count; i++) {
        if (!entry_matches(recovered->entries[i - base], i + 1, model->entries[i].term,
                           model->entries[i].size_bytes)) {
            return false;
        }
    }
    return true;
}

/* Writes. */

struct batch {
    struct raft_write writes[LIFE_STEPS_MAX];
    struct raft_entry *entries[LIFE_STEPS_MAX][LIFE_ENTRIES_MAX];
};

static void batch_add(struct batch *batch, size_t at, struct life_model *model,
                      const struct life_step *step)
{
    struct raft_write *write = &batch->writes[at];

    model_step(model, step);
    for (size_t i = 0; i < step->append_count; i++) {
        size_t index = model->count - step->append_count + i;

        batch->entries[at][i] =
            make_entry(index + 1, model->entries[index].term, model->entries[index].size_bytes);
    }
    *write = (struct raft_write){
        .sequence = at + 1,
        .has_hard_state = step->term != 0,
        .term = step->term,
        .vote = step->vote,
        .promise_known = true,
        .promise_ms = promise_of(step),
        .has_base = step->base_index != 0,
        .base_index = step->base_index,
        .base_term = step->base_term,
        .truncate_from = step->truncate_from,
        .entries = batch->entries[at],
        .entry_count = step->append_count,
        .last_index = model->count,
        .last_term = term_at(model, model->count),
    };
}

/* The model takes the write, whether it succeeds or not. */
static int append(struct wal *wal, struct life_model *model, const struct life_step *steps,
                  size_t count, struct raftd_error *error)
{
    struct batch batch = {0};
    int result;

    ASSERT(count > 0 && count <= LIFE_STEPS_MAX);
    for (size_t i = 0; i < count; i++) {
        batch_add(&batch, i, model, &steps[i]);
    }
    result = wal_append(wal, batch.writes, count, error);
    for (size_t i = 0; i < count; i++) {
        for (size_t entry = 0; entry < batch.writes[i].entry_count; entry++) {
            raft_entry_release(batch.entries[i][entry]);
        }
    }
    return result;
}

bool life_append(struct wal *wal, struct life_model *model, const struct life_step *step,
                 struct raftd_error *error)
{
    return append(wal, model, step, 1, error) == 0;
}

/* From here on nothing reaches the files, so closing the log only frees its memory. */
static void life_close_dead(struct fs_memory *memory, struct wal *wal)
{
    fs_memory_die(memory);
    wal_close(wal);
}

void life_kill(struct fs_memory *memory, struct wal *wal)
{
    life_close_dead(memory, wal);
    fs_memory_end_process(memory);
}

/* What is wrong with the recovered log, or NULL; then *found is the model that it matches. */
static const char *compare(const struct life_promise *promise,
                           const struct wal_recovered *recovered, uint64_t snapshot_index,
                           struct life_model *found)
{
    if (model_matches(&promise->acknowledged, recovered)) {
        *found = promise->acknowledged;
    } else if (model_matches(&promise->attempted, recovered)) {
        *found = promise->attempted;
    } else {
        return "the log is not what was acknowledged";
    }
    if (snapshot_index != promise->acknowledged.snapshot_index &&
        snapshot_index != promise->attempted.snapshot_index) {
        return "the snapshot is not the one that was acknowledged";
    }
    if (recovered->base_index > snapshot_index) {
        return "there is a gap between snapshot and log";
    }
    found->snapshot_index = snapshot_index;
    return NULL;
}

int life_recover(struct fs_memory *memory, const struct life_promise *promise, struct wal **wal,
                 struct life_model *found, struct raftd_error *error)
{
    struct wal_options options = options_of(memory, promise->segment_bytes);
    struct wal_recovered recovered;
    uint64_t snapshot_index = 0;
    const char *wrong;
    int result = wal_open(&options, wal, &recovered, error);

    if (result != 0) {
        return result;
    }
    result = life_newest_snapshot(memory, &snapshot_index, error);
    wrong = result == 0 ? compare(promise, &recovered, snapshot_index, found) : NULL;
    if (wrong != NULL) {
        result = LIFE_NOT_AS_PROMISED;
        error_set(error, RAFTD_ERROR_CORRUPT,
                  "%s: term %lu, vote %u, %zu entries behind index %lu, snapshot %lu; "
                  "acknowledged were term %lu, vote %u, last index %zu, snapshot %lu",
                  wrong, (unsigned long)recovered.term, recovered.vote, recovered.entry_count,
                  (unsigned long)recovered.base_index, (unsigned long)snapshot_index,
                  (unsigned long)promise->acknowledged.term, promise->acknowledged.vote,
                  promise->acknowledged.count, (unsigned long)promise->acknowledged.snapshot_index);
    }
    if (result != 0) {
        bool died = fs_memory_is_dead(memory);

        life_close_dead(memory, *wal);
        if (!died) {
            fs_memory_end_process(memory);
        }
        *wal = NULL;
    }
    wal_recovered_free(&recovered);
    return result;
}

/* Deeds. */

struct life {
    struct fs_memory *memory;
    struct wal *wal; /* NULL = no log is open */
    struct life_promise *promise;
    struct raftd_error *failure;
    bool may_fail; /* a sync was told to fail */
};

/* 0, or the code of wal_open(). What is found is the promise from now on. */
static int reopen(struct life *life)
{
    struct life_model found;
    int result = life_recover(life->memory, life->promise, &life->wal, &found, life->failure);

    if (result == 0) {
        life->promise->acknowledged = found;
        life->promise->attempted = found;
    }
    return result;
}

static int do_append(struct life *life, const struct life_deed *deed)
{
    int result =
        append(life->wal, &life->promise->attempted, deed->steps, deed->step_count, life->failure);

    if (result == 0) {
        life->promise->acknowledged = life->promise->attempted;
    } else if (life->may_fail && !fs_memory_is_dead(life->memory)) {
        /* As the daemon does it: the process ends, and another one starts. */
        life->may_fail = false;
        life_kill(life->memory, life->wal);
        life->wal = NULL;
        result = reopen(life);
    }
    return result;
}

static int do_snapshot(struct life *life, uint64_t index)
{
    int result;

    life->promise->attempted.snapshot_index = index;
    result = life_save_snapshot(life->memory, index, life->failure);
    if (result == 0) {
        life->promise->acknowledged.snapshot_index = index;
    }
    return result;
}

static int do_compact(struct life *life)
{
    wal_compact(life->wal, life->promise->acknowledged.snapshot_index);
    while (wal_free_segment(life->wal, life->failure)) {
        ASSERT(life->failure->code == 0);
    }
    return life->failure->code;
}

static int do_deed(struct life *life, const struct life_deed *deed)
{
    switch (deed->type) {
    case DEED_END:
        break;
    case DEED_APPEND:
        return do_append(life, deed);
    case DEED_PREPARE:
        wal_prepare(life->wal, PREPARE_BYTES, life->failure);
        return life->failure->code;
    case DEED_SNAPSHOT:
        return do_snapshot(life, deed->index);
    case DEED_COMPACT:
        return do_compact(life);
    case DEED_RESTART:
        wal_close(life->wal);
        life->wal = NULL;
        return reopen(life);
    case DEED_KILL:
        life_kill(life->memory, life->wal);
        life->wal = NULL;
        return reopen(life);
    case DEED_POWER_CUT:
        fs_memory_die(life->memory);
        wal_close(life->wal);
        life->wal = NULL;
        fs_memory_power_cut(life->memory, FS_MEMORY_LOSE_ALL);
        return reopen(life);
    case DEED_FAIL_SYNC:
        fs_memory_fail(life->memory, FS_MEMORY_FDATASYNC, 1, -EIO);
        life->may_fail = true;
        return 0;
    }
    return 0;
}

bool life_live(struct fs_memory *memory, const struct life_scenario *scenario,
               struct life_promise *promise, uint64_t *prologue_count, struct raftd_error *failure)
{
    struct life life = {.memory = memory, .promise = promise, .failure = failure};
    bool died;
    int result;

    *promise = (struct life_promise){
        .segment_bytes =
            scenario->segment_bytes != 0 ? scenario->segment_bytes : LIFE_SEGMENT_BYTES,
    };
    *failure = (struct raftd_error){0};
    result = reopen(&life);
    for (size_t i = 0; result == 0 && scenario->deeds[i].type != DEED_END; i++) {
        if (i == scenario->prologue && prologue_count != NULL) {
            *prologue_count = fs_memory_count(memory);
        }
        result = do_deed(&life, &scenario->deeds[i]);
    }
    died = fs_memory_is_dead(memory);
    fs_memory_die(memory);
    wal_close(life.wal);
    return result == 0 || died;
}
