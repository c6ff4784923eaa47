/*
 * The thread that calls the embedder's function when role, leader, members or readiness have
 * changed. The function may be slow, so nothing that consensus needs runs on this thread: the core
 * thread and the run thread only wake it. It looks at the status, compares it with the one that it
 * has told last, and calls the function if they differ. So there is no queue that could grow, and
 * changes that come while the function runs are told together.
 */
#include "node/watch.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "node/node.h"

static bool members_differ(const struct raftd_status *a, const struct raftd_status *b)
{
    if (a->member_count != b->member_count) {
        return true;
    }
    for (size_t i = 0; i < a->member_count; i++) {
        const struct raftd_member_status *one = &a->members[i];
        const struct raftd_member_status *other = &b->members[i];

        if (one->id != other->id || one->voter != other->voter || one->learner != other->learner ||
            one->joining != other->joining || one->outgoing != other->outgoing ||
            strcmp(one->address, other->address) != 0) {
            return true;
        }
    }
    return false;
}

static unsigned compare(const struct raftd_status *told, const struct raftd_status *now)
{
    unsigned changed = 0;

    if (strcmp(told->role, now->role) != 0 || told->term != now->term) {
        changed |= RAFTD_CHANGED_ROLE;
    }
    changed |= told->leader != now->leader ? RAFTD_CHANGED_LEADER : 0;
    changed |= members_differ(told, now) ? RAFTD_CHANGED_MEMBERS : 0;
    changed |= told->ready != now->ready ? RAFTD_CHANGED_READY : 0;
    return changed;
}

static void tell(struct raftd_node *node, struct raftd_status *told, bool is_first)
{
    struct raftd_status now;
    unsigned changed =
        RAFTD_CHANGED_ROLE | RAFTD_CHANGED_LEADER | RAFTD_CHANGED_MEMBERS | RAFTD_CHANGED_READY;

    raftd_node_status(node, &now, sizeof(now));
    if (!is_first) {
        changed = compare(told, &now);
    }
    if (changed != 0) {
        *told = now;
        node->watch.changed(node->watch.argument, changed, told);
    }
}

static void run(void *argument)
{
    struct raftd_node *node = argument;
    struct watch *watch = &node->watch;
    struct raftd_status *told = memory_allocate_zeroed(1, sizeof(*told));
    bool is_first = true;
    bool ends = false;

    while (!ends) {
        /* The stop flag is read before the status, so that the last state is told. */
        waker_prepare(&watch->waker);
        ends = atomic_load(&watch->stop);
        tell(node, told, is_first);
        is_first = false;
        if (!ends) {
            waker_wait(&watch->waker, -1);
        }
        waker_done(&watch->waker);
    }
    memory_free(told);
}

int watch_start(struct raftd_node *node, struct raftd_error *error)
{
    if (node->watch.changed == NULL) {
        return 0;
    }
    if (thread_start(&node->watch.thread, "raft-watch", run, node) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM,
                         "cannot start the thread that tells changes: raise the limit on processes "
                         "(ulimit -u)");
    }
    node->watch.started = true;
    return 0;
}

void watch_stop(struct raftd_node *node)
{
    if (node->watch.started) {
        atomic_store(&node->watch.stop, true);
        waker_wake(&node->watch.waker);
        thread_join(&node->watch.thread);
        node->watch.started = false;
    }
}

void watch_wake(struct raftd_node *node)
{
    if (node->watch.changed != NULL) {
        waker_wake(&node->watch.waker);
    }
}
