/*
 * The end of a world in calm; see calm.h.
 */
#include "sim/calm.h"

#include "base/plant.h"
#include "sim/clients.h"
#include "sim/faults.h"
#include "sim/faults_life.h"
#include "sim/host.h"
#include "sim/huge.h"
#include "sim/truth.h"
#include "sim/watchdog.h"

enum {
    CALM_COMMIT_TIMEOUTS =
        10, /* election time-outs until something is committed, after the faults have ended */
    CALM_CONVERGE_TIMEOUTS = 100, /* and until all hosts have the same state, or come nearer */
    CALM_PROGRESS_TIMEOUTS = 10,  /* and from then on, until they have come nearer again */
    CALM_LOST_TIMEOUTS = 20,    /* the same without a majority: so long no promise may be broken */
    CALM_REQUESTS_TIMEOUTS = 5, /* so long clients go on */
    FULL_TIMEOUTS = 10,         /* each half of the time with full disks */
};

/*
 * The time that all the bytes need which a node may lack: the state twice, and the entries of the
 * windows. 0 without a bandwidth.
 */
static uint64_t transfer_us(const struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    uint64_t value =
        swarm->large_bytes > swarm->value_bytes_max ? swarm->large_bytes : swarm->value_bytes_max;
    uint64_t bytes = 4 * (uint64_t)swarm->keys * value + 4 * (uint64_t)swarm->max_inflight_bytes +
                     2 * (uint64_t)swarm->max_uncommitted_bytes +
                     2 * (uint64_t)swarm->huge_bytes * (swarm->huge_count + 1);

    return swarm->bandwidth != 0 ? 1000 * bytes / swarm->bandwidth : 0;
}

/* With a clock that runs slow, a time-out takes longer in virtual time. */
static uint64_t timeouts_us(const struct world *world, uint64_t count)
{
    return 1053 * count * world->swarm.election_timeout_ms + transfer_us(world);
}

/* The time in which all hosts, one after the other, get the whole log, each entry after the answer
 * to the one before. */
static uint64_t log_transfer_us(const struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    uint64_t entry_us = 2 * ((uint64_t)swarm->delay_max_us + swarm->sync_max_us);

    return world->last_id * truth_committed(world) * entry_us;
}

static uint64_t converge_us(const struct world *world)
{
    return timeouts_us(world, CALM_CONVERGE_TIMEOUTS) +
           (world->swarm.huge_bytes != 0 ? 2 * transfer_us(world) : 0);
}

static void begin(struct world *world)
{
    world->progress_due_us = converge_us(world) - timeouts_us(world, CALM_PROGRESS_TIMEOUTS);
    world->calm_us = world->now_us;
    world->commit_at_calm = truth_committed(world);
    world->commit_after_calm_us = 0;
    clients_calm(world);
    if (!world->full && !world->lost && !swarm_has(&world->swarm, FAULT_MINORITY)) {
        world->operates = true;
        world_plan(world, world->now_us + timeouts_us(world, 1), SIM_EVENT_OPERATE, 0, 0, 0);
    }
}

void calm_begin(struct world *world)
{
    STORY(world, 0, "calm: from now on nothing goes wrong");
    world->calm = true;
    plant_set_buggify(0, 0);
    faults_calm(world);
    if (swarm_has(&world->swarm, FAULT_FULL) && !world->lost) {
        STORY(world, 0, "but disks are full");
        world_see(world, SEEN_STANDING_FULL);
        world->full = true;
        faults_fill_disks(world, &world->random);
    }
    begin(world);
}

/* The cluster stands still although it has to go on. */
static void stuck(struct world *world, const char *invariant, const char *what, int timeouts)
{
    char text[400];

    watchdog_tell(world, text, sizeof(text));
    world_fail(world, invariant, "%s %d election time-outs: %s", what, timeouts, text);
}

/* ---- full disks ---- */

