/*
 * Messages on their way from the state machine to the workers that have subscribers for them. The
 * core thread gets every published message, and every change of a key about which subscribers are
 * to be told by configuration, in the order of the log. It looks up which workers have subscribers
 * for the message, and puts the message into a bounded ring for each of these workers.
 *
 * No message is left out in silence. If a ring is full, or too many bytes wait in it, the worker is
 * told that there is a gap, and ends the connections of all of its subscribers with the reason.
 *
 * One table under a mutex says how many subscribers each channel and each pattern has on which
 * worker. A worker changes the table when a client subscribes or leaves; the core thread reads it.
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

/* A message on its way. All workers that get it share this one copy; the last one frees it. */
struct notice {
    _Atomic uint32_t holders;
    uint32_t channel_bytes;
    uint32_t message_bytes;
    uint8_t data[]; /* immutable: the channel, then the message */
};

/* Why the subscribers of a worker have missed messages. */
enum notice_gap {
    NOTICE_NO_GAP,
    NOTICE_GAP_OVERFLOW, /* more messages than the worker could deliver */
    NOTICE_GAP_SNAPSHOT, /* the node installed a snapshot: messages before it are not known */
};

/* From the core thread to one worker. */
struct notice_queue {
    struct ring *ring;    /* immutable: core thread -> worker: struct notice * */
    struct waker *waker;  /* immutable; borrowed: the worker's */
    size_t bytes_max;     /* immutable: most bytes of the messages in the ring */
    _Atomic size_t bytes; /* bytes in the ring: the core adds, the worker subtracts */
    atomic_int gap;       /* enum notice_gap: set by the core thread, cleared by the worker */
};

/* A channel or pattern that has subscribers on this node. */
struct subscribed_name {
    struct name_entry entry;
    uint32_t total;
    uint32_t subscribers[NOTICE_WORKERS_MAX]; /* their number on each worker */
};

struct notices {
    /* Immutable while the node runs. */
    struct notice_queue *queues[NOTICE_WORKERS_MAX]; /* borrowed from the workers */
    size_t queue_count;

    _Atomic uint32_t subscriptions; /* number on this node; 0 = the core thread does not look for
                                       subscribers */

    struct mutex mutex;
    /* Guarded by mutex. */
    struct name_table channels; /* struct subscribed_name */
    struct name_table patterns;
};

void notices_init(struct notices *notices);
void notices_destroy(struct notices *notices);

/* The function for kv_set_observer(), with a struct notices as context. The core thread. */
int64_t notices_observe(void *context, const struct kv_event *event);

/* Adds or removes a subscriber of a worker; workers are counted from 0. */
void notices_subscribe(struct notices *notices, size_t worker, bool is_pattern, const void *name,
                       size_t size);
void notices_unsubscribe(struct notices *notices, size_t worker, bool is_pattern, const void *name,
                         size_t size);

/* ---- A worker's end ---- */

void notice_queue_open(struct notice_queue *queue, struct waker *waker, size_t bytes_max);
void notice_queue_close(struct notice_queue *queue);
/* The next message, which the caller has to release; NULL: no message waits. */
struct notice *notice_queue_next(struct notice_queue *queue);
/* Why messages are missing, if any are. Then the worker delivers nothing that waits in the ring: it
 * ends the connections of all of its subscribers and calls notice_queue_resume(), which empties the
 * ring. The core thread puts nothing into the ring in between. */
enum notice_gap notice_queue_gap(struct notice_queue *queue);
void notice_queue_resume(struct notice_queue *queue);
void notice_release(struct notice *notice);

/* A message to the channel whose name is `prefix` followed by `name`; the caller releases it. */
struct notice *notice_create(const void *prefix, size_t prefix_size, const void *name,
                             size_t name_size, const void *message, size_t message_size);

#endif
