/*
 * A member whose disk has damaged its log: while it lives, or before it started. See damage.c.
 */
#ifndef RAFTD_RAFT_DAMAGE_H
#define RAFTD_RAFT_DAMAGE_H

#include "raft/core.h"

/* What the start has cut off; after the log was loaded. */
void damage_on_start(struct raft_core *core, const struct raft_recovered *recovered);
/* The disk has damaged the entry at this index, which was durable once. */
void damage_on_found(struct raft_core *core, uint64_t index);
/* Whether this node grants no vote and does not campaign, because its log is damaged. */
bool damage_forbids_votes(const struct raft_core *core);
/* Whether a write has to be issued, if only to begin a segment. */
bool damage_wants_segment(const struct raft_core *core);
/* A write is being issued: whether it begins a segment. After everything else is known of it. */
void damage_on_issue(struct raft_core *core, struct raft_write *write);
/* The entries from this index on are dropped. */
void damage_on_truncated(struct raft_core *core, uint64_t from);
/* Whether a durable snapshot of this index takes the place of the damaged segments. */
bool damage_is_covered_by(const struct raft_core *core, uint64_t snapshot_index);
/* The log in memory begins after that snapshot now, and so may the log on the disk. */
void damage_on_covered(struct raft_core *core);
/* Whether a durable snapshot of this index can take the place of the whole log on the disk: what
 * follows it is whole in memory. */
bool damage_is_replaced_by(const struct raft_core *core, uint64_t snapshot_index);
/* The log in memory begins after that snapshot now: the next write replaces the log on the disk. */
void damage_replace_log(struct raft_core *core);
/* The next write replaces the log on the disk anyway: a received snapshot is installed. */
void damage_on_restart(struct raft_core *core);
/* A log write is durable. */
void damage_on_written(struct raft_core *core);

#endif
