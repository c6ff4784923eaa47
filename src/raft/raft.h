/*
 * The Raft core: a deterministic state machine. No clock, socket, file, thread, lock, global
 * state or logging in here; time and random seeds arrive from outside, everything that is to
 * happen leaves as data.
 *
 *     raft_step(core, now, events, count, &outbox)
 *
 * takes a batch of events and then acts once: at most one log write, and to each peer what its
 * window has room for. Everything the outbox points at is the core's and is valid until the
 * next call. One thread at a time may use a core.
 *
 * Sources: Ongaro, "Consensus: Bridging Theory and Practice" (the dissertation), chapters 3, 4,
 * 6.4 (ReadIndex), 9.6 (pre-vote), 10.2.1 (writing to the leader's disk in parallel).
 */
#ifndef RAFTD_RAFT_RAFT_H
#define RAFTD_RAFT_RAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/entry.h"
#include "raft/membership.h"
#include "raft/message.h"

struct raft_core;

enum raft_role {
    RAFT_FOLLOWER = 1,
    RAFT_PRE_CANDIDATE,
    RAFT_CANDIDATE,
    RAFT_LEADER,
    RAFT_LEARNER,
};
const char *raft_role_name(enum raft_role role);

struct raft_options {
    uint16_t id;
    uint64_t random_seed;
    uint32_t heartbeat_ms;
    uint32_t election_timeout_ms;   /* an election starts after 1..2 times this without a leader */
    size_t max_batch_bytes;         /* entries in one append message; at least one entry goes */
    uint32_t max_inflight_messages; /* unacknowledged appends per peer, 1..4096 */
    size_t max_inflight_bytes;
    bool check;                   /* hold every step against the invariants, abort if one breaks */
    size_t max_uncommitted_bytes; /* a leader refuses forwarded proposals beyond this */
    uint8_t priority;             /* leadership drifts to the voter with the highest */
    uint32_t
        disk_stall_ms; /* a leader hands over when no log write is done for so long; 0 = never */
};

/*
 * What survived on disk. Entries are consecutive and start right after the base: the last index
 * that is no longer in the log (0 = the log is whole), with its term and the membership then.
 */
struct raft_recovered {
    uint64_t term;
    uint16_t vote; /* 0 = none */
    uint64_t base_index;
    uint64_t base_term;
    uint64_t base_time_ms;                         /* cluster time of the entry at the base */
    const struct raft_membership *base_membership; /* NULL = none; borrowed */
    uint64_t commit_index; /* a snapshot proves that these are committed; 0 = the base */
    struct raft_entry *const *entries; /* borrowed; the core takes references */
    size_t entry_count;
};

/*
 * A core as it is after a start. A log without a membership entry belongs to nobody: such a
 * node waits, it never campaigns. RAFTD_ERROR_CORRUPT if the entries are not a log.
 */
int raft_create(const struct raft_options *options, const struct raft_recovered *recovered,
                uint64_t now_ms, struct raft_core **core);
void raft_destroy(struct raft_core *core);

enum raft_event_type {
    RAFT_EVENT_MESSAGE = 1,       /* from a peer, already authenticated as message->from */
    RAFT_EVENT_PROPOSE,           /* entry: append if leader, forward if a leader is known */
    RAFT_EVENT_READ,              /* read_id: confirm a read index for everything asked before */
    RAFT_EVENT_LOG_WRITTEN,       /* the log writer finished a write */
    RAFT_EVENT_LINK,              /* a peer's link came up or went down */
    RAFT_EVENT_STEP_DOWN,         /* a leader gives up leading (orderly stop) */
    RAFT_EVENT_CLOCK,             /* wall_ms: what the wall clock shows; see raft_cluster_time() */
    RAFT_EVENT_SNAPSHOT_SAVED,    /* saved: the log that a durable snapshot covers may go */
    RAFT_EVENT_SNAPSHOT_RECEIVED, /* received: a durable snapshot has come from a peer */
    RAFT_EVENT_SNAPSHOT_SENT,     /* peer: it has all of the snapshot, durably */
    RAFT_EVENT_SNAPSHOT_FAILED,   /* peer: the transfer to it ended otherwise */
    RAFT_EVENT_SPACE,    /* low: a leader takes no more commands until it is told otherwise */
    RAFT_EVENT_HANDOVER, /* a leader hands over, to the best if to is 0; nothing otherwise */
};

struct raft_write_done {
    uint64_t sequence;
    uint64_t last_index; /* of the log as that write left it */
    uint64_t last_term;
};

/*
 * A snapshot of what was applied up to index is durable: a restart would find it. Entries before
 * keep_from (at most index + 1) are dropped as far as they are durable, too; the rest is a tail
 * for slow peers. While a transfer is under way the host keeps what follows the snapshot that is
 * being sent.
 */
struct raft_snapshot_saved {
    uint64_t index;
    uint64_t term;
    uint64_t keep_from;
};

/*
 * Likewise durable, complete and checked, but from a peer. If it is news the outbox says
 * has_install in the same step, else the host may forget it.
 */
struct raft_snapshot_received {
    uint16_t from;
    uint64_t index;
    uint64_t term;                            /* of the entry at index */
    uint64_t time_ms;                         /* its cluster time */
    const struct raft_membership *membership; /* as of index; borrowed during the step */
};

struct raft_event {
    enum raft_event_type type;
    union {
        const struct raft_message *message;
        struct raft_entry *entry; /* the core takes a reference and sets term and index */
        struct {
            uint64_t read_id; /* ascending; a new one replaces one still pending */
            bool lease;       /* the word of a leader with a lease will do */
        };
        uint64_t wall_ms; /* milliseconds since 1970 */
        struct raft_write_done written;
        struct raft_snapshot_saved saved;
        struct raft_snapshot_received received;
        uint16_t peer;
        struct {
            uint16_t peer;
            bool up;
        } link;
        uint16_t to;
        bool low; /* the disk is nearly full */
    };
};

