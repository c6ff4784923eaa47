/*
 * The state of the snapshot worker, and what its files share; nothing else includes this.
 *
 * Saving, in save.c; the core thread's side of it is drawn in snapshot_schedule.h:
 *
 *     nothing -> writing    snapshot_save_begin(): the core thread has begun a snapshot
 *     writing -> failed     snapshot_save_begin(), snapshot_save_slice(): the file could not be
 *                           written, or the disk has no room for it; the slices that follow are
 *                           dropped
 *     writing -> verifying  snapshot_save_end(): the file is durable and has its name
 *     writing -> nothing    snapshot_save_end(): that failed; the core thread gets SAVED with the
 *                           code of the failure
 *     verifying -> nothing  snapshot_save_work(): the file was read back from the disk and is
 *                           intact, or it is not; the core thread gets SAVED
 *     failed -> nothing     snapshot_save_end(): the core thread gets SAVED with the code of the
 *                           failure
 *     any -> nothing        snapshot_save_abort(): the core thread has given the snapshot up, or
 *                           the end
 *
 * In "nothing", saving_index is 0. In "writing", writer is not NULL. In "verifying", verifier is
 * not NULL. In "failed", both are NULL and saving_code is not 0.
 *
 * Sending to one peer, in send.c; one struct snapshot_send for each:
 *
 *     free -> checking      snapshot_send_begin(): the core asks for it; the newest file is chosen
 *     checking -> checking  check_files(): the file is damaged or cannot be read; the one before it
 *                           is chosen, if there is one
 *     checking -> offered   check_files(): the file is intact; it is opened
 *     offered -> sending    on_wanted(): the peer has said from which byte on it needs the file
 *     sending -> sending    on_wanted(): the peer has acknowledged more; snapshot_send_work() sends
 *                           chunks as long as the window has room
 *     sending -> offered    offer(): nothing was heard for a while, or the connection was made
 *                           anew, so chunks may be lost; the peer says again where it is
 *     offered, sending      on_refused(): the peer refused the file, so it is read again; if it is
 *       -> checking         intact nevertheless, the transfer has failed
 *     any -> checking       snapshot_send_restart(): the newest snapshot is sent instead;
 *                           snapshot_send_damaged(): the file was found damaged meanwhile
 *     any -> free           release(): the peer has it (the core gets SENT); or the peer has no
 *                           room for it, or no file can be sent, or there was no connection for
 *                           a long time (FAILED); or the core needs it no longer
 *
 * In "checking", file is -1.
 *
 * Checking, in check.c; one file at a time, a part of it in each turn:
 *
 *     nothing -> reading    begin(): a peer needs this file, or the turn of the file has come
 *     reading -> nothing    snapshot_check_file(): the end of the file was reached, or damage was
 *                           found (the core gets DAMAGED), or the file cannot be read
 *     reading -> reading    begin(): a peer needs another file; the check begins anew later
 *
 * Receiving, in receive.c; one file at a time:
 *
 *     nothing -> receiving    snapshot_receive_offer(): an offer of a newer snapshot than any here
 *     receiving -> receiving  snapshot_receive_chunk(): the next chunk was stored;
 *                             snapshot_receive_offer(): the same snapshot was offered again, and
 *                             the answer says where to go on
 *     receiving -> nothing    complete(): the file is durable, checked and staged (the core gets
 *                             RECEIVED, the sender DONE), or it is damaged and removed (the sender
 *                             gets REFUSED); snapshot_receive_abandon(): another snapshot was
 *                             offered, the file could not be written, the disk has no room for
 *                             it, nothing arrived for a long time, a newer snapshot was saved here,
 *                             or the end
 *
 * Invariants:
 *   1. A snapshot_send whose peer is not 0 holds its snapshot against cleaning up, and has the file
 *      open unless the file is being checked; no two of them have the same peer.
 *   2. acknowledged_bytes <= sent_bytes <= size_bytes while is_answered; on_wanted() asserts it.
 *   3. A received file gets the name of a snapshot only after all its checksums were verified and
 *      the state machine has accepted its content.
 *   4. A file is offered only after all its checksums were verified in the life of this process.
 *   5. The core gets RECEIVED before the sender gets DONE, so the snapshot is installed when the
 *      leader counts on it.
 *   6. No snapshot is removed because of a newer one before the newest was read back from the disk
 *      and found intact.
 */
