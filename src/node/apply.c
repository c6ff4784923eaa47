/*
 * Applies committed entries to the state machine, in order, and answers the clients of this node
 * that wait for them. Core thread, core mutex held; never waits.
 *
 * test/sim/host_apply.c does the same in the simulator: a change here needs a change there.
 */
#include "base/assert.h"
#include "node/node.h"

enum {
    APPLY_BATCH = 128, /* entries in one call of the state machine */
    /* Entries in one turn. If a leader applied a long backlog in one turn, it would send no
     * heartbeats meanwhile. */
    APPLY_ENTRIES_MAX = 4096,
    APPLY_BYTES_MAX = 8 << 20,
};

/* Commands for one call of the state machine, each with a reply for its client. */
struct apply_batch {
    size_t count;
    struct raftd_entry entries[APPLY_BATCH];
    struct raftd_reply replies[APPLY_BATCH];
    uint64_t sequences[APPLY_BATCH]; /* of the request that waits; 0 = none */
};

static void add_to_batch(struct raftd_node *node, struct apply_batch *batch,
                         const struct raft_entry *entry)
{
    size_t i = batch->count++;
    const struct waiting_request *request = NULL;

    if (entry->origin == node->origin) {
        request = waiting_find(&node->waiting, entry->sequence);
    }
    batch->replies[i].size_bytes = 0;
    batch->replies[i].capacity_bytes = 0;
    batch->replies[i].heap = NULL;
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

static void run_batch(struct raftd_node *node, struct apply_batch *batch)
{
    if (batch->count == 0) {
        return;
    }
    node->machine.apply(node->machine.context, batch->entries, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        struct waiting_request *request = NULL;

        if (batch->sequences[i] != 0) {
            /* Looked up again, so that a request is answered at most once whatever the batch
             * contains. */
            request = waiting_find(&node->waiting, batch->sequences[i]);
        }
        if (request != NULL) {
            if (request->client != NULL) {
                client_complete(request->client, request->tag, RAFTD_OK, batch->entries[i].index,
                                &batch->replies[i]);
            }
            waiting_finish(&node->waiting, request);
        }
        reply_reset(&batch->replies[i]);
    }
    batch->count = 0;
}

void fail_request(struct raftd_node *node, struct waiting_request *request, int status)
{
    if (request->client != NULL) {
        client_complete(request->client, request->tag, status, 0, NULL);
    }
    waiting_finish(&node->waiting, request);
}

/*
 * The first entry of a term is applied. A leader appends a proposal only in the term in which it
 * was proposed, and terms never fall along the log. So the proposals of earlier terms are applied
 * already, or never will be (T52).
 */
static void refuse_earlier_terms(struct raftd_node *node, uint64_t term)
{
    struct waiting_request *request = waiting_oldest(&node->waiting);

    while (request != NULL) {
        struct waiting_request *newer = waiting_newer(&node->waiting, request);

        if (request->state == WAITING_PROPOSED && request->term != 0 && request->term < term) {
            fail_request(node, request, RAFTD_ERROR_NOT_LEADER);
        }
        request = newer;
    }
}

bool apply_committed_locked(struct raftd_node *node, uint64_t commit_index)
{
    static _Thread_local struct apply_batch batch;
    uint64_t start = node->applied_index;
    size_t bytes = 0;

    ASSERT(mutex_is_mine(&node->core_mutex));
    ASSERT(commit_index >= node->applied_index);
    while (node->applied_index < commit_index) {
        const struct raft_entry *entry = raft_log_entry(node->core, node->applied_index + 1);

        if (node->applied_index - start >= APPLY_ENTRIES_MAX || bytes >= APPLY_BYTES_MAX) {
            break;
        }
        ASSERT(entry != NULL);
        if (entry->term != node->applied_term) {
            run_batch(node, &batch);
            refuse_earlier_terms(node, entry->term);
            node->applied_term = entry->term;
        }
        if (entry->type == RAFT_ENTRY_COMMAND) {
            add_to_batch(node, &batch, entry);
            if (batch.count == APPLY_BATCH) {
                run_batch(node, &batch);
            }
        } else if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
            run_batch(node, &batch);
            member_changes_apply(node, entry);
        } else if (entry->type == RAFT_ENTRY_TIME && node->machine.tick != NULL) {
            run_batch(node, &batch);
            node->machine.tick(node->machine.context, entry->index, entry->time_ms);
        }
        bytes += entry->size_bytes;
        node->applied_bytes += raft_entry_cost(entry);
        node->applied_time_ms = entry->time_ms;
        node->applied_index++;
    }
    run_batch(node, &batch);
    return node->applied_index < commit_index;
}
