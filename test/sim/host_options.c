/*
 * The options of a host. In half of the worlds all hosts have those of the world. In the others
 * each host draws its own ones when it starts, as during a rolling change of the configuration. See
 * host.h.
 */
#include "sim/host.h"

/* A heartbeat has to fit several times into the host's own time-out: a node refuses other settings.
 * Those of the other hosts do not matter: a leader that knows them heeds the shortest time-out. */
enum { HEARTBEATS_A_TIMEOUT = 3 };

static struct host_options options_of_world(const struct host *host)
{
    const struct swarm *swarm = &host->world->swarm;

    return (struct host_options){
        .heartbeat_ms = swarm->heartbeat_ms,
        .election_timeout_ms = swarm->election_timeout_ms,
        .max_batch_bytes = swarm->max_batch_bytes,
        .max_inflight_messages = swarm->max_inflight_messages,
        .max_inflight_bytes = swarm->max_inflight_bytes,
        .max_uncommitted_bytes = swarm->max_uncommitted_bytes,
        .request_timeout_ms = swarm->request_timeout_ms,
        .snapshot_every = swarm->snapshot_every,
        .snapshot_bytes = UINT64_MAX,
        .keep_entries = swarm->snapshot_tail,
        .snapshots_kept = swarm->snapshots_kept,
        .disk_stall_ms = swarm->disk_stall_ms,
        .priority = swarm->priorities ? (uint8_t)(host->id % 3) : 0,
    };
}

/* Between a part of the value and the value itself. */
static uint32_t less(struct sim_random *random, uint32_t value, uint32_t part)
{
    uint32_t least = value / part != 0 ? value / part : 1;

    return least < value ? (uint32_t)sim_random_between(random, least, value) : value;
}

/* Often one of the extremes: leases are in danger where the leader's is long and the others' are
 * short (R1). */
static uint32_t draw_timeout(struct sim_random *random, uint32_t shortest_ms, uint32_t longest_ms)
{
    switch (sim_random_below(random, 4)) {
    case 0:
        return longest_ms;
    case 1:
    case 2:
        return shortest_ms;
    default:
        return (uint32_t)sim_random_between(random, shortest_ms, longest_ms);
    }
}

static uint32_t shortest_timeout_ms(const struct swarm *swarm)
{
    uint32_t shortest_ms = HEARTBEATS_A_TIMEOUT * swarm->heartbeat_ms;

    return shortest_ms < swarm->election_timeout_ms ? shortest_ms : swarm->election_timeout_ms;
}

/* No value is above that of the world, so what the world allows for time and space is enough. */
static void draw(struct host_options *options, const struct swarm *swarm, struct sim_random *random)
{
    uint32_t shortest_ms = shortest_timeout_ms(swarm);
    struct sim_random late = sim_random_make(random->state); /* a stream of its own */

    options->heartbeat_ms = less(random, swarm->heartbeat_ms, 2);
    if (shortest_ms < swarm->election_timeout_ms) {
        options->election_timeout_ms =
            draw_timeout(random, shortest_ms, swarm->election_timeout_ms);
    }
    options->max_batch_bytes = less(random, swarm->max_batch_bytes, 16);
    options->max_inflight_messages = less(random, swarm->max_inflight_messages, 8);
    options->max_inflight_bytes = less(random, swarm->max_inflight_bytes, 16);
    options->max_uncommitted_bytes = less(random, swarm->max_uncommitted_bytes, 4);
    options->request_timeout_ms = less(random, swarm->request_timeout_ms, 2);
    options->keep_entries = sim_random_below(random, 30);
    options->snapshots_kept = (uint32_t)sim_random_between(random, 1, 3);
    options->disk_stall_ms = sim_random_below(random, 2) == 0 ? 0 : options->election_timeout_ms;
    options->priority = swarm->priorities ? (uint8_t)sim_random_below(random, 4) : 0;
    if (options->election_timeout_ms == swarm->election_timeout_ms) {
        /* Nodes that wait long win few elections, but as leaders they would trust a lease longest
         * if they counted it by their own time-out (R1). */
        options->priority = 4;
        if (sim_random_below(&late, 2) == 0) {
            options->heartbeat_ms = swarm->election_timeout_ms / HEARTBEATS_A_TIMEOUT;
        }
    }
    if (sim_random_below(random, 2) == 0) {
        options->snapshot_every =
            sim_random_below(random, 4) == 0 ? 0 : (uint32_t)sim_random_between(random, 1, 60);
        options->snapshot_bytes =
            sim_random_below(random, 2) == 0 ? UINT64_MAX : sim_random_between(random, 500, 20000);
    }
}

void host_draw_options(struct host *host)
{
    host->options = host->given != NULL ? *host->given : options_of_world(host);
    if (host->world->swarm.unequal) {
        struct sim_random random =
            sim_random_make(sim_mix(host->world->swarm.seed, 9000 + (uint64_t)host->id));

        /* In a part of the starts they are new ones. */
        if (sim_random_below(&random, 2) == 0) {
            random = sim_random_make(sim_mix(sim_random_next(&random), host->world->now_us));
        }
        draw(&host->options, &host->world->swarm, &random);
        if (host->waits_little) {
            host->options.election_timeout_ms = shortest_timeout_ms(&host->world->swarm);
            host->options.heartbeat_ms = less(&random, host->world->swarm.heartbeat_ms, 2);
        }
    }
    host->waits_little = false;
}
