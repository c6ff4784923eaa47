/*
 * Data directories that are lost, set back, or of an earlier cluster; see faults_directory.h.
 */
#include "sim/faults_directory.h"

#include <string.h>

#include "base/assert.h"
#include "member/recovery.h"
#include "sim/faults_life.h"
#include "sim/faults_roles.h"
#include "sim/host.h"
#include "sim/member_changes.h"
#include "sim/net.h"
#include "sim/truth.h"

#define FORMER_CLUSTER_ID ((uint64_t)0xf00d)

enum { STAND_IN_TIMEOUTS = 10 }; /* the longest time of a stand-in */

static uint64_t draw_time_us(const struct world *world, struct sim_random *random)
{
    return faults_draw_us(random, STAND_IN_TIMEOUTS * (uint64_t)world->swarm.election_timeout_ms);
}

bool faults_has_directory(const struct host *host)
{
    return host != NULL && !host->gone && host->stand_in == HOST_GENUINE &&
           host->identity.boot_count > 0 && !host->snapshot_damaged && !host->log_is_damaged &&
           host->rot.mask == 0 && !host->lacks_log && !host->has_twin;
}

/* ---- beginning and end of a stand-in ---- */

void faults_stand_in(struct host *host, enum host_stand_in kind, struct fs_memory *disk,
                     bool returns, uint64_t for_us)
{
    struct world *world = host->world;

    if (host->alive) {
        host_crash(host, HOST_KILLED);
    }
    host_asking_end(host);
    net_forget(world, host->id);
    if (returns) {
        host->own_disk = host->disk;
    } else {
        fs_memory_destroy(host->disk);
    }
    host->disk = disk;
    host->stand_in = kind;
    host->is_behind = false;
    host->life = 0;
    world->set_back_count += kind == HOST_SET_BACK;
    STORY(world, host->id, "its directory is now %s", host_stand_in_name(host));
    world_plan(world, world->now_us + for_us, SIM_EVENT_RETURN, host->id, 0, ++host->stand_in_use);
    if (!host_begin(host) && !world->failure.failed) {
        world_plan(world, world->now_us + 1000 * (uint64_t)world->swarm.election_timeout_ms,
                   SIM_EVENT_START, host->id, 0, host->life);
    }
}

void faults_end_stand_in(struct host *host)
{
    struct world *world = host->world;

    if (host->alive) {
        host_crash(host, HOST_KILLED);
    }
    host_asking_end(host);
    net_forget(world, host->id);
    world->set_back_count -= host->stand_in == HOST_SET_BACK;
    if (host->stand_in == HOST_FORMER) {
        host->former_disk = host->disk;
    } else {
        fs_memory_destroy(host->disk);
    }
    host->disk = NULL;
    host->stand_in = HOST_GENUINE;
    host->life = 0;
    if (host->own_disk != NULL) {
        STORY(world, host->id, "its own directory is brought back");
        world_see(world, SEEN_BROUGHT_BACK);
        host->disk = host->own_disk;
        host->own_disk = NULL;
        world_plan(world, world->now_us + 1, SIM_EVENT_START, host->id, 0, host->life);
    } else {
        STORY(world, host->id, "its directory is lost for good");
        host->disk = fs_memory_create(0);
        host->gone = true;
        host->is_lost = true;
    }
}

void faults_on_return(struct host *host, uint64_t use)
{
    if (host->stand_in != HOST_GENUINE && host->stand_in_use == use) {
        faults_end_stand_in(host);
    }
}

void faults_end_stand_ins(struct world *world)
{
    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (world->hosts[id]->stand_in != HOST_GENUINE) {
            faults_end_stand_in(world->hosts[id]);
        }
    }
}

/* A stand-in that starts again has a newer count of starts. */
bool faults_may_start(const struct world *world, const struct host *host)
{
    if (host->stand_in == HOST_SET_BACK) {
        return host->is_behind;
    }
    return world->set_back_count == 0 || host->stand_in != HOST_GENUINE;
}

/* A random host that is alive, more often a learner than its share: learners are few, and live for
 * a short time. */
