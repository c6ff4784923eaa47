/*
 * The state of a core, and the functions of core.c that all files of src/raft share. Nothing
 * outside src/raft includes this. The thread that calls raft_step() owns the core while the call
 * lasts.
 */
#ifndef RAFTD_RAFT_CORE_H
#define RAFTD_RAFT_CORE_H

#include "raft/change.h"
#include "raft/log.h"
#include "raft/progress.h"
#include "raft/raft.h"

enum {
    INFLIGHT_MAX = 4096,
    ROUNDS_KEPT = 1024, /* read rounds of which the start time is remembered; a power of two */
};

/*
 * The after_write of a message that has to wait for the newest log write. While a batch is under
 * way that write has no number yet; resolve_messages() puts the number in when the batch ends.
 */
#define RAFT_GATED UINT64_MAX

struct raft_core {
    struct raft_options options;
    uint64_t now_ms; /* of the batch under way */
    uint64_t random_state;

    /* Term, vote, promise_ms and log as they are on disk once all log writes up to now are done,
     * including the one that the batch under way will hand out. */
    uint64_t term;
    uint16_t vote; /* 0 = none */
    struct raft_log log;

    /* The membership in force: the newest in the log, or else that of the base. */
    struct raft_membership membership;
    uint64_t membership_index; /* of its entry, or of the base */
    struct raft_membership base_membership;
    /* reconfigure_may_campaign(): whether this node was a voter in the membership before the one in
     * the entry with this index and term. The index alone is not enough: a later leader may replace
     * that entry and the ones before it. */
    uint64_t voter_before_index;
    uint64_t voter_before_term;
    bool was_voter_before;
    enum raft_space space; /* on the disk of this node, log writes under way counted as used */
    bool disk_is_low;      /* the same is nearly full without these */
    bool removed;          /* this node was removed, and that is committed */

    enum raft_role role;
    uint16_t leader; /* 0 = not known */
    uint64_t commit_index;
    size_t uncommitted_bytes; /* cost of the entries after commit_index */
    uint64_t election_deadline_ms;
    /* A promise to a leader: until then no vote, except in a campaign that a leader ordered. */
    uint64_t promised_until_ms;
    uint32_t promise_ms; /* the length that is on the disk with term and vote; 0 = none (lease.c) */
    uint64_t leader_contact_ms; /* when this leader was last heard, 0 = never */
    bool leader_link_lost;      /* the connection to this leader was lost since then */

    /* Candidate and pre-candidate: the answers, by position in membership. */
    bool vote_answered[RAFT_MEMBERS_MAX];
    bool vote_granted[RAFT_MEMBERS_MAX];
    uint64_t self_vote_sequence; /* own vote counts once this write is durable; 0 = it counts */

    /* Leader: by position in membership; the own position is unused. */
    struct progress progress[RAFT_MEMBERS_MAX];
    uint64_t heartbeat_deadline_ms;
    uint64_t read_round; /* newest round of this term; appends carry the number (lease.c) */
    uint64_t round_opened_ms[ROUNDS_KEPT]; /* by round, modulo ROUNDS_KEPT */
    uint64_t lease_wanted_until_ms;        /* until then the voters are asked for promises */

    /* Leader: members that were removed and have to be told so once that is committed. */
    uint16_t leaving[RAFT_MEMBERS_MAX];
    size_t leaving_count;
    bool gave_up_office; /* this leader removed itself and has tried to hand over */
    struct {
        uint16_t to;           /* 0 = no handover is under way */
        bool sent;             /* the order to campaign was sent */
        uint64_t deadline_ms;  /* then the handover is given up */
        uint64_t again_ms;     /* then the order is sent again */
        uint64_t ordered_term; /* newest term in which such an order was sent; 0 = none */
        uint64_t drift_ms;     /* before that, leadership does not drift to a higher standing */
    } handover;

    /* The stalls of this node's disk: until when its priority does not count. See handover.c. */
    struct {
        uint64_t until_ms; /* 0 = there was no stall yet */
        uint64_t wait_ms;  /* how long the priority does not count after the last stall; 0 = none */
        bool counted;      /* the disk hangs now, and that is counted already */
    } stall;

    /* Follower. */
    uint64_t leader_commit_index; /* from the leader's last append; may be beyond the own log */
    uint64_t round_answered;      /* newest round of this leader that was answered */

    /* The reads of this node's own clients: one batch of them at a time. */
    struct {
        bool pending;
        bool lease; /* a lease of the leader is enough */
        uint64_t id;
        uint64_t index;         /* leader: commit index when the round was opened */
        uint64_t round;         /* leader: the round that confirms them; 0 = not opened yet */
        uint64_t attempt;       /* follower: the newest question under way; 0 = not asked yet */
        uint64_t first_attempt; /* follower: the oldest one whose answer confirms this batch */
        uint64_t sent_ms;       /* follower: when the newest one was asked */
        uint64_t wait_ms;       /* follower: after so long it is asked again */
    } read;
    uint64_t last_attempt; /* ascends during the whole life of the process */

    /* Cluster time, see time.c. The leader of anchor_term said anchor_ms, when this node's clock
     * showed anchor_now_ms. */
    struct {
        uint64_t anchor_ms;
        uint64_t anchor_now_ms;
        uint64_t anchor_term; /* 0 = nothing was heard yet */
        uint64_t wall_ms;     /* newest time of the wall clock, 0 = none */
        uint64_t wall_now_ms; /* when that was told */
    } time;

