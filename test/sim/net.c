/*
 * The network of a simulated world: the frames under way and the connections; see net.h.
 */
#include "sim/net.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "peer/hello.h"
#include "raft/message.h"
#include "sim/faults_life.h"
#include "sim/faults_roles.h"
#include "sim/host.h"
#include "sim/net_private.h"

enum {
    RECONNECT_MIN_US = 5000, /* until a link dials again, in a calm world */
    RECONNECT_MAX_US = 40000,
    CUT_RETRY_US = 50000,
    REFUSED_RETRY_US = 100000,
    LATE_HELLO_TIMEOUTS = 20, /* election time-outs, at most, until a late hello arrives */
};

struct net *net_create(void)
{
    return memory_allocate_zeroed(1, sizeof(struct net));
}

void net_free_packet(struct packet *packet)
{
    memory_free(packet->frame);
    memory_free(packet);
}

static void lose_packets(struct direction *direction)
{
    while (direction->head != NULL) {
        struct packet *packet = direction->head;

        direction->head = packet->next;
        net_free_packet(packet);
    }
    direction->tail = NULL;
    net_lose_lanes(direction);
}

static void forget_direction(struct direction *direction)
{
    lose_packets(direction);
    for (size_t i = 0; i < direction->old_count; i++) {
        memory_free(direction->old[i]);
        direction->old[i] = NULL;
    }
    direction->old_count = 0;
}

void net_destroy(struct net *net)
{
    for (size_t from = 0; from < SIM_HOSTS_MAX; from++) {
        for (size_t to = 0; to < SIM_HOSTS_MAX; to++) {
            forget_direction(&net->directions[from][to]);
        }
    }
    memory_free(net);
}

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

/* Whether a direction is cut; *drops: a frame is lost and does not wait. */
static bool is_cut(const struct net *net, uint16_t from, uint16_t to, bool *drops)
{
    bool cut = false;

    *drops = false;
    for (size_t i = 0; i < NET_CUTS_MAX; i++) {
        if (net->cuts[i].is_used && (net->cuts[i].blocked[from] >> to & 1) != 0) {
            cut = true;
            *drops = *drops || net->cuts[i].drops;
        }
    }
    return cut;
}

bool net_reaches(const struct world *world, uint16_t a, uint16_t b)
{
    bool drops;

    return !is_cut(world->net, a, b, &drops) && !is_cut(world->net, b, a, &drops);
}

static bool is_clogged(const struct world *world, uint16_t from, uint16_t to)
{
    const struct direction *direction = &world->net->directions[from][to];

    return direction->clogged_since_us <= world->now_us &&
           world->now_us < direction->clogged_until_us;
}

bool net_lives(const struct world *world, uint16_t a, uint16_t b)
{
    return *established_of(world->net, a, b) && net_reaches(world, a, b) &&
           !is_clogged(world, a, b) && !is_clogged(world, b, a) && host_runs(world->hosts[a]) &&
           host_runs(world->hosts[b]);
}

/* ---- sending ---- */

static void insert(struct world *world, uint16_t from, uint16_t to, struct packet *packet)
{
    struct direction *direction = &world->net->directions[from][to];

    if (direction->tail == NULL || direction->tail->deliver_us <= packet->deliver_us) {
        if (direction->tail != NULL) {
            direction->tail->next = packet;
        } else {
            direction->head = packet;
        }
        direction->tail = packet;
    } else {
        struct packet **place = &direction->head;

        while ((*place)->deliver_us <= packet->deliver_us) {
            place = &(*place)->next;
        }
        packet->next = *place;
        *place = packet;
    }
    world_plan(world, packet->deliver_us, SIM_EVENT_DELIVER, from, to, 0);
}

static struct wire_frame *frame_copy(const struct wire_frame *frame)
{
    size_t size = sizeof(*frame) + frame->size_bytes;

    return memcpy(memory_allocate(size), frame, size);
}

/* Whether a frame of this sender is hit. */
static bool strikes(struct world *world, enum fault_class fault, uint16_t from)
{
    if (world->calm || !swarm_has(&world->swarm, fault) ||
        !sim_random_chance(&world->random, world->swarm.chance[fault])) {
        return false;
    }
    faults_hit(world, fault, from);
    return true;
}

static uint64_t draw_delay(struct world *world, uint16_t from)
{
    uint64_t delay_us =
        sim_random_between(&world->random, world->swarm.delay_min_us, world->swarm.delay_max_us);

    if (strikes(world, FAULT_DELAY, from)) {
        world_see(world, SEEN_DELAY);
        delay_us +=
            1000 * sim_random_between(&world->random, 1, 2 * world->swarm.election_timeout_ms);
    }
    return delay_us;
}

