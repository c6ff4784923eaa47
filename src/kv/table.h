/*
 * The hash table of the key-value store: keys to items. Buckets are one cache line each: seven
 * items with a byte of each one's hash, so that a search touches one line and then, nearly always,
 * only the item it looks for. It grows and shrinks a bucket at a time and forgets all keys a
 * few at a time: no single call takes long, however many keys there are. One thread.
 */
#ifndef RAFTD_KV_TABLE_H
#define RAFTD_KV_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "kv/item.h"

struct kv_bucket;
struct kv_ruin;

/* An array of buckets, their number a power of two. Empty: buckets is NULL. */
struct kv_bucket_array {
    struct kv_bucket *buckets; /* aligned to a cache line inside memory */
    void *memory;
    size_t count;
};

struct kv_table {
    uint64_t hash_seed;
    size_t item_count;
    /*
     * Every item is in `current`, or while the table changes its size in `former`, whose
     * buckets below former_next have moved to `current` already.
     */
    struct kv_bucket_array current;
    struct kv_bucket_array former;
    size_t former_next;
    struct kv_ruin *ruins; /* arrays with items that nobody can reach any more, to be freed */
};

void kv_table_init(struct kv_table *table, uint64_t hash_seed);
void kv_table_free(struct kv_table *table); /* with all items */

uint64_t kv_table_hash(const struct kv_table *table, const void *key, size_t size);

/*
 * Where the pointer to the key's item is, or NULL. An item that moves is stored there by the
 * caller. Valid until the next insert, remove or tidy.
 */
struct kv_item **kv_table_find(struct kv_table *table, uint64_t hash, const void *key, size_t size);
/*
 * Hints for keys that are about to be looked for: first each one's bucket, then, once those have
 * arrived, the items in them, so that a batch waits for memory once and not once a key.
 */
void kv_table_prefetch_bucket(const struct kv_table *table, uint64_t hash);
void kv_table_prefetch_item(const struct kv_table *table, uint64_t hash);
/* Takes the item over; its key must not be in the table. */
void kv_table_insert(struct kv_table *table, uint64_t hash, struct kv_item *item);
/* Takes a key out; the caller frees the item. NULL if it is not there. */
struct kv_item *kv_table_remove(struct kv_table *table, uint64_t hash, const void *key,
                                size_t size);
/* Forgets all keys at once; their memory is freed by later calls of kv_table_tidy(). */
void kv_table_clear(struct kv_table *table);
/* Takes the keys of another table away, to forget them in the same way. */
void kv_table_discard(struct kv_table *table, struct kv_table *other);
/* Takes all keys out into a table of their own, with the same seed. */
struct kv_table kv_table_detach(struct kv_table *table);

/*
 * A bounded piece of what is left to do after growing, shrinking and clearing. Insert and remove
 * do one by themselves, so that the work keeps up with them.
 */
void kv_table_tidy(struct kv_table *table);
/* Whether nothing is left to do. */
bool kv_table_is_tidy(const struct kv_table *table);

typedef void kv_table_visitor(void *context, const struct kv_item *item);

/* Every item once, in no order. The visitor must not change the table. */
void kv_table_visit(const struct kv_table *table, kv_table_visitor *visit, void *context);
/*
 * Visits the items at a cursor and returns the next cursor; 0 starts and ends. A key that is in
 * the table from the start of such a scan to its end is visited at least once, whatever happens
 * to the table in between; any number is a usable cursor.
 */
uint64_t kv_table_scan(const struct kv_table *table, uint64_t cursor, kv_table_visitor *visit,
                       void *context);
/*
 * Where a hash stands in the order of such a scan, whatever the size of the table: a step from
 * `cursor` to `next` visits those from kv_table_order(cursor) up to, but without,
 * kv_table_order(next), and maybe some of before. It is its own inverse.
 */
uint64_t kv_table_order(uint64_t hash);

#endif
