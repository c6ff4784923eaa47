/*
 * Host names looked up without waiting: each look-up has a thread of its own for as long as the
 * system's resolver takes, which can be half a minute where a name server is silent. Whoever
 * asked may lose interest at any time.
 */
#ifndef RAFTD_NET_RESOLVER_H
#define RAFTD_NET_RESOLVER_H

#include <netdb.h>

#include <raftd/error.h>

#include "net/address.h"

struct resolution;

/* Numeric addresses, at once and without a thread. The list is freed with freeaddrinfo().
 * RAFTD_ERROR_AGAIN: it is a name, start a resolution. */
int resolver_numeric(const struct net_address *address, struct addrinfo **addresses,
                     struct raftd_error *error);

int resolution_start(const struct net_address *address, struct resolution **resolution,
                     struct raftd_error *error);
/* Readable once the answer is there. */
int resolution_fd(const struct resolution *resolution);
/* The answer, once: 0 and a list for freeaddrinfo(), RAFTD_ERROR_AGAIN, or what went wrong. */
int resolution_take(struct resolution *resolution, struct addrinfo **addresses,
                    struct raftd_error *error);
/* Never waits: a look-up that still runs ends by itself. NULL is allowed. */
void resolution_release(struct resolution *resolution);

#endif
