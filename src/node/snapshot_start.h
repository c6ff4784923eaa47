/*
 * The start from snapshots: the newest good one becomes the state, and the log has to fit it. On
 * the thread that builds the node.
 */
#ifndef RAFTD_NODE_SNAPSHOT_START_H
#define RAFTD_NODE_SNAPSHOT_START_H

#include <raftd/state_machine.h>

#include "store/snapshot_files.h"
#include "store/snapshot_format.h"
#include "store/wal.h"

/* Where to look, and whose state it becomes. */
struct snapshot_start {
    const struct fs *fs;
    const char *directory;
    uint64_t cluster_id;
    const struct raftd_state_machine *machine;
};

/*
 * Restores the newest snapshot that is good and that the log reaches. One that is damaged is
 * named in the log, and the one before it tried. *info has index 0 if there is none and the log
 * needs none. RAFTD_ERROR_CORRUPT: the log begins later than any good snapshot ends; the message
 * says what to do.
 */
int snapshot_start_restore(const struct snapshot_start *start, struct snapshot_files *files,
                           const struct wal_recovered *log, struct snapshot_info *info,
                           struct raftd_error *error);

/*
 * Whether the log continues the snapshot: it holds the entry at its index, with its term, or
 * begins right behind it. If not, a crash came between the snapshot's arrival and the log's
 * restart: whatever the log holds was never committed or is in the snapshot, so it restarts now
 * (T34, T37).
 */
int snapshot_start_fit_log(struct wal *wal, const struct snapshot_info *info,
                           struct wal_recovered *log, struct raftd_error *error);

#endif
