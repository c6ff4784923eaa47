/*
 * Hellos between peers: reads them, and looks at certificates; see greeting.h. Runs on the caller's
 * thread; never waits.
 */
#include "peer/greeting.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"

bool greeting_log_passes(struct greeting_log *log, enum greeting_reason reason)
{
    return log_throttle_pass(&log->throttles[reason], GREETING_LOG_INTERVAL_MS);
}

enum greeting_reason greeting_judge_certificate(const struct wire_hello *hello,
                                                const struct link_shared *shared,
                                                const struct stream *stream,
                                                const char *expected_host,
                                                struct raftd_error *error)
{
    char found[sizeof(error->message)];

    if (stream_speaks_for(stream, shared->cluster_name, hello->node_id, expected_host, error)) {
        return GREETING_ACCEPTED;
    }
    memcpy(found, error->message, sizeof(found));
    error_set(error, RAFTD_ERROR_REFUSED, "%.400s: check [tls] certificate of node %u", found,
              (unsigned)hello->node_id);
    return GREETING_CERTIFICATE;
}

/* Whether the bytes begin a TLS record: the other side speaks TLS, but this one does not. */
static bool looks_like_tls(const uint8_t *data)
{
    return (data[0] == 0x16 || data[0] == 0x15) && data[1] == 3 && data[2] <= 4;
}

/* Sets how many bytes to read: first the size of a header, then, from the header, that of the
 * frame. */
static int wanted_bytes(const struct greeting_reader *reader, size_t *wanted,
                        struct wire_header *header, struct raftd_error *error)
{
    int code;

    *wanted = WIRE_HEADER_BYTES;
    if (reader->size_bytes < WIRE_HEADER_BYTES) {
        return 0;
    }
    if (looks_like_tls(reader->data)) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "the other side uses TLS, this node uses plain text: give [tls] peer the "
                         "same value on both nodes");
    }
    code = wire_header_decode(header, reader->data, WIRE_HELLO_MAX_BYTES, error);
    if (code != 0) {
        return code;
    }
    if (header->type != WIRE_HELLO && header->type != WIRE_HELLO_REPLY &&
        header->type != WIRE_JOIN && header->type != WIRE_JOIN_REPLY &&
        header->type != WIRE_FOUND && header->type != WIRE_FOUND_REPLY) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the first frame is of type %u, expected a hello", (unsigned)header->type);
    }
    *wanted += header->payload_bytes;
    return 0;
}

int greeting_read_frame(struct greeting_reader *reader, struct stream *stream,
                        struct wire_header *header, struct raftd_error *error)
{
    for (;;) {
        size_t wanted;
        ssize_t count;
        int code = wanted_bytes(reader, &wanted, header, error);

        if (code != 0) {
            return code;
        }
        ASSERT(wanted <= sizeof(reader->data));
        if (reader->size_bytes >= WIRE_HEADER_BYTES && reader->size_bytes == wanted) {
            return 0;
        }
        count = stream_read(stream, reader->data + reader->size_bytes, wanted - reader->size_bytes,
                            error);
        if (count < 0) {
            return (int)count;
        }
        reader->size_bytes += (size_t)count;
    }
}

int greeting_read(struct greeting_reader *reader, struct stream *stream, enum wire_frame_type type,
                  struct wire_hello *hello, struct raftd_error *error)
{
    struct wire_header header;
    int code = greeting_read_frame(reader, stream, &header, error);

    if (code != 0) {
        return code;
    }
    if (header.type != type) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the first frame is of type %u, expected a hello", (unsigned)header.type);
    }
    return wire_hello_decode(hello, reader->data + WIRE_HEADER_BYTES, header.payload_bytes, error);
}
