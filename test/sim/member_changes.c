/*
 * The administrators of a simulated world; see member_changes.h.
 */
#include "sim/member_changes.h"

#include <string.h>

#include "base/assert.h"
#include "sim/faults_life.h"
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
        struct host *host = world->hosts[id];

        if (host_is_alive(host) && host->stand_in == HOST_GENUINE &&
            raft_get_leader(host->core) != 0) {
            found[count++] = host;
        }
    }
    return count > 0 ? found[sim_random_below(random, count)] : NULL;
}

static struct host *add_host(struct world *world)
{
    uint16_t id = ++world->last_id;

    world->hosts[id] = host_create(world, id);
    world->hosts[id]->joins = true;
    STORY(world, id, "is there, with an empty disk");
    return world->hosts[id];
}

static void name_newcomer(struct raft_change_step *step, uint16_t id)
{
    step->id = id;
    snprintf(step->address, sizeof(step->address), "node-%u:7381", id);
}

/* It starts now, or some time after the change was asked for. */
static void add_newcomer(struct world *world, struct sim_random *random,
                         struct raft_change_step *step)
{
    struct host *host = add_host(world);
    uint64_t after_us =
        1000 * sim_random_below(random, 4 * (uint64_t)world->swarm.election_timeout_ms);

    name_newcomer(step, host->id);
    world_plan(world, world->now_us + after_us, SIM_EVENT_START, host->id, 0, host->life);
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
        add_newcomer(world, random, step);
    } else if (has_room && which < 3 && voter_count(membership) < VOTERS_WANTED_MAX) {
        step->kind = which == 0 ? RAFT_CHANGE_ADD_LEARNER : RAFT_CHANGE_ADD;
        add_newcomer(world, random, step);
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
    if (host->alive && host->stand_in == HOST_GENUINE && raft_was_removed(host->core) &&
        !host->gone) {
        STORY(world, host->id, "has been removed");
        host_crash(host, HOST_KILLED);
        host->gone = true;
    }
}

/* Whether the directory of this host never comes back. */
static bool is_lost(const struct host *host)
{
    return host == NULL || host->gone || host->has_twin ||
           (host->stand_in != HOST_GENUINE && host->own_disk == NULL);
}

/* ---- lost members ---- */

struct host *member_changes_lost(const struct world *world)
{
    const struct raft_membership *membership = truth_membership(world);

    /* The newest first: it may be a learner that was to replace an older one. */
    for (size_t i = membership->count; i-- > 0 && world->operates;) {
        struct host *host = world->hosts[membership->members[i].id];

        if (host != NULL && host->is_lost) {
            return host;
        }
    }
    return NULL;
}

/* Whether the newcomer is a member already, and takes the place of the lost one. It starts when it
 * is a member. */
static bool is_replacing(struct world *world, struct host *newcomer, const struct host *lost)
{
    const struct raft_member *member =
        raft_membership_find(truth_membership(world), world->newcomer);

    if (member == NULL) {
        return false;
    }
    if (!newcomer->alive && newcomer->asking.what == HOST_ASKS_NOTHING) {
        host_begin(newcomer);
    }
    return member->replaces == lost->id;
}

/* A learner is removed, a voter replaced under a new id, as long as there is one. */
static void draw_remedy(struct world *world, const struct host *lost, struct raft_change_step *step)
{
    const struct raft_membership *membership = truth_membership(world);
    struct host *newcomer = world->hosts[world->newcomer];

    if (!raft_membership_is_voter(membership, lost->id) || world->last_id + 1 >= SIM_HOSTS_MAX) {
        *step = (struct raft_change_step){.kind = RAFT_CHANGE_REMOVE, .id = lost->id};
        return;
    }
    if (newcomer == NULL || raft_membership_find(membership, newcomer->id) != NULL) {
        newcomer = add_host(world);
        world->newcomer = newcomer->id;
    }
    *step = (struct raft_change_step){.kind = RAFT_CHANGE_REPLACE, .old = lost->id};
    name_newcomer(step, newcomer->id);
}

/* Whether somebody has told a member that this one has lost data. Then the log marks it before an
 * operator looks. */
static bool is_mark_due(const struct world *world, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(truth_membership(world), id);

    for (uint16_t i = 1; i <= world->last_id && member->identity != RAFT_IDENTITY_LOST; i++) {
        const struct host *host = world->hosts[i];

        if (host_is_alive(host) && host->links[id].exists && host->links[id].gave_proof) {
            return true;
        }
    }
    return false;
}

void member_changes_operate(struct world *world)
{
    const struct host *lost = member_changes_lost(world);
    struct raft_change change = {.count = 1};
    struct host *leader = faults_find_leader(world);

    if (world->done || lost == NULL) {
        return;
    }
    world_plan(world, world->now_us + 2000 * (uint64_t)world->swarm.election_timeout_ms,
               SIM_EVENT_OPERATE, 0, 0, 0);
    if (is_replacing(world, world->hosts[world->newcomer], lost) || leader == NULL ||
        is_mark_due(world, lost->id)) {
        return;
    }
    draw_remedy(world, lost, &change.steps[0]);
    STORY(world, leader->id, "an operator asks for change %u of node %u; node %u is lost",
          change.steps[0].kind, change.steps[0].id, lost->id);
    world_see(world, SEEN_OPERATED);
    host_change(leader, &change);
}

/* ---- what may be lost ---- */

static bool has_quorum(const struct world *world, const struct raft_membership *membership,
                       uint32_t lost)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool there[RAFT_MEMBERS_MAX] = {0};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        uint16_t id = membership->members[i].id;

        there[i] = (lost >> id & 1) == 0 && !is_lost(world->hosts[id]);
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
    for (uint16_t id = 1; id <= world->last_id; id++) {
        lost |= world->hosts[id]->lacks_log ? 1U << id : 0;
    }
    if (!keeps_quorum(world, truth_membership(world), lost)) {
        return false;
    }
    for (uint16_t id = 1; id <= world->last_id; id++) {
        const struct host *host = world->hosts[id];

        if (is_lost(host)) {
            continue;
        }
        /* A host that is down comes back with the membership that it had in force, or with the one
         * before it. */
        if (!keeps_quorum(world,
                          host->alive && host->stand_in == HOST_GENUINE
                              ? raft_get_membership(host->core)
                              : &host->membership,
                          lost)) {
            return false;
        }
    }
    return true;
}
