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
/* Whether the window of a peer has room for the entries from next_index on. */
bool replicate_window_has_room(const struct raft_core *core, const struct progress *progress);
/* How many bytes of entries the next append to a peer may have; at least one entry is sent. */
size_t replicate_batch_bytes(const struct raft_core *core, const struct progress *progress);
/* Sends these entries, which follow what was sent to the peer. They stay valid until the end of the
 * batch. */
void replicate_send_entries(struct raft_core *core, size_t position,
                            struct raft_entry *const *entries, uint32_t count, size_t cost);
/* Chooses the peers that are asked at once in a read round that was just opened. */
void replicate_choose_witnesses(struct raft_core *core);

#endif
