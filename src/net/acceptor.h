/*
 * The acceptor thread: owns all listening sockets of the process, accepts connections and hands
 * them over. It never reads from a connection or writes to one. All functions here are called by
 * the thread that owns the acceptor.
 */
#ifndef RAFTD_NET_ACCEPTOR_H
#define RAFTD_NET_ACCEPTOR_H

#include <raftd/error.h>

#include "net/address.h"

struct acceptor;

enum { ACCEPTOR_LISTENERS_MAX = 8 };

struct acceptor *acceptor_create(void);
/*
 * Binds and listens, on all addresses if the host is a name. Call it before acceptor_start().
 * For each connection, accepted() is called on the acceptor thread with a non-blocking,
 * close-on-exec socket, which it owns from then on. accepted() must not wait: until it returns, no
 * other connection is accepted. Returns 0 or RAFTD_ERROR_SYSTEM; the message names the remedy.
 */
int acceptor_listen(struct acceptor *acceptor, const struct net_address *address,
                    void (*accepted)(void *argument, int fd), void *argument,
                    struct raftd_error *error);
/* The port of the listening socket with this number, from 0. If port 0 was asked for, it is the one
 * that the kernel chose. 0 = there is no such socket. */
uint16_t acceptor_port(const struct acceptor *acceptor, size_t listener);
/* Starts the thread. Returns 0 or RAFTD_ERROR_SYSTEM. */
int acceptor_start(struct acceptor *acceptor, struct raftd_error *error);
/* Stops the thread, closes the listening sockets and frees the acceptor. NULL is allowed. */
void acceptor_destroy(struct acceptor *acceptor);

#endif
