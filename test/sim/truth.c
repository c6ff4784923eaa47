/*
 * The record of what really happened: chains of hashes, what was committed, what is on which disk.
 * See truth.h.
 */
#include "sim/truth.h"

#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "sim/truth_record.h"

/* ---- chains ---- */

static struct link_of_chain *link_at(struct chain *chain, uint64_t index)
{
    size_t old = chain->capacity;

    chain->links =
        memory_grow(chain->links, &chain->capacity, (size_t)index + 1, sizeof(chain->links[0]));
    if (old == 0) {
        chain->links[0] = (struct link_of_chain){0};
    }
    return &chain->links[index];
}

/*
 * Makes a chain the beginning of another one, up to this index. Both mostly have the same beginning
 * already, which has the same hash at its end and is found by halving: only the rest is copied.
 */
static void chain_take(struct chain *to, const struct chain *from, uint64_t index)
{
    uint64_t same = 0;
    uint64_t differs = (index < to->last_index ? index : to->last_index) + 1;

    link_at(to, index);
    while (differs - same > 1) {
        uint64_t middle = same + (differs - same) / 2;

        if (to->links[middle].hash == from->links[middle].hash) {
            same = middle;
        } else {
            differs = middle;
        }
    }
    if (index > same) {
        memcpy(&to->links[same + 1], &from->links[same + 1],
               (size_t)(index - same) * sizeof(to->links[0]));
    }
    to->last_index = index;
}

void chain_copy(struct chain *to, const struct chain *from)
{
    chain_take(to, from, from->last_index);
}

void chain_cut(struct chain *chain, uint64_t index)
{
    if (index <= chain->last_index) {
        chain->last_index = index - 1;
    }
}

static uint64_t entry_hash(uint64_t before, const struct raft_entry *entry)
{
    uint64_t hash = sim_mix(before, entry->term);

    hash = sim_mix(hash, sim_mix(entry->type, entry->origin));
    hash = sim_mix(hash, entry->sequence);
    hash = sim_mix(hash, sim_mix(entry->time_ms, entry->wall_ms));
    return checksum(hash, entry->data, entry->size_bytes);
}

void chain_append(struct chain *chain, const struct raft_entry *entry)
{
    struct link_of_chain *link = link_at(chain, chain->last_index + 1);

    ASSERT(entry->index == chain->last_index + 1);
    link->term = entry->term;
    link->time_ms = entry->time_ms;
    link->hash = entry_hash(link[-1].hash, entry);
    chain->last_index++;
}

void chain_restart(struct chain *chain, const struct truth *truth, uint64_t index)
{
    ASSERT(index <= truth->committed.last_index);
    chain_take(chain, &truth->committed, index);
}

bool chain_agrees(const struct chain *a, const struct chain *b, uint64_t index)
{
    if (index == 0) {
        return true;
    }
    return index <= a->last_index && index <= b->last_index &&
           a->links[index].hash == b->links[index].hash;
}

/* ---- the record ---- */

struct truth *truth_create(const struct world *world)
{
    struct truth *truth = memory_allocate_zeroed(1, sizeof(*truth));

    truth->model = model_create((uint16_t)(world->swarm.keys + 1));
    link_at(&truth->committed, 0);
    for (size_t id = 0; id < SIM_HOSTS_MAX; id++) {
        link_at(&truth->promises[id].log, 0);
        link_at(&truth->promises[id].disk, 0);
        link_at(&truth->promises[id].found, 0);
    }
    return truth;
}

void truth_found(struct world *world, const struct raft_membership *membership)
{
    world->truth->membership = *membership;
}

static void forget_doubt(struct promises *promises)
{
    for (size_t i = 0; i < promises->doubt_count; i++) {
        memory_free(promises->doubt[i].links);
    }
    memory_free(promises->doubt);
    memory_free(promises->doubt_terms);
    memory_free(promises->doubt_votes);
    promises->doubt = NULL;
    promises->doubt_terms = NULL;
    promises->doubt_votes = NULL;
    promises->doubt_count = 0;
}

void truth_destroy(struct truth *truth)
{
    for (size_t id = 0; id < SIM_HOSTS_MAX; id++) {
        struct promises *promises = &truth->promises[id];

        forget_doubt(promises);
        memory_free(promises->log.links);
        memory_free(promises->disk.links);
        memory_free(promises->found.links);
        memory_free(promises->votes);
        memory_free(promises->given);
    }
    for (size_t i = 0; i < truth->slot_capacity; i++) {
        memory_free(truth->slots[i].seen);
    }
    for (size_t i = 0; i < truth->life_count; i++) {
        memory_free(truth->lives[i].operations);
    }
    memory_free(truth->slots);
    for (size_t i = 0; i < truth->era_count; i++) {
        buffer_free(&truth->eras[i].membership);
    }
    memory_free(truth->eras);
    memory_free(truth->commit_times);
    memory_free(truth->lives);
    memory_free(truth->committed.links);
    memory_free(truth->leader_of_term);
    model_destroy(truth->model);
    memory_free(truth);
}

