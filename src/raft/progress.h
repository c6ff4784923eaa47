/*
 * What the leader knows about the log of each peer, and the functions that change this knowledge.
 * See progress.c. On a node that does not lead, all of it is 0.
 */
#ifndef RAFTD_RAFT_PROGRESS_H
#define RAFTD_RAFT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

/* One append with entries that a peer has not answered yet. They form a queue, oldest first. */
struct inflight {
    uint64_t last_index; /* of its entries */
    size_t cost_bytes;   /* of its entries, see raft_entry_cost() */
    uint64_t sent_ms;    /* when it was sent */
};

/* The way of a snapshot to a peer that needs one. */
enum transfer {
    TRANSFER_NONE,      /* the host was not asked, or the transfer failed */
    TRANSFER_UNDER_WAY, /* the host was asked to send one */
    TRANSFER_DELIVERED, /* the peer has it on disk, but has not acknowledged that index yet */
};

/*
 * What the leader knows about the log of one peer. The functions are in progress.c if nothing else
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
 *     PROBE -> REPLICATE        on_success(): the logs agree up to probe_index, and the probe
 *                               has arrived
 *     PROBE -> PROBE            on_refusal(): probe_index moves back to where the logs may agree,
 *                               or the probe was lost and is sent again
 *     PROBE -> SNAPSHOT         on_refusal(): the peer refused even the append right after the base
 *     REPLICATE -> PROBE,       on_refusal(): the peer has lost what it acknowledged, or an append
 *              or SNAPSHOT      was lost and the next one does not fit
 *     SNAPSHOT -> PROBE         on_success(), on_refusal(): the answer shows that the peer stands
 *                               at the base or later
 *     any -> PROBE              progress_on_link(): the connection was made or lost
 *     REPLICATE, PROBE -> PROBE probe_from_base() in snapshot.c: entries that the peer was to be
 *                               sent next are no longer in the log
 *     gone                      progress_end(), or progress_membership_changed()
 *
 * In PROBE, one append with entries is sent, with the number stale_number + 1, and no other one
 * until an answer shows that it has arrived. If a link has dropped it because its queue was full,
 * the entries after it would fill the queue again, and the next attempt would be dropped as well,
 * and so on. In REPLICATE, appends follow one another without waiting, as far as the window has
 * room. In SNAPSHOT, the peer needs entries that the leader no longer holds, so it gets only
 * heartbeats until a snapshot has arrived there. Whether a peer needs a snapshot is decided by the
 * peer's own answers alone: a peer that is merely not connected is never sent one (T20).
 *
 * Entries are sent again only when the peer's own answer proves that they did not arrive, or when
 * the connection was lost. No time-out does it: on a slow link, entries that are still on their way
 * would be queued a second and a third time behind themselves, and the link would carry nothing
 * else. The proof: while an append with entries has no answer, an empty append follows it on the
 * same lane (RAFT_LANE_ENTRIES) with each heartbeat and asks for the last entry that was sent. If
 * the peer refuses it, the entries before it were lost. Each append has a number, which the answer
 * returns. An answer to an append with a number up to stale_number belongs to an attempt that is
 * over.
 *
 * Invariants; check.c checks them in every step of a test (raft_options.check):
 *   1. match_index < next_index <= last index of the log + 1.
 *   2. Except in SNAPSHOT, next_index is after the base: the leader holds what it is to send (T16).
 *   3. In SNAPSHOT no append is in flight, in PROBE at most one, in REPLICATE never more than the
 *      window holds: so many messages, and so many bytes unless it is a single append.
 *   4. The last indexes of the appends in flight ascend, are greater than match_index and less than
 *      next_index; inflight_bytes is the sum of their costs.
 *   5. Only in SNAPSHOT transfer is not TRANSFER_NONE.
 *   6. No round was sent or acknowledged that the leader has not opened.
 *   7. stale_number and match_number are not greater than number.
 */
