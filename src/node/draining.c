/*
 * Draining: the last thing that a node does before it stops. A leader hands leadership over, and
 * the commands of this node's clients get their outcomes; once the node does not lead any more, new
 * requests are refused, which tells their clients that they were not applied. So a restart leaves
 * no client with an unknown outcome. The wait is limited to an election time-out.
 *
 *     NOT -> ASKED     draining_wait(), run thread: the node was asked to stop
 *     ASKED -> DONE    draining_check(), core thread: no command is open, the handover is over
 *
 * Core thread, except draining_wait().
 */
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

static bool is_asked(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->draining, memory_order_acquire) == DRAINING_ASKED;
}

/* Whether a command has no outcome yet: it was proposed, or it waits for a leader. */
static bool has_open_proposals(struct raftd_node *node)
{
    struct waiting_request *request = waiting_oldest(&node->waiting);

    while (request != NULL && request->state != WAITING_PROPOSED &&
           request->state != WAITING_HELD) {
        request = waiting_newer(&node->waiting, request);
    }
    return request != NULL;
}

void draining_begin(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    if (!is_asked(node) || loop->draining_begun || !loop->turn.ready) {
        return;
    }
    loop->draining_begun = true;
    if (raft_get_role(node->core) == RAFT_LEADER) {
        loop->draining_led = true;
        intake_event(loop, RAFT_EVENT_HANDOVER)->to = 0;
    }
}

bool draining_refuses(const struct core_loop *loop)
{
    return loop->draining_begun && raft_get_role(loop->node->core) != RAFT_LEADER;
}

void draining_check(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    bool leads = raft_get_role(node->core) == RAFT_LEADER;

    if (!is_asked(node) || !loop->draining_begun) {
        return;
    }
    if (has_open_proposals(node)) {
        return;
    }
    /*
     * A node that still leads waits while its handover is under way; if there is none (any more),
     * no other voter can take over, and to wait longer would not help. A node that has handed over
     * waits until it knows the new leader, because that node may still need this one's vote.
     */
    if (leads ? raft_get_handover(node->core) != 0
              : loop->draining_led && raft_get_leader(node->core) == 0) {
        return;
    }
    atomic_store(&node->draining, DRAINING_DONE);
    waker_wake(&node->lifecycle_waker);
}

/* Run thread. Waits no longer than an election time-out, whatever the peers and the disk do. */
void draining_wait(struct raftd_node *node)
{
    uint64_t deadline_ms = clock_monotonic_ms() + node->conf.raft.election_timeout_ms;
    uint64_t now_ms = 0;

    if (!node->core_started || !raftd_node_is_ready(node)) {
        return;
    }
    atomic_store(&node->draining, DRAINING_ASKED);
    waker_wake(&node->core_waker);
    while (atomic_load(&node->draining) != DRAINING_DONE &&
           (now_ms = clock_monotonic_ms()) < deadline_ms) {
        waker_wait(&node->lifecycle_waker, (int)(deadline_ms - now_ms));
        waker_done(&node->lifecycle_waker);
        waker_prepare(&node->lifecycle_waker);
    }
    if (atomic_load(&node->draining) != DRAINING_DONE) {
        LOG_WARNING(
            "stopping now, although this node may still lead or some commands have no outcome: "
            "within %u ms no other voter took over, or a disk did not answer",
            node->conf.raft.election_timeout_ms);
    }
}
