/*
 * What the files of the peer link share; nobody else includes this.
 *
 *     link.c             the thread, its one poll(), the functions for other threads
 *     link_connection.c  one connection: dialling, greeting, frames in and out, time-outs
 *     link_events.c      what the core and the operator learn of it
 */
#ifndef RAFTD_NODE_LINK_PRIVATE_H
#define RAFTD_NODE_LINK_PRIVATE_H

#include "node/frame_input.h"
#include "node/frame_output.h"
#include "node/greeting.h"
#include "node/link.h"
#include "sys/mutex.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum link_state {
    LINK_IDLE,
    LINK_HANDSHAKE, /* dialling side: TCP and TLS */
    LINK_HELLO,     /* dialling side: hello sent, reply awaited */
    LINK_UP,
};

struct link {
    /* Immutable after link_create(). */
    const struct link_shared *shared;
    struct link_timing timing;
    uint16_t peer_id;
    bool dials; /* the lower id does */
    struct net_address address;
    char address_text[300];
    struct waker waker;  /* consumer: link thread */
    struct ring *events; /* of struct link_event; link thread -> core thread */
    struct ring *frames; /* of struct wire_frame *; core thread -> link thread */
    struct ring *bulk;   /* likewise; only when frames is empty */
    struct thread thread;

    /* Whoever starts and destroys the link. */
    bool started;

    /* Any thread. */
    atomic_bool stop;           /* set by link_request_stop(), read by the link thread */
    atomic_bool up;             /* set by the link thread, read by the core thread */
    atomic_bool given_waits;    /* set by the reception thread, cleared by the link thread */
    atomic_bool events_blocked; /* exchanged by link and core thread, see link_push_owed() */

    /* Guarded by mutex. */
    struct mutex mutex;
    struct stream *given;
    struct wire_hello given_hello;
    struct link_health health;

    /* Link thread. */
    enum link_state state;
    uint64_t now_ms; /* taken once per turn */
    struct stream *stream;
    char stream_text[64]; /* the other end of it */
    struct greeting_reader greeting;
    uint64_t greeting_deadline_ms;
    struct frame_input input;
    struct frame_output output;
    bool readable; /* a read may find something; else poll for read_wants first */
    bool writable;
    short read_wants;
    short write_wants;
    uint64_t up_since_us;
    uint64_t heard_ms; /* when the last byte came */
    uint64_t probe_due_ms;
    bool was_healthy; /* this connection answered a probe */
    uint64_t retry_due_ms;
    uint32_t backoff_ms;
    /* Events that found the ring full, in the order in which they go. */
    struct link_event owed; /* a message or a snapshot's frame; type 0: none */
    bool owes_down;
    bool owes_up;
    bool blocked; /* something is owed: nothing is read meanwhile */
    bool pushed;  /* the core is to be woken at the end of this turn */
    struct greeting_log log;
};

/* All of these: link thread. */

/* link_connection.c: one turn, everything that can be done without waiting. */
void link_work(struct link *link);
/* Writes what there is; 0, also where the socket takes no more now, or a negative code. */
int link_write_frames(struct link *link, struct raftd_error *error);
void link_drop_frames(struct link *link);

/* link_events.c */
void link_report_up(struct link *link, const struct wire_hello *hello);
void link_report_probed(struct link *link, uint64_t round_trip_us, bool peer_ready);
/* What became of the connection, in the log (throttled) and in the health. */
void link_report_trouble(struct link *link, enum greeting_reason reason, const char *text);
/* Pushes what found the ring full before; sets or clears link->blocked. */
void link_push_owed(struct link *link);
/* Takes what the event points at. */
void link_push_event(struct link *link, struct link_event event);
void link_push_up(struct link *link);
void link_push_down(struct link *link);

#endif
