/*
 * The network of a simulated world: one connection for each pair of hosts, with a TCP stream in
 * each direction. So frames arrive in order, or are lost when the connection breaks. The fault
 * classes loss, duplicate, reorder and replay do more than TCP could; they do not hit frames that
 * the core expects to arrive at most once (RAFT_MESSAGE_PROPOSE).
 */
#ifndef RAFTD_TEST_SIM_NET_H
#define RAFTD_TEST_SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world.h"
#include "wire/wire.h"

/* The type of a frame that is not a message of the core: a part of a snapshot. */
enum { NET_SNAPSHOT = 200 };

struct net *net_create(void);
void net_destroy(struct net *net);

struct net_frame {
    uint8_t message_type; /* matters only to the faults that hit single frames */
    enum wire_class class;
    struct wire_frame *frame;
};
/* Takes the frame. False: the queue of the link has no room for it. */
bool net_send(struct world *world, uint16_t from, uint16_t to, const struct net_frame *frame);
void net_on_wire(struct world *world, const struct sim_event *event);
void net_deliver(struct world *world, uint16_t from, uint16_t to);

/* The number of frames that are under way. */
size_t net_waiting(const struct world *world, uint16_t from, uint16_t to);

/* Connections. */
void net_reset(struct world *world, uint16_t a, uint16_t b);
/* Soon the one with the lower id dials the other, unless they are connected. */
void net_dial(struct world *world, uint16_t a, uint16_t b);
/* Whether no direction between the two is cut. */
bool net_reaches(const struct world *world, uint16_t a, uint16_t b);
/* Whether the two are connected, run, and hear each other: so a probe of either was answered just
 * now. */
bool net_lives(const struct world *world, uint16_t a, uint16_t b);
/* Another machine has the address of this host now: what was sent before never arrives. */
void net_forget(struct world *world, uint16_t id);
void net_host_ended(struct world *world, uint16_t id);
void net_host_started(struct world *world, uint16_t id);
void net_on_link_down(struct world *world, const struct sim_event *event);
void net_on_connect(struct world *world, const struct sim_event *event);
void net_on_late_hello(struct world *world, const struct sim_event *event);

/* Directions: bit `to` of blocked[from] stays cut until the slot is healed. */
enum { NET_CUTS_MAX = 4 };
struct net_cut {
    bool is_used;
    bool drops; /* frames are lost; else they wait, as TCP would send them again */
    uint64_t use;
    uint32_t blocked[SIM_HOSTS_MAX];
};
/* NULL = there are NET_CUTS_MAX already. */
struct net_cut *net_cut(struct world *world, uint64_t until_us, bool drops);
/* Ends all cuts; those between two hosts. */
void net_heal(struct world *world);
void net_heal_pair(struct world *world, uint16_t a, uint16_t b);
void net_on_heal(struct world *world, const struct sim_event *event);
void net_clog(struct world *world, uint16_t from, uint16_t to, uint64_t since_us,
              uint64_t until_us);
/* Cuts everything that is sent to one host. */
void net_deafen(struct world *world, uint16_t id, uint64_t since_us, uint64_t until_us);
void net_calm(struct world *world);

#endif
