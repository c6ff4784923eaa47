/*
 * The hash table of names (name_table.h): chains, whose number doubles when there are as many
 * names. The hash starts with a random number of this process, so that no client can choose names
 * that all fall into one chain.
 */
#include "front/name_table.h"

#include <pthread.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sys/clock.h"

enum { BUCKETS_FIRST = 16 };

static uint64_t seed;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    seed = random_u64();
}

static uint64_t hash_of(const uint8_t *name, size_t size)
{
    uint64_t hash;

    pthread_once(&seed_once, make_seed);
    hash = seed;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ name[i]) * UINT64_C(0x100000001b3);
    }
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static struct name_entry **bucket_of(const struct name_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

struct name_entry *name_table_find(const struct name_table *table, const void *name, size_t size)
{
    uint64_t hash;

    if (table->count == 0) {
        return NULL;
    }
    hash = hash_of(name, size);
    for (struct name_entry *entry = *bucket_of(table, hash); entry != NULL; entry = entry->next) {
        if (entry->hash == hash && entry->name_bytes == size &&
            (size == 0 || memcmp(entry->name, name, size) == 0)) {
            return entry;
        }
    }
    return NULL;
}

static void grow(struct name_table *table)
{
    struct name_table grown = {
        .bucket_count = table->bucket_count == 0 ? BUCKETS_FIRST : table->bucket_count * 2,
        .count = table->count,
    };

    grown.buckets = memory_allocate_zeroed(grown.bucket_count, sizeof(struct name_entry *));
    for (size_t i = 0; i < table->bucket_count; i++) {
        struct name_entry *entry = table->buckets[i];

        while (entry != NULL) {
            struct name_entry *next = entry->next;
            struct name_entry **bucket = bucket_of(&grown, entry->hash);

            entry->next = *bucket;
            *bucket = entry;
            entry = next;
        }
    }
    memory_free(table->buckets);
    *table = grown;
}

struct name_entry *name_table_add(struct name_table *table, const void *name, size_t size,
                                  size_t entry_bytes)
{
    struct name_entry *entry = memory_allocate(entry_bytes + size);
    struct name_entry **bucket;

    ASSERT(entry_bytes >= sizeof(*entry));
    if (table->count >= table->bucket_count) {
        grow(table);
    }
    memset(entry, 0, entry_bytes);
    entry->hash = hash_of(name, size);
    entry->name = (uint8_t *)entry + entry_bytes;
    entry->name_bytes = size;
    if (size > 0) {
        memcpy(entry->name, name, size);
    }
    bucket = bucket_of(table, entry->hash);
    entry->next = *bucket;
    *bucket = entry;
    table->count++;
    return entry;
}

void name_table_remove(struct name_table *table, struct name_entry *entry)
{
    struct name_entry **place = bucket_of(table, entry->hash);

    while (*place != entry) {
        ASSERT(*place != NULL);
        place = &(*place)->next;
    }
    *place = entry->next;
    memory_free(entry);
    if (--table->count == 0) {
        name_table_free(table);
    }
}

struct name_entry *name_table_next(const struct name_table *table, const struct name_entry *entry)
{
    size_t bucket = 0;

    if (entry != NULL) {
        if (entry->next != NULL) {
            return entry->next;
        }
        bucket = (entry->hash & (table->bucket_count - 1)) + 1;
    }
    for (; bucket < table->bucket_count; bucket++) {
        if (table->buckets[bucket] != NULL) {
            return table->buckets[bucket];
        }
    }
    return NULL;
}

void name_table_free(struct name_table *table)
{
    for (size_t i = 0; i < table->bucket_count; i++) {
        struct name_entry *entry = table->buckets[i];

        while (entry != NULL) {
            struct name_entry *next = entry->next;

            memory_free(entry);
            entry = next;
        }
    }
    memory_free(table->buckets);
    *table = (struct name_table){0};
}
