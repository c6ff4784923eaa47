/*
 * Faults of the network that hit links for a while; see faults_net.h.
 */
#include "sim/faults_net.h"

#include "sim/faults_life.h"
#include "sim/faults_roles.h"
#include "sim/host.h"
#include "sim/net.h"

static uint32_t draw_group(struct world *world, struct sim_random *random)
{
    uint32_t all = (2U << world->last_id) - 2;

    return (uint32_t)sim_random_next(random) & all;
}

static uint32_t draw_one(struct world *world, struct sim_random *random)
{
    const struct host *host = faults_pick(world, random, true);

    return host != NULL ? 1U << host->id : 2;
}

/* Hosts in `to` do not receive from hosts in `from`. */
void faults_block(struct net_cut *cut, uint32_t from, uint32_t to)
{
    for (uint16_t id = 1; id < SIM_HOSTS_MAX; id++) {
        if ((from >> id & 1) != 0) {
            cut->blocked[id] |= to & ~(1U << id);
        }
    }
}

static void reset_blocked(struct world *world, const struct net_cut *cut)
{
    for (uint16_t a = 1; a <= world->last_id; a++) {
        for (uint16_t b = 1; b <= world->last_id; b++) {
            if (a != b && (cut->blocked[a] >> b & 1) != 0) {
                net_reset(world, a, b);
            }
        }
    }
}

static struct net_cut *begin_cut(struct world *world, struct sim_random *random)
{
    uint64_t until_us =
        world->now_us + faults_draw_us(random, 12 * (uint64_t)world->swarm.election_timeout_ms);

    return net_cut(world, until_us, sim_random_below(random, 2) == 0);
}

/*
 * Both ends of a cut connection give it up at some time: here at once, or not before the cut heals.
 */
static void end_cut(struct world *world, enum fault_class fault, struct sim_random *random,
                    const struct net_cut *cut)
{
    faults_hit_cut(world, fault, cut);
    if (sim_random_below(random, 2) == 0) {
        reset_blocked(world, cut);
    }
}

void faults_partition(struct world *world, struct sim_random *random)
{
    struct net_cut *cut = begin_cut(world, random);
    uint32_t group = draw_group(world, random);

    if (cut == NULL) {
        return;
    }
    world_see(world, SEEN_PARTITION);
    STORY(world, 0, "a partition: nodes %#x and the others", group >> 1);
    faults_block(cut, group, ~group);
    faults_block(cut, ~group, group);
    end_cut(world, FAULT_PARTITION, random, cut);
}

void faults_one_way(struct world *world, struct sim_random *random)
{
    struct net_cut *cut = begin_cut(world, random);
    uint32_t group = draw_group(world, random);
    uint32_t other = ~group;

    if (cut == NULL) {
        return;
    }
    if (sim_random_below(random, 2) == 0) {
        group = 1U << (1 + sim_random_below(random, world->last_id));
        other = draw_one(world, random);
    }
    world_see(world, SEEN_ONE_WAY);
    STORY(world, 0, "one way is cut: from nodes %#x to %#x", group >> 1, other >> 1);
    faults_block(cut, group, other);
    end_cut(world, FAULT_ONE_WAY, random, cut);
}

/* A bridge: two halves that only one node can reach. Or a ring: each node reaches only its
 * neighbours. */
void faults_topology(struct world *world, struct sim_random *random)
{
    struct net_cut *cut = begin_cut(world, random);
    uint16_t nodes = world->last_id;
    uint32_t group = draw_group(world, random);
    uint32_t bridge = 1U << (1 + sim_random_below(random, nodes));

    if (cut == NULL) {
        return;
    }
    if (sim_random_below(random, 2) == 0) {
        world_see(world, SEEN_BRIDGE);
        STORY(world, 0, "a bridge: nodes %#x hear the others over %#x", group >> 1, bridge >> 1);
        faults_block(cut, group & ~bridge, ~group & ~bridge);
        faults_block(cut, ~group & ~bridge, group & ~bridge);
    } else {
        world_see(world, SEEN_RING);
        STORY(world, 0, "a ring");
        for (uint16_t id = 1; id <= nodes; id++) {
            uint16_t next = id == nodes ? 1 : (uint16_t)(id + 1);
            uint16_t before = id == 1 ? nodes : (uint16_t)(id - 1);

            faults_block(cut, 1U << id, ~(1U << next | 1U << before));
        }
    }
    end_cut(world, FAULT_TOPOLOGY, random, cut);
}

static void draw_pair(struct world *world, struct sim_random *random, uint16_t *a, uint16_t *b)
{
    *a = (uint16_t)(1 + sim_random_below(random, world->last_id));
    *b = (uint16_t)(1 + sim_random_below(random, world->last_id));
}

/*
 * Messages of the leader are lost, and the answers to its last ones arrive late, at about the time
 * when the others elect another leader. So the answers that its lease is based on are older than
 * they seem (T23).
 */
static void answer_late(struct world *world, struct sim_random *random)
{
    uint64_t timeout_us = 1000 * (uint64_t)world->swarm.election_timeout_ms;
    uint64_t last_us =
        world->now_us + 1000 * world->swarm.heartbeat_ms * sim_random_between(random, 1, 3);
    const struct host *leader = faults_find_leader(world);

    if (leader == NULL) {
        return;
    }
    STORY(world, leader->id, "is soon not heard any more, and hears late");
    world_see(world, SEEN_LATE_ANSWERS);
    net_deafen(world, leader->id, world->now_us,
               last_us + timeout_us * sim_random_between(random, 50, 95) / 100);
    for (uint16_t to = 1; to <= world->last_id; to++) {
        net_clog(world, leader->id, to, last_us, last_us + 3 * timeout_us);
    }
}

void faults_clog(struct world *world, struct sim_random *random)
{
    uint64_t for_us = faults_draw_us(random, 6000);
    uint16_t from;
    uint16_t to;

    if (sim_random_below(random, world->swarm.levels ? 2 : 4) == 0) {
        answer_late(world, random);
        return;
    }
    draw_pair(world, random, &from, &to);
    if (from != to) {
        STORY(world, from, "nothing arrives at node %u for %llu ms, then all of it", to,
              (unsigned long long)(for_us / 1000));
        world_see(world, for_us < 1000000 ? SEEN_CLOG : SEEN_LONG_CLOG);
        faults_hit(world, FAULT_CLOG, from);
        net_clog(world, from, to, world->now_us, world->now_us + for_us);
    }
}

void faults_reset(struct world *world, struct sim_random *random)
{
    uint16_t a;
    uint16_t b;

    draw_pair(world, random, &a, &b);
    if (a != b) {
        STORY(world, a, "the connection to node %u breaks", b);
        faults_hit(world, FAULT_RESET, a);
        net_reset(world, a, b);
    }
}
