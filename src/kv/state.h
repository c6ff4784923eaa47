/*
 * The inside of the key-value store: its state, and the operations by what they do to it.
 */
#ifndef RAFTD_KV_STATE_H
#define RAFTD_KV_STATE_H

#include <stdint.h>

#include "kv/deadlines.h"
#include "kv/kv.h"
#include "kv/reply.h"
#include "kv/request.h"
#include "kv/snapshot.h"
#include "kv/table.h"

struct kv {
    uint64_t hash_seed; /* never changes, so any thread may begin a restore with it */

    /* Replicated: the same on every node that applied the same entries. */
    struct kv_table table;
    struct kv_deadlines deadlines; /* of the items in the table */
    uint64_t index;                /* of the newest entry, the one being applied included */
    uint64_t time_ms;              /* cluster time at that entry: never falls */
    int64_t wall_offset_ms;        /* wall clock minus cluster time, see kv_set_wall_clock() */
    unsigned notify;               /* notify-keyspace-events, enum notify_flags */

    /* This node's own. */
    kv_observer *observer; /* NULL: nobody listens */
    void *observer_context;
    uint64_t last_tick_ms;
    uint64_t expired_count;
    uint64_t random; /* for RANDOMKEY */
    struct kv_snapshot snapshot;
};

/* The texts of Redis 7 that more than one operation needs. */
#define KV_ERROR_COUNT "ERR wrong number of arguments"
#define KV_ERROR_SYNTAX "ERR syntax error"
#define KV_ERROR_INTEGER "ERR value is not an integer or out of range"
#define KV_ERROR_TOO_LONG "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
#define KV_ERROR_UNREADABLE                                                                        \
    "ERR this version of raftd cannot read the request; run one version of raftd on all nodes"
#define KV_ERROR_NO_KEY "ERR no such key"

/* A search for a key, made once for finding and inserting. */
struct kv_key {
    const void *data;
    size_t size_bytes;
    uint64_t hash;
};

static inline struct kv_key kv_key_make(const struct kv_table *table, struct kv_argument argument)
{
    return (struct kv_key){.data = argument.data,
                           .size_bytes = argument.size_bytes,
                           .hash = kv_table_hash(table, argument.data, argument.size_bytes)};
}

/* A key that was looked for by a command. */
struct kv_found {
    struct kv_key key;
    struct kv_item **place; /* NULL: there is no such key */
};

static inline const struct kv_item *kv_found_item(const struct kv_found *found)
{
    return found->place != NULL ? *found->place : NULL;
}
static inline size_t kv_found_size(const struct kv_found *found)
{
    return found->place != NULL ? (*found->place)->value_size_bytes : 0;
}

/* ---- keyspace.c: keys for commands; whatever changes one passes through here ---------------- */

/* Looks for a key; one whose time has come is removed first, so that it is not found. */
struct kv_found kv_find(struct kv *kv, struct kv_argument key);
/* The same for the request's next argument. */
struct kv_found kv_find_next(struct kv *kv, struct kv_request *request);

/*
 * These leave the deadline as it is and return the item as it is now; sizes are checked by the
 * caller, and `found` is of no use afterwards.
 */

/* Gives the key, which may be new, a value. */
struct kv_item *kv_put(struct kv *kv, const struct kv_found *found, const void *value, size_t size);
/* Makes the value at least so long, with zeros, and overwrites a part of it. */
struct kv_item *kv_write(struct kv *kv, const struct kv_found *found, size_t offset,
                         const void *data, size_t size);

/* Changes the deadline of the key's item. */
void kv_set_deadline(struct kv *kv, const struct kv_key *key, struct kv_item *item,
                     uint64_t deadline_ms);
uint64_t kv_deadline(const struct kv *kv, const struct kv_item *item);

/* Takes a key out that is there; the caller frees the item. */
struct kv_item *kv_take(struct kv *kv, const struct kv_key *key);
/* The two with which most changes end, and their events: the key has this value, and no other
 * deadline than this one; */
void kv_set(struct kv *kv, const struct kv_found *found, struct kv_argument value,
            uint64_t deadline_ms);
