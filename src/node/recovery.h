/*
 * From a data directory to a node that can run. The thread that builds, or that of
 * raftd_node_run() before it starts others.
 */
#ifndef RAFTD_NODE_RECOVERY_H
#define RAFTD_NODE_RECOVERY_H

#include <stdbool.h>

#include <raftd/error.h>

struct raftd_node;

/*
 * Finds out which cluster the data directory belongs to, or will: node->cluster_id. must_ask: the
 * directory is new and the node is to join, so that only a member can tell (join_find_cluster()).
 */
int recovery_identify(struct raftd_node *node, bool *must_ask, struct raftd_error *error);

/* Recovers, founds if there is nothing to recover or to join, and makes the node whole. */
int recovery_build(struct raftd_node *node, struct raftd_error *error);

/* What to say when no waker can be made. */
int recovery_no_descriptors(struct raftd_error *error);

#endif
