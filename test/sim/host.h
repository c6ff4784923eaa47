/*
 * One simulated node: a thin host around the shipped member (src/member), as src/node is one with
 * threads. It has a clock, an inbox, a disk with the shipped log and snapshot worker, and the
 * shipped state machine. It decides nothing: it tells the member what arrived, and carries out what
 * the member gives. Runs in the one thread of the simulator.
 *
 *     host.c           its life: start, recovery, end; what arrives
 *     host_asking.c    while it belongs to no cluster: it founds one with others, or joins one
 *     host_end.c       how its process ends
 *     host_carry.c     one turn, as the comment of src/member/member.h draws it
 *     host_clock.c     its clocks and timers
 *     host_disk.c      the log writer
 *     host_links.c     which links it has, and the hellos of a new connection
 *     host_options.c   what its configuration says
 *     host_worker.c    the snapshot worker, called some time after it was given something to do
 */
#ifndef RAFTD_TEST_SIM_HOST_H
#define RAFTD_TEST_SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "member/founding.h"
#include "member/member.h"
#include "peer/acquaintance.h"
#include "peer/link.h"
#include "raft/change.h"
#include "raft/raft.h"
#include "sim/fs_memory.h"
#include "sim/world.h"
#include "store/directory.h"
#include "store/snapshot_format.h"
#include "store/wal.h"
#include "sys/waker.h"
#include "wire/wire.h"

/* The tag of a request to change the members, for which no client waits. */
#define HOST_CHANGE_TAG UINT64_MAX

enum {
    HOST_INBOX_MAX =
        8192, /* frames and changes of links that were not taken yet; the windows bound them */
    HOST_ENTRY_BYTES_MAX = 65 << 20,  /* the largest of the huge values (huge.h), encoded */
    HOST_FRAME_BYTES_MAX = 68 << 20,  /* such an entry at the end of a batch */
    HOST_RESERVE_BYTES = 1 << 20,     /* [storage] reserve_bytes */
    HOST_RESERVE_PIECE_BYTES = 16384, /* that its file gives up at once: a twelfth of what it has */
    HOST_ROT_PATH_BYTES = 64,
};

#define HOST_DIRECTORY "/data"

/* A read whose answer was computed, and which the member was not given back yet. */
struct host_held {
    bool is_there;
    struct member_read read;
    struct raftd_reply reply;
};

/* A request of a client that the member has and has not answered. */
struct host_open {
    struct client_operation *operation;
    bool may_be_applied; /* at a crash; a command that the member had not proposed was not */
};

/* How much space its disk has. */
enum host_room {
    HOST_ROOM_ENOUGH,
    HOST_ROOM_TAKEN,     /* another program takes all, also what the reserve gives up; the member
                            does not know it yet */
    HOST_ROOM_LOW,       /* less than the reserve */
    HOST_ROOM_NONE,      /* less than a quarter of the reserve */
    HOST_ROOM_EXHAUSTED, /* nothing of the reserve is left */
    HOST_ROOM_FILLED,    /* another program has filled the disk; the member knows what is left */
};

/* A byte of the log that has rotted while the process runs: faults_rot.h. */
struct host_rot {
    uint64_t segment;
    uint64_t offset_bytes;
    uint8_t mask; /* what is wrong with the byte; 0 = nothing has rotted */
    uint64_t
        mended_index; /* the log up to here was replaced, and is being removed; 0 = it was not */
};

/* What runs in the place of a member. All but the first must not take part in the cluster. */
enum host_stand_in {
    HOST_GENUINE,  /* the member's directory in its newest state */
    HOST_EMPTIED,  /* its directory is lost: an empty one under the same configuration */
    HOST_SET_BACK, /* an older copy of its directory */
    HOST_FORMER,   /* a directory of an earlier cluster of the same name, ids and addresses */
    HOST_OTHERS,   /* a copy of the directory of another member */
};

/* A link, as the table of links has it. */
struct host_link {
    bool exists;
    char address[32];
    struct acquaintance known;
    uint64_t peer_identity; /* of the directory at the other end of the newest connection */
    uint64_t proof_against; /* see link_take_proof() */
    bool gave_proof;        /* the member was told */
};

