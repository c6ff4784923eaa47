/*
 * The Raft core: consensus as a deterministic function of its events. The core has no clock,
 * socket, file, thread, lock, global state or log lines. Time and random seeds arrive from outside,
 * and everything that is to happen leaves as data.
 *
 *     raft_step(core, now_ms, events, count, &outbox)
 *
 * takes a batch of events and produces one set of effects: at most one log write, and for each peer
 * as many messages as its window has room for. The host (src/node, the simulator, the tests)
 * carries the effects out. Everything the outbox points at belongs to the core and is valid until
 * the next call. One thread at a time uses a core.
 *
 * Source: Ongaro, "Consensus: Bridging Theory and Practice" ("the dissertation"): chapter 3 (the
 * algorithm), chapter 4 (changes of members), sections 3.10 (handover of leadership), 6.4
 * (ReadIndex), 9.6 (pre-vote), 10.2.1 (the leader writes to its disk while it sends).
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

/* The transitions between the roles are drawn in role.c. */
enum raft_role {
    RAFT_FOLLOWER = 1,
    RAFT_PRE_CANDIDATE, /* asks whether it could win an election; its term is unchanged */
    RAFT_CANDIDATE,
    RAFT_LEADER,
    RAFT_LEARNER, /* receives the log, does not vote */
};
const char *raft_role_name(enum raft_role role);

struct raft_options {
    uint16_t id;           /* of this node, 1..65535 */
    uint64_t random_seed;  /* for election time-outs */
    uint32_t heartbeat_ms; /* a leader sends more of them where a voter's time-out needs that */
    uint32_t election_timeout_ms; /* an election starts after 1 to 2 times this without a leader */
    size_t max_batch_bytes; /* of the entries in one append message; at least one entry is sent */
    uint32_t max_inflight_messages; /* appends that a peer has not answered yet, 1..4096 */
    size_t max_inflight_bytes;      /* of the entries in these appends */
    bool check; /* check the invariants of check.c in every step, and abort if one is violated */
    size_t max_uncommitted_bytes; /* a leader with more than this refuses forwarded proposals */
    uint8_t priority;             /* leadership moves to the voter with the highest priority */
    /*
     * The log in memory gives up the data of old entries when it takes more than this; 0 = it never
     * does. The data of an entry goes only when the entry is committed, is on this node's disk, and
     * RAFT_EVENT_APPLIED has named it. If a peer needs such an entry, the core asks the host to
     * read it from the disk: raft_outbox.fetches.
     */
    size_t max_log_bytes;
    uint32_t disk_stall_ms; /* a leader whose log writes make no progress for so long hands
                                     leadership over; 0 = never */
};

/*
 * What a node finds on its disk when it starts. The base is the last entry that the log no longer
 * holds; 0 = the log is complete. The entries are consecutive and begin right after the base.
 */
struct raft_recovered {
    uint64_t term;
    uint16_t vote; /* for whom this node voted in that term; 0 = no vote */
    /* The longest promise to a leader that may still be valid (lease.c). A log from before hard
     * states had promises does not say it: promise_known is false, and the core takes its own
     * election time-out. */
    bool promise_known;
    uint32_t promise_ms; /* 0 = this node has made no promise */
    uint64_t base_index;
    uint64_t base_term;
    uint64_t base_time_ms;                         /* cluster time of the entry at the base */
    const struct raft_membership *base_membership; /* members at the base, NULL = none; borrowed */
    uint64_t commit_index; /* entries that a snapshot proves to be committed; 0 = up to the base */
    /*
     * The disk had damaged the log, and the start has cut it off from damaged_index on; 0 = it has
     * not. The log that was lost ended with this term and index at most. The node votes for nobody
     * until its log is at least as up to date as that: see damage.c.
     */
    uint64_t damaged_index;
    uint64_t lost_term;
    uint64_t lost_index;
    struct raft_entry *const *entries; /* borrowed; the core takes a reference to each */
    size_t entry_count;
};