struct progress {
    enum raft_progress_state state;
    uint64_t match_index;  /* last index that the peer has acknowledged as durable; it falls only
                            * if the peer says that its disk has damaged its log (damage.c) */
    uint64_t fallen_from;  /* greatest match_index before it fell; 0 = it did not fall */
    uint64_t next_index;   /* first entry that was not sent yet */
    uint64_t number;       /* of the last append that was sent to this peer in this term */
    uint64_t stale_number; /* refusals of appends up to this number mean nothing any more */
    uint64_t match_number; /* the value of number when match_index last rose */
    bool probe_sent;       /* PROBE: the append that asks was sent, or the peer is not connected */
    uint64_t probe_index;  /* PROBE: the index at which the logs are asked to agree */
    /* The peer denies to have what it has acknowledged: its directory was lost or set back. It is
     * sent only heartbeats, and none of its answers counts any more in this term. The member has
     * the membership say so for later terms (RAFT_CHANGE_LOST). */
    bool has_lost_log;
    enum raft_space space; /* on the peer's disk, from its last answer */
    bool heartbeat_due;
    uint64_t commit_sent;   /* commit index that the peer knows if all messages to it arrive */
    uint64_t commit_wanted; /* clients of the peer wait until it knows this commit index */
    bool is_witness;        /* is asked at once in the newest read round */
    uint64_t round_sent;
    uint64_t round_acknowledged;
    uint64_t last_contact_ms; /* when the peer last answered an append */
    bool is_cut_off;          /* the connection was lost in this term, and is not there again */
    uint64_t cut_off_ms;      /* when it was lost or made */
    uint8_t standing;         /* of the peer, from its last answer: core_standing() */
    /* What the peer has promised, see lease.c. */
    uint64_t lease_until_ms;      /* until then it elects no other leader; 0 = no promise */
    uint32_t promise_ms;          /* length of the promise in its last answer; 0 = none */
    uint32_t election_timeout_ms; /* of the peer, from its last answer; 0 = no answer yet */
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
    uint64_t delivered_index; /* of the last snapshot that was delivered; 0 = none */
    uint64_t transfer_ms;     /* when transfer last changed; 0 = not since this state began */
    /* REPLICATE: the host was asked to read the entries from next_index on (fetch.c). */
    uint64_t fetch_number;   /* of that request; 0 = there is none */
    uint64_t fetch_again_ms; /* a request failed; not before this time there is another one */
    /* A read that this peer asks the leader to confirm. */
    bool read_pending;
    bool read_lease; /* a lease of the leader is enough */
    uint64_t read_attempt;
    uint64_t read_index;
    uint64_t read_round; /* 0 = waits until the leader has committed in its own term */
};

/* The node has become the leader: nothing is known about any peer yet. */
void progress_begin(struct raft_core *core);
/* The node leads no longer. */
void progress_end(struct raft_core *core);
/* Leader: the positions in the membership are others than before; members keep their progress. */
void progress_membership_changed(struct raft_core *core, const struct raft_membership *before);
/* Looks for the place where the logs agree, one append at a time from `next` on. */
void progress_probe(struct raft_core *core, struct progress *progress, uint64_t next);
/* There is proof that the peer lacks what it has acknowledged: a leader counts nothing of it. */
void progress_on_lost(struct raft_core *core, uint16_t peer);
/* How often the leader sends heartbeats: so that no voter that has answered campaigns for the want
 * of them, whatever its own setting is. */
uint64_t progress_heartbeat_ms(const struct raft_core *core);
/* A peer has answered an append. */
void progress_on_reply(struct raft_core *core, const struct raft_message *message);
/* The connection to a peer was made or lost. */
void progress_on_link(struct raft_core *core, uint16_t peer, bool up);
/* The number for the next append to a peer. */
uint64_t progress_next_number(struct progress *progress);
/* An append with `count` entries after `previous` is in the outbox; cost in bytes. */
void progress_on_sent(struct raft_core *core, struct progress *progress, uint64_t previous,
                      uint32_t count, size_t cost);

#endif