#ifndef RAFTD_SNAPSHOT_PRIVATE_H
#define RAFTD_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>

#include "snapshot/worker.h"
#include "store/snapshot_reader.h"
#include "store/snapshot_writer.h"
#include "store/wal_segment.h"
#include "sys/mutex.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum {
    SNAPSHOT_READINGS_MAX = 8, /* snapshots that backups read now; any number of backups of each */
    SNAPSHOT_WINDOW_BYTES = 512 * 1024, /* sent to one peer and not acknowledged */
    SNAPSHOT_LATE_MAX = 4 * RAFT_MEMBERS_MAX,
    COMMANDS_MAX = 1024,
    COMMANDS_KEPT = 512, /* frames of peers, which may be lost, and slices get no more than these */
    COMMANDS_LATE = 64,  /* places that commands about peers leave free, because these can wait */
    EVENTS_MAX = 1024,
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
    uint64_t term;        /* FRAME: the newest that this node knows */
    uint64_t floor_index; /* SAVE_BEGIN */
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
    bool was_refused; /* the peer has refused this file, so the file is checked again */
    int file;         /* -1 = the file is being checked */
    uint64_t index;
    uint64_t id; /* the nonce of the snapshot */
    uint64_t size_bytes;
    uint64_t sent_bytes; /* offset of the next chunk */
    uint64_t acknowledged_bytes;
    uint64_t heard_ms;    /* when the peer last answered, or it was last offered */
    uint64_t lost_ms;     /* when the connection was lost; of no meaning while link_is_up */
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
    uint64_t heard_ms; /* when the last offer or chunk of it came */
    unsigned told_tenths;
};

