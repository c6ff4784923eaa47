/*
 * Membership: encoding and majorities, simple and joint (dissertation, section 4.3). Pure.
 */
#include "raft/membership.h"

#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"

enum { MEMBERSHIP_ENCODING = 1 };

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
    const uint8_t all = RAFT_MEMBER_VOTER | RAFT_MEMBER_OUTGOING | RAFT_MEMBER_LEARNER;

    if (roles == 0 || (roles & ~all) != 0) {
        return false;
    }
    /* A voter of the incoming configuration is not its learner as well. */
    return (roles & (RAFT_MEMBER_VOTER | RAFT_MEMBER_LEARNER)) !=
           (RAFT_MEMBER_VOTER | RAFT_MEMBER_LEARNER);
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

bool raft_membership_is_valid(const struct raft_membership *membership)
{
    bool has_voter = false;

    if (membership->count > RAFT_MEMBERS_MAX) {
        return false;
    }
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];

        if (member->id == 0 || !roles_are_valid(member->roles) ||
            (i > 0 && member->id <= membership->members[i - 1].id)) {
            return false;
        }
        has_voter = has_voter || (member->roles & RAFT_MEMBER_VOTER) != 0;
    }
    return has_voter;
}

void raft_membership_encode(const struct raft_membership *membership, struct buffer *buffer)
{
    buffer_append_u8(buffer, MEMBERSHIP_ENCODING);
    buffer_append_u8(buffer, (uint8_t)membership->count);
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];
        size_t length = strlen(member->address);

        buffer_append_u16(buffer, member->id);
        buffer_append_u8(buffer, member->roles);
        buffer_append_u16(buffer, (uint16_t)length);
        buffer_append(buffer, member->address, length);
    }
}

int raft_membership_decode(struct raft_membership *membership, const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    size_t count;

    *membership = (struct raft_membership){0};
    if (reader_u8(&reader) != MEMBERSHIP_ENCODING) {
        return RAFTD_ERROR_PROTOCOL;
    }
    count = reader_u8(&reader);
    for (size_t i = 0; i < count; i++) {
        uint16_t id = reader_u16(&reader);
        uint8_t roles = reader_u8(&reader);
        size_t length = reader_u16(&reader);
        const uint8_t *text = reader_bytes(&reader, length);
        char address[RAFT_ADDRESS_MAX];

        if (text == NULL || length >= RAFT_ADDRESS_MAX || memchr(text, 0, length) != NULL) {
            return RAFTD_ERROR_PROTOCOL;
        }
        memcpy(address, text, length);
        address[length] = 0;
        if ((i > 0 && id <= membership->members[i - 1].id) ||
            raft_membership_add(membership, id, roles, address) != 0) {
            return RAFTD_ERROR_PROTOCOL;
        }
    }
    if (reader.failed || reader_left(&reader) != 0 || !raft_membership_is_valid(membership)) {
        return RAFTD_ERROR_PROTOCOL;
    }
    return 0;
}

/* The tally among those members that have one role. */
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

/* The value that a majority of the members with one role has reached. */
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
