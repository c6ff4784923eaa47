/*
 * The reception: one thread that receives sockets accepted on the peer port, takes them through
 * the TLS handshake and the peer's hello, and gives them to the link they belong to. Bounded in
 * number and time: a stranger that says nothing is thrown out and harms nobody.
 */
#ifndef RAFTD_NODE_RECEPTION_H
#define RAFTD_NODE_RECEPTION_H

#include "node/link.h"
#include "node/link_table.h"

struct reception;
struct raftd_node;

enum { RECEPTION_PENDING_MAX = 64, RECEPTION_TIMEOUT_MS = 5000 };

/* links: borrowed; destroy the reception before them. NULL if the system has no descriptor left
 * for its waker. */
struct reception *reception_create(const struct link_shared *shared, struct link_table *links);
int reception_start(struct reception *reception);
void reception_destroy(struct reception *reception); /* stops the thread first */

/* Before reception_start(): where petitions of newcomers are decided; without, they are refused. */
void reception_set_node(struct reception *reception, struct raftd_node *node);

/* For acceptor_listen(): from one thread, the acceptor's. Takes the socket. */
void reception_accept(void *reception, int fd);

#endif
