/*
 * One node in the process of the test, alone in its cluster, used through the public API: a state
 * machine that adds numbers, a thread that runs the node, a disk that can be made to hang. The
 * thread of the test is the client.
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
    uint64_t sum; /* the state machine; owned by the core thread while the node runs */
    /* Its snapshot: the sum, and more bytes, so that it takes many slices. */
    size_t ballast_bytes;
    uint64_t saved_sum;
    size_t saved_bytes;
    unsigned begins, ends, restored;
    size_t read_count;
    uint32_t pause_in_read_ms; /* time that the next read takes */
    uint64_t deadline_ms;      /* a cluster time */
    uint64_t ticked_ms;
};

/* Makes a directory and a builder with a state machine; builds nothing yet. */
void lone_init(struct lone *lone);
struct raftd_state_machine lone_machine(struct lone *lone); /* that lone_init() sets */
void lone_set(struct lone *lone, const char *name, const char *value);
/* An address of this host whose port was free a moment ago. */
enum { LONE_ADDRESS_BYTES = 32 };
void lone_free_address(char address[LONE_ADDRESS_BYTES]);
void lone_build(struct lone *lone);   /* builds the node and opens the client */
void lone_run(struct lone *lone);     /* runs the node on a thread of its own */
void lone_serve(struct lone *lone);   /* builds and runs it, waits until it leads and is ready */
int lone_stop(struct lone *lone);     /* stops it, waits, returns what raftd_node_run() returned */
void lone_destroy(struct lone *lone); /* frees the node and its client; the directory stays */
void lone_free(struct lone *lone);    /* frees everything */

/* Waits for the next completion; after ten seconds the test has failed. */
struct raftd_completion lone_next(struct lone *lone);
/* Adds a number, waits for the outcome, returns the status; *sum (may be NULL) is the reply. */
int lone_add(struct lone *lone, uint8_t number, uint64_t *sum);
int lone_read(struct lone *lone, uint64_t *sum);
/* Proposes to add a number, and does not wait. */
void lone_propose(struct lone *lone, uint8_t number, uint64_t tag);

struct raftd_status lone_status(struct lone *lone);
/* Waits until the status is as wanted; false after ten seconds. */
void lone_wait(struct lone *lone, bool (*wanted)(const struct raftd_status *status, uint64_t value),
               uint64_t value);
bool lone_leads(const struct raftd_status *status, uint64_t unused);
bool lone_has_last_index(const struct raftd_status *status, uint64_t index);

/* Moves the monotonic clock of this process forward, as if the process had been stopped. */
void lone_pause(uint64_t ms);

/* From now on every fdatasync() of this process hangs until the disk is released: log writes. */
void lone_stall_disk(void);
/* The same for every write to the file of a snapshot, and every fsync() of it. */
void lone_stall_snapshots(void);
void lone_release_disk(void);
/* Waits until a thread hangs there. */
void lone_wait_for_stall(void);

#endif
