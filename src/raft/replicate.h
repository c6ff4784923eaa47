/*
 * The leader's side of replication: what each peer is sent, and what is committed. See replicate.c.
 */
#ifndef RAFTD_RAFT_REPLICATE_H
#define RAFTD_RAFT_REPLICATE_H

#include "raft/core.h"

/* Leader: when a heartbeat is due, begins a round for it; or steps down if no quorum answers. */
void replicate_tick(struct raft_core *core);
void replicate_advance_commit(struct raft_core *core);
void replicate_send(struct raft_core *core);
/* Whether a quorum has a level of space before this one. */
bool replicate_quorum_has(const struct raft_core *core, enum raft_space before);
/* Whether the disks have room for commands. */
bool replicate_takes_commands(const struct raft_core *core);
/* Chooses the peers that are asked at once in a read round that was just opened. */
void replicate_choose_witnesses(struct raft_core *core);

#endif
