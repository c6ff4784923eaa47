/*
 * The state of a peer link, and what link.c, link_connection.c and link_events.c share; nothing
 * else includes this.
 *
 * The states of the connection, in link_connection.c:
 *
 *              +-------------- close_connection() ---------------+
 *              v                      ^           ^              |
 *            IDLE --- dial() ---> HANDSHAKE --> HELLO --------> UP
 *              |                                                 ^
 *              +------------------ take_given() -----------------+
 *
 *     IDLE -> HANDSHAKE   dial(): the node with the lower id, once the back-off is over
 *     HANDSHAKE -> HELLO  handshake(): TCP and TLS are established; the own hello is on its way
 *     HELLO -> UP         on_hello_reply(): the peer's reply is acceptable; go_up()
 *     IDLE -> UP          take_given(): the node with the higher id, which got the stream from its
 *                         reception; go_up()
 *     any -> IDLE         fail(), which calls close_connection(): an error, a time-out, a violation
 *                         of the protocol, or a takeover
 *
 * Takeover: when the reception gives a stream to a link that has a connection already, the new one
 * replaces the old one (UP -> IDLE -> UP in one turn of take_given()). The peer dials only when its
 * own end of the old connection is gone; this end may not know that yet, because a host that lost
 * power or a network that was cut sends no FIN. If the old connection were kept, the peer would
 * stay outside until the silence time-out. Only a peer with a certificate for this id comes so far.
 * Another process of the peer's directory comes so far only if the old connection does not live any
 * more: see acquaintance_recognise(). If a peer was killed and has restarted, and the FIN of its
 * old connection has not been read, its hello is refused once, and it dials again after a back-off.
 *
 * Invariants; link_work() asserts 1 and 2 at the end of each turn:
 *   1. There is a stream exactly if the state is not IDLE.
 *   2. `up` is true exactly if the state is UP.
 *   3. Only the node with the lower id is ever in HANDSHAKE or HELLO.
 *   4. The core gets UP and DOWN by turns, beginning with UP, and each message between the UP and
 *      the DOWN of the connection that brought it. If a connection ends before its UP could be
 *      pushed, the core hears nothing of it.
 *   5. While an event is owed to the core (`blocked`), a connection that is UP is not read.
 */
#ifndef RAFTD_PEER_LINK_PRIVATE_H
#define RAFTD_PEER_LINK_PRIVATE_H

#include "peer/frame_assembly.h"
#include "peer/frame_input.h"
#include "peer/frame_output.h"
#include "peer/greeting.h"
#include "peer/link.h"
#include "sys/mutex.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum link_state {
    LINK_IDLE,      /* no connection: waits for the back-off, or for the peer to dial */
    LINK_HANDSHAKE, /* dialling side: TCP and TLS */
    LINK_HELLO,     /* dialling side: waits for the reply to its hello */
    LINK_UP,
};

struct link {
    /* Does not change after link_create(). */
    const struct link_shared *shared;
    struct link_timing timing;
    uint16_t peer_id;
    bool dials;                 /* this node has the lower id */
    struct net_address address; /* address of the peer */
    char address_text[300];
    struct net_address spare;                /* another address of the peer; link_set_spare() */
    char spare_text[300];                    /* "" = there is none */
    struct waker waker;                      /* consumer: link thread */
    struct ring *events;                     /* struct link_event; link thread -> core thread */
    struct frame_queue queues[WIRE_CLASSES]; /* core thread -> link thread */
    struct thread thread;

    /* The thread that starts and destroys the link. */
    bool started;

    /* Any thread. */
    atomic_bool stop; /* set by link_request_stop(), read by the link thread */
    atomic_bool up;   /* set by the link thread, read by the core thread */
    /* Time of the last byte on the connection that is UP, if its peer has answered a probe on it;
     * 0 = it has not, or there is no connection. Set by the link thread. */
    _Atomic uint64_t lived_ms;
    atomic_bool given_waits;        /* set by the reception thread, cleared by the link thread */
    atomic_bool rebound;            /* known.bound has changed; cleared by the link thread */
    _Atomic uint64_t proof_against; /* see link_take_proof(); cleared by the core thread */
    atomic_bool events_blocked;     /* the link waits for room in `events`: see link_push_owed() */
    atomic_size_t events_bytes; /* of the frames in `events`; link thread adds, core subtracts */

    /* Guarded by mutex. */
    struct mutex mutex;
    struct stream *given; /* from the reception, not taken yet; NULL = none */
    struct wire_hello given_hello;
    struct link_health health;
    struct acquaintance known; /* the peer's data directory */

    /* Link thread. */
    enum link_state state;
    uint64_t now_ms; /* read once in each turn */
    struct stream *stream;
    char stream_text[64]; /* address of the other end */
    struct greeting_reader greeting;
    uint64_t greeting_deadline_ms; /* end of HANDSHAKE and HELLO */
    struct frame_input input;
    struct frame_assembly assembly;
    struct frame_output output;
    bool readable; /* a read may find something; if not, wait for read_wants first */
    bool writable; /* a write may succeed; if not, wait for write_wants first */
    short read_wants;
    short write_wants;
    uint64_t peer_identity; /* of the data directory at the other end of the newest connection */
    uint64_t up_since_us;
    uint64_t heard_ms; /* time of the last byte from the peer */
    uint64_t probe_due_ms;
    bool uses_spare;       /* the connection is, or the next one will be, to the spare address */
    bool was_healthy;      /* the peer answered a probe on this connection */
    uint64_t retry_due_ms; /* IDLE: time of the next dialling */
    uint32_t backoff_ms;
    unsigned failed_dials; /* so far; each failure lets the next address of the name go first */
    /* Events that found the ring full, in the order in which they are pushed. */
    struct link_event owed; /* a message, or a frame of a snapshot; type 0 = none */
    bool owes_down;
    bool owes_up;
    bool blocked; /* something is owed */
    bool pushed;  /* the core thread has to be woken at the end of this turn */
    struct greeting_log log;
};

/* All of these: link thread. */

static inline const char *link_dialled_text(const struct link *link)
{
    return link->uses_spare ? link->spare_text : link->address_text;
}

/* link_connection.c */
/* One turn: everything that can be done without waiting. */
void link_work(struct link *link);
/* Writes what there is. 0, also if the socket takes no more now; or a negative code. */
int link_write_frames(struct link *link, struct raftd_error *error);
/* Frees the frames that the core has sent and that were not written. */
void link_drop_frames(struct link *link);

/* link_events.c */
void link_report_up(struct link *link, const struct wire_hello *hello);
void link_report_probed(struct link *link, uint64_t round_trip_us, bool peer_ready);
/* Says why the connection ended, in the log (not too often) and in the health. */
void link_report_trouble(struct link *link, enum greeting_reason reason, const char *text);
/* Remembers what a message of the peer proves about its disk. */
void link_remember(struct link *link, const struct raft_message *message);
/* Pushes what is owed; sets or clears link->blocked. */
void link_push_owed(struct link *link);
/* Pushes an event, or owes it. Takes what the event points at. */
void link_push_event(struct link *link, struct link_event event);
void link_push_up(struct link *link);
void link_push_down(struct link *link);

#endif
