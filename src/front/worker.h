/*
 * A client worker: a thread with its own epoll set, its own connections and its own raftd_client.
 * In one turn of its loop, the worker reads from the sockets, takes the answers of the node,
 * carries out commands, hands all new requests to the node with one wake-up, and writes to each
 * connection once, or more often if there are many replies. Other threads touch only the ring of
 * accepted sockets, the waker, the queue of notices and the atomics.
 */
#ifndef RAFTD_FRONT_WORKER_H
#define RAFTD_FRONT_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/client.h>
#include <raftd/error.h>

#include "base/bytes.h"
#include "front/agenda.h"
#include "front/name_table.h"
#include "front/notices.h"
#include "front/places.h"
#include "sys/ring.h"
#include "sys/thread.h"
#include "sys/waker.h"

struct front;
struct workspace;

struct worker {
    /* Immutable once opened. */
    struct front *front;
    size_t number; /* from 1 */
    int epoll_fd;
    struct raftd_client *client; /* owned */
    struct ring *accepted;       /* acceptor -> worker: int */
    struct waker waker;          /* consumer: the worker; armed except while it looks for work */

    /* The worker's thread. Times are monotonic. */
    struct thread thread;
    uint64_t now_ms;  /* time of this turn */
    uint64_t tick_ms; /* time of the next tick of all connections; 0 = none */
    uint64_t look_ms; /* time of the next call of the handler's look(); 0 = none */
    struct places places;
    struct agenda agenda;
    struct name_table channels;  /* struct subscriber_list: see subscribers.h */
    struct name_table patterns;  /* the same */
    struct workspace *workspace; /* owned: what the handler keeps of the worker */
    bool has_asked;              /* whether `client` has new requests since raftd_client_submit() */
    uint8_t *input;              /* owned: SOCKET_SCRATCH_BYTES that sockets are read into */
    struct buffer reply;         /* a reply that cannot be written yet */

    struct notice_queue notices; /* core thread -> worker: messages for subscribers */

    /* Atomics. `stopping` is set by front_stop(), the others are stored by the worker. */
    atomic_bool stopping;
    _Atomic uint64_t command_count;
    _Atomic uint64_t input_bytes;
    _Atomic uint64_t output_bytes;
};

enum { WORKER_TICK_MS = 1000 };

/* Opens its descriptors and its raftd_client. On failure there is nothing to close. */
int worker_open(struct worker *worker, struct front *front, size_t number,
                struct raftd_error *error);
/* Closes connections, descriptors and the raftd_client. The thread has ended. */
void worker_close(struct worker *worker);
int worker_start(struct worker *worker, struct raftd_error *error);
/* Asks the thread to end and waits for it. */
void worker_stop(struct worker *worker);

/* One turn: waits for events at most timeout_ms (-1 = until there are some). The worker's thread,
 * or a test that has not started one. */
void worker_turn(struct worker *worker, int timeout_ms);

/* Acceptor thread: gives a socket to the worker. False: it has too many waiting, and fd is still
 * the caller's. */
bool worker_give(struct worker *worker, int fd);

/* Lets the worker look at all of its connections within a second. */
static inline void worker_want_tick(struct worker *worker)
{
    if (worker->tick_ms == 0) {
        worker->tick_ms = worker->now_ms + WORKER_TICK_MS;
    }
}

/* Adds to a counter that only its owner changes and other threads read. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

#endif
