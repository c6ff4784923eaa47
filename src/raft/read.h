/*
 * Linearizable reads. See read.c.
 */
#ifndef RAFTD_RAFT_READ_H
#define RAFTD_RAFT_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "raft/core.h"

void read_on_request(struct raft_core *core, uint64_t read_id, bool lease);
void read_on_message(struct raft_core *core, const struct raft_message *message);
void read_on_reply(struct raft_core *core, const struct raft_message *message);
void read_flush(struct raft_core *core);
/* When a follower asks its leader the next time if no answer comes; 0 = it has not asked yet. */
uint64_t read_again_ms(const struct raft_core *core);

#endif
