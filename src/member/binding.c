/*
 * Keeps the log's knowledge of data directories complete: the leader proposes to bind each member
 * that the membership does not bind yet to the directory with which that member has come up. Such
 * members exist in a cluster that raftctl restore or raftctl recover has made, in one that was
 * founded by raftd 0.1.0, and after a member was added by hand before it came up.
 *
 * What a greeting says is enough for that: the link has verified its sender, and while no directory
 * is bound, nobody can tell another one from the first. A member that is bound is never bound
 * again. A second directory under its id is a stranger from then on, which the links refuse.
 *
 * If there is proof that a member has lost what it had promised, the membership is made to say so:
 * the member denies to this leader what it acknowledged (progress.h), or the link saw in a greeting
 * that its directory was set back (peer/acquaintance.h). Then no node counts it or lets it in, also
 * after restarts and under later leaders, until it is replaced. The mark needs a quorum without
 * that member; where there is none, each node that has the proof refuses the member as long as it
 * runs.
 */
#include "base/assert.h"
#include "base/plant.h"
#include "member/state.h"
#include "raft/change.h"

enum { AGAIN_MS = 1000 }; /* after a proposal that had no effect */

/* The directory with which this member has come up; 0 = not known here. */
static uint64_t directory_of(const struct member *member, uint16_t id)
{
    if (id == member->options.id) {
        return member->options.identity;
    }
    for (size_t i = 0; i < member->up_count; i++) {
        if (member->up[i].peer == id) {
            return member->up[i].identity;
        }
    }
    return 0;
}

/* A copy of a directory is bound to nobody: it belongs to the member that came first. */
static bool is_bound(const struct raft_membership *membership, uint64_t identity)
{
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].identity == identity) {
            return true;
        }
    }
    return false;
}

/* Whether this leader can make a change of members now: one at a time (T26). */
static bool can_change(const struct member *member)
{
    const struct raft_membership *membership = raft_get_membership(member->core);

    return raft_get_role(member->core) == RAFT_LEADER && raft_knows_commit(member->core) &&
           raft_membership_is_committed(member->core) && !raft_membership_is_joint(membership);
}

static bool has_proof(const struct member *member, uint16_t id)
{
    for (size_t i = 0; i < member->proof_count; i++) {
        if (member->proofs[i] == id) {
            return true;
        }
    }
    return raft_has_lost_log(member->core, id);
}

void member_has_proof(struct member *member, uint16_t peer)
{
    const struct raft_membership *membership = raft_get_membership(member->core);
    size_t kept = 0;

    if (has_proof(member, peer)) {
        return;
    }
    for (size_t i = 0; i < member->proof_count; i++) {
        if (raft_membership_find(membership, member->proofs[i]) != NULL) {
            member->proofs[kept++] = member->proofs[i];
        }
    }
    member->proof_count = kept;
    if (kept < RAFT_MEMBERS_MAX && raft_membership_find(membership, peer) != NULL) {
        member->proofs[member->proof_count++] = peer;
        member_event(member, RAFT_EVENT_PEER_LOST)->peer = peer;
    }
}

/* A follower asks the leader to do it, which may know nothing of this. */
static bool next_mark(const struct member *member, struct raft_change_step *step)
{
    const struct raft_membership *membership = raft_get_membership(member->core);

    if (raft_get_role(member->core) == RAFT_LEADER && !can_change(member)) {
        return false;
    }
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *other = &membership->members[i];

        if (other->id != member->options.id && other->identity != RAFT_IDENTITY_LOST &&
            has_proof(member, other->id) && !PLANT(member_proof_not_marked)) {
            *step = (struct raft_change_step){
                .kind = RAFT_CHANGE_LOST, .id = other->id, .identity = other->identity};
            return true;
        }
    }
    return false;
}

static bool next_binding(const struct member *member, struct raft_change_step *step)
{
    const struct raft_membership *membership = raft_get_membership(member->core);

    if (!can_change(member)) {
        return false;
    }
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *other = &membership->members[i];
        uint64_t identity = other->identity == 0 ? directory_of(member, other->id) : 0;

        if (identity != 0 && !is_bound(membership, identity)) {
            *step = (struct raft_change_step){
                .kind = RAFT_CHANGE_BIND, .id = other->id, .identity = identity};
            return true;
        }
    }
    return false;
}

/* The next step that is due. False: there is none. */
static bool next_step(const struct member *member, struct raft_change_step *step)
{
    return member->turn.takes_part && member_can_propose(member) &&
           (next_mark(member, step) || next_binding(member, step));
}

/* A proposal that was refused leaves the membership as it is. */
static bool may_propose(const struct member *member)
{
    return member->turn.now_ms >= member->binding_again_ms ||
           raft_get_membership_index(member->core) != member->binding_index;
}

bool member_binding_is_due(const struct member *member)
{
    struct raft_change_step step;

    return may_propose(member) && next_step(member, &step);
}

static void propose_step(struct member *member, const struct raft_change_step *step)
{
    struct raft_change change = {.count = 1};
    struct buffer bytes = {0};
    struct raft_entry *entry;

    change.steps[0] = *step;
    raft_change_encode(&change, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP_CHANGE, bytes.data, (uint32_t)bytes.size_bytes);
    buffer_free(&bytes);
    member_event(member, RAFT_EVENT_PROPOSE)->entry = entry;
    member->batch.entries[member->batch.entry_count++] = entry;
    member->binding_index = raft_get_membership_index(member->core);
    member->binding_again_ms = member->turn.now_ms + AGAIN_MS;
}

void member_propose_binding(struct member *member)
{
    struct raft_change_step step;

    if (may_propose(member) && next_step(member, &step)) {
        propose_step(member, &step);
    }
}
