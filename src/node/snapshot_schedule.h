/*
 * The core thread's share of snapshots: when one is due, the slices of the state machine, what the
 * worker says to the core and the core to the worker, and the moment in which a received one
 * takes the place of the state. Core thread only.
 */
#ifndef RAFTD_NODE_SNAPSHOT_SCHEDULE_H
#define RAFTD_NODE_SNAPSHOT_SCHEDULE_H

#include "node/node.h"

struct core_loop;

struct snapshot_schedule {
    uint64_t taken_index;   /* of the newest snapshot that is durable here */
    uint64_t applied_bytes; /* of entries, when that was begun; see raftd_node.applied_bytes */
    uint64_t content_bytes; /* of it */
    uint64_t retry_ms;      /* after a failure nothing is begun before */
    bool is_wanted;         /* somebody asked for one */

    /* The one that is being saved. */
    bool is_saving; /* until the worker says that it is durable, or is not */
    bool is_slicing;
    uint64_t saving_index;
    uint64_t saving_term;
    uint64_t saving_bytes;

    /* Of this turn: what the worker received, until the core has decided. */
    struct snapshot_info *received;
    void *staged;

    bool was_leader;
};

/* The worker's news as events, at most a few a turn. */
void snapshot_intake(struct core_loop *loop);
/* Right after the core's step, core mutex held: installs if the core says so. */
void snapshot_install_locked(struct core_loop *loop, const struct raft_outbox *outbox);
/* After what is committed was applied, core mutex held: begins a snapshot that is due, takes the
 * next slice. */
void snapshot_slice_locked(struct core_loop *loop);
/* Peers that need one; what of the log may go. */
void snapshot_act(struct core_loop *loop, const struct raft_outbox *outbox);
/* Whether another turn would find something to do. */
bool snapshot_has_work(const struct core_loop *loop);
void snapshot_finish(struct core_loop *loop);

/* Asked for by a client: says in a sentence what will be. */
void snapshot_ask(struct core_loop *loop, struct raftd_reply *reply);

#endif
