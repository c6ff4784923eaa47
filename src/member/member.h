/*
 * One member of a cluster, without a thread: everything that decides between socket and disk, as
 * one layer that is driven from outside. The core (src/raft) decides what the cluster agrees on;
 * the member decides what this process does with it: which requests wait for what, what is applied,
 * which reads may be answered, when a snapshot is due, and which frame waits for which log write.
 *
 * The member has no thread, ring, socket, file, clock or log line. Its host (src/node, the
 * simulator, the stories) tells it what happened, and carries out what it gives. One turn of a host
 * is:
 *
 *     member_written(member, write) ...      log writes that are durable
 *     member_begin(member, &turn)            the time, and whether the node is in service
 *     if (member_can_step(member))           else only requests are taken, and wait
 *         member_message(), member_link(),   while member_has_room()
 *         member_snapshot_...(), ...
 *     member_ask(member, &request) ...       while member_takes_requests()
 *     member_step(member, now, &report)      the clock, read again
 *     member_next_frame() ...                the host sends the frames
 *     member_take_write()                    the host gives the write to its log
 *     member_next_task() ...                 snapshots: install, send, forget
 *     member_next_apply(), member_applied()  the host runs the state machine
 *     member_begin_snapshot(), ...           the host takes a slice of the state
 *     member_next_read(), member_answer()    the host asks the state machine
 *     member_expire(member, now)             deadlines
 *     member_next_answer() ...               the host tells the clients
 *
 * and it sleeps until something arrives, member_can_go_on(), or member_next_deadline_ms().
 *
 * Memory: a turn takes at most MEMBER_EVENTS_MAX events, and MEMBER_WRITES_MAX log writes may be
 * under way; requests are bounded by WAITING_PLACE_BITS. What a turn needs is kept for the next
 * one, so a steady turn allocates nothing but the frames that leave.
 *
 * Threads: one thread at a time uses a member. Where another thread reads its core, the host holds
 * a mutex around member_step(), the only function that changes the core.
 */
#ifndef RAFTD_MEMBER_MEMBER_H
#define RAFTD_MEMBER_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/client.h>
#include <raftd/state_machine.h>

#include "member/reply.h"
#include "raft/raft.h"
#include "store/snapshot_format.h"
#include "wire/wire.h"

enum {
    MEMBER_EVENTS_MAX = 2048, /* most events of one turn */
    MEMBER_WRITES_MAX = 256,  /* log writes that are not durable yet */
    MEMBER_APPLY_MAX = 128,   /* commands in one call of the state machine */
};

struct member;

struct member_options {
    uint16_t id;
    uint64_t cluster_id;
    uint64_t identity; /* of this member's data directory; 0 = not known */
    uint64_t origin;   /* random id of this process: marks the entries that were proposed here */
    uint32_t request_timeout_ms;
    /* A leader with more than this lets proposals wait. In every other turn, own clients' commands
     * that wait have an eighth more, so that forwarded ones cannot shut them out. */
    size_t max_uncommitted_bytes;
    uint64_t reserve_bytes;     /* [storage] reserve_bytes */
    bool has_deadlines;         /* the state machine has next_deadline() */
    bool has_snapshots;         /* the state machine has snapshots */
    uint64_t snapshot_entries;  /* entries after which a snapshot is due */
    uint64_t snapshot_bytes;    /* bytes of entries after which a snapshot is due */
    uint64_t keep_entries;      /* entries before a snapshot that stay in memory */
    uint64_t log_memory_bytes;  /* [raft] log_memory_bytes; 0 = no limit */
    uint32_t snapshot_retry_ms; /* after a snapshot that failed */
    size_t apply_entries_max;   /* entries that one turn applies; 0 = 4096 */
};

/* The state that the state machine has when the member is made: that of a snapshot, or none. */
struct member_applied {
    uint64_t index; /* 0 = nothing is applied */
    uint64_t term;
    uint64_t time_ms;       /* cluster time of that entry */
    uint64_t content_bytes; /* size of the snapshot's content */
};

/* Owns the core from here on. */
struct member *member_create(const struct member_options *options, struct raft_core *core,
                             const struct member_applied *applied, uint64_t now_ms);
void member_destroy(struct member *member); /* NULL is allowed */

/* The core, for its figures. Nothing but the member steps it. */
const struct raft_core *member_core(const struct member *member);
uint64_t member_applied_index(const struct member *member);
size_t member_proposal_count(const struct member *member); /* without an outcome yet */
size_t member_read_count(const struct member *member);     /* not answered yet */

