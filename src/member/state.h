/*
 * The state of a member, and what the files of src/member share; nothing else includes this.
 *
 *     step.c         steps the core, and makes frames and the log write of what it gives
 *     intake.c       what happened becomes one batch of events for the core
 *     apply.c        committed entries, and the commands that they answer
 *     reads.c        which reads may be answered
 *     snapshots.c    when a snapshot is saved, sent and installed
 *     changes.c      the outcome of changes of members and of handovers
 *     draining.c     the last thing that a node does before it stops
 *     batch.c        the events of a turn
 *     binding.c      which data directory belongs to which member
 *     outputs.c      answers, frames and tasks that the host takes
 */
#ifndef RAFTD_MEMBER_STATE_H
#define RAFTD_MEMBER_STATE_H

#include "member/kept.h"
#include "member/member.h"
#include "member/reads_basis.h"
#include "member/waiting.h"

enum {
    /* Places of a batch that are kept for the clock, a read round, the time, a handover, the disk
     * space and a binding. */
    MEMBER_EVENTS_KEPT = 8,
    /* Milliseconds from the refusal of a command until it is proposed again: a leader that is full,
     * or that hands over, is not asked in every turn. */
    MEMBER_RETRY_MS = 10,
    MEMBER_FETCHED_MAX = 8, /* answers with entries from the disk in one turn */
};

/* Entries that the host has read from the disk, one reference to each; owned, with the list. */
struct member_fetched_entries {
    struct raft_entry **list;
    size_t count;
};

/* The events of one turn, and what they point at, which is freed when the core has seen them. */
struct member_batch {
    size_t count;
    struct raft_event events[MEMBER_EVENTS_MAX];
    size_t message_count;
    struct raft_message *messages[MEMBER_EVENTS_MAX];
    size_t entry_count;
    struct raft_entry *entries[MEMBER_EVENTS_MAX];
    size_t proposed_bytes; /* cost of the entries that a leader appends because of this batch */
    size_t fetched_count;
    struct member_fetched_entries fetched[MEMBER_FETCHED_MAX];
};

/*
 * Saving, as the member sees it (what the worker does meanwhile: src/snapshot/private.h):
 *
 *     nothing -> slicing   member_begin_snapshot(): a snapshot is due or was asked for
 *     slicing -> writing   member_sliced(): the last slice was handed to the worker
 *     writing -> nothing   member_snapshot_saved(): the file is durable, or that failed
 *     any -> nothing       abort_saving(): a received snapshot is installed, or the node stops
 *
 * is_saving is true in slicing and writing, is_slicing in slicing.
 */
struct member_snapshots {
    uint64_t taken_index;      /* index of the newest snapshot that is durable here; 0 = none */
    uint64_t taken_term;       /* of that entry */
    uint64_t applied_bytes;    /* member.applied_bytes when the newest snapshot was begun */
    uint64_t content_bytes;    /* size of the newest snapshot's content */
    uint64_t retry_ms;         /* after a failure: time before which no snapshot is begun */
    uint64_t shorten_ms;       /* the log was kept for peers, or a transfer has ended: when to look
                                  what is still needed; 0 = neither */
    struct kept kept;          /* the snapshots that were durable here, or where they were */
    bool is_wanted;            /* a client or the embedder asked for one */
    bool is_damaged;           /* the newest one was found damaged, and no new one is there yet */
    bool is_tight;             /* the disk is nearly full, and since then none was saved */
    struct member_saved saved; /* the newest one that was saved since the start; index 0 = none */

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
    uint64_t received_bytes; /* size of its content */

    bool was_leader;
};

struct member_frames {
    struct member_frame *list;
    size_t count;
    size_t taken;
    size_t capacity;
};

struct member_tasks {
    struct member_task *list;
    size_t count;
    size_t taken;
    size_t capacity;
};

struct member_fetches {
    struct raft_fetch *list;
    size_t count;
    size_t taken;
    size_t capacity;
};

struct member_answers {
    struct member_answer *list;
    size_t count;
    size_t taken;
    size_t capacity;
};

struct member {
    struct member_options options;
    struct raft_core *core;
    struct member_turn turn;
    struct member_batch batch;
    struct raft_outbox outbox; /* of the last step */
    struct waiting waiting;

    /* The time that the core is told. It stands still while the node is out of service, so that no
     * time-out expires meanwhile. */
    uint64_t core_now_ms;
    bool in_service; /* as the core was last told */

    /* Commands that are tried again. */
    uint64_t retry_ms;   /* no command is proposed before that */
    uint64_t release_ms; /* nor is looked before that for refused ones that can be tried again */
    uint64_t full_ms;    /* when a leader last refused one because it was full */
    uint64_t seen_term;
    uint64_t settle_term; /* commands of earlier terms are in doubt until one of this is applied */

    bool own_came_first; /* in this turn, own commands came before those that peers forward */

    /* Applying. */
    uint64_t commit_index; /* entries up to here may be applied */
    uint64_t applied_index;
    uint64_t applied_term;
    uint64_t applied_time_ms;
    uint64_t applied_bytes; /* cost of all entries that were applied since the start */
    size_t turn_entries;    /* applied in this turn */
    size_t turn_bytes;
    bool is_applying; /* the host has `apply` in hand */
    struct member_apply apply;

    /* Reads. */
    uint64_t read_id;       /* number of the newest round */
    uint64_t read_asked_ms; /* when that round began */
    struct reads_freshness freshness;

    /* The time in the log. */
    uint64_t deadline_ms;          /* of the state machine, cluster time */
    struct raft_entry *time_entry; /* newest that was proposed, one reference; NULL = none */
    uint64_t time_proposed_ms;

