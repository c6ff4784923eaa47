/*
 * What the files of the snapshot worker share; nobody else includes this.
 *
 *     snapshot_worker.c   the thread, its rings, saving
 *     snapshot_send.c     transfers to peers
 *     snapshot_receive.c  the transfer from the leader, checking and staging
 *     snapshot_reading.c  reading for backups: any thread
 */
#ifndef RAFTD_NODE_SNAPSHOT_PRIVATE_H
#define RAFTD_NODE_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>

#include "node/snapshot_worker.h"
#include "store/snapshot_writer.h"
#include "store/wal_segment.h"
#include "sys/mutex.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum {
    SNAPSHOT_READINGS_MAX = 8, /* different snapshots; of one, any number of backups is made */
    SNAPSHOT_WINDOW_BYTES = 512 * 1024, /* sent and not answered, per peer */
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

/* One file on its way to one peer. */
struct snapshot_send {
    uint16_t peer; /* 0: this place is free */
    bool link_is_up;
    bool is_answered; /* the offer was: chunks may go */
    int file;
    uint64_t index;
    uint64_t id;
    uint64_t size_bytes;
    uint64_t sent_bytes; /* offset of the next chunk */
    uint64_t acknowledged_bytes;
    uint64_t heard_ms;
    unsigned told_tenths; /* of the way, in the log */
};

/* One file that arrives. */
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

/* A file that is read for a backup, and how long it stays without another read. */
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
    /* Immutable after start. */
    struct snapshot_worker_options options;
    char *directory;
    struct wal_files place; /* the same, as the store's functions want it */
    struct thread thread;
    bool started;
    struct ring *commands; /* core thread -> worker */
    struct ring *events;   /* worker -> core thread */
    struct waker waker;    /* consumer: worker */
    atomic_bool stop;

    /* The core thread: what peers need while the worker hangs and its ring is full. Of a kind and
     * a peer only the newest counts, so that they are few. */
    size_t late_count;
    struct snapshot_command late[SNAPSHOT_LATE_MAX];

    /* Added by the core thread, taken by the worker. */
    _Atomic uint64_t pending_bytes;

    /* The worker. */
    struct snapshot_files *files;
    struct snapshot_writer *writer; /* NULL: nothing is being saved, or it failed */
    uint64_t saving_index;
    uint64_t saving_term;
    int saving_code; /* of the first failure */
    struct snapshot_send sends[RAFT_MEMBERS_MAX];
    struct snapshot_receive receive;
    uint8_t *chunk; /* WIRE_SNAPSHOT_CHUNK_MAX */

    /* Who reads which file for a backup: any thread; asked by the worker before it cleans up. */
    struct mutex readings_mutex;
    struct snapshot_reading readings[SNAPSHOT_READINGS_MAX];

    /* Figures: written by the worker, relaxed. */
    _Atomic uint64_t newest_index;
    _Atomic uint64_t newest_bytes;
    _Atomic uint64_t published_saving_index;
    _Atomic uint64_t published_saving_bytes;
    struct published_transfer published_receive;
    struct published_transfer published_sends[RAFT_MEMBERS_MAX];
};

/* All of these: the worker. */

/* snapshot_worker.c. False: the node stops, and what the event held was freed. */
bool snapshot_push_event(struct snapshot_worker *worker, struct snapshot_event event);
void snapshot_push_frame(struct snapshot_worker *worker, uint16_t peer,
                         const struct wire_snapshot *head, const void *data);
void snapshot_publish_newest(struct snapshot_worker *worker);
void snapshot_prune(struct snapshot_worker *worker); /* old files, as the options say */
void snapshot_publish_transfer(struct published_transfer *published, uint16_t peer, uint64_t done,
                               uint64_t total);
void snapshot_path(const struct snapshot_worker *worker, const char *name, char path[WAL_PATH_MAX]);

/* snapshot_send.c */
void snapshot_send_begin(struct snapshot_worker *worker, uint16_t peer);
void snapshot_send_link(struct snapshot_worker *worker, uint16_t peer, bool up);
void snapshot_send_answer(struct snapshot_worker *worker, uint16_t peer,
                          const struct wire_snapshot *answer);
void snapshot_send_forget(struct snapshot_worker *worker, uint16_t peer); /* 0 = all */
/* Fills the windows, offers again what was not answered; true if a transfer is under way. */
bool snapshot_send_work(struct snapshot_worker *worker);
/* The oldest index that is being sent, or `otherwise`. */
uint64_t snapshot_send_oldest(const struct snapshot_worker *worker, uint64_t otherwise);
/* A newer one is there: transfers that it makes pointless begin anew. */
void snapshot_send_outdated(struct snapshot_worker *worker);

/* snapshot_receive.c */
void snapshot_receive_offer(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *offer);
void snapshot_receive_chunk(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *chunk);
void snapshot_receive_abandon(struct snapshot_worker *worker);

/* snapshot_reading.c. Holds the files that are read now, or were a moment ago (T39), for the caller
 * to release; returns how many. */
size_t snapshot_hold_readings(struct snapshot_worker *worker, uint64_t held[SNAPSHOT_READINGS_MAX]);

#endif
