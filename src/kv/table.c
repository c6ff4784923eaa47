/*
 * The hash table of the key-value store. One thread.
 *
 * A bucket that is full gives its last slot to a child bucket, so a bucket is a short list of
 * cache lines. The array doubles when its buckets hold six items on average (three of four then
 * have no child) and becomes a quarter when they hold less than 3/8.
 */
#include "kv/table.h"

#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/memory.h"

enum {
    SLOT_COUNT = 7,
    SLOT_LAST = SLOT_COUNT - 1,
    HAS_CHILD = 1 << SLOT_COUNT,
    ALL_PRESENT = HAS_CHILD - 1,
    CACHE_LINE_BYTES = 64,
};

enum {
    BUCKET_COUNT_MIN = 4,
    ITEMS_PER_BUCKET_MAX = 6,     /* more on average: grow */
    ITEMS_PER_16_BUCKETS_MIN = 6, /* fewer: shrink */
    BUCKETS_TIDIED = 2,           /* with items, by one call of kv_table_tidy() */
    BUCKETS_LOOKED_AT = 32,       /* empty ones among them */
};

union kv_slot {
    struct kv_item *item;
    struct kv_bucket *child;
};

struct kv_bucket {
    uint8_t present;          /* bit i: slots[i] holds an item; HAS_CHILD: slots[6] the child */
    uint8_t tags[SLOT_COUNT]; /* eight bits of the item's hash that do not choose the bucket */
    union kv_slot slots[SLOT_COUNT];
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct kv_bucket) == CACHE_LINE_BYTES,
               "a bucket is one cache line");

struct kv_ruin {
    struct kv_ruin *next;
    struct kv_bucket_array array;
    size_t bucket_next; /* the buckets below have been freed */
};

static uint8_t hash_tag(uint64_t hash)
{
    return (uint8_t)(hash >> 56);
}

static struct kv_bucket *array_bucket(const struct kv_bucket_array *array, uint64_t hash)
{
    return &array->buckets[hash & (array->count - 1)];
}

/* Memory that the kernel zeroes page by page when it is first touched: no pause for large ones. */
static struct kv_bucket_array array_create(size_t count)
{
    struct kv_bucket_array array = {.count = count};
    uintptr_t address;

    array.memory = memory_allocate_zeroed(1, count * sizeof(struct kv_bucket) + CACHE_LINE_BYTES);
    address = ((uintptr_t)array.memory + CACHE_LINE_BYTES - 1) & ~(uintptr_t)(CACHE_LINE_BYTES - 1);
    array.buckets = (struct kv_bucket *)address;
    return array;
}

static struct kv_bucket *bucket_child(const struct kv_bucket *bucket)
{
    return (bucket->present & HAS_CHILD) != 0 ? bucket->slots[SLOT_LAST].child : NULL;
}

static bool bucket_holds(const struct kv_bucket *bucket, int slot)
{
    return (bucket->present >> slot & 1) != 0;
}

static void bucket_put(struct kv_bucket *bucket, int slot, uint8_t tag, struct kv_item *item)
{
    bucket->present = (uint8_t)(bucket->present | 1 << slot);
    bucket->tags[slot] = tag;
    bucket->slots[slot].item = item;
}

/* The first slot that is free in the bucket itself, or -1. */
static int bucket_free_slot(const struct kv_bucket *bucket)
{
    unsigned taken = bucket->present & ALL_PRESENT;
    int slot;

    if ((bucket->present & HAS_CHILD) != 0) {
        taken |= 1u << SLOT_LAST;
    }
    slot = __builtin_ctz(~taken);
    return slot < SLOT_COUNT ? slot : -1;
}

