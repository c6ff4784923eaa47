/*
 * Makes a node from its data directory. Runs on the thread that builds the node, or on the run
 * thread before that starts others.
 */
#ifndef RAFTD_NODE_RECOVERY_H
#define RAFTD_NODE_RECOVERY_H

#include <stdbool.h>

#include <raftd/error.h>

struct raftd_node;

/*
 * Sets node->cluster_id to the cluster that the data directory belongs to, or is to belong to.
 * *must_ask: the directory is empty and the node is to join, so only a member can tell the cluster
 * (join_find_cluster()).
 */
int recovery_identify(struct raftd_node *node, bool *must_ask, struct raftd_error *error);

/* Recovers the node's data, or founds a cluster if the directory is empty and the node does not
 * join; then makes the node whole. */
int recovery_build(struct raftd_node *node, struct raftd_error *error);

/* The error for a waker that could not be opened; errno says why. */
int recovery_no_descriptors(struct raftd_error *error);

#endif
