/*
 * The write-ahead log: segment files with term, vote and entries in one sequence of batches.
 * One batch is one write and one fdatasync, however many writes of the core it carries. The
 * thread that owns the WAL (the log writer) is the only one that calls in here after wal_open().
 * The format is described in doc/disk-format.md.
 */
#ifndef RAFTD_STORE_WAL_H
#define RAFTD_STORE_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "raft/raft.h"
#include "store/fs.h"

struct wal;

struct wal_options {
    const struct fs *fs;   /* borrowed for the life of the WAL */
    const char *directory; /* copied; the data directory, created if missing */
    uint64_t cluster_id;
    const char *cluster_name; /* for people, and for wal_identify(); NULL = not told */
    uint16_t node_id;
    uint64_t segment_bytes;   /* size of a segment file, a multiple of 4096 */
    uint32_t max_entry_bytes; /* larger ones are refused, written or found */
    uint64_t random_seed;     /* unpredictable: from it come the nonces of new segments */
    /* Progress of a long recovery, may be NULL. */
    void (*progress)(void *argument, uint64_t done_bytes, uint64_t total_bytes);
    void *progress_argument;
};

/* To whom the data in a directory belong; all zero if there are none. */
struct wal_identity {
    uint64_t cluster_id;
    uint16_t node_id;
    char cluster_name[64];
};
/* Before wal_open(), without the lock. 0 or RAFTD_ERROR_SYSTEM. */
int wal_identify(const struct fs *fs, const char *directory, struct wal_identity *identity,
                 struct raftd_error *error);

/* What the log held. Owned by the caller: wal_recovered_free(). Entries are consecutive and start
 * right after the base, which is 0 as long as the log is whole. */
struct wal_recovered {
    uint64_t term;
    uint16_t vote;
    uint64_t base_index;
    uint64_t base_term;
    struct raft_entry **entries; /* one reference each */
    size_t entry_count;
    uint64_t torn_bytes;   /* cut off the end, 0 = none: a batch that was never acknowledged */
    char torn_segment[64]; /* the file, "" = none; an empty one that was removed has 0 bytes */
};
void wal_recovered_free(struct wal_recovered *recovered);

/*
 * Locks the directory, recovers what is there and makes ready to append. What it returns as
 * recovered is durable.
 * RAFTD_ERROR_LOCKED: another process has it. RAFTD_ERROR_CORRUPT: damage that is not a torn
 * tail; the message names file, offset, last good index and the remedy. RAFTD_ERROR_REFUSED: the
 * data belongs to another cluster or node, or has a format version of another raftd.
 * RAFTD_ERROR_TOO_LARGE: an entry larger than max_entry_bytes is in the log.
 * RAFTD_ERROR_INVALID: the directory's name is empty or too long. RAFTD_ERROR_SYSTEM: errno's text
 * is in the message. After all but the last, no segment was changed.
 */
int wal_open(const struct wal_options *options, struct wal **wal, struct wal_recovered *recovered,
             struct raftd_error *error);

/*
 * Writes the given core writes, in order, as one batch and returns once they are durable.
 * Any failure is final, the whole batch may or may not be on disk: the caller ends the process.
 * Should it call again nevertheless, it gets the same failure and nothing is written.
 */
int wal_append(struct wal *wal, const struct raft_write *writes, size_t count,
               struct raftd_error *error);

/*
 * Writes up to `budget` bytes of zeros ahead of the appends, first in this segment, then in the
 * next one, and syncs them, so that a roll finds it ready. Returns how much there is left to do;
 * 0 = nothing for now. Call when there is nothing better to do, and once after each append while
 * those come without a pause: slices of 64 to 256 KiB, since a smaller one costs the same sync.
 * error->code is 0, or a final failure as of wal_append(). A full disk is none as long as
 * appends find room: it is logged, and 0 returned.
 */
uint64_t wal_prepare(struct wal *wal, uint64_t budget_bytes, struct raftd_error *error);

/*
 * A durable snapshot covers every entry up to this index: segments that hold no later one may
 * go. They do so one with each call of wal_free_segment(), which renames it, or removes it, and
 * syncs the directory; a few are kept to be the next segments. True: there are more to free.
 * error->code is 0, or a final failure as of wal_append().
 */
void wal_compact(struct wal *wal, uint64_t index);
bool wal_free_segment(struct wal *wal, struct raftd_error *error);

/* Marks an orderly end and closes; the lock goes. NULL is allowed. */
void wal_close(struct wal *wal);

struct wal_figures {
    uint64_t segment_count;
    uint64_t size_bytes;  /* of all segment files, zeros included */
    uint64_t batch_count; /* since open */
    uint64_t written_bytes;
};
void wal_get_figures(const struct wal *wal, struct wal_figures *figures);

#endif
