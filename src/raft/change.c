/*
 * Changes of the membership: encoding, and the membership that results from a change. Pure.
 */
#include "raft/change.h"

#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/plant.h"

enum { CHANGE_ENCODING = 2 };

void raft_change_encode(const struct raft_change *change, struct buffer *buffer)
{
    ASSERT(change->count <= RAFT_CHANGE_STEPS_MAX);
    buffer_append_u8(buffer, CHANGE_ENCODING);
    buffer_append_u8(buffer, (uint8_t)change->count);
    for (size_t i = 0; i < change->count; i++) {
        const struct raft_change_step *step = &change->steps[i];
        size_t length = strlen(step->address);

        buffer_append_u8(buffer, step->kind);
        buffer_append_u16(buffer, step->id);
        buffer_append_u16(buffer, step->old);
        buffer_append_u64(buffer, step->identity);
        buffer_append_u16(buffer, (uint16_t)length);
        buffer_append(buffer, step->address, length);
    }
}

static int decode_step(struct raft_change_step *step, struct reader *reader)
{
    size_t length;
    const uint8_t *text;

    step->kind = reader_u8(reader);
    step->id = reader_u16(reader);
    step->old = reader_u16(reader);
    step->identity = reader_u64(reader);
    length = reader_u16(reader);
    text = reader_bytes(reader, length);
    if (text == NULL || length >= RAFT_ADDRESS_MAX || memchr(text, 0, length) != NULL ||
        step->kind < RAFT_CHANGE_ADD || step->kind > RAFT_CHANGE_LOST) {
        return RAFTD_ERROR_PROTOCOL;
    }
    memcpy(step->address, text, length);
    return 0;
}

int raft_change_decode(struct raft_change *change, const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    size_t count;

    *change = (struct raft_change){0};
    if (reader_u8(&reader) != CHANGE_ENCODING) {
        return RAFTD_ERROR_PROTOCOL;
    }
    count = reader_u8(&reader);
    if (count == 0 || count > RAFT_CHANGE_STEPS_MAX) {
        return RAFTD_ERROR_PROTOCOL;
    }
    while (change->count < count) {
        if (decode_step(&change->steps[change->count], &reader) != 0) {
            return RAFTD_ERROR_PROTOCOL;
        }
        change->count++;
    }
    if (reader.failed || reader_left(&reader) != 0) {
        return RAFTD_ERROR_PROTOCOL;
    }
    return 0;
}

const char *raft_refusal_text(enum raft_refusal refusal)
{
    static const char *const texts[RAFT_REFUSALS] = {
        [RAFT_REFUSED_NOT] = "not refused",
        [RAFT_REFUSED_NO_LEADER] = "another node is the leader now; try again",
        [RAFT_REFUSED_FULL] = "too many commands are not committed yet; try again later",
        [RAFT_REFUSED_HANDOVER] = "leadership is being handed over; try again",
        [RAFT_REFUSED_INVALID] = "the change is not valid",
        [RAFT_REFUSED_RUNNING] = "another change of members is not finished; try again later",
        [RAFT_REFUSED_TOO_EARLY] =
            "the leader has not committed anything in its term yet; try again later",
        [RAFT_REFUSED_ID_TAKEN] = "the id belongs to a member",
        [RAFT_REFUSED_ID_USED] =
            "the id belonged to a member that was removed; ids are never used again",
        [RAFT_REFUSED_UNKNOWN_ID] = "there is no member with this id",
        [RAFT_REFUSED_NO_LEARNER] = "the member is a voter already",
        [RAFT_REFUSED_NOT_CAUGHT_UP] =
            "the learner has not caught up yet; try again when its lag is small",
        [RAFT_REFUSED_QUORUM] =
            "too few voters answer: they would not be a quorum after this change",
        [RAFT_REFUSED_LAST_VOTER] = "a cluster needs at least one voter",
        [RAFT_REFUSED_TOO_MANY] = "a cluster has at most 32 members",
        [RAFT_REFUSED_ADDRESS_TAKEN] = "another member has this address",
        [RAFT_REFUSED_REPLACING] = "another node is replacing this member already",
        [RAFT_REFUSED_NO_CANDIDATE] = "no other voter answers and is up to date",
        [RAFT_REFUSED_HANDING_OVER] = "leadership is being handed over",
        [RAFT_REFUSED_DISK] = "the leader's disk is nearly full",
        [RAFT_REFUSED_LEADS_ALREADY] = "this member is the leader already",
        [RAFT_REFUSED_NO_VOTER] = "this member does not vote; promote it first",
        [RAFT_REFUSED_NO_ANSWER] = "this member does not answer the leader",
        [RAFT_REFUSED_BEHIND] =
            "this member has not caught up with the leader yet; try again when its lag is small",
        [RAFT_REFUSED_NO_MEMBER] = "there is no member with this id",
        [RAFT_REFUSED_REMOVED] = "the member with this id was removed",
        [RAFT_REFUSED_DAMAGED] = "the log of this member is damaged: it cannot lead until it has "
                                 "replaced the log (its own log says when); check its disk",
        [RAFT_REFUSED_STRANGER] =
            ("the member has another data directory: a node that lost its data comes back under a "
             "new id (raftctl member replace)"),
    };

    return refusal < RAFT_REFUSALS ? texts[refusal] : "refused";
}

