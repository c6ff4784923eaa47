/*
 * Recovery: reads every segment, tells a torn tail from damage, and makes the directory ready
 * for the writer. The scan changes nothing; the repair runs only after all of it was accepted.
 * Runs in wal_open(), on the thread that calls it.
 *
 * What it rests on: a batch is durable before the next one is written. So an intact batch proves
 * that everything before it had been on disk, and whatever is broken before it was broken later.
 */
#ifndef RAFTD_STORE_WAL_RECOVERY_H
#define RAFTD_STORE_WAL_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/wal.h"
#include "store/wal_replay.h"
#include "store/wal_segment.h"

/* A segment file that has a header, as the scan found it. */
struct wal_scanned {
    uint64_t number;
    uint64_t nonce;
    uint64_t file_bytes;
    uint64_t batch_count;
    uint64_t end_bytes; /* the block after its last batch */
};

/* Bytes after the last batch that are not zero. */
struct wal_tail {
    uint64_t number; /* of the segment; 0 = there are none */
    uint64_t from_bytes;
    uint64_t to_bytes;
};

struct wal_scan {
    struct wal_scanned *segments; /* ascending and consecutive */
    size_t segment_count;
    size_t segment_capacity;
    size_t current;  /* index of the segment that the next batch belongs to */
    bool has_spare;  /* a WAL_SPARE_NAME is there, to be removed */
    uint64_t *freed; /* numbers of freed segments, whose files are to be removed */
    size_t freed_count;
    size_t freed_capacity;
    uint64_t unborn_number; /* a last file that never got its header, to be removed; 0 = none */
    uint64_t unborn_bytes;
    struct wal_tail tail;

    struct wal_replay log; /* what the batches said */
};

/* On failure *scan needs wal_scan_free() as well. */
int wal_scan(const struct wal_files *files, const struct wal_options *options,
             struct wal_scan *scan, struct raftd_error *error);
void wal_scan_free(struct wal_scan *scan);

/*
 * Removes what never became a segment, writes zeros over the tail, makes durable what a killed
 * process may have left in the page cache only, and opens the segments that are still written:
 * *current (its file -1 when there is no segment at all) and *next, prepared and empty, or -1.
 */
int wal_repair(const struct wal_files *files, const struct wal_scan *scan,
               struct wal_segment *current, struct wal_segment *next, struct raftd_error *error);

#endif
