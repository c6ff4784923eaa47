/*
 * A hash table from names, which are any bytes, to what the owner keeps for each name: channels,
 * patterns, watched keys, scripts. The owner sees to it that one thread at a time uses the table. A
 * zeroed table is empty.
 */
#ifndef RAFTD_FRONT_NAME_TABLE_H
#define RAFTD_FRONT_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first member of the struct that the owner keeps for a name. */
struct name_entry {
    struct name_entry *next;
    uint64_t hash;
    uint8_t *name; /* a copy, in the same allocation as the entry */
    size_t name_bytes;
};

struct name_table {
    struct name_entry **buckets; /* owned; bucket_count is 0 or a power of two */
    size_t bucket_count;
    size_t count;
};

/* NULL: the table has no such name. */
struct name_entry *name_table_find(const struct name_table *table, const void *name, size_t size);
/* A new entry of entry_bytes, zeroed behind its struct name_entry; the name must not be there. */
struct name_entry *name_table_add(struct name_table *table, const void *name, size_t size,
                                  size_t entry_bytes);
void name_table_remove(struct name_table *table, struct name_entry *entry);
/* Goes through all entries, in no order: returns the first entry for NULL, and NULL after the last
 * entry. An entry may be removed when the entry after it was returned. */
struct name_entry *name_table_next(const struct name_table *table, const struct name_entry *entry);
/* Frees all entries and the table's memory. */
void name_table_free(struct name_table *table);

#endif
