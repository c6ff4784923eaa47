/*
 * A start that finds damage in the middle of the log: what it cuts off, what it remembers of that,
 * and when it forgets it again. Runs on the thread that builds the member; waits for the disk. Part
 * of recovery.c. The rules of the core, and why they are safe, are in raft/damage.c.
 *
 *     WHOLE -> CUTTING    damaged_log_found(): the mark is durable, in both blocks of the file
 *                         "identity", before anything is cut. It says how far the log went, what
 *                         term, vote and promise it had, and where it is being cut
 *     CUTTING -> LACKING  damaged_log_settle(): the log ends before the damage, and it has that
 *                         term, vote and promise; a crash before this makes the next start cut
 *                         again, at the same place
 *     LACKING -> WHOLE    damaged_log_end(): a start finds a log that is at least as up to date as
 *                         the one that was damaged. The running core has noticed that before, and
 *                         votes; the mark is only in the file still, which does no harm
 *     LACKING -> CUTTING  another damage: the two marks are made one
 */
#ifndef RAFTD_MEMBER_DAMAGED_LOG_H
#define RAFTD_MEMBER_DAMAGED_LOG_H

#include "member/recovery.h"

/* The argument of damaged_log_found(). */
struct damaged_log {
    const struct recovery_options *options;
    struct directory_identity *identity;
};

/* wal_options.on_damage. */
int damaged_log_found(void *argument, const struct wal_damage *damage, struct raftd_error *error);
/* After wal_open(): completes a cut. Returns 0 or a code of wal_append() or
 * directory_identity_write(). */
int damaged_log_settle(const struct recovery_options *options, struct directory_identity *identity,
                       struct recovered *recovered, struct raftd_error *error);
/* When the log fits the snapshot: forgets what is not missing any more, with the next write of the
 * file "identity". Returns 0 or RAFTD_ERROR_SYSTEM. */
int damaged_log_end(const struct recovery_options *options, struct directory_identity *identity,
                    struct recovered *recovered, struct raftd_error *error);

#endif
