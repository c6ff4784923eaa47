/*
 * The state of a core and the functions that the files of src/raft share. Nothing outside src/raft
 * includes this. The thread that calls raft_step() owns the core while the call lasts.
 */
#ifndef RAFTD_RAFT_CORE_H
#define RAFTD_RAFT_CORE_H

#include "raft/change.h"
#include "raft/log.h"
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

/* One append that a peer has not answered yet. They form a queue, oldest first. */
struct inflight {
    uint64_t last_index; /* of its entries */
    size_t cost_bytes;   /* of its entries, see raft_entry_cost() */
};

/* The way of a snapshot to a peer that needs one. */
enum transfer {
    TRANSFER_NONE,      /* the host was not asked, or the transfer failed */
    TRANSFER_UNDER_WAY, /* the host was asked to send one */
    TRANSFER_DELIVERED, /* the peer has it on disk, but has not acknowledged that index yet */
};

/*
 * What the leader knows about the log of one peer. The functions are in replicate.c if nothing else
 * is said.
 *
 *          progress_init()
 *                |
 *                v
 *         +--> PROBE ------> REPLICATE
 *         |      |  ^            |  |
 *         |      |  +------------+  |
 *         |      v                  |
 *         +-- SNAPSHOT <------------+
 *
 *     made in PROBE             progress_init(): this node was elected, or the peer is a new member
 *     PROBE -> REPLICATE        on_success(): the logs agree up to the entry before next_index
 *     PROBE -> PROBE            on_refusal(): next_index moves back to where the logs may agree
 *     PROBE -> SNAPSHOT         on_refusal(): the peer refused even the append right after the base
 *     REPLICATE -> PROBE,       on_refusal(): the peer has lost what it acknowledged, or an append
 *              or SNAPSHOT      was lost and the next one does not fit
 *     SNAPSHOT -> PROBE         on_success(), on_refusal(): the answer shows that the peer stands
 *                               at the base or later
 *     any -> PROBE              replicate_on_link(): the connection was made or lost
 *     REPLICATE, PROBE -> PROBE probe_from_base() in snapshot.c: entries that the peer was to be
 *                               sent next are no longer in the log
 *     gone                      replicate_end(), or replicate_membership_changed()
 *
 * In PROBE, one append is sent at a time. In REPLICATE, appends follow one another without waiting,
 * as far as the window has room. In SNAPSHOT, the peer needs entries that the leader no longer
 * holds, so it gets only heartbeats until a snapshot has arrived there. Whether a peer needs a
 * snapshot is decided by the peer's own answers alone: a peer that is merely not connected is
 * never sent one (T20).
 *
 * Invariants; check.c checks them in every step of a test (raft_options.check):
 *   1. match_index < next_index <= last index of the log + 1.
 *   2. Except in SNAPSHOT, next_index is after the base: the leader holds what it is to send (T16).
 *   3. Only in REPLICATE there are appends in flight, and never more than the window holds.
 *   4. The last indexes of the appends in flight ascend, are greater than match_index and less than
 *      next_index; inflight_bytes is the sum of their costs.
 *   5. Only in SNAPSHOT transfer is not TRANSFER_NONE.
 *   6. No round was sent or acknowledged that the leader has not opened.
 */
struct progress {
    enum raft_progress_state state;
    uint64_t match_index; /* last index that the peer has acknowledged as durable; never falls */
    uint64_t next_index;  /* first entry that was not sent yet */
    bool probe_sent; /* PROBE: an append is under way; an answer or a heartbeat allows another */
    bool heartbeat_due;
    uint64_t commit_sent;   /* commit index that the peer knows if all messages to it arrive */
    uint64_t commit_wanted; /* clients of the peer wait until it knows this commit index */
    bool is_witness;        /* is asked at once in the newest read round */
    uint64_t round_sent;
    uint64_t round_acknowledged;
    uint64_t last_contact_ms; /* when the peer last answered an append */
    uint8_t standing;         /* of the peer, from its last answer: core_standing() */
    /* The rounds in which a learner catches up, see follow_learner() in reconfigure.c. */
    uint64_t catch_up_index; /* the round ends when the learner has this index; 0 = no round yet */
    uint64_t catch_up_began_ms;
    uint32_t catch_up_rounds;   /* rounds in a row that were fast enough */
    bool catch_up_counted;      /* the round is over and counted */
    struct inflight *inflights; /* ring of options.max_inflight_messages; NULL unless leader */
    size_t inflight_head;
    size_t inflight_count;
    size_t inflight_bytes;
    enum transfer transfer;
    uint64_t transfer_ms; /* when transfer last changed; 0 = not since this state began */
    /* A read that this peer asks the leader to confirm. */
    bool read_pending;
    bool read_lease; /* a lease of the leader is enough */
    uint64_t read_attempt;
    uint64_t read_index;
    uint64_t read_round; /* 0 = waits until the leader has committed in its own term */
};

struct raft_core {
    struct raft_options options;
    uint64_t now_ms; /* of the batch under way */
    uint64_t random_state;

