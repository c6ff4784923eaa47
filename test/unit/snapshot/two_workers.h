/*
 * Two snapshot workers on two file systems in memory, and the link between them, which the test can
 * make bad. The workers run as threads, or two_workers_run_until() calls them; then the test may
 * change files. A failure ends the test.
 */
#ifndef RAFTD_TEST_UNIT_SNAPSHOT_TWO_WORKERS_H
#define RAFTD_TEST_UNIT_SNAPSHOT_TWO_WORKERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/fs_memory.h"
#include "snapshot/worker.h"

enum { CONTENT_BYTES = 3 << 20, SENDER = 1, RECEIVER = 2, STRANGER = 9 };

struct side {
    struct fs_memory *memory;
    struct snapshot_worker *worker;
};

struct transfer {
    struct side sides[3]; /* by id */
    /* What the link between the two does. */
    unsigned drop_every; /* frames; 0 = none */
    uint64_t flip_at;    /* offset of the chunk with a flipped byte; 0 = none */
    /* Repeated offers are lost, as if a slow receiver answered them too late. */
    bool is_offered_once;
    uint64_t floor_index; /* of snapshots that are saved: transfers of older ones begin anew */
    uint64_t newest_term; /* that both nodes know; snapshots are of term 2 */
    /* What was seen of the transfer. */
    uint64_t chunk_bytes;
    uint64_t first_offset; /* offset of a chunk since the last offer */
    unsigned sent, failed, received;
    unsigned strange;                   /* frames for STRANGER */
    uint64_t saved_index, needed_index; /* of the last one that was saved */
    unsigned ended;                     /* how often it was said that transfers had ended */
    uint64_t left_index;                /* needed_index of the last time */
    uint64_t sent_index;
    int saved_code;
    bool staged_is_right;
    uint64_t received_index, damaged_index, newest_good_index;
    uint64_t last_refusal; /* the reason in the last answer "refused" */
    unsigned refusals;
};

extern struct transfer transfer;

/* While the test holds it, a worker that begins to build a state hangs. */
extern pthread_mutex_t two_workers_hang;
/* Whether a worker has begun to build a state. */
bool two_workers_is_building(void);

/* Of the workers that are made next; see snapshot_worker_options. two_workers_tear_down() sets it
 * to 0. */
extern uint32_t two_workers_patience_ms;

/* Makes both, with these options. */
void two_workers_set_up(uint32_t keep, uint64_t reserve_bytes, uint64_t scrub_every_ms,
                        uint64_t stale_ms);
void two_workers_tear_down(void);
/* Starts both as threads. */
void two_workers_start(void);

/* Saves a snapshot of CONTENT_BYTES at the sender. */
void two_workers_save(uint64_t index);
/* Carries frames until a condition is true. */
void two_workers_run_until(bool (*wanted)(void));
/* The index of the newest snapshot of a side. */
uint64_t two_workers_newest(uint16_t id);

/* ---- conditions ---- */

bool is_sent(void); /* and received */
bool is_half_way(void);
bool has_failed(void);
bool has_ended(void);
bool is_saved_as_10(void); /* successfully */
bool is_saved_as_20(void);

#endif
