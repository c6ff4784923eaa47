/*
 * Snapshots, as far as the core is concerned. See snapshot.c.
 */
#ifndef RAFTD_RAFT_SNAPSHOT_H
#define RAFTD_RAFT_SNAPSHOT_H

#include <stdint.h>

#include "raft/core.h"

void snapshot_on_saved(struct raft_core *core, const struct raft_snapshot_saved *saved);
void snapshot_on_received(struct raft_core *core, const struct raft_snapshot_received *received);
void snapshot_on_sent(struct raft_core *core, const struct raft_snapshot_sent *sent);
void snapshot_on_failed(struct raft_core *core, uint16_t peer);
void snapshot_flush(struct raft_core *core);

#endif
