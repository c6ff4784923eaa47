/*
 * The log of a core; see log.h. Terms never fall along a log, so searches by term are binary. Pure.
 */
#include "raft/log.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"

/* The memory that the log counts for an entry. */
static size_t memory_of(const struct raft_entry *entry)
{
    return entry->is_stub ? sizeof(*entry) : raft_entry_cost(entry);
}

/* ---- runs ---- */

static struct raft_entry **place_of(const struct raftlog_run *run, uint64_t index)
{
    size_t chunk = run->head + (size_t)(index / RAFTLOG_CHUNK - run->first_chunk);

    return &run->chunks[chunk][index % RAFTLOG_CHUNK];
}

static struct raft_entry **take_chunk(struct raft_log *log)
{
    if (log->spare_count > 0) {
        return log->spare[--log->spare_count];
    }
    return memory_allocate(RAFTLOG_CHUNK * sizeof(struct raft_entry *));
}

static void spare_chunk(struct raft_log *log, struct raft_entry **chunk)
{
    log->spare =
        memory_grow(log->spare, &log->spare_capacity, log->spare_count + 1, sizeof(log->spare[0]));
    log->spare[log->spare_count++] = chunk;
}

/* Makes room for one more pointer to a chunk: at the front of the array, if half of it is free
 * there, so that the array does not grow while the log only moves on. */
static void add_chunk(struct raft_log *log, struct raftlog_run *run, uint64_t number)
{
    if (run->count == 0) {
        run->head = 0;
        run->first_chunk = number;
    }
    ASSERT(number == run->first_chunk + run->count);
    if (run->head + run->count == run->capacity && run->head >= run->count && run->head > 0) {
        memmove(run->chunks, run->chunks + run->head, run->count * sizeof(run->chunks[0]));
        run->head = 0;
    }
    run->chunks = memory_grow(run->chunks, &run->capacity, run->head + run->count + 1,
                              sizeof(run->chunks[0]));
    run->chunks[run->head + run->count++] = take_chunk(log);
}

/* Gives back the chunks before the one with this index, and all if the run has no more entries. */
static void drop_front_chunks(struct raft_log *log, struct raftlog_run *run, uint64_t index)
{
    while (run->count > 0 && (run->first_chunk < index / RAFTLOG_CHUNK || index >= run->end)) {
        spare_chunk(log, run->chunks[run->head]);
        run->head++;
        run->count--;
        run->first_chunk++;
    }
}

/* Releases entries before `limit`, as far as the budget goes. */
static void release_run(struct raft_log *log, struct raftlog_run *run, uint64_t limit,
                        size_t *entries, size_t *bytes)
{
    while (run->next < limit) {
        struct raft_entry *entry = *place_of(run, run->next);
        size_t cost = memory_of(entry);

        if (*entries == 0 || *bytes == 0) {
            break;
        }
        log->bytes -= cost;
        raft_entry_release(entry);
        *entries -= 1;
        *bytes -= cost < *bytes ? cost : *bytes;
        run->next++;
        if (run->next % RAFTLOG_CHUNK == 0) {
            drop_front_chunks(log, run, run->next);
        }
    }
    if (run->next == run->end) {
        drop_front_chunks(log, run, run->next);
    }
}

static void free_run(struct raft_log *log, struct raftlog_run *run)
{
    size_t entries = SIZE_MAX;
    size_t bytes = SIZE_MAX;

    while (run->next < run->end) {
        release_run(log, run, run->end, &entries, &bytes);
        bytes = SIZE_MAX;
    }
    drop_front_chunks(log, run, run->end);
    memory_free(run->chunks);
    *run = (struct raftlog_run){0};
}

/* ---- the log ---- */

void raftlog_init(struct raft_log *log, uint64_t index, uint64_t term, uint64_t time_ms)
{
    log->base_index = index;
    log->base_term = term;
    log->base_time_ms = time_ms;
    log->shed_index = index;
    log->scanned_index = index;
    log->live.next = index + 1;
    log->live.end = index + 1;
}

