/*
 * Proposals of this node's clients and of peers. See propose.c.
 */
#ifndef RAFTD_RAFT_PROPOSE_H
#define RAFTD_RAFT_PROPOSE_H

#include "raft/core.h"

void propose_on_request(struct raft_core *core, struct raft_entry *entry);
void propose_on_message(struct raft_core *core, const struct raft_message *message);
void propose_on_refusal(struct raft_core *core, const struct raft_message *message);
void propose_flush(struct raft_core *core);

#endif
