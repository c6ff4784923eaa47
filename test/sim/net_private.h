/*
 * The state of the network, which the files net*.c share.
 */
#ifndef RAFTD_TEST_SIM_NET_PRIVATE_H
#define RAFTD_TEST_SIM_NET_PRIVATE_H

#include "sim/net.h"

enum {
    OLD_FRAMES_MAX = 8,      /* frames of each direction that are kept for replays */
    OLD_BYTES_MAX = 1 << 20, /* a larger frame is not kept */
};

struct packet {
    struct packet *next;
    uint64_t deliver_us;
    uint64_t epoch; /* of the connection; 0 = a replay, which needs no connection */
    uint8_t message_type;
    enum wire_class class;
    size_t left_bytes; /* not on the wire yet */
    struct wire_frame *frame;
};

/* The frames of one class that wait for the wire, in order. */
struct net_lane {
    struct packet *head;
    struct packet *tail;
    size_t count;
    size_t bytes;
    uint64_t last_us; /* when the last frame of this class in order is delivered */
};

/* One direction between two hosts. */
struct direction {
    struct packet *head; /* in the order of delivery */
    struct packet *tail;
    struct net_lane lanes[WIRE_CLASSES];
    bool is_sending; /* a piece of a frame is on its way into the wire */
    enum wire_class sending;
    size_t sending_bytes;
    uint64_t clogged_since_us;
    uint64_t clogged_until_us;
    struct wire_frame *old[OLD_FRAMES_MAX];
    size_t old_count;
};

/* A hello that arrives when the one that dialled has given up. */
struct net_late {
    bool is_used;
    struct wire_hello hello;
};
enum { NET_LATE_MAX = 16 };

struct net {
    struct direction directions[SIM_HOSTS_MAX][SIM_HOSTS_MAX];
    uint64_t epoch[SIM_HOSTS_MAX][SIM_HOSTS_MAX]; /* [lower][higher] */
    bool established[SIM_HOSTS_MAX][SIM_HOSTS_MAX];
    uint64_t dial_us[SIM_HOSTS_MAX][SIM_HOSTS_MAX]; /* [lower][higher]; 0 = no dial is planned */
    struct net_cut cuts[NET_CUTS_MAX];
    uint64_t cut_uses;
    struct net_late late[NET_LATE_MAX];
};

/* net.c */
/* The packet is on the wire: it arrives after the delay of the link. */
void net_travel(struct world *world, uint16_t from, uint16_t to, struct packet *packet);
void net_free_packet(struct packet *packet);
void net_lose_packets(struct direction *direction);
/* Whether a frame of this sender, or a hello, is hit. */
bool net_strikes(struct world *world, enum fault_class fault, uint16_t from);
bool net_is_clogged(const struct world *world, uint16_t from, uint16_t to);

/* net_connections.c */
/* The number of the newest connection of the two. */
uint64_t net_epoch(struct net *net, uint16_t a, uint16_t b);
bool net_is_connected(struct net *net, uint16_t a, uint16_t b);

/* net_lanes.c */
/* Whether the frame has a place in the queue of its class. False: the packet was freed. */
bool net_queue(struct world *world, uint16_t from, uint16_t to, struct packet *packet);
void net_lose_lanes(struct direction *direction);

#endif
