/*
 * The log of a core; see log.h. Terms never fall along a log, so searches by term are binary. Pure.
 */
#include "raft/log.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

void raftlog_free(struct raft_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        raft_entry_release(log->entries[i]);
    }
    memory_free(log->entries);
    *log = (struct raft_log){0};
}

void raftlog_reserve(struct raft_log *log, size_t count)
{
    log->entries = memory_grow(log->entries, &log->capacity, count, sizeof(struct raft_entry *));
}

uint64_t raftlog_last_index(const struct raft_log *log)
{
    return log->base_index + log->count;
}

uint64_t raftlog_last_term(const struct raft_log *log)
{
    return log->count > 0 ? log->entries[log->count - 1]->term : log->base_term;
}

struct raft_entry *raftlog_entry(const struct raft_log *log, uint64_t index)
{
    if (index <= log->base_index || index > raftlog_last_index(log)) {
        return NULL;
    }
    return log->entries[index - log->base_index - 1];
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

void raftlog_append(struct raft_log *log, struct raft_entry *entry)
{
    ASSERT(entry->index == raftlog_last_index(log) + 1);
    ASSERT(entry->term >= raftlog_last_term(log));
    raftlog_reserve(log, log->count + 1);
    log->entries[log->count++] = raft_entry_hold(entry);
}

void raftlog_truncate(struct raft_log *log, uint64_t index)
{
    ASSERT(index > log->base_index);
    while (raftlog_last_index(log) >= index) {
        raft_entry_release(log->entries[--log->count]);
    }
}

void raftlog_compact(struct raft_log *log, uint64_t index)
{
    size_t gone = (size_t)(index - log->base_index);
    const struct raft_entry *last = raftlog_entry(log, index);

    ASSERT(last != NULL);
    log->base_index = index;
    log->base_term = last->term;
    log->base_time_ms = last->time_ms;
    for (size_t i = 0; i < gone; i++) {
        raft_entry_release(log->entries[i]);
    }
    log->count -= gone;
    memmove(log->entries, log->entries + gone, log->count * sizeof(log->entries[0]));
}

void raftlog_restart(struct raft_log *log, uint64_t index, uint64_t term, uint64_t time_ms)
{
    while (log->count > 0) {
        raft_entry_release(log->entries[--log->count]);
    }
    log->base_index = index;
    log->base_term = term;
    log->base_time_ms = time_ms;
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
    ASSERT(first > log->base_index && first <= raftlog_last_index(log) + 1);
    /* The array of a log that never had an entry is NULL, which nothing may be added to. */
    return log->entries != NULL ? log->entries + (first - log->base_index - 1) : NULL;
}
