/*
 * How a member answers a node that asks to join, and how the leader makes it a member. Reception
 * thread.
 */
#ifndef RAFTD_NODE_LET_IN_H
#define RAFTD_NODE_LET_IN_H

#include "peer/reception.h"

struct raftd_client;
struct raftd_node;

/* The reception's gate of a node. Reception thread, while that runs. */
struct let_in {
    struct raftd_node *node;
    struct raftd_client *client; /* proposes the changes; NULL = none was needed yet */
    struct reception_gate gate;
};

void let_in_init(struct let_in *let_in, struct raftd_node *node);
/* After the reception has ended. */
void let_in_close(struct let_in *let_in);

#endif
