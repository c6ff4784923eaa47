/*
 * Whether a node can serve now, as readiness probes, the log and the status tell. See serving.c.
 */
#ifndef RAFTD_NODE_SERVING_H
#define RAFTD_NODE_SERVING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raftd_node;

struct serving {
    atomic_bool can_serve;    /* what the last look found; set by the run thread */
    atomic_bool was_ready;    /* the node could serve at some time since its start */
    _Atomic uint64_t good_ms; /* last moment at which the node could serve, 0 = never; set by the
                                 run thread */
    _Atomic uint64_t left_ms; /* when the node left service for the last time, 0 = never;
                                 raftd_node_set_ready() */
    bool lacks_room; /* run thread: the disk is nearly full, and entries are missing for that */
    uint64_t
        lost_ms; /* run thread: good_ms when the present interruption began; 0 = there is none */
};

/* Run thread: looks at the core, and returns whether this node can serve. Writes a warning when an
 * interruption begins, and how long it took when it ends. */
bool serving_look(struct raftd_node *node);
/* The time between two looks. */
uint64_t serving_interval_ms(const struct raftd_node *node);
/*
 * Run thread: whether the members that answer on their links are a quorum. `missing` is filled with
 * those that do not answer, and why.
 */
bool serving_has_quorum(struct raftd_node *node, char *missing, size_t size);

#endif
