/*
 * Cluster time. See time.c.
 */
#ifndef RAFTD_RAFT_TIME_H
#define RAFTD_RAFT_TIME_H

#include <stdint.h>

#include "raft/core.h"

void time_on_clock(struct raft_core *core, uint64_t wall_ms);
void time_become_leader(struct raft_core *core);
void time_on_append(struct raft_core *core, uint64_t time_ms);
/* The wall clock now, milliseconds since 1970; 0 = never told. */
uint64_t time_wall_ms(const struct raft_core *core);

#endif