    /* The log. */
    struct member_write *newest_write; /* the newest that is not known to be durable; NULL = none */
    struct member_write *write;        /* of this step, not taken yet */
    size_t writes_under_way;
    uint64_t write_bytes;              /* cost of the entries in these writes */
    struct member_write *spare_writes; /* to be used again */
    uint64_t compact_index;            /* as the host was last told */
    uint64_t compact_wanted;

    bool log_is_damaged; /* after the last step: see raft_log_is_damaged() */

    struct member_snapshots snapshots;

    /* The links that are up. */
    size_t up_count;
    struct {
        uint16_t peer;
        uint64_t identity; /* of the peer's data directory, as its greeting said */
    } up[2 * RAFT_MEMBERS_MAX];

    /* The newest proposal of binding.c: the membership at that time, and when the next one may be
     * made if that membership stays. */
    uint64_t binding_index;
    uint64_t binding_again_ms;
    /* Members of which there is proof that they have lost what they had promised, and the data
     * directory that the proof is about. */
    size_t proof_count;
    struct {
        uint16_t id;
        uint64_t identity;
    } proofs[RAFT_MEMBERS_MAX];
    /* When binding.c last found nothing to propose; false in is_known: something that it looks at
     * has changed since, apart from what is kept here. */
    struct {
        bool is_known;
        bool could_change;
        uint64_t membership_index;
    } binding_seen;

    /* As the core was last told. What decides about entries counts the log writes under way as used
     * space: `space`. They may need none, because files of the log are prepared as a whole; so what
     * comes and goes with a large write decides neither who leads nor about snapshots: `disk`. */
    enum raft_space space;
    enum raft_space disk;

    bool drain_is_wanted;
    bool drain_has_begun;
    bool drain_led; /* this node was the leader when draining began */

    uint64_t told_applied_index; /* as the core was last told */
    struct member_fetches fetches;

    struct member_frames frames;
    struct member_tasks tasks;
    struct member_answers answers;
};

/* outputs.c. The first three take what is in the reply, and end the request. */
void member_reply(struct member *member, struct waiting_request *request, int status,
                  uint64_t index, struct raftd_reply *reply);
void member_say(struct member *member, struct waiting_request *request, int status, uint64_t index,
                const char *text);
void member_fail(struct member *member, struct waiting_request *request, int status);
/* A command that was certainly not appended is going to be proposed again, unless a later one of
 * its client was applied; a change of members is answered with the status and the text (NULL =
 * none). */
void member_retry(struct member *member, struct waiting_request *request, int status,
                  const char *text);
/* This command was applied, or may have been: those that its client proposed before it, and that
 * were refused, come too late. */
void member_fail_refused_before(struct member *member, const struct waiting_request *request);
/* An answer to a request that does not wait. */
void member_answer_at_once(struct member *member, const struct member_request *request, int status,
                           uint64_t index, const char *text);
void member_add_frame(struct member *member, const struct member_frame *frame);
struct member_task *member_add_task(struct member *member, enum member_task_type type,
                                    uint16_t peer);

/* batch.c */
struct raft_event *member_event(struct member *member, enum raft_event_type type);
void member_clear_batch(struct member *member);
bool member_link_is_up(const struct member *member, uint16_t peer);
/* Whether a proposal that the core gets now can reach a leader. */
bool member_can_propose(const struct member *member);
/* Whether the member gives proposals to the core now: that, and none that are in doubt have to come
 * first. A client with a refused command waits all the same: waiting_is_blocked(). */
bool member_is_open(const struct member *member);
/* Whether it is time to look which refused commands can be proposed again. */
bool member_can_release(const struct member *member);

/* fetch.c */
void member_follow_fetches(struct member *member, const struct raft_outbox *outbox);
void member_tell_applied(struct member *member);

/* binding.c */
/* If a member is not bound to its data directory yet: proposes to bind it. If there is proof that
 * one has lost its data: proposes to mark it. */
void member_propose_binding(struct member *member);
bool member_binding_is_due(struct member *member);
/* A link or the state of the core has changed. */
void member_binding_changed(struct member *member);

/* intake.c */
/* In every other turn: commands that wait come before what peers forward. */
void member_propose_first(struct member *member);
/* The last events before a step: requests that waited, a read round, the time, draining. */
void member_complete_batch(struct member *member);
/* When an entry with the time has to be proposed, on the host's clock; UINT64_MAX = never. */
uint64_t member_time_due_ms(const struct member *member);

/* changes.c */
/* A proposal was refused with this reason. */
void member_refuse(struct member *member, struct waiting_request *request, uint8_t reason);
/* A membership was applied. If it completes a change, the client that asked for it is answered. */
void member_change_applied(struct member *member, const struct raft_entry *entry);

/* draining.c */
void member_begin_draining(struct member *member);
bool member_refuses(const struct member *member); /* new requests, because the node is draining */

/* snapshots.c */
/* After the core's step. */
void member_follow_snapshots(struct member *member, const struct raft_outbox *outbox);
bool member_snapshot_is_due(const struct member *member);
/* The disk has become nearly full, or has room again. While it is nearly full, the log is kept as
 * short as possible. */
void member_follow_space(struct member *member);
/* In each turn: what was kept of the log for peers goes soon after they need it no longer. */
void member_follow_peers(struct member *member);
/* What a client is told who asks for a snapshot. */
void member_ask_snapshot(struct member *member, const struct member_request *request);
void member_end_snapshots(struct member *member);

#endif
