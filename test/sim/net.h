/*
 * The network: one connection per pair of hosts, a TCP stream each way, so frames arrive in order
 * or, when the connection breaks, not at all. The classes loss, duplicate, reorder and replay are
 * worse than TCP; they spare the frames of which the core is promised that they arrive at most
 * once (RAFT_MESSAGE_PROPOSE).
 */
#ifndef RAFTD_TEST_SIM_NET_H
#define RAFTD_TEST_SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world.h"
#include "wire/wire.h"

/* The type of a frame that is no message of the core: a piece of a snapshot. */
enum { NET_SNAPSHOT = 200 };

struct net *net_create(void);
void net_destroy(struct net *net);

/* Takes the frame. What it carries only matters to the faults that hit single frames. */
void net_send(struct world *world, uint16_t from, uint16_t to, uint8_t message_type,
              struct wire_frame *frame);
void net_deliver(struct world *world, uint16_t from, uint16_t to);

/* Connections. */
void net_reset(struct world *world, uint16_t a, uint16_t b);
void net_host_ended(struct world *world, uint16_t id);
void net_host_started(struct world *world, uint16_t id);
void net_on_link_down(struct world *world, const struct sim_event *event);
void net_on_connect(struct world *world, const struct sim_event *event);

/* Directions: bit `to` of blocked[from] stays cut until the slot is healed. */
enum { NET_CUTS_MAX = 4 };
struct net_cut {
    bool is_used;
    bool drops; /* what is sent is lost; else it waits, as TCP would send it again */
    uint64_t use;
    uint32_t blocked[SIM_HOSTS_MAX];
};
/* NULL: there are enough already. */
struct net_cut *net_cut(struct world *world, uint64_t until_us, bool drops);
void net_on_heal(struct world *world, const struct sim_event *event);
void net_clog(struct world *world, uint16_t from, uint16_t to, uint64_t since_us,
              uint64_t until_us);
/* The same of everything that is sent to one host. */
void net_deafen(struct world *world, uint16_t id, uint64_t since_us, uint64_t until_us);
void net_calm(struct world *world);

#endif
