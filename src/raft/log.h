/*
 * The log of a core: consecutive entries in memory, after a base. The base is the last entry that
 * the log no longer holds, because a snapshot covers it. One core owns the log; the entries are
 * shared by reference count.
 */
#ifndef RAFTD_RAFT_LOG_H
#define RAFTD_RAFT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "raft/entry.h"

struct raft_log {
    struct raft_entry **entries; /* owned array, one reference each; entries[0] is base_index + 1 */
    size_t count;
    size_t capacity;
    uint64_t base_index; /* 0 = the log is complete */
    uint64_t base_term;
    uint64_t base_time_ms; /* cluster time of the entry at the base */
};

/* Makes room for this number of entries in all. */
void raftlog_reserve(struct raft_log *log, size_t count);
void raftlog_free(struct raft_log *log);

/* Of the last entry; of the base if there is no entry. */
uint64_t raftlog_last_index(const struct raft_log *log);
uint64_t raftlog_last_term(const struct raft_log *log);

/* NULL if the log holds no entry at this index. */
struct raft_entry *raftlog_entry(const struct raft_log *log, uint64_t index);
/* The term at an index, the base included; 0 if it is not known. */
uint64_t raftlog_term(const struct raft_log *log, uint64_t index);

/* The cluster time at an index, the base included; 0 if it is not known. */
uint64_t raftlog_time(const struct raft_log *log, uint64_t index);

/* Takes a reference. entry->index has to be the next index. */
void raftlog_append(struct raft_log *log, struct raft_entry *entry);
/* Drops the entries up to this index, which becomes the base. The log has to hold that entry. */
void raftlog_compact(struct raft_log *log, uint64_t index);
/* Drops all entries; the log is empty after this base. */
void raftlog_restart(struct raft_log *log, uint64_t index, uint64_t term, uint64_t time_ms);
/* Drops the entries from this index on. */
void raftlog_truncate(struct raft_log *log, uint64_t index);

/* The first index of the entries that have the same term as the entry at `index`, which the log has
 * to hold. */
uint64_t raftlog_first_of_term(const struct raft_log *log, uint64_t index);
/*
 * The last index <= limit whose term is <= term; at least the base. If another log has an entry of
 * that term at limit, this is the last index at which the two logs can agree.
 */
uint64_t raftlog_last_at_most_term(const struct raft_log *log, uint64_t limit, uint64_t term);

/* The entries from `first` on, as a part of the log's array: valid until the log changes. */
struct raft_entry *const *raftlog_slice(const struct raft_log *log, uint64_t first);

#endif
