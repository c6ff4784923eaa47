/*
 * Rounds, promises, and the leases that rest on them. See lease.c.
 */
#ifndef RAFTD_RAFT_LEASE_H
#define RAFTD_RAFT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "raft/core.h"

/* The length of the promise to a leader that wants it for so long, in ms; 0 = none. */
uint32_t lease_length_ms(const struct raft_core *core, uint32_t wanted_ms);
/* Promises the leader to elect no other node for so long from now on: lease_length_ms(). If the
 * promise is longer than the disk says, the hard state becomes dirty. */
void lease_promise(struct raft_core *core, uint32_t length_ms);
/* Whether a promise is still valid. */
bool lease_binds(const struct raft_core *core);
/* The hard state is about to be written for another reason: it says no more that there may be a
 * promise, if there is none. */
void lease_forget(struct raft_core *core);
/* Leader: opens the next round. */
void lease_open_round(struct raft_core *core);
/* Leader: the newest round that a quorum has answered. */
uint64_t lease_quorum_round(const struct raft_core *core);
/* Leader: a read would be answered by a lease, so the voters are asked for promises for a while. */
void lease_want(struct raft_core *core);
/* Leader: the length of the promises that the appends ask for now, in ms; 0 = they ask for none. */
uint32_t lease_wanted_ms(const struct raft_core *core);
/* Leader: a peer of this term has answered an append, perhaps with a promise. */
void lease_on_reply(const struct raft_core *core, struct progress *progress,
                    const struct raft_message *message);
/* Leader: whether its lease is valid now. */
bool lease_holds(const struct raft_core *core);

#endif
