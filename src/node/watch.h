/*
 * Tells the embedder about changes of role, leader, members and readiness; see
 * raftd_builder_on_change() and watch.c.
 */
#ifndef RAFTD_NODE_WATCH_H
#define RAFTD_NODE_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include <raftd/node.h>

#include "sys/thread.h"
#include "sys/waker.h"

struct watch {
    /* Does not change once the node is built. */
    void (*changed)(void *argument, unsigned changed, const struct raftd_status *status);
    void *argument;
    /* The run thread. */
    struct thread thread;
    bool started;
    atomic_bool stop;   /* set by the run thread */
    struct waker waker; /* consumer: the thread of the watch */
};

/* Run thread. If there is a function to call: starts the thread. RAFTD_ERROR_SYSTEM if there is no
 * thread or descriptor left. */
int watch_start(struct raftd_node *node, struct raftd_error *error);
/* Run thread. Tells the last state, and ends the thread. */
void watch_stop(struct raftd_node *node);
/* Any thread; never waits. Something may have changed. */
void watch_wake(struct raftd_node *node);

#endif