/* A node without a cluster, or one that is not in its log, asks others, one after the other. */
enum host_asks {
    HOST_ASKS_NOTHING,
    HOST_ASKS_FOUNDERS,
    HOST_ASKS_TO_JOIN,
    HOST_ASKS_WHETHER_REMOVED, /* a member that hears no leader */
};
struct host_asking {
    enum host_asks what;
    uint64_t number;           /* of its newest event */
    struct founding *founding; /* FOUNDERS; owned */
    size_t place;              /* FOUNDERS: among the founders, of the one that is asked */
    uint16_t asked;            /* who is asked now; 0 = nobody */
    bool is_answered;          /* the answer is on its way */
    struct wire_found found;
    struct wire_join_reply reply;
};

/* Log writes in the order of their steps. */
struct host_writes {
    struct member_write *list[MEMBER_WRITES_MAX];
    size_t count;
};

struct host_input {
    uint16_t peer;
    bool is_link;
    bool up;
    struct raft_message *message;   /* owned */
    struct wire_snapshot *snapshot; /* owned */
};

/* What a configuration says. */
struct host_options {
    uint32_t heartbeat_ms;
    uint32_t election_timeout_ms;
    uint32_t max_batch_bytes;
    uint32_t max_inflight_messages;
    uint32_t max_inflight_bytes;
    uint32_t max_uncommitted_bytes;
    uint32_t request_timeout_ms;
    uint32_t snapshot_every; /* entries; 0 = never */
    uint64_t snapshot_bytes;
    uint64_t keep_entries;
    uint32_t snapshots_kept;
    uint32_t disk_stall_ms; /* 0 = never */
    uint8_t priority;
};

struct host {
    struct world *world;
    struct host_options options;      /* of its process */
    const struct host_options *given; /* those of its next process; NULL = they are drawn */
    bool waits_little; /* its next process has the shortest election time-out of the world */
    uint16_t id;
    bool alive;
    bool gone;       /* it never comes back: its disk is lost, or it was removed */
    bool is_lost;    /* gone, and an operator has to replace it */
    bool joins;      /* its configuration says --join */
    bool in_trouble; /* faults hit it even in the calm */
    uint64_t life;   /* number of its process, unique in the world */
    struct raft_membership membership; /* of a host that is down: the one in force when it ended */
    bool takes_part;                   /* see struct member_turn */
    bool serves;                       /* see struct member_turn */
    uint64_t service;                  /* number of the newest time out of service */
    bool is_draining;
    bool is_drained;         /* its last turn leaves no outcome unknown */
    uint64_t drain_until_us; /* then it stops, drained or not */
    uint64_t paused_until_us;
    struct sim_random pause_random;

    /* Whose directory it has, and what it knows of the others. */
    struct directory_identity identity;
    uint64_t new_identity; /* of a directory that has none yet */
    uint64_t directories;  /* how many it has had */
    struct host_asking asking;
    struct link_shared shared; /* as its links have it */
    struct host_link links[SIM_HOSTS_MAX];
    bool proof_waits;               /* one of the links has it */
    struct raft_membership members; /* the newest committed ones, as its links know them */
    uint64_t seen_membership_index;
    bool seen_membership_committed;

    /* See faults_directory.h. */
    enum host_stand_in stand_in;
    uint64_t stand_in_use;      /* number of the newest stand-in */
    struct fs_memory *own_disk; /* while there is a stand-in; NULL = the disk is lost */
    struct fs_memory *copy;     /* an older state of its disk; NULL = there is none */
    uint64_t copy_boot_count;
    bool may_be_marked; /* once, a process ran on a copy of its directory that lacked something */
    bool is_behind;     /* SET_BACK: all others remember a later term, or a later index in it */
    /* See faults_twin.h. */
    bool has_twin;
    bool twin_is_behind; /* all others remember more than its log: it may start again, with a count
                            of starts that becomes newer than the member's */
    bool twin_is_whole;  /* nobody can know that it lacks anything: it says hello only to those with
                            which the member is connected */
    struct link_shared twin;
    uint64_t twin_use; /* number of the newest */
    uint64_t twin_until_us;
    struct fs_memory *former_disk; /* of the earlier cluster; NULL = not made yet */

