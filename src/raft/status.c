/*
 * The functions with which a host reads the state of a core; they change nothing. One
 * thread at a time uses a core (raft.h).
 */
#include "raft/core.h"

const char *raft_role_name(enum raft_role role)
{
    switch (role) {
    case RAFT_FOLLOWER:
        return "follower";
    case RAFT_PRE_CANDIDATE:
        return "pre-candidate";
    case RAFT_CANDIDATE:
        return "candidate";
    case RAFT_LEADER:
        return "leader";
    case RAFT_LEARNER:
        return "learner";
    default:
        return "unknown";
    }
}

struct raft_entry *raft_log_entry(const struct raft_core *core, uint64_t index)
{
    struct raft_entry *entry = raftlog_entry(&core->log, index);

    return entry != NULL && !entry->is_stub ? entry : NULL;
}

uint64_t raft_log_time(const struct raft_core *core, uint64_t index)
{
    return raftlog_time(&core->log, index);
}

uint64_t raft_log_term(const struct raft_core *core, uint64_t index)
{
    return raftlog_term(&core->log, index);
}

void raft_get_status(const struct raft_core *core, uint64_t now_ms, struct raft_status *status)
{
    *status = (struct raft_status){
        .id = core->options.id,
        .role = core->role,
        .term = core->term,
        .vote = core->vote,
        .leader = core->leader,
        .base_index = core->log.base_index,
        .last_index = raftlog_last_index(&core->log),
        .last_term = raftlog_last_term(&core->log),
        .durable_index = core->durable_index,
        .commit_index = core->commit_index,
        .damaged_index = raft_damaged_index(core),
        .acknowledged_index = core->lost.index > raftlog_last_index(&core->log)
                                  ? core->lost.index
                                  : raftlog_last_index(&core->log),
        .membership_index = core->membership_index,
        .handover_to = core->handover.to,
        .removed = core->removed,
        .space = core->space,
        .uncommitted_bytes = core->uncommitted_bytes,
        .log_bytes = core->log.bytes,
    };
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *member = &core->membership.members[i];
        const struct progress *progress = &core->progress[i];
        struct raft_peer_status *peer = &status->peers[status->peer_count];

        if (member->id == core->options.id) {
            continue;
        }
        status->peer_count++;
        peer->id = member->id;
        peer->roles = member->roles;
        if (core->role == RAFT_LEADER) {
            peer->match_index = progress->match_index;
            peer->next_index = progress->next_index;
            peer->state = progress->state;
            peer->silent_ms =
                now_ms > progress->last_contact_ms ? now_ms - progress->last_contact_ms : 0;
            peer->has_lost_log = progress->has_lost_log;
            peer->space = progress->space;
            peer->promise_ms = progress->promise_ms;
            peer->election_timeout_ms = progress->election_timeout_ms;
        }
        peer->has_lost_log = peer->has_lost_log || member->identity == RAFT_IDENTITY_LOST;
    }
}

const struct raft_membership *raft_get_membership(const struct raft_core *core)
{
    return &core->membership;
}

void raft_committed_membership(const struct raft_core *core, struct raft_membership *membership)
{
    core_membership_at(core, core->commit_index, membership);
}

uint64_t raft_get_membership_index(const struct raft_core *core)
{
    return core->membership_index;
}

bool raft_membership_is_committed(const struct raft_core *core)
{
    return core_membership_is_committed(core);
}

bool raft_is_caught_up(const struct raft_core *core)
{
    return core->role == RAFT_LEADER || (core->leader != 0 && core->leader_commit_index > 0 &&
                                         core->commit_index >= core->leader_commit_index);
}

uint64_t raft_heard_ms(const struct raft_core *core, uint64_t now_ms)
{
    uint64_t contacts[RAFT_MEMBERS_MAX];

    if (core->role != RAFT_LEADER) {
        return core->leader != 0 ? core->leader_contact_ms : 0;
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        bool self = core->membership.members[i].id == core->options.id;

        contacts[i] = self ? now_ms : core->progress[i].last_contact_ms;
    }
    return raft_membership_quorum_value(&core->membership, contacts);
}

bool raft_has_lost_log(const struct raft_core *core, uint16_t id)
{
    size_t position = core_position(core, id);

    return core->role == RAFT_LEADER && position < RAFT_MEMBERS_MAX &&
           core->progress[position].has_lost_log;
}

bool raft_knows_commit(const struct raft_core *core)
{
    return core_knows_commit(core);
}

uint16_t raft_get_handover(const struct raft_core *core)
{
    return core->handover.to;
}

bool raft_was_removed(const struct raft_core *core)
{
    return core->removed;
}

uint64_t raft_get_term(const struct raft_core *core)
{
    return core->term;
}

enum raft_role raft_get_role(const struct raft_core *core)
{
    return core->role;
}

uint16_t raft_get_leader(const struct raft_core *core)
{
    return core->leader;
}

enum raft_space raft_get_space(const struct raft_core *core)
{
    return core->space;
}

size_t raft_get_uncommitted_bytes(const struct raft_core *core)
{
    return core->uncommitted_bytes;
}

uint64_t raft_damaged_index(const struct raft_core *core)
{
    return core->damage.index != 0 ? core->damage.index : core->lost.from;
}

bool raft_log_is_damaged(const struct raft_core *core)
{
    return core->damage.index != 0;
}

bool raft_damage_is_being_mended(const struct raft_core *core)
{
    return core->damage.index == 0 || core->damage.sequence != 0;
}