struct slot *truth_slot(struct truth *truth, uint64_t index)
{
    size_t old = truth->slot_capacity;

    truth->slots = memory_grow(truth->slots, &truth->slot_capacity, (size_t)index + 1,
                               sizeof(truth->slots[0]));
    if (truth->slot_capacity > old) {
        memset(truth->slots + old, 0, (truth->slot_capacity - old) * sizeof(truth->slots[0]));
    }
    return &truth->slots[index];
}

bool truth_looks_away(const struct world *world, uint16_t id)
{
    return world->hosts[id]->stand_in != HOST_GENUINE;
}

uint64_t truth_term(const struct world *world, uint16_t id)
{
    return world->truth->promises[id].term;
}

uint64_t truth_committed(const struct world *world)
{
    return world->truth->committed.last_index;
}

const struct raft_membership *truth_membership(const struct world *world)
{
    return &world->truth->membership;
}

/* Looks random, but the number of the process can be computed from it. */
static const uint64_t origin_factor = 0x9e3779b97f4a7c15U;

uint64_t truth_new_life(struct world *world, uint16_t id, uint64_t *origin)
{
    struct truth *truth = world->truth;
    struct promises *promises = &truth->promises[id];

    truth->lives = memory_grow(truth->lives, &truth->life_capacity, truth->life_count + 1,
                               sizeof(truth->lives[0]));
    truth->lives[truth->life_count++] = (struct life){.host = id};
    *origin = truth->life_count * origin_factor;
    if (truth_looks_away(world, id)) {
        return truth->life_count;
    }
    truth_promise_again(world, world->hosts[id]);
    promises->role = RAFT_LEARNER;
    promises->term = promises->disk_term;
    promises->silent_since_ms = 0;
    promises->commit_index = 0;
    return truth->life_count;
}

void truth_on_proposed(struct world *world, uint64_t life, uint64_t sequence, uint64_t tag)
{
    struct life *record = &world->truth->lives[life - 1];
    size_t counter = (size_t)(sequence >> WAITING_PLACE_BITS);
    size_t old = record->capacity;

    record->operations = memory_grow(record->operations, &record->capacity, counter + 1,
                                     sizeof(record->operations[0]));
    if (record->capacity > old) {
        memset(record->operations + old, 0,
               (record->capacity - old) * sizeof(record->operations[0]));
    }
    record->operations[counter] = tag;
}

/* ---- disks ---- */

static void check_vote(struct world *world, uint16_t id, uint64_t term, uint16_t vote)
{
    struct promises *promises = &world->truth->promises[id];
    size_t old = promises->votes_capacity;

    promises->votes = memory_grow(promises->votes, &promises->votes_capacity, (size_t)term + 1,
                                  sizeof(promises->votes[0]));
    if (promises->votes_capacity > old) {
        memset(promises->votes + old, 0,
               (promises->votes_capacity - old) * sizeof(promises->votes[0]));
    }
    if (promises->votes[term] != 0 && promises->votes[term] != vote) {
        world_fail(world, "one durable vote a term",
                   "node %u voted for %u in term %llu and now has a vote for %u", id,
                   promises->votes[term], (unsigned long long)term, vote);
    }
    promises->votes[term] = vote;
}

static void set_hard_state(struct world *world, uint16_t id, uint64_t term, uint16_t vote)
{
    struct promises *promises = &world->truth->promises[id];

    if (term < promises->disk_term) {
        world_fail(world, "the durable term never goes back", "node %u goes from term %llu to %llu",
                   id, (unsigned long long)promises->disk_term, (unsigned long long)term);
    }
    promises->disk_term = term;
    promises->disk_vote = vote;
    check_vote(world, id, term, vote);
}

static void apply_write(const struct truth *truth, struct chain *chain,
                        const struct raft_write *write)
{
    if (write->has_base) {
        chain_restart(chain, truth, write->base_index);
    }
    if (write->truncate_from != 0) {
        chain_cut(chain, write->truncate_from);
    }
    for (size_t i = 0; i < write->entry_count; i++) {
        chain_append(chain, write->entries[i]);
    }
}

