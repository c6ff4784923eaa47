/*
 * The connections of a simulated network: who dials, what breaks a connection, and hellos that are
 * late. See net.h.
 */
#include "peer/hello.h"
#include "sim/faults_life.h"
#include "sim/host.h"
#include "sim/net_private.h"

enum {
    RECONNECT_MIN_US = 5000, /* until a link dials again, in a calm world */
    RECONNECT_MAX_US = 40000,
    CUT_RETRY_US = 50000,
    REFUSED_RETRY_US = 100000,
    LATE_HELLO_TIMEOUTS = 20, /* election time-outs, at most, until a late hello arrives */
};

static uint64_t *epoch_of(struct net *net, uint16_t a, uint16_t b)
{
    return a < b ? &net->epoch[a][b] : &net->epoch[b][a];
}

uint64_t net_epoch(struct net *net, uint16_t a, uint16_t b)
{
    return *epoch_of(net, a, b);
}

static bool *established_of(struct net *net, uint16_t a, uint16_t b)
{
    return a < b ? &net->established[a][b] : &net->established[b][a];
}

bool net_is_connected(struct net *net, uint16_t a, uint16_t b)
{
    return *established_of(net, a, b);
}

bool net_lives(const struct world *world, uint16_t a, uint16_t b)
{
    return *established_of(world->net, a, b) && net_reaches(world, a, b) &&
           !net_is_clogged(world, a, b) && !net_is_clogged(world, b, a) &&
           host_runs(world->hosts[a]) && host_runs(world->hosts[b]);
}

static uint64_t *dial_of(struct net *net, uint16_t a, uint16_t b)
{
    return a < b ? &net->dial_us[a][b] : &net->dial_us[b][a];
}

/* The node with the lower id dials. A dial that is planned for an earlier time is enough. */
static void plan_connect(struct world *world, uint16_t a, uint16_t b, uint64_t after_us)
{
    uint64_t *dial_us = dial_of(world->net, a, b);
    uint64_t at_us = world->now_us + after_us +
                     sim_random_between(&world->random, RECONNECT_MIN_US, RECONNECT_MAX_US);

    if (*dial_us == 0 || *dial_us > at_us) {
        *dial_us = at_us;
        world_plan(world, at_us, SIM_EVENT_CONNECT, a < b ? a : b, a < b ? b : a, 0);
    }
}

void net_dial(struct world *world, uint16_t a, uint16_t b)
{
    if (world->hosts[b] != NULL && !*established_of(world->net, a, b)) {
        plan_connect(world, a, b, 0);
    }
}

static uint64_t plan_down(struct world *world, uint16_t id, uint16_t peer)
{
    uint64_t after_us = sim_random_below(&world->random, world->calm ? 1000 : 200000);

    world_plan(world, world->now_us + after_us, SIM_EVENT_LINK_DOWN, id, peer,
               *epoch_of(world->net, id, peer));
    return after_us;
}

static bool carries_snapshot(const struct direction *direction)
{
    for (const struct packet *packet = direction->head; packet != NULL; packet = packet->next) {
        if (packet->message_type == NET_SNAPSHOT) {
            return true;
        }
    }
    return direction->lanes[WIRE_BULK].count > 0;
}

static void see_reset(struct world *world, const struct direction *there,
                      const struct direction *back)
{
    world_see(world, SEEN_RESET);
    if (there->head != NULL || back->head != NULL) {
        world_see(world, SEEN_RESET_FRAME);
    }
    if (carries_snapshot(there) || carries_snapshot(back)) {
        world_see(world, SEEN_RESET_SNAPSHOT);
    }
}

/* Breaks a connection: frames under way are lost, each host notices after some time, then they
 * connect again. */
void net_reset(struct world *world, uint16_t a, uint16_t b)
{
    uint64_t first_us;
    uint64_t second_us;

    if (!*established_of(world->net, a, b)) {
        return;
    }
    *established_of(world->net, a, b) = false;
    see_reset(world, &world->net->directions[a][b], &world->net->directions[b][a]);
    net_lose_packets(&world->net->directions[a][b]);
    net_lose_packets(&world->net->directions[b][a]);
    first_us = plan_down(world, a, b);
    second_us = plan_down(world, b, a);
    plan_connect(world, a, b, first_us > second_us ? first_us : second_us);
}