void raftlog_free(struct raft_log *log)
{
    free_run(log, &log->live);
    free_run(log, &log->old);
    while (log->spare_count > 0) {
        memory_free(log->spare[--log->spare_count]);
    }
    memory_free(log->spare);
    memory_free(log->memberships);
    *log = (struct raft_log){0};
}

void raftlog_reserve(struct raft_log *log, size_t count)
{
    size_t chunks = count / RAFTLOG_CHUNK + 1;

    log->live.chunks =
        memory_grow(log->live.chunks, &log->live.capacity, 2 * chunks, sizeof(log->live.chunks[0]));
    log->old.chunks =
        memory_grow(log->old.chunks, &log->old.capacity, 2 * chunks, sizeof(log->old.chunks[0]));
    while (log->spare_count < chunks) {
        spare_chunk(log, memory_allocate(RAFTLOG_CHUNK * sizeof(struct raft_entry *)));
    }
}

uint64_t raftlog_last_term(const struct raft_log *log)
{
    return raftlog_term(log, raftlog_last_index(log));
}

struct raft_entry *raftlog_entry(const struct raft_log *log, uint64_t index)
{
    if (index <= log->base_index || index > raftlog_last_index(log)) {
        return NULL;
    }
    return *place_of(&log->live, index);
}

uint64_t raftlog_term(const struct raft_log *log, uint64_t index)
{
    const struct raft_entry *entry = raftlog_entry(log, index);

    if (entry != NULL) {
        return entry->term;
    }
    return index == log->base_index ? log->base_term : 0;
}

uint64_t raftlog_time(const struct raft_log *log, uint64_t index)
{
    const struct raft_entry *entry = raftlog_entry(log, index);

    if (entry != NULL) {
        return entry->time_ms;
    }
    return index == log->base_index ? log->base_time_ms : 0;
}

static void note_membership(struct raft_log *log, uint64_t index)
{
    size_t end = log->membership_head + log->membership_count;

    if (end == log->membership_capacity && log->membership_head >= log->membership_count &&
        log->membership_head > 0) {
        memmove(log->memberships, log->memberships + log->membership_head,
                log->membership_count * sizeof(log->memberships[0]));
        log->membership_head = 0;
        end = log->membership_count;
    }
    log->memberships = memory_grow(log->memberships, &log->membership_capacity, end + 1,
                                   sizeof(log->memberships[0]));
    log->memberships[end] = index;
    log->membership_count++;
}

void raftlog_append(struct raft_log *log, struct raft_entry *entry)
{
    struct raftlog_run *run = &log->live;

    ASSERT(entry->index == raftlog_last_index(log) + 1);
    ASSERT(entry->term >= raftlog_last_term(log));
    if (run->end == 0) {
        run->next = run->end = entry->index; /* a log that was never initialised is complete */
    }
    if (run->count == 0 || entry->index / RAFTLOG_CHUNK >= run->first_chunk + run->count) {
        add_chunk(log, run, entry->index / RAFTLOG_CHUNK);
    }
    *place_of(run, entry->index) = raft_entry_hold(entry);
    run->end = entry->index + 1;
    log->bytes += memory_of(entry);
    if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
        note_membership(log, entry->index);
    }
}

void raftlog_truncate(struct raft_log *log, uint64_t index)
{
    struct raftlog_run *run = &log->live;

    ASSERT(index > log->base_index);
    while (raftlog_last_index(log) >= index && run->end > run->next) {
        struct raft_entry *last = *place_of(run, run->end - 1);

        log->bytes -= memory_of(last);
        raft_entry_release(last);
        run->end--;
    }
    while (run->count > 0 && run->first_chunk + run->count - 1 > (run->end - 1) / RAFTLOG_CHUNK) {
        spare_chunk(log, run->chunks[run->head + --run->count]);
    }
    while (log->membership_count > 0 &&
           log->memberships[log->membership_head + log->membership_count - 1] >= index) {
        log->membership_count--;
    }
}

