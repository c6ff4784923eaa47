/*
 * Makes a node from its data directory. Runs on the thread that builds the node, or on the run
 * thread before that starts others.
 */
#ifndef RAFTD_NODE_RECOVERY_H
#define RAFTD_NODE_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

struct raftd_node;

/*
 * Sets node->identity to that of the data directory. *must_ask: the directory belongs to no cluster
 * yet and the node is to join, so only a member can tell the cluster (join_find_cluster()).
 */
int recovery_begin(struct raftd_node *node, bool *must_ask, struct raftd_error *error);

/* The directory belongs to this cluster from now on; the node is going to join it. */
int recovery_join(struct raftd_node *node, uint64_t cluster_id, struct raftd_error *error);

/* Recovers the node's data, which belong to a cluster; then makes the node whole. */
int recovery_build(struct raftd_node *node, struct raftd_error *error);

/* The error for a waker that could not be opened; errno says why. */
int recovery_no_descriptors(struct raftd_error *error);

#endif
