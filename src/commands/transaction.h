/*
 * The state of a connection's transaction: the keys that it watches, and the commands that MULTI
 * queued until EXEC makes one entry of the log of them. Owned by the connection's session; the
 * thread of its worker. Never asks the node and never writes a reply: transactions.c does.
 *
 * A watched key has the revision that it had when WATCH was answered. The state machine compares
 * the two revisions when it applies the entry, so it does not matter which client changed the key,
 * on which node, and which node led in the meantime. Commands that the state machine answers are
 * put into the entry. Commands that a node answers by itself (PING, CLIENT ...) are carried out
 * after the entry was applied; if EXEC did nothing, they are not carried out.
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
    bool known;       /* whether the node has answered WATCH for this key */
    int64_t revision; /* revision of the key at that time; 0 = there was no such key */
};

struct queued_command {
    const struct command *command;
    size_t offset; /* where its arguments begin in `arguments` */
    size_t count;  /* number of its arguments */

    /* Set by EXEC. */
    bool on_node;           /* whether the node's answer has a part for this command */
    struct owed_reply owed; /* how that part becomes the reply */
    struct buffer reply;    /* not on_node: the reply, written while the request was made */
};

struct transaction {
    /* How many commands are queued, for CLIENT LIST on any thread; -1 = no transaction. Borrowed
     * from the connection. */
    atomic_int *shown_count;

    struct name_table watched; /* struct watched_key */
    bool open;                 /* whether MULTI was sent */
    bool failed;               /* whether a command could not be queued; then EXEC is refused */
    struct queued_command *commands;
    size_t count, capacity;  /* of the array `commands`, in elements */
    struct buffer arguments; /* arguments of all commands, one after the other: the size and the
                                bytes */
};

/* Begins a transaction (MULTI). */
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
/* Stores the revisions of these keys from the answer of the node. `keys` contains the size and the
 * bytes of each key. Keys for which the answer has no revision are no longer watched. */
void transaction_watched(struct transaction *transaction, const uint8_t *keys, size_t size,
                         const struct raftd_completion *completion);
/* Forgets the watched keys. */
void transaction_unwatch(struct transaction *transaction);

#endif
