/*
 * The queries that go over all keys. A key whose time has come is not told, as in Redis.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "base/number.h"
#include "kv/glob.h"
#include "kv/state.h"

/*
 * Keys being collected for KEYS and SCAN. The budget bounds what patterns cost: a hundred million
 * comparisons to begin with, and then more for every key than any sensible pattern takes.
 */
struct collection {
    const struct kv *kv;
    const struct kv_item **items; /* owned */
    size_t count;
    size_t capacity;
    size_t seen; /* with those that do not match */
    uint64_t reply_bytes;
    struct kv_argument pattern; /* data NULL: every key */
    uint64_t budget;
    bool none; /* SCAN TYPE of a type that no key has */
};

#define BUDGET_START 100000000u
#define BUDGET_PER_KEY 64u
#define BUDGET_PER_BYTE 16u

static void collection_visit(void *context, const struct kv_item *item)
{
    struct collection *collection = context;
    const struct kv_argument *pattern = &collection->pattern;

    collection->seen++;
    if (collection->none || kv_is_gone(collection->kv, item) ||
        collection->reply_bytes > KV_REPLY_BYTES_MAX || collection->budget == 0) {
        return;
    }
    if (pattern->data != NULL) {
        collection->budget += BUDGET_PER_KEY + BUDGET_PER_BYTE * (uint64_t)item->key_size_bytes;
        if (!glob_match(pattern->data, pattern->size_bytes, kv_item_key(item), item->key_size_bytes,
                        &collection->budget)) {
            return;
        }
    }
    collection->items = memory_grow(collection->items, &collection->capacity, collection->count + 1,
                                    sizeof(collection->items[0]));
    collection->items[collection->count++] = item;
    collection->reply_bytes += kv_reply_bulk_bytes(item->key_size_bytes);
}

static void collection_pattern(struct collection *collection, struct kv_argument pattern)
{
    bool all = pattern.size_bytes == 1 && *(const uint8_t *)pattern.data == '*';

    collection->pattern = all ? (struct kv_argument){0} : pattern;
}

static bool collection_check(const struct collection *collection, struct kv_reply *reply)
{
    if (collection->budget == 0) {
        kv_reply_error(reply,
                       "ERR the pattern takes too long to match; use a pattern with fewer *");
        return false;
    }
    if (collection->reply_bytes > KV_REPLY_BYTES_MAX) {
        kv_reply_error(reply, KV_ERROR_TOO_LARGE);
        return false;
    }
    return true;
}

static void collection_answer(const struct collection *collection, struct kv_reply *reply)
{
    kv_reply_array(reply, collection->count);
    for (size_t i = 0; i < collection->count; i++) {
        const struct kv_item *item = collection->items[i];

        kv_reply_bulk(reply, kv_item_key(item), item->key_size_bytes);
    }
}

void kv_query_keys(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                   struct kv_reply *reply)
{
    struct collection collection = {.kv = kv, .budget = BUDGET_START};

    (void)time_ms;
    collection_pattern(&collection, kv_request_next(request));
    kv_table_visit(&kv->table, collection_visit, &collection);
    if (collection_check(&collection, reply)) {
        collection_answer(&collection, reply);
    }
    memory_free(collection.items);
}

/* As Redis takes it, through strtoul(): nothing is 0, a sign is fine, blanks are not. */
static bool parse_cursor(const struct kv_argument *argument, uint64_t *cursor)
{
    const uint8_t *at = argument->data;
    const uint8_t *end = at + argument->size_bytes;
    bool negative = at < end && *at == '-';
    uint64_t value = 0;

    *cursor = 0;
    if (at == end) {
        return true;
    }
    at += negative || *at == '+';
    if (at == end) {
        return false;
    }
    for (; at < end; at++) {
        if (*at < '0' || *at > '9' || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value)) {
            return false;
        }
    }
    *cursor = negative ? 0 - value : value;
    return true;
}