    /* Log writes. */
    uint64_t issued_sequence;  /* newest write that was handed out */
    uint64_t written_sequence; /* newest write that is durable */
    bool hard_state_dirty;     /* term, vote or promise_ms have changed and are in no write yet */
    uint64_t hard_state_sequence; /* the write with the current term, vote and promise_ms */
    uint64_t write_next;          /* first index that is in no write yet */
    bool base_dirty;              /* the next write has to restart the log after its base */
    uint64_t base_sequence;       /* the last write that did that; 0 = none in this life */
    uint64_t truncate_from;       /* first index that the next write has to drop; 0 = none */
    uint64_t truncate_sequence;   /* writes before this one say nothing about durable_index (T13) */
    uint64_t durable_index;       /* last index of the log on this node's disk */
    uint64_t write_waits_since_ms; /* since when a write is under way and none has been finished */

    /* What a start has cut off because of damage, see damage.c: from this index on; from is 0 when
     * nothing was, or the log is at least as up to date again as one that ends with this term and
     * index. Then the index is 0, too. */
    struct {
        uint64_t from;
        uint64_t term;
        uint64_t index;
    } lost;
    /* Damage in the log on the disk, see damage.c. */
    struct {
        uint64_t index;    /* an entry that the disk has damaged; 0 = none is known */
        uint64_t sequence; /* the write with which the log is whole; 0 = it is not known yet */
        uint64_t sealed_sequence; /* the write that has begun a segment; 0 = none has */
        uint64_t sealed_index;    /* the last entry in the segments before that one */
    } damage;

    uint64_t applied_index; /* the host needs no entry up to this one */

    /* Entries that the host has read for peers, in messages of the batch under way; one reference
     * each. The array does not move while the batch lasts: fetch_begin(). */
    struct raft_entry **fetched;
    size_t fetched_count;
    size_t fetched_capacity;
    struct raft_fetch fetches[RAFT_MEMBERS_MAX];
    size_t fetch_count;
    uint64_t fetch_number; /* of the last request; ascends during the whole life of the process */

    struct raft_entry **write_entries; /* of a write that no slice of the log holds whole */
    size_t write_capacity;

    /*
     * The arrays of the outbox. They are kept from batch to batch and double when they are full, as
     * the log's array does; they never shrink. So a core that has seen its largest batch and its
     * longest log allocates nothing in a step. An event adds at most two messages, and each peer at
     * most options.max_inflight_messages and six more.
     */
    struct raft_message *messages;
    size_t message_count;
    size_t message_capacity;
    struct raft_entry **forwards; /* proposals for the leader; one reference each */
    size_t forward_count;
    size_t forward_capacity;
    struct raft_proposal_id *peer_refusals; /* the PROPOSE_REFUSED messages have parts of it */
    size_t peer_refusal_count;
    size_t peer_refusal_capacity;
    struct raft_proposal_id *refusals; /* of proposals of this node's own clients */
    size_t refusal_count;
    size_t refusal_capacity;
    uint16_t snapshot_peers[RAFT_MEMBERS_MAX];
    size_t snapshot_peer_count;
    uint64_t install_index; /* 0 = nothing to install */
    uint64_t install_term;
    bool read_confirmed;
    uint64_t confirmed_id;
    uint64_t confirmed_index;
    bool state_changed;
    int violation;
    uint16_t violator;
};

/* Adds a message to the outbox. The pointer is valid until the next core_send(). */
struct raft_message *core_send(struct raft_core *core, uint8_t type, uint16_t to);
uint64_t core_random(struct raft_core *core);
/* An election begins after 1 to 2 election time-outs from now on, if nothing comes between. */
void core_reset_election_timer(struct raft_core *core);
/* Notes that this peer broke the rules of Raft. */
void core_violation(struct raft_core *core, uint16_t peer);
/* Position of a member in the membership, or RAFT_MEMBERS_MAX. */
size_t core_position(const struct raft_core *core, uint16_t id);
bool core_is_voter(const struct raft_core *core);
/* How much this node should lead: 0 while its disk is nearly full (T45) or has damaged the log, 1
 * for some time after the disk has hung, else its priority + 1. */
uint8_t core_standing(const struct raft_core *core);
/* Whether term, vote, promise_ms and base are on disk, so that an answer need not wait for them. */
bool core_hard_state_is_durable(const struct raft_core *core);
/* The newest membership up to an index; returns the index of its entry, or of the base. */
uint64_t core_membership_at(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership);
/* The membership that was in force before the one at this index; empty if there was none. */
void core_membership_before(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership);
/* Whether the membership in force is known to be committed. */
bool core_membership_is_committed(const struct raft_core *core);
/* Whether a leader has committed an entry of its own term. Before that, its commit index may be
 * older than what earlier leaders have acknowledged (T10). */
bool core_knows_commit(const struct raft_core *core);
/* Whether an entry may be written to a disk with so much room; `reserve` as in an append. The
 * follower and its leader use the same rule. */
bool core_space_takes(enum raft_space space, const struct raft_entry *entry, bool reserve);
void core_set_commit(struct raft_core *core, uint64_t index);
/* Log writes that are not durable yet. */
uint64_t core_writes_under_way(const struct raft_core *core);

#endif
