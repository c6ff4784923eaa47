/*
 * How a node to which no member has a link gets its first link: it asks any member, over a
 * connection of its own that carries one question and one answer (doc/wire-format.md). Blocking, in
 * slices of a tenth of a second, so that a stop is not kept waiting.
 */
#ifndef RAFTD_NODE_JOIN_H
#define RAFTD_NODE_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

struct raftd_node;

/*
 * Before there is a log: asks until a member tells the cluster's id, which becomes the node's.
 * Returns 0, also when the node is asked to stop; RAFTD_ERROR_REFUSED or RAFTD_ERROR_REMOVED if
 * that is the answer; or, after a minute without an answer, the code of the last failure. The run
 * thread, before the core thread runs.
 */
int join_find_cluster(struct raftd_node *node, struct raftd_error *error);

/*
 * The fifth step of a node's life: asks to be let in until the log says that it is a member, and
 * waits until it has caught up. 0, also when the node is asked to stop. The run thread.
 */
int join_cluster(struct raftd_node *node, struct raftd_error *error);
/* Whether the log, as far as it is known here, makes this node a member. Any thread. */
bool join_is_member(struct raftd_node *node);

/* Tells the core thread to make a link to that node, if there is none; only that thread may make
 * links. Any thread. */
void join_introduce(struct raftd_node *node, uint16_t id, const char *address);

/*
 * A member that reaches no quorum asks one other member whether it still is one; if not, it is
 * marked as removed, and the run thread is woken. A thread of its own asks, because an answer can
 * take many seconds and the run thread watches whether the node can serve. If the last question is
 * still under way, nothing is done. The run thread.
 */
void join_ask_whether_removed(struct raftd_node *node);
/* Waits for the end of that thread, which gives up soon after the node was asked to stop. The run
 * thread. */
void join_end_question(struct raftd_node *node);

#endif
