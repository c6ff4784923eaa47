/*
 * Damage at rest. See faults_disk.h.
 */
#include "sim/faults_disk.h"

#include <errno.h>

#include "sim/fs_damage.h"
#include "sim/fs_memory.h"

static void refuse(struct world *world, struct host *host, const struct fs_damage *damage)
{
    struct raftd_error error = {0};

    /* Not for another reason. */
    for (int i = 0; i < FS_MEMORY_OPERATIONS; i++) {
        fs_memory_fail(host->disk, (enum fs_memory_operation)i, 0, -EIO);
    }
    if (host_probe(host, &error) == 0) {
        world_fail(world, "damage is refused", "node %u starts, although %s", host->id,
                   damage->what);
        return;
    }
    STORY(world, host->id, "refuses to start, for good: %s", error.message);
    host->gone = true;
}

void faults_damage_disk(struct world *world, struct host *host, bool may_be_lost,
                        struct sim_random *random)
{
    struct fs_damage damage;

    if (host->alive) {
        host_crash(host, HOST_KILLED);
        world_plan(world, world->now_us + 1000 * world->swarm.election_timeout_ms, SIM_EVENT_START,
                   host->id, 0, host->life);
    }
    if (fs_damage_draw(host->disk, HOST_DIRECTORY, may_be_lost, random, &damage)) {
        STORY(world, host->id, "its disk is damaged: %s", damage.what);
        if (damage.is_fatal) {
            refuse(world, host, &damage);
        }
    }
}
