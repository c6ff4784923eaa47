/*
 * The model, the steps and the options for the tests of the log. See world.h.
 */
#include "store/world.h"

#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sys/log.h"

/* The tests make the disk fail some thousand times, so the messages about it are switched off. */
__attribute__((constructor)) static void be_quiet(void)
{
    log_configure(LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
}

struct wal_options world_options(const struct fs *fs)
{
    return (struct wal_options){
        .fs = fs,
        .directory = WORLD_DIRECTORY,
        .cluster_id = WORLD_CLUSTER_ID,
        .node_id = WORLD_NODE_ID,
        .segment_bytes = WORLD_SEGMENT_BYTES,
        .max_entry_bytes = WORLD_MAX_ENTRY_BYTES,
        .random_seed = 42,
    };
}

struct wal_options world_memory_options(struct fs_memory *memory)
{
    return world_options(fs_memory_table(memory));
}

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
    for (uint32_t i = 0; i < size_bytes; i++) {
        entry->data[i] = content(index, term, i);
    }
    return entry;
}

void model_step(struct model *model, const struct step *step)
{
    if (step->term != 0) {
        model->term = step->term;
        model->vote = step->vote;
        model->promise_ms = step->promise_ms != 0 ? step->promise_ms : model->promise_ms;
    }
    if (step->base_index != 0) {
        model->base_min = step->base_index;
        model->base_max = step->base_index;
        model->count = (size_t)step->base_index;
        model->entries[model->count - 1].term = model->term;
    }
    if (step->truncate_from != 0) {
        model->count = (size_t)step->truncate_from - 1;
    }
    for (size_t i = 0; i < step->append_count; i++) {
        ck_assert_uint_lt(model->count, WORLD_ENTRIES_MAX);
        model->entries[model->count].term = model->term;
        model->entries[model->count].size_bytes = step->entry_bytes;
        model->count++;
    }
}

/* Makes the write of one step that follows the state of the model, and applies the step to the
 * model. */
static struct raft_write make_write(struct model *model, const struct step *step, uint64_t sequence)
{
    struct raft_entry **entries =
        memory_allocate_zeroed(step->append_count, sizeof(struct raft_entry *));
    struct raft_write write = {
        .sequence = sequence,
        .has_hard_state = step->term != 0,
        .term = step->term,
        .vote = step->vote,
        .promise_known = step->promise_ms != 0,
        .promise_ms = step->promise_ms,
        .truncate_from = step->truncate_from,
        .has_base = step->base_index != 0,
        .base_index = step->base_index,
        .begins_segment = step->begins_segment,
        .entries = entries,
        .entry_count = step->append_count,
    };

    if (step->begins_segment && step->base_index == 0) {
        write.base_index = step->truncate_from != 0 ? step->truncate_from - 1 : model->count;
        write.base_term = write.base_index > 0 ? model->entries[write.base_index - 1].term : 0;
    }
    model_step(model, step);
    write.base_term = write.has_base ? model->term : write.base_term;
    for (size_t i = 0; i < step->append_count; i++) {
        size_t at = model->count - step->append_count + i;

        entries[i] = make_entry(at + 1, model->entries[at].term, model->entries[at].size_bytes);
    }
    write.last_index = model->count;
    write.last_term = model->count > 0 ? model->entries[model->count - 1].term : 0;
    return write;
}

int world_append(struct wal *wal, const struct model *model, const struct step *steps, size_t count,
                 struct raftd_error *error)
{
    struct model after = *model;
    struct raft_write writes[8] = {0};
    int result;

    ck_assert_uint_le(count, 8);
    for (size_t i = 0; i < count; i++) {
        writes[i] = make_write(&after, &steps[i], i + 1);
    }
    result = wal_append(wal, writes, count, error);
    for (size_t i = 0; i < count; i++) {
        for (size_t entry = 0; entry < writes[i].entry_count; entry++) {
            raft_entry_release(writes[i].entries[entry]);
        }
        memory_free((void *)(uintptr_t)writes[i].entries);
    }
    return result;
}

void world_step(struct wal *wal, struct model *model, struct step step)
{
    struct raftd_error error = {0};

    ck_assert_msg(world_append(wal, model, &step, 1, &error) == 0, "%s", error.message);
    model_step(model, &step);
}

