/*
 * The start of a node from its snapshots: the newest intact one becomes the state, and the log is
 * made to fit. Runs on the thread that builds the node.
 */
#ifndef RAFTD_MEMBER_RESTORE_H
#define RAFTD_MEMBER_RESTORE_H

#include <raftd/state_machine.h>

#include "member/notes.h"
#include "store/snapshot_files.h"
#include "store/snapshot_format.h"
#include "store/wal.h"

/* Where the snapshots are, and the state machine that is restored. */
struct snapshot_start {
    const struct fs *fs;
    const char *directory;
    uint64_t cluster_id;
    const struct raftd_state_machine *machine;
    const struct member_notes *notes; /* damaged snapshots, and what was done; may be NULL */
    /* Called from time to time with how much of a snapshot is read; NULL = not called. */
    void (*progress)(void *argument, uint64_t done_bytes, uint64_t total_bytes);
    void *progress_argument;
};

/*
 * Restores the newest intact snapshot that the log reaches back to. A damaged snapshot is noted,
 * and the one before it is tried. *content_bytes is the size of its content. *info has index 0 if
 * there is no snapshot and the log is complete. RAFTD_ERROR_CORRUPT: the log begins after the end
 * of every intact snapshot; the message says what to do.
 */
int snapshot_start_restore(const struct snapshot_start *start, struct snapshot_files *files,
                           const struct wal_recovered *log, struct snapshot_info *info,
                           uint64_t *content_bytes, struct raftd_error *error);

/*
 * Restarts the log after the snapshot if the log does not continue the snapshot. It does so if it
 * holds the entry at the snapshot's index with the snapshot's term, or begins right after it. If
 * not, a crash came between the arrival of the snapshot and the restart of the log. Then each entry
 * of the log was never committed or is contained in the snapshot, so none is lost (T34, T37).
 */
int snapshot_start_fit_log(const struct snapshot_start *start, struct wal *wal,
                           const struct snapshot_info *info, struct wal_recovered *log,
                           struct raftd_error *error);

#endif
