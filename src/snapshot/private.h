/*
 * The state of the snapshot worker, and what its files share; nothing else includes this.
 *
 * Saving, in snapshot_worker.c; the core thread's side of it is drawn in snapshot_schedule.h:
 *
 *     nothing -> writing    begin_save(): the core thread has begun a snapshot
 *     writing -> failed     begin_save(), save_slice(): the file could not be written; the slices
 *                           that follow are dropped
 *     writing -> nothing    end_save(): the file is durable and has its name, or that failed; the
 *                           core thread gets SAVED
 *     failed -> nothing     end_save(): the core thread gets SAVED with the code of the failure
 *     any -> nothing        abort_save(): the core thread has given the snapshot up, or the end
 *
 * In "nothing", saving_index is 0. In "writing", writer is not NULL. In "failed", writer is NULL
 * and saving_code is not 0.
 *
 * Sending to one peer, in snapshot_send.c; one struct snapshot_send for each:
 *
 *     free -> offered       snapshot_send_begin(): the core asks for it; the file is opened
 *     offered -> sending    on_wanted(): the peer has said from which byte on it needs the file
 *     sending -> sending    on_wanted(): the peer has acknowledged more; snapshot_send_work() sends
 *                           chunks as long as the window has room
 *     sending -> offered    offer(): nothing was heard for a while, or the connection was made
 *                           anew, so chunks may be lost; the peer says again where it is
 *     any -> free           release(): the peer has it (the core gets SENT); or the peer refused
 *                           it or the file cannot be read (FAILED); or the core needs it no longer
 *     any -> offered        snapshot_send_outdated(): the newest snapshot is sent instead
 *
 * Receiving, in snapshot_receive.c; one file at a time:
 *
 *     nothing -> receiving    snapshot_receive_offer(): an offer of a newer snapshot than any here
 *     receiving -> receiving  snapshot_receive_chunk(): the next chunk was stored;
 *                             snapshot_receive_offer(): the same snapshot was offered again, and
 *                             the answer says where to go on
 *     receiving -> nothing    complete(): the file is durable, checked and staged (the core gets
 *                             RECEIVED, the sender DONE), or it is damaged and removed (the sender
 *                             gets REFUSED); snapshot_receive_abandon(): another snapshot was
 *                             offered, the file could not be written, or the end
 *
 * Invariants:
 *   1. A snapshot_send whose peer is not 0 has an open file, and holds that snapshot against
 *      cleaning up; no two of them have the same peer.
 *   2. acknowledged_bytes <= sent_bytes <= size_bytes while is_answered; on_wanted() asserts it.
 *   3. A received file gets the name of a snapshot only after all its checksums were verified and
 *      the state machine has accepted its content.
 *   4. The core gets RECEIVED before the sender gets DONE, so the snapshot is installed when the
 *      leader counts on it.
 */
#ifndef RAFTD_SNAPSHOT_PRIVATE_H
#define RAFTD_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>

#include "snapshot/worker.h"
#include "store/snapshot_writer.h"
#include "store/wal_segment.h"
#include "sys/mutex.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum {
    SNAPSHOT_READINGS_MAX = 8, /* snapshots that backups read now; any number of backups of each */
    SNAPSHOT_WINDOW_BYTES = 512 * 1024, /* sent to one peer and not acknowledged */
    SNAPSHOT_LATE_MAX = 4 * RAFT_MEMBERS_MAX,
};

enum snapshot_command_type {
    COMMAND_SAVE_BEGIN = 1,
    COMMAND_SAVE_SLICE,
    COMMAND_SAVE_END,
    COMMAND_SAVE_ABORT,
    COMMAND_SEND,
    COMMAND_LINK,
    COMMAND_FORGET,
    COMMAND_FRAME,
    COMMAND_DROP_STAGED,
};

struct snapshot_command {
    enum snapshot_command_type type;
    uint16_t peer;
    bool up;
    size_t size;
    union {
        struct snapshot_info *info;
        uint8_t *data;
        struct wire_snapshot *frame;
        void *staged;
    };
};

/* One file on its way to one peer; see above. */
struct snapshot_send {
    uint16_t peer; /* 0 = this place is free */
    bool link_is_up;
    bool is_answered; /* the offer was answered, so chunks may be sent */
    int file;
    uint64_t index;
    uint64_t id; /* the nonce of the snapshot */
    uint64_t size_bytes;
    uint64_t sent_bytes; /* offset of the next chunk */
    uint64_t acknowledged_bytes;
    uint64_t heard_ms;    /* when the peer last answered, or it was last offered */
    unsigned told_tenths; /* progress that was logged, tenths of the file */
};