    /* Term, vote and log as they are on disk once all log writes up to now are done, including the
     * one that the batch under way will hand out. */
    uint64_t term;
    uint16_t vote; /* 0 = none */
    struct raft_log log;

    /* The membership in force: the newest in the log, or else that of the base. */
    struct raft_membership membership;
    uint64_t membership_index; /* of its entry, or of the base */
    struct raft_membership base_membership;
    /* reconfigure_may_campaign(): whether this node was a voter in the membership before the one at
     * voter_before_index. */
    uint64_t voter_before_index;
    bool was_voter_before;
    bool space_is_low; /* the disk is nearly full */
    bool removed;      /* this node was removed, and that is committed */

    enum raft_role role;
    uint16_t leader; /* 0 = not known */
    uint64_t commit_index;
    size_t uncommitted_bytes; /* cost of the entries after commit_index */
    uint64_t election_deadline_ms;
    uint64_t promised_until_ms; /* until then no vote, except in a campaign that a leader ordered */
    uint64_t leader_contact_ms; /* when this leader was last heard, 0 = never */

    /* Candidate and pre-candidate: the answers, by position in membership. */
    bool vote_answered[RAFT_MEMBERS_MAX];
    bool vote_granted[RAFT_MEMBERS_MAX];
    uint64_t self_vote_sequence; /* own vote counts once this write is durable; 0 = it counts */

    /* Leader: by position in membership; the own position is unused. */
    struct progress progress[RAFT_MEMBERS_MAX];
    uint64_t heartbeat_deadline_ms;
    uint64_t read_round; /* newest round of this term; appends carry the number (lease.c) */
    uint64_t round_opened_ms[ROUNDS_KEPT]; /* by round, modulo ROUNDS_KEPT */

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

    /* Follower. */
    uint64_t leader_commit_index; /* from the leader's last append; may be beyond the own log */
    uint64_t round_answered;      /* newest round of this leader that was answered */

    /* The reads of this node's own clients: one batch of them at a time. */
    struct {
        bool pending;
        bool lease; /* a lease of the leader is enough */
        uint64_t id;
        uint64_t index;   /* leader: commit index when the round was opened */
        uint64_t round;   /* leader: the round that confirms them; 0 = not opened yet */
        uint64_t attempt; /* follower: the question under way; 0 = not asked yet */
        uint64_t sent_ms;
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
    uint64_t issued_sequence;     /* newest write that was handed out */
    uint64_t written_sequence;    /* newest write that is durable */
    bool hard_state_dirty;        /* term or vote have changed and are in no write yet */
    uint64_t hard_state_sequence; /* the write with the current term and vote */
    uint64_t write_next;          /* first index that is in no write yet */
    bool base_dirty;              /* the next write has to restart the log after its base */
    uint64_t base_sequence;       /* the last write that did that; 0 = none in this life */
    uint64_t truncate_from;       /* first index that the next write has to drop; 0 = none */
    uint64_t truncate_sequence;   /* writes before this one say nothing about durable_index (T13) */
    uint64_t durable_index;       /* last index of the log on this node's disk */
    uint64_t write_waits_since_ms; /* since when a write is under way and none has been finished */