static struct host *pick_live(struct world *world, struct sim_random *random)
{
    bool wants_learner = sim_random_below(random, 3) == 0;

    for (uint16_t id = world->last_id; wants_learner && id > 0; id--) {
        struct host *host = world->hosts[id];

        if (host_is_alive(host) && host->stand_in == HOST_GENUINE &&
            raft_get_role(host->core) == RAFT_LEARNER) {
            return host;
        }
    }
    return faults_pick(world, random, true);
}

/* ---- lost ---- */

/* A learner that is bound to no directory yet has acknowledged nothing: it may come again with a
 * new one. */
static bool is_bound(const struct world *world, const struct host *host)
{
    const struct raft_membership *membership = truth_membership(world);
    const struct raft_member *member = raft_membership_find(membership, host->id);

    return member != NULL &&
           (member->identity != 0 || raft_membership_is_voter(membership, host->id));
}

/* The node starts again under its old configuration: it has forgotten its votes and what it
 * acknowledged. At most so many are lost that the others are still a majority. */
void faults_wipe(struct world *world, struct sim_random *random)
{
    struct host *host = sim_random_below(random, 2) == 0 ? pick_live(world, random)
                                                         : faults_pick(world, random, false);

    if (!faults_has_directory(host) || !is_bound(world, host) ||
        !member_changes_can_lose(world, 1U << host->id)) {
        return;
    }
    faults_hit(world, FAULT_WIPE, host->id);
    world_see(world, SEEN_WIPE);
    host_draw_identity(host);
    /* A node that is alone in [peers] founds whenever its directory is empty. */
    host->joins = host->id > world->swarm.nodes || world->swarm.nodes == 1 ||
                  sim_random_below(random, 2) == 0;
    faults_stand_in(host, HOST_EMPTIED, fs_memory_create(sim_random_next(random)), false,
                    draw_time_us(world, random));
}

/* ---- set back ---- */

/* A copy under the configuration of another node is refused at once. */
static void try_as_other(struct world *world, const struct host *host, struct sim_random *random)
{
    struct host other = {.world = world, .id = (uint16_t)(host->id + 1)};
    struct recovery_options options;
    struct directory_identity identity;
    struct raftd_error error;

    other.disk = fs_memory_copy(host->copy, sim_random_next(random));
    host_recovery_options(&other, &options);
    if (recovery_identify(&options, 1, &identity, &error) != RAFTD_ERROR_REFUSED) {
        world_fail(world, "lost, old and strange directories are kept out",
                   "node %u starts on a copy of the directory of node %u", other.id, host->id);
    }
    world_see(world, SEEN_COPY_REFUSED);
    fs_memory_destroy(other.disk);
}

void faults_copy_directory(struct world *world, struct host *host, struct sim_random *random)
{
    STORY(world, host->id, "its directory is copied");
    fs_memory_destroy(host->copy);
    host->copy = fs_memory_copy(host->disk, sim_random_next(random));
    fs_memory_power_cut(host->copy, FS_MEMORY_LOSE_NONE);
    host->copy_boot_count = host->identity.boot_count;
    try_as_other(world, host, random);
}

bool faults_is_remembered(const struct world *world, const struct host *host,
                          const struct link_shared *log)
{
    for (uint16_t id = 1; id <= world->last_id; id++) {
        const struct host *other = world->hosts[id];
        bool is_member = raft_membership_find(&host->members, id) != NULL;

        if (other == host || (!is_member && !other->alive)) {
            continue;
        }
        if (other->stand_in != HOST_GENUINE ||
            !(log != NULL ? host_remembers_more(other, host->id, log->term, log->last_index)
                          : host_remembers(other, host))) {
            return false;
        }
    }
    return true;
}

/* Whether the host has a quorum of the members in its log by itself. */
static bool is_quorum_alone(const struct host *host)
{
    const struct raft_membership *membership = raft_get_membership(host->core);
    bool answered[RAFT_MEMBERS_MAX];
    bool granted[RAFT_MEMBERS_MAX] = {0};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        granted[i] = membership->members[i].id == host->id;
    }
    return raft_membership_tally(membership, answered, granted) == RAFT_TALLY_WON;
}

