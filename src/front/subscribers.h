/*
 * Which of a worker's connections subscribed to what. Only the worker's thread uses it; for the
 * core thread, struct notices has the numbers of subscribers. Never writes to a connection:
 * delivery.c does.
 */
#ifndef RAFTD_FRONT_SUBSCRIBERS_H
#define RAFTD_FRONT_SUBSCRIBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "front/name_table.h"

struct connection;
struct worker;

enum { SUBSCRIPTIONS_MAX = 1 << 16 }; /* most subscriptions of one connection */

/* A channel or pattern with its subscribers on one worker, the earliest first. */
struct subscriber_list {
    struct name_entry entry;
    struct connection **items; /* owned */
    size_t count, capacity;
};

/* False: the connection has that subscription already. */
bool subscribers_add(struct connection *connection, bool is_pattern, const void *name, size_t size);
/* False: the connection has no such subscription. */
bool subscribers_remove(struct connection *connection, bool is_pattern, const void *name,
                        size_t size);
/* Removes all subscriptions of a connection that goes or is reset. */
void subscribers_forget(struct connection *connection);

/* Whether a message to that channel could reach a connection of the worker: the channel, or any
 * pattern, has a subscriber. */
bool subscribers_expect(const struct worker *worker, const void *channel, size_t size);

#endif
