/*
 * The functions of RAFT MEMBER and RAFT HANDOVER, which the rows of RAFT name. The thread of the
 * connection's worker.
 */
#ifndef RAFTD_COMMANDS_MEMBERS_H
#define RAFTD_COMMANDS_MEMBERS_H

#include <stdbool.h>

struct call;

/* RAFT MEMBER: the steps of a change, all of them or none. */
bool members_change(struct call *call);
/* RAFT HANDOVER, and RAFT TRANSFER, its older name. */
bool members_hand_over(struct call *call);

#endif
