/*
 * The reception: one thread that gets the connections accepted on the peer port. It does the TLS
 * handshake, reads the peer's hello, and gives the connection to the link of that peer; or answers
 * a node that asks to join. At most RECEPTION_PENDING_MAX connections wait here, each for a limited
 * time, so that a connection that sends nothing does no harm.
 */
#ifndef RAFTD_NODE_RECEPTION_H
#define RAFTD_NODE_RECEPTION_H

#include "node/link.h"
#include "node/link_table.h"

struct reception;
struct raftd_node;

enum { RECEPTION_PENDING_MAX = 64, RECEPTION_TIMEOUT_MS = 5000 };

/* The links are borrowed; the reception has to be destroyed before them. NULL if the process has no
 * file descriptor left. */
struct reception *reception_create(const struct link_shared *shared, struct link_table *links);
int reception_start(struct reception *reception);
void reception_destroy(struct reception *reception); /* stops the thread first */

/* Before reception_start(): the node that decides whether others may join. Without it, all are
 * refused. */
void reception_set_node(struct reception *reception, struct raftd_node *node);

/* The acceptor thread, see acceptor_listen(). Takes the socket. */
void reception_accept(void *reception, int fd);

#endif