static void bucket_insert(struct kv_bucket *bucket, uint8_t tag, struct kv_item *item)
{
    struct kv_bucket *child;
    int slot = bucket_free_slot(bucket);

    while (slot < 0 && (child = bucket_child(bucket)) != NULL) {
        bucket = child;
        slot = bucket_free_slot(bucket);
    }
    if (slot < 0) {
        child = memory_allocate_zeroed(1, sizeof(*child));
        bucket_put(child, 0, bucket->tags[SLOT_LAST], bucket->slots[SLOT_LAST].item);
        bucket->present = (uint8_t)((bucket->present & ~(1 << SLOT_LAST)) | HAS_CHILD);
        bucket->slots[SLOT_LAST].child = child;
        bucket = child;
        slot = 1;
    }
    bucket_put(bucket, slot, tag, item);
}

/* A place in a bucket: what searching finds. */
struct place {
    struct kv_bucket *parent; /* NULL: bucket is in the array itself */
    struct kv_bucket *bucket; /* NULL: not found */
    int slot;
};

static struct place bucket_find(struct kv_bucket *bucket, uint8_t tag, const void *key, size_t size)
{
    struct kv_bucket *parent = NULL;

    do {
        for (int slot = 0; slot < SLOT_COUNT; slot++) {
            const struct kv_item *item;

            if (bucket->tags[slot] != tag || !bucket_holds(bucket, slot)) {
                continue;
            }
            item = bucket->slots[slot].item;
            if (item->key_size_bytes == size &&
                (size == 0 || memcmp(kv_item_key(item), key, size) == 0)) {
                return (struct place){.parent = parent, .bucket = bucket, .slot = slot};
            }
        }
        parent = bucket;
        bucket = bucket_child(bucket);
    } while (bucket != NULL);
    return (struct place){0};
}

/* Takes the item at a place out; a child that holds nothing more is freed. */
static struct kv_item *bucket_remove(const struct place *place)
{
    struct kv_bucket *bucket = place->bucket;
    struct kv_bucket *parent = place->parent;
    struct kv_item *item = bucket->slots[place->slot].item;

    bucket->present = (uint8_t)(bucket->present & ~(1 << place->slot));
    if (parent != NULL && (bucket->present & ALL_PRESENT) == 0) {
        struct kv_bucket *grandchild = bucket_child(bucket);

        parent->slots[SLOT_LAST].child = grandchild;
        if (grandchild == NULL) {
            parent->present = (uint8_t)(parent->present & ~HAS_CHILD);
        }
        memory_free(bucket);
    }
    return item;
}

/* Hands every item of a bucket to `take`, then frees its children and leaves it empty. */
static size_t bucket_drain(struct kv_bucket *bucket,
                           void (*take)(struct kv_table *table, struct kv_item *item),
                           struct kv_table *table)
{
    struct kv_bucket *first = bucket;
    size_t taken = 0;

    while (bucket != NULL) {
        struct kv_bucket *child = bucket_child(bucket);

        for (int slot = 0; slot < SLOT_COUNT; slot++) {
            if (bucket_holds(bucket, slot)) {
                take(table, bucket->slots[slot].item);
                taken++;
            }
        }
        if (bucket == first) {
            bucket->present = 0;
        } else {
            memory_free(bucket);
        }
        bucket = child;
    }
    return taken;
}

static void take_free(struct kv_table *table, struct kv_item *item)
{
    (void)table;
    kv_item_free(item);
}

static void take_move(struct kv_table *table, struct kv_item *item)
{
    uint64_t hash = kv_table_hash(table, kv_item_key(item), item->key_size_bytes);

    bucket_insert(array_bucket(&table->current, hash), hash_tag(hash), item);
}

/*
 * Drains the next few buckets of an array. The bounds keep this short, yet a table that changes
 * its size is done long before the next change is due: growing takes as many calls as there
 * are buckets / 2, and it takes six times the buckets of new keys to grow again.
 */
static size_t array_drain(struct kv_bucket_array *array, size_t next,
                          void (*take)(struct kv_table *table, struct kv_item *item),
                          struct kv_table *table)
{
    int drained = 0;

    for (int looked = 0; looked < BUCKETS_LOOKED_AT && drained < BUCKETS_TIDIED; looked++) {
        if (next == array->count) {
            break;
        }
        drained += bucket_drain(&array->buckets[next++], take, table) > 0;
    }
    if (next == array->count) {
        memory_free(array->memory);
        *array = (struct kv_bucket_array){0};
    }
    return next;
}

