/*
 * The core thread's part of snapshots: decides when one is due, takes slices of it from the state
 * machine, carries news between the core and the snapshot worker, and replaces the state by a
 * received snapshot. Core thread only.
 *
 * Saving, as the core thread sees it (what the worker does meanwhile: snapshot_private.h):
 *
 *     nothing -> slicing   begin(): a snapshot is due or was asked for
 *     slicing -> writing   snapshot_slice_locked(): the last slice was handed to the worker
 *     writing -> nothing   on_saved(): the worker says that the file is durable, or that it failed
 *     any -> nothing       abort_saving(): a received snapshot is installed, or the node stops
 *
 * is_saving is true in slicing and writing, is_slicing in slicing.
 */
#ifndef RAFTD_NODE_SNAPSHOT_SCHEDULE_H
#define RAFTD_NODE_SNAPSHOT_SCHEDULE_H

#include "node/node.h"

struct core_loop;

struct snapshot_schedule {
    uint64_t taken_index;   /* index of the newest snapshot that is durable here; 0 = none */
    uint64_t applied_bytes; /* raftd_node.applied_bytes when the newest snapshot was begun */
    uint64_t content_bytes; /* size of the newest snapshot's content */
    uint64_t retry_ms;      /* after a failure: time before which no snapshot is begun */
    bool is_wanted;         /* a client or the embedder asked for one */

    /* The snapshot that is being saved. */
    bool is_saving;
    bool is_slicing;
    uint64_t saving_index;
    uint64_t saving_term;
    uint64_t saving_bytes;

    /* A snapshot that the worker received, from its event until the core has decided in the same
     * turn. NULL = none. */
    struct snapshot_info *received;
    void *staged;

    bool was_leader;
};

/* Makes events of the worker's news, of a limited number in a turn. */
void snapshot_intake(struct core_loop *loop);
/* Right after the core's step, core mutex held: installs the received snapshot if the core says
 * so, else drops it. */
void snapshot_install_locked(struct core_loop *loop, const struct raft_outbox *outbox);
/* After committed entries were applied, core mutex held: begins a snapshot that is due, or takes
 * the next slice. */
void snapshot_slice_locked(struct core_loop *loop);
/* Tells the worker which peers need a snapshot, and the log writer which entries may go. */
void snapshot_act(struct core_loop *loop, const struct raft_outbox *outbox);
/* Whether there is something to do in another turn. */
bool snapshot_has_work(const struct core_loop *loop);
/* The end of the core thread: gives up what is not finished. */
void snapshot_finish(struct core_loop *loop);

/* A client asks for a snapshot: the reply is a sentence that says what will be saved. */
void snapshot_ask(struct core_loop *loop, struct raftd_reply *reply);

#endif