void truth_on_durable(struct world *world, uint16_t id, const struct raft_write *write)
{
    struct promises *promises = &world->truth->promises[id];

    if (truth_looks_away(world, id)) {
        return;
    }
    if (write->has_hard_state) {
        set_hard_state(world, id, write->term, write->vote);
    }
    apply_write(world->truth, &promises->disk, write);
    world_mix(world, promises->disk.links[promises->disk.last_index].hash);
}

void truth_on_in_doubt(struct world *world, uint16_t id, const struct host_writes *writes)
{
    struct promises *promises = &world->truth->promises[id];
    const struct chain *before = &promises->disk;
    uint64_t term = promises->disk_term;
    uint16_t vote = promises->disk_vote;

    if (truth_looks_away(world, id)) {
        return;
    }
    forget_doubt(promises);
    promises->doubt = memory_allocate_zeroed(writes->count, sizeof(promises->doubt[0]));
    promises->doubt_terms = memory_allocate(writes->count * sizeof(promises->doubt_terms[0]));
    promises->doubt_votes = memory_allocate(writes->count * sizeof(promises->doubt_votes[0]));
    for (size_t i = 0; i < writes->count; i++) {
        const struct raft_write *write = &writes->list[i]->write;
        struct chain *after = &promises->doubt[promises->doubt_count];

        chain_copy(after, before);
        apply_write(world->truth, after, write);
        if (write->has_hard_state) {
            term = write->term;
            vote = write->vote;
        }
        promises->doubt_terms[promises->doubt_count] = term;
        promises->doubt_votes[promises->doubt_count] = vote;
        promises->doubt_count++;
        before = after;
    }
}

static bool is_chain(const struct chain *expected, const struct chain *found)
{
    return expected->last_index == found->last_index &&
           chain_agrees(expected, found, found->last_index);
}

/* What the logs had that have an entry of this term at the index; NULL = none had. */
static const struct slot_entry *find_seen(struct world *world, uint64_t index, uint64_t term)
{
    const struct slot *slot = truth_slot(world->truth, index);

    for (size_t i = 0; i < slot->seen_count; i++) {
        if (slot->seen[i].term == term) {
            return &slot->seen[i];
        }
    }
    return NULL;
}

/*
 * The log that a recovery found. It does not show the entries up to its base. Those that are not on
 * the disk any more were committed. Those that are on the disk, but before the newest snapshot, are
 * the ones that this process had written, which may differ from what was committed; in a log that
 * was cut, they may have been withdrawn since.
 */
static void read_found(struct world *world, uint16_t id, const struct wal_recovered *recovered,
                       const struct chain *written, struct chain *found)
{
    uint64_t base = recovered->base_index;

    if (base > recovered->disk_base_index && base <= written->last_index &&
        written->links[base].term == recovered->base_term) {
        chain_copy(found, written);
        chain_cut(found, base + 1);
    } else {
        const struct slot_entry *seen =
            base > recovered->disk_base_index ? find_seen(world, base, recovered->base_term) : NULL;

        chain_restart(found, world->truth, base);
        if (seen != NULL) {
            found->links[base].term = seen->term;
            found->links[base].hash = seen->hash;
        }
    }
    for (size_t i = 0; i < recovered->entry_count; i++) {
        if (recovered->entries[i]->index != found->last_index + 1) {
            world_fail(world, "recovery", "node %u: the log has a gap behind index %llu", id,
                       (unsigned long long)found->last_index);
            return;
        }
        chain_append(found, recovered->entries[i]);
    }
}

/* What a recovery finds has to be what was reported durable, perhaps with some of the writes that
 * were under way when the process ended. */
static bool is_explained(struct world *world, uint16_t id, const struct wal_recovered *recovered,
                         struct chain *found)
{
    const struct promises *promises = &world->truth->promises[id];

    for (size_t i = 0; i < promises->doubt_count; i++) {
        read_found(world, id, recovered, &promises->doubt[i], found);
        if (is_chain(&promises->doubt[i], found) && recovered->term == promises->doubt_terms[i] &&
            recovered->vote == promises->doubt_votes[i]) {
            return true;
        }
    }
    read_found(world, id, recovered, &promises->disk, found);
    if (is_chain(&promises->disk, found) && recovered->term == promises->disk_term &&
        recovered->vote == promises->disk_vote) {
        return true;
    }
    return promises->restart_in_doubt != 0 && found->last_index == promises->restart_in_doubt &&
           recovered->base_index == promises->restart_in_doubt &&
           recovered->term >= promises->disk_term;
}

