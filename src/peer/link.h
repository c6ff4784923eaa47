/*
 * A peer link: a thread that owns the one connection to one peer. The node with the lower id dials;
 * the other one gets the connection from its reception. The link exchanges hellos, sends and
 * answers health probes, decodes frames into messages for the core, and writes the core's frames.
 * When the connection is lost it makes a new one, after a back-off with jitter, until it is
 * stopped. It never touches the Raft core.
 *
 * Queues connect it with the core thread: `events` to the core, and for each class of frames one
 * queue from the core. All are bounded in number and in bytes. When `events` is full, the link
 * stops reading from its socket. When the queue of a class is full, the frame is dropped, as by a
 * network.
 */
#ifndef RAFTD_PEER_LINK_H
#define RAFTD_PEER_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/stream.h"
#include "net/tls.h"
#include "peer/acquaintance.h"
#include "sys/waker.h"
#include "wire/wire.h"

struct link;

/* How much waits between a link and the core. In each queue, the frame that reaches the limit still
 * fits, so it holds up to one frame more. */
enum {
    LINK_CONTROL_BYTES = 1024 * 1024,
    LINK_ENTRIES_BYTES = 32 * 1024 * 1024,
    LINK_BULK_BYTES = 1024 * 1024,
    LINK_EVENTS_BYTES = 32 * 1024 * 1024,
    /* The same in frames: each of CONTROL and ENTRIES, and BULK. */
    LINK_FRAMES_MAX = 4096,
    LINK_BULK_FRAMES_MAX = 32,
    /* Largest frame of the class CONTROL. */
    LINK_CONTROL_FRAME_MAX = 8 * 1024,
};
/* A peer that has sent nothing for so long may have been restarted. */
enum { LINK_TWIN_SILENCE_MS = 2000 };

/* Time limits, milliseconds; 0 = the default in the comment. Tests use shorter ones. */
struct link_timing {
    uint32_t greeting_timeout_ms; /* 5000: until both hellos are exchanged */
    uint32_t probe_interval_ms;   /* 1000: between two health probes */
    uint32_t silence_timeout_ms;  /* 5000: without a byte from the peer; then the connection ends */
    /* LINK_TWIN_SILENCE_MS: without a byte from the peer; then the hello of another process of its
     * data directory is that of a restart. */
    uint32_t twin_silence_ms;
    uint32_t backoff_min_ms; /* 50: doubles with each failure; plus or minus 25 % at random */
    uint32_t backoff_max_ms; /* 2000 */
};

/* What all links of a node share. Does not change while links run, and outlives them. */
struct link_shared {
    uint16_t self_id;
    /* Atomic, because they become known only when the node has its log, and the reception may run
     * before that: cluster_id (0 = none yet), boot_count, term, last_index. */
    _Atomic uint64_t cluster_id;
    _Atomic uint64_t boot_count; /* how often a node has started on the data directory */
    _Atomic uint64_t term;       /* in the log with which this process has started */
    _Atomic uint64_t last_index; /* of that log */
    uint64_t identity;           /* of the data directory */
    uint64_t process_id;         /* random id of this process */
    char cluster_name[64];
    char client_address[272]; /* told to the peers; "" = none */
    struct tls_context *tls;  /* NULL = plain text */
    struct wire_limits limits;
    size_t max_frame_bytes;   /* largest payload of a frame */
    size_t max_queue_bytes;   /* entries that wait in a link; 0 = LINK_ENTRIES_BYTES */
    struct waker *core;       /* woken after events were pushed */
    struct waker *lifecycle;  /* woken when a link's health changes; may be NULL */
    const atomic_bool *ready; /* the node is ready; probes tell it to the peers */
    bool may_link;            /* there are certificates, or the configuration allows plain text */
    struct link_timing timing;
};

