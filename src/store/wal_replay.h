/*
 * What the batches of a log say, one after the other: term, vote and entries. Takes batches whose
 * checksums are right and holds them against the rules of a log; whatever does not fit is
 * damage. Part of recovery, on the thread of wal_open(); reads no file.
 */
#ifndef RAFTD_STORE_WAL_REPLAY_H
#define RAFTD_STORE_WAL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/wal_extents.h"
#include "store/wal_format.h"
#include "store/wal_segment.h"

struct wal_replay {
    /* Immutable after init. */
    const struct wal_files *files; /* borrowed */
    struct raftd_error *error;     /* borrowed, never NULL */
    uint32_t max_entry_bytes;

    /* Where the batch is that is being replayed. */
    uint64_t number; /* of its segment */
    uint64_t offset_bytes;
    bool is_opening; /* it is the first of that segment */

    uint64_t sequence;   /* of the last batch; 0 = none */
    bool has_clean_end;  /* the last batch marks one */
    uint64_t base_index; /* the log begins behind it; 0 = it is whole */
    uint64_t base_term;
    bool was_reset;            /* the base is where a record put it */
    bool is_base_term_unknown; /* until the next segment or entry tells */
    uint64_t last_index;
    uint64_t last_term;
    uint64_t last_time_ms;
    uint64_t good_index; /* last_index after the last whole batch */
    uint64_t term;
    uint16_t vote;
    struct raft_entry **entries; /* base_index + 1 to last_index, one reference each */
    size_t entry_count;
    size_t entry_capacity;
    struct wal_extents extents;
};

void wal_replay_init(struct wal_replay *log, const struct wal_files *files,
                     uint32_t max_entry_bytes, struct raftd_error *error);
void wal_replay_free(struct wal_replay *log);

/* 0, or RAFTD_ERROR_CORRUPT or RAFTD_ERROR_TOO_LARGE with the sentence in the error. */
int wal_replay_batch(struct wal_replay *log, uint64_t number, uint64_t offset_bytes,
                     const struct wal_batch_header *header, const uint8_t *payload);

/* After the last batch: settles where the log begins. 0, or RAFTD_ERROR_CORRUPT. */
int wal_replay_end(struct wal_replay *log);

/*
 * Damage, as opposed to a torn tail: says where, what, up to where the log is good, and what to
 * do. Returns RAFTD_ERROR_CORRUPT.
 */
int wal_damage(const struct wal_replay *log, uint64_t number, uint64_t offset_bytes,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
