/*
 * The snapshot worker: the thread that reads and writes snapshot files. It writes the slices that
 * the core thread takes from the state machine, sends files to peers that need entries which the
 * log no longer holds, receives such files, checks them and builds a staged state from them. It
 * talks with the core thread through a pair of rings; it never touches the core or its mutex.
 *
 * The memory that it needs is bounded: SNAPSHOT_PENDING_MAX bytes of slices that wait to be
 * written, a window of chunks for each peer, and one block while it reads.
 */
#ifndef RAFTD_SNAPSHOT_WORKER_H
#define RAFTD_SNAPSHOT_WORKER_H

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
    uint32_t keep; /* number of snapshots, the newest included */
    bool compress;
    struct raftd_state_machine machine; /* only its restore functions are called */
    struct waker *core;                 /* woken when there are events */
    uint32_t offer_again_ms;            /* time without an answer before a new offer; 0 = 3000 */
    uint32_t patience_ms; /* time without a connection before a transfer ends; 0 = 3000 */
    uint64_t
        reserve_bytes; /* [storage] reserve_bytes; see store/reserve.h. 0 = it is not looked at */
    uint64_t
        scrub_every_ms; /* time after which a file is read again to find damage; 0 = 12 hours */
    uint64_t stale_ms; /* time after which a file of which nothing arrives is given up; 0 = 60000 */
};

/* Sets offer_again_ms and patience_ms as this election time-out wants them. A quorum may wait for a
 * lost offer; and the leader's log is kept no longer for a peer that is silent. */
void snapshot_worker_set_times(struct snapshot_worker_options *options,
                               uint32_t election_timeout_ms);

/* Owns the files from here on. NULL if the process has no file descriptor left; then the files
 * still belong to the caller. */
struct snapshot_worker *snapshot_worker_create(const struct snapshot_worker_options *options,
                                               struct snapshot_files *files);
int snapshot_worker_start(struct snapshot_worker *worker);
/* What the thread does between two waits: everything that was asked for. Only a simulator, which
 * starts no thread, calls it. True: a transfer is under way, call again soon. */
bool snapshot_worker_work(struct snapshot_worker *worker);
/* Ends the thread and gives up what is not finished. */
void snapshot_worker_stop(struct snapshot_worker *worker);
void snapshot_worker_destroy(struct snapshot_worker *worker); /* NULL is allowed */

enum snapshot_event_type {
    SNAPSHOT_EVENT_SAVED = 1, /* a snapshot is durable, or failed: code */
    SNAPSHOT_EVENT_FRAME,     /* a frame has to be sent to a peer */
    SNAPSHOT_EVENT_SENT,      /* the peer has the whole snapshot on its disk */
    SNAPSHOT_EVENT_FAILED,    /* the transfer to the peer failed */
    SNAPSHOT_EVENT_RECEIVED,  /* a snapshot has arrived: durable, checked and staged */
    /* The snapshot of this index is damaged or cannot be read: a new one has to be saved, of any
     * index. before_index is the snapshot that is the newest good one now; 0 = there is none. */
    SNAPSHOT_EVENT_DAMAGED,
    /* Transfers have ended, for whatever reason, or begun anew with a newer snapshot: those that
     * are left need less of the log. needed_index: UINT64_MAX = none is left. */
    SNAPSHOT_EVENT_ENDED,
};

struct snapshot_event {
    enum snapshot_event_type type;
    int code; /* SAVED; 0 = it is durable */
    uint16_t peer;
    uint64_t index;        /* SAVED, SENT, RECEIVED, DAMAGED: of the snapshot */
    uint64_t needed_index; /* SAVED, ENDED: a transfer needs the entries after this one */
    uint64_t before_index; /* SAVED, DAMAGED: index of the kept snapshot before it, 0 = none */
    struct wire_frame *frame;
    struct snapshot_info *info; /* RECEIVED; the taker calls memory_free() */
    void *staged;               /* RECEIVED; owned by the taker */
    uint64_t content_bytes;     /* RECEIVED: size of its content */
};

/* All of these: core thread. None of them waits. */

/* False = no event. */
bool snapshot_worker_next(struct snapshot_worker *worker, struct snapshot_event *event);
bool snapshot_worker_has_events(const struct snapshot_worker *worker);

/* Saving, one snapshot at a time: begin, then slices while there is room, then end or abort. When
 * the new snapshot is durable, transfers of snapshots before floor_index, to which there are two
 * newer ones then, begin anew with it: the log after them is not worth keeping. */
void snapshot_worker_save_begin(struct snapshot_worker *worker, const struct snapshot_info *info,
                                uint64_t floor_index);
bool snapshot_worker_has_room(const struct snapshot_worker *worker);
/* Takes the data, which memory_free() frees. */
void snapshot_worker_save_slice(struct snapshot_worker *worker, uint8_t *data, size_t size);
void snapshot_worker_save_end(struct snapshot_worker *worker);
void snapshot_worker_save_abort(struct snapshot_worker *worker);

/* A peer needs a snapshot. SENT or FAILED follows, however long that takes. */
void snapshot_worker_send(struct snapshot_worker *worker, uint16_t peer);
/* The connection to a peer was made or lost. */
void snapshot_worker_link(struct snapshot_worker *worker, uint16_t peer, bool up);
/* Ends the transfer to this peer; 0 = all transfers, because this node leads no longer. */
void snapshot_worker_forget(struct snapshot_worker *worker, uint16_t peer);
/* A frame of a snapshot came from a peer. Takes it; drops it if there is no room for it. term: the
 * newest term that this node knows; a snapshot with entries of a later one is refused. */
void snapshot_worker_frame(struct snapshot_worker *worker, uint16_t peer,
                           struct wire_snapshot *frame, uint64_t term);
/* Frees a staged state that is not needed, on the worker's thread, because that may take long. */
void snapshot_worker_drop_staged(struct snapshot_worker *worker, void *staged);

/* Any thread that may wait for the disk: see raftd_node_read_snapshot(). */
int snapshot_worker_read(struct snapshot_worker *worker, uint64_t index, uint64_t offset_bytes,
                         void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                         struct raftd_error *error);

/* Any thread; the figures may be a little old. */
struct snapshot_transfer_figures {
    uint16_t peer; /* 0 = none */
    uint64_t done_bytes;
    uint64_t total_bytes;
};
struct snapshot_figures {
    uint64_t index; /* index of the newest snapshot; 0 = none */
    uint64_t size_bytes;
    uint64_t saving_index; /* index of the snapshot that is being saved; 0 = none */
    uint64_t saving_bytes; /* bytes of its content so far */
    struct snapshot_transfer_figures receiving;
    struct snapshot_transfer_figures sending[RAFT_MEMBERS_MAX];
};
void snapshot_worker_get_figures(const struct snapshot_worker *worker,
                                 struct snapshot_figures *figures);

#endif
