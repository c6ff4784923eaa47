/*
 * The tail of the log: entries are appended and dropped only there, and the newest membership in
 * the log is in force. See tail.c.
 */
#ifndef RAFTD_RAFT_TAIL_H
#define RAFTD_RAFT_TAIL_H

#include <stdint.h>

#include "raft/core.h"

/* Leader: appends an entry; sets its term, index and time. */
void tail_append_own(struct raft_core *core, struct raft_entry *entry);
/* Appends an entry that has the next index. A membership comes into force at once. */
void tail_append(struct raft_core *core, struct raft_entry *entry);
/* Follower: drops the entries from this index on; none of them is committed. */
void tail_truncate(struct raft_core *core, uint64_t index);
/* Follower: the log becomes empty and continues after this snapshot, which has to be installed. */
void tail_restart(struct raft_core *core, const struct raft_snapshot_received *snapshot);
/* Brings another membership into force: that of the entry, or of the base, at index. */
void tail_set_membership(struct raft_core *core, const struct raft_membership *membership,
                         uint64_t index);

#endif
