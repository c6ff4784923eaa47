/*
 * The end of a node's life, as all threads see it: the wish to stop, whether the node is ending,
 * and how the run thread waits for that and for other news, and says what it waits for. On the
 * ground of this folder: calls no other file of it.
 */
#include <stdio.h>
#include <string.h>

#include "node/node.h"
#include "sys/clock.h"

void raftd_node_stop(struct raftd_node *node)
{
    atomic_store(&node->stopping, true);
    waker_wake(&node->lifecycle_waker);
}

bool node_is_ending(const struct raftd_node *node)
{
    return atomic_load(&node->stopping) || atomic_load(&node->removed);
}

void node_wait_until(struct raftd_node *node, uint64_t deadline_ms)
{
    struct waker *waker = &node->lifecycle_waker;
    uint64_t now = clock_monotonic_ms();

    if (!node_is_ending(node) && now < deadline_ms) {
        waker_wait(waker, deadline_ms - now < 1000 ? (int)(deadline_ms - now) : 1000);
    }
    waker_done(waker);
    waker_prepare(waker);
    link_table_reap(&node->links);
}

void node_set_waiting_for(struct raftd_node *node, const char *text)
{
    const size_t size = sizeof(node->waiting_for);

    mutex_lock(&node->links.mutex);
    if ((size_t)snprintf(node->waiting_for, size, "%s", text) >= size) {
        memcpy(node->waiting_for + size - sizeof("..."), "...", sizeof("..."));
    }
    mutex_unlock(&node->links.mutex);
}
