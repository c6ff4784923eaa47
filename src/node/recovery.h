/*
 * Makes a node from its data directory. Runs on the thread that builds the node, or on the run
 * thread before that starts others.
 */
#ifndef RAFTD_NODE_RECOVERY_H
#define RAFTD_NODE_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

struct raft_membership;
struct raftd_node;

/*
 * Sets node->identity to that of the data directory. *must_ask: the directory belongs to no cluster
 * yet, and other nodes have to be asked: a member, if the node is to join (join_find_cluster()), or
 * the other founders (founding_run()). RAFTD_ERROR_REFUSED: it is not clear whether this node is to
 * found a cluster.
 */
int recovery_begin(struct raftd_node *node, bool *must_ask, struct raftd_error *error);

/* The founders of [peers]; or this node alone, if there is no such section. */
int recovery_founders(const struct raftd_node *node, struct raft_membership *founders,
                      struct raftd_error *error);
/* The directory belongs to this cluster from now on, which these members found. */
int recovery_found(struct raftd_node *node, uint64_t cluster_id,
                   const struct raft_membership *members, struct raftd_error *error);

/* The directory belongs to this cluster from now on; the node is going to join it. */
int recovery_join(struct raftd_node *node, uint64_t cluster_id, struct raftd_error *error);

/* Recovers the node's data, which belong to a cluster; then makes the node whole. */
int recovery_build(struct raftd_node *node, struct raftd_error *error);

/* The error for a waker that could not be opened; errno says why. */
int recovery_no_descriptors(struct raftd_error *error);

#endif