void net_host_ended(struct world *world, uint16_t id)
{
    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX; peer++) {
        if (peer != id && world->hosts[peer] != NULL) {
            net_reset(world, id, peer);
        }
    }
}

void net_host_started(struct world *world, uint16_t id)
{
    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX; peer++) {
        if (peer != id && world->hosts[peer] != NULL && !*established_of(world->net, id, peer)) {
            plan_connect(world, id, peer, 0);
        }
    }
}

void net_on_link_down(struct world *world, const struct sim_event *event)
{
    if (event->c == *epoch_of(world->net, event->a, event->b)) {
        host_link(world->hosts[event->a], event->b, false);
    }
}

static void link_up(struct world *world, struct host *a, struct host *b)
{
    struct direction *there = &world->net->directions[a->id][b->id];
    struct direction *back = &world->net->directions[b->id][a->id];

    host_link(a, b->id, false);
    host_link(b, a->id, false);
    ++*epoch_of(world->net, a->id, b->id);
    *established_of(world->net, a->id, b->id) = true;
    for (size_t class = 0; class < WIRE_CLASSES; class ++) {
        there->lanes[class].last_us = 0;
        back->lanes[class].last_us = 0;
    }
    host_link(a, b->id, true);
    host_link(b, a->id, true);
}

/* The hello is late: the one that dialled has given up and dials again, and then it arrives. */
static void delay_hello(struct world *world, struct host *dialler, uint16_t to)
{
    uint64_t longest_ms = LATE_HELLO_TIMEOUTS * (uint64_t)world->swarm.election_timeout_ms;

    for (uint16_t i = 0; i < NET_LATE_MAX; i++) {
        struct net_late *late = &world->net->late[i];

        if (!late->is_used) {
            late->is_used = true;
            hello_make(&late->hello, &dialler->shared, to, NULL);
            world_plan(world, world->now_us + faults_draw_us(&world->random, longest_ms),
                       SIM_EVENT_LATE_HELLO, i, 0, 0);
            return;
        }
    }
}

/* Nobody is at the other end of the connection any more. */
void net_on_late_hello(struct world *world, const struct sim_event *event)
{
    struct net_late *late = &world->net->late[event->a];
    uint16_t from = late->hello.node_id;
    uint16_t to = late->hello.wanted_id;
    struct host *host = world->hosts[to];

    late->is_used = false;
    if (world->calm || !host_is_alive(host) || !net_reaches(world, from, to)) {
        return;
    }
    world_see(world, SEEN_LATE_HELLO);
    if (!host_hear_hello(host, from, &late->hello)) {
        world_see(world, SEEN_LATE_HELLO_REFUSED);
        return;
    }
    if (*established_of(world->net, from, to)) {
        world_see(world, SEEN_LATE_HELLO_TAKEOVER);
        net_reset(world, from, to);
    } else {
        (void)plan_down(world, to, from);
    }
    host_link(host, from, false);
    host_link(host, from, true);
}

void net_on_connect(struct world *world, const struct sim_event *event)
{
    struct host *a = world->hosts[event->a];
    struct host *b = world->hosts[event->b];
    uint64_t *dial_us = dial_of(world->net, event->a, event->b);

    if (*dial_us != world->now_us) {
        return; /* an earlier dial took its place */
    }
    *dial_us = 0;
    if (*established_of(world->net, event->a, event->b) || !host_is_alive(a) || !host_is_alive(b)) {
        return; /* the host that starts next connects */
    }
    if (!net_reaches(world, event->a, event->b)) {
        plan_connect(world, event->a, event->b, CUT_RETRY_US);
        return;
    }
    if (net_strikes(world, FAULT_LATE_HELLO, a->id)) {
        delay_hello(world, a, b->id);
        plan_connect(world, event->a, event->b, 0);
        return;
    }
    switch (host_meet(a, b)) {
    case HOST_MET:
        link_up(world, a, b);
        break;
    case HOST_REFUSED:
        plan_connect(world, event->a, event->b, REFUSED_RETRY_US);
        break;
    case HOST_NO_LINK:
        break; /* host_links_follow() dials */
    }
}
