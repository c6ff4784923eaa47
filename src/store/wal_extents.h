/*
 * Remembers at which index each segment of the log begins, to find the segments that are no longer
 * needed. Recovery fills the list while it replays batches, and the writer continues it while it
 * appends. Pure: it touches no file. One thread at a time.
 *
 * A segment is needed if it has an entry that no snapshot contains. It is also needed if the log
 * cannot begin after it. Suppose segment 1 has the entries 1 to 10, segment 2 the entries 11 to 20,
 * and segment 3 begins with "entries from 5 on are withdrawn" and then has new entries 5, 6, ...
 * The log cannot begin with segment 2 or 3: replaying them needs the entries 1 to 4 of segment 1.
 * can_begin is false for both. A segment 4, which begins after that, can be the first one.
 */
#ifndef RAFTD_STORE_WAL_EXTENTS_H
#define RAFTD_STORE_WAL_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wal_extent {
    uint64_t number;      /* number of the segment */
    uint64_t file_bytes;  /* size of the file; not set for the last segment, which still grows */
    uint64_t start_index; /* the next index when the segment began; 0 = the log was reset in it */
    /* The log may begin with this segment: neither it nor a later segment withdraws an entry from
     * before it. */
    bool can_begin;
};

/* The segments that have a batch, in ascending order; the last one is the one being written. A list
 * with all fields 0 is empty and valid. */
struct wal_extents {
    struct wal_extent *list;
    size_t count;
    size_t capacity;
};

void wal_extents_free(struct wal_extents *extents);

/* Adds a segment when it gets its first batch. The last index of the log before that batch is
 * start_index - 1. */
void wal_extents_add(struct wal_extents *extents, uint64_t number, uint64_t start_index);
/* The last segment withdraws all entries from this index on. */
void wal_extents_truncate(struct wal_extents *extents, uint64_t from_index);
/* The last segment withdraws all entries, so nothing in it or later depends on a segment before. */
void wal_extents_reset(struct wal_extents *extents);

/* The number of segments, from the first on, that are not needed when a snapshot contains all
 * entries up to this index. The last segment is always needed. */
size_t wal_extents_count_unneeded(const struct wal_extents *extents, uint64_t index);
void wal_extents_drop_first(struct wal_extents *extents);

#endif