static bool entry_matches(const struct raft_entry *entry, uint64_t index, uint64_t term,
                          uint32_t size_bytes)
{
    if (entry->index != index || entry->term != term || entry->size_bytes != size_bytes ||
        entry->origin != index * 1000 + term || entry->sequence != index + 5 ||
        entry->type != RAFT_ENTRY_COMMAND) {
        return false;
    }
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (entry->data[i] != content(index, term, i)) {
            return false;
        }
    }
    return true;
}

bool model_has(const struct model *model, uint64_t first, struct raft_entry *const *entries,
               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)first - 1 + i;

        if (at >= model->count || !entry_matches(entries[i], at + 1, model->entries[at].term,
                                                 model->entries[at].size_bytes)) {
            return false;
        }
    }
    return true;
}

bool model_matches(const struct model *model, const struct wal_recovered *recovered)
{
    uint64_t base = recovered->base_index;

    if (model->term != recovered->term || model->vote != recovered->vote ||
        model->promise_ms != recovered->promise_ms ||
        (model->promise_ms != 0) != recovered->promise_known || base < model->base_min ||
        base > model->base_max || model->count != base + recovered->entry_count ||
        recovered->base_term != (base > 0 ? model->entries[base - 1].term : 0)) {
        return false;
    }
    return model_has(model, base + 1, recovered->entries, recovered->entry_count);
}

struct wal *world_open(struct fs_memory *memory, const struct model *model)
{
    struct wal_options options = world_memory_options(memory);
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    ck_assert_msg(wal_open(&options, &wal, &recovered, &error) == 0, "%s", error.message);
    ck_assert_msg(model_matches(model, &recovered),
                  "recovered term %lu, vote %u, %zu entries; wanted %lu, %u, %zu",
                  (unsigned long)recovered.term, recovered.vote, recovered.entry_count,
                  (unsigned long)model->term, model->vote, model->count);
    wal_recovered_free(&recovered);
    return wal;
}

void world_open_fails(struct fs_memory *memory, int code, struct raftd_error *error)
{
    struct wal_options options = world_memory_options(memory);
    struct wal_recovered recovered;
    uint64_t count = fs_memory_count(memory);
    struct wal *wal;
    int result = wal_open(&options, &wal, &recovered, error);

    ck_assert_msg(result == code, "%d, wanted %d: %s", result, code, error->message);
    ck_assert_int_eq(error->code, code);
    ck_assert_ptr_null(wal);
    ck_assert_uint_eq(recovered.entry_count, 0);
    /* A node that refuses to start does not change a file. */
    ck_assert_uint_eq(fs_memory_count(memory), count);
}

void world_kill(struct fs_memory *memory, struct wal *wal)
{
    /* From here on nothing is written to the files, so closing only frees memory. */
    fs_memory_die(memory);
    wal_close(wal);
    fs_memory_end_process(memory);
}

void world_check_usable(struct fs_memory *memory, struct model *model)
{
    struct wal *wal = world_open(memory, model);

    for (int i = 0; i < 5; i++) {
        world_step(wal, model, (struct step){.append_count = 2, .entry_bytes = 100});
    }
    wal_close(wal);
    wal = world_open(memory, model);
    wal_close(wal);
}

void world_prepare_all(struct wal *wal)
{
    struct raftd_error error;

    while (wal_prepare(wal, 5000, &error) > 0) {
        ck_assert_msg(error.code == 0, "%s", error.message);
    }
    ck_assert_msg(error.code == 0, "%s", error.message);
}

void world_make_log(struct fs_memory *memory, struct model *model)
{
    struct wal *wal = world_open(memory, model);

    world_step(wal, model,
               (struct step){.term = 1, .vote = 1, .append_count = 2, .entry_bytes = 30});
    world_step(wal, model, (struct step){.append_count = 3, .entry_bytes = 700});
    world_step(
        wal, model,
        (struct step){
            .term = 2, .vote = 3, .truncate_from = 4, .append_count = 2, .entry_bytes = 1900});
    for (int i = 0; i < 4; i++) {
        world_step(wal, model, (struct step){.append_count = 1, .entry_bytes = 100});
    }
    world_kill(memory, wal);
    ck_assert(fs_memory_exists(memory, WORLD_SEGMENT(3)));
    ck_assert(!fs_memory_exists(memory, WORLD_SEGMENT(4)));
}
