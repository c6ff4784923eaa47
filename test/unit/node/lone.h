/*
 * One node in the test's own process, alone in its cluster, through the public API: a state
 * machine that adds up bytes, a thread that runs it, a disk that can be made to hang. The test's
 * thread is the client.
 */
#ifndef RAFTD_TEST_UNIT_NODE_LONE_H
#define RAFTD_TEST_UNIT_NODE_LONE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <raftd/client.h>
#include <raftd/node.h>
#include <raftd/state_machine.h>

struct lone {
    char directory[64];
    struct raftd_builder *builder;
    struct raftd_node *node;
    struct raftd_client *client;
    pthread_t thread;
    bool running;
    int run_code;
    struct raftd_error error;
    uint64_t sum; /* the state machine: the core thread's while the node runs */
    /* Its snapshot: the sum and some bytes more, so that it takes many slices. */
    size_t ballast_bytes;
    uint64_t saved_sum;
    size_t saved_bytes;
    unsigned begins, ends, restored;
    size_t read_count;
    uint32_t pause_in_read_ms; /* the next read takes so long */
    uint64_t deadline_ms;      /* of cluster time */
    uint64_t ticked_ms;
};

/* A directory and a builder with a state machine; nothing built yet. */
void lone_init(struct lone *lone);
struct raftd_state_machine lone_machine(struct lone *lone); /* that lone_init() sets */
void lone_set(struct lone *lone, const char *name, const char *value);
void lone_build(struct lone *lone);   /* and opens the client */
void lone_run(struct lone *lone);     /* on a thread of its own */
void lone_serve(struct lone *lone);   /* builds, runs, waits until it leads and is ready */
int lone_stop(struct lone *lone);     /* asks, waits; what raftd_node_run() returned */
void lone_destroy(struct lone *lone); /* the node and its client; the directory stays */
void lone_free(struct lone *lone);    /* everything */

/* Waits for the next completion, ten seconds at most: then the test has failed. */
struct raftd_completion lone_next(struct lone *lone);
/* Adds a number, waits for the outcome, returns the status; *sum (may be NULL) is the reply. */
int lone_add(struct lone *lone, uint8_t number, uint64_t *sum);
int lone_read(struct lone *lone, uint64_t *sum);
/* Proposes to add a number, and does not wait. */
void lone_propose(struct lone *lone, uint8_t number, uint64_t tag);

struct raftd_status lone_status(struct lone *lone);
/* Waits until the status is as wanted, ten seconds at most. */
void lone_wait(struct lone *lone, bool (*wanted)(const struct raftd_status *status, uint64_t value),
               uint64_t value);
bool lone_leads(const struct raftd_status *status, uint64_t unused);
bool lone_has_last_index(const struct raftd_status *status, uint64_t index);

/* For the monotonic clock of this process so much time passes at once, as if it were stopped. */
void lone_pause(uint64_t ms);

/* From now on every fdatasync() of this process waits until the disk is released: log writes. */
void lone_stall_disk(void);
/* The same for every write to the file of a snapshot, and every fsync() of it. */
void lone_stall_snapshots(void);
void lone_release_disk(void);
/* Waits until a thread hangs in it. */
void lone_wait_for_stall(void);

#endif
