/*
 * What Raft cores say to each other. Plain data: src/wire turns it into frames and back, the
 * simulator hands it over as it is. Every message carries its sender's term.
 */
#ifndef RAFTD_RAFT_MESSAGE_H
#define RAFTD_RAFT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/entry.h"

enum raft_message_type {
    RAFT_MESSAGE_VOTE = 1, /* RequestVote, or its rehearsal when pre is set */
    RAFT_MESSAGE_VOTE_REPLY = 2,
    RAFT_MESSAGE_APPEND = 3, /* AppendEntries; empty ones are heartbeats */
    RAFT_MESSAGE_APPEND_REPLY = 4,
    RAFT_MESSAGE_READ = 5, /* a follower asks the leader for a read index */
    RAFT_MESSAGE_READ_REPLY = 6,
    RAFT_MESSAGE_PROPOSE = 7,         /* a follower forwards its clients' entries, once */
    RAFT_MESSAGE_PROPOSE_REFUSED = 8, /* none of these entries was appended */
    RAFT_MESSAGE_TIMEOUT_NOW = 9,     /* the leader hands over: campaign at once */
    RAFT_MESSAGE_REMOVED = 10,        /* the receiver is no member any more: committed */
};

/* Why a proposal was refused; the numbers go over the wire. */
enum raft_refusal {
    RAFT_REFUSED_NOT = 0,
    RAFT_REFUSED_NO_LEADER = 1,  /* whoever got it does not lead, or not in that term */
    RAFT_REFUSED_FULL = 2,       /* too much is uncommitted */
    RAFT_REFUSED_HANDOVER = 3,   /* leadership is being handed over */
    RAFT_REFUSED_INVALID = 4,    /* of a membership change, from here on: it makes no sense */
    RAFT_REFUSED_RUNNING = 5,    /* another change is not finished */
    RAFT_REFUSED_TOO_EARLY = 6,  /* the leader has not committed in its own term yet */
    RAFT_REFUSED_ID_TAKEN = 7,   /* the id is a member's */
    RAFT_REFUSED_ID_USED = 8,    /* the id was a member's that was removed */
    RAFT_REFUSED_UNKNOWN_ID = 9, /* no such member */
    RAFT_REFUSED_NO_LEARNER = 10,
    RAFT_REFUSED_NOT_CAUGHT_UP = 11,
    RAFT_REFUSED_QUORUM = 12, /* the voters that are there afterwards were no quorum */
    RAFT_REFUSED_LAST_VOTER = 13,
    RAFT_REFUSED_TOO_MANY = 14,
    RAFT_REFUSED_ADDRESS_TAKEN = 15,
    RAFT_REFUSED_REPLACING = 16,    /* somebody replaces that member already */
    RAFT_REFUSED_NO_CANDIDATE = 17, /* handover: no such voter, or none that is up to date */
    RAFT_REFUSED_HANDING_OVER = 18, /* handover: accepted, it is under way */
    RAFT_REFUSED_DISK = 19,         /* the disk is nearly full */
    RAFT_REFUSALS,
};
/* A sentence for people; constant. */
const char *raft_refusal_text(enum raft_refusal refusal);

struct raft_proposal_id {
    uint64_t origin;
    uint64_t sequence;
    uint8_t reason; /* enum raft_refusal, where it was refused */
};

struct raft_message {
    uint8_t type;
    uint16_t from;
    uint16_t to;
    uint64_t term; /* the sender's; for a pre-vote request the term it would campaign in */
    /*
     * The sequence of the log write that has to be durable before this message may leave;
     * 0 = may leave now. Only in an outbox, never on the wire.
     */
    uint64_t after_write;
    union {
        struct {
            uint64_t last_index;
            uint64_t last_term;
            bool pre;
            bool handover; /* the leader itself asked for it: a live leader is no objection */
        } vote;
        struct {
            bool pre;
            bool granted;
        } vote_reply;
        struct {
            uint64_t previous_index;
            uint64_t previous_term;
            uint64_t commit_index;
            uint64_t read_round; /* echoed: proves leadership at or after the round began */
            uint64_t time_ms;    /* the leader's cluster time when it made this message */
        } append;
        struct {
            bool success;
            uint64_t index;          /* success: last durable index this append covered;
                                       refusal: previous_index of the refused append */
            uint64_t conflict_index; /* refusal: last index where the logs may agree, ... */
            uint64_t conflict_term;  /* ... and the refusing node's term there */
            uint64_t read_round;
            uint8_t standing; /* of the answering node: core_standing() */
        } append_reply;
        struct {
            uint64_t attempt; /* never used twice by this sender in this process life */
            bool lease;       /* the leader's lease will do */
        } read;
        struct {
            uint64_t attempt;
            uint64_t index;
        } read_reply;
    };
    /*
     * APPEND and PROPOSE. In an outbox a slice of the core's own array, valid until the next
     * raft_step(); in an event owned by whoever made the message (the core takes references).
     */
    struct raft_entry *const *entries;
    uint32_t entry_count;
    /* PROPOSE_REFUSED; same ownership as entries. */
    const struct raft_proposal_id *refused;
    uint32_t refused_count;
};

#endif