    /* Clocks. Monotonic time = offset + rate * virtual time. */
    uint64_t clock_offset_ms;
    uint64_t stands_until_us; /* the offset counts a suspend until then */
    uint64_t clock_rate;      /* millionths */
    int64_t wall_offset_ms;

    struct fs_memory *disk;
    struct reserve_file *reserve; /* NULL = no process uses the disk */
    enum host_room room;
    bool snapshot_damaged; /* since its process ended; it has to start nevertheless */
    struct host_rot rot;
    bool must_cut;       /* its log is damaged, and the next start has to cut it there */
    bool lacks_log;      /* it lacks entries that it may have acknowledged, because of such a cut */
    bool log_is_damaged; /* raft_damaged_index() after the last step */
    struct wal *wal;
    struct member *member;
    const struct raft_core *core; /* of the member */
    struct kv *kv;
    struct raftd_state_machine machine;
    uint64_t origin;      /* of its process: marks the entries that were proposed there */
    uint64_t state_index; /* of the last entry that the state machine was given */
    struct host_held held;
    uint64_t
        answer_pause_us; /* a story: it is stopped with its next answer in hand; 0 = it is not */
    bool link_up[SIM_HOSTS_MAX]; /* as the links know it; the member is told in its next turn */

    /* What is in the rings of the core thread. */
    struct host_input *inbox;
    size_t inbox_count;
    size_t inbox_capacity;
    struct client_operation **asked; /* requests of clients that were not taken yet */
    size_t asked_count;
    size_t asked_capacity;
    struct raft_entry *change; /* a change of members that was asked for; NULL = none */
    struct host_open *open;    /* what the member has */
    size_t open_count;
    size_t open_capacity;
    bool heard_past;  /* since the last step: a message of an earlier term */
    bool heard_other; /* since the last step: anything else but the clock */
    bool turn_planned;
    uint64_t timer_us; /* of the timer that is planned, 0 = none */

    /* Snapshots. */
    struct waker waker; /* the worker wakes it, but no thread sleeps */
    struct snapshot_worker *snapshots;
    bool work_planned;
    uint64_t refused_id; /* the snapshot that was refused last as damaged, and how often */
    unsigned refusals;
    bool is_sending;

    /* The log writer. */
    uint64_t compact_index; /* the log up to here is not needed any more */
    struct host_writes queued;
    struct host_writes writing; /* the batch under way */
    struct host_writes done;
    struct raft_fetch fetches[RAFT_MEMBERS_MAX]; /* entries that are read in the next turn */
    size_t fetch_count;
    uint64_t batch_since_us;
    uint16_t handover; /* raft_get_handover() after the last turn */
    uint64_t stall_us; /* additional time of the next batch */
    uint64_t work_us;  /* time of each piece of work of the snapshot worker; 0 = by chance */
    uint16_t batch;    /* number of the batch under way */
    bool disk_failed;  /* the process ends because of it */
};

struct host *host_create(struct world *world, uint16_t id);
void host_destroy(struct host *host);

/*
 * Recovers. A directory without a cluster becomes one of cluster_id first; founding: its founders,
 * with the identities of their directories, if this host is one of them. False: the disk does not
 * allow it; the story says why.
 */
bool host_start(struct host *host, uint64_t cluster_id, const struct raft_membership *founding);
/* The next start ends somewhere in the middle. */
void host_crash_in_recovery(struct host *host);
/* Starts as its directory and its configuration say: recovers, founds, or asks others. */
bool host_begin(struct host *host);
/* Draws the identity of its next new directory. */
void host_draw_identity(struct host *host);
struct recovery_options;
void host_recovery_options(struct host *host, struct recovery_options *options);
const char *host_stand_in_name(const struct host *host);
/* Adds the faults that the disks counted. */
void host_see_disks(const struct world *world, struct seen_counts *seen);
/* Starts again after a crash; it may crash again while it recovers. */
void host_on_start(struct host *host, uint64_t life);
/* Whether the log could be opened, and after which index it begins; with `snapshots`, whether a
 * state could be restored as well. *cuts: the log was cut because of damage. 0, or the code and the
 * error. The host stays down. */
