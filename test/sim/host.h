/*
 * One simulated node: the shipped core, log and state machine, and around them what src/node does
 * with threads, done in one thread. Events come in batches, the log writer is a stage of its own,
 * frames wait for log writes, and requests wait in the table of src/member/waiting.c, which is the
 * shipped one.
 */
#ifndef RAFTD_TEST_SIM_HOST_H
#define RAFTD_TEST_SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "member/reads_basis.h"
#include "member/reply.h"
#include "member/waiting.h"
#include "raft/change.h"
#include "raft/raft.h"
#include "sim/fs_memory.h"
#include "sim/world.h"
#include "store/snapshot_format.h"
#include "store/wal.h"
#include "sys/waker.h"
#include "wire/wire.h"

/* The cluster id of all hosts. */
#define HOST_CLUSTER_ID ((uint64_t)0x5eed)

enum {
    HOST_INBOX_MAX =
        8192, /* frames and changes of links that were not taken yet; the windows bound them */
    HOST_WRITES_MAX = 256,  /* as LOG_WRITER_REQUESTS_MAX */
    HOST_EVENTS_MAX = 2048, /* of one turn */
};

#define HOST_DIRECTORY "/data"

struct host_frame {
    uint16_t to;
    uint8_t message_type;
    struct wire_frame *frame;
    struct raft_message promise; /* the message without its arrays, for the checks when it leaves */
};

/* A read that is answered without a round: computed, but not checked for the second time yet. */
struct host_held {
    bool is_there; /* the read is the first one in reads_local */
    uint64_t index;
    struct reads_basis basis;
    struct raftd_reply reply;
};

/* How much space its disk has. */
enum host_room { HOST_ROOM_ENOUGH, HOST_ROOM_LOW, HOST_ROOM_NONE };

/* A write of the core on its way through the log writer; owns its entries and frames. */
struct host_write {
    struct host_write *next;
    struct raft_write write;
    struct raft_entry **entries;
    struct host_frame *frames;
    size_t frame_count;
    size_t frame_capacity;
};

struct host_writes {
    struct host_write *head;
    struct host_write *tail;
    size_t count;
};

struct host_input {
    uint16_t peer;
    bool is_link;
    bool up;
    struct raft_message *message;   /* owned */
    struct wire_snapshot *snapshot; /* owned */
};

/* The core thread's part of snapshots, as in src/node/snapshot_schedule.h. */
struct host_schedule {
    uint64_t taken_index;
    uint64_t retry_ms;
    bool is_saving;
    bool is_slicing;
    uint64_t saving_index;
    uint64_t saving_term;
    struct snapshot_info *received;
    void *staged;
    bool was_leader;
};

struct host {
    struct world *world;
    uint16_t id;
    bool alive;
    bool gone;       /* it never comes back: its disk is lost, or it was removed */
    bool in_trouble; /* faults hit it even in the calm */
    uint64_t life;   /* number of its process, unique in the world */
    struct raft_membership membership; /* of a host that is down: the one in force when it ended */
    uint64_t paused_until_us;
    struct sim_random pause_random;

    /* Clocks. Monotonic time = offset + rate * virtual time. */
    uint64_t clock_offset_ms;
    uint64_t clock_rate; /* millionths */
    int64_t wall_offset_ms;

    struct fs_memory *disk;
    enum host_room room;
    bool room_is_low;      /* as the core was last told */
    bool snapshot_damaged; /* since its process ended; it has to start nevertheless */
    struct wal *wal;
    struct raft_core *core;
    struct kv *kv;
    struct raftd_state_machine machine;
    struct waiting waiting;
    uint64_t origin;
    uint64_t applied_index;
    uint64_t applied_term;
    uint64_t applied_time_ms;
    uint64_t read_id;
    uint64_t read_asked_ms;
    struct reads_freshness freshness;
    struct host_held held;
    bool more_to_apply;
    bool link_up[SIM_HOSTS_MAX];

    /* What is in the rings of the core thread. */
    struct host_input *inbox;
    size_t inbox_count;
    size_t inbox_capacity;
    struct client_operation **asked; /* requests of clients that were not taken yet */
    size_t asked_count;
    size_t asked_capacity;
    struct raft_entry *change;     /* a change of members that was asked for; NULL = none */
    struct raft_entry *time_entry; /* the newest that was proposed; NULL = none */
    uint64_t time_proposed_ms;
    bool turn_planned;
    uint64_t timer_us; /* of the timer that is planned, 0 = none */

    /* Snapshots. */
    struct waker waker; /* the worker wakes it, but no thread sleeps */
    struct snapshot_worker *snapshots;
    struct host_schedule schedule;
    bool work_planned;
    bool is_sending;