/* One request that has no answer yet, for hosts that check the member. */
struct member_open_request {
    const struct raftd_client *client;
    uint64_t tag;
    /* A command that was given to the core under this number, so that it may be applied; 0 = it is
     * certain that it was not. A command that is tried again gets a new number. */
    uint64_t sequence;
};
void member_each_request(struct member *member,
                         void (*see)(void *context, const struct member_open_request *request),
                         void *context);

/* ---- what happened ---- */

struct member_turn {
    uint64_t now_ms;     /* the host's monotonic clock */
    uint64_t wall_ms;    /* milliseconds since 1970 */
    uint64_t free_bytes; /* of the file system of the log; UINT64_MAX = not known */
    /* Whether the node takes part in consensus. If not, time stands still for the core, so that no
     * time-out expires meanwhile, and what peers say is dropped as if it had been lost. When it
     * goes out of service, a leader steps down, and reads end with RAFTD_ERROR_NOT_READY. */
    bool takes_part;
    bool serves; /* clients are served */
};
/* After the writes that are durable, and before everything else of a turn. */
void member_begin(struct member *member, const struct member_turn *turn);

struct member_frame {
    uint16_t peer;
    enum wire_class class;
    struct wire_frame *frame; /* the taker owns it */
    /* What is in the frame, valid until the next member_step(); NULL if it waited for a write. */
    const struct raft_message *message;
};

/* A frame that leaves when a log write is durable. */
struct member_gated {
    struct member_frame frame;
    /* Of an answer to an append: a later answer takes its place. */
    uint64_t term; /* 0 = another message */
    bool success;
    bool dropped;
    uint64_t index;
};

/* A log write on its way: made by member_take_write(), given back to member_written(). */
struct member_write {
    struct raft_write write; /* what has to be written; its entries live as long as this */
    struct raft_entry **entries;
    /* The rest belongs to the member. */
    size_t entry_capacity;
    uint64_t cost_bytes; /* of the entries */
    struct member_gated *gated;
    size_t gated_count;
    size_t gated_capacity;
    struct member_write *next;
};
/* Takes the write back, which is durable now. */
void member_written(struct member *member, struct member_write *write);
/* Frees a write that is never going to be durable, because the process ends. */
void member_write_free(struct member_write *write);

/* Whether the core can be stepped: a write of this turn would have room. That is so also while the
 * disk hangs, because then the core takes nothing that needs a write (RAFT_WRITES_OF_LEADER_MAX),
 * unless term after term begins meanwhile. If not, the host takes only requests, which then wait,
 * so that each client gets an answer in time. */
bool member_can_step(const struct member *member);
/* Whether another event of peers or snapshots has room in this turn. */
bool member_has_room(const struct member *member);

/* A message of a peer. Takes it. message->from is verified. */
void member_message(struct member *member, struct raft_message *message);
/* The connection to a peer was made or lost. identity: of the peer's data directory, as its
 * greeting said; a leader binds a member to it that is not bound yet. 0 = not known, or the link is
 * lost. */
void member_link(struct member *member, uint16_t peer, bool up, uint64_t identity);
/* The link has proof that the peer's data directory, the one with this identity, lacks what the
 * peer had promised, and refuses it. The member has the membership say so (RAFT_IDENTITY_LOST),
 * unless the peer is bound to another directory by then. */
void member_has_proof(struct member *member, uint16_t peer, uint64_t identity);
/* The link to a peer was taken away, because it is no member any more or has another address. */
void member_link_gone(struct member *member, uint16_t peer);
/* The cluster time at which the state machine wants to be told the time; UINT64_MAX = never. */
void member_deadline(struct member *member, uint64_t deadline_ms);

enum member_request_kind { MEMBER_COMMAND = 1, MEMBER_READ, MEMBER_SNAPSHOT };
struct member_request {
    enum member_request_kind kind;
    struct raftd_client *client; /* returned in the answer; never looked into. NULL = nobody */
    uint64_t tag;                /* returned in the answer */
    enum raftd_read_level level; /* READ */
    uint32_t max_lag_ms;         /* READ: largest age of a stale read; 0 = any age */
    struct raft_entry *entry;    /* COMMAND, READ: the bytes */
};
/* Whether another request has room in this turn and among those that wait. */
bool member_takes_requests(const struct member *member);
/* Takes the reference to the entry. Exactly one answer follows, unless the client is forgotten. */
void member_ask(struct member *member, const struct member_request *request);
/* The client has closed: its commands are still carried out, in their order, but nothing is
 * answered. */
