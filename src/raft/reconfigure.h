/*
 * Changes of the members. See reconfigure.c.
 */
#ifndef RAFTD_RAFT_RECONFIGURE_H
#define RAFTD_RAFT_RECONFIGURE_H

#include <stdbool.h>

#include "raft/core.h"

/* Leader: begins the change that the entry asks for. RAFT_REFUSED_NOT, or why not. */
enum raft_refusal reconfigure_propose(struct raft_core *core, const struct raft_entry *entry);
void reconfigure_tick(struct raft_core *core);
/* A peer says that this node was removed, and that this is committed. */
void reconfigure_on_removed(struct raft_core *core);
/* Whether a message comes from a candidate that was removed; then it gets that answer. */
bool reconfigure_turns_away(struct raft_core *core, const struct raft_message *message);
bool reconfigure_may_campaign(struct raft_core *core);

#endif
