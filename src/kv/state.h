/*
 * The inside of the key-value store: its state, and the operations by what they do to it.
 */
#ifndef RAFTD_KV_STATE_H
#define RAFTD_KV_STATE_H

#include <stdint.h>

#include "kv/kv.h"
#include "kv/reply.h"
#include "kv/request.h"
#include "kv/table.h"

struct kv {
    struct kv_table table;
};

/* The texts of Redis 7 that more than one operation needs. */
#define KV_ERROR_SYNTAX "ERR syntax error"
#define KV_ERROR_INTEGER "ERR value is not an integer or out of range"
#define KV_ERROR_TOO_LONG "ERR string exceeds maximum allowed size (proto-max-bulk-len)"

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

static inline struct kv_item **kv_key_find(struct kv_table *table, const struct kv_key *key)
{
    return kv_table_find(table, key->hash, key->data, key->size_bytes);
}

/* The item of the key that is the request's next argument, or NULL. */
static inline const struct kv_item *kv_next_item(struct kv *kv, struct kv_request *request)
{
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_item **place = kv_key_find(&kv->table, &key);

    return place != NULL ? *place : NULL;
}

/*
 * Carries out one operation, and answers it once, whatever its bytes are. A command changes the
 * state on every node alike; its answer depends on nothing else than the state and its bytes.
 */
void kv_command(struct kv *kv, struct kv_request *request, uint64_t index, struct kv_reply *reply);
void kv_query(struct kv *kv, struct kv_request *request, struct kv_reply *reply);

/* Whether an operation takes that many arguments, and flags at all. */
struct kv_shape {
    uint32_t count_min;
    uint32_t count_max; /* UINT32_MAX: any number */
    uint8_t flags;      /* those that it knows */
};
/* Answers with an error, and false, where a request does not have the shape. */
bool kv_shape_check(const struct kv_shape *shape, const struct kv_request *request,
                    struct kv_reply *reply);

#endif
