/*
 * Who among a worker's connections subscribed to what, and the delivery of messages to them. The
 * worker's thread only; the numbers of subscribers are also in struct notices, for the core thread.
 */
#ifndef RAFTD_FRONT_SUBSCRIBERS_H
#define RAFTD_FRONT_SUBSCRIBERS_H

#include <stdbool.h>
#include <stddef.h>

struct connection;
struct notice;
struct worker;

enum { SUBSCRIPTIONS_MAX = 1 << 16 }; /* of one connection */

/* False: it has that subscription, or has it not, already. */
bool subscribers_add(struct connection *connection, bool is_pattern, const void *name, size_t size);
bool subscribers_remove(struct connection *connection, bool is_pattern, const void *name,
                        size_t size);
/* The connection goes, or is reset. */
void subscribers_forget(struct connection *connection);

/* Takes what the core thread has handed over to those who want it. */
void subscribers_serve(struct worker *worker);
/* One message, to all of the worker's connections that want it. */
void subscribers_deliver(struct worker *worker, const struct notice *notice);

/* Whether somebody may be listening for a new leader: there is no other reason to look at who
 * leads while nothing happens. */
bool subscribers_follow_leader(const struct worker *worker);
/* Tells those who listen, if the leader is another than the last time. */
void subscribers_look_at_leader(struct worker *worker);

#endif
