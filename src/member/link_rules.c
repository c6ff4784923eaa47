/*
 * Which links a node keeps; see link_rules.h. Pure.
 */
#include "member/link_rules.h"

#include <stddef.h>
#include <string.h>

static bool counts(const struct raft_membership *membership, uint16_t self_id)
{
    return raft_membership_find(membership, self_id) != NULL;
}

bool link_rules_retire(const struct raft_membership *membership, bool is_committed,
                       uint16_t self_id, uint16_t peer_id, const char *address)
{
    const struct raft_member *member = raft_membership_find(membership, peer_id);

    return is_committed && counts(membership, self_id) &&
           (member == NULL || strcmp(address, member->address) != 0);
}

bool link_rules_want(const struct raft_membership *membership, uint16_t self_id,
                     const struct raft_member *member)
{
    return member->id != self_id && counts(membership, self_id);
}

uint64_t link_rules_identity(const struct raft_membership *membership,
                             const struct raft_membership *committed, uint16_t self_id,
                             uint16_t peer_id)
{
    const struct raft_member *member = raft_membership_find(membership, peer_id);
    const struct raft_member *before = raft_membership_find(committed, peer_id);

    if (before != NULL && (member == NULL || member->identity == RAFT_IDENTITY_LOST)) {
        member = before;
    }
    return member != NULL && counts(membership, self_id) ? member->identity : 0;
}