void member_forget_client(struct member *member, const struct raftd_client *client);

/*
 * Entries that the host has read from the log on the disk, in answer to a question of
 * member_next_fetch(): consecutive, from its first_index on. Takes the list, which memory_free()
 * frees, and one reference to each entry. No entries: they cannot be read now. Before the call,
 * member_takes_fetched() has to be true.
 */
bool member_takes_fetched(const struct member *member);
void member_fetched(struct member *member, uint16_t peer, uint64_t number,
                    struct raft_entry **entries, size_t count);
/*
 * The disk has damaged the entry at this index, which was durable once. Until that is mended, this
 * member votes for nobody and does not campaign, and as a leader it hands over: see
 * raft_damaged_index(). A new snapshot and a new log after it take the place of the log; peers that
 * need entries from before get them from another leader, or the snapshot. Without
 * options.has_snapshots it cannot be mended.
 */
void member_log_damaged(struct member *member, uint64_t index);

/* News of the snapshot worker; only with options.has_snapshots. */

/* A snapshot is durable, or failed: code is not 0. needed_index: a transfer needs the entries after
 * this one. before_index: index of the kept snapshot before it, 0 = none. */
struct member_saved {
    int code;
    uint64_t index;
    uint64_t needed_index;
    uint64_t before_index;
};
void member_snapshot_saved(struct member *member, const struct member_saved *saved);
/* Whether a frame of a snapshot is for the worker. False: it offers one, and comes from another
 * node than the leader that is known. */
bool member_takes_snapshot_frame(const struct member *member, uint16_t peer,
                                 const struct wire_snapshot *frame);
/* Whether member_snapshot_received() may be called: one received snapshot a turn. */
bool member_takes_snapshot(const struct member *member);
/* A snapshot of a peer is durable, checked and staged; content_bytes: size of its content. Takes
 * info; a task says what becomes of staged. */
void member_snapshot_received(struct member *member, uint16_t peer, struct snapshot_info *info,
                              void *staged, uint64_t content_bytes);
/* The transfer to a peer ended: the peer has the snapshot of this index on its disk, or not. */
void member_snapshot_sent(struct member *member, uint16_t peer, uint64_t index);
void member_snapshot_not_sent(struct member *member, uint16_t peer);
/* Transfers have ended: those that are left need the entries after this one; UINT64_MAX = none is
 * left. */
void member_transfers_ended(struct member *member, uint64_t needed_index);
/* The snapshot of this index was found damaged. before_index: index of the newest good one, 0 =
 * there is none. A new one is due at once. */
void member_snapshot_damaged(struct member *member, uint64_t index, uint64_t before_index);
/* The embedder wants a snapshot now. */
void member_want_snapshot(struct member *member);

/* The node is to stop: a leader hands over, open commands get their outcomes, and new requests are
 * refused as soon as this node does not lead. */
void member_drain(struct member *member);
/* Whether nothing is left to wait for before the node stops. */
bool member_is_drained(struct member *member);
/* The process ends after this turn: a leader steps down in it. */
void member_step_down(struct member *member);
/* After the last turn: answers every request that waits. */
void member_end(struct member *member);

/* ---- one step ---- */

struct member_report {
    bool state_changed; /* role, term, leader, membership, handover or removal */
    int violation;      /* 0, or RAFTD_ERROR_PROTOCOL: a peer broke the rules of Raft */
    uint16_t violator;  /* that peer */
    /* All that the core gave, valid until the next step; NULL = the core was not stepped. For
     * checks that look on: the member has taken what it says. */
    const struct raft_outbox *outbox;
};
/* now_ms: the clock, read after the last event was taken, because a lease that is valid then is
 * valid for every read of this turn (T24). Only if member_can_step(). */
void member_step(struct member *member, uint64_t now_ms, struct member_report *report);

/* ---- what to do ---- */

/* The next frame for a peer whose link is up. */
bool member_next_frame(struct member *member, struct member_frame *frame);
/* The frame was dropped, because the link has no room or is gone. */
void member_frame_lost(struct member *member, const struct member_frame *frame);

/* The log write of this step; NULL = none. The host writes in the order of the steps. */
struct member_write *member_take_write(struct member *member);
/* The log up to this index is not needed on the disk any more; 0 = nothing new. */
uint64_t member_take_compaction(struct member *member);

/* Entries that have to be read from the log on the disk, after the step; at most one question for
 * each peer at a time. */
