/*
 * Two nodes' ends of one link for tests, over loopback: node 1 dials, node 2 listens. The test's
 * own thread is the core of both and accepts sockets. Besides, a hand-made peer that says what
 * the test writes, plain text.
 */
#ifndef RAFTD_TEST_UNIT_NODE_PEERS_H
#define RAFTD_TEST_UNIT_NODE_PEERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/certificates.h"
#include "node/link.h"
#include "node/reception.h"

struct end {
    struct link_shared shared; /* may be changed before peers_start() */
    struct waker waker;
    atomic_bool ready;
    struct link *link;
    /* What the core has seen. */
    size_t ups;
    size_t downs;
    size_t messages;
    bool keeps_events; /* the core does not take anything */
    void (*on_message)(struct end *end, const struct raft_message *message);
    uint64_t expected; /* for on_message */
};

struct peers {
    struct end ends[3];          /* by node id */
    struct reception *reception; /* node 2's */
    struct link_table links;     /* node 2's link, for the reception */
    int listener;
    uint16_t port;
    struct certificates *certificates; /* NULL: plain text */
};

/* Neither end runs yet. Short time-outs, so that tests need not wait for the real ones. */
void peers_init(struct peers *peers, bool tls);
void peers_start(struct peers *peers); /* both */
void peers_start_dialler(struct peers *peers);
void peers_start_listener(struct peers *peers);
void peers_stop_listener(struct peers *peers);
void peers_free(struct peers *peers);

/* Takes what happened and waits for more until the condition holds; false after ten seconds. */
bool peers_wait(struct peers *peers, bool (*condition)(struct peers *peers));
/* The same for so long, whatever happens. */
void peers_wait_ms(struct peers *peers, unsigned duration_ms);

bool peers_are_up(struct peers *peers);      /* both have said so to their cores */
bool peers_are_healthy(struct peers *peers); /* both have answered a probe */
struct link_health peers_health(struct peers *peers, uint16_t id);

/* From this node to the other one: an append whose commit index is `number`, with one entry of
 * so many bytes. False where the link did not take it. */
bool peers_send(struct peers *peers, uint16_t from, uint64_t number, uint32_t size);

/* on_message: numbers from 0 without a gap, and intact. */
void peers_expect_in_order(struct end *end, const struct raft_message *message);

/* Where the test itself is the listener: the connection that node 1 dials. */
int peers_accept(struct peers *peers);
/* Whether node 1 says by now what is wrong with it. */
bool peers_dialler_has_trouble(struct peers *peers);
/* A socket to the listener, connected and blocking. */
int peers_connect(struct peers *peers);
/* A hello from node 1 that node 2 accepts. */
struct wire_hello peers_hello(struct peers *peers);
/* All bytes of a frame; frees it. False if the other side has closed. */
bool peers_write_frame(int fd, struct wire_frame *frame);
/* Waits for a frame while the listener works; false at the end of the stream. The payload
 * holds up to 4096 bytes. */
bool peers_read_frame(struct peers *peers, int fd, struct wire_header *header, uint8_t *payload);
/* Says hello as node 1 and reads the reply. */
bool peers_greet(struct peers *peers, int fd, const struct wire_hello *hello,
                 struct wire_hello *reply);
/* Whether the other side closes this socket, in time; what it sends before is ignored. */
bool peers_is_closed(struct peers *peers, int fd);

/* From now on log lines go to a file; log_text() is what it has so far. */
void peers_capture_log(void);
const char *peers_log(void);

#endif
