/*
 * The one table of commands: name, arity, flags, keys, documentation and function. Dispatch,
 * COMMAND, COMMAND DOCS and the list in raftd-commands(7) all read it. Immutable; any thread.
 */
#ifndef RAFTD_COMMANDS_COMMAND_H
#define RAFTD_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "kv/kv.h"

struct call;

enum command_flags {
    COMMAND_WRITE = 1 << 0,
    COMMAND_READONLY = 1 << 1,
    COMMAND_ADMIN = 1 << 2,
    COMMAND_LOADING = 1 << 3, /* allowed also while the node is not ready */
    COMMAND_STALE = 1 << 4,   /* the reply does not depend on the data */
    COMMAND_FAST = 1 << 5,
    COMMAND_PUBSUB = 1 << 7,
    COMMAND_NO_MULTI = 1 << 8,     /* not allowed inside a transaction */
    COMMAND_SUBSCRIBED = 1 << 9,   /* allowed also on a RESP2 connection with subscriptions */
    COMMAND_AT_ONCE = 1 << 10,     /* carried out at once after MULTI, not queued */
    COMMAND_MOVABLE_KEYS = 1 << 6, /* "numkeys key ..." from the second argument on */
    /* Only EXEC: it carries out the queued commands. If it is refused, they are dropped. */
    COMMAND_RUNS_QUEUE = 1 << 11,
    /* Neither a read nor a change, but inside a transaction it may ask the node, as these do. */
    COMMAND_ASKS_INSIDE = 1 << 12,
};

/* Groups of commands that do not follow from the flags. */
enum command_category {
    CATEGORY_KEYSPACE = 1 << 0,
    CATEGORY_STRING = 1 << 1,
    CATEGORY_CONNECTION = 1 << 2,
    CATEGORY_DANGEROUS = 1 << 3,
    CATEGORY_BITMAP = 1 << 4,
    CATEGORY_PUBSUB = 1 << 5,
    CATEGORY_TRANSACTION = 1 << 6,
    CATEGORY_SCRIPTING = 1 << 7,
    CATEGORY_HASH = 1 << 8,
};

/* When a command may start, and whether this worker or the node answers it. */
enum command_kind {
    COMMAND_IS_LOCAL,   /* the worker, at once: the answer does not depend on earlier commands */
    COMMAND_IS_BARRIER, /* the worker, when all earlier commands of the connection are answered */
    COMMAND_IS_READ,    /* the node; waits for earlier changes of the connection */
    COMMAND_IS_CHANGE,  /* the node; waits for earlier reads of the connection */
};

struct command {
    const char *name;      /* in lower case; of a subcommand: without its container */
    const char *full_name; /* of a subcommand: "client|id"; else equal to name */
    int arity;             /* number of words, names included; negative: at least so many */
    enum command_kind kind;
    int flags;
    int categories;
    int first_key, last_key, key_step; /* 0 = no keys */
    const char *key_access;            /* flags in COMMAND's key specification: "RO access" */
    /*
     * Writes the answer into call->reply and returns false. Or fills in the request to the node and
     * returns true; then it has no other effect, because it may be called again for the same
     * command. NULL: the node is asked for `operation`, with the arguments as they are. A container
     * has neither of them.
     */
    bool (*run)(struct call *call);
    enum kv_operation operation;
    uint8_t operation_flags;           /* flags of `operation`; or a number for run */
    const struct command *subcommands; /* the last one has the name NULL; NULL = no container */
    const char *container;             /* name of the container; NULL = no subcommand */

    const char *group;
    const char *summary;
    const char *complexity;
    const char *syntax; /* see commands/syntax.h; NULL: no arguments */
};

/* Makes the list of all commands and its index; once per process, before anything below. Any
 * thread. */
void command_table_prepare(void);
/* All commands, ascending by name. */
size_t command_count(void);
const struct command *command_at(size_t place);
/* Find a command by its name, in any case. NULL: there is no such command. */
const struct command *command_find(const void *name, size_t size);
const struct command *command_find_sub(const struct command *container, const void *name,
                                       size_t size);
/* The same for a full name, such as "get" or "client|id". */
const struct command *command_find_full(const void *name, size_t size);
bool command_takes(const struct command *command, size_t count);

/* Appends the synopsis, such as "SET key value [NX | XX] [GET]", without a NUL. */
void command_write_synopsis(const struct command *command, struct buffer *text);

#endif
