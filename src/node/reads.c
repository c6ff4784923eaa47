/*
 * Answers reads: after a round that has confirmed up to which index they have to see; or at once
 * from the state of this node, if a lease or the allowed age permits that. Core thread, core mutex
 * held; never waits.
 *
 * test/sim/host_reads.c does the same in the simulator: a change here needs a change there.
 */
#include "base/assert.h"
#include "node/node.h"
#include "sys/clock.h"

void reads_round_confirmed(struct raftd_node *node, uint64_t index, uint64_t asked_ms)
{
    reads_confirm(&node->freshness, index, asked_ms);
}

static void compute(struct raftd_node *node, const struct waiting_request *request, uint64_t now_ms,
                    struct raftd_reply *reply)
{
    struct raftd_query query = {
        .data = request->entry->data,
        .size_bytes = request->entry->size_bytes,
        .index = node->applied_index,
        .time_ms = raft_cluster_time(node->core, now_ms),
    };

    node->machine.read(node->machine.context, &query, reply);
}

/*
 * Answers a read from the state of this node if its level permits that now. False: it needs a
 * round.
 *
 * The permission is checked before the answer is computed and once more after it. The thread may be
 * paused at any point, for seconds. If the lease is still valid after the answer was computed, then
 * the answer was the newest state at some moment after the read was asked. With the first check
 * alone the lease could end, another leader could acknowledge writes, and the answer would miss
 * them (T24).
 */
static bool answer_here(struct raftd_node *node, const struct reads_basis *basis,
                        struct waiting_request *request)
{
    enum raftd_read_level level = (enum raftd_read_level)request->level;
    struct raftd_reply reply = {0};
    uint64_t now_ms = clock_monotonic_ms();
    bool allowed;

    if (!reads_may_answer(basis, level, request->max_lag_ms, now_ms)) {
        return false;
    }
    compute(node, request, now_ms, &reply);
    allowed = reads_still_may_answer(basis, level, request->max_lag_ms, clock_monotonic_ms());
    if (allowed) {
        client_complete(request->client, request->tag, RAFTD_OK, node->applied_index, &reply);
    }
    reply_reset(&reply);
    return allowed;
}

static void answer_local(struct raftd_node *node, uint64_t commit_index)
{
    struct waiting *waiting = &node->waiting;
    struct reads_basis basis = {
        .all_applied = node->applied_index == commit_index,
        .lease_until_ms = raft_lease_until_ms(node->core),
        .fresh_ms = node->freshness.fresh_ms,
    };
    struct waiting_request *request;

    while ((request = waiting_peek(waiting, &waiting->reads_local)) != NULL) {
        if (request->client == NULL || answer_here(node, &basis, request)) {
            waiting_finish(waiting, request);
        } else {
            waiting_advance(waiting, &waiting->reads_local, WAITING_READ_NEW);
        }
    }
}

static void answer_confirmed(struct raftd_node *node, uint64_t now_ms)
{
    struct waiting *waiting = &node->waiting;
    struct raftd_reply reply = {0};
    struct waiting_request *request;

    while ((request = waiting_peek(waiting, &waiting->reads_ready)) != NULL &&
           request->read_index <= node->applied_index) {
        if (request->client != NULL) {
            compute(node, request, now_ms, &reply);
            client_complete(request->client, request->tag, RAFTD_OK, node->applied_index, &reply);
            reply_reset(&reply);
        }
        waiting_finish(waiting, request);
    }
}

void reads_answer_locked(struct raftd_node *node, uint64_t commit_index, uint64_t now_ms)
{
    ASSERT(mutex_is_mine(&node->core_mutex));
    reads_follow(&node->freshness, node->applied_index);
    answer_confirmed(node, now_ms);
    answer_local(node, commit_index);
}
