/*
 * The members' side of joining: what a petition is answered, and how the leader lets a newcomer
 * in. Reception thread.
 */
#ifndef RAFTD_NODE_RECEPTION_JOIN_H
#define RAFTD_NODE_RECEPTION_JOIN_H

#include "node/reception.h"
#include "wire/wire.h"

struct raftd_node;
struct raftd_client;

/*
 * What there is to say to a petition that is authentic. True: the answer is in reply. False: the
 * newcomer has to become a member first, *address is where it is, and the answer comes later.
 */
bool reception_judge_join(struct raftd_node *node, const struct wire_join *join,
                          struct wire_join_reply *reply);
/* Asks for the change; a negative code of raftd_client_change(). */
int reception_let_in(struct raftd_client *client, const struct wire_join *join, uint64_t tag);
/* The answer once it is known what became of the change. */
void reception_answer_join(struct raftd_node *node, int status, const void *text, size_t size,
                           struct wire_join_reply *reply);

#endif
