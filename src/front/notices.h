/*
 * From the state machine to the subscribers of this node. The core thread is told of every
 * published message and every change of a key that somebody asked to hear of, in the order of
 * the log; it looks up which workers have subscribers for it and hands them the message through a
 * bounded ring each. Where a ring is full, or what waits in it is too much, nothing is skipped in
 * silence: the worker is told to close all of its subscribers, with the reason.
 *
 * How many subscribers each channel and pattern has on which worker stands in one table under a
 * mutex: a worker changes it when a client subscribes or goes, the core thread reads it.
 */
#ifndef RAFTD_FRONT_NOTICES_H
#define RAFTD_FRONT_NOTICES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/name_table.h"
#include "kv/kv.h"
#include "sys/mutex.h"
#include "sys/ring.h"
#include "sys/waker.h"

enum { NOTICE_WORKERS_MAX = 16, NOTICES_MAX = 8192 };

/* A message on its way; shared by the workers that get it. */
struct notice {
    _Atomic uint32_t holders;
    uint32_t channel_bytes;
    uint32_t message_bytes;
    uint8_t data[]; /* immutable: the channel, then the message */
};

/* Why a worker's subscribers missed something. */
enum notice_gap {
    NOTICE_NO_GAP,
    NOTICE_GAP_OVERFLOW, /* more than the worker could pass on */
    NOTICE_GAP_SNAPSHOT, /* the node took over a snapshot */
};

/* The way from the core thread to one worker. */
struct notice_queue {
    struct ring *ring;    /* immutable: core thread -> worker: struct notice * */
    struct waker *waker;  /* immutable; borrowed: the worker's */
    size_t bytes_max;     /* immutable */
    _Atomic size_t bytes; /* waiting in the ring; added to by the core, taken by the worker */
    atomic_int gap;       /* enum notice_gap: set by the core thread, cleared by the worker */
};

/* A channel or pattern that somebody on this node subscribed to. */
struct subscribed_name {
    struct name_entry entry;
    uint32_t total;
    uint32_t subscribers[NOTICE_WORKERS_MAX]; /* by worker */
};

struct notices {
    /* Immutable while the node runs. */
    struct notice_queue *queues[NOTICE_WORKERS_MAX]; /* borrowed from the workers */
    size_t queue_count;

    _Atomic uint32_t subscriptions; /* of all kinds: 0 = the core thread need not look */

    struct mutex mutex;
    /* Guarded by mutex. */
    struct name_table channels; /* struct subscribed_name */
    struct name_table patterns;
};

void notices_init(struct notices *notices);
void notices_destroy(struct notices *notices);

/* The function for kv_set_observer(), with a struct notices as context: on the core thread. */
int64_t notices_observe(void *context, const struct kv_event *event);

/* A worker has one subscriber more or less. */
void notices_subscribe(struct notices *notices, size_t worker, bool is_pattern, const void *name,
                       size_t size);
void notices_unsubscribe(struct notices *notices, size_t worker, bool is_pattern, const void *name,
                         size_t size);

/* ---- A worker's end ---- */

void notice_queue_open(struct notice_queue *queue, struct waker *waker, size_t bytes_max);
void notice_queue_close(struct notice_queue *queue);
/* The next message, which the worker then has to release; NULL: none waits. */
struct notice *notice_queue_next(struct notice_queue *queue);
/* What was missed, if anything: nothing that waits in the ring is to be delivered then, and the
 * worker has closed all of its subscribers before it calls notice_queue_resume(). */
enum notice_gap notice_queue_gap(struct notice_queue *queue);
void notice_queue_resume(struct notice_queue *queue);
void notice_release(struct notice *notice);

/* A message to the channel that is called prefix and then name. */
struct notice *notice_create(const void *prefix, size_t prefix_size, const void *name,
                             size_t name_size, const void *message, size_t message_size);

#endif
