/*
 * The state of an open write-ahead log, shared by the files that work on it: wal.c (open and
 * close), wal_writer.c (append and prepare) and wal_compact.c (free). Used by the thread that owns
 * the log.
 *
 * The life of a segment file: its states, the name of its file in each state, and the functions
 * that change the state.
 *
 *          wal_create_segment()                        wal_recycle_segment()
 *                  |         +-----------------------------------------------------+
 *                  v         v                                                     |
 *            +------------------+                                                  |
 *            |      SPARE       |  wal-spare.tmp                                   |
 *            +------------------+  zeros are written in slices (prepare_slice())   |
 *                  |                                                               |
 *                  |  wal_segment_publish(): all zeros written, or needed now      |
 *                  v                                                               |
 *            +------------------+                                                  |
 *            |     WAITING      |  wal-N.log, header and zeros, no batch           |
 *            +------------------+                                                  |
 *                  |                                                               |
 *                  |  roll(): the batch does not fit the current segment           |
 *                  v                                                               |
 *            +------------------+                                                  |
 *            |     CURRENT      |  wal-N.log, batches are appended                 |
 *            +------------------+                                                  |
 *                  |                                                               |
 *                  |  roll()                                                       |
 *                  v                                                               |
 *            +------------------+                                                  |
 *            |      SEALED      |  wal-N.log, never written again                  |
 *            +------------------+                                                  |
 *                  |                                                               |
 *                  |  free_first(): a snapshot contains its entries                |
 *                  v                                                               |
 *            +------------------+                                                  |
 *            |      FREED       |  wal-N.free, at most WAL_FREE_MAX files ---------+
 *            +------------------+  (more are removed at once)
 *
 * `next` is the SPARE or WAITING segment, `current` the CURRENT one, `freed` has the FREED ones;
 * `extents` has the SEALED ones, and the CURRENT one from its first batch on. After a crash,
 * recovery removes SPARE and FREED files; the last segment with a batch becomes CURRENT, and a
 * segment without a batch after it WAITING.
 *
 * Invariants:
 *
 *   1. At most one segment is SPARE or WAITING, and exactly one is CURRENT.
 *   2. The numbers of SEALED, CURRENT and WAITING segments ascend by one, on the disk as well. A
 *      FREED file keeps its old number only in its name; it gets a new number when it is recycled.
 *   3. A file gets a name wal-N.log only after its header and zeros are durable, and its blocks are
 *      written again only after the loss of that name is durable.
 *   4. A block with bytes of a durable batch is never written again while the file is a segment of
 *      the log. Batches begin at block boundaries, and zeros go only to blocks after the last
 *      batch.
 *   5. In the CURRENT segment, all bytes from offset_bytes to the end of the file are zero, except
 *      while a batch is written. So bytes that are not zero there after a crash are an unfinished
 *      batch.
 *   6. The first batch of a segment begins with a start record and the hard state. So the segments
 *      before it can be freed without losing term, vote or position.
 *   7. A batch is durable before the next batch is written. Recovery relies on it (wal_recovery.c).
 */
#ifndef RAFTD_STORE_WAL_WRITER_H
#define RAFTD_STORE_WAL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/wal.h"
#include "store/wal_extents.h"
#include "store/wal_marks.h"
#include "store/wal_segment.h"
#include "store/wal_window.h"

enum {
    /* How many freed files are kept to be recycled; others are removed. */
    WAL_FREE_MAX = 2,
};

/* The segment that entries are read back from. */
struct wal_reading {
    uint64_t number; /* 0 = none is open */
    uint64_t nonce;
    struct wal_window window;
};

struct wal {
    /* Immutable after wal_open(). */
    struct wal_files files;
    struct wal_files prepare_files; /* the same ones, for what is only prepared */
    char *directory;                /* owned */
    uint64_t cluster_id;
    uint64_t identity;                         /* of the data directory; 0 = not known */
    char cluster_name[WAL_CLUSTER_NAME_BYTES]; /* "" = none */
    uint16_t node_id;
    uint64_t segment_bytes;
    uint32_t max_entry_bytes;
    int lock_file; /* -1 = not opened yet */

    /* Used by the owning thread only. */
    uint64_t random; /* state of the sequence of nonces (base/random.h) */
    struct wal_segment current;
    struct wal_segment next;    /* its file is -1 = there is none */
    uint64_t sealed_count;      /* number of SEALED segments */
    uint64_t sealed_bytes;      /* size of their files together */
    struct wal_extents extents; /* first indexes of the segments; see above */
    struct wal_marks marks;     /* places of the entries in the segments */
    struct wal_reading reading;
    uint64_t compact_index;       /* a snapshot contains all entries up to here; 0 = none */
    uint64_t freed[WAL_FREE_MAX]; /* numbers of the FREED segments */
    size_t freed_count;
    uint64_t sequence;          /* sequence number of the last batch; 0 = none */
    uint64_t last_index;        /* last index of the log; 0 = none */
    uint64_t last_term;         /* term of the entry at last_index */
    uint64_t term;              /* the last hard state written */
    uint16_t vote;              /* 0 = none */
    bool promise_known;         /* false as long as no hard state said it */
    uint32_t promise_ms;        /* see struct raft_write; 0 = none, or not known */
    bool has_clean_end;         /* the last batch is a clean-end mark */
    struct raftd_error failure; /* the first failure, which is final; code 0 = none */
    uint8_t *buffer;            /* owned; room for one batch, aligned to a block */
    size_t buffer_bytes;
    uint64_t prepare_at_batch; /* wal_prepare() does nothing until batch_count reaches this */
    uint64_t batch_count;      /* since wal_open() */
    uint64_t written_bytes;    /* since wal_open() */
};

/* How many zeros a new segment gets before it is used; wal_prepare() writes the others. */
uint64_t wal_first_zeros(const struct wal *wal);

/* Make a segment in the state SPARE. A recycled one has only its header; zeros have to follow.
 * Return 0, or a negative errno with the message in wal->failure. */
int wal_create_segment(struct wal *wal, const struct wal_files *files, uint64_t number,
                       uint64_t zeroed_bytes, struct wal_segment *segment);
int wal_recycle_segment(struct wal *wal, const struct wal_files *files, uint64_t number,
                        struct wal_segment *segment);

/* Closes the segment that entries are read back from, if there is one. */
void wal_close_reading(struct wal *wal);

/* Copies the failure in wal->failure to *error and returns its code. */
int wal_fail(struct wal *wal, struct raftd_error *error);

/*
 * Appends a batch that says that the log was closed in order. It proves that the batch before it
 * was complete; without it, later damage to the last batch would look like an unfinished write. The
 * mark goes into the current segment even if that is full: a new segment only for it would be
 * waste. A failure is logged.
 */
void wal_write_clean_end(struct wal *wal);

#endif
