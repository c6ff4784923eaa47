/*
 * Applies committed entries to the state machine of a host, as src/node/apply.c does.
 */
#include <stdlib.h>
#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "kv/kv.h"
#include "member/reply.h"
#include "sim/clients.h"
#include "sim/host.h"
#include "sim/truth.h"

enum { APPLY_BATCH = 32, APPLY_ENTRIES_MAX = 128 };

struct apply_batch {
    size_t count;
    struct raftd_entry entries[APPLY_BATCH];
    struct raftd_reply replies[APPLY_BATCH];
    uint64_t sequences[APPLY_BATCH]; /* of the request that waits; 0 = none */
};

void host_complete(struct host *host, struct waiting_request *request, uint64_t index,
                   const struct raftd_reply *reply)
{
    if (request->client != NULL) {
        clients_on_answer(host->world, host->id, request->tag, RAFTD_OK, index, reply_data(reply),
                          reply->size_bytes);
    }
    waiting_finish(&host->waiting, request);
}

void host_fail_request(struct host *host, struct waiting_request *request, int status)
{
    if (request->client != NULL) {
        clients_on_answer(host->world, host->id, request->tag, status, 0, NULL, 0);
    }
    waiting_finish(&host->waiting, request);
}

static void add_to_batch(struct host *host, struct apply_batch *batch,
                         const struct raft_entry *entry)
{
    size_t i = batch->count++;
    const struct waiting_request *request = NULL;

    if (entry->origin == host->origin) {
        request = waiting_find(&host->waiting, entry->sequence);
    }
    batch->replies[i] = (struct raftd_reply){0};
    batch->sequences[i] = request != NULL ? request->sequence : 0;
    batch->entries[i] = (struct raftd_entry){
        .index = entry->index,
        .term = entry->term,
        .time_ms = entry->time_ms,
        .wall_ms = entry->wall_ms,
        .data = entry->data,
        .size_bytes = entry->size_bytes,
        .reply = request != NULL && request->client != NULL ? &batch->replies[i] : NULL,
    };
}

static void run_batch(struct host *host, struct apply_batch *batch)
{
    if (batch->count > 0) {
        host->machine.apply(host->machine.context, batch->entries, batch->count);
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct waiting_request *request = NULL;

        if (batch->sequences[i] != 0) {
            request = waiting_find(&host->waiting, batch->sequences[i]);
        }
        if (request != NULL) {
            host_complete(host, request, batch->entries[i].index, &batch->replies[i]);
        }
        reply_reset(&batch->replies[i]);
    }
    batch->count = 0;
}

/* Answers the requests that cannot be applied any more because an entry of this term was. */
static void refuse_earlier_terms(struct host *host, uint64_t term)
{
    struct waiting_request *request = waiting_oldest(&host->waiting);

    while (request != NULL) {
        struct waiting_request *newer = waiting_newer(&host->waiting, request);

        if (request->state == WAITING_PROPOSED && request->term != 0 && request->term < term) {
            host_fail_request(host, request, RAFTD_ERROR_NOT_LEADER);
        }
        request = newer;
    }
}

bool host_apply(struct host *host, uint64_t commit_index)
{
    static struct apply_batch batch;
    uint64_t start = host->applied_index;

    while (host->applied_index < commit_index && host->applied_index - start < APPLY_ENTRIES_MAX) {
        const struct raft_entry *entry = raft_log_entry(host->core, host->applied_index + 1);

        ASSERT(entry != NULL);
        if (entry->term != host->applied_term) {
            run_batch(host, &batch);
            refuse_earlier_terms(host, entry->term);
            host->applied_term = entry->term;
        }
        if (raft_entry_is_command(entry)) {
            add_to_batch(host, &batch, entry);
        } else if (entry->type == RAFT_ENTRY_TIME && host->machine.tick != NULL) {
            run_batch(host, &batch);
            host->machine.tick(host->machine.context, entry->index, entry->time_ms);
        }
        host->applied_time_ms = entry->time_ms;
        host->applied_index++;
        if (batch.count == APPLY_BATCH || truth_wants_digest(host->world, host->applied_index)) {
            run_batch(host, &batch);
            truth_on_digest(host->world, host);
        }
    }
    run_batch(host, &batch);
    return host->applied_index < commit_index;
}

void host_query(struct host *host, const void *data, size_t size, struct raftd_reply *reply)
{
    struct raftd_query query = {.data = data,
                                .size_bytes = size,
                                .index = host->applied_index,
                                .time_ms = raft_cluster_time(host->core, host_now_ms(host))};

    host->machine.read(host->machine.context, &query, reply);
}

uint64_t host_digest(struct host *host)
{
    struct raftd_reply reply = {0};
    struct buffer query = {0};
    struct kv_reply_value value;
    struct reader reader;
    char text[17] = {0};
    bool valid;

    kv_request_encode(&query, KV_DIGEST, 0, NULL, 0);
    host_query(host, query.data, query.size_bytes, &reply);
    reader = reader_make(reply_data(&reply), reply.size_bytes);
    valid = kv_reply_next(&reader, &value) && value.type == KV_REPLY_BULK && value.size_bytes == 16;
    ASSERT(valid);
    memcpy(text, value.data, 16);
    buffer_free(&query);
    reply_reset(&reply);
    return strtoull(text, NULL, 16);
}
