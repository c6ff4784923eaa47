/*
 * A client worker: a thread with its own epoll set, its own connections and its own
 * raftd_client. One turn of its loop takes what the sockets and the node have brought, carries
 * it as far as it goes, hands everything new to the node with one wake-up and writes to each
 * connection at most once unless its replies are many. Other threads touch only the ring of
 * accepted sockets, the waker and the atomics.
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
#include "front/name_table.h"
#include "front/notices.h"
#include "sys/ring.h"
#include "sys/thread.h"
#include "sys/waker.h"

struct connection;
struct kv_argument;
struct redis_server;
struct topology;

/* A list of connections; each has a flag per list that says whether it is in it. */
struct connection_list {
    struct connection **items; /* owned */
    size_t count;
    size_t capacity;
};

/* Where the connections of a worker stand; a place outlives its connection. */
struct connection_place {
    struct connection *connection; /* NULL: free */
    uint32_t generation;           /* counts the connections that stood here */
    uint32_t next_free;
};

struct worker {
    /* Immutable once opened. */
    struct redis_server *server;
    size_t number; /* from 1 */
    int epoll_fd;
    struct raftd_client *client;
    struct ring *accepted; /* acceptor -> worker: int */
    struct waker waker;    /* consumer: the worker; armed except while it looks */

    /* The worker's thread. */
    struct thread thread;
    uint64_t now_ms;       /* monotonic, of this turn */
    uint64_t tick_ms;      /* when to look at all connections again; 0 = no need to */
    struct topology *view; /* owned: the cluster as it was at view_ms, or NULL */
    uint64_t view_ms;
    uint64_t follow_ms;     /* when to look who leads; 0 = nobody wants to know */
    uint16_t leader_number; /* whom the subscribers know; 0 = nobody yet */
    uint16_t leader_port;
    char leader_host[256];
    struct name_table channels; /* struct subscriber_list: see subscribers.c */
    struct name_table patterns;
    bool has_proposed;               /* something since the last raftd_client_submit() */
    struct connection_place *places; /* owned */
    size_t place_count;
    size_t place_capacity;
    uint32_t free_place;            /* place + 1; 0 = none */
    struct connection_list ready;   /* have something to do that needs no event */
    struct connection_list dirty;   /* have replies to write, or may have ended */
    struct connection_list starved; /* wait until the node takes requests again */
    struct connection_list dead;    /* closed in this turn; freed at its end */
    uint8_t *input;                 /* what a socket is read into */
    struct buffer parts;            /* of a request that is not the client's own */
    struct buffer request;          /* one encoded request */
    struct buffer reply;            /* one reply that is not at its turn */
    struct kv_argument *arguments;  /* of one request */
    size_t argument_capacity;

    struct notice_queue notices; /* core thread -> worker: messages for subscribers */

    /* Atomics. stopping: set by redis_server_stop(). The others: stored by the worker. */
    atomic_bool stopping;
    _Atomic uint64_t command_count;
    _Atomic uint64_t input_bytes;
    _Atomic uint64_t output_bytes;
};

enum { WORKER_INPUT_BYTES = 64 * 1024 };

/* Opens its descriptors and its raftd_client. On failure there is nothing to close. */
int worker_open(struct worker *worker, struct redis_server *server, size_t number,
                struct raftd_error *error);
/* Closes connections, descriptors and the raftd_client. The thread has ended. */
void worker_close(struct worker *worker);
int worker_start(struct worker *worker, struct raftd_error *error);
/* Asks the thread to end and waits for it. */
void worker_stop(struct worker *worker);

/* One turn: waits for events at most timeout_ms (-1 = until there are some). The worker's thread,
 * or a test that has not started one. */
void worker_turn(struct worker *worker, int timeout_ms);

/* Acceptor thread: gives a socket to the worker; false: it has too many waiting, fd is still the
 * caller's. */
bool worker_give(struct worker *worker, int fd);

/* For the worker's other files. */
void worker_add_ready(struct worker *worker, struct connection *connection);
void worker_add_dirty(struct worker *worker, struct connection *connection);
void worker_add_starved(struct worker *worker, struct connection *connection);
/* The connection is closed: nothing finds it any more; it is freed at the end of the turn. */
void worker_forget(struct worker *worker, struct connection *connection);
/* Looks at all connections in a second at the latest. */
void worker_want_tick(struct worker *worker);

/* Somebody may want to hear of a new leader from now on. */
void worker_follow_leader(struct worker *worker);
/* The cluster as it was a moment ago: who leads. */
const struct topology *worker_view(struct worker *worker);

/* A tag for raftd_client_propose(): which owed reply of which connection gets the completion. */
uint64_t worker_tag(const struct worker *worker, const struct connection *connection,
                    uint32_t sequence);

/* An owner's counter that other threads read. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

#endif