/* a key that is there is deleted. */
void kv_delete(struct kv *kv, const struct kv_key *key);
/* Forgets all keys. */
void kv_clear(struct kv *kv);

/* Whether an item can be as large as that; answers with an error if not. */
bool kv_check_size(size_t key_size, uint64_t value_size, struct kv_reply *reply);

/* The item of the key that is a query's next argument, or NULL: also if its time has come. */
const struct kv_item *kv_next_item(struct kv *kv, struct kv_request *request);
static inline bool kv_is_gone(const struct kv *kv, const struct kv_item *item)
{
    return item->deadline_place != 0 && kv_deadline(kv, item) <= kv->time_ms;
}

/* A bulk with the value, or nil. */
void kv_answer_item(struct kv_reply *reply, const struct kv_item *item);
bool kv_value_equals(const struct kv_item *item, struct kv_argument value);

/* ---- expire.c ------------------------------------------------------------------------------- */

/* Removes at most `limit` keys whose time has come, the oldest first. */
void kv_remove_due(struct kv *kv, size_t limit);
/* The wall clock at the entry that is applied: how absolute times are understood. */
void kv_set_wall_clock(struct kv *kv, uint64_t wall_ms);
/* Whether a snapshot may say that the wall clock is that far from cluster time. */
bool kv_wall_offset_is_possible(int64_t offset_ms);
/* Reads unit and amount; answers with Redis's error, and false, where they are no expiry. */
bool kv_next_expiry(struct kv *kv, struct kv_request *request, uint64_t *deadline_ms,
                    struct kv_reply *reply);

/* ---- events.c ------------------------------------------------------------------------------- */

/* Tells whoever listens that something happened to a key. */
void kv_notify(struct kv *kv, enum kv_event_class event_class, const char *name, const void *key,
               size_t key_size);
void kv_notify_key(struct kv *kv, enum kv_event_class event_class, const char *name,
                   const struct kv_key *key);
/* Sends a message to a channel; returns how many on this node get it. */
int64_t kv_publish(struct kv *kv, struct kv_argument channel, struct kv_argument message,
                   uint8_t flags);
/* That events were lost. */
void kv_notify_lost(struct kv *kv);
/* Whether a snapshot may say that these are wanted. */
bool kv_notify_known(unsigned flags);

/* ---- the operations ------------------------------------------------------------------------- */

/*
 * These carry out one operation, and answer it once, whatever its bytes are. A command changes the
 * state on every node alike; its answer depends on nothing else than the state and its bytes.
 *
 * Carries out what an entry of the log holds: a transaction or a command.
 */
void kv_execute(struct kv *kv, struct kv_request *request, struct kv_reply *reply);
/* A command, but for KV_EXEC: to kv_command() there is no such operation. */
void kv_command(struct kv *kv, struct kv_request *request, struct kv_reply *reply);
/* time_ms: what time it is for a TTL. */
void kv_query(struct kv *kv, struct kv_request *request, uint64_t time_ms, struct kv_reply *reply);

/*
 * Whether a request has as many arguments, and only such flags, as the table of operations says;
 * answers with an error if not. The operation has to be in the table.
 */
bool kv_request_fits(const struct kv_request *request, struct kv_reply *reply);

typedef void kv_command_function(struct kv *kv, struct kv_request *request, struct kv_reply *reply);
typedef void kv_query_function(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                               struct kv_reply *reply);

kv_command_function kv_command_set, kv_command_mset, kv_command_incrby, kv_command_incrbyfloat,
    kv_command_append, kv_command_setrange, kv_command_setbit;
kv_command_function kv_command_del, kv_command_getdel, kv_command_delif, kv_command_flush,
    kv_command_rename, kv_command_copy;
kv_command_function kv_command_expire, kv_command_persist, kv_command_getex;
kv_command_function kv_command_lock, kv_command_unlock, kv_command_lock_renew;
kv_command_function kv_command_publish, kv_command_config_set;

kv_query_function kv_query_getbit, kv_query_bitcount, kv_query_lcs, kv_query_ttl;
kv_query_function kv_query_keys, kv_query_scan, kv_query_randomkey, kv_query_digest;
kv_query_function kv_query_config_get, kv_query_lock_count;

#endif
