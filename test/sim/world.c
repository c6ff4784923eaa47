/*
 * Runs a world: all events of its queue, then the end in calm. See world.h.
 */
#include "sim/world.h"

#include <stdarg.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "sim/calm.h"
#include "sim/clients.h"
#include "sim/faults.h"
#include "sim/faults_directory.h"
#include "sim/faults_life.h"
#include "sim/faults_twin.h"
#include "sim/host.h"
#include "sim/member_changes.h"
#include "sim/net.h"
#include "sim/truth.h"

enum {
    STEPS_MAX = 50000000,
};

/* ---- beginning and end ---- */

/* Makes the hosts of the founders. The world founds the cluster, or they do so themselves. */
static void found(struct world *world)
{
    struct raft_membership *founders = memory_allocate_zeroed(1, sizeof(*founders));
    struct raft_membership *founding = memory_allocate(sizeof(*founding));

    for (uint16_t id = 1; id <= world->swarm.nodes; id++) {
        char address[32];
        int code;

        snprintf(address, sizeof(address), "node-%u:7381", id);
        code = raft_membership_add(founders, id, RAFT_MEMBER_VOTER, address);
        ASSERT(code == 0);
        world->hosts[id] = host_create(world, id);
    }
    world->last_id = world->swarm.nodes;
    world->founders = founders;
    *founding = *founders;
    founding->cluster_id = WORLD_CLUSTER_ID;
    for (size_t i = 0; i < founding->count && !world->swarm.unbound; i++) {
        founding->members[i].identity = world->hosts[founding->members[i].id]->new_identity;
    }
    truth_found(world, founders);
    if (world->swarm.asks) {
        memory_free(founding);
    } else {
        world->founding = founding;
        world->cluster_id = WORLD_CLUSTER_ID;
    }
    for (uint16_t id = 1; id <= world->swarm.nodes; id++) {
        if (world->swarm.asks && swarm_has(&world->swarm, FAULT_POWER) &&
            sim_random_below(&world->random, 4) == 0) {
            host_crash_in_recovery(world->hosts[id]);
        }
        if (!host_begin(world->hosts[id])) {
            world_plan(world, world->now_us + 1000 * (uint64_t)world->swarm.election_timeout_ms,
                       SIM_EVENT_START, id, 0, world->hosts[id]->life);
        }
    }
}

struct world *world_create(const struct swarm *swarm, FILE *story)
{
    struct world *world = memory_allocate_zeroed(1, sizeof(*world));

    world->swarm = *swarm;
    world->story = story;
    sim_log = story;
    sim_clock_begin(swarm->seed);
    world->random = sim_random_make(swarm->seed ^ 0x70ad);
    world->net = net_create();
    world->faults = faults_create(world);
    world->clients = clients_create(world);
    world->truth = truth_create(world);
    plant_set_buggify(swarm->seed,
                      swarm_has(swarm, FAULT_BUGGIFY) ? swarm->chance[FAULT_BUGGIFY] : 0);
    found(world);
    clients_start(world);
    faults_start(world);
    world_plan(world, swarm->faults_us, SIM_EVENT_CALM, 0, 0, 0);
    return world;
}

void world_destroy(struct world *world)
{
    sim_log = NULL;
    if (world->failure.failed) {
        world->story = NULL;
    }
    for (size_t id = 0; id < SIM_HOSTS_MAX; id++) {
        host_destroy(world->hosts[id]);
        world->hosts[id] = NULL;
    }
    net_destroy(world->net);
    faults_destroy(world->faults);
    clients_destroy(world->clients);
    truth_destroy(world->truth);
    sim_queue_free(&world->queue);
    memory_free(world->founders);
    memory_free(world->founding);
    plant_set_buggify(0, 0);
    memory_free(world);
}

void world_plan(struct world *world, uint64_t at_us, enum sim_event_type type, uint16_t a,
                uint16_t b, uint64_t c)
{
    sim_queue_push(
        &world->queue,
        (struct sim_event){.at_us = at_us, .type = (uint8_t)type, .a = a, .b = b, .c = c});
}