int host_probe(struct host *host, bool snapshots, uint64_t *base_index, bool *cuts,
               struct raftd_error *error);
enum host_end {
    HOST_KILLED,   /* the page cache stays */
    HOST_POWER_CUT /* what was not synced may be lost, old, or torn */
};
/* Asks the process to stop: it drains first, but not for longer than until then. */
void host_drain(struct host *host, uint64_t until_us);
/* After a turn: stops if it has drained, or for too long. */
void host_follow_draining(struct host *host);
/* Ends the process at any point, also during a write. */
void host_crash(struct host *host, enum host_end end);

bool host_is_alive(const struct host *host);
bool host_runs(const struct host *host); /* lives, and is not paused */
/* Whether it is a member by its own log. */
bool host_is_member(const struct host *host);
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

/* host_asking.c */
void host_asking_begin(struct host *host, enum host_asks what);
void host_asking_end(struct host *host);
void host_on_ask(struct host *host, uint64_t number);

/* host_links.c */
void host_links_begin(struct host *host);
/* After each step: links follow the membership. */
void host_links_follow(struct host *host);
/* The first link of a host that joins. */
void host_introduce(struct host *host, uint16_t peer, const char *address);
enum host_meeting {
    HOST_NO_LINK, /* the one that dials has no link to the other one */
    HOST_REFUSED,
    HOST_MET,
};
/* The two hosts exchange hellos on a new connection. */
enum host_meeting host_meet(struct host *dialler, struct host *dialled);
/* A hello with the id of `from` arrives at this host, and nobody waits for the answer. Whether it
 * was accepted: then it takes the place of the connection that there was. */
bool host_hear_hello(struct host *host, uint16_t from, const struct wire_hello *hello);
/* Tells the member what the links have proved. */
void host_give_proofs(struct host *host);
/* Whether the host remembers the newest start on its peer's directory. */
bool host_remembers(const struct host *host, const struct host *peer);
/* Whether the host remembers a later state of its peer's directory than this log. */
bool host_remembers_more(const struct host *host, uint16_t peer, uint64_t term,
                         uint64_t last_index);

/* host_options.c */
void host_draw_options(struct host *host);

/* host_clock.c */
void host_plan_turn(struct host *host);
/* Wakes this host when its clock shows that time. */
void host_plan_timer(struct host *host, uint64_t local_ms);

/* host_carry.c */
void host_turn(struct host *host);
/* The last one of a process that stops. */
void host_last_turn(struct host *host);
/* What of the turn under way is lost with the process. */
void host_drop_turn(struct host *host);
/* The digest of the state machine. */
uint64_t host_digest(struct host *host);

/* host_worker.c */
struct snapshot_files;
void host_worker_begin(struct host *host, struct snapshot_files *files);
void host_worker_end(struct host *host);
void host_worker_frame(struct host *host, uint16_t peer, struct wire_snapshot *frame);
/* Tells the member the news of the worker. */
void host_worker_news(struct host *host);
void host_worker_tasks(struct host *host);
void host_worker_slice(struct host *host);
bool host_worker_goes_on(const struct host *host);

/* host_disk.c */
/* A process begins to use the disk; later, when it has recovered: it holds its reserve. */
void host_disk_begin(struct host *host);
void host_disk_hold(struct host *host);
bool host_disk_holds_all(const struct host *host); /* all that it is to hold */
void host_disk_end(struct host *host);
/* The table for the files of the process, or that of the disk if there is no process. */
const struct fs *host_files(const struct host *host);
void host_set_room(struct host *host, enum host_room room);
void host_write_submit(struct host *host, struct member_write *write);
/* Gives the writes that are durable back to the member. */
void host_writes_return(struct host *host);
void host_end_stall(struct host *host);
/* The process stops: what waits is written. */
void host_disk_stop(struct host *host);
/* The process ends: decides which writes reached the disk. */
void host_disk_crash(struct host *host, enum host_end end);

#endif
