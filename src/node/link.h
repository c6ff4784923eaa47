/*
 * A peer link: one thread that owns the one connection to one peer. It dials (if this node has
 * the lower id) or waits for a socket from reception, shakes hands, answers health probes,
 * decodes frames into messages for the core and writes the core's frames. Reconnects with
 * jittered back-off until stopped.
 *
 * Rings: `events` link thread -> core thread, `frames` core thread -> link thread. When events
 * is full the link stops reading its socket; when frames is full the core drops the frame.
 */
#ifndef RAFTD_NODE_LINK_H
#define RAFTD_NODE_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/stream.h"
#include "net/tls.h"
#include "sys/waker.h"
#include "wire/wire.h"

struct link;

/* How long things may take; tests shorten them. 0 = the default. */
struct link_timing {
    uint32_t greeting_timeout_ms; /* 5000: from dialling, or from the accepted socket, to hello */
    uint32_t probe_interval_ms;   /* 1000 */
    uint32_t silence_timeout_ms;  /* 5000: without a byte from the peer the connection is dead */
    uint32_t backoff_min_ms;      /* 50: doubles with each failure, 25 % jitter either way */
    uint32_t backoff_max_ms;      /* 2000 */
};

/* What every link of a node shares; immutable while links run, outlives them. */
struct link_shared {
    uint16_t self_id;
    uint64_t cluster_id;
    uint64_t process_id;
    char cluster_name[64];
    char client_address[272];
    struct tls_context *tls; /* NULL = plain text */
    struct wire_limits limits;
    size_t max_frame_bytes;   /* payload of a frame, at most */
    struct waker *core;       /* woken after events were pushed */
    struct waker *lifecycle;  /* woken when a link's health changes; may be NULL */
    const atomic_bool *ready; /* what probe replies say */
    bool may_link; /* this node has what links need: certificates, or leave to do without */
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
    struct raft_message *message;   /* MESSAGE: the receiver frees it; ->from is authenticated */
    struct wire_snapshot *snapshot; /* SNAPSHOT: the receiver frees it */
};

/* NULL if the system has no descriptor left for its waker. */
struct link *link_create(const struct link_shared *shared, uint16_t peer_id,
                         const struct net_address *address);
int link_start(struct link *link);
/* Two steps, so that all links stop at the same time: ask, then join and free. */
void link_request_stop(struct link *link);
/* A link that is stopping writes what was sent before link_request_stop(), if it can at once. */
void link_destroy(struct link *link);

/* Core thread. */
bool link_next_event(struct link *link, struct link_event *event);
bool link_has_events(const struct link *link);
/* Takes the frame; false = ring full or link down: the frame was freed. Does not wake. */
bool link_send(struct link *link, struct wire_frame *frame);
/*
 * The same for what must not delay others: such a frame goes only when the link has nothing else
 * to write, and there are never many of them.
 */
bool link_send_bulk(struct link *link, struct wire_frame *frame);
void link_wake(struct link *link);

/*
 * Reception thread, for a peer with a lower id: a stream whose hello named this peer and was
 * accepted; the link tells the peer so. Replaces an older connection. The link owns the stream
 * from here on. `hello` is the peer's.
 */
void link_give_stream(struct link *link, struct stream *stream, const struct wire_hello *hello);

/* Any thread. */
uint16_t link_peer_id(const struct link *link);
const struct net_address *link_address(const struct link *link); /* of the member */
const char *link_address_text(const struct link *link);
struct link_health {
    bool connected; /* handshaken */
    bool healthy;   /* connected and answered a health probe on this connection */
    bool peer_ready;
    uint64_t round_trip_us;
    char client_address[272];
    char trouble[128]; /* the last reason why there is no link, "" = none */
};
void link_get_health(struct link *link, struct link_health *health);

#endif
