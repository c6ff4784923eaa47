/*
 * The one table of commands: name, arity, flags, keys, documentation and what runs it. Dispatch,
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
    COMMAND_LOADING = 1 << 3, /* answered also while the node is not ready */
    COMMAND_STALE = 1 << 4,   /* says nothing about the data */
    COMMAND_FAST = 1 << 5,
    COMMAND_PUBSUB = 1 << 7,
    COMMAND_NO_MULTI = 1 << 8,     /* not inside a transaction */
    COMMAND_SUBSCRIBED = 1 << 9,   /* also on a RESP2 connection with subscriptions */
    COMMAND_AT_ONCE = 1 << 10,     /* not queued by MULTI */
    COMMAND_MOVABLE_KEYS = 1 << 6, /* "numkeys key ..." from the second argument on */
    /* EXEC: carries out, once, what MULTI queued; if it is refused, all of that is forgotten. */
    COMMAND_RUNS_QUEUE = 1 << 11,
    /* Neither a read nor a change, but inside a transaction it may ask the node as they do. */
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

/* When a command may start, and who answers it. */
enum command_kind {
    COMMAND_IS_LOCAL,   /* here and at once: its answer depends on nothing before it */
    COMMAND_IS_BARRIER, /* here, once everything before it on the connection is answered */
    COMMAND_IS_READ,    /* the node; not while changes before it are under way */
    COMMAND_IS_CHANGE,  /* the node; not while reads before it are under way */
};

struct command {
    const char *name;      /* lower case; a subcommand's own, without its container's */
    const char *full_name; /* "client|id" of a subcommand; else the name */
    int arity;             /* with the name(s); negative: at least that many */
    enum command_kind kind;
    int flags;
    int categories;
    int first_key, last_key, key_step; /* 0 = no keys */
    const char *key_access;            /* of COMMAND's key specification, words: "RO access" */
    /*
     * Answers into call->reply and returns false; or fills in what the node is to be asked and
     * returns true, without any other effect, since it may have to be called again. NULL: asks
     * the node for `operation` with the arguments as they are; a container: nothing of its own.
     */
    bool (*run)(struct call *call);
    enum kv_operation operation;
    uint8_t operation_flags;           /* for it, where run is NULL; others as they like */
    const struct command *subcommands; /* ends with a NULL name */
    const char *container;             /* of a subcommand: its name */

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
/* In whatever case; NULL: there is none. */
const struct command *command_find(const void *name, size_t size);
const struct command *command_find_sub(const struct command *container, const void *name,
                                       size_t size);
/* "get", "client|id": also with a container in front. NULL: there is none. */
const struct command *command_find_full(const void *name, size_t size);
bool command_takes(const struct command *command, size_t count);

/* "SET key value [NX | XX] [GET]", in capitals, appended without a NUL. */
void command_write_synopsis(const struct command *command, struct buffer *text);

#endif
