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

/* docs.c */
bool run_command(struct call *call);
bool run_command_count(struct call *call);
bool run_command_docs(struct call *call);
bool run_command_getkeys(struct call *call);
bool run_command_info(struct call *call);
bool run_command_list(struct call *call);

/* cluster.c */
bool run_cluster_countkeysinslot(struct call *call);
bool run_cluster_info(struct call *call);
bool run_cluster_keyslot(struct call *call);
bool run_cluster_myid(struct call *call);
bool run_cluster_nodes(struct call *call);
bool run_cluster_shards(struct call *call);
bool run_cluster_slots(struct call *call);
bool run_readonly(struct call *call);
bool run_readwrite(struct call *call);
bool run_role(struct call *call);

/* sentinel.c */
bool run_sentinel_ckquorum(struct call *call);
bool run_sentinel_master(struct call *call);
bool run_sentinel_master_address(struct call *call);
bool run_sentinel_masters(struct call *call);
bool run_sentinel_replicas(struct call *call);
bool run_sentinel_sentinels(struct call *call);

/* scripts.c */
enum { SCRIPT_READ_ONLY = 1 }; /* operation_flags of EVAL_RO */
bool run_eval(struct call *call);
bool run_evalsha(struct call *call);
bool run_script_exists(struct call *call);
bool run_script_flush(struct call *call);
bool run_script_load(struct call *call);

/* transactions.c */
bool run_discard(struct call *call);
bool run_exec(struct call *call);
bool run_multi(struct call *call);
bool run_unwatch(struct call *call);
bool run_watch(struct call *call);

/* connection.c */
bool run_echo(struct call *call);
bool run_hello(struct call *call);
bool run_ping(struct call *call);
bool run_quit(struct call *call);
bool run_reset(struct call *call);
bool run_select(struct call *call);

/* client.c */
bool run_client_getname(struct call *call);
bool run_client_getredir(struct call *call);
bool run_client_id(struct call *call);
bool run_client_info(struct call *call);
bool run_client_list(struct call *call);
bool run_client_on_off(struct call *call);
bool run_client_reply(struct call *call);
bool run_client_setinfo(struct call *call);
bool run_client_setname(struct call *call);
bool run_client_tracking(struct call *call);

/* strings.c */
bool run_delex(struct call *call);
bool run_delifeq(struct call *call);
bool run_lcs(struct call *call);
bool run_decr(struct call *call);
bool run_decrby(struct call *call);
bool run_getex(struct call *call);
bool run_getset(struct call *call);
bool run_incr(struct call *call);
bool run_mset(struct call *call);
bool run_set(struct call *call);
bool run_setex(struct call *call);
bool run_setnx(struct call *call);

/* server.c */
bool run_flush(struct call *call);
bool run_time(struct call *call);

/* expire.c */
bool run_expire(struct call *call);

/* keys.c */
bool run_copy(struct call *call);
bool run_object_encoding(struct call *call);
bool run_object_freq(struct call *call);
bool run_object_idletime(struct call *call);
bool run_object_refcount(struct call *call);
bool run_wait(struct call *call);

/* info.c */
bool run_config_get(struct call *call);
bool run_config_set(struct call *call);
bool run_info(struct call *call);

/* members.c */
bool run_raft_member(struct call *call);
bool run_raft_handover(struct call *call);

/* pubsub.c */
bool run_psubscribe(struct call *call);
bool run_pubsub_channels(struct call *call);
bool run_pubsub_numpat(struct call *call);
bool run_pubsub_numsub(struct call *call);
bool run_punsubscribe(struct call *call);
bool run_subscribe(struct call *call);
bool run_unsubscribe(struct call *call);

/* raft.c */
bool run_raft_members(struct call *call);
bool run_raft_ready(struct call *call);
bool run_raft_backup(struct call *call);
bool run_raft_snapshot(struct call *call);
bool run_raft_consistency(struct call *call);
bool run_raft_digest(struct call *call);
bool run_raft_status(struct call *call);

/* command.c: the HELP of every container, made from its subcommands. */
bool run_help(struct call *call);

#endif
