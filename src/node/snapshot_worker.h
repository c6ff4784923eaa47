/*
 * The snapshot worker: the thread that reads and writes snapshot files. It writes what the core
 * thread takes from the state machine in slices, sends files to peers that are too far behind for
 * the log, receives such files, checks them and builds a staged state from them. It never touches
 * the core and never waits for its lock; the core thread and it talk through a pair of rings.
 *
 * Only bounded pieces are in memory: slices that wait to be written (SNAPSHOT_PENDING_MAX), a
 * window of chunks for each peer, one block while reading.
 */
#ifndef RAFTD_NODE_SNAPSHOT_WORKER_H
#define RAFTD_NODE_SNAPSHOT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "raft/membership.h"
#include "store/fs.h"
#include "store/snapshot_files.h"
#include "store/snapshot_format.h"
#include "sys/waker.h"
#include "wire/wire.h"

struct snapshot_worker;

enum {
    SNAPSHOT_PENDING_MAX = 1024 * 1024, /* bytes of slices that are not written yet */
};

struct snapshot_worker_options {
    const struct fs *fs;
    const char *directory; /* copied */
    uint64_t cluster_id;
    uint32_t keep; /* files, the newest included */
    bool compress;
    struct raftd_state_machine machine; /* its restore functions */
    struct waker *core;                 /* woken after events were pushed */
    uint32_t offer_again_ms;            /* without an answer; 0 = 3000, tests shorten it */
};

/* Takes the files. NULL, and they are still the caller's, if the system has no descriptor left. */
struct snapshot_worker *snapshot_worker_create(const struct snapshot_worker_options *options,
                                               struct snapshot_files *files);
int snapshot_worker_start(struct snapshot_worker *worker);
/* What the thread does between two waits, for a simulator, which starts none: everything that was
 * asked for. True: transfers are under way, call again soon. */
bool snapshot_worker_work(struct snapshot_worker *worker);
/* Ends the thread; what is not finished is given up. */
void snapshot_worker_stop(struct snapshot_worker *worker);
void snapshot_worker_destroy(struct snapshot_worker *worker); /* NULL is allowed */

enum snapshot_event_type {
    SNAPSHOT_EVENT_SAVED = 1, /* or failed: code */
    SNAPSHOT_EVENT_FRAME,     /* to be sent to a peer */
    SNAPSHOT_EVENT_SENT,      /* the peer has it whole and durable */
    SNAPSHOT_EVENT_FAILED,    /* the transfer to the peer ended otherwise */
    SNAPSHOT_EVENT_RECEIVED,  /* durable, checked, staged */
};

struct snapshot_event {
    enum snapshot_event_type type;
    int code;
    uint16_t peer;
    uint64_t index;
    uint64_t needed_index; /* SAVED: entries after this one are needed by a transfer */
    uint64_t before_index; /* SAVED: of the snapshot before it that is kept, 0 = none */
    struct wire_frame *frame;
    struct snapshot_info *info; /* RECEIVED; memory_free()d by the receiver */
    void *staged;               /* RECEIVED; belongs to the receiver */
};

/* Core thread from here on. None of these waits. */

/* False: nothing there. */
bool snapshot_worker_next(struct snapshot_worker *worker, struct snapshot_event *event);
bool snapshot_worker_has_events(const struct snapshot_worker *worker);

/* Saving: begin, slices as long as there is room for them, end or abort. One at a time. */
void snapshot_worker_save_begin(struct snapshot_worker *worker, const struct snapshot_info *info);
bool snapshot_worker_has_room(const struct snapshot_worker *worker);
/* Takes the memory. */
void snapshot_worker_save_slice(struct snapshot_worker *worker, uint8_t *data, size_t size);
void snapshot_worker_save_end(struct snapshot_worker *worker);
void snapshot_worker_save_abort(struct snapshot_worker *worker);

/* A peer needs one: answered by SENT or FAILED, however long that takes. */
void snapshot_worker_send(struct snapshot_worker *worker, uint16_t peer);
void snapshot_worker_link(struct snapshot_worker *worker, uint16_t peer, bool up);
/* The transfer to this peer ends; 0 = all of them, this node leads no more. */
void snapshot_worker_forget(struct snapshot_worker *worker, uint16_t peer);
/* Takes the frame; where there is no room it is lost, as on any network. */
void snapshot_worker_frame(struct snapshot_worker *worker, uint16_t peer,
                           struct wire_snapshot *frame);
/* A staged state that is not wanted is freed where it keeps nobody waiting. */
void snapshot_worker_drop_staged(struct snapshot_worker *worker, void *staged);

/* Any thread, may wait for the disk: see raftd_node_read_snapshot(). */
int snapshot_worker_read(struct snapshot_worker *worker, uint64_t index, uint64_t offset_bytes,
                         void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                         struct raftd_error *error);

/* Any thread; a recent picture. */
struct snapshot_transfer_figures {
    uint16_t peer; /* 0 = none */
    uint64_t done_bytes;
    uint64_t total_bytes;
};
struct snapshot_figures {
    uint64_t index; /* of the newest snapshot, 0 = none */
    uint64_t size_bytes;
    uint64_t saving_index; /* 0 = none is under way */
    uint64_t saving_bytes; /* content so far */
    struct snapshot_transfer_figures receiving;
    struct snapshot_transfer_figures sending[RAFT_MEMBERS_MAX];
};
void snapshot_worker_get_figures(const struct snapshot_worker *worker,
                                 struct snapshot_figures *figures);

#endif
