/*
 * A simulated world: hosts that run the shipped core, log and state machine, the network between
 * them, clients, faults, and the truth that all of it is held against. One thread, one seed, one
 * queue of events in virtual time.
 *
 *     world.c          the queue is run down: every event, then the end in calm
 *     host*.c          one simulated node
 *     net.c            connections between them
 *     faults.c         what goes wrong, and when
 *     clients.c        who asks, and what they were told
 *     truth*.c         what really happened, and every invariant
 *     model.c          the state machine once more, as simple as possible
 */
#ifndef RAFTD_TEST_SIM_WORLD_H
#define RAFTD_TEST_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/queue.h"
#include "sim/random.h"
#include "sim/seen.h"
#include "sim/swarm.h"

enum { SIM_HOSTS_MAX = 24 }; /* ids 1..23 */

struct host;
struct raft_membership;
struct net;
struct faults;
struct clients;
struct truth;

/* The first promise that was broken; nothing that comes after it means anything. */
struct sim_failure {
    bool failed;
    char invariant[64];
    char text[512];
    uint64_t at_us;
    uint64_t step;
};

struct world {
    struct swarm swarm;
    uint64_t now_us;
    uint64_t step; /* events so far */
    uint64_t trace_hash;
    FILE *story; /* NULL: nobody listens */
    struct sim_queue queue;
    struct sim_random random; /* of the schedule; faults and clients have their own */
    struct host *hosts[SIM_HOSTS_MAX];
    struct raft_membership *founding;
    uint16_t last_id; /* hosts are 1 to here */
    struct net *net;
    struct faults *faults;
    struct clients *clients;
    struct truth *truth;
    uint32_t leaving; /* ids that an administrator has asked to remove, at any time */
    bool calm;        /* nothing goes wrong any more */
    uint64_t calm_us;
    uint64_t commit_at_calm;
    uint64_t commit_after_calm_us; /* 0: not yet */
    bool lost; /* a majority is gone for good: nothing more has to happen, and nothing wrong may */
    bool done;
    struct seen_counts seen;
    struct sim_failure failure;
};

/* What the shipped code's clock shows; see clock.c. */
extern uint64_t sim_clock_us;
void sim_clock_begin(uint64_t seed);
/* Where its log lines go, NULL: nowhere; see log.c. */
extern FILE *sim_log;

struct world *world_create(const struct swarm *swarm, FILE *story);
void world_destroy(struct world *world);
/* To the end, or to the first broken promise. */
void world_run(struct world *world);

void world_plan(struct world *world, uint64_t at_us, enum sim_event_type type, uint16_t a,
                uint16_t b, uint64_t c);
void world_fail(struct world *world, const char *invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void world_see(struct world *world, enum seen kind)
{
    world->seen.counts[kind]++;
}

/* Of all that makes a run what it is. */
static inline void world_mix(struct world *world, uint64_t value)
{
    world->trace_hash = sim_mix(world->trace_hash, value);
}

/* A line of the story: virtual time, node (0 = the world), what happened. */
void world_tell(struct world *world, uint16_t id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define STORY(world, id, ...)                                                                      \
    do {                                                                                           \
        if ((world)->story != NULL) {                                                              \
            world_tell(world, id, __VA_ARGS__);                                                    \
        }                                                                                          \
    } while (0)

#endif