static struct raft_member *find(struct raft_membership *membership, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(membership, id);

    return member != NULL ? &membership->members[member - membership->members] : NULL;
}

static bool address_is_taken(const struct raft_membership *membership, const char *address,
                             uint16_t except)
{
    for (size_t i = 0; i < membership->count; i++) {
        if (strcmp(membership->members[i].address, address) == 0 &&
            membership->members[i].id != except) {
            return true;
        }
    }
    return false;
}

static enum raft_refusal bind_member(struct raft_membership *membership,
                                     const struct raft_change_step *step)
{
    if (step->identity == 0) {
        return RAFT_REFUSED_INVALID;
    }
    if (raft_membership_find(membership, step->id) == NULL) {
        return RAFT_REFUSED_UNKNOWN_ID;
    }
    if (PLANT(raft_binding_dropped)) {
        return RAFT_REFUSED_NOT;
    }
    return raft_membership_bind(membership, step->id, step->identity) == 0 ? RAFT_REFUSED_NOT
                                                                           : RAFT_REFUSED_STRANGER;
}

static enum raft_refusal mark_lost(struct raft_membership *membership,
                                   const struct raft_change_step *step)
{
    if (step->identity == RAFT_IDENTITY_LOST) {
        return RAFT_REFUSED_INVALID;
    }
    if (raft_membership_find(membership, step->id) == NULL) {
        return RAFT_REFUSED_UNKNOWN_ID;
    }
    return raft_membership_mark_lost(membership, step->id, step->identity) == 0
               ? RAFT_REFUSED_NOT
               : RAFT_REFUSED_STRANGER;
}

/* A new member is a learner at first (T27), and no member has ever had its id (T33). */
static enum raft_refusal add(struct raft_membership *membership,
                             const struct raft_change_step *step, uint8_t roles)
{
    if (step->id == 0 || step->address[0] == 0) {
        return RAFT_REFUSED_INVALID;
    }
    if (raft_membership_find(membership, step->id) != NULL) {
        return RAFT_REFUSED_ID_TAKEN;
    }
    if (raft_membership_was_removed(membership, step->id)) {
        return RAFT_REFUSED_ID_USED;
    }
    if (address_is_taken(membership, step->address, step->old)) {
        return RAFT_REFUSED_ADDRESS_TAKEN;
    }
    if (raft_membership_add(membership, step->id, roles, step->address) != 0) {
        return RAFT_REFUSED_TOO_MANY;
    }
    return step->identity == 0 ? RAFT_REFUSED_NOT : bind_member(membership, step);
}

/* The member is removed, so no learner can replace it any more. */
static void forget_replaced(struct raft_membership *membership, uint16_t id)
{
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].replaces == id) {
            membership->members[i].replaces = 0;
        }
    }
}

