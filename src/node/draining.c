/*
 * The threads' part of draining (src/member/draining.c decides): the run thread asks for it and
 * waits, the core thread passes that on to the member and says when it is done. The wait is limited
 * to an election time-out.
 *
 *     NOT -> ASKED     draining_wait(), run thread: the node was asked to stop
 *     ASKED -> DONE    draining_check(), core thread: the member is drained
 *
 * Core thread, except draining_wait().
 */
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

void draining_begin(struct core_loop *loop)
{
    if (!loop->draining_begun &&
        atomic_load_explicit(&loop->node->draining, memory_order_acquire) == DRAINING_ASKED) {
        loop->draining_begun = true;
        member_drain(loop->member);
    }
}

void draining_check(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    if (loop->draining_begun && atomic_load(&node->draining) == DRAINING_ASKED &&
        member_is_drained(loop->member)) {
        atomic_store(&node->draining, DRAINING_DONE);
        waker_wake(&node->lifecycle_waker);
    }
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