void world_fail(struct world *world, const char *invariant, const char *format, ...)
{
    struct sim_failure *failure = &world->failure;
    va_list arguments;

    if (failure->failed) {
        return;
    }
    failure->failed = true;
    failure->at_us = world->now_us;
    failure->step = world->step;
    snprintf(failure->invariant, sizeof(failure->invariant), "%s", invariant);
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof(failure->text), format, arguments);
    va_end(arguments);
    STORY(world, 0, "BROKEN: %s: %s", invariant, failure->text);
}

void world_tell(struct world *world, uint16_t id, const char *format, ...)
{
    va_list arguments;

    fprintf(world->story, "%4llu.%06llu  ", (unsigned long long)(world->now_us / 1000000),
            (unsigned long long)(world->now_us % 1000000));
    if (id == 0) {
        fprintf(world->story, "world   ");
    } else {
        fprintf(world->story, "node %u  ", id);
    }
    va_start(arguments, format);
    vfprintf(world->story, format, arguments);
    va_end(arguments);
    fputc('\n', world->story);
}

/* ---- events ---- */

static void handle(struct world *world, const struct sim_event *event)
{
    switch ((enum sim_event_type)event->type) {
    case SIM_EVENT_DELIVER:
        net_deliver(world, event->a, event->b);
        break;
    case SIM_EVENT_WIRE:
        net_on_wire(world, event);
        break;
    case SIM_EVENT_LINK_DOWN:
        net_on_link_down(world, event);
        break;
    case SIM_EVENT_CONNECT:
        net_on_connect(world, event);
        break;
    case SIM_EVENT_LATE_HELLO:
        net_on_late_hello(world, event);
        break;
    case SIM_EVENT_TWIN:
        faults_on_twin(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_TURN:
        host_on_turn(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_TIMER:
        host_on_timer(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_DISK:
        host_on_disk(world->hosts[event->a], event->b, event->c);
        break;
    case SIM_EVENT_SNAPSHOT:
        host_on_snapshot(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_START:
        host_on_start(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_REQUEST:
        clients_on_arrival(world, event->c);
        break;
    case SIM_EVENT_CLIENT:
        clients_on_turn(world, event->a, event->c);
        break;
    case SIM_EVENT_FAULT:
        faults_on_strike(world, (enum fault_class)event->a);
        break;
    case SIM_EVENT_HEAL:
        net_on_heal(world, event);
        break;
    case SIM_EVENT_UNLIMIT:
        faults_on_unlimit(world, event->a);
        break;
    case SIM_EVENT_SERVICE:
        faults_on_service(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_ASK:
        host_on_ask(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_RETURN:
        faults_on_return(world->hosts[event->a], event->c);
        break;
    case SIM_EVENT_OPERATE:
        member_changes_operate(world);
        break;
    case SIM_EVENT_CALM:
        calm_begin(world);
        break;
    case SIM_EVENT_TYPES:
    default:
        ASSERT(event->type < SIM_EVENT_TYPES);
    }
}

bool world_step(struct world *world, uint64_t until_us)
{
    struct sim_event event;

    if (world->queue.count == 0 || world->queue.heap[0].at_us > until_us) {
        world->now_us = until_us;
        sim_clock_us = until_us;
        return false;
    }
    sim_queue_pop(&world->queue, &event);
    world->now_us = event.at_us > world->now_us ? event.at_us : world->now_us;
    sim_clock_us = world->now_us;
    world->step++;
    handle(world, &event);
    return true;
}

void world_run(struct world *world)
{
    struct sim_event event;

    while (!world->done && !world->failure.failed && sim_queue_pop(&world->queue, &event)) {
        ASSERT(event.at_us >= world->now_us);
        world->now_us = event.at_us;
        sim_clock_us = event.at_us;
        world->step++;
        world_mix(world, sim_mix(event.at_us, event.type));
        handle(world, &event);
        if (world->calm && world->step % 16 == 0) {
            calm_check(world);
        }
        if (world->step > STEPS_MAX) {
            world_fail(world, "bounded work", "%d events, and no end", STEPS_MAX);
        }
    }
    if (!world->done && !world->failure.failed) {
        world_fail(world, "bounded work", "nothing is left to happen");
    }
}
