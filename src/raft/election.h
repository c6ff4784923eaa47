/*
 * Elections: campaigns, and votes for others. See election.c.
 */
#ifndef RAFTD_RAFT_ELECTION_H
#define RAFTD_RAFT_ELECTION_H

#include <stdbool.h>

#include "raft/core.h"

void election_tick(struct raft_core *core);
void election_on_vote(struct raft_core *core, const struct raft_message *message);
void election_on_vote_reply(struct raft_core *core, const struct raft_message *message);
/* A log write is durable: perhaps the one with this candidate's own vote. */
void election_on_written(struct raft_core *core);
/* The leader orders this node to campaign at once, because it hands over. */
void election_on_order(struct raft_core *core, const struct raft_message *message);
/* The connection to a peer was made or lost. */
void election_on_link(struct raft_core *core, uint16_t peer, bool up);
/* Whether this node may elect nobody now: it leads, hears a leader, or has promised not to. */
bool election_is_bound(const struct raft_core *core);

#endif