enum link_event_type {
    LINK_EVENT_UP = 1,
    LINK_EVENT_DOWN,
    LINK_EVENT_MESSAGE,
    LINK_EVENT_SNAPSHOT,
};
struct link_event {
    enum link_event_type type;
    size_t size_bytes;              /* of the frame; 0 = the event was no frame */
    uint64_t identity;              /* UP: of the peer's data directory */
    struct raft_message *message;   /* MESSAGE: verified to be from this peer; the taker frees it */
    struct wire_snapshot *snapshot; /* SNAPSHOT: the taker frees it */
};

/* NULL if the process has no file descriptor left. */
struct link *link_create(const struct link_shared *shared, uint16_t peer_id,
                         const struct net_address *address);
/* Before link_start(): another address at which the peer may be. The two are dialled in turn until
 * the peer answers at one of them. */
void link_set_spare(struct link *link, const struct net_address *address);
int link_start(struct link *link);
/* Asks the thread to stop and does not wait, so that all links can stop at the same time. */
void link_request_stop(struct link *link);
/* Stops the thread, waits for its end, and frees. Frames that were sent before link_request_stop()
 * are still written if the socket takes them at once. NULL is allowed. */
void link_destroy(struct link *link);

/* Core thread. False = no event. */
bool link_next_event(struct link *link, struct link_event *event);
/* False = the core thread may sleep: the link wakes it when there is an event. */
bool link_has_events(struct link *link);
/* Takes the frame. False: the queue of the class is full or there is no connection, and the frame
 * was freed. Does not wake the link: see link_wake(). A frame of the class CONTROL may overtake
 * frames of ENTRIES, and both may overtake BULK. */
bool link_send(struct link *link, enum wire_class class, struct wire_frame *frame);
void link_wake(struct link *link);

/*
 * Reception thread, only for a peer with a lower id: gives the link a stream whose hello named this
 * peer and was accepted. The link owns the stream from here on, sends the reply to the hello, and
 * closes the connection that it had before: see the takeover in link_private.h. `hello` is the
 * peer's.
 */
void link_give_stream(struct link *link, struct stream *stream, const struct wire_hello *hello);

/*
 * Any thread. Whether a hello of the peer comes from the data directory that this link knows, in a
 * state that is not older; the link remembers it then. Else the error says what to do, and the
 * health of a link without a connection says it as well.
 */
enum acquaintance_verdict link_recognise(struct link *link, const struct wire_hello *hello,
                                         struct raftd_error *error);
/* Any thread. Whether a data directory with this identity may belong to the peer. Else the same. */
enum acquaintance_verdict link_judge(struct link *link, uint64_t identity,
                                     struct raftd_error *error);
/* Any thread. What the link remembers of the peer's data directory. A link to the same peer at
 * another address gets it before link_start(). */
void link_get_known(struct link *link, struct acquaintance *known);
void link_set_known(struct link *link, const struct acquaintance *known);
/* Core thread. Whether a hello has shown, since the last call, that the peer's data directory lacks
 * what the peer had promised, while the peer had no connection: so no other process stands in for
 * the same member. Returns the identity of that directory, 0 = no. The link refuses the peer; wakes
 * the core thread. */
uint64_t link_take_proof(struct link *link);
/* Any thread. The log binds the peer's id to the data directory with this identity; 0 = to none. A
 * connection to another directory ends. Returns whether that is new. */
bool link_bind(struct link *link, uint64_t identity);

/* Any thread. */
uint16_t link_peer_id(const struct link *link);
const struct net_address *link_address(const struct link *link); /* address of the member */
const char *link_address_text(const struct link *link);
const char *link_spare_host(const struct link *link); /* host of the spare address; "" = none */
struct link_health {
    bool connected;  /* both sides have identified themselves */
    bool healthy;    /* connected, and the peer has answered a health probe on this connection */
    bool peer_ready; /* whether the peer is ready, as its last probe said */
    uint64_t round_trip_us;   /* round trip of the last health probe; 0 = unknown */
    char client_address[272]; /* the peer's address for clients; "" = unknown */
    char trouble[256];        /* why there is no connection; "" = there is one */
};
void link_get_health(struct link *link, struct link_health *health);

#endif
