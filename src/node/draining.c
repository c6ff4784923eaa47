/*
 * The orderly end of a node's part in the cluster: a leader hands over before it stops, and
 * whatever its clients have proposed gets its outcome. New requests are refused meanwhile, which
 * is definite; nobody is left with an unknown outcome by a restart. Core thread, but for the
 * wait.
 */
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

static bool is_asked(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->draining, memory_order_acquire) == DRAINING_ASKED;
}

/* What was proposed, here or to a leader, or will be as soon as there is one, and has no outcome
 * yet. */
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
     * A leader that hands over to nobody (any more) stays one: waiting for more is in vain. One
     * that did stays until it hears of the next: that one may need its vote.
     */
    if (leads ? raft_get_handover(node->core) != 0
              : loop->draining_led && raft_get_leader(node->core) == 0) {
        return;
    }
    atomic_store(&node->draining, DRAINING_DONE);
    waker_wake(&node->lifecycle_waker);
}

/* The run thread: no longer than an election takes, whatever peers and disk do. */
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