/*
 * A log write: first restart the log right after a base that a snapshot covers (has_base; every
 * entry before this write is gone), or cut everything from truncate_from on (0 = nothing); then
 * append.
 */
struct raft_write {
    uint64_t sequence; /* ascending by one from 1 */
    bool has_hard_state;
    uint64_t term;
    uint16_t vote;
    bool has_base;
    uint64_t base_index;
    uint64_t base_term;
    uint64_t truncate_from;
    struct raft_entry *const *entries; /* slice of the core's array */
    size_t entry_count;
    uint64_t last_index; /* of the log once this write is done */
    uint64_t last_term;
};

struct raft_outbox {
    const struct raft_message *messages;
    size_t message_count;
    bool has_write;
    struct raft_write write;
    /* The received snapshot takes the place of the state machine's state, in this turn and before
     * anything is applied: what was applied is then what install_index says. */
    bool has_install;
    uint64_t install_index;
    uint64_t install_term;
    uint64_t commit_index; /* entries up to here may be applied, in order */
    bool read_confirmed;   /* reads up to read_id may be served once read_index is applied */
    uint64_t read_id;
    uint64_t read_index;
    /* Proposals of this node that were definitely not appended anywhere. */
    const struct raft_proposal_id *refused;
    size_t refused_count;
    /* Peers that need a snapshot, said once: SNAPSHOT_SENT or _FAILED ends it. A host that still
     * has a transfer to that peer under way goes on with it. */
    const uint16_t *snapshot_peers;
    size_t snapshot_peer_count;
    bool state_changed; /* role, term, leader, membership, handover or removal */
    int violation;      /* 0, or RAFTD_ERROR_PROTOCOL: a peer sent what no correct peer sends */
    uint16_t violator;
};

void raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
               size_t count, struct raft_outbox *outbox);

/* NULL, or in a sentence what does not hold in this core though it always should. Reads all of the
 * log: for tests and simulations. */
const char *raft_check(const struct raft_core *core);

/* When raft_step() wants to be called again even if nothing happens. */
uint64_t raft_next_deadline(const struct raft_core *core);

/* Looking in. The entry is the core's; NULL if there is none at that index. */
struct raft_entry *raft_log_entry(const struct raft_core *core, uint64_t index);
/* Term of an index; 0 for index 0 and where there is no entry. */
uint64_t raft_log_term(const struct raft_core *core, uint64_t index);
/* The membership in force at an index of the log, the base included: of what is committed, the one
 * that goes into a snapshot (T30). */
void raft_membership_at(const struct raft_core *core, uint64_t index,
                        struct raft_membership *membership);

/*
 * Until when, by the clock that now_ms of raft_step() is taken from, this node is certainly the
 * only leader, provided that no two members' monotonic clocks drift apart by more than one part
 * in ten; 0 = it may not be. What a leader had committed at a moment before that, and after
 * which a read was asked, is all that the read has to see.
 */
uint64_t raft_lease_until_ms(const struct raft_core *core);

/*
 * Cluster time in milliseconds: a leader's is stamped on every entry that it appends, elsewhere
 * it is an estimate, never ahead of the leader's but for the drift between two monotonic clocks.
 * It starts with the wall clock of the very first leader and from then on only passes: neither a
 * wall clock nor a change of leaders ever moves it forward.
 */
uint64_t raft_cluster_time(const struct raft_core *core, uint64_t now_ms);

enum raft_progress_state {
    RAFT_PROGRESS_PROBE = 1, /* one append at a time, until the logs are known to agree */
    RAFT_PROGRESS_REPLICATE, /* pipelined appends within the window */
    RAFT_PROGRESS_SNAPSHOT,  /* what it needs is no longer in the log: by its own word */
};

struct raft_peer_status {
    uint16_t id;
    uint8_t roles;
    uint64_t match_index;
    uint64_t next_index;
    enum raft_progress_state state;
    uint64_t silent_ms; /* since the last answer in this term; leader only */
};

struct raft_status {
    uint16_t id;
    enum raft_role role;
    uint64_t term;
    uint16_t vote;
    uint16_t leader;     /* 0 = unknown */
    uint64_t base_index; /* what is before is no longer in the log */
    uint64_t last_index;
    uint64_t last_term;
    uint64_t durable_index;
    uint64_t commit_index;
    uint64_t membership_index;
    uint16_t handover_to; /* leadership is being handed to this node; 0 = it is not */
    bool removed;         /* this node was a member and is none any more; committed */
    size_t uncommitted_bytes;
    size_t peer_count; /* the other members */
    struct raft_peer_status peers[RAFT_MEMBERS_MAX];
};
void raft_get_status(const struct raft_core *core, uint64_t now_ms, struct raft_status *status);
const struct raft_membership *raft_get_membership(const struct raft_core *core);
/* Index of the entry that holds it. */
uint64_t raft_get_membership_index(const struct raft_core *core);
/* Whether that membership is known here to be committed. */
bool raft_membership_is_committed(const struct raft_core *core);
/* A follower or learner has all that its leader called committed when it last spoke. */
bool raft_is_caught_up(const struct raft_core *core);
/* To whom leadership is being handed, 0 = nobody. Proposals are refused meanwhile. */
uint16_t raft_get_handover(const struct raft_core *core);
/* This node was removed from the cluster, and that is committed: it has nothing left to do. */
bool raft_was_removed(const struct raft_core *core);
enum raft_role raft_get_role(const struct raft_core *core);
uint16_t raft_get_leader(const struct raft_core *core);
size_t raft_get_uncommitted_bytes(const struct raft_core *core);

#endif
