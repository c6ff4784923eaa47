/*
 * The history of the clients, and the states of the state machines. See truth.h.
 *
 * The order of the log proves that the history is linearizable: each write that was answered is in
 * the log once, and each read was answered after an entry, so each operation has a place in the
 * order. Two things are checked for each operation. Its place is between its call and its answer:
 * nothing that any client had seen before the call has a later place, and nothing at or before its
 * place was committed only after the answer. And its reply is the one that the model gives at that
 * place.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/huge.h"
#include "sim/member_changes.h"
#include "sim/truth_record.h"

/* The inverse, modulo 2^64, of the factor that makes origins. */
static uint64_t life_of(uint64_t origin)
{
    const uint64_t factor = 0x9e3779b97f4a7c15U;
    uint64_t inverse = factor;

    for (int i = 0; i < 6; i++) {
        inverse *= 2 - factor * inverse;
    }
    return origin * inverse;
}

static struct client_operation *find_operation(struct world *world, const struct raft_entry *entry)
{
    uint64_t life = life_of(entry->origin);
    size_t counter = (size_t)(entry->sequence >> WAITING_PLACE_BITS);
    const struct life *record;

    if (life == 0 || life > world->truth->life_count) {
        return NULL;
    }
    record = &world->truth->lives[life - 1];
    if (counter >= record->capacity || record->operations[counter] == 0) {
        return NULL;
    }
    return clients_operation(world, record->operations[counter]);
}

static void note_commit_time(struct world *world, uint64_t index)
{
    struct truth *truth = world->truth;

    truth->commit_times = memory_grow(truth->commit_times, &truth->commit_time_capacity,
                                      truth->commit_time_count + 1, sizeof(struct commit_time));
    truth->commit_times[truth->commit_time_count++] =
        (struct commit_time){.at_us = world->now_us, .index = index};
}

/* The index that was committed that long ago. */
static uint64_t committed_before(const struct world *world, uint64_t ago_us)
{
    const struct truth *truth = world->truth;
    size_t place = truth->commit_time_count;

    while (place > 0 && truth->commit_times[place - 1].at_us + ago_us >= world->now_us) {
        place--;
    }
    return place > 0 ? truth->commit_times[place - 1].index : 0;
}

/*
 * How old the answer to a stale read may be, with a clock that runs slow and shows milliseconds. A
 * clock that stands still knows no bound.
 */
static uint64_t stale_floor(const struct world *world, const struct client_operation *operation)
{
    return operation->max_lag_ms == 0 || swarm_has(&world->swarm, FAULT_SUSPEND)
               ? 0
               : committed_before(world, 1053 * (uint64_t)operation->max_lag_ms + 2000);
}

static void see_change(struct world *world, const struct raft_membership *before,
                       const struct raft_membership *after)
{
    if (raft_membership_is_joint(after)) {
        world_see(world, SEEN_JOINT);
    }
    for (size_t i = 0; i < before->count; i++) {
        uint16_t id = before->members[i].id;

        if (!raft_membership_is_voter(before, id) && raft_membership_is_voter(after, id)) {
            world_see(world, SEEN_PROMOTION);
        }
        if (raft_membership_find(after, id) == NULL && world->hosts[id] != NULL &&
            world->hosts[id]->gone) {
            world_see(world, SEEN_REPLACEMENT);
        }
    }
}

static void see_command(struct world *world, enum model_kind kind)
{
    switch (kind) {
    case MODEL_EXEC:
        world_see(world, SEEN_TRANSACTION);
        break;
    case MODEL_SET_PX:
    case MODEL_PEXPIRE:
        world_see(world, SEEN_EXPIRY);
        break;
    case MODEL_SET_IFEQ:
    case MODEL_DELIF:
        world_see(world, SEEN_COMPARISON);
        break;
    default:
        break;
    }
}

void truth_commit_entry(struct world *world, const struct raft_entry *entry)
{
    struct client_operation *operation;

    world_mix(world, entry->index);
    note_commit_time(world, entry->index);
    if (world->calm && world->commit_after_calm_us == 0 && raft_entry_is_command(entry)) {
        world->commit_after_calm_us = world->now_us;
    }
    if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
        struct truth *truth = world->truth;
        const struct raft_membership before = truth->membership;
        int code = raft_membership_decode(&truth->membership, entry->data, entry->size_bytes);
        struct era *era;

        ASSERT(code == 0);
        see_change(world, &before, &truth->membership);
        truth->eras = memory_grow(truth->eras, &truth->era_capacity, truth->era_count + 1,
                                  sizeof(truth->eras[0]));
        era = &truth->eras[truth->era_count++];
        *era = (struct era){.index = entry->index};
        buffer_append(&era->membership, entry->data, entry->size_bytes);
    }
    if (entry->type == RAFT_ENTRY_TIME) {
        world_see(world, SEEN_TIME_ENTRY);
        model_tick(world->truth->model, entry->index, entry->time_ms);
    }
    if (!raft_entry_is_command(entry)) {
        return;
    }
    if (world->full && entry->type == RAFT_ENTRY_FREEING) {
        world_see(world, SEEN_FULL_FREED);
        world->full_freed++;
    }
    operation = find_operation(world, entry);
    if (operation == NULL || operation->bytes.size_bytes != entry->size_bytes ||
        memcmp(operation->bytes.data, entry->data, entry->size_bytes) != 0) {
        world_fail(world, "only what clients asked for is committed", "index %llu",
                   (unsigned long long)entry->index);
        return;
    }
    if (operation->applied_index != 0) {
        world_fail(world, "a command is applied once",
                   "request %llu of client %u is at index %llu and again at %llu",
                   (unsigned long long)operation->number, operation->client,
                   (unsigned long long)operation->applied_index, (unsigned long long)entry->index);
    }
    if (operation->state == CLIENT_REFUSED) {
        world_fail(world, "what was refused is never applied",
                   "request %llu of client %u is at index %llu",
                   (unsigned long long)operation->number, operation->client,
                   (unsigned long long)entry->index);
    }
    operation->applied_index = entry->index;
    if (entry->size_bytes > 1024) {
        world_see(world, SEEN_LARGE_VALUE);
    }
    if (entry->size_bytes > HUGE_BYTES_MIN) {
        world_see(world, SEEN_HUGE_VALUE);
    }
    see_command(world, operation->request.kind);
    model_apply(world->truth->model, entry->index, entry->time_ms, &operation->request,
                &operation->expected);
}