/*
 * Makes a core for a node that starts now. A node whose log contains no membership belongs to no
 * cluster yet: it waits and never campaigns. RAFTD_ERROR_CORRUPT if the entries are not a log:
 * indexes with gaps, falling terms or times, a membership that cannot be decoded.
 */
int raft_create(const struct raft_options *options, const struct raft_recovered *recovered,
                uint64_t now_ms, struct raft_core **core);
void raft_destroy(struct raft_core *core); /* NULL is allowed */

/* The field of struct raft_event that an event uses stands before the colon. */
enum raft_event_type {
    RAFT_EVENT_MESSAGE = 1,       /* message: from a peer; the host has verified message->from */
    RAFT_EVENT_PROPOSE,           /* entry: append it as the leader, or forward it to the leader */
    RAFT_EVENT_READ,              /* read_id, lease: confirm how far a read has to see the log */
    RAFT_EVENT_LOG_WRITTEN,       /* written: a log write is durable */
    RAFT_EVENT_LINK,              /* link: the connection to a peer was established or lost */
    RAFT_EVENT_STEP_DOWN,         /* a leader or candidate becomes a follower: the node stops, or
                                     goes out of service */
    RAFT_EVENT_CLOCK,             /* wall_ms: the time of the wall clock; see raft_cluster_time() */
    RAFT_EVENT_SNAPSHOT_SAVED,    /* saved: a snapshot is durable, the log before it may go */
    RAFT_EVENT_SNAPSHOT_RECEIVED, /* received: a snapshot of a peer is durable and checked */
    RAFT_EVENT_SNAPSHOT_SENT,     /* sent: the peer has the whole snapshot on its disk */
    RAFT_EVENT_SNAPSHOT_FAILED,   /* peer: the transfer of a snapshot to the peer failed */
    RAFT_EVENT_SPACE,             /* space, disk: how much room the disk has */
    RAFT_EVENT_HANDOVER,          /* to: a leader hands over to this voter, 0 = to the best one */
    RAFT_EVENT_APPLIED,     /* applied_index: the host needs no entry up to this one any more */
    RAFT_EVENT_FETCHED,     /* fetched: the answer to a request in raft_outbox.fetches */
    RAFT_EVENT_LOG_DAMAGED, /* damaged_index: the disk has damaged this entry, once durable */
    RAFT_EVENT_PEER_LOST,   /* peer: there is proof that it lacks what it has acknowledged */
};

struct raft_write_done {
    uint64_t sequence;   /* of the write */
    uint64_t last_index; /* of the log once that write was done */
    uint64_t last_term;  /* of the entry at last_index */
};

/*
 * A snapshot of everything up to index is durable: a restart would find it. The core drops the
 * entries before keep_from (at most index + 1) that are durable in the log as well; the others stay
 * for peers that are behind. While the host sends a snapshot to a peer, it keeps the entries that
 * follow that snapshot.
 *
 * While the log on the disk is damaged (RAFT_EVENT_LOG_DAMAGED), the core drops all entries up to
 * index, and the log on the disk before index can go as well, if the snapshot contains every entry
 * of the damaged files (damage.c).
 */
struct raft_snapshot_saved {
    uint64_t index;
    uint64_t term; /* of the entry at index */
    uint64_t keep_from;
};

/*
 * A snapshot that came from a peer is durable, complete and checked. If this node needs it, the
 * outbox of the same step says has_install; otherwise the host may drop it.
 */
struct raft_snapshot_received {
    uint16_t from;
    uint64_t index;
    uint64_t term;                            /* of the entry at index */
    uint64_t time_ms;                         /* cluster time of that entry */
    const struct raft_membership *membership; /* at index; borrowed during the step */
};

/* The snapshot of this index is on the disk of the peer. */
struct raft_snapshot_sent {
    uint16_t peer;
    uint64_t index;
};

/*
 * A request to read entries for a peer from the log on the disk: from first_index on, not after
 * last_index, at least one and no more than max_bytes of raft_entry_cost() allow. There is at most
 * one request for each peer at a time. A new number replaces the request before it, of which the
 * answer is then ignored.
 */
