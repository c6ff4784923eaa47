/*
 * The core's log: consecutive entries in memory, after a base that is no longer there. Owned by
 * one core; entries are shared by reference count.
 */
#ifndef RAFTD_RAFT_LOG_H
#define RAFTD_RAFT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "raft/entry.h"

struct raft_log {
    struct raft_entry **entries; /* owned array, one reference each; entries[0] is base + 1 */
    size_t count;
    size_t capacity;
    uint64_t base_index;
    uint64_t base_term;
    uint64_t base_time_ms; /* cluster time of the entry at the base */
};

/* Makes room for so many entries in all. */
void raftlog_reserve(struct raft_log *log, size_t count);
void raftlog_free(struct raft_log *log);

uint64_t raftlog_last_index(const struct raft_log *log);
uint64_t raftlog_last_term(const struct raft_log *log);

/* NULL where there is no entry. */
struct raft_entry *raftlog_entry(const struct raft_log *log, uint64_t index);
/* The term at an index, the base included; 0 where it is unknown. */
uint64_t raftlog_term(const struct raft_log *log, uint64_t index);

/* The cluster time at an index, the base included; 0 where it is unknown. */
uint64_t raftlog_time(const struct raft_log *log, uint64_t index);

/* Takes a reference. entry->index has to be the next one. */
void raftlog_append(struct raft_log *log, struct raft_entry *entry);
/* Drops every entry up to index, which becomes the base; it has to be there. */
void raftlog_compact(struct raft_log *log, uint64_t index);
/* Drops everything; the log is empty behind this base. */
void raftlog_restart(struct raft_log *log, uint64_t index, uint64_t term, uint64_t time_ms);
/* Drops every entry from index on. */
void raftlog_truncate(struct raft_log *log, uint64_t index);

/* The first index of the run of entries that have the same term as `index` (which is there). */
uint64_t raftlog_first_of_term(const struct raft_log *log, uint64_t index);
/* The last index <= limit whose term is <= term: where two logs may agree. */
uint64_t raftlog_last_at_most_term(const struct raft_log *log, uint64_t limit, uint64_t term);

/* The entries from first on, as a slice of the log's array. */
struct raft_entry *const *raftlog_slice(const struct raft_log *log, uint64_t first);

#endif