uint64_t truth_floor(const struct world *world)
{
    uint64_t committed = truth_committed(world);

    return committed > world->truth->seen_index ? committed : world->truth->seen_index;
}

void truth_on_settled(struct world *world, struct client_operation *operation)
{
    if (operation->state == CLIENT_REFUSED && operation->applied_index != 0) {
        world_fail(world, "what was refused is never applied",
                   "request %llu of client %u stands at index %llu",
                   (unsigned long long)operation->number, operation->client,
                   (unsigned long long)operation->applied_index);
    }
}

static void check_place(struct world *world, const struct client_operation *operation,
                        uint64_t index)
{
    bool is_read = clients_is_read(operation);
    bool is_stale = is_read && operation->level == RAFTD_READ_STALE;

    /* The read may also have become a linearizable one, and have taken longer. */
    if (is_stale && index < operation->floor_index && index < stale_floor(world, operation)) {
        world_fail(world, "stale reads keep to their bound",
                   "request %llu may lag by %u ms and is answered from index %llu",
                   (unsigned long long)operation->number, operation->max_lag_ms,
                   (unsigned long long)index);
    } else if (index > truth_committed(world)) {
        world_fail(world, "answers come from what is committed",
                   "request %llu is answered from index %llu, committed is %llu",
                   (unsigned long long)operation->number, (unsigned long long)index,
                   (unsigned long long)truth_committed(world));
    } else if (is_stale) {
        return;
    } else if (is_read ? index < operation->floor_index : index <= operation->floor_index) {
        world_fail(world, "linearizable: real-time order",
                   "request %llu is answered from index %llu, but %llu was committed or seen "
                   "before it was asked",
                   (unsigned long long)operation->number, (unsigned long long)index,
                   (unsigned long long)operation->floor_index);
    } else if (!is_read && index != operation->applied_index) {
        world_fail(world, "answers name the entry",
                   "request %llu stands at index %llu and is answered from %llu",
                   (unsigned long long)operation->number,
                   (unsigned long long)operation->applied_index, (unsigned long long)index);
    }
}

void truth_on_answer(struct world *world, struct client_operation *operation, uint64_t index,
                     const void *reply, size_t size)
{
    check_place(world, operation, index);
    if (world->failure.failed) {
        return;
    }
    if (clients_is_read(operation)) {
        model_read(world->truth->model, index, &operation->request, &operation->expected);
    }
    if (operation->expected.size_bytes != size ||
        memcmp(operation->expected.data, reply, size) != 0) {
        char text[96];

        model_describe(&operation->request, text, sizeof(text));
        world_fail(world, "linearizable: replies",
                   "request %llu at index %llu, %s: the reply is not what the log gives",
                   (unsigned long long)operation->number, (unsigned long long)index, text);
    }
    if (index > world->truth->seen_index && operation->level != RAFTD_READ_STALE) {
        world->truth->seen_index = index;
    }
}

/* ---- state machines ---- */

bool truth_wants_digest(const struct world *world, uint64_t index)
{
    return index % world->swarm.digest_every == 0;
}

void truth_on_digest(struct world *world, struct host *host)
{
    struct slot *slot = truth_slot(world->truth, host->state_index);
    uint64_t digest = host_digest(host);

    if (truth_looks_away(world, host->id)) {
        return;
    }
    if (slot->digest == 0) {
        slot->digest = digest;
    } else if (slot->digest != digest) {
        world_fail(world, "same index, same state",
                   "node %u has another state behind index %llu than the others", host->id,
                   (unsigned long long)host->state_index);
    }
}

bool truth_is_sound(const struct world *world, const struct host *host)
{
    return !host->gone && !host->in_trouble &&
           raft_membership_find(&world->truth->membership, host->id) != NULL;
}

uint64_t truth_durable_entries(const struct world *world, uint64_t index)
{
    uint64_t sum = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        uint64_t last_index = world->truth->promises[id].disk.last_index;

        sum += last_index < index ? last_index : index;
    }
    return sum;
}

bool truth_has_converged(struct world *world)
{
    uint64_t committed = truth_committed(world);

    if (member_changes_lost(world) != NULL) {
        return false;
    }
    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];

        if (!truth_is_sound(world, host)) {
            continue;
        }
        if (!host->alive || member_applied_index(host->member) != committed ||
            world->truth->promises[id].log.last_index != committed) {
            return false;
        }
    }
    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (truth_is_sound(world, world->hosts[id])) {
            truth_on_digest(world, world->hosts[id]);
        }
    }
    return true;
}
