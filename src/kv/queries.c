/*
 * The queries: what reads the state and never changes it.
 */
#include "base/number.h"
#include "kv/state.h"

static void query_get(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                      struct kv_reply *reply)
{
    (void)time_ms;
    kv_answer_item(reply, kv_next_item(kv, request));
}

static void query_mget(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                       struct kv_reply *reply)
{
    struct kv_request again = *request;
    uint64_t total_bytes = 0;

    (void)time_ms;
    /* One large value asked for a thousand times must not take a thousand times its memory. */
    while (again.count > 0) {
        const struct kv_item *item = kv_next_item(kv, &again);

        total_bytes += kv_reply_bulk_bytes(item != NULL ? item->value_size_bytes : 0);
    }
    if (total_bytes > KV_REPLY_BYTES_MAX) {
        kv_reply_error(reply, KV_ERROR_TOO_LARGE);
        return;
    }
    kv_reply_array(reply, request->count);
    while (request->count > 0) {
        kv_answer_item(reply, kv_next_item(kv, request));
    }
}

static void query_exists(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                         struct kv_reply *reply)
{
    int64_t found = 0;

    (void)time_ms;
    while (request->count > 0) {
        found += kv_next_item(kv, request) != NULL;
    }
    kv_reply_integer(reply, found);
}

static void query_strlen(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                         struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);

    (void)time_ms;
    kv_reply_integer(reply, item != NULL ? item->value_size_bytes : 0);
}

static void query_getrange(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                           struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);
    struct kv_argument start_text = kv_request_next(request);
    struct kv_argument end_text = kv_request_next(request);
    int64_t size = item != NULL ? item->value_size_bytes : 0;
    int64_t start;
    int64_t end;

    (void)time_ms;
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

static void query_type(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                       struct kv_reply *reply)
{
    (void)time_ms;
    kv_reply_status(reply, kv_next_item(kv, request) != NULL ? "string" : "none");
}

static void query_dbsize(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                         struct kv_reply *reply)
{
    (void)time_ms;
    (void)request;
    kv_reply_integer(reply, (int64_t)kv->table.item_count);
}

static void query_encoding(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                           struct kv_reply *reply)
{
    /* Where Redis keeps an object and its text in one allocation. */
    enum { EMBEDDED_BYTES_MAX = 44 };
    const struct kv_item *item = kv_next_item(kv, request);
    int64_t number;

    (void)time_ms;
    if (item == NULL) {
        kv_reply_nil(reply);
    } else if (number_parse(kv_item_value(item), item->value_size_bytes, &number)) {
        kv_reply_bulk(reply, "int", 3);
    } else if (item->value_size_bytes <= EMBEDDED_BYTES_MAX) {
        kv_reply_bulk(reply, "embstr", 6);
    } else {
        kv_reply_bulk(reply, "raw", 3);
    }
}

static void query_revision(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                           struct kv_reply *reply)
{
    (void)time_ms;
    kv_reply_array(reply, request->count);
    while (request->count > 0) {
        const struct kv_item *item = kv_next_item(kv, request);

        kv_reply_integer(reply, item != NULL ? (int64_t)item->revision : 0);
    }
}

static void query_info(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                       struct kv_reply *reply)
{
    int64_t figures[KV_INFO_COUNT] = {
        [KV_INFO_KEYS] = (int64_t)kv->table.item_count,
        [KV_INFO_EXPIRES] = (int64_t)kv->deadlines.count,
        [KV_INFO_AVERAGE_TTL] = (int64_t)kv_deadlines_average_ms(&kv->deadlines, time_ms),
        [KV_INFO_EXPIRED_KEYS] = (int64_t)kv->expired_count,
    };

    (void)request;
    kv_reply_array(reply, KV_INFO_COUNT);
    for (int i = 0; i < KV_INFO_COUNT; i++) {
        kv_reply_integer(reply, figures[i]);
    }
}

static kv_query_function *const queries[] = {
    [KV_GET - KV_GET] = query_get,
    [KV_MGET - KV_GET] = query_mget,
    [KV_EXISTS - KV_GET] = query_exists,
    [KV_STRLEN - KV_GET] = query_strlen,
    [KV_GETRANGE - KV_GET] = query_getrange,
    [KV_TYPE - KV_GET] = query_type,
    [KV_DBSIZE - KV_GET] = query_dbsize,
    [KV_KEYS - KV_GET] = kv_query_keys,
    [KV_SCAN - KV_GET] = kv_query_scan,
    [KV_DIGEST - KV_GET] = kv_query_digest,
    [KV_TTL - KV_GET] = kv_query_ttl,
    [KV_GETBIT - KV_GET] = kv_query_getbit,
    [KV_BITCOUNT - KV_GET] = kv_query_bitcount,
    [KV_LCS - KV_GET] = kv_query_lcs,
    [KV_RANDOMKEY - KV_GET] = kv_query_randomkey,
    [KV_ENCODING - KV_GET] = query_encoding,
    [KV_REVISION - KV_GET] = query_revision,
    [KV_CONFIG_GET - KV_GET] = kv_query_config_get,
    [KV_INFO - KV_GET] = query_info,
    [KV_LOCK_COUNT - KV_GET] = kv_query_lock_count,
};

void kv_query(struct kv *kv, struct kv_request *request, uint64_t time_ms, struct kv_reply *reply)
{
    size_t query = (size_t)request->operation - KV_GET;

    if (request->operation < KV_GET || query >= sizeof(queries) / sizeof(queries[0])) {
        kv_reply_error(reply, "ERR this version of raftd does not know the query; "
                              "run one version of raftd on all nodes");
    } else if (kv_request_fits(request, reply)) {
        queries[query](kv, request, time_ms, reply);
    }
}