struct raft_fetch {
    uint16_t peer;
    uint64_t number;
    uint64_t first_index;
    uint64_t last_index;
    size_t max_bytes;
};

/* The answer. The core takes references to the entries. */
struct raft_fetched {
    uint16_t peer;
    uint64_t number;
    struct raft_entry *const *entries; /* consecutive, from first_index on */
    size_t entry_count;                /* 0 = they cannot be read now; the core asks again later */
};

struct raft_event {
    enum raft_event_type type;
    union {
        const struct raft_message *message;
        struct raft_entry *entry; /* the core takes a reference, and sets term and index */
        struct {
            uint64_t read_id; /* ascending; replaces a read that is not confirmed yet */
            bool lease;       /* a lease of the leader is enough, no quorum has to be asked */
        };
        uint64_t wall_ms; /* milliseconds since 1970 */
        struct raft_write_done written;
        struct raft_snapshot_saved saved;
        struct raft_snapshot_received received;
        struct raft_snapshot_sent sent;
        struct raft_fetched fetched;
        uint64_t applied_index;
        uint64_t damaged_index;
        uint16_t peer;
        struct {
            uint16_t peer;
            bool up;
        } link;
        uint16_t to;
        struct {
            enum raft_space space; /* counts log writes under way as used: decides about entries */
            enum raft_space disk;  /* without these, so not above `space`: decides who leads */
        };
    };
};

/*
 * How many log writes may be under way before a core takes no more of what needs one, while the
 * disk hangs. Everything else goes on: heartbeats, read rounds, commits, the handover. What is left
 * up to the host's own bound is for terms, votes and the cluster's own entries.
 */
enum {
    RAFT_WRITES_OF_LEADER_MAX = 128,   /* a leader with so many takes no proposals */
    RAFT_WRITES_OF_FOLLOWER_MAX = 192, /* a follower with so many takes no entries */
};

/*
 * A log write. The host does this, in this order: if has_base, it restarts the log right after the
 * base (every entry that it wrote before is gone); else if truncate_from is not 0, it drops the
 * entries from truncate_from on; then it appends the entries. All of it becomes durable together.
 *
 * begins_segment: all of it goes into a new file, and what follows, too, so that the files before,
 * which the disk has damaged, can be removed as soon as a snapshot contains the entry at
 * base_index. Such a write drops no entries, because a file that does so needs the files before.
 */
struct raft_write {
    uint64_t sequence;   /* 1, 2, 3, ... */
    bool has_hard_state; /* term, vote or promise have changed; all of them have to be written */
    uint64_t term;
    uint16_t vote;
    bool promise_known;  /* false: the promise on the disk stays as it is */
    uint32_t promise_ms; /* the longest promise to a leader that may still be valid; 0 = none */
    bool has_base;
    bool begins_segment;
    uint64_t base_index; /* if one of the two */
    uint64_t base_term;
    uint64_t truncate_from;
    struct raft_entry *const *entries; /* an array of the core */
    size_t entry_count;
    uint64_t last_index; /* of the log once this write is done */
    uint64_t last_term;  /* of the entry at last_index */
};

struct raft_outbox {
    const struct raft_message *messages;
    size_t message_count;
    bool has_write;
    struct raft_write write;
    /* The snapshot that was received replaces the state of the state machine. The host does this
     * before it applies anything else; then the state is that of install_index. */
    bool has_install;
    uint64_t install_index;
    uint64_t install_term;
    uint64_t commit_index; /* entries up to here may be applied, in order */
    bool read_confirmed;   /* reads with ids up to read_id may see the state once read_index is
                              applied */
    uint64_t read_id;
    uint64_t read_index;
    /* Proposals of this node that were certainly not appended anywhere. */
    const struct raft_proposal_id *refused;
    size_t refused_count;
    /* Peers that need a snapshot. A peer is named once; SNAPSHOT_SENT or SNAPSHOT_FAILED ends that.
     * If a transfer to the peer is still under way, the host goes on with it. */
    const uint16_t *snapshot_peers;
    size_t snapshot_peer_count;
    /* Entries that the host has to read from the disk for peers that are behind. */
    const struct raft_fetch *fetches;
    size_t fetch_count;
    bool state_changed; /* role, term, leader, membership, handover or removal */
    int violation;      /* 0, or RAFTD_ERROR_PROTOCOL: a peer broke the rules of Raft */
    uint16_t violator;  /* that peer */
};

