/*
 * Replays batches into term, vote and entries. It gets only batches whose checksums are right, and
 * checks them against the rules of a log: a batch that breaks a rule is damage, or comes from a
 * program with a bug. Part of recovery, on the thread of wal_open(). It never touches a file.
 */
#ifndef RAFTD_STORE_WAL_REPLAY_H
#define RAFTD_STORE_WAL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/wal_extents.h"
#include "store/wal_format.h"
#include "store/wal_marks.h"
#include "store/wal_segment.h"

/* A run of entries of one term, of those that are not kept. */
struct wal_term {
    uint64_t index; /* of the first entry of the run */
    uint64_t term;
};

struct wal_replay {
    /* Immutable after init. */
    const struct wal_files *files; /* borrowed */
    struct raftd_error *error;     /* borrowed, never NULL */
    uint32_t max_entry_bytes;
    uint64_t keep_from; /* entries before this index are verified, but not kept */
    /* While the entries take more than keep_bytes, those up to keep_until are given up; 0 = all are
     * kept. The owner may set both after init. */
    uint64_t keep_bytes;
    uint64_t keep_until;

    /* The batch that is being replayed. */
    uint64_t number;       /* number of its segment */
    uint64_t offset_bytes; /* offset in the segment */
    bool is_opening;       /* it is the first batch of the segment */

    uint64_t sequence;         /* sequence number of the last batch; 0 = none yet */
    bool has_clean_end;        /* the last batch is a clean-end mark */
    uint64_t base_index;       /* the log begins after this index; 0 = it has all entries */
    uint64_t base_term;        /* term of the entry at base_index */
    bool was_reset;            /* the base comes from a reset record */
    bool is_base_term_unknown; /* base_term is not valid yet; see wal_replay.c */
    uint64_t last_index;       /* last index of the log, after the record replayed last */
    uint64_t last_term;        /* of the entry at last_index */
    uint64_t last_time_ms;     /* of the entry at last_index; 0 = unknown */
    uint64_t good_index;       /* last_index after the last batch that was replayed completely */
    uint64_t term;
    uint16_t vote;               /* 0 = none */
    bool promise_known;          /* some hard state says the promise */
    uint32_t promise_ms;         /* see struct wal_recovered */
    uint64_t kept_index;         /* the entries after this index are kept; at least base_index */
    struct raft_entry **entries; /* kept_index + 1 to last_index; one reference to each */
    size_t entry_count;
    size_t entry_capacity;
    uint64_t entry_bytes; /* cost of the entries */
    /* The terms of the entries after base_index and up to kept_index. A term is needed when later
     * entries are withdrawn: then it is that of the last entry. Terms change rarely, so there are
     * few runs. */
    struct wal_term *terms;
    size_t term_count;
    size_t term_capacity;
    struct wal_extents extents;
    struct wal_marks marks;
};

void wal_replay_init(struct wal_replay *log, const struct wal_files *files,
                     uint32_t max_entry_bytes, uint64_t keep_from, struct raftd_error *error);
void wal_replay_free(struct wal_replay *log);

/* Replays one batch. Returns 0, or RAFTD_ERROR_CORRUPT or RAFTD_ERROR_TOO_LARGE with the message in
 * log->error. */
int wal_replay_batch(struct wal_replay *log, uint64_t number, uint64_t offset_bytes,
                     const struct wal_batch_header *header, const uint8_t *payload);

/* The term of the entry at kept_index. */
uint64_t wal_replay_kept_term(const struct wal_replay *log);

/* After the last batch: decides where the log begins, if that is still open. Returns 0 or
 * RAFTD_ERROR_CORRUPT. */
int wal_replay_end(struct wal_replay *log);

/*
 * Writes a message about damage to log->error: the file and offset, what is wrong (the formatted
 * text), the last good index, and what to do. Returns RAFTD_ERROR_CORRUPT.
 */
int wal_damage(const struct wal_replay *log, uint64_t number, uint64_t offset_bytes,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
