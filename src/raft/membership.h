/*
 * The membership: who belongs to the cluster. A membership is a log entry, and a node obeys it as
 * soon as the entry is in its log, committed or not (dissertation, section 4.1). Pure.
 *
 * Joint consensus (section 4.3). When the voters change, two memberships follow one another:
 *
 *     old voters --(joint membership)--> joint --(committed)--> new voters
 *
 * In the joint membership the new voters are "incoming" (RAFT_MEMBER_VOTER) and the old ones
 * "outgoing" (RAFT_MEMBER_OUTGOING); a voter that stays is both. A decision - an election, a
 * commit, a read round - needs a majority of the incoming and a majority of the outgoing voters.
 * Without this step a node that has the new membership and a node that still has the old one could
 * each find a majority of its own: with old voters 1, 2, 3 and new voters 3, 4, 5, the nodes 1 and
 * 2 could elect one leader and 4 and 5 another in the same term.
 *
 * The membership binds each id to the identity of a data directory (store/directory.h). The links
 * refuse a node that has the id but another directory: such a node has lost what the member
 * promised. The membership also has the id of the cluster, so that the log itself says to which
 * cluster it belongs.
 *
 * The membership also remembers the ids of removed members, so that no id is used again: a node
 * with an old id could come back with a vote or an acknowledgement that it has forgotten (T33).
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

/*
 * The identity of a member that lacks what it has acknowledged: its directory was lost or set back.
 * It stays a member, so it counts among those of whom a majority is needed. But no directory has
 * this identity, so nobody can take part as this member any more, until it is replaced.
 */
#define RAFT_IDENTITY_LOST UINT64_MAX

enum raft_member_role {
    RAFT_MEMBER_VOTER = 1,    /* votes; while joint: an incoming voter */
    RAFT_MEMBER_OUTGOING = 2, /* only while joint: an outgoing voter */
    RAFT_MEMBER_LEARNER = 4,  /* receives the log; has no vote and counts for no quorum */
    RAFT_MEMBER_JOINING = 8,  /* a learner that the leader makes a voter once it has caught up */
};

struct raft_member {
    uint16_t id;   /* 1..65535, never used again */
    uint8_t roles; /* enum raft_member_role, or-ed */
    /* JOINING: the voter that is removed when this learner becomes a voter; 0 = none. */
    uint16_t replaces;
    /* Of the member's data directory; 0 = the member has not come up yet; or RAFT_IDENTITY_LOST. */
    uint64_t identity;
    char address[RAFT_ADDRESS_MAX];
};

/*
 * Members with ascending ids, and ascending ids of removed members. At most RAFT_REMOVED_MAX of
 * these are listed. When there are more, the lowest is dropped and becomes the floor: every id up
 * to the floor counts as used, unless a member has it. So no used id is forgotten, and the memory
 * is bounded.
 */
struct raft_membership {
    uint64_t cluster_id; /* 0 = the log was begun before memberships had it */
    size_t count;
    struct raft_member members[RAFT_MEMBERS_MAX];
    uint16_t removed_floor; /* 0 = none */
    size_t removed_count;
    uint16_t removed[RAFT_REMOVED_MAX];
};

/* NULL if no member has the id. */
const struct raft_member *raft_membership_find(const struct raft_membership *membership,
                                               uint16_t id);
/* Whether the member is an incoming or an outgoing voter. */
bool raft_membership_is_voter(const struct raft_membership *membership, uint16_t id);
bool raft_membership_is_joint(const struct raft_membership *membership);

/* Whether a removed member had this id; true as well for an id below the floor that no member
 * has. */
bool raft_membership_was_removed(const struct raft_membership *membership, uint16_t id);
/* Remembers an id as used. No member may have it. */
void raft_membership_add_removed(struct raft_membership *membership, uint16_t id);
/* Undoes that, for an id that stays a member until a joint membership is over. */
void raft_membership_forget_removed(struct raft_membership *membership, uint16_t id);
/* Drops a member and does not remember the id; does nothing if there is no such member. */
void raft_membership_drop(struct raft_membership *membership, uint16_t id);

/*
 * Makes the joint membership between two simple ones: the members of `target`, and the voters of
 * `from` as the outgoing voters. RAFTD_ERROR_INVALID if these are too many members.
 */
int raft_membership_join(const struct raft_membership *from, const struct raft_membership *target,
                         struct raft_membership *joint);
/* Makes the simple membership that follows a joint one: members that were only outgoing voters are
 * removed. */
void raft_membership_leave(const struct raft_membership *joint, struct raft_membership *simple);
bool raft_membership_same_voters(const struct raft_membership *a, const struct raft_membership *b);

/* Adds a member at its place. RAFTD_ERROR_INVALID: the id is 0 or taken, the roles are not valid,
 * the address is empty or too long, or there are too many members. */
int raft_membership_add(struct raft_membership *membership, uint16_t id, uint8_t roles,
                        const char *address);

/* Binds a member to the identity of its data directory. RAFTD_ERROR_INVALID: there is no such
 * member, the member is bound to another directory, or another member is bound to this one. */
int raft_membership_bind(struct raft_membership *membership, uint16_t id, uint64_t identity);
/* Whether the member was marked: its identity is RAFT_IDENTITY_LOST. */
bool raft_membership_is_lost(const struct raft_membership *membership, uint16_t id);
/* Marks the member whose directory has this identity, 0 = it is bound to none yet.
 * RAFTD_ERROR_INVALID: there is no such member. */
int raft_membership_mark_lost(struct raft_membership *membership, uint16_t id, uint64_t identity);

/* Whether there is a voter, all roles are valid, ids ascend, and no member has a removed id. */
bool raft_membership_is_valid(const struct raft_membership *membership);

void raft_membership_encode(const struct raft_membership *membership, struct buffer *buffer);
/* The bytes may be hostile. RAFTD_ERROR_PROTOCOL unless they are exactly one valid membership. */
int raft_membership_decode(struct raft_membership *membership, const void *data, size_t size);

/*
 * Counts answers: answered[i] and granted[i] belong to members[i]. WON: a majority of the voters
 * has granted, and while joint a majority of the outgoing voters as well. LOST: so many have
 * refused that it cannot be won any more. PENDING: neither yet.
 */
enum raft_tally { RAFT_TALLY_PENDING, RAFT_TALLY_WON, RAFT_TALLY_LOST };
enum raft_tally raft_membership_tally(const struct raft_membership *membership,
                                      const bool answered[RAFT_MEMBERS_MAX],
                                      const bool granted[RAFT_MEMBERS_MAX]);

/*
 * The greatest value that a majority of the voters has reached, and while joint a majority of the
 * outgoing voters as well. values[i] belongs to members[i]. For example: if values are the indexes
 * on the members' disks, the result is what a quorum has on disk.
 */
uint64_t raft_membership_quorum_value(const struct raft_membership *membership,
                                      const uint64_t values[RAFT_MEMBERS_MAX]);

#endif