bool member_next_fetch(struct member *member, struct raft_fetch *fetch);

/* What the snapshot worker and the state machine have to do, apart from saving. */
enum member_task_type {
    MEMBER_TASK_ABORT = 1, /* the snapshot that is being saved is given up */
    MEMBER_TASK_INSTALL,   /* staged replaces the state; index says what it contains */
    MEMBER_TASK_DROP,      /* staged is not needed */
    MEMBER_TASK_SEND,      /* the peer needs a snapshot */
    MEMBER_TASK_FORGET,    /* transfers to this peer end; 0 = to all peers */
    MEMBER_TASK_LINK,      /* the connection to the peer was made or lost: up */
};
struct member_task {
    enum member_task_type type;
    uint16_t peer;
    bool up;
    bool is_slicing; /* ABORT: slices were still being taken from the state machine */
    void *staged;
    uint64_t index;
};
/* Every task comes before the entries that are applied in the same turn. */
bool member_next_task(struct member *member, struct member_task *task);

/* Entries that the host applies, all of one kind. */
enum member_apply_kind { MEMBER_APPLY_COMMANDS = 1, MEMBER_APPLY_TIME };
struct member_apply {
    enum member_apply_kind kind;
    uint64_t last_index; /* of the last entry */
    uint64_t time_ms;    /* cluster time of that entry */
    size_t count;        /* of the arrays; COMMANDS only */
    struct raftd_entry entries[MEMBER_APPLY_MAX];
    struct raftd_reply replies[MEMBER_APPLY_MAX]; /* entries[i].reply points here, or is NULL */
    uint64_t sequences[MEMBER_APPLY_MAX];         /* of the request that waits; 0 = none */
    uint64_t cost_bytes;
};
/* The next committed entries, or NULL: all is applied, or enough for this turn. */
struct member_apply *member_next_apply(struct member *member);
/* They are applied. One at a time: no next ones before that. */
void member_applied(struct member *member, struct member_apply *apply);

/* If a snapshot is due: true, and the member counts it as begun. The host fills info->nonce. */
bool member_begin_snapshot(struct member *member, struct snapshot_info *info);
/* How far back the log is kept for peers that catch up: not before the snapshot of this index. A
 * transfer of an older one begins anew with the newest. UINT64_MAX = of every older one. */
uint64_t member_log_floor(const struct member *member);
/* Whether the host has to take a slice of the state, if the worker has room for it. */
bool member_wants_slice(const struct member *member);
/* A slice of so many bytes was taken; is_last: the state machine has no more. */
void member_sliced(struct member *member, size_t size_bytes, bool is_last);

/* A read that may be answered from the state as it is now. */
struct member_read {
    struct raftd_query query;
    enum raftd_read_level level;
    bool is_confirmed; /* a round has confirmed it, so no clock matters any more */
};
/* now_ms: the clock after the step of this turn. It may be some reads old: what decides about a
 * read that no round has confirmed is the clock after its answer. */
bool member_next_read(struct member *member, uint64_t now_ms, struct member_read *read);
/*
 * The host has computed the answer. now_ms: the clock after that; for a confirmed read it does not
 * matter. The thread may be paused at any point, for seconds. If the lease is still valid after the
 * answer was computed, the answer was the newest state at some moment after the read was asked, and
 * it may leave. With the first look at the clock alone the lease could end, another leader could
 * acknowledge writes, and the answer would miss them (T24). False: it may not leave, and the read
 * waits for a round. Takes what is in the reply in both cases.
 */
bool member_answer_read(struct member *member, const struct member_read *read, uint64_t now_ms,
                        struct raftd_reply *reply);

/* Ends the requests whose time is over. */
void member_expire(struct member *member, uint64_t now_ms);

struct member_answer {
    struct raftd_client *client;
    uint64_t tag;
    int status; /* RAFTD_OK or a code of <raftd/error.h> */
    uint64_t index;
    uint64_t sequence; /* as in struct member_open_request, for hosts that check the member */
    struct raftd_reply reply; /* the taker calls reply_reset() */
};
bool member_next_answer(struct member *member, struct member_answer *answer);

/* Whether there is something to do that no event announces, so that the host must not sleep. */
bool member_can_go_on(struct member *member);
/* When the next turn is due without an event, on the host's clock; UINT64_MAX = never. */
uint64_t member_next_deadline_ms(struct member *member);
/* Whether the disk is nearly full, as the core was last told; without the writes under way. */
bool member_space_is_low(const struct member *member);

#endif
