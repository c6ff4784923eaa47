/*
 * The network of a simulated world: the frames under way, and what cuts and delays them; see net.h.
 */
#include "sim/net.h"

#include <string.h>

#include "base/memory.h"
#include "raft/message.h"
#include "sim/faults_roles.h"
#include "sim/host.h"
#include "sim/net_private.h"

struct net *net_create(void)
{
    return memory_allocate_zeroed(1, sizeof(struct net));
}

void net_free_packet(struct packet *packet)
{
    memory_free(packet->frame);
    memory_free(packet);
}

void net_lose_packets(struct direction *direction)
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
    net_lose_packets(direction);
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

void net_forget(struct world *world, uint16_t id)
{
    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX; peer++) {
        forget_direction(&world->net->directions[id][peer]);
        forget_direction(&world->net->directions[peer][id]);
    }
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

bool net_is_clogged(const struct world *world, uint16_t from, uint16_t to)
{
    const struct direction *direction = &world->net->directions[from][to];

    return direction->clogged_since_us <= world->now_us &&
           world->now_us < direction->clogged_until_us;
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

bool net_strikes(struct world *world, enum fault_class fault, uint16_t from)
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

    if (net_strikes(world, FAULT_DELAY, from)) {
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
    packet->epoch = net_epoch(world->net, from, to);
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

    if (direction->old_count > 0 && net_strikes(world, FAULT_REPLAY, from)) {
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

    if (!net_is_connected(world->net, from, to)) {
        /* The connection has ended, but this host does not know it yet. */
        memory_free(frame->frame);
        return true;
    }
    if (!at_most_once) {
        replay(world, from, to, frame->frame);
        if (net_strikes(world, FAULT_LOSS, from)) {
            STORY(world, from, "a frame to node %u is lost", to);
            world_see(world, SEEN_LOSS);
            memory_free(frame->frame);
            return true;
        }
        if (net_strikes(world, FAULT_DUPLICATE, from)) {
            struct net_frame copy = *frame;

            world_see(world, SEEN_DUPLICATE);
            copy.frame = frame_copy(frame->frame);
            post(world, from, to, &copy, false);
        }
        in_order = !net_strikes(world, FAULT_REORDER, from);
    }
    return post(world, from, to, frame, in_order);
}

/* ---- arriving ---- */

static void arrive(struct world *world, uint16_t from, uint16_t to, struct packet *packet)
{
    bool current = packet->epoch == 0 || (packet->epoch == net_epoch(world->net, from, to) &&
                                          net_is_connected(world->net, from, to));

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

        if (net_is_clogged(world, from, to) || (cut && !drops)) {
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
