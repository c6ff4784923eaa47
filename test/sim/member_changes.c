/*
 * The administrators of a simulated world; see member_changes.h.
 */
#include "sim/member_changes.h"

#include <string.h>

#include "base/assert.h"
#include "sim/faults_roles.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/truth.h"

enum { VOTERS_WANTED_MAX = 7 };

static struct host *pick_live(struct world *world, struct sim_random *random)
{
    struct host *found[SIM_HOSTS_MAX];
    size_t count = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (host_is_alive(world->hosts[id]) && raft_get_leader(world->hosts[id]->core) != 0) {
            found[count++] = world->hosts[id];
        }
    }
    return count > 0 ? found[sim_random_below(random, count)] : NULL;
}

static void add_host(struct world *world, uint16_t id)
{
    world->last_id = id;
    world->hosts[id] = host_create(world, id);
    STORY(world, id, "joins with an empty disk");
    host_start(world->hosts[id], NULL);
}

static void name_newcomer(struct world *world, struct raft_change_step *step)
{
    step->id = (uint16_t)(world->last_id + 1);
    snprintf(step->address, sizeof(step->address), "node-%u:7381", step->id);
    add_host(world, step->id);
}

static uint16_t pick_member(const struct raft_membership *membership, struct sim_random *random)
{
    return membership->members[sim_random_below(random, membership->count)].id;
}

static size_t voter_count(const struct raft_membership *membership)
{
    size_t count = 0;

    for (size_t i = 0; i < membership->count; i++) {
        count += raft_membership_is_voter(membership, membership->members[i].id);
    }
    return count;
}

/* A member that is lost for good is replaced first; else the step is random. */
static void draw_step(struct world *world, struct sim_random *random,
                      const struct raft_membership *membership, struct raft_change_step *step)
{
    bool has_room = world->last_id + 1 < SIM_HOSTS_MAX;
    uint64_t which = sim_random_below(random, 6);

    step->id = pick_member(membership, random);
    step->kind = RAFT_CHANGE_PROMOTE;
    for (size_t i = 0; i < membership->count && has_room; i++) {
        const struct host *host = world->hosts[membership->members[i].id];

        if (host != NULL && host->gone) {
            step->old = host->id;
            step->kind = RAFT_CHANGE_REPLACE;
        }
    }
    if (step->kind == RAFT_CHANGE_REPLACE) {
        name_newcomer(world, step);
    } else if (has_room && which < 3 && voter_count(membership) < VOTERS_WANTED_MAX) {
        step->kind = which == 0 ? RAFT_CHANGE_ADD_LEARNER : RAFT_CHANGE_ADD;
        name_newcomer(world, step);
    } else if (which < 5 && voter_count(membership) > 1 &&
               member_changes_can_lose(world, 1U << step->id)) {
        step->kind = RAFT_CHANGE_REMOVE;
        world->leaving |= 1U << step->id;
    }
}

void member_changes_strike_churn(struct world *world, struct sim_random *random)
{
    struct host *host = pick_live(world, random);
    struct raft_change change = {.count = 1};
    struct raft_membership membership;

    if (host == NULL || raft_get_membership(host->core)->count == 0) {
        return;
    }
    membership = *raft_get_membership(host->core);
    draw_step(world, random, &membership, &change.steps[0]);
    STORY(world, host->id, "an administrator asks for change %u of node %u", change.steps[0].kind,
          change.steps[0].id);
    faults_hit(world, FAULT_CHURN, change.steps[0].id);
    host_change(host, &change);
}

void member_changes_strike_handover(struct world *world, struct sim_random *random)
{
    struct host *host = pick_live(world, random);
    struct raft_change change = {.count = 1, .steps[0].kind = RAFT_CHANGE_HANDOVER};

    if (host == NULL || raft_get_membership(host->core)->count == 0) {
        return;
    }
    if (sim_random_below(random, 2) == 0) {
        change.steps[0].id = pick_member(raft_get_membership(host->core), random);
    }
    STORY(world, host->id, "an administrator asks for a new leader, node %u", change.steps[0].id);
    faults_hit(world, FAULT_HANDOVER, change.steps[0].id != 0 ? change.steps[0].id : host->id);
    host_change(host, &change);
    if (raft_get_role(host->core) == RAFT_LEADER && sim_random_below(random, 2) == 0) {
        /* The old leader does not hear of the new one for some time. */
        net_deafen(world, host->id, world->now_us + 1000,
                   world->now_us + 1000 * (uint64_t)world->swarm.election_timeout_ms);
    }
}

void member_changes_retire(struct world *world, struct host *host)
{
    if (host->alive && raft_was_removed(host->core) && !host->gone) {
        STORY(world, host->id, "has been removed");
        host_crash(host, HOST_KILLED);
        host->gone = true;
    }
}

static bool has_quorum(const struct world *world, const struct raft_membership *membership,
                       uint32_t lost)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool there[RAFT_MEMBERS_MAX] = {0};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        uint16_t id = membership->members[i].id;

        there[i] = (lost >> id & 1) == 0 && world->hosts[id] != NULL && !world->hosts[id]->gone;
    }
    return membership->count == 0 ||
           raft_membership_tally(membership, answered, there) == RAFT_TALLY_WON;
}

/* The membership that may follow from this one by itself or because it was asked for: its learners
 * are voters, also those that are about to fail. */
static bool keeps_quorum(const struct world *world, const struct raft_membership *membership,
                         uint32_t lost)
{
    struct raft_membership promoted = *membership;

    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];
        struct raft_member *after = &promoted.members[i];

        if ((member->roles & RAFT_MEMBER_JOINING) != 0 ||
            ((member->roles & RAFT_MEMBER_LEARNER) != 0 && (lost >> member->id & 1) != 0)) {
            after->roles = RAFT_MEMBER_VOTER;
        }
    }
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].replaces != 0) {
            raft_membership_drop(&promoted, membership->members[i].replaces);
        }
    }
    return has_quorum(world, membership, lost) && has_quorum(world, &promoted, lost);
}

/* Members that were asked to leave may leave at any time: a change that is under way cannot be
 * taken back. */
bool member_changes_can_lose(struct world *world, uint32_t lost)
{
    lost |= world->leaving;
    if (!keeps_quorum(world, truth_membership(world), lost)) {
        return false;
    }
    for (uint16_t id = 1; id <= world->last_id; id++) {
        const struct host *host = world->hosts[id];

        if (host->gone) {
            continue;
        }
        /* A host that is down comes back with the membership that it had in force, or with the one
         * before it. */
        if (!keeps_quorum(world, host->alive ? raft_get_membership(host->core) : &host->membership,
                          lost)) {
            return false;
        }
    }
    return true;
}