/* Acts on a batch of events and fills *outbox. now_ms: the host's monotonic clock. */
void raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
               size_t count, struct raft_outbox *outbox);

/* Checks the invariants of the whole core, reading all of the log: for tests and simulations. NULL
 * if all are true; otherwise a sentence that names one that is not. */
const char *raft_check(const struct raft_core *core);

/* The time at which raft_step() has to be called again even if there is no event, milliseconds. */
uint64_t raft_next_deadline(const struct raft_core *core);

/* The entry at an index, owned by the core; NULL if the log in memory does not hold it whole. */
struct raft_entry *raft_log_entry(const struct raft_core *core, uint64_t index);
/* The cluster time of the entry at an index, the base included; 0 if it is not known. */
uint64_t raft_log_time(const struct raft_core *core, uint64_t index);
/* The term of the entry at an index, the base included; 0 if it is not known. */
uint64_t raft_log_term(const struct raft_core *core, uint64_t index);
/*
 * The membership at an index between the base and the end of the log. A snapshot contains the
 * membership at its own index, which may be older than the membership in force (T30).
 */
void raft_membership_at(const struct raft_core *core, uint64_t index,
                        struct raft_membership *membership);

/* The membership that is known to be committed: as of the newest committed entry. */
void raft_committed_membership(const struct raft_core *core, struct raft_membership *membership);

/*
 * Until when this node is certainly the only leader, on the clock of raft_step()'s now_ms; 0 =
 * another leader is possible now. Valid as long as the monotonic clocks of no two members drift
 * apart by more than one part in ten. A read that is asked and answered before that moment may see
 * the leader's own state without a message to another node. The value is 0 until a read has asked
 * for a lease (RAFT_EVENT_READ), and again some time after the last one. See lease.c.
 */
uint64_t raft_lease_until_ms(const struct raft_core *core);

/*
 * Cluster time, milliseconds. A leader stamps each entry that it appends with it. On the other
 * nodes it is an estimate that is ahead of the leader's time by no more than the drift between two
 * monotonic clocks. Cluster time starts as the wall clock of the very first leader; after that, no
 * wall clock and no change of leaders moves it forward. See time.c.
 */
uint64_t raft_cluster_time(const struct raft_core *core, uint64_t now_ms);
/* Cluster time of the last entry in the log: where it goes on after all nodes were down. */
uint64_t raft_last_time(const struct raft_core *core);

/* What the leader knows about the log of a peer. The transitions are drawn in progress.h. */
enum raft_progress_state {
    RAFT_PROGRESS_PROBE = 1, /* looks for the place where the logs agree: one append at a time */
    RAFT_PROGRESS_REPLICATE, /* the logs agree: appends follow one another without waiting */
    RAFT_PROGRESS_SNAPSHOT,  /* the peer needs entries that the leader's log no longer holds */
};

struct raft_peer_status {
    uint16_t id;
    uint8_t roles; /* enum raft_member_role, or-ed */
    /* On the leader; 0 on other nodes. */
    uint64_t match_index;           /* last entry that is known to be on the peer's disk */
    uint64_t next_index;            /* first entry that was not sent to the peer yet */
    enum raft_progress_state state; /* 0 on other nodes */
    uint64_t silent_ms;             /* time since the peer's last answer in this term */
    bool has_lost_log; /* the peer denies to have what it acknowledged in this term, or is marked
                          as lost: its directory was lost or set back, and it does not count */
    enum raft_space space;        /* on the peer's disk, as its last answer said */
    uint32_t promise_ms;          /* length of the promise in that answer; 0 = no promise */
    uint32_t election_timeout_ms; /* the peer's own setting; 0 = not known */
};

