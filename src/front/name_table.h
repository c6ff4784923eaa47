/*
 * A hash table from names, which are any bytes, to what the owner keeps for them. Small: for
 * channels and patterns. Not shared: one thread at a time. A zeroed table is empty.
 */
#ifndef RAFTD_FRONT_NAME_TABLE_H
#define RAFTD_FRONT_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first member of what the owner keeps; the name is copied behind its last. */
struct name_entry {
    struct name_entry *next;
    uint64_t hash;
    uint8_t *name; /* points into the entry's own memory */
    size_t name_bytes;
};

struct name_table {
    struct name_entry **buckets; /* owned; bucket_count is 0 or a power of two */
    size_t bucket_count;
    size_t count;
};

/* NULL: there is none. */
struct name_entry *name_table_find(const struct name_table *table, const void *name, size_t size);
/* A new entry of entry_bytes, zeroed behind its struct name_entry; the name must not be there. */
struct name_entry *name_table_add(struct name_table *table, const void *name, size_t size,
                                  size_t entry_bytes);
void name_table_remove(struct name_table *table, struct name_entry *entry);
/* All entries, in no order: NULL gives the first, and the last gives NULL. The entry that was got
 * before may be removed once its successor is known. */
struct name_entry *name_table_next(const struct name_table *table, const struct name_entry *entry);
/* Frees all entries and the table's memory. */
void name_table_free(struct name_table *table);

#endif
