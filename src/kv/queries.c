/*
 * The queries: what reads the state and never changes it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "base/number.h"
#include "kv/glob.h"
#include "kv/state.h"

static const char error_too_large[] =
    "ERR the reply would exceed 512 MiB, ask for less at a time or use SCAN";
_Static_assert(KV_REPLY_BYTES_MAX == 512 << 20, "the text above names the limit");

typedef void kv_query_function(struct kv *kv, struct kv_request *request, struct kv_reply *reply);

static void answer_item(struct kv_reply *reply, const struct kv_item *item)
{
    if (item == NULL) {
        kv_reply_nil(reply);
    } else {
        kv_reply_bulk(reply, kv_item_value(item), item->value_size_bytes);
    }
}

static void query_get(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    answer_item(reply, kv_next_item(kv, request));
}

static void query_mget(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_request again = *request;
    uint64_t total_bytes = 0;

    /* One large value asked for a thousand times must not take a thousand times its memory. */
    while (again.count > 0) {
        const struct kv_item *item = kv_next_item(kv, &again);

        total_bytes += kv_reply_bulk_bytes(item != NULL ? item->value_size_bytes : 0);
    }
    if (total_bytes > KV_REPLY_BYTES_MAX) {
        kv_reply_error(reply, error_too_large);
        return;
    }
    kv_reply_array(reply, request->count);
    while (request->count > 0) {
        answer_item(reply, kv_next_item(kv, request));
    }
}

static void query_exists(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    int64_t found = 0;

    while (request->count > 0) {
        found += kv_next_item(kv, request) != NULL;
    }
    kv_reply_integer(reply, found);
}

static void query_strlen(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);

    kv_reply_integer(reply, item != NULL ? item->value_size_bytes : 0);
}

static void query_getrange(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);
    struct kv_argument start_text = kv_request_next(request);
    struct kv_argument end_text = kv_request_next(request);
    int64_t size = item != NULL ? item->value_size_bytes : 0;
    int64_t start;
    int64_t end;

    if (!number_parse(start_text.data, start_text.size_bytes, &start) ||
        !number_parse(end_text.data, end_text.size_bytes, &end)) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return;
    }
    /* Negative ones count from the end; both are then cut off at the ends of the value. */
    if (size == 0 || (start < 0 && end < 0 && start > end)) {
        kv_reply_bulk(reply, NULL, 0);
        return;
    }
    start += start < 0 ? size : 0;
    end += end < 0 ? size : 0;
    start = start < 0 ? 0 : start;
    end = end < 0 ? 0 : end;
    end = end >= size ? size - 1 : end;
    if (start > end) {
        kv_reply_bulk(reply, NULL, 0);
    } else {
        kv_reply_bulk(reply, kv_item_value(item) + start, (size_t)(end - start + 1));
    }
}

static void query_type(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    kv_reply_status(reply, kv_next_item(kv, request) != NULL ? "string" : "none");
}

static void query_dbsize(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    (void)request;
    kv_reply_integer(reply, (int64_t)kv->table.item_count);
}

/*
 * Keys being collected for KEYS and SCAN. The budget bounds what patterns cost: a hundred million
 * comparisons to begin with, and then more for every key than any sensible pattern takes.
 */
struct collection {
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
    if (collection->none || collection->reply_bytes > KV_REPLY_BYTES_MAX ||
        collection->budget == 0) {
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
        kv_reply_error(reply, "ERR the pattern takes too long to match");
        return false;
    }
    if (collection->reply_bytes > KV_REPLY_BYTES_MAX) {
        kv_reply_error(reply, error_too_large);
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

static void query_keys(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct collection collection = {.budget = BUDGET_START};

    collection_pattern(&collection, kv_request_next(request));
    kv_table_visit(&kv->table, collection_visit, &collection);
    if (collection_check(&collection, reply)) {
        collection_answer(&collection, reply);
    }
    memory_free(collection.items);
}

static bool argument_is(const struct kv_argument *argument, const char *word)
{
    return argument->size_bytes == strlen(word) &&
           strncasecmp(argument->data, word, argument->size_bytes) == 0;
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

        if (argument_is(&name, "match")) {
            collection_pattern(collection, value);
        } else if (argument_is(&name, "type")) {
            collection->none = !argument_is(&value, "string");
        } else if (!argument_is(&name, "count")) {
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

static void query_scan(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct collection collection = {.budget = BUDGET_START};
    struct kv_argument cursor_text = kv_request_next(request);
    char text[24];
    int64_t wanted = 10;
    int64_t steps;
    uint64_t cursor;

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

/* The sum does not depend on the order, so it is the same however a node's keys are hashed. */
static void digest_visit(void *context, const struct kv_item *item)
{
    uint64_t *sum = context;
    uint64_t key = checksum(item->revision, kv_item_key(item), item->key_size_bytes);

    *sum += checksum(key, kv_item_value(item), item->value_size_bytes);
}

static void query_digest(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    uint8_t all[16];
    char text[17];
    uint64_t sum = 0;

    (void)request;
    kv_table_visit(&kv->table, digest_visit, &sum);
    store_u64(all, sum);
    store_u64(all + 8, kv->table.item_count);
    snprintf(text, sizeof(text), "%016" PRIx64, checksum(0, all, sizeof(all)));
    kv_reply_bulk(reply, text, 16);
}

static const struct {
    kv_query_function *function;
    struct kv_shape shape;
} queries[] = {
    [KV_GET - KV_GET] = {query_get, {1, 1, 0}},
    [KV_MGET - KV_GET] = {query_mget, {1, UINT32_MAX, 0}},
    [KV_EXISTS - KV_GET] = {query_exists, {1, UINT32_MAX, 0}},
    [KV_STRLEN - KV_GET] = {query_strlen, {1, 1, 0}},
    [KV_GETRANGE - KV_GET] = {query_getrange, {3, 3, 0}},
    [KV_TYPE - KV_GET] = {query_type, {1, 1, 0}},
    [KV_DBSIZE - KV_GET] = {query_dbsize, {0, 0, 0}},
    [KV_KEYS - KV_GET] = {query_keys, {1, 1, 0}},
    [KV_SCAN - KV_GET] = {query_scan, {1, UINT32_MAX, 0}},
    [KV_DIGEST - KV_GET] = {query_digest, {0, 0, 0}},
};

void kv_query(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    size_t query = (size_t)request->operation - KV_GET;

    if (request->operation < KV_GET || query >= sizeof(queries) / sizeof(queries[0])) {
        kv_reply_error(reply, "ERR no such query in this version of raftd");
        return;
    }
    if (kv_shape_check(&queries[query].shape, request, reply)) {
        queries[query].function(kv, request, reply);
    }
}