/* The file that is read to find damage; see above. All fields 0 = none. */
struct snapshot_check {
    struct snapshot_reader *reader;
    uint64_t index;
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
    uint64_t saving_floor; /* once it is saved, transfers of snapshots before this index begin anew
                              with it, if there are two newer ones */
    uint64_t saving_bytes; /* of the content of the finished file */
    struct snapshot_reader *verifier; /* reads the finished file back; NULL = nothing to read */
    uint64_t verified_index;          /* of the last snapshot that was read back; 0 = none */
    int saving_code;                  /* why saving failed; 0 = it did not */
    uint64_t saving_looked_bytes;     /* size of the file when the free space was looked at last */
    struct snapshot_send sends[RAFT_MEMBERS_MAX];
    uint64_t told_oldest; /* index of the oldest snapshot that was being sent when the core thread
                             was last told, or before; UINT64_MAX = none was */
    struct snapshot_check check;
    bool is_checking;          /* a peer waits for the end of a check */
    uint64_t scrub_pause_ms;   /* time before which nothing is read in the background */
    uint64_t scrub_unread_ms;  /* time at which a file is read that was not read since the start */
    uint64_t unreadable_index; /* the last snapshot that DAMAGED reported as unreadable; 0 = none */
    struct snapshot_receive receive;
    uint64_t term;  /* the newest that this node knew when the last frame came */
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

/* All of these: the worker. The files stand on one another in this order: each calls only files
 * that come before it. worker.c stands on all of them, and commands.c beside them. */

/* events.c */
void snapshot_free_command(struct snapshot_worker *worker, const struct snapshot_command *command);
void snapshot_free_event(struct snapshot_worker *worker, const struct snapshot_event *event);
/* Takes what the event points at. False: the node stops, and it was freed. */
bool snapshot_push_event(struct snapshot_worker *worker, struct snapshot_event event);
void snapshot_push_frame(struct snapshot_worker *worker, uint16_t peer,
                         const struct wire_snapshot *head, const void *data);
void snapshot_publish_transfer(struct published_transfer *published, uint16_t peer, uint64_t done,
                               uint64_t total);
/* The path of a file in the directory. */
void snapshot_path(const struct snapshot_worker *worker, const char *name, char path[WAL_PATH_MAX]);

/* reading.c */
/* Holds the snapshots that backups read now (T39). The caller releases them; returns how many. */
size_t snapshot_hold_readings(struct snapshot_worker *worker, uint64_t held[SNAPSHOT_READINGS_MAX]);

/* files.c */
void snapshot_publish_newest(struct snapshot_worker *worker);
/* Removes snapshots that are older than the options allow, unless they are in use. As long as the
 * newest one is not known to be intact, nothing is removed. */
void snapshot_prune(struct snapshot_worker *worker);
/* Gives a damaged file another name, and tells the core thread, which saves a new snapshot. */
void snapshot_set_aside(struct snapshot_worker *worker, uint64_t index);
/* Tells the core thread of a snapshot that cannot be read, once. */
void snapshot_tell_unreadable(struct snapshot_worker *worker, uint64_t index);
/* Whether so many bytes may be written. Returns 0 or RAFTD_ERROR_SYSTEM. */
int snapshot_check_room(struct snapshot_worker *worker, uint64_t bytes, struct raftd_error *error);

/* check.c */
enum snapshot_check_result {
    SNAPSHOT_CHECK_UNDER_WAY,  /* call again */
    SNAPSHOT_CHECK_INTACT,     /* snapshot_files_is_intact() says so now */
    SNAPSHOT_CHECK_DAMAGED,    /* the file was set aside; no snapshot_send may use it any more */
    SNAPSHOT_CHECK_UNREADABLE, /* the file cannot be read now */
};
/* Reads up to so many bytes more of the file, from its beginning if another file was read before.
 * */
enum snapshot_check_result snapshot_check_file(struct snapshot_worker *worker, uint64_t index,
                                               uint64_t budget_bytes);
void snapshot_check_end(struct snapshot_worker *worker);
/* Says when the files that nobody has read since the start are read. Before snapshot_scrub(). */
void snapshot_scrub_begin(struct snapshot_worker *worker);
/* Reads a part of the file whose turn it is, if a part is due. True: it was found damaged. */
bool snapshot_scrub(struct snapshot_worker *worker, uint64_t *damaged_index);
/* The time until a part is due. */
uint64_t snapshot_scrub_due_in_ms(const struct snapshot_worker *worker);

/* send.c */
void snapshot_send_begin(struct snapshot_worker *worker, uint16_t peer);
void snapshot_send_link(struct snapshot_worker *worker, uint16_t peer, bool up);
void snapshot_send_answer(struct snapshot_worker *worker, uint16_t peer,
                          const struct wire_snapshot *answer);
void snapshot_send_forget(struct snapshot_worker *worker, uint16_t peer); /* 0 = all */
/* Checks and sends what the windows have room for, and offers again where no answer came. True if a
 * transfer is under way. */
bool snapshot_send_work(struct snapshot_worker *worker);
/* The index of the oldest snapshot that is being sent; `otherwise` if none is older than that. */
uint64_t snapshot_send_oldest(const struct snapshot_worker *worker, uint64_t otherwise);
/* Transfers of snapshots before this index begin anew with the newest one. */
void snapshot_send_restart(struct snapshot_worker *worker, uint64_t before);
/* There is a new snapshot: transfers of a snapshot before this index, to which there are two newer
 * ones, begin anew with it. */
void snapshot_send_outdated(struct snapshot_worker *worker, uint64_t floor_index);
/* This snapshot was set aside: its transfers go on with the one before it. */
void snapshot_send_damaged(struct snapshot_worker *worker, uint64_t index);

/* receive.c */
void snapshot_receive_offer(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *offer);
void snapshot_receive_chunk(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *chunk);
void snapshot_receive_abandon(struct snapshot_worker *worker);
/* Gives up a file that nobody sends any more or that is older than a snapshot here. True if a file
 * is still expected. */
bool snapshot_receive_work(struct snapshot_worker *worker);

/* save.c */
void snapshot_save_begin(struct snapshot_worker *worker, const struct snapshot_info *info,
                         uint64_t floor_index);
void snapshot_save_slice(struct snapshot_worker *worker, const uint8_t *data, size_t size);
void snapshot_save_end(struct snapshot_worker *worker);
/* Reads a part of the finished file back. True if there is more to read. */
bool snapshot_save_work(struct snapshot_worker *worker);
void snapshot_save_abort(struct snapshot_worker *worker);

#endif
