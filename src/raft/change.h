/*
 * A change of the membership, as somebody asks for it: a few steps that take effect together or
 * not at all. It travels to the leader as a proposal of type RAFT_ENTRY_MEMBERSHIP_CHANGE and
 * never stands in a log: the leader checks it and appends the membership that comes of it
 * (reconfigure.c). Pure.
 */
#ifndef RAFTD_RAFT_CHANGE_H
#define RAFTD_RAFT_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "raft/membership.h"
#include "raft/message.h"

enum { RAFT_CHANGE_STEPS_MAX = 16 };

enum raft_change_kind {
    RAFT_CHANGE_ADD = 1,     /* id, address: a learner that is promoted once it has caught up */
    RAFT_CHANGE_ADD_LEARNER, /* id, address: a learner for good */
    RAFT_CHANGE_PROMOTE,     /* id: a learner that has caught up becomes a voter */
    RAFT_CHANGE_REMOVE,      /* id: goes, and its id is never used again */
    RAFT_CHANGE_REPLACE,     /* old, id, address: old goes when id, a learner until then, has
                                caught up; an old one that does not vote goes at once */
    RAFT_CHANGE_ADDRESS,     /* id, address: it has moved */
    RAFT_CHANGE_HANDOVER,    /* id, 0 = the best: no change of members, the leader is to hand
                                over; stands alone */
};

struct raft_change_step {
    uint8_t kind;
    uint16_t id;
    uint16_t old;
    char address[RAFT_ADDRESS_MAX];
};

struct raft_change {
    size_t count;
    struct raft_change_step steps[RAFT_CHANGE_STEPS_MAX];
};

void raft_change_encode(const struct raft_change *change, struct buffer *buffer);
/* Hostile bytes in; RAFTD_ERROR_PROTOCOL unless they are exactly one change. */
int raft_change_decode(struct raft_change *change, const void *data, size_t size);

/*
 * What a simple membership becomes. RAFT_REFUSED_NOT, or why it cannot be done; whether a
 * learner has caught up is not looked at here.
 */
enum raft_refusal raft_change_apply(const struct raft_change *change,
                                    const struct raft_membership *from, struct raft_membership *to);

#endif
