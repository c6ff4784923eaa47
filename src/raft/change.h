/*
 * A change of the membership as an operator asks for it: a few steps that take effect together or
 * not at all. The change travels to the leader as a proposal of type RAFT_ENTRY_MEMBERSHIP_CHANGE
 * and never becomes an entry of a log: the leader checks it and appends the membership that results
 * from it (reconfigure.c). Pure.
 */
#ifndef RAFTD_RAFT_CHANGE_H
#define RAFTD_RAFT_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "raft/membership.h"
#include "raft/message.h"

enum { RAFT_CHANGE_STEPS_MAX = 16 };

/* The fields that a kind uses stand before the colon. */
enum raft_change_kind {
    RAFT_CHANGE_ADD = 1,     /* id, address: a learner that becomes a voter once it has caught up */
    RAFT_CHANGE_ADD_LEARNER, /* id, address: a learner that stays one */
    RAFT_CHANGE_PROMOTE,     /* id: a learner that has caught up becomes a voter */
    RAFT_CHANGE_REMOVE,      /* id: the member is removed, and its id is never used again */
    RAFT_CHANGE_REPLACE,     /* old, id, address: id becomes a learner; once it has caught up it
                                becomes a voter and old is removed. An old member that does not
                                vote is removed at once */
    RAFT_CHANGE_ADDRESS,     /* id, address: the member has a new address */
    RAFT_CHANGE_HANDOVER,    /* id: the voter that is to lead, 0 = the best one; old:
                                RAFT_CHANGE_EXPLAINED or 0. A handover of leadership, not a change
                                of members; it has to be the only step */
    RAFT_CHANGE_BIND,        /* id, identity: the member has come up with this data directory */
    RAFT_CHANGE_LOST,        /* id, identity: this directory of the member lacks what the member has
                                acknowledged; see RAFT_IDENTITY_LOST */
};

/*
 * In `old` of a handover: the node that asks knows RAFT_REFUSED_LEADS_ALREADY and all later
 * reasons. Nodes from before there were these reasons do not know them, and close the link on which
 * such a reason arrives; they set 0, and are told RAFT_REFUSED_NO_CANDIDATE instead.
 */
enum { RAFT_CHANGE_EXPLAINED = 1 };

struct raft_change_step {
    uint8_t kind;
    uint16_t id;
    uint16_t old;
    /* Identity of the data directory: with ADD, ADD_LEARNER, BIND and LOST; 0 = the node has not
     * come up yet, or is not bound. */
    uint64_t identity;
    char address[RAFT_ADDRESS_MAX]; /* "" where the kind uses none */
};

struct raft_change {
    size_t count; /* of steps, at least 1 */
    struct raft_change_step steps[RAFT_CHANGE_STEPS_MAX];
};

void raft_change_encode(const struct raft_change *change, struct buffer *buffer);
/* The bytes may be hostile. RAFTD_ERROR_PROTOCOL unless they are exactly one change. */
int raft_change_decode(struct raft_change *change, const void *data, size_t size);

/*
 * Applies a change to a simple membership. RAFT_REFUSED_NOT, or why the change cannot be made.
 * Whether a learner has caught up is checked elsewhere (reconfigure.c).
 */
enum raft_refusal raft_change_apply(const struct raft_change *change,
                                    const struct raft_membership *from, struct raft_membership *to);

#endif
