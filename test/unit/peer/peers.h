/*
 * The ends of one link in two nodes, for tests, over loopback: node 1 dials, node 2 listens. The
 * thread of the test is the core thread of both, and accepts sockets. Also a peer by hand, in plain
 * text, that sends what the test writes.
 */
#ifndef RAFTD_TEST_UNIT_NODE_PEERS_H
#define RAFTD_TEST_UNIT_NODE_PEERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/certificates.h"
#include "peer/link.h"
#include "peer/reception.h"

struct end {
    struct link_shared shared; /* may be changed before peers_start() */
    struct waker waker;
    atomic_bool ready;
    struct link *link;
    /* What the core has got. */
    size_t ups;
    size_t downs;
    size_t messages;
    bool keeps_events; /* the core takes no events */
    void (*on_message)(struct end *end, const struct raft_message *message);
    uint64_t expected; /* for on_message */
};

struct peers {
    struct end ends[3];          /* by node id */
    struct reception *reception; /* of node 2 */
    struct link_table links;     /* of node 2 */
    int listener;
    uint16_t port;
    struct certificates *certificates; /* NULL = plain text */
};

/* Makes both ends; neither runs yet. The time-outs are short, so that tests need not wait for the
 * real ones. */
void peers_init(struct peers *peers, bool tls);
void peers_start(struct peers *peers); /* starts both ends */
void peers_start_dialler(struct peers *peers);
void peers_start_listener(struct peers *peers);
void peers_stop_listener(struct peers *peers);
void peers_free(struct peers *peers);

/* Takes events and waits for more until the condition is true; false after ten seconds. */
bool peers_wait(struct peers *peers, bool (*condition)(struct peers *peers));
/* Takes events for this time, whatever happens. */
void peers_wait_ms(struct peers *peers, unsigned duration_ms);

bool peers_are_up(struct peers *peers);      /* both ends have told their cores */
bool peers_are_healthy(struct peers *peers); /* both ends have answered a probe */
struct link_health peers_health(struct peers *peers, uint16_t id);

/* Sends from this node to the other one: an append whose commit index is `number`, with one entry
 * of this size. False if the link did not take it. */
bool peers_send(struct peers *peers, uint16_t from, uint64_t number, uint32_t size);

/* on_message: the numbers begin at 0 without a gap, and the entries are intact. */
void peers_expect_in_order(struct end *end, const struct raft_message *message);

/* If the test itself is the listener: the connection that node 1 dials. */
int peers_accept(struct peers *peers);
/* Whether the health of node 1 has another trouble than at the start. */
bool peers_dialler_has_trouble(struct peers *peers);
/* A socket to the listener, connected and blocking. */
int peers_connect(struct peers *peers);
/* Makes a hello of node 1 that node 2 accepts. */
struct wire_hello peers_hello(struct peers *peers);
/* Writes all bytes of a frame and frees it. False if the other side has closed. */
bool peers_write_frame(int fd, struct wire_frame *frame);
/* Waits for a frame while the listener works; false at the end of the stream. The payload holds up
 * to PEERS_PAYLOAD_MAX bytes. */
enum { PEERS_PAYLOAD_MAX = 16 * 1024 };
bool peers_read_frame(struct peers *peers, int fd, struct wire_header *header, uint8_t *payload);
/* Sends the hello as node 1 and reads the reply. */
bool peers_greet(struct peers *peers, int fd, const struct wire_hello *hello,
                 struct wire_hello *reply);
/* Whether the other side closes this socket in time; what it sends before is ignored. */
bool peers_is_closed(struct peers *peers, int fd);

/* From now on log lines go to a file; peers_log() returns what it contains so far. */
void peers_capture_log(void);
const char *peers_log(void);

#endif
