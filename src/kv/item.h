/*
 * One key with its value: a single allocation. Owned by the table that holds it. Pure.
 */
#ifndef RAFTD_KV_ITEM_H
#define RAFTD_KV_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kv_item {
    uint64_t revision; /* log index of the entry that last wrote it or its deadline */
    uint32_t key_size_bytes;
    uint32_t value_size_bytes;
    uint32_t value_capacity_bytes; /* >= value_size_bytes */
    uint32_t deadline_place;       /* of kv/deadlines; 0: lives for ever */
    uint8_t bytes[];               /* the key, then the value, then what is free */
};

static inline const uint8_t *kv_item_key(const struct kv_item *item)
{
    return item->bytes;
}

static inline const uint8_t *kv_item_value(const struct kv_item *item)
{
    return item->bytes + item->key_size_bytes;
}

/*
 * A new item with a copy of key and value; NULL leaves them for the caller to fill in. Sizes are
 * within KV_VALUE_BYTES_MAX.
 */
struct kv_item *kv_item_create(const void *key, size_t key_size, const void *value,
                               size_t value_size, uint64_t revision);
void kv_item_free(struct kv_item *item);

/* These may move the item: they return where it is now. */

/* Replaces the value; gives memory back where most of it would lie idle. */
struct kv_item *kv_item_assign(struct kv_item *item, const void *value, size_t value_size);
/*
 * Makes the value value_size long; what is new of it is zero. It is taken to grow again, so room
 * is kept: n bytes appended one by one are copied O(n) times in total.
 */
struct kv_item *kv_item_extend(struct kv_item *item, size_t value_size);
/* Overwrites a part of the value as it is. */
void kv_item_write(struct kv_item *item, size_t offset, const void *data, size_t size);

/* What the item and its deadline add to the digest of the state. */
uint64_t kv_item_digest(const struct kv_item *item, uint64_t deadline_ms);

#endif
