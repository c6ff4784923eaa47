/*
 * For embedders: runs a node on a thread of its own and waits until it serves; and a client's
 * blocking call. The functions run on the embedder's thread and wait there.
 */
#include "base/assert.h"
#include "base/error.h"
#include "node/node.h"
#include "sys/clock.h"

static void run(void *argument)
{
    struct raftd_node *node = argument;

    node->start.code = raftd_node_run(node, &node->start.error);
    atomic_store(&node->start.ended, true);
    waker_wake(&node->start.waker);
}

/* Waits until the node serves, its thread has ended, or the time is over. */
static void wait_until_ready(struct raftd_node *node, int timeout_ms)
{
    uint64_t deadline = clock_monotonic_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    bool over = false;

    while (!over) {
        uint64_t now = clock_monotonic_ms();

        waker_prepare(&node->start.waker);
        over = raftd_node_is_ready(node) || atomic_load(&node->start.ended) ||
               (timeout_ms >= 0 && now >= deadline);
        if (!over) {
            waker_wait(&node->start.waker, timeout_ms < 0 ? -1 : (int)(deadline - now));
        }
        waker_done(&node->start.waker);
    }
}

int raftd_node_start(struct raftd_node *node, int timeout_ms, struct raftd_error *error)
{
    ASSERT(!node->start.started);
    if (thread_start(&node->start.thread, "raft-node", run, node) != 0) {
        return error_set(
            error, RAFTD_ERROR_SYSTEM,
            "cannot start the thread of the node: raise the limit on processes (ulimit -u)");
    }
    node->start.started = true;
    wait_until_ready(node, timeout_ms);
    if (atomic_load(&node->start.ended)) {
        return raftd_node_join(node, error);
    }
    if (!raftd_node_is_ready(node)) {
        return error_set(
            error, RAFTD_ERROR_TIMEOUT,
            "the node is not ready after %d ms: no quorum of voters answers yet; the node "
            "goes on trying",
            timeout_ms);
    }
    return 0;
}

int raftd_node_join(struct raftd_node *node, struct raftd_error *error)
{
    if (node->start.started) {
        thread_join(&node->start.thread);
        node->start.started = false;
    }
    if (node->start.code != 0 && error != NULL) {
        *error = node->start.error;
    }
    return node->start.code;
}

/* Waits for the completion of the only request that is under way. code: whether it was accepted. */
static int wait_for_outcome(struct raftd_client *client, int code,
                            struct raftd_completion *completion)
{
    *completion = (struct raftd_completion){.status = code};
    if (code != 0) {
        return code;
    }
    raftd_client_submit(client);
    while (!raftd_client_next(client, completion)) {
        raftd_client_wait(client, -1);
    }
    return completion->status;
}

int raftd_client_call(struct raftd_client *client, const void *data, size_t size_bytes,
                      struct raftd_completion *completion)
{
    return wait_for_outcome(client, raftd_client_propose(client, data, size_bytes, 0), completion);
}

int raftd_client_ask(struct raftd_client *client, const void *query, size_t size_bytes,
                     enum raftd_read_level level, uint32_t max_lag_ms,
                     struct raftd_completion *completion)
{
    return wait_for_outcome(
        client, raftd_client_read(client, query, size_bytes, level, max_lag_ms, 0), completion);
}
