/*
 * The role and the term of a core, and every change of them. The transitions are drawn in role.c.
 */
#ifndef RAFTD_RAFT_ROLE_H
#define RAFTD_RAFT_ROLE_H

#include <stdint.h>

#include "raft/core.h"

/* The role of a node that neither leads nor campaigns: FOLLOWER if it is a voter, else LEARNER. */
enum raft_role role_without_campaign(const struct raft_core *core);
/* Changes role and known leader; leader 0 = not known. */
void role_set(struct raft_core *core, enum raft_role role, uint16_t leader);
/* Changes term and vote; vote 0 = none. A later term, or a first vote in the same term. */
void role_set_term(struct raft_core *core, uint64_t term, uint16_t vote);
/* Becomes a follower, or a learner, in this term, which is not before the own one. */
void role_become_follower(struct raft_core *core, uint64_t term, uint16_t leader);
/* Not the leader: another membership is in force, with or without a vote for this node. */
void role_on_membership(struct raft_core *core);

#endif