void net_travel(struct world *world, uint16_t from, uint16_t to, struct packet *packet)
{
    struct net_lane *lane = &world->net->directions[from][to].lanes[packet->class];

    packet->deliver_us = world->now_us + draw_delay(world, from);
    if (packet->deliver_us < lane->last_us) {
        packet->deliver_us = lane->last_us;
    }
    lane->last_us = packet->deliver_us;
    insert(world, from, to, packet);
}

/* False: there is no room for the frame, and it was freed. */
static bool post(struct world *world, uint16_t from, uint16_t to, const struct net_frame *frame,
                 bool in_order)
{
    struct packet *packet = memory_allocate_zeroed(1, sizeof(*packet));

    packet->frame = frame->frame;
    packet->message_type = frame->message_type;
    packet->class = frame->class;
    packet->epoch = *epoch_of(world->net, from, to);
    if (!in_order) {
        world_see(world, SEEN_REORDER);
        packet->deliver_us = world->now_us + 5 * draw_delay(world, from);
        insert(world, from, to, packet);
        return true;
    }
    if (world->swarm.bandwidth != 0) {
        return net_queue(world, from, to, packet);
    }
    net_travel(world, from, to, packet);
    return true;
}

/* A replay: a frame of long ago arrives now, whatever happened to the connection since. */
static void replay(struct world *world, uint16_t from, uint16_t to, const struct wire_frame *frame)
{
    struct direction *direction = &world->net->directions[from][to];

    if (direction->old_count > 0 && strikes(world, FAULT_REPLAY, from)) {
        struct packet *packet = memory_allocate_zeroed(1, sizeof(*packet));
        size_t which = (size_t)sim_random_below(&world->random, direction->old_count);

        world_see(world, SEEN_REPLAY);
        packet->frame = frame_copy(direction->old[which]);
        packet->deliver_us =
            world->now_us +
            1000 * sim_random_below(&world->random, 4 * world->swarm.election_timeout_ms);
        insert(world, from, to, packet);
    }
    if (swarm_has(&world->swarm, FAULT_REPLAY) && sim_random_below(&world->random, 16) == 0 &&
        frame->size_bytes <= OLD_BYTES_MAX) {
        size_t which = direction->old_count < OLD_FRAMES_MAX
                           ? direction->old_count++
                           : (size_t)sim_random_below(&world->random, OLD_FRAMES_MAX);

        memory_free(direction->old[which]);
        direction->old[which] = frame_copy(frame);
    }
}

bool net_send(struct world *world, uint16_t from, uint16_t to, const struct net_frame *frame)
{
    bool at_most_once = frame->message_type == RAFT_MESSAGE_PROPOSE;
    bool in_order = true;

    if (!*established_of(world->net, from, to)) {
        /* The connection has ended, but this host does not know it yet. */
        memory_free(frame->frame);
        return true;
    }
    if (!at_most_once) {
        replay(world, from, to, frame->frame);
        if (strikes(world, FAULT_LOSS, from)) {
            STORY(world, from, "a frame to node %u is lost", to);
            world_see(world, SEEN_LOSS);
            memory_free(frame->frame);
            return true;
        }
        if (strikes(world, FAULT_DUPLICATE, from)) {
            struct net_frame copy = *frame;

            world_see(world, SEEN_DUPLICATE);
            copy.frame = frame_copy(frame->frame);
            post(world, from, to, &copy, false);
        }
        in_order = !strikes(world, FAULT_REORDER, from);
    }
    return post(world, from, to, frame, in_order);
}

/* ---- arriving ---- */

static void arrive(struct world *world, uint16_t from, uint16_t to, struct packet *packet)
{
    bool current = packet->epoch == 0 || (packet->epoch == *epoch_of(world->net, from, to) &&
                                          *established_of(world->net, from, to));

    if (current && world->hosts[to] != NULL && host_hears(world->hosts[to], from)) {
        host_receive(world->hosts[to], from, packet->frame);
    }
    net_free_packet(packet);
}

