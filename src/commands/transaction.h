/*
 * A transaction of one connection: the keys it watches, and the commands that MULTI queued until
 * EXEC makes one entry of the log of them. Owned by the connection; its worker's thread.
 *
 * A watched key has the revision that it had when WATCH was answered; the state machine compares
 * the two when the entry is applied, so that it does not matter who changed the key, where, and
 * who led meanwhile. What is asked of the node is put into the entry; what a node answers by
 * itself (PING, CLIENT ...) is carried out when the entry is applied, or not at all.
 */
#ifndef RAFTD_COMMANDS_TRANSACTION_H
#define RAFTD_COMMANDS_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "front/name_table.h"

struct call;
struct command;
struct connection;
struct raftd_completion;

enum { TRANSACTION_WATCHES_MAX = 4096, TRANSACTION_COMMANDS_MAX = 16384 };

struct queued_command; /* in transaction.c */

struct transaction {
    struct name_table watched; /* struct watched_key */
    bool open;                 /* MULTI was said */
    bool failed;               /* something could not be queued: EXEC refuses */
    struct queued_command *commands;
    size_t count, capacity;
    struct buffer arguments; /* of all of them: size and bytes of each */
};

/* Queues what may be asked of the node or done here later; answers QUEUED or an error. */
void transaction_queue(struct call *call);
/* EXEC: makes one request of what is queued; the node has room for it. False: answered already. */
bool transaction_execute(struct call *call);
/* False: too many are watched. */
bool transaction_watch(struct connection *connection, const void *key, size_t size);
/* Takes the revisions that the node answers of those keys: the size and the bytes of each. Keys
 * that the node has no answer for are not watched any more. */
void transaction_watched(struct connection *connection, const uint8_t *keys, size_t size,
                         const struct raftd_completion *completion);

/* Forgets commands and watched keys. */
void transaction_end(struct connection *connection);
/* Forgets watched keys. */
void transaction_unwatch(struct connection *connection);

#endif
