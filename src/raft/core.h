/*
 * What the files of src/raft share; nobody outside includes this. A core is owned by whoever
 * calls raft_step(): one thread at a time.
 *
 *     create.c      a core from what survived on disk, and its end
 *     core.c        batch of events in, one set of effects out
 *     status.c      looking in
 *     election.c    time-outs, pre-vote, votes, becoming something else
 *     append.c      the follower's side of replication
 *     replicate.c   the leader's side: progress of each peer, windows, commit rule
 *     read.c        ReadIndex on both sides
 *     lease.c       what a quorum has promised a leader
 *     propose.c     proposals: appended, forwarded, refused
 *     snapshot.c    compaction, peers that need a snapshot, installing one
 *     time.c        cluster time
 *     reconfigure.c changes of members, as the leader makes them
  *     handover.c    leadership handed over
 *     log.c, membership.c, change.c, entry.c, check.c
 */
#ifndef RAFTD_RAFT_CORE_H
#define RAFTD_RAFT_CORE_H

#include "raft/change.h"
#include "raft/log.h"
#include "raft/raft.h"

enum {
    INFLIGHT_MAX = 4096,
    ROUNDS_KEPT = 1024, /* read rounds whose beginning is known; a power of two */
};

/* after_write of a message that waits for the newest log write; resolved when a batch ends. */
#define RAFT_GATED UINT64_MAX

/* Unacknowledged appends to one peer: a queue of {last index, cost}, oldest first. */
struct inflight {
    uint64_t last_index;
    size_t cost_bytes;
};

/* What is known of the snapshot that a peer needs. */
enum transfer {
    TRANSFER_NONE,      /* not asked for, or it failed */
    TRANSFER_UNDER_WAY, /* the host is at it */
    TRANSFER_DELIVERED, /* the peer has it, and has not said that it stands there */
};

struct progress {
    enum raft_progress_state state;
    uint64_t match_index; /* durable on the peer; match < next */
    uint64_t next_index;  /* first entry not sent yet */
    bool probe_sent;      /* PROBE: one append is out; cleared by an answer or a heartbeat */
    bool heartbeat_due;
    uint64_t commit_sent;   /* the commit index the peer knows, if everything arrives */
    uint64_t commit_wanted; /* the peer's clients wait for this index: tell it at once */
    bool is_witness;        /* asked at once to confirm the newest read round */
    uint64_t round_sent;
    uint64_t round_acknowledged;
    uint64_t last_contact_ms;
    uint8_t standing; /* as its last answer said: core_standing() */
    /* A learner's round of catching up (reconfigure.c). */
    uint64_t catch_up_index; /* the round is over once it has this; 0 = none has begun */
    uint64_t catch_up_began_ms;
    uint32_t catch_up_rounds; /* good ones in a row */
    bool catch_up_counted;
    struct inflight *inflights; /* ring of options.max_inflight_messages */
    size_t inflight_head;
    size_t inflight_count;
    size_t inflight_bytes;
    enum transfer transfer; /* SNAPSHOT */
    uint64_t transfer_ms;   /* when that last changed; 0 = never */
    /* A read that this peer asks the leader to confirm. */
    bool read_pending;
    bool read_lease; /* the leader's lease will do */
    uint64_t read_attempt;
    uint64_t read_index;
    uint64_t read_round; /* 0: waits for an entry of this term to be committed */
};

struct raft_core {
    struct raft_options options;
    uint64_t now_ms;
    uint64_t random_state;

    /* Persistent, as of the newest log write that was handed out or is about to be. */
    uint64_t term;
    uint16_t vote;
    struct raft_log log;

    /* Membership in force: the newest in the log, or that of the base. */
    struct raft_membership membership;
    uint64_t membership_index;
    struct raft_membership base_membership;
    uint64_t voter_before_index; /* the membership for which was_voter_before was looked up */
    bool was_voter_before;
    bool space_is_low;
    bool removed; /* this node is no member any more, and that is committed */

    enum raft_role role;
    uint16_t leader;
    uint64_t commit_index;
    size_t uncommitted_bytes;
    uint64_t election_deadline_ms;
    uint64_t promised_until_ms; /* no vote for anybody before, but by a leader's own order */
    uint64_t leader_contact_ms; /* when the current leader was last heard, 0 = never */

