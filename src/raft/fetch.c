/*
 * The log in memory is bounded in bytes: old entries give up their data (raftlog_shed()). A peer
 * that needs such an entry gets it from the disk. The core has no disk: it asks the host in the
 * outbox, and the answer is an event. Meanwhile the peer gets heartbeats. The thread that calls
 * raft_step() runs this; it never waits.
 *
 * At most one request for each peer is under way, for one batch. So what is read for slow peers is
 * bounded by the number of members and the size of a batch, or of the largest entry.
 */
#include "raft/fetch.h"

#include "base/assert.h"
#include "base/memory.h"
#include "raft/replicate.h"

static void release_fetched(struct raft_core *core)
{
    while (core->fetched_count > 0) {
        raft_entry_release(core->fetched[--core->fetched_count]);
    }
}

void fetch_begin(struct raft_core *core, const struct raft_event *events, size_t count)
{
    size_t entries = 0;

    release_fetched(core);
    core->fetch_count = 0;
    for (size_t i = 0; i < count; i++) {
        entries += events[i].type == RAFT_EVENT_FETCHED ? events[i].fetched.entry_count : 0;
    }
    if (entries > 0) {
        core->fetched =
            memory_grow(core->fetched, &core->fetched_capacity, entries, sizeof(core->fetched[0]));
    }
}

void fetch_end(struct raft_core *core)
{
    release_fetched(core);
    memory_free(core->fetched);
}

/* How many of the entries are what the peer needs next and fit into its window. An entry that is
 * not the one that this log had at its index has not come from this log. */
static size_t usable(const struct raft_core *core, const struct progress *progress,
                     const struct raft_fetched *fetched, size_t *cost)
{
    size_t room = replicate_batch_bytes(core, progress);
    size_t count = 0;

    *cost = 0;
    while (count < fetched->entry_count) {
        const struct raft_entry *entry = fetched->entries[count];
        size_t one = raft_entry_cost(entry);

        if (entry->index != progress->next_index + count || entry->index > core->log.shed_index ||
            entry->is_stub || entry->term != raftlog_term(&core->log, entry->index) ||
            (count > 0 && *cost + one > room)) {
            return count;
        }
        *cost += one;
        count++;
    }
    return count;
}

void fetch_on_read(struct raft_core *core, const struct raft_fetched *fetched)
{
    size_t position = core_position(core, fetched->peer);
    struct raft_entry **place = core->fetched + core->fetched_count;
    struct progress *progress;
    size_t cost;
    size_t count;

    if (core->role != RAFT_LEADER || position == RAFT_MEMBERS_MAX ||
        core->progress[position].fetch_number != fetched->number) {
        return; /* this is not wanted any more */
    }
    progress = &core->progress[position];
    progress->fetch_number = 0;
    count = usable(core, progress, fetched, &cost);
    if (count == 0) {
        progress->fetch_again_ms = core->now_ms + core->options.heartbeat_ms;
        return;
    }
    ASSERT(progress->state == RAFT_PROGRESS_REPLICATE);
    ASSERT(core->fetched_count + count <= core->fetched_capacity);
    for (size_t i = 0; i < count; i++) {
        place[i] = raft_entry_hold(fetched->entries[i]);
    }
    core->fetched_count += count;
    replicate_send_entries(core, position, place, (uint32_t)count, cost);
}

void fetch_flush(struct raft_core *core)
{
    for (size_t i = 0; core->role == RAFT_LEADER && i < core->membership.count; i++) {
        struct progress *progress = &core->progress[i];

        if (core->membership.members[i].id == core->options.id ||
            progress->state != RAFT_PROGRESS_REPLICATE || progress->has_lost_log ||
            progress->next_index > core->log.shed_index || progress->fetch_number != 0 ||
            core->now_ms < progress->fetch_again_ms || !replicate_window_has_room(core, progress)) {
            continue;
        }
        progress->fetch_number = ++core->fetch_number;
        core->fetches[core->fetch_count++] =
            (struct raft_fetch){.peer = core->membership.members[i].id,
                                .number = progress->fetch_number,
                                .first_index = progress->next_index,
                                .last_index = core->log.shed_index,
                                .max_bytes = replicate_batch_bytes(core, progress)};
    }
}
