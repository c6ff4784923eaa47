/*
 * Memberships: encoding, and majorities, simple and joint (dissertation, section 4.3). See
 * membership.h. Pure.
 */
#include "raft/membership.h"

#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"

/* Encoding 1, the older one, has neither a cluster id nor identities. */
enum { MEMBERSHIP_ENCODING = 2, MEMBERSHIP_ENCODING_OLD = 1 };

const struct raft_member *raft_membership_find(const struct raft_membership *membership,
                                               uint16_t id)
{
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].id == id) {
            return &membership->members[i];
        }
    }
    return NULL;
}

bool raft_membership_is_voter(const struct raft_membership *membership, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(membership, id);

    return member != NULL && (member->roles & (RAFT_MEMBER_VOTER | RAFT_MEMBER_OUTGOING)) != 0;
}

bool raft_membership_is_joint(const struct raft_membership *membership)
{
    for (size_t i = 0; i < membership->count; i++) {
        if ((membership->members[i].roles & RAFT_MEMBER_OUTGOING) != 0) {
            return true;
        }
    }
    return false;
}

static bool roles_are_valid(uint8_t roles)
{
    const uint8_t any = RAFT_MEMBER_VOTER | RAFT_MEMBER_OUTGOING | RAFT_MEMBER_LEARNER;

    if ((roles & any) == 0 || (roles & ~(any | RAFT_MEMBER_JOINING)) != 0 ||
        ((roles & RAFT_MEMBER_JOINING) != 0 && (roles & RAFT_MEMBER_LEARNER) == 0)) {
        return false;
    }
    /* An incoming voter is not a learner as well. */
    return (roles & (RAFT_MEMBER_VOTER | RAFT_MEMBER_LEARNER)) !=
           (RAFT_MEMBER_VOTER | RAFT_MEMBER_LEARNER);
}

/* The place of an id in the list of removed ones, or the place where it would be inserted. */
static size_t removed_place(const struct raft_membership *membership, uint16_t id)
{
    size_t place = 0;

    while (place < membership->removed_count && membership->removed[place] < id) {
        place++;
    }
    return place;
}

bool raft_membership_was_removed(const struct raft_membership *membership, uint16_t id)
{
    size_t place = removed_place(membership, id);

    if (raft_membership_find(membership, id) != NULL) {
        return false;
    }
    return id <= membership->removed_floor ||
           (place < membership->removed_count && membership->removed[place] == id);
}

void raft_membership_add_removed(struct raft_membership *membership, uint16_t id)
{
    size_t place;

    ASSERT(id != 0 && raft_membership_find(membership, id) == NULL);
    if (raft_membership_was_removed(membership, id)) {
        return;
    }
    if (membership->removed_count == RAFT_REMOVED_MAX) {
        membership->removed_floor = membership->removed[0];
        memmove(&membership->removed[0], &membership->removed[1],
                (RAFT_REMOVED_MAX - 1) * sizeof(membership->removed[0]));
        membership->removed_count--;
    }
    if (id <= membership->removed_floor) {
        return;
    }
    place = removed_place(membership, id);
    memmove(&membership->removed[place + 1], &membership->removed[place],
            (membership->removed_count - place) * sizeof(membership->removed[0]));
    membership->removed[place] = id;
    membership->removed_count++;
}

void raft_membership_forget_removed(struct raft_membership *membership, uint16_t id)
{
    size_t place = removed_place(membership, id);

    if (place < membership->removed_count && membership->removed[place] == id) {
        membership->removed_count--;
        memmove(&membership->removed[place], &membership->removed[place + 1],
                (membership->removed_count - place) * sizeof(membership->removed[0]));
    }
}

void raft_membership_drop(struct raft_membership *membership, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(membership, id);

    if (member != NULL) {
        size_t place = (size_t)(member - membership->members);

        membership->count--;
        memmove(&membership->members[place], &membership->members[place + 1],
                (membership->count - place) * sizeof(membership->members[0]));
    }
}

int raft_membership_join(const struct raft_membership *from, const struct raft_membership *target,
                         struct raft_membership *joint)
{
    *joint = *target;
    for (size_t i = 0; i < from->count; i++) {
        const struct raft_member *member = &from->members[i];
        const struct raft_member *stays = raft_membership_find(joint, member->id);

        if ((member->roles & RAFT_MEMBER_VOTER) == 0) {
            continue;
        }
        if (stays != NULL) {
            joint->members[stays - joint->members].roles |= RAFT_MEMBER_OUTGOING;
            continue;
        }
        if (raft_membership_add(joint, member->id, RAFT_MEMBER_OUTGOING, member->address) != 0) {
            return RAFTD_ERROR_INVALID;
        }
        if (member->identity == RAFT_IDENTITY_LOST) {
            raft_membership_mark_lost(joint, member->id, 0);
        } else if (member->identity != 0 &&
                   raft_membership_bind(joint, member->id, member->identity) != 0) {
            return RAFTD_ERROR_INVALID;
        }
    }
    return 0;
}

