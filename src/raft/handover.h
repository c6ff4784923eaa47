/*
 * Handover of leadership, on the side of the leader. See handover.c.
 */
#ifndef RAFTD_RAFT_HANDOVER_H
#define RAFTD_RAFT_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "raft/core.h"

/* Leader: hands over to this voter; 0 = the best. RAFT_REFUSED_HANDING_OVER, or why not. */
enum raft_refusal handover_begin(struct raft_core *core, uint16_t to);
void handover_end(struct raft_core *core);
bool handover_is_running(const struct raft_core *core);
/* The node has become the leader. */
void handover_begin_term(struct raft_core *core);
void handover_tick(struct raft_core *core);
/* Whether in this term a peer may have been told to campaign although the leader lives. */
bool handover_voids_lease(const struct raft_core *core);

#endif
