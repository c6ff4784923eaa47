/*
 * The batch of a turn: the events that the core is given in its next step, and what they point at.
 */
#include <string.h>

#include "base/assert.h"
#include "member/state.h"

struct raft_event *member_event(struct member *member, enum raft_event_type type)
{
    struct raft_event *event = &member->batch.events[member->batch.count++];

    ASSERT(member->batch.count <= MEMBER_EVENTS_MAX);
    memset(event, 0, sizeof(*event));
    event->type = type;
    return event;
}

void member_clear_batch(struct member *member)
{
    struct member_batch *batch = &member->batch;

    for (size_t i = 0; i < batch->message_count; i++) {
        wire_message_free(batch->messages[i]);
    }
    for (size_t i = 0; i < batch->entry_count; i++) {
        raft_entry_release(batch->entries[i]);
    }
    member_clear_fetched(member);
    batch->message_count = 0;
    batch->entry_count = 0;
    batch->count = 0;
}

bool member_can_step(const struct member *member)
{
    return member->writes_under_way < MEMBER_WRITES_MAX;
}

bool member_has_room(const struct member *member)
{
    return member->batch.count < MEMBER_EVENTS_MAX - MEMBER_EVENTS_KEPT;
}

bool member_space_is_low(const struct member *member)
{
    return member->space != RAFT_SPACE_ENOUGH;
}

/*
 * How much of the reserve is left. The first three quarters are for what is on its way when the
 * leader begins to refuse commands. What follows is for the entries of the cluster itself and for
 * commands that free space. The last sixteenth is for votes, and for the snapshot that lets the log
 * shrink: a log write that fails for lack of space ends the process.
 */
static enum raft_space space_level(const struct member *member)
{
    uint64_t free_bytes = member->turn.free_bytes;
    uint64_t reserve_bytes = member->options.reserve_bytes;

    if (free_bytes >= reserve_bytes) {
        return RAFT_SPACE_ENOUGH;
    }
    if (free_bytes >= reserve_bytes / 4) {
        return RAFT_SPACE_LOW;
    }
    return free_bytes >= reserve_bytes / 16 ? RAFT_SPACE_NONE : RAFT_SPACE_EXHAUSTED;
}

/* Tells the core when the disk is nearly full, and when it is not any more (T45, R4). When the disk
 * becomes nearly full, a snapshot is saved, so that the log before it can be removed. */
static void take_space(struct member *member)
{
    enum raft_space space = space_level(member);

    if (space != member->space) {
        bool was_enough = member->space == RAFT_SPACE_ENOUGH;

        member->space = space;
        member_event(member, RAFT_EVENT_SPACE)->space = space;
        if (was_enough != (space == RAFT_SPACE_ENOUGH)) {
            member_follow_space(member);
        }
    }
}

void member_begin(struct member *member, const struct member_turn *turn)
{
    member->turn = *turn;
    member->turn_entries = 0;
    member->turn_bytes = 0;
    if (turn->takes_part) {
        member->core_now_ms = turn->now_ms;
    }
    if (turn->takes_part && member_can_step(member)) {
        member_event(member, RAFT_EVENT_CLOCK)->wall_ms = turn->wall_ms;
        take_space(member);
    }
}

bool member_link_is_up(const struct member *member, uint16_t peer)
{
    for (size_t i = 0; i < member->up_count; i++) {
        if (member->up[i] == peer) {
            return true;
        }
    }
    return false;
}

bool member_can_propose(const struct member *member)
{
    uint16_t leader = raft_get_leader(member->core);

    if (raft_get_role(member->core) == RAFT_LEADER) {
        return raft_get_handover(member->core) == 0 &&
               raft_get_uncommitted_bytes(member->core) < member->options.max_uncommitted_bytes;
    }
    return leader != 0 && member_link_is_up(member, leader);
}

/*
 * While commands of an earlier term have no outcome, later ones wait. When the first entry of the
 * new term is applied, each of the earlier ones is either applied, or certainly never will be and
 * is proposed again, before the later ones. Otherwise a command could overtake an earlier one of
 * its client.
 */
bool member_is_open(const struct member *member)
{
    const struct waiting *waiting = &member->waiting;
    bool in_doubt = member->applied_term < member->settle_term && waiting->proposed_count > 0;

    return member->turn.takes_part && member_can_step(member) && member_can_propose(member) &&
           waiting->refused_count == 0 && !in_doubt && member->turn.now_ms >= member->retry_ms;
}
