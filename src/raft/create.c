/*
 * The beginning of a core, from what its node finds on disk, and its end. No other thread may use
 * the core meanwhile.
 */
#include <raftd/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "raft/core.h"
#include "raft/damage.h"
#include "raft/fetch.h"
#include "raft/lease.h"
#include "raft/progress.h"
#include "raft/tail.h"

/* The term of the first entry of a log, which all founders write alike: nobody leads in it. */
enum { FOUNDING_TERM = 1 };

/* Elements for which a core has room from the beginning. */
enum { MESSAGES_RESERVED = 512, PROPOSALS_RESERVED = 1024, ENTRIES_RESERVED = 4096 };

/* Takes the recovered entries, if they are a log. */
static int load_log(struct raft_core *core, const struct raft_recovered *recovered)
{
    raftlog_init(&core->log, recovered->base_index, recovered->base_term, recovered->base_time_ms);
    core->commit_index = recovered->base_index;
    if (recovered->base_membership != NULL) {
        core->base_membership = *recovered->base_membership;
        tail_set_membership(core, &core->base_membership, recovered->base_index);
    }
    for (size_t i = 0; i < recovered->entry_count; i++) {
        struct raft_entry *entry = recovered->entries[i];
        struct raft_membership membership;

        if (entry->index != raftlog_last_index(&core->log) + 1 ||
            entry->term < raftlog_last_term(&core->log) || entry->term > recovered->term ||
            entry->time_ms < raftlog_time(&core->log, entry->index - 1) ||
            entry->time_ms > RAFT_TIME_MAX_MS ||
            (entry->type == RAFT_ENTRY_MEMBERSHIP &&
             raft_membership_decode(&membership, entry->data, entry->size_bytes) != 0)) {
            return RAFTD_ERROR_CORRUPT;
        }
        tail_append(core, entry);
    }
    if (recovered->commit_index > raftlog_last_index(&core->log)) {
        return RAFTD_ERROR_CORRUPT;
    }
    if (recovered->commit_index > core->commit_index) {
        core_set_commit(core, recovered->commit_index);
    }
    core->durable_index = raftlog_last_index(&core->log);
    core->write_next = core->durable_index + 1;
    return 0;
}

/* Whether this node, and no other one, votes in the membership. */
static bool votes_alone(const struct raft_core *core, const struct raft_membership *membership)
{
    size_t voters = 0;

    for (size_t i = 0; i < membership->count; i++) {
        voters += raft_membership_is_voter(membership, membership->members[i].id);
    }
    return voters == 1 && raft_membership_is_voter(membership, core->options.id);
}

/*
 * Whether no other node can ever have led, as far as the log goes back. The membership in force is
 * not enough: perhaps the newest entry has just removed the leader, and the leader does not know
 * yet that this entry is committed. Until then that leader may hold a lease that rests on a promise
 * of this node.
 */
static bool voted_always_alone(const struct raft_core *core)
{
    struct raft_membership membership;
    uint64_t index = core->membership_index;

    if (core->base_membership.count > 0 && !votes_alone(core, &core->base_membership)) {
        return false;
    }
    for (; index > core->log.base_index; index = core_membership_at(core, index - 1, &membership)) {
        core_membership_at(core, index, &membership);
        if (!votes_alone(core, &membership)) {
            return false;
        }
    }
    return true;
}

/*
 * The promise that an earlier process of this node may have made shortly before it ended. The hard
 * state says how long it can be. Where it does not, because it was written before hard states said
 * it, every append was answered with a promise of an election time-out. Nobody leads in the
 * founding term.
 */
static void keep_promise(struct raft_core *core, const struct raft_recovered *recovered)
{
    if (recovered->promise_known) {
        core->promise_ms = recovered->promise_ms;
    } else if (recovered->term > FOUNDING_TERM && !voted_always_alone(core)) {
        core->promise_ms = core->options.election_timeout_ms;
    }
    if (!PLANT(raft_promise_forgotten)) {
        core->promised_until_ms = core->now_ms + core->promise_ms;
    }
}

static void reserve_arrays(struct raft_core *core)
{
    core->messages =
        memory_grow(NULL, &core->message_capacity, MESSAGES_RESERVED, sizeof(struct raft_message));
    core->forwards =
        memory_grow(NULL, &core->forward_capacity, PROPOSALS_RESERVED, sizeof(struct raft_entry *));
    raftlog_reserve(&core->log, ENTRIES_RESERVED);
}

int raft_create(const struct raft_options *options, const struct raft_recovered *recovered,
                uint64_t now_ms, struct raft_core **core)
{
    struct raft_core *made = memory_allocate_zeroed(1, sizeof(*made));

    ASSERT(options->id != 0 && options->heartbeat_ms > 0);
    ASSERT(options->election_timeout_ms > options->heartbeat_ms);
    ASSERT(options->max_inflight_messages > 0 && options->max_inflight_messages <= INFLIGHT_MAX);
    made->options = *options;
    made->now_ms = now_ms;
    made->random_state = options->random_seed;
    made->term = recovered->term;
    made->vote = recovered->vote;
    /*
     * A snapshot of a peer becomes durable on its own. A crash can come after that, but before the
     * log write with the term in which the snapshot arrived. Then the base has a later term than
     * the log knows. This node has not voted in that term, for a vote leaves only when it is
     * durable.
     */
    if (made->term < recovered->base_term) {
        made->term = recovered->base_term;
        made->vote = 0;
        made->hard_state_dirty = true;
    }
    made->role = RAFT_LEARNER;
    /* A random number, so that the attempts of an earlier process of this node are not used again:
     * a late answer to one of them must not confirm a read of this process. */
    made->last_attempt = core_random(made) >> 2;
    reserve_arrays(made);
    if (load_log(made, recovered) != 0) {
        raft_destroy(made);
        *core = NULL;
        return RAFTD_ERROR_CORRUPT;
    }
    damage_on_start(made, recovered);
    core_reset_election_timer(made);
    keep_promise(made, recovered);
    if (votes_alone(made, &made->membership)) {
        /* No other node can be elected, so it need not wait for the message of a leader. */
        made->election_deadline_ms = lease_binds(made) ? made->promised_until_ms : now_ms;
    }
    *core = made;
    return 0;
}

void raft_destroy(struct raft_core *core)
{
    if (core == NULL) {
        return;
    }
    progress_end(core);
    for (size_t i = 0; i < core->forward_count; i++) {
        raft_entry_release(core->forwards[i]);
    }
    raftlog_free(&core->log);
    fetch_end(core);
    memory_free(core->write_entries);
    memory_free(core->messages);
    memory_free(core->forwards);
    memory_free(core->peer_refusals);
    memory_free(core->refusals);
    memory_free(core);
}
