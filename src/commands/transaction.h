/*
 * The state of a connection's transaction: the keys that it watches, and the commands that MULTI
 * queued until EXEC makes one entry of the log of them. Owned by the connection's session; the
 * thread of its worker. Never asks the node and never writes a reply: transactions.c does.
 *
 * A watched key has the revision that it had when WATCH was answered. The state machine compares
 * the two revisions when it applies the entry, so that it does not matter who changed the key, on
 * which node, and who led meanwhile. What the node has to be asked for is put into the entry. What
 * a node answers by itself (PING, CLIENT ...) is carried out after the entry was applied, or, if
 * EXEC did nothing, not at all.
 */
#ifndef RAFTD_COMMANDS_TRANSACTION_H
#define RAFTD_COMMANDS_TRANSACTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "front/name_table.h"
#include "front/owed.h"
#include "resp/parser.h"

struct command;
struct raftd_completion;

enum { TRANSACTION_WATCHES_MAX = 4096, TRANSACTION_COMMANDS_MAX = 16384 };

struct watched_key {
    struct name_entry entry;
    bool known;       /* the node has answered WATCH for this key */
    int64_t revision; /* of the key then; 0 = there was no such key */
};

struct queued_command {
    const struct command *command;
    size_t offset; /* of its arguments in `arguments` */
    size_t count;  /* of its arguments */

    /* Set by EXEC. */
    bool on_node;           /* the node's answer has a part for this command */
    struct owed_reply owed; /* how that part becomes the reply */
    struct buffer reply;    /* if not on_node: what was answered while the request was made */
};

struct transaction {
    /* How many commands are queued, for CLIENT LIST on any thread; -1 = no transaction. Borrowed
     * from the connection. */
    atomic_int *shown_count;

    struct name_table watched; /* struct watched_key */
    bool open;                 /* MULTI was sent */
    bool failed;               /* a command could not be queued: EXEC refuses */
    struct queued_command *commands;
    size_t count, capacity;  /* of commands */
    struct buffer arguments; /* of all commands, one after the other: the size and the bytes */
};

/* MULTI. */
void transaction_begin(struct transaction *transaction);
/* Queues a command. False: there are too many, or more than bytes_max bytes of arguments; the
 * transaction has failed. */
bool transaction_queue(struct transaction *transaction, const struct command *command,
                       const struct resp_argument *arguments, size_t count, uint64_t bytes_max);
/* Fills in the arguments of a queued command, which borrow the transaction's bytes. */
void transaction_read(const struct transaction *transaction, const struct queued_command *queued,
                      struct resp_argument *arguments);
/* Forgets commands and watched keys. */
void transaction_end(struct transaction *transaction);

/* False: the connection watches too many keys already. */
bool transaction_watch(struct transaction *transaction, const void *key, size_t size);
/* Takes the revisions that the node answers of those keys: the size and the bytes of each. Keys
 * that the node has no answer for are not watched any more. */
void transaction_watched(struct transaction *transaction, const uint8_t *keys, size_t size,
                         const struct raftd_completion *completion);
/* Forgets the watched keys. */
void transaction_unwatch(struct transaction *transaction);

#endif
