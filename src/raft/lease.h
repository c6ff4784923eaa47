/*
 * Rounds, and the leases that rest on them. See lease.c.
 */
#ifndef RAFTD_RAFT_LEASE_H
#define RAFTD_RAFT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "raft/core.h"

/* Promises the leader to elect no other node for an election time-out from now on. */
void lease_promise(struct raft_core *core);
/* Whether such a promise is still valid. */
bool lease_binds(const struct raft_core *core);
/* Leader: opens the next round. */
void lease_open_round(struct raft_core *core);
/* Leader: the newest round that a quorum has answered. */
uint64_t lease_quorum_round(const struct raft_core *core);
/* Leader: whether its lease is valid now. */
bool lease_holds(const struct raft_core *core);

#endif
