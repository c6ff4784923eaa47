/*
 * One key with its value. Pure.
 */
#include "kv/item.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "kv/kv.h"

/* An item that grows is given at most this much more than it needs. */
#define ROOM_BYTES_MAX (1u << 20)

/* Values up to this size stay where they are when a shorter one replaces them. */
#define IDLE_BYTES_IGNORED 64

/*
 * The size to ask for: malloc implementations hand out blocks of 16n + 8 bytes here, and what
 * would be lost behind the value makes a value that grows a little stay in place.
 */
static size_t item_bytes(size_t key_size, size_t value_size)
{
    size_t size = offsetof(struct kv_item, bytes) + key_size + value_size;

    size = (size + 7) / 16 * 16 + 8;
    return size < sizeof(struct kv_item) ? sizeof(struct kv_item) : size;
}

static uint32_t item_capacity(size_t item_size, size_t key_size)
{
    return (uint32_t)(item_size - offsetof(struct kv_item, bytes) - key_size);
}

struct kv_item *kv_item_create(const void *key, size_t key_size, const void *value,
                               size_t value_size, uint64_t revision)
{
    size_t size = item_bytes(key_size, value_size);
    struct kv_item *item = memory_allocate(size);

    ASSERT(key_size <= KV_VALUE_BYTES_MAX && value_size <= KV_VALUE_BYTES_MAX);
    item->revision = revision;
    item->key_size_bytes = (uint32_t)key_size;
    item->value_size_bytes = (uint32_t)value_size;
    item->value_capacity_bytes = item_capacity(size, key_size);
    item->deadline_place = 0;
    if (key != NULL && key_size > 0) {
        memcpy(item->bytes, key, key_size);
    }
    if (value != NULL && value_size > 0) {
        memcpy(item->bytes + key_size, value, value_size);
    }
    return item;
}

void kv_item_free(struct kv_item *item)
{
    memory_free(item);
}

static struct kv_item *item_resize(struct kv_item *item, size_t capacity)
{
    size_t size = item_bytes(item->key_size_bytes, capacity);

    item = memory_resize(item, size);
    item->value_capacity_bytes = item_capacity(size, item->key_size_bytes);
    return item;
}

struct kv_item *kv_item_assign(struct kv_item *item, const void *value, size_t value_size)
{
    size_t capacity = item->value_capacity_bytes;
    bool idle = capacity > IDLE_BYTES_IGNORED && value_size < capacity / 2;

    ASSERT(value_size <= KV_VALUE_BYTES_MAX);
    if (value_size > capacity || idle) {
        item = item_resize(item, value_size);
    }
    item->value_size_bytes = (uint32_t)value_size;
    kv_item_write(item, 0, value, value_size);
    return item;
}

struct kv_item *kv_item_extend(struct kv_item *item, size_t value_size)
{
    size_t old_size = item->value_size_bytes;

    ASSERT(value_size >= old_size && value_size <= KV_VALUE_BYTES_MAX);
    if (value_size > item->value_capacity_bytes) {
        size_t room = value_size / 2 < ROOM_BYTES_MAX ? value_size / 2 : ROOM_BYTES_MAX;
        item = item_resize(item, value_size + room);
    }
    memset(item->bytes + item->key_size_bytes + old_size, 0, value_size - old_size);
    item->value_size_bytes = (uint32_t)value_size;
    return item;
}

void kv_item_write(struct kv_item *item, size_t offset, const void *data, size_t size)
{
    ASSERT(offset <= item->value_size_bytes && size <= item->value_size_bytes - offset);
    if (size > 0) {
        memcpy(item->bytes + item->key_size_bytes + offset, data, size);
    }
}

uint64_t kv_item_digest(const struct kv_item *item, uint64_t deadline_ms)
{
    uint8_t seeds[16];
    uint64_t key;

    store_u64(seeds, item->revision);
    store_u64(seeds + 8, deadline_ms);
    key = checksum(checksum(0, seeds, sizeof(seeds)), kv_item_key(item), item->key_size_bytes);
    return checksum(key, kv_item_value(item), item->value_size_bytes);
}
