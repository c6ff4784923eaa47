/*
 * Recovery: reads every segment of the log, distinguishes a torn tail, which every crash can leave,
 * from damage, and prepares the directory for the writer. Runs in wal_open(), on the thread that
 * calls it.
 *
 * It has three parts. The scan (wal_recovery.c) reads everything and changes nothing. Where it
 * finds damage, the survey (wal_survey.c) looks at what follows, so that a caller who can get lost
 * entries back from other nodes may have the log cut there: then the log is scanned again up to the
 * cut. The repair (wal_repair.c) runs only if the scan has accepted all that it found. So a
 * directory that is refused stays as it is, and if the process is killed at any point, the next
 * start finds the same state or a part of the same repair.
 *
 * Recovery relies on one fact: a batch is durable before the next one is written. So an intact
 * batch proves that everything before it was on the disk, and whatever is broken before it was
 * damaged later. wal_recovery.c explains the decision in detail.
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

/* A segment as the scan found it. */
struct wal_scanned {
    uint64_t number;
    uint64_t nonce;
    uint64_t file_bytes;  /* size of the file */
    uint64_t batch_count; /* intact batches */
    uint64_t end_bytes;   /* offset after the last intact batch */
};

/* Bytes that are not zero after the last intact batch. */
struct wal_tail {
    uint64_t number;     /* number of the segment; 0 = there are no such bytes */
    uint64_t from_bytes; /* offset of the first byte */
    uint64_t to_bytes;   /* offset after the last byte */
};

struct wal_scan {
    struct wal_scanned *segments; /* in ascending order, without a gap in the numbers */
    size_t segment_count;
    size_t segment_capacity;
    size_t current;  /* position in segments of the one that the next batch goes to */
    bool has_spare;  /* there is a file WAL_SPARE_NAME; the repair removes it */
    uint64_t *freed; /* numbers of freed segments; the repair removes their files */
    size_t freed_count;
    size_t freed_capacity;
    uint64_t unborn_number; /* a last file without a header; the repair removes it; 0 = none */
    uint64_t unborn_bytes;  /* size of that file */
    struct wal_tail tail;   /* the torn tail; the repair writes zeros over it */
    /* Numbers of the segments after the cut of the options, descending; the repair renames them. */
    uint64_t *cut;
    size_t cut_count;
    size_t cut_capacity;
    /* Where the damage begins, if a scan has failed with RAFTD_ERROR_CORRUPT; number 0 = the log
     * cannot be cut there. */
    struct wal_cut damage;

    struct wal_replay log;           /* the content of the log */
    struct raft_entry *lost_members; /* see struct wal_damage; one reference */
};

/* Reads everything. Returns 0 or a code of wal_open(). After a failure, *scan needs
 * wal_scan_free() as well. */
int wal_scan(const struct wal_files *files, const struct wal_options *options,
             struct wal_scan *scan, struct raftd_error *error);
void wal_scan_free(struct wal_scan *scan);

/*
 * After a scan that has found damage: reads what follows the damage, and changes nothing. 1 = the
 * end of the log is known, and *damage says what a cut would lose; 0 = it is not, so the log must
 * not be cut; a negative code: RAFTD_ERROR_SYSTEM. The scan owns what *damage points at.
 */
int wal_survey(const struct wal_files *files, const struct wal_options *options,
               struct wal_scan *scan, struct wal_damage *damage, struct raftd_error *error);

/*
 * Changes the directory after the scan has accepted it: removes files that are not segments of the
 * log, writes zeros over the torn tail, and syncs what a killed process may have left in the page
 * cache only. Opens the segment that is written, *current, and the one that was prepared after it,
 * *next; the file of each is -1 if there is no such segment. Returns 0 or RAFTD_ERROR_SYSTEM.
 */
int wal_repair(const struct wal_files *files, const struct wal_scan *scan,
               struct wal_segment *current, struct wal_segment *next, struct raftd_error *error);

#endif
