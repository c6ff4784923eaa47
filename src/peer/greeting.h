/*
 * The hellos that peers exchange first on a connection: makes this node's hello, reads the hello of
 * the other side, and decides whether that is acceptable. Used by links, which dial, and by the
 * reception, which is dialled, each on its own thread with its own state.
 */
#ifndef RAFTD_PEER_GREETING_H
#define RAFTD_PEER_GREETING_H

#include "net/stream.h"
#include "peer/link.h"
#include "sys/log.h"

/* Why a connection was not made, or ended. Each reason is logged once in an interval. */
enum greeting_reason {
    GREETING_ACCEPTED = 0,
    GREETING_VERSION,      /* no protocol version in common */
    GREETING_CLUSTER_NAME, /* the peer is of another cluster */
    GREETING_CLUSTER_ID,   /* a cluster with the same name, but founded with other members */
    GREETING_WANTED_ID,    /* the peer expects another node at this address */
    GREETING_NODE_ID,      /* the peer is another node than expected, or no member */
    GREETING_CERTIFICATE,  /* the peer's certificate is for another node or address */
    GREETING_STRANGER,     /* the peer has another data directory than the member */
    GREETING_SET_BACK,     /* the peer's data directory is in an older state than it was */
    GREETING_REFUSED,      /* the peer refused this node */
    GREETING_UNREACHABLE,
    GREETING_HANDSHAKE, /* TLS failed, or the connection ended before the hellos were exchanged */
    GREETING_TIMEOUT,
    GREETING_PROTOCOL, /* the peer sent bytes that the protocol does not allow */
    GREETING_CROWD,    /* too many connections wait in the reception */
    GREETING_LOST,     /* the connection ended after it had worked */
    GREETING_REASONS,
};

enum { GREETING_LOG_INTERVAL_MS = 10000 };

/* Lets one line of each reason pass in an interval. Each thread that logs has its own. */
struct greeting_log {
    struct log_throttle throttles[GREETING_REASONS];
};
bool greeting_log_passes(struct greeting_log *log, enum greeting_reason reason);

/* Makes this node's hello to node wanted_id. refusal: why the other hello is refused; NULL = it is
 * not refused. */
void greeting_make(struct wire_hello *hello, const struct link_shared *shared, uint16_t wanted_id,
                   const char *refusal);

/*
 * Decides whether a hello is acceptable: the version, the cluster, which node it is for, which node
 * sent it, and whether the certificate proves that. The error says what to check. The order is from
 * the general to the special, so that the message names the true cause: a node of another cluster
 * has another id as well.
 */
enum greeting_reason greeting_judge(const struct wire_hello *hello,
                                    const struct link_shared *shared, uint16_t expected_id,
                                    const struct stream *stream, const char *expected_host,
                                    struct raftd_error *error);

/* The reason that belongs to a verdict of link_recognise() about the peer's data directory. */
enum greeting_reason greeting_of_verdict(enum acquaintance_verdict verdict);

/* A hello that is being read. Never reads a byte beyond its frame: what follows belongs to the
 * link. */
struct greeting_reader {
    size_t size_bytes;
    uint8_t data[WIRE_HEADER_BYTES + WIRE_HELLO_MAX_BYTES];
};
/* Reads one frame that is no longer than a hello. Its payload follows the header in data. 0,
 * RAFTD_ERROR_AGAIN or another negative code. */
int greeting_read_frame(struct greeting_reader *reader, struct stream *stream,
                        struct wire_header *header, struct raftd_error *error);
/* Reads and decodes a hello. type: WIRE_HELLO or WIRE_HELLO_REPLY. Codes as above. */
int greeting_read(struct greeting_reader *reader, struct stream *stream, enum wire_frame_type type,
                  struct wire_hello *hello, struct raftd_error *error);

#endif
