/*
 * A link with a bandwidth: frames wait in a queue for each class, as in src/peer, and go onto the
 * wire piece by piece. Before each piece, the class with the most urgent frame is chosen. So a
 * heartbeat waits behind at most one piece of a large entry, and entries wait behind at most one
 * piece of a snapshot. See net.h.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "peer/link.h"
#include "sim/net_private.h"

enum {
    PIECE_BYTES_MAX = 16 << 10,
    PIECES_A_TIMEOUT = 10, /* a piece takes no longer than this part of an election time-out */
};

void net_lose_lanes(struct direction *direction)
{
    for (size_t class = 0; class < WIRE_CLASSES; class ++) {
        struct net_lane *lane = &direction->lanes[class];

        while (lane->head != NULL) {
            struct packet *packet = lane->head;

            lane->head = packet->next;
            net_free_packet(packet);
        }
        *lane = (struct net_lane){0};
    }
    direction->is_sending = false;
}

static size_t limit_of(const struct world *world, enum wire_class class)
{
    if (class == WIRE_ENTRIES) {
        return world->swarm.queue_bytes;
    }
    return class == WIRE_CONTROL ? LINK_CONTROL_BYTES : LINK_BULK_BYTES;
}

static size_t piece_bytes(const struct world *world)
{
    size_t piece =
        (size_t)world->swarm.bandwidth * world->swarm.election_timeout_ms / PIECES_A_TIMEOUT;

    piece = piece < PIECE_BYTES_MAX ? piece : PIECE_BYTES_MAX;
    return piece > 0 ? piece : 1;
}

/* Begins with the next piece, if there is one. */
static void send_piece(struct world *world, uint16_t from, uint16_t to)
{
    struct direction *direction = &world->net->directions[from][to];
    size_t size = piece_bytes(world);

    for (size_t class = 0; class < WIRE_CLASSES; class ++) {
        const struct packet *packet = direction->lanes[class].head;

        if (packet == NULL) {
            continue;
        }
        direction->is_sending = true;
        direction->sending = (enum wire_class) class;
        direction->sending_bytes = packet->left_bytes < size ? packet->left_bytes : size;
        world_plan(world,
                   world->now_us + 1 + 1000 * direction->sending_bytes / world->swarm.bandwidth,
                   SIM_EVENT_WIRE, from, to, net_epoch(world->net, from, to));
        return;
    }
}

bool net_queue(struct world *world, uint16_t from, uint16_t to, struct packet *packet)
{
    struct direction *direction = &world->net->directions[from][to];
    struct net_lane *lane = &direction->lanes[packet->class];
    size_t frames_max = packet->class == WIRE_BULK ? LINK_BULK_FRAMES_MAX : LINK_FRAMES_MAX;

    if (lane->count >= frames_max || lane->bytes >= limit_of(world, packet->class)) {
        world_see(world, SEEN_QUEUE_FULL);
        net_free_packet(packet);
        return false;
    }
    packet->left_bytes = packet->frame->size_bytes;
    if (lane->tail != NULL) {
        lane->tail->next = packet;
    } else {
        lane->head = packet;
    }
    lane->tail = packet;
    lane->count++;
    lane->bytes += packet->left_bytes;
    if (!direction->is_sending) {
        send_piece(world, from, to);
    }
    return true;
}

/* A piece is on the wire; with its last piece, the frame is. */
void net_on_wire(struct world *world, const struct sim_event *event)
{
    struct direction *direction = &world->net->directions[event->a][event->b];
    struct net_lane *lane = &direction->lanes[direction->sending];
    struct packet *packet = lane->head;

    if (!direction->is_sending || event->c != net_epoch(world->net, event->a, event->b)) {
        return;
    }
    ASSERT(packet != NULL && packet->left_bytes >= direction->sending_bytes);
    direction->is_sending = false;
    packet->left_bytes -= direction->sending_bytes;
    lane->bytes -= direction->sending_bytes;
    if (packet->left_bytes == 0) {
        lane->head = packet->next;
        lane->count--;
        if (lane->head == NULL) {
            lane->tail = NULL;
        }
        packet->next = NULL;
        if (packet->frame->size_bytes > piece_bytes(world)) {
            world_see(world, SEEN_LARGE_FRAME);
        }
        net_travel(world, event->a, event->b, packet);
    }
    send_piece(world, event->a, event->b);
}
