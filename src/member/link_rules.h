/*
 * Which links a node keeps: one to each other member, as the membership in its log says, and none
 * to any other node. Pure.
 *
 * Links are added as soon as a membership is in the log, but retired only when it is committed: an
 * entry that is not committed can be replaced by another leader's, and without the link that leader
 * might not reach this node. A membership that does not contain this node changes no link: a node
 * that joins reads old memberships first, and the addresses in them may belong to other nodes by
 * now (T29).
 */
#ifndef RAFTD_MEMBER_LINK_RULES_H
#define RAFTD_MEMBER_LINK_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "raft/membership.h"

/* Whether the link to this peer, at this address, is taken away. */
bool link_rules_retire(const struct raft_membership *membership, bool is_committed,
                       uint16_t self_id, uint16_t peer_id, const char *address);
/* Whether this node needs a link to this member; one that is there already is kept. */
bool link_rules_want(const struct raft_membership *membership, uint16_t self_id,
                     const struct raft_member *member);
/*
 * The identity of the data directory to which the newest membership in the log, committed or not,
 * binds this peer; 0 = to none. A membership without this node binds nobody: after raftctl recover,
 * the snapshot and the old entries that a node gets when it joins name the directories of the
 * cluster that was lost, and the leader is the survivor with a new one.
 *
 * RAFT_IDENTITY_LOST, which closes the link, only if `committed` says so as well, the membership as
 * of the newest committed entry. Until then the marked peer may be a leader that the entry with the
 * mark has never reached (raft/step.c), and the link stays bound to the directory from before. So
 * does the link to a peer that the newest membership does not contain any more, until that is
 * committed and the link goes: else a lost or strange directory could use it for so long.
 */
uint64_t link_rules_identity(const struct raft_membership *membership,
                             const struct raft_membership *committed, uint16_t self_id,
                             uint16_t peer_id);

#endif
