/*
 * Replies of the key-value store being written: small values are gathered so that most replies
 * are one call of raftd_reply_write(). Used during one call of the state machine.
 */
#ifndef RAFTD_KV_REPLY_H
#define RAFTD_KV_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "kv/kv.h"

struct kv_reply {
    struct raftd_reply *target; /* NULL: nobody waits, nothing is written */
    uint64_t bulk_bytes;        /* written so far, of all bulks */
    size_t size_bytes;
    uint8_t bytes[256];
};

static inline void kv_reply_begin(struct kv_reply *reply, struct raftd_reply *target)
{
    reply->target = target;
    reply->bulk_bytes = 0;
    reply->size_bytes = 0;
}
/* Writes what was gathered. */
void kv_reply_end(struct kv_reply *reply);

void kv_reply_ok(struct kv_reply *reply);
void kv_reply_nil(struct kv_reply *reply);
void kv_reply_integer(struct kv_reply *reply, int64_t value);
/* Beyond KV_REPLY_BYTES_MAX in all, an error takes the place of the bulk. */
void kv_reply_bulk(struct kv_reply *reply, const void *data, size_t size);
void kv_reply_status(struct kv_reply *reply, const char *text);
void kv_reply_error(struct kv_reply *reply, const char *text);
void kv_reply_array(struct kv_reply *reply, size_t count);
void kv_reply_map(struct kv_reply *reply, size_t count); /* pairs */

#define KV_ERROR_TOO_LARGE                                                                         \
    "ERR the reply would be longer than 512 MiB; ask for fewer keys, or use SCAN in place of KEYS"
_Static_assert(KV_REPLY_BYTES_MAX == 512 << 20, "the text above names the limit");

/* How many bytes of a reply a bulk takes. */
static inline uint64_t kv_reply_bulk_bytes(size_t size)
{
    return 5 + (uint64_t)size;
}

#endif
