/*
 * The threads' part of draining (src/member/draining.c decides): the run thread asks for it and
 * waits, the core thread passes that on to the member and says when it is done. The wait is limited
 * to an election time-out; while a damaged log is being replaced, to MEND_MS.
 *
 *     NOT -> ASKED     draining_wait(), run thread: the node was asked to stop
 *     ASKED -> DONE    draining_check(), core thread: the member is drained
 *
 * Core thread, except draining_wait().
 */
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

/* Milliseconds, for a snapshot of the whole state. Service managers have to wait longer before they
 * kill: 90 s is usual, and what conf/raftd.service.in says. */
enum { MEND_MS = 60000 };

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

static bool is_done(const struct raftd_node *node)
{
    return atomic_load(&node->draining) == DRAINING_DONE;
}

static void wait_until_done(struct raftd_node *node)
{
    uint64_t began_ms = clock_monotonic_ms();
    uint64_t now_ms = began_ms;

    while (!is_done(node)) {
        uint64_t most_ms =
            atomic_load(&node->mends_log) ? (uint64_t)MEND_MS : node->conf.raft.election_timeout_ms;

        now_ms = clock_monotonic_ms();
        if (now_ms - began_ms >= most_ms) {
            return;
        }
        waker_wait(&node->lifecycle_waker, (int)(began_ms + most_ms - now_ms));
        waker_done(&node->lifecycle_waker);
        waker_prepare(&node->lifecycle_waker);
    }
}

/* Run thread. Waits no longer than the header says, whatever the peers and the disk do. A node that
 * is not ready has no outcome to wait for, but perhaps a log to mend. */
void draining_wait(struct raftd_node *node)
{
    bool mends_log = atomic_load(&node->mends_log);

    if (!node->core_started || (!raftd_node_is_ready(node) && !mends_log)) {
        return;
    }
    if (mends_log) {
        LOG_INFO("stopping as soon as the damaged log is replaced by a snapshot and a new log, at "
                 "most %d s from now",
                 MEND_MS / 1000);
    }
    atomic_store(&node->draining, DRAINING_ASKED);
    waker_wake(&node->core_waker);
    wait_until_done(node);
    if (is_done(node)) {
        return;
    }
    if (atomic_load(&node->mends_log)) {
        LOG_ERROR("stopping now, although the log in %s is damaged and was not replaced within "
                  "%d s: the next start may refuse it; free space on the disk, check it, and "
                  "see the manual of raftctl member replace",
                  node->conf.node.data_dir, MEND_MS / 1000);
        return;
    }
    LOG_WARNING("stopping now, although this node may still lead or some commands have no outcome: "
                "within %u ms no other voter took over, or a disk did not answer",
                node->conf.raft.election_timeout_ms);
}
