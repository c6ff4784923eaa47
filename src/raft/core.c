/*
 * The ground floor of the core: functions that look at the state of a core, or change a part of it
 * on which no role, membership or peer depends. All other files that work on a core use them, and
 * they use none of these files. The thread that calls raft_step() runs this.
 */
#include "raft/core.h"

#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "base/random.h"

uint64_t core_random(struct raft_core *core)
{
    return random_next(&core->random_state);
}

void core_reset_election_timer(struct raft_core *core)
{
    uint64_t spread = core->options.election_timeout_ms;

    core->election_deadline_ms = core->now_ms + spread + core_random(core) % spread;
}

struct raft_message *core_send(struct raft_core *core, uint8_t type, uint16_t to)
{
    struct raft_message *message;

    core->messages = memory_grow(core->messages, &core->message_capacity, core->message_count + 1,
                                 sizeof(struct raft_message));
    message = &core->messages[core->message_count++];
    memset(message, 0, sizeof(*message));
    message->type = type;
    message->from = core->options.id;
    message->to = to;
    message->term = core->term;
    if (type == RAFT_MESSAGE_APPEND_REPLY) {
        message->append_reply.standing = core_standing(core);
        message->append_reply.space = (uint8_t)core->space;
        message->append_reply.election_timeout_ms = core->options.election_timeout_ms;
        message->append_reply.lost_index = core->lost.index;
    }
    return message;
}

void core_violation(struct raft_core *core, uint16_t peer)
{
    core->violation = RAFTD_ERROR_PROTOCOL;
    core->violator = peer;
}

size_t core_position(const struct raft_core *core, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(&core->membership, id);

    return member != NULL ? (size_t)(member - core->membership.members) : RAFT_MEMBERS_MAX;
}

bool core_is_voter(const struct raft_core *core)
{
    return raft_membership_is_voter(&core->membership, core->options.id);
}

uint8_t core_standing(const struct raft_core *core)
{
    if (core->disk_is_low || core->damage.index != 0 || core->lost.from != 0) {
        return 0;
    }
    return core->now_ms < core->stall.until_ms ? 1 : (uint8_t)(core->options.priority + 1);
}

bool core_hard_state_is_durable(const struct raft_core *core)
{
    return !core->hard_state_dirty && core->written_sequence >= core->hard_state_sequence &&
           !core->base_dirty && core->written_sequence >= core->base_sequence;
}

uint64_t core_membership_at(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership)
{
    uint64_t found = raftlog_membership_at(&core->log, index);
    const struct raft_entry *entry;
    int code;

    if (found == 0) {
        *membership = core->base_membership;
        return core->log.base_index;
    }
    entry = raftlog_entry(&core->log, found);
    code = raft_membership_decode(membership, entry->data, entry->size_bytes);
    ASSERT(code == 0);
    return found;
}

void core_membership_before(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership)
{
    if (index > core->log.base_index) {
        core_membership_at(core, index - 1, membership);
    } else {
        *membership = (struct raft_membership){0};
    }
}

bool core_membership_is_committed(const struct raft_core *core)
{
    return core->membership_index <= core->commit_index;
}

bool core_knows_commit(const struct raft_core *core)
{
    return raftlog_term(&core->log, core->commit_index) == core->term || PLANT(raft_no_noop);
}

bool core_space_takes(enum raft_space space, const struct raft_entry *entry, bool reserve)
{
    if (space < RAFT_SPACE_NONE) {
        return true;
    }
    return space == RAFT_SPACE_NONE &&
           (entry->type != RAFT_ENTRY_COMMAND || (reserve && !PLANT(raft_reserve_unused)));
}

uint64_t core_writes_under_way(const struct raft_core *core)
{
    return core->issued_sequence - core->written_sequence;
}

void core_set_commit(struct raft_core *core, uint64_t index)
{
    ASSERT(index > core->commit_index && index <= raftlog_last_index(&core->log));
    while (core->commit_index < index) {
        core->commit_index++;
        core->uncommitted_bytes -= raft_entry_cost(raftlog_entry(&core->log, core->commit_index));
    }
}
