/*
 * The first frames of a connection between peers: making a hello, reading the other side's off
 * a stream, and judging it. Shared by links (which dial) and the reception (which is dialled);
 * each calls it on its own thread with its own state.
 */
#ifndef RAFTD_NODE_GREETING_H
#define RAFTD_NODE_GREETING_H

#include "net/stream.h"
#include "node/link.h"
#include "sys/log.h"

/* Why a connection did not come about, or ended. Log lines are throttled by reason. */
enum greeting_reason {
    GREETING_ACCEPTED = 0,
    GREETING_VERSION,      /* no protocol version in common */
    GREETING_CLUSTER_NAME, /* another cluster */
    GREETING_CLUSTER_ID,   /* the same name, other initial members */
    GREETING_WANTED_ID,    /* it wanted somebody else */
    GREETING_NODE_ID,      /* it is somebody else, or unknown */
    GREETING_CERTIFICATE,  /* its certificate speaks for somebody else */
    GREETING_REFUSED,      /* it refused this node */
    GREETING_UNREACHABLE,
    GREETING_HANDSHAKE, /* TLS, or the connection broke before the greeting was over */
    GREETING_TIMEOUT,
    GREETING_PROTOCOL, /* bytes that no correct peer sends */
    GREETING_CROWD,    /* more strangers than the reception holds */
    GREETING_LOST,     /* ended after it had worked */
    GREETING_REASONS,
};

enum { GREETING_LOG_INTERVAL_MS = 10000 };

/* One line of each reason per interval; whoever logs owns one of these. */
struct greeting_log {
    struct log_throttle throttles[GREETING_REASONS];
};
bool greeting_log_passes(struct greeting_log *log, enum greeting_reason reason);

/* This node's hello to wanted_id; refusal "" or NULL = none. */
void greeting_make(struct wire_hello *hello, const struct link_shared *shared, uint16_t wanted_id,
                   const char *refusal);

/*
 * Judges what the other side said, from the least specific to the most: version, cluster, who
 * is meant, who it is, and whether its certificate says so as well. error says what to check.
 */
enum greeting_reason greeting_judge(const struct wire_hello *hello,
                                    const struct link_shared *shared, uint16_t expected_id,
                                    const struct stream *stream, const char *expected_host,
                                    struct raftd_error *error);

/* A hello on its way in. Reads not one byte more than the frame has. */
struct greeting_reader {
    size_t size_bytes;
    uint8_t data[WIRE_HEADER_BYTES + WIRE_HELLO_MAX_BYTES];
};
/* Any one frame that is no longer than a hello; its payload follows the header in data. */
int greeting_read_frame(struct greeting_reader *reader, struct stream *stream,
                        struct wire_header *header, struct raftd_error *error);
/* type: WIRE_HELLO or WIRE_HELLO_REPLY. 0, RAFTD_ERROR_AGAIN or another negative code. */
int greeting_read(struct greeting_reader *reader, struct stream *stream, enum wire_frame_type type,
                  struct wire_hello *hello, struct raftd_error *error);

#endif
