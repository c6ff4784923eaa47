/*
 * Entries that a peer needs and that only the disk still has whole, because the log in memory is
 * bounded: questions of the core on their way to the host, and the answers. Also what becomes of an
 * entry that the disk has damaged.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "member/state.h"

/* ---- questions and answers ---- */

void member_follow_fetches(struct member *member, const struct raft_outbox *outbox)
{
    struct member_fetches *fetches = &member->fetches;

    /* The core has at most one question for each peer. A newer one replaces those that the host has
     * not taken, of which the core would ignore the answers. */
    ASSERT(outbox->fetch_count <= RAFT_MEMBERS_MAX);
    for (size_t i = 0; i < outbox->fetch_count; i++) {
        size_t place = fetches->taken;

        while (place < fetches->count && fetches->list[place].peer != outbox->fetches[i].peer) {
            place++;
        }
        if (place == fetches->count) {
            fetches->list = memory_grow(fetches->list, &fetches->capacity, fetches->count + 1,
                                        sizeof(fetches->list[0]));
            fetches->count++;
        }
        fetches->list[place] = outbox->fetches[i];
    }
}

bool member_next_fetch(struct member *member, struct raft_fetch *fetch)
{
    struct member_fetches *fetches = &member->fetches;

    if (fetches->taken == fetches->count) {
        fetches->taken = 0;
        fetches->count = 0;
        return false;
    }
    *fetch = fetches->list[fetches->taken++];
    return true;
}

bool member_takes_fetched(const struct member *member)
{
    return member_has_room(member) && member->batch.fetched_count < MEMBER_FETCHED_MAX;
}

void member_fetched(struct member *member, uint16_t peer, uint64_t number,
                    struct raft_entry **entries, size_t count)
{
    struct raft_event *event = member_event(member, RAFT_EVENT_FETCHED);
    struct member_fetched_entries *place = &member->batch.fetched[member->batch.fetched_count++];

    ASSERT(member->batch.fetched_count <= MEMBER_FETCHED_MAX);
    *place = (struct member_fetched_entries){.list = entries, .count = count};
    event->fetched.peer = peer;
    event->fetched.number = number;
    event->fetched.entries = entries;
    event->fetched.entry_count = count;
}

/* The core gives up the data of an entry only when it knows that the entry was applied. */
void member_tell_applied(struct member *member)
{
    if (member->applied_index > member->told_applied_index) {
        member->told_applied_index = member->applied_index;
        member_event(member, RAFT_EVENT_APPLIED)->applied_index = member->applied_index;
    }
}