    /* Candidate: answers by position in membership. */
    bool vote_answered[RAFT_MEMBERS_MAX];
    bool vote_granted[RAFT_MEMBERS_MAX];
    uint64_t self_vote_sequence; /* own vote counts once this write is done; 0 = counted */

    /* Leader: by position in membership (own position unused). */
    struct progress progress[RAFT_MEMBERS_MAX];
    uint64_t heartbeat_deadline_ms;
    uint64_t read_round; /* numbers the quorum rounds of reads and heartbeats in this term */
    uint64_t round_opened_ms[ROUNDS_KEPT];

    /* Leader: who is to be told, once it is committed, that it was removed. */
    uint16_t leaving[RAFT_MEMBERS_MAX];
    size_t leaving_count;
    bool gave_up_office; /* removed, and has tried to hand over */
    struct {
        uint16_t to; /* 0: no handover is under way */
        bool sent;
        uint64_t deadline_ms;
        uint64_t again_ms;
        uint64_t ordered_term; /* the newest term in which somebody was told to campaign */
        uint64_t drift_ms;     /* not before may leadership drift to a higher standing */
    } handover;

    /* Follower. */
    uint64_t leader_commit_index; /* as the leader last said, whether or not it is here */
    uint64_t round_answered;      /* the newest round of this leader that was answered */

    /* Reads of this node's own clients: one batch at a time. */
    struct {
        bool pending;
        bool lease; /* the leader's lease will do */
        uint64_t id;
        uint64_t index;   /* leader */
        uint64_t round;   /* leader; 0: not begun */
        uint64_t attempt; /* follower; the attempt under way, 0 = not sent */
        uint64_t sent_ms;
    } read;
    uint64_t last_attempt; /* ascending through the whole life of the process */

    /* The time line of the leader of anchor_term: what it said, and when that was heard. */
    struct {
        uint64_t anchor_ms;
        uint64_t anchor_now_ms;
        uint64_t anchor_term; /* 0 = none heard yet */
        uint64_t wall_ms;     /* the wall clock as last told, 0 = never */
        uint64_t wall_now_ms;
    } time;

    /* Log writes. */
    uint64_t issued_sequence;  /* of the newest write handed out */
    uint64_t written_sequence; /* of the newest write known to be done */
    bool hard_state_dirty;
    uint64_t hard_state_sequence; /* the write that carries the current term and vote */
    uint64_t write_next;          /* first index not handed to the log writer */
    bool base_dirty;              /* the next write has to restart the log behind its base */
    uint64_t base_sequence;       /* the write that did; 0 = none in this life */
    uint64_t truncate_from;       /* to be cut by the next write; 0 = nothing */
    uint64_t truncate_sequence;   /* completions of earlier writes say nothing about indices */
    uint64_t durable_index;
    uint64_t write_waits_since_ms; /* for a write to be done: since when without any progress */