static enum raft_refusal remove_member(struct raft_membership *membership, uint16_t id)
{
    if (raft_membership_find(membership, id) == NULL) {
        return raft_membership_was_removed(membership, id) ? RAFT_REFUSED_ID_USED
                                                           : RAFT_REFUSED_UNKNOWN_ID;
    }
    raft_membership_drop(membership, id);
    raft_membership_add_removed(membership, id);
    forget_replaced(membership, id);
    return RAFT_REFUSED_NOT;
}

static enum raft_refusal replace(struct raft_membership *membership,
                                 const struct raft_change_step *step)
{
    const struct raft_member *old = raft_membership_find(membership, step->old);
    enum raft_refusal refusal;
    bool votes;

    if (old == NULL || step->old == step->id) {
        return old == NULL ? RAFT_REFUSED_UNKNOWN_ID : RAFT_REFUSED_ID_TAKEN;
    }
    votes = raft_membership_is_voter(membership, step->old);
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].replaces == step->old) {
            return RAFT_REFUSED_REPLACING;
        }
    }
    refusal =
        add(membership, step, RAFT_MEMBER_LEARNER | (votes ? RAFT_MEMBER_JOINING : (uint8_t)0));
    if (refusal != RAFT_REFUSED_NOT) {
        return refusal;
    }
    if (!votes) {
        return remove_member(membership, step->old);
    }
    find(membership, step->id)->replaces = step->old;
    return RAFT_REFUSED_NOT;
}

static enum raft_refusal promote(struct raft_membership *membership, uint16_t id)
{
    struct raft_member *member = find(membership, id);
    uint16_t replaces;

    if (member == NULL) {
        return RAFT_REFUSED_UNKNOWN_ID;
    }
    if ((member->roles & RAFT_MEMBER_LEARNER) == 0) {
        return RAFT_REFUSED_NO_LEARNER;
    }
    replaces = member->replaces;
    member->roles = RAFT_MEMBER_VOTER;
    member->replaces = 0;
    return replaces != 0 ? remove_member(membership, replaces) : RAFT_REFUSED_NOT;
}

static enum raft_refusal move(struct raft_membership *membership,
                              const struct raft_change_step *step)
{
    struct raft_member *member = find(membership, step->id);

    if (member == NULL) {
        return RAFT_REFUSED_UNKNOWN_ID;
    }
    if (step->address[0] == 0) {
        return RAFT_REFUSED_INVALID;
    }
    if (address_is_taken(membership, step->address, step->id)) {
        return RAFT_REFUSED_ADDRESS_TAKEN;
    }
    memcpy(member->address, step->address, sizeof(member->address));
    return RAFT_REFUSED_NOT;
}

static enum raft_refusal apply_step(struct raft_membership *membership,
                                    const struct raft_change_step *step)
{
    switch (step->kind) {
    case RAFT_CHANGE_ADD:
        return add(membership, step, RAFT_MEMBER_LEARNER | RAFT_MEMBER_JOINING);
    case RAFT_CHANGE_ADD_LEARNER:
        return add(membership, step, RAFT_MEMBER_LEARNER);
    case RAFT_CHANGE_PROMOTE:
        return promote(membership, step->id);
    case RAFT_CHANGE_REMOVE:
        return remove_member(membership, step->id);
    case RAFT_CHANGE_REPLACE:
        return replace(membership, step);
    case RAFT_CHANGE_ADDRESS:
        return move(membership, step);
    case RAFT_CHANGE_BIND:
        return bind_member(membership, step);
    case RAFT_CHANGE_LOST:
        return mark_lost(membership, step);
    default:
        return RAFT_REFUSED_INVALID;
    }
}

enum raft_refusal raft_change_apply(const struct raft_change *change,
                                    const struct raft_membership *from, struct raft_membership *to)
{
    *to = *from;
    for (size_t i = 0; i < change->count; i++) {
        enum raft_refusal refusal = apply_step(to, &change->steps[i]);

        if (refusal != RAFT_REFUSED_NOT) {
            return refusal;
        }
    }
    return raft_membership_is_valid(to) ? RAFT_REFUSED_NOT : RAFT_REFUSED_LAST_VOTER;
}
