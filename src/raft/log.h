/*
 * The log of a core: consecutive entries in memory, after a base. The base is the last entry that
 * the log no longer holds, because a snapshot covers it. One core owns the log; the entries are
 * shared by reference count. The thread that calls raft_step() runs this.
 *
 * No operation on one entry costs more when the log is longer. The entries stand in chunks of
 * RAFTLOG_CHUNK: a log that grows gets another chunk, and no entry is ever moved. To compact the
 * log only changes the base; the entries before the base are released later, a bounded number at a
 * time (raftlog_release()). To free a million entries at once takes a tenth of a second, on all
 * members at the same time, and no node would answer meanwhile (R11).
 */
#ifndef RAFTD_RAFT_LOG_H
#define RAFTD_RAFT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/entry.h"

enum {
    RAFTLOG_CHUNK = 1024,       /* entries in a chunk; a power of two */
    RAFTLOG_RELEASE_MAX = 1024, /* entries that raftlog_release() releases, and those it is told */
    RAFTLOG_STUB_BYTES = 256,   /* the data of an entry of at most this size is never given up */
};
#define RAFTLOG_RELEASE_BYTES ((size_t)32 << 20) /* then it stops as well */

/* A run of consecutive entries. The entry with index i stands in the chunk with number i /
 * RAFTLOG_CHUNK, at place i % RAFTLOG_CHUNK. */
struct raftlog_run {
    struct raft_entry ***chunks; /* owned array of owned chunks; those in use begin at head */
    size_t head;
    size_t count; /* chunks in use */
    size_t capacity;
    uint64_t first_chunk; /* number of chunks[head] */
    uint64_t next;        /* the first index whose entry is not released yet */
    uint64_t end;         /* the index after the last entry */
};

struct raft_log {
    struct raftlog_run live;    /* may still hold entries up to the base */
    struct raftlog_run old;     /* entries from before the last raftlog_restart() */
    struct raft_entry ***spare; /* chunks for later: a log in a steady state allocates nothing */
    size_t spare_count;
    size_t spare_capacity;
    uint64_t *memberships; /* indexes of the entries that hold a membership, ascending */
    size_t membership_head;
    size_t membership_count;
    size_t membership_capacity;
    size_t bytes;           /* cost of the entries in memory, dropped ones included */
    uint64_t shed_index;    /* the newest stub, or the base; all entries after it are whole */
    uint64_t scanned_index; /* raftlog_shed() goes on after it; not before shed_index */
    uint64_t base_index;    /* 0 = the log is complete */
    uint64_t base_term;
    uint64_t base_time_ms; /* cluster time of the entry at the base */
};

/* Makes an empty log after a base. */
void raftlog_init(struct raft_log *log, uint64_t index, uint64_t term, uint64_t time_ms);
/* Makes room for this number of entries in advance. */
void raftlog_reserve(struct raft_log *log, size_t count);
void raftlog_free(struct raft_log *log);

/* Of the last entry; of the base if there is no entry. */
static inline uint64_t raftlog_last_index(const struct raft_log *log)
{
    return log->live.end > 0 ? log->live.end - 1 : log->base_index;
}

uint64_t raftlog_last_term(const struct raft_log *log);

/* NULL if the log holds no entry at this index. It may be a stub. */
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

/*
 * Releases entries that were dropped by raftlog_compact() or raftlog_restart(): at most
 * RAFTLOG_RELEASE_MAX and `more`, and hardly more than RAFTLOG_RELEASE_BYTES. True: there are more.
 */
bool raftlog_release(struct raft_log *log, size_t more);
/*
 * Gives up the data of entries, the oldest first, until the log takes no more than max_bytes: at
 * most up to `limit`, and at most RAFTLOG_RELEASE_MAX entries at a time. Index, term, time and type
 * stay. Entries of at most RAFTLOG_STUB_BYTES and memberships stay whole, so a log of such entries
 * can take more; shed_index does not move past them until an entry after them gives up its data.
 */
void raftlog_shed(struct raft_log *log, uint64_t limit, size_t max_bytes);
/* Whether dropped entries wait for raftlog_release(). */
bool raftlog_has_dropped(const struct raft_log *log);

/* The index of the newest entry up to `index` that holds a membership; 0 if the log has none. */
uint64_t raftlog_membership_at(const struct raft_log *log, uint64_t index);

/* The first index of the entries that have the same term as the entry at `index`, which the log has
 * to hold. */
uint64_t raftlog_first_of_term(const struct raft_log *log, uint64_t index);
/*
 * The last index <= limit whose term is <= term; at least the base. If another log has an entry of
 * that term at limit, this is the last index at which the two logs can agree.
 */
uint64_t raftlog_last_at_most_term(const struct raft_log *log, uint64_t limit, uint64_t term);

/*
 * The entries from `first` on, as a part of the log's own memory: valid until the log changes. It
 * has raftlog_slice_length() entries, which may be fewer than follow in the log: a slice ends with
 * its chunk.
 */
struct raft_entry *const *raftlog_slice(const struct raft_log *log, uint64_t first);
size_t raftlog_slice_length(const struct raft_log *log, uint64_t first);

#endif
