/*
 * The acceptor thread: owns every listening socket of the process and hands accepted sockets
 * over. It never reads or writes them.
 */
#ifndef RAFTD_NET_ACCEPTOR_H
#define RAFTD_NET_ACCEPTOR_H

#include <raftd/error.h>

#include "net/address.h"

struct acceptor;

enum { ACCEPTOR_LISTENERS_MAX = 8 };

struct acceptor *acceptor_create(void);
/*
 * Binds and listens (SO_REUSEADDR, all addresses of a name). Before acceptor_start().
 * accepted() gets a non-blocking, close-on-exec socket that it then owns; runs on the acceptor
 * thread; must be quick.
 */
int acceptor_listen(struct acceptor *acceptor, const struct net_address *address,
                    void (*accepted)(void *argument, int fd), void *argument,
                    struct raftd_error *error);
/* The port that the n-th listening socket got (port 0 asks the kernel for one); 0 = none. */
uint16_t acceptor_port(const struct acceptor *acceptor, size_t listener);
int acceptor_start(struct acceptor *acceptor, struct raftd_error *error);
/* Stops the thread and closes the listening sockets. */
void acceptor_destroy(struct acceptor *acceptor);

#endif
