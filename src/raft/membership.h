/*
 * Who belongs to the cluster. A membership is a log entry: it is in force on a node from the
 * moment the entry is in its log (dissertation, section 4.1). In the joint form (section 4.3)
 * a decision needs a majority of the incoming and a majority of the outgoing voters. It also
 * remembers whose ids were used, so that none is ever used again. Pure.
 */
#ifndef RAFTD_RAFT_MEMBERSHIP_H
#define RAFTD_RAFT_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    RAFT_MEMBERS_MAX = 32,
    RAFT_ADDRESS_MAX = 272, /* "host:port" with its NUL */
    RAFT_REMOVED_MAX = 128, /* ids of removed members that are remembered one by one */
};

enum raft_member_role {
    RAFT_MEMBER_VOTER = 1,    /* voter of the (incoming) configuration */
    RAFT_MEMBER_OUTGOING = 2, /* voter of the outgoing configuration while joint */
    RAFT_MEMBER_LEARNER = 4,  /* receives the log, does not vote, does not count */
    RAFT_MEMBER_JOINING = 8,  /* a learner that the leader promotes once it has caught up */
};

struct raft_member {
    uint16_t id;   /* 1..65535, never reused */
    uint8_t roles; /* enum raft_member_role, or-ed */
    /* A joining learner: the voter that goes when this one is promoted; 0 = none. */
    uint16_t replaces;
    char address[RAFT_ADDRESS_MAX];
};

/*
 * Members in ascending order of id, and the ids that were members once, ascending as well. Of
 * these at most RAFT_REMOVED_MAX are listed: to make room the lowest ones give way to a floor,
 * and every id up to it counts as used. So nothing is forgotten, and the memory is bounded.
 */
struct raft_membership {
    size_t count;
    struct raft_member members[RAFT_MEMBERS_MAX];
    uint16_t removed_floor;
    size_t removed_count;
    uint16_t removed[RAFT_REMOVED_MAX];
};

/* NULL if there is no such member. */
const struct raft_member *raft_membership_find(const struct raft_membership *membership,
                                               uint16_t id);
bool raft_membership_is_voter(const struct raft_membership *membership, uint16_t id);
bool raft_membership_is_joint(const struct raft_membership *membership);

/* Whether this id was a member's that has been removed (or may have been, below the floor). */
bool raft_membership_was_removed(const struct raft_membership *membership, uint16_t id);
/* Remembers an id as used. It must not be a member's. */
void raft_membership_add_removed(struct raft_membership *membership, uint16_t id);
/* The opposite, for an id that is to be a member a little longer. */
void raft_membership_forget_removed(struct raft_membership *membership, uint16_t id);
/* Takes a member out without remembering it; nothing if there is none. */
void raft_membership_drop(struct raft_membership *membership, uint16_t id);

/*
 * The joint form that leads from one simple membership to another: the target's members, and
 * the voters of `from` as the outgoing half. RAFTD_ERROR_INVALID if they are too many together.
 */
int raft_membership_join(const struct raft_membership *from, const struct raft_membership *target,
                         struct raft_membership *joint);
/* The simple membership that a joint one ends in; whoever was only outgoing is removed. */
void raft_membership_leave(const struct raft_membership *joint, struct raft_membership *simple);
bool raft_membership_same_voters(const struct raft_membership *a, const struct raft_membership *b);

/* Inserts in order. RAFTD_ERROR_INVALID for a duplicate or zero id, no role, an over-long or
 * empty address, or too many members. */
int raft_membership_add(struct raft_membership *membership, uint16_t id, uint8_t roles,
                        const char *address);

/* At least one voter, roles that make sense, ascending unique ids, no member among the removed. */
bool raft_membership_is_valid(const struct raft_membership *membership);

void raft_membership_encode(const struct raft_membership *membership, struct buffer *buffer);
/* Hostile bytes in; RAFTD_ERROR_PROTOCOL unless they are exactly one valid membership. */
int raft_membership_decode(struct raft_membership *membership, const void *data, size_t size);

/*
 * Decisions over a per-member answer: members[i] says yes where yes[i].
 * Won needs a majority of the voters, and of the outgoing voters while joint; lost means it
 * cannot be won any more.
 */
enum raft_tally { RAFT_TALLY_PENDING, RAFT_TALLY_WON, RAFT_TALLY_LOST };
enum raft_tally raft_membership_tally(const struct raft_membership *membership,
                                      const bool answered[RAFT_MEMBERS_MAX],
                                      const bool granted[RAFT_MEMBERS_MAX]);

/* The greatest value that a quorum of both configurations has reached. values[i] belongs to
 * members[i]. */
uint64_t raft_membership_quorum_value(const struct raft_membership *membership,
                                      const uint64_t values[RAFT_MEMBERS_MAX]);

#endif
