/*
 * What an open write-ahead log is made of, shared by the two halves of its code: opening and
 * closing in wal.c, appending in wal_writer.c.
 */
#ifndef RAFTD_STORE_WAL_WRITER_H
#define RAFTD_STORE_WAL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/wal.h"
#include "store/wal_extents.h"
#include "store/wal_segment.h"

enum {
    /* Freed segments that wait to be the next ones. */
    WAL_FREE_MAX = 2,
};

struct wal {
    /* Immutable after wal_open(). */
    struct wal_files files;
    char *directory;
    uint64_t cluster_id;
    char cluster_name[WAL_CLUSTER_NAME_BYTES];
    uint16_t node_id;
    uint64_t segment_bytes;
    uint32_t max_entry_bytes;
    int lock_file;

    /* The owning thread. */
    uint64_t random;
    struct wal_segment current;
    struct wal_segment next; /* file -1: not begun */
    uint64_t sealed_count;   /* segments before current */
    uint64_t sealed_bytes;
    struct wal_extents extents;   /* of these, and of current once it has a batch */
    uint64_t compact_index;       /* entries up to here are not needed any more */
    uint64_t freed[WAL_FREE_MAX]; /* numbers of segments that wait under their free names */
    size_t freed_count;
    uint64_t sequence; /* of the last batch */
    uint64_t last_index;
    uint64_t last_term;
    uint64_t term;
    uint16_t vote;
    bool has_clean_end;         /* the last batch says so */
    struct raftd_error failure; /* code 0: none yet */
    uint8_t *buffer;            /* one batch, aligned to a block */
    size_t buffer_bytes;
    uint64_t prepare_at_batch; /* nothing is prepared before batch_count reaches it */
    uint64_t batch_count;
    uint64_t written_bytes;
};

/* As many zeros as a new segment gets before it can be used; the rest follows in slices. */
uint64_t wal_first_zeros(const struct wal *wal);

/* 0 or a negative errno with wal->failure filled in; not published yet. One that is recycled has
 * nothing but its header. */
int wal_create_segment(struct wal *wal, uint64_t number, uint64_t zeroed_bytes,
                       struct wal_segment *segment);
int wal_recycle_segment(struct wal *wal, uint64_t number, struct wal_segment *segment);

/* Gives back the failure in wal->failure, which is final. */
int wal_fail(struct wal *wal, struct raftd_error *error);

/*
 * The mark of an orderly end, so that damage to the last batch is told from a torn tail. It
 * stays in this segment, even beyond its size: it is not worth a roll.
 */
void wal_write_clean_end(struct wal *wal);

#endif
