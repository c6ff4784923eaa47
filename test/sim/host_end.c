/*
 * The end of a host's process: it is killed, loses its power, or stops in an orderly way after it
 * has drained. See host.h.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "sim/clients.h"
#include "sim/faults_rot.h"
#include "sim/host.h"
#include "sim/net.h"

/* ---- at once ---- */

static void forget_input(struct host *host)
{
    for (size_t i = 0; i < host->inbox_count; i++) {
        if (host->inbox[i].message != NULL) {
            wire_message_free(host->inbox[i].message);
        }
        memory_free(host->inbox[i].snapshot);
    }
    host->inbox_count = 0;
    for (size_t i = 0; i < host->asked_count; i++) {
        clients_on_crash(host->world, host->asked[i], false);
    }
    host->asked_count = 0;
    raft_entry_release(host->change);
    host->change = NULL;
}

/* What is left when the disk and the worker have ended. */
static void end_process(struct host *host)
{
    host->alive = false;
    host->turn_planned = false;
    forget_input(host);
    host_drop_turn(host);
    faults_end_rot(host);
    host->log_is_damaged = false;
    if (host->stand_in == HOST_GENUINE) {
        host->membership = *raft_get_membership(host->core);
    }
    host_asking_end(host);
    member_destroy(host->member);
    host->member = NULL;
    host->core = NULL;
    kv_destroy(host->kv);
    host->kv = NULL;
    net_host_ended(host->world, host->id);
}

void host_crash(struct host *host, enum host_end end)
{
    ASSERT(host->alive);
    world_see(host->world, end == HOST_KILLED ? SEEN_KILL : SEEN_POWER_CUT);
    STORY(host->world, host->id, end == HOST_KILLED ? "is killed" : "loses its power");
    world_mix(host->world, (uint64_t)end);
    host->alive = false;
    host_disk_crash(host, end);
    end_process(host);
}

/* ---- orderly ---- */

void host_drain(struct host *host, uint64_t until_us)
{
    STORY(host->world, host->id, "is asked to stop");
    world_see(host->world, SEEN_STOP);
    host->is_draining = true;
    host->drain_until_us = until_us;
    member_drain(host->member);
    host_plan_turn(host);
}

static void stop(struct host *host)
{
    host->is_draining = false;
    STORY(host->world, host->id, "stops");
    host_last_turn(host);
    if (host->world->failure.failed) {
        return;
    }
    host->alive = false;
    host_disk_stop(host);
    end_process(host);
    world_plan(host->world, host->world->now_us + 1000 * host->world->swarm.election_timeout_ms,
               SIM_EVENT_START, host->id, 0, host->life);
}

void host_follow_draining(struct host *host)
{
    if (!host->alive || !host->is_draining || host->held.is_there) {
        return;
    }
    host->is_drained = member_is_drained(host->member);
    if (host->is_drained) {
        world_see(host->world, SEEN_DRAINED);
    }
    if (host->is_drained || host->world->now_us >= host->drain_until_us) {
        stop(host);
    }
}