void raftlog_compact(struct raft_log *log, uint64_t index)
{
    const struct raft_entry *last = raftlog_entry(log, index);

    ASSERT(last != NULL);
    log->base_index = index;
    log->base_term = last->term;
    log->base_time_ms = last->time_ms;
    if (log->shed_index < index) {
        log->shed_index = index;
    }
    if (log->scanned_index < index) {
        log->scanned_index = index;
    }
}

void raftlog_restart(struct raft_log *log, uint64_t index, uint64_t term, uint64_t time_ms)
{
    struct raftlog_run empty = log->old;

    if (empty.next < empty.end) {
        free_run(log, &empty); /* two snapshots in so short a time: rare */
    }
    log->old = log->live;
    log->live = (struct raftlog_run){.chunks = empty.chunks, .capacity = empty.capacity};
    log->membership_head = 0;
    log->membership_count = 0;
    raftlog_init(log, index, term, time_ms);
}

bool raftlog_has_dropped(const struct raft_log *log)
{
    return log->old.next < log->old.end ||
           (log->live.next < log->live.end && log->live.next <= log->base_index);
}

bool raftlog_release(struct raft_log *log, size_t more)
{
    size_t entries = RAFTLOG_RELEASE_MAX + more;
    size_t bytes = RAFTLOG_RELEASE_BYTES;
    uint64_t limit = log->base_index + 1 < log->live.end ? log->base_index + 1 : log->live.end;

    if (PLANT(raft_releases_all)) {
        entries = SIZE_MAX;
        bytes = SIZE_MAX;
    }
    release_run(log, &log->old, log->old.end, &entries, &bytes);
    release_run(log, &log->live, limit, &entries, &bytes);
    while (log->membership_count > 0 && log->memberships[log->membership_head] <= log->base_index &&
           entries > 0) {
        log->membership_head++;
        log->membership_count--;
        entries--;
    }
    return raftlog_has_dropped(log);
}

void raftlog_shed(struct raft_log *log, uint64_t limit, size_t max_bytes)
{
    for (int i = 0; i < RAFTLOG_RELEASE_MAX; i++) {
        struct raft_entry **place;
        struct raft_entry *stub;

        if (log->bytes <= max_bytes || log->scanned_index >= limit) {
            return;
        }
        log->scanned_index++;
        place = place_of(&log->live, log->scanned_index);
        if (!raft_entry_is_command(*place) || (*place)->size_bytes <= RAFTLOG_STUB_BYTES) {
            continue;
        }
        stub = raft_entry_make_stub(*place);
        log->bytes -= memory_of(*place) - memory_of(stub);
        raft_entry_release(*place);
        *place = stub;
        log->shed_index = log->scanned_index;
    }
}

uint64_t raftlog_membership_at(const struct raft_log *log, uint64_t index)
{
    const uint64_t *indexes = log->memberships + log->membership_head;
    size_t low = 0;
    size_t high = log->membership_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (indexes[middle] <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && indexes[low - 1] > log->base_index ? indexes[low - 1] : 0;
}

uint64_t raftlog_first_of_term(const struct raft_log *log, uint64_t index)
{
    uint64_t term = raftlog_term(log, index);
    uint64_t low = log->base_index + 1;
    uint64_t high = index;

    ASSERT(raftlog_entry(log, index) != NULL);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (raftlog_term(log, middle) < term) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t raftlog_last_at_most_term(const struct raft_log *log, uint64_t limit, uint64_t term)
{
    uint64_t low = log->base_index;
    uint64_t high = limit < raftlog_last_index(log) ? limit : raftlog_last_index(log);

    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;

        if (raftlog_term(log, middle) <= term) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

struct raft_entry *const *raftlog_slice(const struct raft_log *log, uint64_t first)
{
    ASSERT(first > log->base_index && first <= raftlog_last_index(log));
    return place_of(&log->live, first);
}

size_t raftlog_slice_length(const struct raft_log *log, uint64_t first)
{
    size_t chunk = (size_t)(RAFTLOG_CHUNK - first % RAFTLOG_CHUNK);
    uint64_t rest = raftlog_last_index(log) + 1 - first;

    ASSERT(first > log->base_index && first <= raftlog_last_index(log));
    return rest < chunk ? (size_t)rest : chunk;
}