struct raft_status {
    uint16_t id;
    enum raft_role role;
    uint64_t term;
    uint16_t vote;          /* in this term; 0 = none */
    uint16_t leader;        /* 0 = not known */
    uint64_t base_index;    /* last index that the log no longer holds; 0 = it is complete */
    uint64_t last_index;    /* of the log in memory */
    uint64_t last_term;     /* of the entry at last_index */
    uint64_t durable_index; /* last index on the disk of this node */
    uint64_t commit_index;  /* last index that is known to be committed */
    uint64_t damaged_index; /* see raft_damaged_index() */
    /* This node has acknowledged no entry after this one: last_index, or more, if the start has cut
     * off damage (damage.c). */
    uint64_t acknowledged_index;
    uint64_t membership_index; /* of the entry with the membership in force */
    uint16_t handover_to;      /* the node that leadership is handed to; 0 = no handover */
    bool removed;              /* this node was removed from the cluster, and that is committed */
    enum raft_space space;     /* as the host last said */
    size_t uncommitted_bytes;  /* cost of the entries after commit_index */
    size_t log_bytes;          /* memory of the entries of the log */
    size_t peer_count;         /* members without this node */
    struct raft_peer_status peers[RAFT_MEMBERS_MAX];
};
void raft_get_status(const struct raft_core *core, uint64_t now_ms, struct raft_status *status);
/* The membership in force: the newest in the log, committed or not. Owned by the core. */
const struct raft_membership *raft_get_membership(const struct raft_core *core);
/* Index of the entry with that membership. */
uint64_t raft_get_membership_index(const struct raft_core *core);
/* Whether this node knows that membership to be committed. */
bool raft_membership_is_committed(const struct raft_core *core);
/* Whether a member denies to have what it acknowledged to this leader; false on other nodes. */
bool raft_has_lost_log(const struct raft_core *core, uint16_t id);
/*
 * On the leader: the smallest index, not before `from`, up to which a peer has the log, so that the
 * peer needs the entries after it; UINT64_MAX if there is none, and on other nodes. A peer that
 * has not answered this leader yet may need all of them. Peers that need entries which are gone
 * already, and those that have not answered for a while, do not count.
 */
uint64_t raft_needed_index(const struct raft_core *core, uint64_t from);
/* Whether this node has everything that its leader called committed in its last append. */
bool raft_is_caught_up(const struct raft_core *core);
/*
 * An entry that the disk of this node has damaged, or the first one that the start has cut off
 * because of damage; 0 = none is known. As long as it is not 0, this node grants no vote and does
 * not campaign, and as a leader it hands over to a voter whose log is intact. It needs a snapshot
 * until raft_damage_is_being_mended(); what was cut off is mended by the leader (damage.c).
 */
uint64_t raft_damaged_index(const struct raft_core *core);
bool raft_damage_is_being_mended(const struct raft_core *core);
/* Whether the log on the disk is damaged, so that the next start would find that. Not so after a
 * start that has cut the damage off. */
bool raft_log_is_damaged(const struct raft_core *core);
/* The node that leadership is handed to; 0 = no handover. Meanwhile proposals are refused. */
uint16_t raft_get_handover(const struct raft_core *core);
/* Whether this node was removed from the cluster, and that is committed. */
bool raft_was_removed(const struct raft_core *core);
/*
 * When this node was last part of a quorum that has a leader, on the clock of raft_step()'s now_ms:
 * on a follower, when it last heard its leader; on the leader, the moment since which a quorum of
 * the voters was heard; 0 = no leader is known.
 */
uint64_t raft_heard_ms(const struct raft_core *core, uint64_t now_ms);
/* Whether the leader of this term has committed an entry of its term, as far as this node has
 * heard. Before that, no linearizable read can be answered (T10). */
bool raft_knows_commit(const struct raft_core *core);
enum raft_role raft_get_role(const struct raft_core *core);
uint64_t raft_get_term(const struct raft_core *core);
enum raft_space raft_get_space(const struct raft_core *core); /* as the host last said */
uint16_t raft_get_leader(const struct raft_core *core);       /* 0 = not known */
size_t raft_get_uncommitted_bytes(const struct raft_core *core);

#endif
