/*
 * Which part of the log each segment begins with, to know which ones are no longer needed. Kept
 * by recovery while it replays and by the writer while it appends. Pure bookkeeping.
 */
#ifndef RAFTD_STORE_WAL_EXTENTS_H
#define RAFTD_STORE_WAL_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wal_extent {
    uint64_t number;      /* of the segment */
    uint64_t file_bytes;  /* of a segment that is no longer written */
    uint64_t start_index; /* the next index when it began; 0 = the log restarted in it */
    /* The log may begin here: nothing in it or later takes back an entry from before it. */
    bool can_begin;
};

/* Segments with batches, ascending; the last one is being written. Zeroed is empty and valid. */
struct wal_extents {
    struct wal_extent *list;
    size_t count;
    size_t capacity;
};

void wal_extents_free(struct wal_extents *extents);

/* A segment gets its first batch, before which the log ended at start_index - 1. */
void wal_extents_add(struct wal_extents *extents, uint64_t number, uint64_t start_index);
/* Entries from this index on are taken back. */
void wal_extents_truncate(struct wal_extents *extents, uint64_t from_index);
/* All entries are taken back: what follows depends on nothing before the last segment. */
void wal_extents_reset(struct wal_extents *extents);

/* How many segments, from the first, hold nothing that is needed once a snapshot covers all
 * entries up to this index. Never the last one. */
size_t wal_extents_count_unneeded(const struct wal_extents *extents, uint64_t index);
void wal_extents_drop_first(struct wal_extents *extents);

#endif
