/*
 * The messages between Raft cores, as plain data: src/wire encodes and decodes them, the simulator
 * delivers them as they are. Every message carries its sender's term.
 */
#ifndef RAFTD_RAFT_MESSAGE_H
#define RAFTD_RAFT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/entry.h"

/*
 * How much room there is on the disk of a node. The levels are the host's decision, and each of
 * them leaves room for what the level still takes. A host that knows only two levels uses the first
 * two.
 */
enum raft_space {
    RAFT_SPACE_ENOUGH = 0,
    RAFT_SPACE_LOW = 1,       /* a leader refuses commands, but not those that free space */
    RAFT_SPACE_NONE = 2,      /* a follower takes only entries that are small or free space; it
                                 hears everything else of its leader as before */
    RAFT_SPACE_EXHAUSTED = 3, /* no entry is taken */
};

enum raft_message_type {
    RAFT_MESSAGE_VOTE = 1, /* RequestVote; with pre set only the question before an election */
    RAFT_MESSAGE_VOTE_REPLY = 2,
    RAFT_MESSAGE_APPEND = 3, /* AppendEntries; without entries it is a heartbeat */
    RAFT_MESSAGE_APPEND_REPLY = 4,
    RAFT_MESSAGE_READ = 5, /* a follower asks the leader up to where its reads have to see */
    RAFT_MESSAGE_READ_REPLY = 6,
    RAFT_MESSAGE_PROPOSE = 7,         /* a follower forwards entries of its clients, once */
    RAFT_MESSAGE_PROPOSE_REFUSED = 8, /* the listed entries were not appended */
    RAFT_MESSAGE_TIMEOUT_NOW = 9,     /* the leader hands over: the receiver campaigns at once */
    RAFT_MESSAGE_REMOVED = 10,        /* the receiver was removed, and that is committed */
};

/*
 * A message may raise the term of its receiver by at most this. Terms rise by one with each
 * election, so a node that misses 2^40 elections, at one in ten milliseconds, was away for 348
 * years. A later term is a mistake of its sender: if it counted, one message with a term near 2^64
 * would leave no room for a further election, and no node of the cluster would ever lead again.
 */
#define RAFT_TERM_LEAP_MAX ((uint64_t)1 << 40)

/* Why a proposal was refused; the numbers are sent over the wire. */
enum raft_refusal {
    RAFT_REFUSED_NOT = 0,        /* it was not refused */
    RAFT_REFUSED_NO_LEADER = 1,  /* the receiver does not lead, or not in the message's term */
    RAFT_REFUSED_FULL = 2,       /* too many bytes are not committed yet */
    RAFT_REFUSED_HANDOVER = 3,   /* leadership is being handed over */
    RAFT_REFUSED_INVALID = 4,    /* this and all that follow but DISK are about a change of
                                    members: it has no valid meaning */
    RAFT_REFUSED_RUNNING = 5,    /* another change is not finished */
    RAFT_REFUSED_TOO_EARLY = 6,  /* the leader has not committed in its own term yet */
    RAFT_REFUSED_ID_TAKEN = 7,   /* a member has the id */
    RAFT_REFUSED_ID_USED = 8,    /* a member that was removed had the id */
    RAFT_REFUSED_UNKNOWN_ID = 9, /* no member has the id */
    RAFT_REFUSED_NO_LEARNER = 10,
    RAFT_REFUSED_NOT_CAUGHT_UP = 11,
    RAFT_REFUSED_QUORUM = 12, /* the voters that answer would be no quorum afterwards */
    RAFT_REFUSED_LAST_VOTER = 13,
    RAFT_REFUSED_TOO_MANY = 14, /* members */
    RAFT_REFUSED_ADDRESS_TAKEN = 15,
    RAFT_REFUSED_REPLACING = 16,     /* another node replaces that member already */
    RAFT_REFUSED_NO_CANDIDATE = 17,  /* handover to any: no voter answers and is up to date */
    RAFT_REFUSED_HANDING_OVER = 18,  /* handover: no refusal, it has begun */
    RAFT_REFUSED_DISK = 19,          /* the leader's disk is nearly full */
    RAFT_REFUSED_LEADS_ALREADY = 20, /* handover: that member is the leader itself */
    RAFT_REFUSED_NO_VOTER = 21,      /* handover: that member is no voter, or leaves */
    RAFT_REFUSED_NO_ANSWER = 22,     /* handover: the leader has not heard from that voter */
    RAFT_REFUSED_BEHIND = 23,        /* handover: that voter still needs older entries */
    RAFT_REFUSED_NO_MEMBER = 24,     /* handover: no member has that id */
    RAFT_REFUSED_REMOVED = 25,       /* handover: the member with that id was removed */
    RAFT_REFUSED_STRANGER = 26,      /* the id is bound to another data directory */
    RAFT_REFUSED_DAMAGED = 27, /* handover: the log of that voter is damaged, so it cannot lead */
    RAFT_REFUSALS,
};
/* A constant sentence for a person. */
const char *raft_refusal_text(enum raft_refusal refusal);