void kv_table_init(struct kv_table *table, uint64_t hash_seed)
{
    *table = (struct kv_table){.hash_seed = hash_seed};
}

void kv_table_free(struct kv_table *table)
{
    kv_table_clear(table);
    while (!kv_table_is_tidy(table)) {
        kv_table_tidy(table);
    }
}

uint64_t kv_table_hash(const struct kv_table *table, const void *key, size_t size)
{
    return checksum(table->hash_seed, key, size);
}

static struct place table_find(const struct kv_table *table, uint64_t hash, const void *key,
                               size_t size)
{
    struct place place = {0};

    if (table->former.count > 0 && (hash & (table->former.count - 1)) >= table->former_next) {
        place = bucket_find(array_bucket(&table->former, hash), hash_tag(hash), key, size);
    }
    if (place.bucket == NULL && table->current.count > 0) {
        place = bucket_find(array_bucket(&table->current, hash), hash_tag(hash), key, size);
    }
    return place;
}

struct kv_item **kv_table_find(struct kv_table *table, uint64_t hash, const void *key, size_t size)
{
    struct place place = table_find(table, hash, key, size);

    return place.bucket != NULL ? &place.bucket->slots[place.slot].item : NULL;
}

void kv_table_prefetch_bucket(const struct kv_table *table, uint64_t hash)
{
    if (table->current.count > 0) {
        __builtin_prefetch(array_bucket(&table->current, hash));
    }
}

void kv_table_prefetch_item(const struct kv_table *table, uint64_t hash)
{
    const struct kv_bucket *bucket;

    if (table->current.count == 0) {
        return;
    }
    bucket = array_bucket(&table->current, hash);
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        if (bucket->tags[slot] == hash_tag(hash) && bucket_holds(bucket, slot)) {
            __builtin_prefetch(bucket->slots[slot].item);
            return;
        }
    }
}

/* Begins to change the size; one change at a time. */
static void table_resize(struct kv_table *table, size_t bucket_count)
{
    ASSERT(table->former.count == 0);
    table->former = table->current;
    table->former_next = 0;
    table->current = array_create(bucket_count);
}

void kv_table_insert(struct kv_table *table, uint64_t hash, struct kv_item *item)
{
    kv_table_tidy(table);
    if (table->current.count == 0) {
        table->current = array_create(BUCKET_COUNT_MIN);
    } else if (table->item_count >= table->current.count * ITEMS_PER_BUCKET_MAX &&
               table->former.count == 0) {
        table_resize(table, table->current.count * 2);
    }
    bucket_insert(array_bucket(&table->current, hash), hash_tag(hash), item);
    table->item_count++;
}

struct kv_item *kv_table_remove(struct kv_table *table, uint64_t hash, const void *key, size_t size)
{
    struct place place;
    struct kv_item *item;

    kv_table_tidy(table);
    place = table_find(table, hash, key, size);
    if (place.bucket == NULL) {
        return NULL;
    }
    item = bucket_remove(&place);
    table->item_count--;
    if (table->current.count > BUCKET_COUNT_MIN && table->former.count == 0 &&
        table->item_count < table->current.count / 16 * ITEMS_PER_16_BUCKETS_MIN) {
        table_resize(table, table->current.count / 4);
    }
    return item;
}

static void table_ruin(struct kv_table *table, struct kv_bucket_array *array, size_t bucket_next)
{
    struct kv_ruin *ruin;

    if (array->count == 0) {
        return;
    }
    ruin = memory_allocate(sizeof(*ruin));
    *ruin = (struct kv_ruin){.next = table->ruins, .array = *array, .bucket_next = bucket_next};
    table->ruins = ruin;
    *array = (struct kv_bucket_array){0};
}

void kv_table_clear(struct kv_table *table)
{
    table_ruin(table, &table->former, table->former_next);
    table_ruin(table, &table->current, 0);
    table->item_count = 0;
}

