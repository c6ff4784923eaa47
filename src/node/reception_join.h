/*
 * How a member answers a node that asks to join, and how the leader makes it a member. Reception
 * thread.
 */
#ifndef RAFTD_NODE_RECEPTION_JOIN_H
#define RAFTD_NODE_RECEPTION_JOIN_H

#include "node/reception.h"
#include "wire/wire.h"

struct raftd_node;
struct raftd_client;

/*
 * Answers a question whose sender is verified. True: the answer is in *reply. False: this node is
 * the leader and has to make the sender a member first; the answer follows when that is done.
 */
bool reception_judge_join(struct raftd_node *node, const struct wire_join *join,
                          struct wire_join_reply *reply);
/* Proposes the change that makes the sender a member. 0, or a code of raftd_client_change(). */
int reception_let_in(struct raftd_client *client, const struct wire_join *join, uint64_t tag);
/* Makes the answer when the change has its outcome: status and text are those of its completion. */
void reception_answer_join(struct raftd_node *node, int status, const void *text, size_t size,
                           struct wire_join_reply *reply);

#endif