/* The file that is arriving; see above. */
struct snapshot_receive {
    bool is_active;
    uint16_t peer;
    int file;
    uint64_t index;
    uint64_t id;
    uint64_t size_bytes;
    uint64_t received_bytes;
    uint64_t synced_bytes;
    unsigned told_tenths;
};

/* A file that is read for a backup. It is kept until this time, or longer if it is read again. */
struct snapshot_reading {
    uint64_t index;
    uint64_t until_ms;
};

struct published_transfer {
    _Atomic uint32_t peer;
    _Atomic uint64_t done_bytes;
    _Atomic uint64_t total_bytes;
};

struct snapshot_worker {
    /* Does not change after the start. */
    struct snapshot_worker_options options;
    char *directory;
    struct wal_files place; /* the same directory, as functions of src/store need it */
    struct thread thread;
    bool started;
    struct ring *commands; /* core thread -> worker */
    struct ring *events;   /* worker -> core thread */
    struct waker waker;    /* consumer: worker */
    atomic_bool stop;

    /* The core thread: commands about peers that found the ring full, because the worker waits for
     * a disk that hangs. Of each kind and peer only the newest is kept, so that they are few. */
    size_t late_count;
    struct snapshot_command late[SNAPSHOT_LATE_MAX];

    /* Bytes of slices in the ring: the core thread adds, the worker subtracts. */
    _Atomic uint64_t pending_bytes;

    /* The worker. */
    struct snapshot_files *files;
    struct snapshot_writer *writer; /* NULL = nothing is being saved, or it has failed */
    uint64_t saving_index;          /* 0 = nothing is being saved */
    uint64_t saving_term;
    int saving_code; /* why saving failed; 0 = it did not */
    struct snapshot_send sends[RAFT_MEMBERS_MAX];
    struct snapshot_receive receive;
    uint8_t *chunk; /* buffer of WIRE_SNAPSHOT_CHUNK_MAX bytes */

    /* The snapshots that backups read now: any thread. The worker looks before it removes files. */
    struct mutex readings_mutex;
    struct snapshot_reading readings[SNAPSHOT_READINGS_MAX];

    /* Figures: written by the worker, with relaxed order. */
    _Atomic uint64_t newest_index;
    _Atomic uint64_t newest_bytes;
    _Atomic uint64_t published_saving_index;
    _Atomic uint64_t published_saving_bytes;
    struct published_transfer published_receive;
    struct published_transfer published_sends[RAFT_MEMBERS_MAX];
};

/* All of these: the worker. */

/* snapshot_worker.c */
/* Takes what the event points at. False: the node stops, and it was freed. */
bool snapshot_push_event(struct snapshot_worker *worker, struct snapshot_event event);
void snapshot_push_frame(struct snapshot_worker *worker, uint16_t peer,
                         const struct wire_snapshot *head, const void *data);
void snapshot_publish_newest(struct snapshot_worker *worker);
/* Removes snapshots that are older than the options allow, unless they are in use. */
void snapshot_prune(struct snapshot_worker *worker);
void snapshot_publish_transfer(struct published_transfer *published, uint16_t peer, uint64_t done,
                               uint64_t total);
/* The path of a file in the directory. */
void snapshot_path(const struct snapshot_worker *worker, const char *name, char path[WAL_PATH_MAX]);

/* snapshot_send.c */
void snapshot_send_begin(struct snapshot_worker *worker, uint16_t peer);
void snapshot_send_link(struct snapshot_worker *worker, uint16_t peer, bool up);
void snapshot_send_answer(struct snapshot_worker *worker, uint16_t peer,
                          const struct wire_snapshot *answer);
void snapshot_send_forget(struct snapshot_worker *worker, uint16_t peer); /* 0 = all */
/* Sends what the windows have room for, and offers again where no answer came. True if a transfer
 * is under way. */
bool snapshot_send_work(struct snapshot_worker *worker);
/* The index of the oldest snapshot that is being sent; `otherwise` if none is older than that. */
uint64_t snapshot_send_oldest(const struct snapshot_worker *worker, uint64_t otherwise);
/* There is a new snapshot: transfers of a snapshot that is too old now begin anew with it. */
void snapshot_send_outdated(struct snapshot_worker *worker);

/* snapshot_receive.c */
void snapshot_receive_offer(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *offer);
void snapshot_receive_chunk(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *chunk);
void snapshot_receive_abandon(struct snapshot_worker *worker);

/* snapshot_reading.c */
/* Holds the snapshots that backups read now (T39). The caller releases them; returns how many. */
size_t snapshot_hold_readings(struct snapshot_worker *worker, uint64_t held[SNAPSHOT_READINGS_MAX]);

#endif