void kv_table_discard(struct kv_table *table, struct kv_table *other)
{
    table_ruin(table, &other->former, other->former_next);
    table_ruin(table, &other->current, 0);
    while (other->ruins != NULL) {
        struct kv_ruin *ruin = other->ruins;

        other->ruins = ruin->next;
        ruin->next = table->ruins;
        table->ruins = ruin;
    }
    other->item_count = 0;
}

struct kv_table kv_table_detach(struct kv_table *table)
{
    struct kv_table detached = *table;

    detached.ruins = NULL;
    table->current = (struct kv_bucket_array){0};
    table->former = (struct kv_bucket_array){0};
    table->former_next = 0;
    table->item_count = 0;
    return detached;
}

void kv_table_tidy(struct kv_table *table)
{
    struct kv_ruin *ruin = table->ruins;

    if (table->former.count > 0) {
        table->former_next = array_drain(&table->former, table->former_next, take_move, table);
    }
    if (ruin != NULL) {
        ruin->bucket_next = array_drain(&ruin->array, ruin->bucket_next, take_free, table);
        if (ruin->array.count == 0) {
            table->ruins = ruin->next;
            memory_free(ruin);
        }
    }
}

bool kv_table_is_tidy(const struct kv_table *table)
{
    return table->former.count == 0 && table->ruins == NULL;
}

static void bucket_visit(const struct kv_bucket *bucket, kv_table_visitor *visit, void *context)
{
    for (; bucket != NULL; bucket = bucket_child(bucket)) {
        for (int slot = 0; slot < SLOT_COUNT; slot++) {
            if (bucket_holds(bucket, slot)) {
                visit(context, bucket->slots[slot].item);
            }
        }
    }
}

void kv_table_visit(const struct kv_table *table, kv_table_visitor *visit, void *context)
{
    for (size_t i = table->former_next; i < table->former.count; i++) {
        bucket_visit(&table->former.buckets[i], visit, context);
    }
    for (size_t i = 0; i < table->current.count; i++) {
        bucket_visit(&table->current.buckets[i], visit, context);
    }
}

/* The bits of a number in the opposite order. */
uint64_t kv_table_order(uint64_t hash)
{
    hash = (hash >> 1 & 0x5555555555555555u) | (hash & 0x5555555555555555u) << 1;
    hash = (hash >> 2 & 0x3333333333333333u) | (hash & 0x3333333333333333u) << 2;
    hash = (hash >> 4 & 0x0f0f0f0f0f0f0f0fu) | (hash & 0x0f0f0f0f0f0f0f0fu) << 4;
    return __builtin_bswap64(hash);
}

/* Adds one to the bits of the mask, the highest of them first. */
static uint64_t cursor_next(uint64_t cursor, uint64_t mask)
{
    return kv_table_order(kv_table_order(cursor | ~mask) + 1);
}

/*
 * Bucket numbers are counted from their highest bit down. An array of another size splits a
 * bucket by bits above, or joins buckets that differ only there: counted this way these
 * are neighbours, so what lies behind the cursor stays behind it, and what lies before it,
 * before it. Of two arrays, a step takes one bucket of the smaller and all that it becomes
 * in the larger.
 */
uint64_t kv_table_scan(const struct kv_table *table, uint64_t cursor, kv_table_visitor *visit,
                       void *context)
{
    const struct kv_bucket_array *small = &table->current;
    const struct kv_bucket_array *large = &table->former;
    uint64_t small_mask;
    uint64_t large_mask;

    if (small->count == 0) {
        return 0;
    }
    small_mask = small->count - 1;
    if (large->count == 0) {
        bucket_visit(array_bucket(small, cursor), visit, context);
        return cursor_next(cursor, small_mask);
    }
    if (small->count > large->count) {
        small = &table->former;
        large = &table->current;
        small_mask = small->count - 1;
    }
    large_mask = large->count - 1;
    bucket_visit(array_bucket(small, cursor), visit, context);
    do {
        bucket_visit(array_bucket(large, cursor), visit, context);
        cursor = cursor_next(cursor, large_mask);
    } while ((cursor & (small_mask ^ large_mask)) != 0);
    return cursor;
}