void faults_give_up(struct host *host)
{
    fs_memory_destroy(host->own_disk);
    host->own_disk = NULL;
    host->is_behind = true;
    host->may_be_marked = true;
}

/*
 * The stand-in has started. All others refuse it because of its count of starts, and it does not
 * start again; or because of its log, whatever the count.
 */
static bool is_kept_out(struct host *host, bool is_older, bool can_lose)
{
    struct world *world = host->world;
    bool is_behind = host->alive && can_lose && faults_is_remembered(world, host, &host->shared);

    if (is_behind && (!is_older || sim_random_below(&world->random, 2) == 0)) {
        faults_give_up(host);
        world_see(world, SEEN_SET_BACK_BEHIND);
        return true;
    }
    return is_older && host->alive;
}

void faults_set_back(struct world *world, struct sim_random *random)
{
    struct host *host = pick_live(world, random);
    bool can_lose;
    bool is_older;

    /* Two at once would be more than what is promised: a node that was set back has forgotten what
     * it knew of the other one. */
    if (!faults_has_directory(host) || world->set_back_count > 0) {
        return;
    }
    if (host->copy == NULL || sim_random_below(random, 8) == 0) {
        faults_copy_directory(world, host, random);
        return;
    }
    is_older = host->copy_boot_count < host->identity.boot_count;
    can_lose = member_changes_can_lose(world, 1U << host->id);
    if ((!is_older && !can_lose) || !faults_is_remembered(world, host, NULL)) {
        return;
    }
    faults_hit(world, FAULT_SET_BACK, host->id);
    world_see(world, SEEN_SET_BACK);
    faults_stand_in(host, HOST_SET_BACK, fs_memory_copy(host->copy, sim_random_next(random)), true,
                    draw_time_us(world, random));
    if (!is_kept_out(host, is_older, can_lose) || is_quorum_alone(host)) {
        faults_end_stand_in(host);
    } else if (host->own_disk != NULL && can_lose && sim_random_below(random, 2) == 0) {
        fs_memory_destroy(host->own_disk);
        host->own_disk = NULL;
    }
}

/* ---- an earlier cluster ---- */

void faults_found_former(struct host *host, struct sim_random *random)
{
    struct raft_membership founders = *host->world->founders;
    uint64_t digest = founding_digest("", &founders);
    struct host former = {.world = host->world, .id = host->id};
    struct recovery_options options;
    struct directory_identity identity;
    struct raftd_error error;
    uint64_t own = 0;
    int code;

    if (host->former_disk != NULL) {
        return;
    }
    for (size_t i = 0; i < founders.count; i++) {
        founders.members[i].identity =
            sim_mix(host->world->swarm.seed, 8000 + (uint64_t)founders.members[i].id) | 1;
        own = founders.members[i].id == host->id ? founders.members[i].identity : own;
    }
    former.disk = fs_memory_create(sim_random_next(random));
    host_recovery_options(&former, &options);
    code = recovery_identify(&options, own, &identity, &error);
    code = code == 0
               ? recovery_decide(&options, &identity, FORMER_CLUSTER_ID, &founders, digest, &error)
               : code;
    ASSERT(code == 0);
    host->former_disk = former.disk;
}

/* Some of the machines, perhaps all, run what they ran before the cluster was founded anew. */
void faults_former(struct world *world, struct sim_random *random)
{
    uint64_t for_us = draw_time_us(world, random);
    uint64_t chance = sim_random_between(random, 1, 4);

    for (uint16_t id = 1; id <= world->swarm.nodes; id++) {
        struct host *host = world->hosts[id];

        if (!faults_has_directory(host) || sim_random_below(random, 4) >= chance) {
            continue;
        }
        faults_found_former(host, random);
        faults_hit(world, FAULT_FORMER, host->id);
        world_see(world, SEEN_FORMER);
        faults_stand_in(host, HOST_FORMER, host->former_disk, true, for_us);
        host->former_disk = NULL;
    }
}
