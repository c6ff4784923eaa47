/*
 * The hellos that peers exchange first on a connection: reads the hello of the other side, and
 * looks at its certificate; hello.h makes this node's hello and decides about the rest. Used by
 * links, which dial, and by the reception, which is dialled, each on its own thread with its own
 * state.
 */
#ifndef RAFTD_PEER_GREETING_H
#define RAFTD_PEER_GREETING_H

#include "net/stream.h"
#include "peer/hello.h"
#include "peer/link.h"
#include "sys/log.h"

enum { GREETING_LOG_INTERVAL_MS = 10000 };

/* Lets one line of each reason pass in an interval. Each thread that logs has its own. */
struct greeting_log {
    struct log_throttle throttles[GREETING_REASONS];
};
bool greeting_log_passes(struct greeting_log *log, enum greeting_reason reason);

/* Whether the certificate of the other side proves that it is the sender of the hello. The error
 * says what to check. */
enum greeting_reason greeting_judge_certificate(const struct wire_hello *hello,
                                                const struct link_shared *shared,
                                                const struct stream *stream,
                                                const char *expected_host,
                                                struct raftd_error *error);

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
