/*
 * The follower's side of replication. See append.c.
 */
#ifndef RAFTD_RAFT_APPEND_H
#define RAFTD_RAFT_APPEND_H

#include "raft/core.h"

/* The leader of this term has sent an append. */
void append_on_message(struct raft_core *core, const struct raft_message *message);

#endif
