/*
 * Which key is gone when: a heap over the items that have a time to live, by deadline and, where
 * deadlines are equal, by what the key is, so that every node comes to the same order. An item
 * knows its place in the heap and the heap the item's address. 24 bytes an item, in
 * blocks, so that no call copies much. One thread.
 */
#ifndef RAFTD_KV_DEADLINES_H
#define RAFTD_KV_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#include "kv/item.h"

/* The deadline of a key that has none. */
#define KV_NO_DEADLINE UINT64_MAX

struct kv_deadline {
    uint64_t deadline_ms; /* cluster time */
    uint64_t tie;         /* a hash of the key, the same on every node */
    struct kv_item *item;
};

/* Zero-initialised is empty and valid. */
struct kv_deadlines {
    struct kv_deadline **blocks; /* owned, as is each of them */
    size_t block_count;
    size_t block_capacity;
    size_t count;
    uint64_t sum_ms; /* of all deadlines, each cut off at DEADLINE_COUNTED_MAX, modulo 2^64 */
};

void kv_deadlines_free(struct kv_deadlines *deadlines);

/* Gives an item a deadline, or another one; KV_NO_DEADLINE takes it away. */
void kv_deadlines_set(struct kv_deadlines *deadlines, struct kv_item *item, uint64_t deadline_ms);
uint64_t kv_deadlines_get(const struct kv_deadlines *deadlines, const struct kv_item *item);
/* The item is at another address than before: called whenever that may be so. */
void kv_deadlines_moved(struct kv_deadlines *deadlines, struct kv_item *item);
/* The one that is due next; NULL if there is none. Valid until the next change. */
const struct kv_deadline *kv_deadlines_first(const struct kv_deadlines *deadlines);
/* How far the deadlines are from now on average, 0 for those that have passed. */
uint64_t kv_deadlines_average_ms(const struct kv_deadlines *deadlines, uint64_t now_ms);

#endif