void raft_membership_leave(const struct raft_membership *joint, struct raft_membership *simple)
{
    *simple = *joint;
    for (size_t i = 0; i < joint->count; i++) {
        const struct raft_member *member = &joint->members[i];
        const struct raft_member *stays = raft_membership_find(simple, member->id);

        if (member->roles == RAFT_MEMBER_OUTGOING) {
            raft_membership_drop(simple, member->id);
            raft_membership_add_removed(simple, member->id);
        } else {
            simple->members[stays - simple->members].roles &= (uint8_t)~RAFT_MEMBER_OUTGOING;
        }
    }
}

bool raft_membership_same_voters(const struct raft_membership *a, const struct raft_membership *b)
{
    const struct raft_membership *sides[2] = {a, b};

    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < sides[side]->count; i++) {
            const struct raft_member *member = &sides[side]->members[i];

            if (raft_membership_is_voter(sides[side], member->id) !=
                raft_membership_is_voter(sides[1 - side], member->id)) {
                return false;
            }
        }
    }
    return true;
}

int raft_membership_add(struct raft_membership *membership, uint16_t id, uint8_t roles,
                        const char *address)
{
    size_t length = strlen(address);
    size_t place = 0;

    if (id == 0 || !roles_are_valid(roles) || length == 0 || length >= RAFT_ADDRESS_MAX ||
        membership->count == RAFT_MEMBERS_MAX) {
        return RAFTD_ERROR_INVALID;
    }
    while (place < membership->count && membership->members[place].id < id) {
        place++;
    }
    if (place < membership->count && membership->members[place].id == id) {
        return RAFTD_ERROR_INVALID;
    }
    memmove(&membership->members[place + 1], &membership->members[place],
            (membership->count - place) * sizeof(membership->members[0]));
    membership->members[place] = (struct raft_member){.id = id, .roles = roles};
    memcpy(membership->members[place].address, address, length + 1);
    membership->count++;
    return 0;
}

int raft_membership_bind(struct raft_membership *membership, uint16_t id, uint64_t identity)
{
    const struct raft_member *member = raft_membership_find(membership, id);

    if (member == NULL || (member->identity != 0 && member->identity != identity) ||
        identity == RAFT_IDENTITY_LOST) {
        return RAFTD_ERROR_INVALID;
    }
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].identity == identity && membership->members[i].id != id) {
            return RAFTD_ERROR_INVALID;
        }
    }
    membership->members[member - membership->members].identity = identity;
    return 0;
}

bool raft_membership_is_lost(const struct raft_membership *membership, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(membership, id);

    return member != NULL && member->identity == RAFT_IDENTITY_LOST;
}

int raft_membership_mark_lost(struct raft_membership *membership, uint16_t id, uint64_t identity)
{
    const struct raft_member *member = raft_membership_find(membership, id);

    if (member == NULL || member->identity != identity) {
        return RAFTD_ERROR_INVALID;
    }
    membership->members[member - membership->members].identity = RAFT_IDENTITY_LOST;
    return 0;
}

static bool removed_is_valid(const struct raft_membership *membership)
{
    if (membership->removed_count > RAFT_REMOVED_MAX) {
        return false;
    }
    for (size_t i = 0; i < membership->removed_count; i++) {
        uint16_t least = i > 0 ? membership->removed[i - 1] : membership->removed_floor;

        if (membership->removed[i] <= least ||
            raft_membership_find(membership, membership->removed[i]) != NULL) {
            return false;
        }
    }
    return true;
}

bool raft_membership_is_valid(const struct raft_membership *membership)
{
    bool has_voter = false;

    if (membership->count > RAFT_MEMBERS_MAX) {
        return false;
    }
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];

        if (member->id == 0 || !roles_are_valid(member->roles) ||
            (i > 0 && member->id <= membership->members[i - 1].id) ||
            (member->replaces != 0 && (member->roles & RAFT_MEMBER_JOINING) == 0)) {
            return false;
        }
        has_voter = has_voter || (member->roles & RAFT_MEMBER_VOTER) != 0;
    }
    return has_voter && removed_is_valid(membership);
}

void raft_membership_encode(const struct raft_membership *membership, struct buffer *buffer)
{
    buffer_append_u8(buffer, MEMBERSHIP_ENCODING);
    buffer_append_u64(buffer, membership->cluster_id);
    buffer_append_u8(buffer, (uint8_t)membership->count);
    buffer_append_u16(buffer, membership->removed_floor);
    buffer_append_u16(buffer, (uint16_t)membership->removed_count);
    for (size_t i = 0; i < membership->removed_count; i++) {
        buffer_append_u16(buffer, membership->removed[i]);
    }
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];
        size_t length = strlen(member->address);

        buffer_append_u16(buffer, member->id);
        buffer_append_u8(buffer, member->roles);
        buffer_append_u16(buffer, member->replaces);
        buffer_append_u64(buffer, member->identity);
        buffer_append_u16(buffer, (uint16_t)length);
        buffer_append(buffer, member->address, length);
    }
}