/* Whether some log had the end of this chain. */
static bool was_seen(struct world *world, const struct chain *chain)
{
    const struct link_of_chain *link = &chain->links[chain->last_index];
    const struct slot_entry *seen = find_seen(world, chain->last_index, link->term);

    return seen != NULL && seen->hash == link->hash;
}

/*
 * A log that a start has cut because of damage. What the start says of the log that was there has
 * to cover all that was durable, and the vote has to be the same. What is left is the beginning of
 * the log, or what the log was before the damaged write, which may have been withdrawn since.
 */
static bool is_cut(const struct promises *promises, const struct host *host,
                   const struct wal_recovered *recovered, const struct chain *found)
{
    const struct directory_lost *lost = &host->identity.lost;
    const struct chain *disk = &promises->disk;
    const struct link_of_chain *last = &disk->links[disk->last_index];

    return host->must_cut && lost->damaged_index != 0 && recovered->term >= promises->disk_term &&
           (recovered->term > promises->disk_term || recovered->vote == promises->disk_vote) &&
           (lost->term > last->term ||
            (lost->term == last->term && lost->index >= disk->last_index)) &&
           (chain_agrees(disk, found, found->last_index) ||
            chain_agrees(&host->world->truth->committed, found, found->last_index) ||
            was_seen(host->world, found));
}

void truth_on_recovered(struct world *world, struct host *host,
                        const struct wal_recovered *recovered)
{
    uint16_t id = host->id;
    struct promises *promises = &world->truth->promises[id];
    struct chain *found = &promises->found;

    if (truth_looks_away(world, id)) {
        return;
    }
    if (recovered->base_index > truth_committed(world)) {
        world_fail(world, "recovery", "node %u: the log begins behind %llu, which is not committed",
                   id, (unsigned long long)recovered->base_index);
        return;
    }
    if (!is_explained(world, id, recovered, found) && promises->disk.last_index > 0 &&
        !is_cut(promises, host, recovered, found)) {
        world_fail(world, "what was reported durable is there after a restart",
                   "node %u had term %llu, vote %u, log up to %llu; found term %llu, vote %u, log "
                   "up to %llu",
                   id, (unsigned long long)promises->disk_term, promises->disk_vote,
                   (unsigned long long)promises->disk.last_index,
                   (unsigned long long)recovered->term, recovered->vote,
                   (unsigned long long)found->last_index);
    }
    host->must_cut = false;
    forget_doubt(promises);
    promises->snapshot_index = 0;
    promises->restart_in_doubt = 0;
    set_hard_state(world, id, recovered->term, recovered->vote);
    chain_copy(&promises->disk, found);
    chain_copy(&promises->log, found);
}

void truth_on_restarted(struct world *world, uint16_t id, uint64_t index,
                        const struct wal_recovered *log)
{
    struct promises *promises = &world->truth->promises[id];

    if (truth_looks_away(world, id)) {
        return;
    }
    if (log == NULL) {
        promises->restart_in_doubt = index;
        return;
    }
    chain_restart(&promises->disk, world->truth, index);
    chain_restart(&promises->log, world->truth, index);
    set_hard_state(world, id, log->term, log->vote);
}

void truth_on_snapshot(struct world *world, uint16_t id, uint64_t index)
{
    struct promises *promises = &world->truth->promises[id];

    if (truth_looks_away(world, id)) {
        return;
    }
    if (index > truth_committed(world)) {
        world_fail(world, "snapshots hold what is committed", "node %u has one of index %llu", id,
                   (unsigned long long)index);
    } else if (index > promises->snapshot_index) {
        promises->snapshot_index = index;
    }
}

void truth_on_started(struct world *world, struct host *host, uint64_t snapshot_index)
{
    truth_on_snapshot(world, host->id, snapshot_index);
    if (snapshot_index > 0 && !world->failure.failed) {
        truth_on_digest(world, host);
    }
}

/* T30: never a membership that was not committed. */
void truth_check_snapshot(struct world *world, uint16_t id, uint64_t index,
                          const struct raft_membership *membership)
{
    const struct truth *truth = world->truth;
    struct buffer bytes = {0};
    size_t era = truth->era_count;

    if (truth_looks_away(world, id)) {
        return;
    }
    while (era > 0 && truth->eras[era - 1].index > index) {
        era--;
    }
    raft_membership_encode(membership, &bytes);
    if (era == 0 || truth->eras[era - 1].membership.size_bytes != bytes.size_bytes ||
        memcmp(truth->eras[era - 1].membership.data, bytes.data, bytes.size_bytes) != 0) {
        world_fail(world, "a snapshot's members are the committed ones",
                   "node %u, snapshot of index %llu", id, (unsigned long long)index);
    }
    buffer_free(&bytes);
}
