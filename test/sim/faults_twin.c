/*
 * A second process on a copy of a member's directory; see faults_twin.h.
 */
#include "sim/faults_twin.h"

#include "kv/kv.h"
#include "member/recovery.h"
#include "peer/hello.h"
#include "sim/faults_directory.h"
#include "sim/faults_life.h"
#include "sim/faults_roles.h"
#include "sim/host.h"
#include "sim/member_changes.h"
#include "sim/net.h"

enum { TWIN_TIMEOUTS = 20, DIAL_MS_MAX = 200 };

static void plan(struct host *host, struct sim_random *random)
{
    world_plan(host->world, host->world->now_us + 1000 * sim_random_between(random, 1, DIAL_MS_MAX),
               SIM_EVENT_TWIN, host->id, 0, host->twin_use);
}

/* Starts on a copy, as the daemon does, up to the point where it knows its log. False: the disk
 * does not allow it. */
static bool start(struct host *host, uint64_t process_id)
{
    struct world *world = host->world;
    struct host twin = {.world = world, .id = host->id};
    struct recovery_options options;
    struct recovered recovered = {0};
    struct raftd_error error;
    int code;

    twin.disk = fs_memory_copy(host->copy, sim_random_next(&world->random));
    twin.kv = kv_create(sim_random_next(&world->random));
    twin.machine = kv_state_machine(twin.kv);
    host_recovery_options(&twin, &options);
    options.log_found = NULL;
    code = recovery_identify(&options, 1, &twin.identity, &error);
    code = code == 0 ? recovery_run(&options, &twin.identity, NULL, &recovered, &error) : code;
    host->twin =
        (struct link_shared){.self_id = host->id,
                             .cluster_id = twin.identity.cluster_id,
                             .boot_count = twin.identity.boot_count,
                             .identity = twin.identity.identity,
                             .process_id = process_id,
                             .term = recovered.log.term,
                             .last_index = recovered.log.base_index + recovered.log.entry_count};
    fs_memory_die(twin.disk);
    recovery_free(&recovered);
    kv_destroy(twin.kv);
    fs_memory_destroy(twin.disk);
    return code == 0;
}

/* Whether somebody takes the member for lost, or will: by the proof or by a mark in a log, also in
 * one that is set aside while there is a stand-in. */
static bool is_condemned(const struct world *world, uint16_t id)
{
    for (uint16_t i = 1; i <= world->last_id; i++) {
        const struct host *host = world->hosts[i];
        const struct host_link *link = &host->links[id];
        bool is_there = host->alive && host->stand_in == HOST_GENUINE;
        const struct raft_membership *membership =
            is_there ? raft_get_membership(host->core) : &host->membership;

        if (i != id && ((is_there && (link->proof_against != 0 || link->gave_proof)) ||
                        raft_membership_is_lost(membership, id))) {
            return true;
        }
    }
    return false;
}

static void end(struct host *host)
{
    struct world *world = host->world;

    STORY(world, host->id, "its twin ends");
    host->has_twin = false;
    world->set_back_count -= !host->twin_is_whole;
    if (host->gone || !is_condemned(world, host->id)) {
        return;
    }
    STORY(world, host->id, "is taken for lost because of its twin");
    world_see(world, SEEN_TWIN_MARK);
    if (host->alive) {
        host_crash(host, HOST_KILLED);
    }
    host->gone = true;
    host->is_lost = true;
}

void faults_end_twins(struct world *world)
{
    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (world->hosts[id]->has_twin) {
            end(world->hosts[id]);
        }
    }
}

static void dial(struct host *host, struct host *other)
{
    struct wire_hello hello;

    if (!host_is_alive(other) || !net_reaches(host->world, host->id, other->id) ||
        (host->twin_is_whole && !net_lives(host->world, host->id, other->id))) {
        return;
    }
    world_see(host->world, SEEN_TWIN_HELLO);
    hello_make(&hello, &host->twin, other->id, NULL);
    if (host_hear_hello(other, host->id, &hello)) {
        world_fail(host->world, "lost, old and strange directories are kept out",
                   "node %u accepts a second process on a copy of the directory of node %u",
                   other->id, host->id);
    }
}

bool faults_greet_as_twin(struct host *host, uint64_t process_id)
{
    if (!start(host, process_id)) {
        return false;
    }
    host->twin_is_whole = true;
    for (uint16_t id = (uint16_t)(host->id + 1); id <= host->world->last_id; id++) {
        dial(host, host->world->hosts[id]);
    }
    return true;
}

void faults_on_twin(struct host *host, uint64_t use)
{
    struct world *world = host->world;

    if (!host->has_twin || host->twin_use != use) {
        return;
    }
    if (world->now_us >= host->twin_until_us) {
        end(host);
        return;
    }
    for (uint16_t id = (uint16_t)(host->id + 1); id <= world->last_id; id++) {
        dial(host, world->hosts[id]);
        if (!host->twin_is_whole && !world->failure.failed &&
            sim_random_below(&world->random, 2) == 0) {
            net_reset(world, host->id, id); /* the next hello may find the member without one */
        }
    }
    if ((host->twin_is_behind || host->twin_is_whole) && sim_random_below(&world->random, 4) == 0) {
        host->twin.boot_count++;
        host->twin.process_id = sim_random_next(&world->random);
    }
    plan(host, &world->random);
}

void faults_twin(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, true);
    uint64_t for_us =
        faults_draw_us(random, TWIN_TIMEOUTS * (uint64_t)world->swarm.election_timeout_ms);
    bool is_older;
    bool is_kept_out;

    if (!faults_has_directory(host) || host->id == world->last_id) {
        return;
    }
    if (host->copy == NULL || sim_random_below(random, 8) == 0) {
        faults_copy_directory(world, host, random);
        return;
    }
    if (!start(host, sim_random_next(random))) {
        return;
    }
    is_older = host->copy_boot_count < host->identity.boot_count;
    is_kept_out = faults_is_remembered(world, host, is_older ? NULL : &host->twin);
    host->twin_is_whole = !is_kept_out || !member_changes_can_lose(world, 1U << host->id);
    if (host->twin_is_whole && sim_random_below(random, 4) != 0) {
        return; /* else there would be few of the others */
    }
    host->twin_is_behind = is_kept_out && faults_is_remembered(world, host, &host->twin);
    STORY(world, host->id, "a second process runs on a copy of its directory%s",
          host->twin_is_whole ? ", and dials those with which it is connected" : "");
    faults_hit(world, FAULT_TWIN, host->id);
    world_see(world, host->twin_is_whole ? SEEN_TWIN_WHOLE : SEEN_TWIN);
    host->has_twin = true;
    host->may_be_marked = host->may_be_marked || !host->twin_is_whole;
    host->twin_use++;
    host->twin_until_us = world->now_us + for_us;
    world->set_back_count += !host->twin_is_whole;
    plan(host, random);
}