    /*
     * The arrays of the outbox. They are kept from batch to batch and double when they are full, as
     * the log's array does; they never shrink. So a core that has seen its largest batch and its
     * longest log allocates nothing in a step. An event adds at most two messages, and each peer at
     * most options.max_inflight_messages and three more.
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

/* core.c */
/* Adds a message to the outbox. The pointer is valid until the next core_send(). */
struct raft_message *core_send(struct raft_core *core, uint8_t type, uint16_t to);
uint64_t core_random(struct raft_core *core);
/* Notes that this peer broke the rules of Raft. */
void core_violation(struct raft_core *core, uint16_t peer);
/* Position of a member in the membership, or RAFT_MEMBERS_MAX. */
size_t core_position(const struct raft_core *core, uint16_t id);
bool core_is_voter(const struct raft_core *core);
/* How much this node should lead: 0 while its disk is nearly full (T45), else its priority + 1. */
uint8_t core_standing(const struct raft_core *core);
/* Whether term, vote and base are on disk, so that a promise need not wait for them. */
bool core_hard_state_is_durable(const struct raft_core *core);
/* Leader: appends an entry; sets its term, index and time. */
void core_append_own(struct raft_core *core, struct raft_entry *entry);
/* Appends an entry with the next index. A membership comes into force at once. */
void core_append_entry(struct raft_core *core, struct raft_entry *entry);
/* The newest membership up to an index; returns the index of its entry, or of the base. */
uint64_t core_membership_at(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership);
/* The membership that was in force before the one at this index; empty if there was none. */
void core_membership_before(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership);
/* Brings another membership into force: that of the entry, or the base, at index. */
void core_set_membership(struct raft_core *core, const struct raft_membership *membership,
                         uint64_t index);
/* Follower: drops the entries from this index on; none of them is committed. */
void core_truncate(struct raft_core *core, uint64_t index);
void core_set_commit(struct raft_core *core, uint64_t index);

/* election.c */
void election_reset_timer(struct raft_core *core);
void election_tick(struct raft_core *core);
void election_become_follower(struct raft_core *core, uint64_t term, uint16_t leader);
void election_on_vote(struct raft_core *core, const struct raft_message *message);
void election_on_vote_reply(struct raft_core *core, const struct raft_message *message);
/* A log write is durable: perhaps the one with this candidate's own vote. */
void election_on_written(struct raft_core *core);
/* Starts a campaign at once, because the leader hands over to this node. */
void election_campaign_by_order(struct raft_core *core);
/* Whether this node ignores candidates, because a leader may be alive (section 4.2.3). */
bool election_is_sticky(const struct raft_core *core);

/* append.c */
void append_on_message(struct raft_core *core, const struct raft_message *message);

/* replicate.c */
void replicate_begin(struct raft_core *core); /* the node has become the leader */
void replicate_end(struct raft_core *core);   /* it is the leader no longer */
void replicate_tick(struct raft_core *core);
/* Looks for the place where the logs agree, one append at a time from `next` on. */
void replicate_probe(struct raft_core *core, struct progress *progress, uint64_t next);
void replicate_on_reply(struct raft_core *core, const struct raft_message *message);
void replicate_on_link(struct raft_core *core, uint16_t peer, bool up);
void replicate_advance_commit(struct raft_core *core);
void replicate_send(struct raft_core *core);
/* Chooses the peers that are asked at once in a read round that was just opened. */
void replicate_choose_witnesses(struct raft_core *core);
void replicate_membership_changed(struct raft_core *core, const struct raft_membership *before);

/* read.c */
void read_on_request(struct raft_core *core, uint64_t read_id, bool lease);
/* Whether the leader has committed an entry of its own term. Before that, its commit index may be
 * older than what earlier leaders have acknowledged (T10). */
bool read_knows_commit(const struct raft_core *core);
/* The newest round that a quorum has answered. */
uint64_t read_quorum_round(const struct raft_core *core);
void read_on_message(struct raft_core *core, const struct raft_message *message);
void read_on_reply(struct raft_core *core, const struct raft_message *message);
void read_flush(struct raft_core *core);
/* Role or leader have changed: the questions under way count for nothing, and are asked anew. */
void read_forget_attempts(struct raft_core *core);

/* snapshot.c */
void snapshot_on_saved(struct raft_core *core, const struct raft_snapshot_saved *saved);
void snapshot_on_received(struct raft_core *core, const struct raft_snapshot_received *received);
void snapshot_on_sent(struct raft_core *core, uint16_t peer);
void snapshot_on_failed(struct raft_core *core, uint16_t peer);
void snapshot_flush(struct raft_core *core);

/* time.c */
void time_on_clock(struct raft_core *core, uint64_t wall_ms);
void time_become_leader(struct raft_core *core);
void time_on_append(struct raft_core *core, uint64_t time_ms);
/* The wall clock now, milliseconds since 1970; 0 = never told. */
uint64_t time_wall_ms(const struct raft_core *core);

/* lease.c */
/* Promises the leader, from now on for an election time-out, to elect nobody else. */
void lease_promise(struct raft_core *core);
/* Whether such a promise is still valid. */
bool lease_binds(const struct raft_core *core);
/* Leader: opens the next round. */
void lease_open_round(struct raft_core *core);
/* Leader: whether its lease is valid now. */
bool lease_holds(const struct raft_core *core);

/* propose.c */
void propose_on_request(struct raft_core *core, struct raft_entry *entry);
void propose_on_message(struct raft_core *core, const struct raft_message *message);
void propose_on_refusal(struct raft_core *core, const struct raft_message *message);
void propose_flush(struct raft_core *core);

/* reconfigure.c */
enum raft_refusal reconfigure_propose(struct raft_core *core, const struct raft_entry *entry);
void reconfigure_tick(struct raft_core *core);
/* Leader: notes the members that a new membership no longer contains. */
void reconfigure_note_leaving(struct raft_core *core, const struct raft_membership *before);
void reconfigure_on_removed(struct raft_core *core);
/* Whether a message comes from a candidate that was removed; then it gets that answer. */
bool reconfigure_turns_away(struct raft_core *core, const struct raft_message *message);
bool reconfigure_may_campaign(struct raft_core *core);
/* Whether the membership in force is known to be committed. */
bool reconfigure_is_committed(const struct raft_core *core);

/* handover.c */
/* Leader: hands over to this voter; 0 = the best. RAFT_REFUSED_HANDING_OVER, or why not. */
enum raft_refusal handover_begin(struct raft_core *core, uint16_t to);
void handover_end(struct raft_core *core);
bool handover_is_running(const struct raft_core *core);
void handover_begin_term(struct raft_core *core);
void handover_tick(struct raft_core *core);
void handover_on_order(struct raft_core *core, const struct raft_message *message);
/* Whether in this term a peer may have been told to campaign although the leader lives. */
bool handover_voids_lease(const struct raft_core *core);

#endif
