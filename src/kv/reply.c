/*
 * Replies of the key-value store: writing and reading their encoding.
 */
#include "kv/reply.h"

#include <string.h>

#include "base/assert.h"

void kv_reply_end(struct kv_reply *reply)
{
    if (reply->target != NULL && reply->size_bytes > 0) {
        raftd_reply_write(reply->target, reply->bytes, reply->size_bytes);
    }
    reply->size_bytes = 0;
}

/* Room for some bytes; NULL if nobody waits for them. */
static uint8_t *reply_extend(struct kv_reply *reply, size_t size)
{
    uint8_t *place;

    if (reply->target == NULL) {
        return NULL;
    }
    ASSERT(size <= sizeof(reply->bytes));
    if (size > sizeof(reply->bytes) - reply->size_bytes) {
        kv_reply_end(reply);
    }
    place = reply->bytes + reply->size_bytes;
    reply->size_bytes += size;
    return place;
}

static void reply_bytes(struct kv_reply *reply, uint8_t type, const void *data, size_t size)
{
    bool small = size <= sizeof(reply->bytes) - 5;
    uint8_t *place = reply_extend(reply, small ? 5 + size : 5);

    if (place == NULL) {
        return;
    }
    ASSERT(size <= UINT32_MAX);
    place[0] = type;
    store_u32(place + 1, (uint32_t)size);
    if (!small) {
        kv_reply_end(reply);
        raftd_reply_write(reply->target, data, size);
    } else if (size > 0) {
        memcpy(place + 5, data, size);
    }
}

static void reply_type(struct kv_reply *reply, uint8_t type)
{
    uint8_t *place = reply_extend(reply, 1);

    if (place != NULL) {
        place[0] = type;
    }
}

void kv_reply_ok(struct kv_reply *reply)
{
    reply_type(reply, KV_REPLY_OK);
}

void kv_reply_nil(struct kv_reply *reply)
{
    reply_type(reply, KV_REPLY_NIL);
}

void kv_reply_integer(struct kv_reply *reply, int64_t value)
{
    uint8_t *place = reply_extend(reply, 9);

    if (place != NULL) {
        place[0] = KV_REPLY_INTEGER;
        store_u64(place + 1, (uint64_t)value);
    }
}

void kv_reply_bulk(struct kv_reply *reply, const void *data, size_t size)
{
    if (reply->bulk_bytes + kv_reply_bulk_bytes(size) > KV_REPLY_BYTES_MAX) {
        kv_reply_error(reply, KV_ERROR_TOO_LARGE);
        return;
    }
    reply->bulk_bytes += kv_reply_bulk_bytes(size);
    reply_bytes(reply, KV_REPLY_BULK, data, size);
}

void kv_reply_status(struct kv_reply *reply, const char *text)
{
    reply_bytes(reply, KV_REPLY_STATUS, text, strlen(text));
}

void kv_reply_error(struct kv_reply *reply, const char *text)
{
    reply_bytes(reply, KV_REPLY_ERROR, text, strlen(text));
}

static void reply_count(struct kv_reply *reply, enum kv_reply_type type, size_t count)
{
    uint8_t *place = reply_extend(reply, 5);

    if (place != NULL) {
        ASSERT(count <= UINT32_MAX);
        place[0] = (uint8_t)type;
        store_u32(place + 1, (uint32_t)count);
    }
}

void kv_reply_array(struct kv_reply *reply, size_t count)
{
    reply_count(reply, KV_REPLY_ARRAY, count);
}

void kv_reply_map(struct kv_reply *reply, size_t count)
{
    reply_count(reply, KV_REPLY_MAP, count);
}

bool kv_reply_next(struct reader *reader, struct kv_reply_value *value)
{
    uint8_t type = reader_u8(reader);

    *value = (struct kv_reply_value){.type = (enum kv_reply_type)type};
    switch (type) {
    case KV_REPLY_OK:
    case KV_REPLY_NIL:
        break;
    case KV_REPLY_INTEGER:
        value->integer = (int64_t)reader_u64(reader);
        break;
    case KV_REPLY_ARRAY:
    case KV_REPLY_MAP:
        value->integer = reader_u32(reader);
        break;
    case KV_REPLY_BULK:
    case KV_REPLY_STATUS:
    case KV_REPLY_ERROR:
        value->size_bytes = reader_u32(reader);
        value->data = reader_bytes(reader, value->size_bytes);
        break;
    default:
        return false;
    }
    return !reader->failed;
}