/* The options of SCAN; answers with an error and false for what Redis refuses. */
static bool parse_scan_options(struct kv_request *request, struct collection *collection,
                               int64_t *count, struct kv_reply *reply)
{
    while (request->count >= 2) {
        struct kv_argument name = kv_request_next(request);
        struct kv_argument value = kv_request_next(request);

        if (kv_argument_is(&name, "match")) {
            collection_pattern(collection, value);
        } else if (kv_argument_is(&name, "type")) {
            collection->none = !kv_argument_is(&value, "string");
        } else if (!kv_argument_is(&name, "count")) {
            kv_reply_error(reply, KV_ERROR_SYNTAX);
            return false;
        } else if (!number_parse(value.data, value.size_bytes, count)) {
            kv_reply_error(reply, KV_ERROR_INTEGER);
            return false;
        } else if (*count < 1) {
            kv_reply_error(reply, KV_ERROR_SYNTAX);
            return false;
        }
    }
    if (request->count > 0) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return false;
    }
    return true;
}

void kv_query_scan(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                   struct kv_reply *reply)
{
    struct collection collection = {.kv = kv, .budget = BUDGET_START};
    struct kv_argument cursor_text = kv_request_next(request);
    char text[24];
    int64_t wanted = 10;
    int64_t steps;
    uint64_t cursor;

    (void)time_ms;
    if (!parse_cursor(&cursor_text, &cursor)) {
        kv_reply_error(reply, "ERR invalid cursor");
        return;
    }
    if (!parse_scan_options(request, &collection, &wanted, reply)) {
        return;
    }
    /* A sparse table must not make one call walk all of it, nor many long keys a huge reply. */
    steps = wanted > INT64_MAX / 10 ? INT64_MAX : wanted * 10;
    do {
        cursor = kv_table_scan(&kv->table, cursor, collection_visit, &collection);
    } while (cursor != 0 && --steps > 0 && collection.seen < (uint64_t)wanted &&
             collection.reply_bytes < KV_REPLY_BYTES_MAX / 2);
    if (collection_check(&collection, reply)) {
        int length = snprintf(text, sizeof(text), "%" PRIu64, cursor);

        kv_reply_array(reply, 2);
        kv_reply_bulk(reply, text, (size_t)length);
        collection_answer(&collection, reply);
    }
    memory_free(collection.items);
}

/* One of the items at a place of the table, each as likely as the others there. */
struct choice {
    struct kv *kv;
    const struct kv_item *item;
    size_t seen;
};

static uint64_t random_next(struct kv *kv)
{
    kv->random = kv->random * 6364136223846793005u + 1442695040888963407u;
    return kv->random >> 20;
}

static void choice_visit(void *context, const struct kv_item *item)
{
    struct choice *choice = context;

    if (!kv_is_gone(choice->kv, item)) {
        choice->seen++;
        if (random_next(choice->kv) % choice->seen == 0) {
            choice->item = item;
        }
    }
}

void kv_query_randomkey(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                        struct kv_reply *reply)
{
    /* Of a table that has become nearly empty, most places are: it shrinks before this matters. */
    enum { PLACES_MAX = 1 << 16 };
    struct choice choice = {.kv = kv};
    uint64_t start = random_next(kv);
    uint64_t cursor = start;

    (void)request;
    (void)time_ms;
    for (int i = 0; i < PLACES_MAX && choice.item == NULL; i++) {
        cursor = kv_table_scan(&kv->table, cursor, choice_visit, &choice);
    }
    if (choice.item == NULL) {
        kv_reply_nil(reply);
    } else {
        kv_reply_bulk(reply, kv_item_key(choice.item), choice.item->key_size_bytes);
    }
}

/* The sum does not depend on the order, so it is the same however a node's keys are hashed. */
struct digest {
    const struct kv *kv;
    uint64_t sum;
};

static void digest_visit(void *context, const struct kv_item *item)
{
    struct digest *digest = context;

    digest->sum += kv_item_digest(item, kv_deadline(digest->kv, item));
}

void kv_query_digest(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                     struct kv_reply *reply)
{
    struct digest digest = {.kv = kv};
    uint8_t all[20];
    char text[17];

    (void)request;
    (void)time_ms;
    kv_table_visit(&kv->table, digest_visit, &digest);
    store_u64(all, digest.sum);
    store_u64(all + 8, kv->table.item_count);
    store_u32(all + 16, kv->notify);
    snprintf(text, sizeof(text), "%016" PRIx64, checksum(0, all, sizeof(all)));
    kv_reply_bulk(reply, text, 16);
}