/*
 * The lanes on which the messages to a peer travel. Within one lane, messages arrive in the order
 * in which they were sent, or the link is reported as lost. A message on one lane may overtake a
 * message on another lane: so a heartbeat need not wait behind the bytes of a large entry. A host
 * that has only one connection to a peer may send all lanes over it.
 */
enum raft_lane {
    RAFT_LANE_CONTROL = 0, /* small messages that must not wait */
    RAFT_LANE_ENTRIES = 1, /* messages with entries, and those that must not overtake entries */
};

struct raft_proposal_id {
    uint64_t origin;
    uint64_t sequence;
    uint8_t reason; /* enum raft_refusal, where it was refused */
};

struct raft_message {
    uint8_t type;
    uint16_t from;
    uint16_t to;
    uint64_t term; /* the sender's; in a pre-vote request the term in which it would campaign */
    /*
     * The sequence of the log write that has to be durable before this message may leave the node;
     * 0 = it may leave at once. A message may be a promise - a vote, an acknowledgement - and a
     * promise that a crash can erase breaks the algorithm. So the host keeps the message until the
     * disk has the write. Only in an outbox, never on the wire.
     */
    uint64_t after_write;
    uint8_t lane; /* enum raft_lane; only in an outbox, never on the wire */
    union {
        struct {
            uint64_t last_index; /* of the candidate's log */
            uint64_t last_term;
            bool pre;
            bool handover; /* the leader itself ordered the campaign, so that a live leader is no
                              reason to refuse */
        } vote;
        struct {
            bool pre;
            bool granted;
        } vote_reply;
        struct {
            uint64_t previous_index; /* of the entry before the first one in this message */
            uint64_t previous_term;
            uint64_t commit_index;
            uint64_t read_round; /* the reply returns it: the sender was the leader when, or after,
                                    the round began */
            uint64_t time_ms;    /* cluster time on the leader when it made this message */
            uint64_t number;     /* of this append among those to this peer in this term, from 1;
                                    the reply returns it */
            bool reserve; /* the leader takes no commands now: the peer writes all entries into the
                             room that it keeps in reserve */
            /* For how long the leader wants the peer to elect no other leader; the peer may promise
             * less: lease.c. 0 = the answer is to promise nothing. */
            uint32_t wanted_promise_ms;
        } append;
        struct {
            bool success;
            uint64_t index; /* success: last index that this reply acknowledges as durable;
                               refusal: previous_index of the refused append */
            /* Refusal: the last index at which the logs may agree, and the term that the refusing
             * node has there. */
            uint64_t conflict_index;
            uint64_t conflict_term;
            uint64_t read_round;
            uint64_t number;  /* of the append that this answers; 0 = it answers no append */
            uint8_t standing; /* of the answering node: core_standing() */
            uint8_t space;    /* of the answering node: enum raft_space */
            bool dropped;     /* success: the entries of that append after index were not taken,
                                 because the disk has no room for them */
            /* How long the answering node elects no other leader from the moment on at which it
             * made this answer, by its own clock; 0 = this answer promises nothing. */
            uint32_t promise_ms;
            uint32_t election_timeout_ms; /* of the answering node; 0 = not said */
            /* The disk of the answering node had damaged its log: when it started, it lacked what
             * it had acknowledged up to this index, and it votes for nobody until it has that
             * again; 0 = it lacked nothing (damage.c). */
            uint64_t lost_index;
        } append_reply;
        struct {
            uint64_t attempt; /* this sender never uses the number again while its process lives */
            bool lease;       /* a lease of the leader is enough */
        } read;
        struct {
            uint64_t attempt;
            uint64_t index;
        } read_reply;
    };
    /*
     * APPEND and PROPOSE. In an outbox: a slice of the core's own array, valid until the next
     * raft_step(). In an event: owned by the maker of the message; the core takes references.
     */
    struct raft_entry *const *entries;
    uint32_t entry_count;
    /* PROPOSE_REFUSED; owned like the entries. */
    const struct raft_proposal_id *refused;
    uint32_t refused_count;
};

#endif
