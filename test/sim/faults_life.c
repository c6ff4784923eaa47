/*
 * Faults in the life of processes, and what their operators do; see faults_life.h.
 */
#include "sim/faults_life.h"

#include "sim/faults_roles.h"
#include "sim/member_changes.h"

void faults_stop(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, true);
    uint64_t for_us = faults_draw_us(random, 8 * (uint64_t)world->swarm.election_timeout_ms);

    if (host != NULL && !host->is_draining) {
        faults_hit(world, FAULT_STOP, host->id);
        host_drain(host, world->now_us + for_us);
    }
}

/* ---- service ---- */

void faults_service(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, true);
    bool takes_part = sim_random_below(random, 4) == 0;
    uint64_t for_us = faults_draw_us(random, 8 * (uint64_t)world->swarm.election_timeout_ms);

    if (host == NULL) {
        return;
    }
    STORY(world, host->id, takes_part ? "serves no clients" : "is out of service");
    world_see(world, SEEN_OUT_OF_SERVICE);
    faults_hit(world, FAULT_SERVICE, host->id);
    host->takes_part = takes_part;
    host->serves = false;
    host_plan_turn(host);
    world_plan(world, world->now_us + for_us, SIM_EVENT_SERVICE, host->id, 0, ++host->service);
}

void faults_on_service(struct host *host, uint64_t service)
{
    if (host->alive && host->service == service) {
        STORY(host->world, host->id, "is in service again");
        host->takes_part = true;
        host->serves = true;
        host_plan_turn(host);
    }
}

/* ---- suspends ---- */

/* The clock of a suspended machine stands still. The clock that raftd uses counts the time of a
 * suspend (CLOCK_BOOTTIME), but not that in which a hypervisor has stopped the machine. */
static void suspend(struct host *host, uint64_t for_us)
{
    uint64_t until_us = host->world->now_us + for_us;
    uint64_t from_us =
        host->stands_until_us > host->world->now_us ? host->stands_until_us : host->world->now_us;
    uint64_t stands_ms;

    STORY(host->world, host->id, "is suspended for %llu ms", (unsigned long long)(for_us / 1000));
    if (until_us <= from_us) {
        return;
    }
    stands_ms = (until_us - from_us) / 1000 * host->clock_rate / 1000000;
    if (host->clock_offset_ms > stands_ms) {
        faults_hit(host->world, FAULT_SUSPEND, host->id);
        host->clock_offset_ms -= stands_ms;
        host->stands_until_us = until_us;
        host_pause(host, until_us);
    }
}

/* The clock goes on now, and not when the suspend would have ended. */
static void resume(struct host *host)
{
    uint64_t now_us = host->world->now_us;

    if (host->stands_until_us > now_us) {
        /* Rounded up, and at the rate of this clock: a clock never goes back. */
        host->clock_offset_ms +=
            ((host->stands_until_us - now_us) / 1000 + 1) * host->clock_rate / 1000000 + 1;
        host->stands_until_us = 0;
    }
}

void faults_resume(struct world *world)
{
    world->suspended_until_us = 0;
    for (uint16_t id = 1; id <= world->last_id; id++) {
        resume(world->hosts[id]);
    }
}

/*
 * The lease of a leader whose clock alone stands still outlives the promises of the others; nothing
 * in raftd can notice that, and the manual says so. All other suspends have to be harmless.
 */
void faults_suspend(struct world *world, struct sim_random *random)
{
    uint64_t for_us = faults_draw_us(random, 8 * (uint64_t)world->swarm.election_timeout_ms);
    struct host *host = faults_pick(world, random, true);

    if (sim_random_below(random, 2) == 0) {
        world_see(world, SEEN_SUSPEND_ALL);
        if (world->suspended_until_us < world->now_us + for_us) { /* not shorter than before */
            world->suspended_until_us = world->now_us + for_us;
        }
        for (uint16_t id = 1; id <= world->last_id; id++) {
            if (world->hosts[id]->alive) {
                suspend(world->hosts[id], for_us);
            }
        }
    } else if (host != NULL && raft_get_role(host->core) != RAFT_LEADER) {
        world_see(world, SEEN_SUSPEND);
        suspend(host, for_us);
    }
}

/* ---- full disks ---- */

/* Any number of disks is nearly full, or filled by others when their nodes hold their reserve.
 * Nothing at all is left only on a minority: without room for the first entry of a term no cluster
 * can go on. */
void faults_fill_disks(struct world *world, struct sim_random *random)
{
    static const enum host_room rooms[] = {HOST_ROOM_ENOUGH, HOST_ROOM_LOW, HOST_ROOM_NONE,
                                           HOST_ROOM_EXHAUSTED, HOST_ROOM_FILLED};
    uint32_t exhausted = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        exhausted |= world->hosts[id]->in_trouble ? 1U << id : 0;
    }
    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];
        enum host_room room = rooms[sim_random_below(random, sizeof(rooms) / sizeof(rooms[0]))];

        if (room == HOST_ROOM_FILLED && !host_disk_holds_all(host)) {
            room = HOST_ROOM_NONE;
        }
        if (room == HOST_ROOM_EXHAUSTED) {
            exhausted |= 1U << id;
            if (!host->in_trouble && !member_changes_can_lose(world, exhausted)) {
                exhausted &= ~(1U << id);
                room = HOST_ROOM_NONE;
            }
        }
        if (room != HOST_ROOM_ENOUGH) {
            faults_hit(world, FAULT_FULL, id);
        }
        STORY(world, id, "room on its disk is now of kind %d", (int)room);
        host_set_room(host, room);
    }
}

void faults_free_disks(struct world *world)
{
    for (uint16_t id = 1; id <= world->last_id; id++) {
        host_set_room(world->hosts[id], HOST_ROOM_ENOUGH);
    }
}