static int decode_member(struct raft_membership *membership, struct reader *reader,
                         uint8_t encoding)
{
    uint16_t id = reader_u16(reader);
    uint8_t roles = reader_u8(reader);
    uint16_t replaces = reader_u16(reader);
    uint64_t identity = encoding == MEMBERSHIP_ENCODING_OLD ? 0 : reader_u64(reader);
    size_t length = reader_u16(reader);
    const uint8_t *text = reader_bytes(reader, length);
    char address[RAFT_ADDRESS_MAX];

    if (text == NULL || length >= RAFT_ADDRESS_MAX || memchr(text, 0, length) != NULL) {
        return RAFTD_ERROR_PROTOCOL;
    }
    memcpy(address, text, length);
    address[length] = 0;
    if ((membership->count > 0 && id <= membership->members[membership->count - 1].id) ||
        raft_membership_add(membership, id, roles, address) != 0) {
        return RAFTD_ERROR_PROTOCOL;
    }
    membership->members[membership->count - 1].replaces = replaces;
    membership->members[membership->count - 1].identity = identity;
    return 0;
}

int raft_membership_decode(struct raft_membership *membership, const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    uint8_t encoding = reader_u8(&reader);
    size_t count;

    *membership = (struct raft_membership){0};
    if (encoding != MEMBERSHIP_ENCODING && encoding != MEMBERSHIP_ENCODING_OLD) {
        return RAFTD_ERROR_PROTOCOL;
    }
    if (encoding != MEMBERSHIP_ENCODING_OLD) {
        membership->cluster_id = reader_u64(&reader);
    }
    count = reader_u8(&reader);
    membership->removed_floor = reader_u16(&reader);
    membership->removed_count = reader_u16(&reader);
    if (membership->removed_count > RAFT_REMOVED_MAX) {
        return RAFTD_ERROR_PROTOCOL;
    }
    for (size_t i = 0; i < membership->removed_count; i++) {
        membership->removed[i] = reader_u16(&reader);
    }
    for (size_t i = 0; i < count; i++) {
        if (decode_member(membership, &reader, encoding) != 0) {
            return RAFTD_ERROR_PROTOCOL;
        }
    }
    if (reader.failed || reader_left(&reader) != 0 || !raft_membership_is_valid(membership)) {
        return RAFTD_ERROR_PROTOCOL;
    }
    return 0;
}

/* Counts the answers of the members with this role. */
static enum raft_tally tally_role(const struct raft_membership *membership, uint8_t role,
                                  const bool answered[RAFT_MEMBERS_MAX],
                                  const bool granted[RAFT_MEMBERS_MAX])
{
    size_t voters = 0;
    size_t yes = 0;
    size_t open = 0;

    for (size_t i = 0; i < membership->count; i++) {
        if ((membership->members[i].roles & role) == 0) {
            continue;
        }
        voters++;
        if (!answered[i]) {
            open++;
        } else if (granted[i]) {
            yes++;
        }
    }
    if (yes > voters / 2) {
        return RAFT_TALLY_WON;
    }
    return yes + open > voters / 2 ? RAFT_TALLY_PENDING : RAFT_TALLY_LOST;
}

enum raft_tally raft_membership_tally(const struct raft_membership *membership,
                                      const bool answered[RAFT_MEMBERS_MAX],
                                      const bool granted[RAFT_MEMBERS_MAX])
{
    enum raft_tally incoming = tally_role(membership, RAFT_MEMBER_VOTER, answered, granted);
    enum raft_tally outgoing;

    if (!raft_membership_is_joint(membership)) {
        return incoming;
    }
    outgoing = tally_role(membership, RAFT_MEMBER_OUTGOING, answered, granted);
    if (incoming == RAFT_TALLY_LOST || outgoing == RAFT_TALLY_LOST) {
        return RAFT_TALLY_LOST;
    }
    return incoming == RAFT_TALLY_WON ? outgoing : RAFT_TALLY_PENDING;
}

/* The greatest value that a majority of the members with this role has reached: with n members, the
 * one at place n / 2 of the values in falling order, since n / 2 + 1 members have at least that. */
static uint64_t quorum_value_of_role(const struct raft_membership *membership, uint8_t role,
                                     const uint64_t values[RAFT_MEMBERS_MAX])
{
    uint64_t sorted[RAFT_MEMBERS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < membership->count; i++) {
        size_t place = count;

        if ((membership->members[i].roles & role) == 0) {
            continue;
        }
        while (place > 0 && sorted[place - 1] < values[i]) {
            sorted[place] = sorted[place - 1];
            place--;
        }
        sorted[place] = values[i];
        count++;
    }
    return count > 0 ? sorted[count / 2] : 0;
}

uint64_t raft_membership_quorum_value(const struct raft_membership *membership,
                                      const uint64_t values[RAFT_MEMBERS_MAX])
{
    uint64_t incoming = quorum_value_of_role(membership, RAFT_MEMBER_VOTER, values);
    uint64_t outgoing;

    if (!raft_membership_is_joint(membership)) {
        return incoming;
    }
    outgoing = quorum_value_of_role(membership, RAFT_MEMBER_OUTGOING, values);
    return incoming < outgoing ? incoming : outgoing;
}