static uint64_t newest_term(const struct world *world)
{
    uint64_t term = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (host_is_alive(world->hosts[id]) && truth_term(world, id) > term) {
            term = truth_term(world, id);
        }
    }
    return term;
}

/* Nobody asks for other leaders, and nobody who hears half of the others disturbs them. */
static bool leaders_stay(const struct world *world)
{
    return !swarm_has(&world->swarm, FAULT_MINORITY) && !swarm_has(&world->swarm, FAULT_CHURN) &&
           !world->swarm.priorities && !world->swarm.unequal;
}

/*
 * While disks are full, linearizable reads are answered within ten election time-outs, also in the
 * second half, and commands that free space are committed; and elections come to an end (R4).
 */
static void check_full(struct world *world, uint64_t passed_us)
{
    uint64_t half_us = timeouts_us(world, FULL_TIMEOUTS);

    if (world->full_half_term == 0 && passed_us > half_us) {
        world->full_half_term = newest_term(world);
        world->full_half_reads = world->full_reads;
        if (world->full_reads == 0) {
            stuck(world, "liveness: reads while disks are full", "none was answered within",
                  FULL_TIMEOUTS);
        }
    }
    if (passed_us <= 2 * half_us) {
        return;
    }
    if (world->full_reads == world->full_half_reads) {
        stuck(world, "liveness: reads while disks are full", "none was answered in the last",
              FULL_TIMEOUTS);
    }
    if (leaders_stay(world) && newest_term(world) > world->full_half_term) {
        world_fail(world, "liveness: leaders stay while disks are full",
                   "term %llu became %llu in the last %d election time-outs",
                   (unsigned long long)world->full_half_term,
                   (unsigned long long)newest_term(world), FULL_TIMEOUTS);
    }
    STORY(world, 0, "disks have room again");
    world->full = false;
    faults_free_disks(world);
    begin(world);
}

/* ---- */

/*
 * The log may be long, and a link may carry it slowly: then a host that has to get all of it needs
 * longer, and more so if it is the second one that takes the place of a lost one. So when the time
 * is over, it is enough that disks get entries that were committed before. That cannot go on for
 * ever; for a host that gets an entry with each heartbeat, it goes on for too long.
 */
static void check_progress(struct world *world, uint64_t passed_us)
{
    uint64_t progress;

    if (passed_us <= world->progress_due_us) {
        return;
    }
    if (world->progress_index == 0) {
        world->progress_index = truth_committed(world);
    }
    progress = truth_durable_entries(world, world->progress_index);
    if (passed_us > converge_us(world) &&
        (progress <= world->progress || passed_us > converge_us(world) + log_transfer_us(world))) {
        stuck(world, "liveness: all have the same in the end", "not within",
              CALM_CONVERGE_TIMEOUTS);
        return;
    }
    world->progress = progress > world->progress ? progress : world->progress;
    world->progress_due_us = passed_us + timeouts_us(world, CALM_PROGRESS_TIMEOUTS);
}

void calm_check(struct world *world)
{
    uint64_t passed_us = world->now_us - world->calm_us;

    if (world->full) {
        check_full(world, passed_us);
        return;
    }
    if (world->lost) {
        world->done = passed_us > timeouts_us(world, CALM_LOST_TIMEOUTS);
        return;
    }
    if (world->commit_after_calm_us == 0 && passed_us > timeouts_us(world, CALM_COMMIT_TIMEOUTS)) {
        stuck(world, "liveness: a commit soon after all faults stopped", "none within",
              CALM_COMMIT_TIMEOUTS);
    }
    if (world->commit_after_calm_us != 0 &&
        passed_us > timeouts_us(world, CALM_REQUESTS_TIMEOUTS)) {
        clients_stop(world);
        world->done = huge_is_done(world, leaders_stay(world),
                                   timeouts_us(world, CALM_COMMIT_TIMEOUTS), newest_term(world)) &&
                      truth_has_converged(world);
    }
    if (!world->done) {
        check_progress(world, passed_us);
    }
}