void net_deliver(struct world *world, uint16_t from, uint16_t to)
{
    struct direction *direction = &world->net->directions[from][to];

    while (direction->head != NULL && direction->head->deliver_us <= world->now_us) {
        struct packet *packet = direction->head;
        bool drops;
        bool cut = is_cut(world->net, from, to, &drops);

        if (is_clogged(world, from, to) || (cut && !drops)) {
            return; /* tried again after that */
        }
        direction->head = packet->next;
        if (direction->head == NULL) {
            direction->tail = NULL;
        }
        if (cut) {
            world_see(world, SEEN_CUT_DROP);
            net_free_packet(packet);
        } else {
            arrive(world, from, to, packet);
        }
    }
}

size_t net_waiting(const struct world *world, uint16_t from, uint16_t to)
{
    const struct direction *direction = &world->net->directions[from][to];
    size_t count = 0;

    for (const struct packet *packet = direction->head; packet != NULL; packet = packet->next) {
        count++;
    }
    for (size_t class = 0; class < WIRE_CLASSES; class ++) {
        count += direction->lanes[class].count;
    }
    return count;
}

/* ---- connections ---- */

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
    lose_packets(&world->net->directions[a][b]);
    lose_packets(&world->net->directions[b][a]);
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
    if (strikes(world, FAULT_LATE_HELLO, a->id)) {
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

void net_forget(struct world *world, uint16_t id)
{
    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX; peer++) {
        forget_direction(&world->net->directions[id][peer]);
        forget_direction(&world->net->directions[peer][id]);
    }
}

/* ---- directions ---- */

struct net_cut *net_cut(struct world *world, uint64_t until_us, bool drops)
{
    for (uint16_t i = 0; i < NET_CUTS_MAX; i++) {
        struct net_cut *cut = &world->net->cuts[i];

        if (!cut->is_used) {
            *cut = (struct net_cut){.is_used = true, .drops = drops, .use = ++world->net->cut_uses};
            world_plan(world, until_us, SIM_EVENT_HEAL, i, 0, cut->use);
            return cut;
        }
    }
    return NULL;
}

/* The frames that waited are delivered now, all at once. */
static void release(struct world *world, uint16_t from, uint16_t to)
{
    if (world->net->directions[from][to].head != NULL) {
        world_plan(world, world->now_us, SIM_EVENT_DELIVER, from, to, 0);
    }
}

static void heal(struct world *world, struct net_cut *cut)
{
    uint32_t blocked[SIM_HOSTS_MAX];

    memcpy(blocked, cut->blocked, sizeof(blocked));
    *cut = (struct net_cut){0};
    for (uint16_t from = 1; from < SIM_HOSTS_MAX; from++) {
        for (uint16_t to = 1; to < SIM_HOSTS_MAX; to++) {
            if ((blocked[from] >> to & 1) != 0) {
                release(world, from, to);
            }
        }
    }
}

void net_heal(struct world *world)
{
    for (size_t i = 0; i < NET_CUTS_MAX; i++) {
        if (world->net->cuts[i].is_used) {
            heal(world, &world->net->cuts[i]);
        }
    }
}

void net_heal_pair(struct world *world, uint16_t a, uint16_t b)
{
    for (size_t i = 0; i < NET_CUTS_MAX; i++) {
        world->net->cuts[i].blocked[a] &= ~((uint32_t)1 << b);
        world->net->cuts[i].blocked[b] &= ~((uint32_t)1 << a);
    }
    release(world, a, b);
    release(world, b, a);
}

void net_on_heal(struct world *world, const struct sim_event *event)
{
    struct net_cut *cut = &world->net->cuts[event->a];

    if (cut->is_used && cut->use == event->c) {
        STORY(world, 0, "a cut heals");
        heal(world, cut);
    }
}

void net_clog(struct world *world, uint16_t from, uint16_t to, uint64_t since_us, uint64_t until_us)
{
    world->net->directions[from][to].clogged_since_us = since_us;
    world->net->directions[from][to].clogged_until_us = until_us;
    world_plan(world, until_us, SIM_EVENT_DELIVER, from, to, 0);
}

void net_deafen(struct world *world, uint16_t id, uint64_t since_us, uint64_t until_us)
{
    for (uint16_t from = 1; from <= world->last_id; from++) {
        net_clog(world, from, id, since_us, until_us);
    }
}

void net_calm(struct world *world)
{
    for (size_t i = 0; i < NET_CUTS_MAX; i++) {
        if (world->net->cuts[i].is_used) {
            heal(world, &world->net->cuts[i]);
        }
    }
    for (uint16_t from = 1; from < SIM_HOSTS_MAX; from++) {
        for (uint16_t to = 1; to < SIM_HOSTS_MAX; to++) {
            world->net->directions[from][to].clogged_until_us = 0;
            release(world, from, to);
        }
    }
}
