/*
 * A simulated world: hosts that run the shipped core, log and state machine; the network between
 * them; clients; faults; and the truth that everything is compared with. One thread, one seed, one
 * queue of events in virtual time.
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

/* The cluster id, if the world founds the cluster. */
#define WORLD_CLUSTER_ID ((uint64_t)0x5eed)

struct client_operation;
struct host;
struct raft_membership;
struct raft_message;
struct net;
struct faults;
struct clients;
struct truth;

/* The first promise that was broken. What follows has no meaning, so the run ends. */
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
    FILE *story; /* NULL = no story is written */
    /* If not NULL, it sees each message of a core as it leaves its host. */
    void (*watch)(struct world *world, const struct raft_message *message);
    struct sim_queue queue;
    struct sim_random random; /* of the schedule; faults and clients have streams of their own */
    struct host *hosts[SIM_HOSTS_MAX];
    struct raft_membership *founders; /* as [peers] has them */
    /* The same with the identities of their directories, if the world has founded the cluster; NULL
     * = the founders ask each other. */
    struct raft_membership *founding;
    uint64_t cluster_id;     /* 0 = not founded yet */
    bool is_founded;         /* every founder has made its log */
    uint16_t newcomer;       /* takes the place of a lost member; 0 = nobody does */
    uint32_t set_back_count; /* hosts whose directory was set back, and which run on it */
    uint16_t last_id;        /* hosts have the ids 1 to this one */
    struct net *net;
    struct faults *faults;
    struct clients *clients;
    struct truth *truth;
    uint32_t forgers; /* ids in whose name a story has sent a message */
    uint32_t leaving; /* ids that an administrator has asked to remove, at any time */
    bool calm;        /* the faults have ended */
    uint64_t calm_us;
    uint64_t commit_at_calm;
    uint64_t commit_after_calm_us; /* 0 = not yet */
    uint64_t suspended_until_us;   /* no process starts before that */
    bool full;                     /* the first part of the calm: disks are full */
    uint64_t full_reads;           /* linearizable reads that were answered in it */
    uint64_t full_freed;           /* commands that free space and were committed in it */
    uint64_t full_half_term; /* the greatest term of a leader in the middle of it; 0 = not yet */
    uint64_t full_half_reads;
    bool operates; /* an operator replaces members that are lost */
    /* The last look at how far the hosts have come that lack something; see calm.c. */
    uint64_t progress_due_us; /* the next look, since calm_us */
    uint64_t progress_index;  /* what was committed at the first look */
    uint64_t progress;        /* truth_durable_entries() up to there */
    /* Huge values; see huge.h. */
    uint32_t huge_writes; /* that were drawn while faults strike */
    uint32_t huge_asked;  /* times, in the calm */
    uint64_t huge_asked_us;
    uint64_t huge_term; /* of the leader that was asked */
    const struct client_operation *huge_operation;
    bool huge_committed;
    bool lost; /* a majority is gone for good: the cluster may stop, but break no promise */
    bool done;
    struct seen_counts seen;
    struct sim_failure failure;
};

/* The clock of the shipped code; see clock.c. */
extern uint64_t sim_clock_us;
void sim_clock_begin(uint64_t seed);
/* Where the log lines of the shipped code go, NULL = nowhere; see log.c. */
extern FILE *sim_log;

struct world *world_create(const struct swarm *swarm, FILE *story);
void world_destroy(struct world *world);
/* Runs to the end, or to the first broken promise. */
void world_run(struct world *world);
/* Handles the next event, if it happens until then; else lets the time pass. False = none did. */
bool world_step(struct world *world, uint64_t until_us);

void world_plan(struct world *world, uint64_t at_us, enum sim_event_type type, uint16_t a,
                uint16_t b, uint64_t c);
void world_fail(struct world *world, const char *invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void world_see(struct world *world, enum seen kind)
{
    world->seen.counts[kind]++;
}

/* Mixes a value into the hash of the run: two runs with the same hash did the same. */
static inline void world_mix(struct world *world, uint64_t value)
{
    world->trace_hash = sim_mix(world->trace_hash, value);
}

/* Writes a line of the story: virtual time, node (0 = the world), what happened. */
void world_tell(struct world *world, uint16_t id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define STORY(world, id, ...)                                                                      \
    do {                                                                                           \
        if ((world)->story != NULL) {                                                              \
            world_tell(world, id, __VA_ARGS__);                                                    \
        }                                                                                          \
    } while (0)

#endif
