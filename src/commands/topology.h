/*
 * The cluster as Redis describes clusters: one master, which is the leader, and replicas, at the
 * addresses that clients use. All keys are in hash slots, and the master serves all slots. Pure but
 * for topology_of(), which asks the node; any thread.
 */
#ifndef RAFTD_COMMANDS_TOPOLOGY_H
#define RAFTD_COMMANDS_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/node.h>

#include "base/address.h"

enum { TOPOLOGY_SLOTS = 16384, TOPOLOGY_ID_BYTES = 41 };

struct topology_node {
    uint16_t number;
    char id[TOPOLOGY_ID_BYTES];    /* 40 hex digits: the cluster's id and the node's number */
    char host[ADDRESS_HOST_BYTES]; /* where clients reach the node; "" = not known */
    uint16_t port;
    bool self;
    bool leader;
    bool connected;       /* whether this node has a link to that node, or is that node */
    uint64_t match_index; /* last entry on its disk, as the leader knows; 0 = not known here */
};

struct topology {
    char name[64]; /* name of the cluster, which is the name of the master for Sentinel */
    uint16_t self; /* number of this node */
    uint16_t leader;
    uint64_t term;
    uint64_t applied_index;
    size_t count;
    struct topology_node nodes[RAFTD_MEMBERS_MAX];
};

void topology_of(struct raftd_node *node, struct topology *topology);
/* The same from a status that the caller has. */
void topology_from(const struct raftd_status *status, struct topology *topology);

/* NULL: this node knows no leader, or not the address of the leader for clients. */
const struct topology_node *topology_leader(const struct topology *topology);
/* The node to which clients of a Redis cluster may send everything: the leader, or, while no leader
 * is known, this node, which then holds their commands until there is a leader. NULL: this node is
 * not a member yet. */
const struct topology_node *topology_master(const struct topology *topology);
/* NULL: this node is not a member yet. */
const struct topology_node *topology_self(const struct topology *topology);

/* Which of the TOPOLOGY_SLOTS a key is in, as Redis Cluster computes it. */
uint16_t topology_slot(const void *key, size_t size);

#endif