    /*
     * The outbox's arrays, kept from batch to batch, with room from the start for an ordinary one.
     * Like the log's they double when they are full and never shrink, so a core that has seen its
     * largest batch and its longest log allocates nothing in a step. An event adds at most two
     * messages, and each peer at most options.max_inflight_messages and three more.
     */
    struct raft_message *messages;
    size_t message_count;
    size_t message_capacity;
    struct raft_entry **forwards; /* proposals for the leader; one reference each */
    size_t forward_count;
    size_t forward_capacity;
    struct raft_proposal_id *peer_refusals; /* slices of the batch's PROPOSE_REFUSED messages */
    size_t peer_refusal_count;
    size_t peer_refusal_capacity;
    struct raft_proposal_id *refusals; /* for this node's own clients */
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
struct raft_message *core_send(struct raft_core *core, uint8_t type, uint16_t to);
uint64_t core_random(struct raft_core *core);
void core_violation(struct raft_core *core, uint16_t peer);
/* Position of a member, or RAFT_MEMBERS_MAX. */
size_t core_position(const struct raft_core *core, uint16_t id);
bool core_is_voter(const struct raft_core *core);
/* How much this node wants to lead: 0 while its disk is nearly full (T45), else more, and the more
 * the higher its priority. */
uint8_t core_standing(const struct raft_core *core);
/* Whether a promise may leave at once as far as term, vote and base of the log go. */
bool core_hard_state_is_durable(const struct raft_core *core);
/* Appends an entry of this leader's own making: sets its term, index and time. */
void core_append_own(struct raft_core *core, struct raft_entry *entry);
/* Appends one entry whose index is next; follows the membership if it is one. */
void core_append_entry(struct raft_core *core, struct raft_entry *entry);
/* The newest membership up to an index, and its own index: that of an entry or of the base. */
uint64_t core_membership_at(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership);
/* The membership that was in force before the one at this index; empty if there was none. */
void core_membership_before(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership);
/* Takes another membership into force: the one of the entry or base at index. */
void core_set_membership(struct raft_core *core, const struct raft_membership *membership,
                         uint64_t index);
void core_truncate(struct raft_core *core, uint64_t index);
void core_set_commit(struct raft_core *core, uint64_t index);

/* election.c */
void election_reset_timer(struct raft_core *core);
void election_tick(struct raft_core *core);
void election_become_follower(struct raft_core *core, uint64_t term, uint16_t leader);
void election_on_vote(struct raft_core *core, const struct raft_message *message);
void election_on_vote_reply(struct raft_core *core, const struct raft_message *message);
void election_on_written(struct raft_core *core);
void election_campaign_by_order(struct raft_core *core);
/* Whether a live leader makes this node deaf to candidates (dissertation, section 4.2.3). */
bool election_is_sticky(const struct raft_core *core);

/* append.c */
void append_on_message(struct raft_core *core, const struct raft_message *message);

/* replicate.c */
void replicate_begin(struct raft_core *core);
void replicate_end(struct raft_core *core);
void replicate_tick(struct raft_core *core);
/* One append at a time from next on, until the peer says where it stands. */
void replicate_probe(struct raft_core *core, struct progress *progress, uint64_t next);
void replicate_on_reply(struct raft_core *core, const struct raft_message *message);
void replicate_on_link(struct raft_core *core, uint16_t peer, bool up);
void replicate_advance_commit(struct raft_core *core);
void replicate_send(struct raft_core *core);
/* Picks who is asked at once to confirm a read round that was just opened. */
void replicate_choose_witnesses(struct raft_core *core);
void replicate_membership_changed(struct raft_core *core, const struct raft_membership *before);

/* read.c */
void read_on_request(struct raft_core *core, uint64_t read_id, bool lease);
/* Whether a leader has committed an entry of its own term: before, it does not know the end. */
bool read_knows_commit(const struct raft_core *core);
/* The newest round that a quorum has answered. */
uint64_t read_quorum_round(const struct raft_core *core);
void read_on_message(struct raft_core *core, const struct raft_message *message);
void read_on_reply(struct raft_core *core, const struct raft_message *message);
void read_flush(struct raft_core *core);
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
uint64_t time_wall_ms(const struct raft_core *core);

/* lease.c */
void lease_promise(struct raft_core *core);
bool lease_binds(const struct raft_core *core);
void lease_open_round(struct raft_core *core);
bool lease_holds(const struct raft_core *core);

/* propose.c */
void propose_on_request(struct raft_core *core, struct raft_entry *entry);
void propose_on_message(struct raft_core *core, const struct raft_message *message);
void propose_on_refusal(struct raft_core *core, const struct raft_message *message);
void propose_flush(struct raft_core *core);

/* reconfigure.c */
enum raft_refusal reconfigure_propose(struct raft_core *core, const struct raft_entry *entry);
void reconfigure_tick(struct raft_core *core);
void reconfigure_note_leaving(struct raft_core *core, const struct raft_membership *before);
void reconfigure_on_removed(struct raft_core *core);
/* Whether a message is from a node that is no member any more, and was answered so. */
bool reconfigure_turns_away(struct raft_core *core, const struct raft_message *message);
bool reconfigure_may_campaign(struct raft_core *core);
/* Whether the membership in force is known to be committed. */
bool reconfigure_is_committed(const struct raft_core *core);

/* handover.c */
/* to 0 = the best. RAFT_REFUSED_HANDING_OVER, or why not. Leader. */
enum raft_refusal handover_begin(struct raft_core *core, uint16_t to);
void handover_end(struct raft_core *core);
bool handover_is_running(const struct raft_core *core);
void handover_begin_term(struct raft_core *core);
void handover_tick(struct raft_core *core);
void handover_on_order(struct raft_core *core, const struct raft_message *message);
/* Whether somebody may have been told in this term to campaign against a live leader. */
bool handover_voids_lease(const struct raft_core *core);

#endif
