/*
 * What an entry of the log holds: one command, or a transaction, which is many requests in one
 * entry. So all of them are carried out or, where a watched key has changed, none; nothing else is
 * applied in between on any node.
 */
#include "base/number.h"
#include "base/plant.h"
#include "kv/state.h"

/* The watches at the head of a transaction: number, then pairs. False for what is none. */
static bool skip_watches(struct kv *kv, struct kv_request *request, bool *changed)
{
    struct kv_argument text = kv_request_next(request);
    int64_t count;

    *changed = false;
    if (!number_parse(text.data, text.size_bytes, &count) || count < 0 ||
        count > KV_EXEC_WATCHES_MAX || (uint32_t)count > request->count / 2) {
        return false;
    }
    for (int64_t i = 0; i < count; i++) {
        const struct kv_item *item = kv_next_item(kv, request);
        struct kv_argument revision_text = kv_request_next(request);
        int64_t revision;

        if (!number_parse(revision_text.data, revision_text.size_bytes, &revision) ||
            revision < 0) {
            return false;
        }
        *changed |= (uint64_t)revision != (item != NULL ? item->revision : 0);
    }
    return true;
}

/* Queries that look at all keys or at all pairs of bytes; a few of them are enough to wait for. */
enum { SLOW_QUERIES_MAX = 16 };

static bool is_slow(uint8_t operation)
{
    return operation == KV_KEYS || operation == KV_SCAN || operation == KV_DIGEST ||
           operation == KV_LCS;
}

/* A query changes nothing: where nobody waits for its answer it need not be asked. */
static void run_query(struct kv *kv, struct kv_request *request, int *slow_queries,
                      struct kv_reply *reply)
{
    if (reply->target == NULL) {
        return;
    }
    *slow_queries += is_slow(request->operation);
    if (is_slow(request->operation) && *slow_queries > SLOW_QUERIES_MAX) {
        kv_reply_error(reply, "ERR the transaction has more than 16 slow commands, such as KEYS; "
                              "use several transactions");
    } else {
        kv_query(kv, request, kv->time_ms, reply);
    }
}

static void run_nested(struct kv *kv, struct kv_argument bytes, int *slow_queries,
                       struct kv_reply *reply)
{
    struct kv_request nested;

    if (!kv_request_decode(&nested, bytes.data, bytes.size_bytes)) {
        kv_reply_error(reply, KV_ERROR_UNREADABLE);
    } else if (nested.operation >= KV_GET) {
        run_query(kv, &nested, slow_queries, reply);
    } else if (nested.operation == KV_EXEC) {
        kv_reply_error(reply, "ERR a transaction cannot contain another transaction");
    } else {
        kv_command(kv, &nested, reply);
    }
}

static void run_transaction(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    int slow_queries = 0;
    bool changed;

    if (!skip_watches(kv, request, &changed)) {
        kv_reply_error(reply, "ERR this version of raftd cannot read the transaction; "
                              "run one version of raftd on all nodes");
        return;
    }
    if (request->count > KV_EXEC_REQUESTS_MAX) {
        kv_reply_error(reply, "ERR the transaction has more than 65536 commands; use several "
                              "transactions");
        return;
    }
    if (changed && !PLANT(kv_watch_ignored)) {
        kv_reply_nil(reply);
        return;
    }
    kv_reply_array(reply, request->count);
    while (request->count > 0) {
        if (PLANT(kv_transaction_half) && reply->target == NULL && request->count <= 2) {
            break;
        }
        run_nested(kv, kv_request_next(request), &slow_queries, reply);
    }
}

void kv_execute(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    if (request->operation != KV_EXEC) {
        kv_command(kv, request, reply);
    } else if (kv_request_fits(request, reply)) {
        run_transaction(kv, request, reply);
    }
}
