/*
 * Looks up host names without making the caller wait. The system's resolver can take half a minute
 * if a name server does not answer, so each look-up runs in a thread of its own. The thread that
 * asked may release the look-up at any time, finished or not. One thread uses a resolution.
 */
#ifndef RAFTD_NET_RESOLVER_H
#define RAFTD_NET_RESOLVER_H

#include <netdb.h>

#include <raftd/error.h>

#include "net/address.h"

struct resolution;

/* Converts an address whose host is an IP address, at once and without a thread. The caller frees
 * the list with freeaddrinfo(). RAFTD_ERROR_AGAIN: the host is a name, so it needs a resolution. */
int resolver_numeric(const struct net_address *address, struct addrinfo **addresses,
                     struct raftd_error *error);

/* Starts a look-up. Returns 0 or RAFTD_ERROR_SYSTEM. */
int resolution_start(const struct net_address *address, struct resolution **resolution,
                     struct raftd_error *error);
/* A descriptor that is readable when the answer is there. */
int resolution_fd(const struct resolution *resolution);
/* Gives the answer to the caller, once. 0: a list that the caller frees with freeaddrinfo().
 * RAFTD_ERROR_AGAIN: there is no answer yet. RAFTD_ERROR_SYSTEM: the name cannot be resolved. */
int resolution_take(struct resolution *resolution, struct addrinfo **addresses,
                    struct raftd_error *error);
/* Ends the use of a resolution. Never waits: a look-up that is still running ends by itself. NULL
 * is allowed. */
void resolution_release(struct resolution *resolution);

#endif
