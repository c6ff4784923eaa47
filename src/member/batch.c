/*
 * The batch of a turn: the events that the core is given in its next step, and what they point at.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "member/state.h"

enum { OWN_SHARE = 8 }; /* see member_propose_first() */

struct raft_event *member_event(struct member *member, enum raft_event_type type)
{
    struct raft_event *event = &member->batch.events[member->batch.count++];

    ASSERT(member->batch.count <= MEMBER_EVENTS_MAX);
    memset(event, 0, sizeof(*event));
    event->type = type;
    return event;
}

static void clear_fetched(struct member_batch *batch)
{
    while (batch->fetched_count > 0) {
        struct member_fetched_entries *fetched = &batch->fetched[--batch->fetched_count];

        for (size_t i = 0; i < fetched->count; i++) {
            raft_entry_release(fetched->list[i]);
        }
        memory_free(fetched->list);
    }
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
    clear_fetched(batch);
    batch->message_count = 0;
    batch->entry_count = 0;
    batch->proposed_bytes = 0;
    batch->count = 0;
}

_Static_assert((int)MEMBER_WRITES_MAX > (int)RAFT_WRITES_OF_FOLLOWER_MAX,
               "a core whose disk hangs can be stepped");

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
    return member->disk != RAFT_SPACE_ENOUGH;
}

bool member_link_is_up(const struct member *member, uint16_t peer)
{
    for (size_t i = 0; i < member->up_count; i++) {
        if (member->up[i].peer == peer) {
            return true;
        }
    }
    return false;
}

bool member_can_propose(const struct member *member)
{
    uint16_t leader = raft_get_leader(member->core);

    if (raft_get_role(member->core) == RAFT_LEADER) {
        size_t most_bytes = member->options.max_uncommitted_bytes;

        most_bytes += member->own_came_first ? most_bytes / OWN_SHARE : 0;
        return raft_get_handover(member->core) == 0 &&
               member->writes_under_way < RAFT_WRITES_OF_LEADER_MAX &&
               raft_get_uncommitted_bytes(member->core) + member->batch.proposed_bytes < most_bytes;
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
           !in_doubt && member->turn.now_ms >= member->retry_ms;
}

bool member_can_release(const struct member *member)
{
    return member->waiting.refused_owners.count > 0 && member_can_propose(member) &&
           member->turn.now_ms >= member->retry_ms && member->turn.now_ms >= member->release_ms;
}