    /* The log writer. */
    uint64_t compact_index; /* the log up to here is not needed any more */
    struct host_writes queued;
    struct host_writes writing; /* the batch under way */
    struct host_writes done;
    uint64_t batch_since_us;
    uint16_t handover; /* raft_get_handover() after the last turn */
    uint64_t stall_us; /* additional time of the next batch */
    uint16_t batch;    /* number of the batch under way */
    bool disk_failed;  /* the process ends because of it */

    /* The turn under way. */
    struct raft_event *events;
    size_t event_count;
    struct raft_message **messages;
    size_t message_count;
    struct raft_entry **entries;
    size_t entry_count;
};

struct host *host_create(struct world *world, uint16_t id);
void host_destroy(struct host *host);

/* Founds a cluster on an empty disk, or recovers. False: the disk does not allow it; the story says
 * why. */
bool host_start(struct host *host, const struct raft_membership *founding);
/* Adds the faults that the disks counted. */
void host_see_disks(const struct world *world, struct seen_counts *seen);
/* Starts again after a crash; it may crash again while it recovers. */
void host_on_start(struct host *host, uint64_t life);
/* Whether the log could be opened, and after which index it begins; with `snapshots`, whether a
 * state could be restored as well. 0, or the code and the error. The host stays down. */
int host_probe(struct host *host, bool snapshots, uint64_t *base_index, struct raftd_error *error);
enum host_end {
    HOST_KILLED,   /* the page cache stays */
    HOST_POWER_CUT /* what was not synced may be lost, old, or torn */
};
/* Ends the process at any point, also during a write. */
void host_crash(struct host *host, enum host_end end);

bool host_is_alive(const struct host *host);
/* Whether it lives and takes the link to this peer for connected. */
bool host_hears(const struct host *host, uint16_t peer);
uint64_t host_now_ms(const struct host *host);
uint64_t host_wall_ms(const struct host *host);

/* What arrives. */
void host_receive(struct host *host, uint16_t from, const struct wire_frame *frame);
void host_link(struct host *host, uint16_t peer, bool up);
void host_ask(struct host *host, struct client_operation *operation);
void host_change(struct host *host, const struct raft_change *change);
void host_pause(struct host *host, uint64_t until_us);

/* Events of the queue. */
void host_on_turn(struct host *host, uint64_t life);
void host_on_snapshot(struct host *host, uint64_t life);
void host_on_timer(struct host *host, uint64_t life);
void host_on_disk(struct host *host, uint16_t batch, uint64_t life);

/* Called by the files of the host. */
void host_plan_turn(struct host *host);
void host_plan_timer(struct host *host, uint64_t local_ms);
void host_turn(struct host *host);
void host_send(struct host *host, struct host_frame *frame);
void host_fail_request(struct host *host, struct waiting_request *request, int status);
bool host_apply(struct host *host, uint64_t commit_index);
struct raftd_reply;
void host_complete(struct host *host, struct waiting_request *request, uint64_t index,
                   const struct raftd_reply *reply);
void host_query(struct host *host, const void *data, size_t size, struct raftd_reply *reply);
void host_round_confirmed(struct host *host, uint64_t index);
/* Ends a read that was under way when the host was paused. */
void host_resume_read(struct host *host);
void host_drop_held(struct host *host);
void host_serve_reads(struct host *host, uint64_t commit_index);
/* The digest of the state machine. */
uint64_t host_digest(struct host *host);

struct raft_event *host_add_event(struct host *host, enum raft_event_type type);
void host_compact(struct host *host, uint64_t index);

/* Snapshots. */
struct snapshot_files;
int host_restore(struct host *host, struct snapshot_files **files, struct snapshot_info *info,
                 struct wal_recovered *log, struct raftd_error *error);
/* Tries to restore a snapshot without starting. */
int host_restore_probe(struct host *host, const struct wal_recovered *log,
                       struct raftd_error *error);
void host_snapshots_begin(struct host *host, struct snapshot_files *files,
                          const struct snapshot_info *info);
void host_snapshots_end(struct host *host);
void host_snapshot_frame(struct host *host, uint16_t peer, struct wire_snapshot *frame);
void host_snapshot_link(struct host *host, uint16_t peer, bool up);
void host_intake_snapshots(struct host *host);
void host_install(struct host *host, const struct raft_outbox *outbox);
void host_slice(struct host *host);
void host_act_snapshots(struct host *host, const struct raft_outbox *outbox);
bool host_snapshots_go_on(const struct host *host);

struct host_write *host_write_make(const struct raft_write *write);
void host_write_gate(struct host_write *write, struct host_frame frame);
void host_write_submit(struct host *host, struct host_write *write);
struct host_write *host_write_done(struct host *host); /* NULL: none */
void host_write_free(struct host_write *write);
void host_end_stall(struct host *host);
size_t host_writes_outstanding(const struct host *host);
/* The process ends: decides which writes reached the disk. */
void host_disk_crash(struct host *host, enum host_end end);

#endif
