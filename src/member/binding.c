/*
 * Keeps the log's knowledge of data directories complete: the leader proposes to bind each member
 * that the membership does not bind yet to the directory with which that member has come up. Such
 * members exist in a cluster that raftctl restore or raftctl recover has made, in one that was
 * founded before directories had identities, and after a member was added by hand before it came
 * up.
 *
 * What a greeting says is enough for that: the link has verified its sender, and while no directory
 * is bound, nobody can tell another one from the first. A member that is bound is never bound
 * again. A second directory under its id is a stranger from then on, which the links refuse.
 *
 * If there is proof that a member has lost what it had promised, the membership is made to say so:
 * the member denies to this leader what it acknowledged (progress.h), or the link saw in a greeting
 * that its directory was set back (peer/acquaintance.h). Then no node counts it, and once the mark
 * is known to be committed no node lets it in, also after restarts and under later leaders, until
 * it is replaced. The mark needs a quorum without that member; where there is none, each node that
 * has the proof refuses the member as long as it runs.
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

/* A proof is about one directory: a member that is bound to another one is not judged by it. */
static bool is_about(const struct raft_member *other, uint64_t identity)
{
    return other->identity == 0 || other->identity == identity;
}

static bool has_proof(const struct member *member, const struct raft_member *other)
{
    for (size_t i = 0; i < member->proof_count; i++) {
        if (member->proofs[i].id == other->id && is_about(other, member->proofs[i].identity)) {
            return true;
        }
    }
    return raft_has_lost_log(member->core, other->id);
}

void member_has_proof(struct member *member, uint16_t peer, uint64_t identity)
{
    const struct raft_membership *membership = raft_get_membership(member->core);
    const struct raft_member *other = raft_membership_find(membership, peer);
    size_t kept = 0;

    member_binding_changed(member);
    if (other == NULL || has_proof(member, other)) {
        return;
    }
    for (size_t i = 0; i < member->proof_count; i++) { /* the members of now, one place for each */
        if (member->proofs[i].id != peer &&
            raft_membership_find(membership, member->proofs[i].id) != NULL) {
            member->proofs[kept++] = member->proofs[i];
        }
    }
    ASSERT(kept < RAFT_MEMBERS_MAX);
    member->proofs[kept].id = peer;
    member->proofs[kept].identity = identity;
    member->proof_count = kept + 1;
    if (is_about(other, identity)) {
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
            has_proof(member, other) && !PLANT(member_proof_not_marked)) {
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

/*
 * The next step that is due. False: there is none. This is asked twice in each turn, and nearly
 * always in vain; so that it was in vain is remembered until something changes: the membership,
 * whether changes can be made, or what member_binding_changed() is told.
 */
static bool next_step(struct member *member, struct raft_change_step *step)
{
    uint64_t index = raft_get_membership_index(member->core);
    bool could_change = can_change(member);

    if (member->binding_seen.is_known && member->binding_seen.could_change == could_change &&
        member->binding_seen.membership_index == index) {
        return false;
    }
    if (!member->turn.takes_part || !member_can_propose(member)) {
        return false;
    }
    if (next_mark(member, step) || next_binding(member, step)) {
        return true;
    }
    member->binding_seen.is_known = true;
    member->binding_seen.could_change = could_change;
    member->binding_seen.membership_index = index;
    return false;
}

void member_binding_changed(struct member *member)
{
    member->binding_seen.is_known = false;
}

/* A proposal that was refused leaves the membership as it is. */
static bool may_propose(const struct member *member)
{
    return member->turn.now_ms >= member->binding_again_ms ||
           raft_get_membership_index(member->core) != member->binding_index;
}

bool member_binding_is_due(struct member *member)
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
