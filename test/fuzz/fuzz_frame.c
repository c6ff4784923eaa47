/*
 * Peer frames from hostile bytes. What a decoder takes it has understood to the last byte:
 * encoded again it is the same frame.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "peer/frame_assembly.h"
#include "wire/wire.h"

enum { MAX_PAYLOAD_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wire_limits limits = {.max_entry_bytes = 1 << 16, .max_entries = 1 << 12};

/* NULL for a payload that is refused. */
static struct wire_frame *decode_and_encode(const struct wire_header *header,
                                            const uint8_t *payload)
{
    enum wire_frame_type type = (enum wire_frame_type)header->type;
    struct wire_snapshot *snapshot;
    struct raft_message *message;
    struct wire_hello hello;
    struct wire_probe probe;
    struct wire_join join;
    struct wire_join_reply answer;
    struct wire_found found;
    struct wire_piece piece;
    struct wire_frame *frame;

    switch (type) {
    case WIRE_HELLO:
    case WIRE_HELLO_REPLY:
        if (wire_hello_decode(&hello, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        return wire_hello_encode(type, &hello);
    case WIRE_PROBE:
    case WIRE_PROBE_REPLY:
        if (wire_probe_decode(&probe, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        return wire_probe_encode(type, &probe);
    case WIRE_RAFT:
        if (wire_message_decode(&message, payload, header->payload_bytes, &limits, NULL) != 0)
            return NULL;
        frame = wire_message_encode(message);
        wire_message_free(message);
        return frame;
    case WIRE_SNAPSHOT:
        if (wire_snapshot_decode(&snapshot, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        frame = wire_snapshot_encode(snapshot, snapshot->data);
        memory_free(snapshot);
        return frame;
    case WIRE_JOIN:
        if (wire_join_decode(&join, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        return wire_join_encode(&join);
    case WIRE_JOIN_REPLY:
        if (wire_join_reply_decode(&answer, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        return wire_join_reply_encode(&answer);
    case WIRE_FOUND:
    case WIRE_FOUND_REPLY:
        if (wire_found_decode(&found, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        return wire_found_encode(type, &found);
    case WIRE_PIECE:
        if (wire_piece_decode(&piece, payload, header->payload_bytes, NULL) != 0)
            return NULL;
        frame = memory_allocate(sizeof(*frame) + WIRE_PIECE_HEAD_BYTES + piece.size_bytes);
        frame->size_bytes = WIRE_PIECE_HEAD_BYTES + piece.size_bytes;
        wire_piece_head(frame->data, piece.class, piece.size_bytes);
        memcpy(frame->data + WIRE_PIECE_HEAD_BYTES, piece.data, piece.size_bytes);
        return frame;
    }
    return NULL;
}

/* Puts a piece together with those before it. False: no correct peer sends this. Whatever a header
 * announces, the memory is at most twice what has arrived, or the smallest amount. */
static bool assemble(struct frame_assembly *assembly, const void *payload, size_t size)
{
    const uint8_t *whole_payload;
    struct wire_header whole;
    struct wire_piece piece;
    struct wire_frame *frame;
    int code;

    if (wire_piece_decode(&piece, payload, size, NULL) != 0)
        return false;
    code = frame_assembly_add(assembly, &piece, MAX_PAYLOAD_BYTES, &whole, &whole_payload, NULL);
    if (code < 0)
        return false;
    ASSERT(assembly->frames[piece.class].capacity_bytes <=
           2 * assembly->frames[piece.class].size_bytes + 64 * 1024);
    if (code == 0)
        return true;
    ASSERT(whole.payload_bytes <= MAX_PAYLOAD_BYTES);
    frame = decode_and_encode(&whole, whole_payload);
    frame_assembly_end(assembly, piece.class);
    memory_free(frame);
    return frame != NULL;
}

static void run(struct frame_assembly *assembly, const uint8_t *data, size_t size)
{
    struct raftd_error error;

    /* An input is a run of frames, as a link reads them. */
    while (size >= WIRE_HEADER_BYTES) {
        struct wire_header header;
        struct wire_frame *frame;
        uint8_t *copy;

        if (wire_header_decode(&header, data, MAX_PAYLOAD_BYTES, &error) != 0 ||
            header.payload_bytes > size - WIRE_HEADER_BYTES)
            return;
        copy = memory_allocate(header.payload_bytes);
        memcpy(copy, data + WIRE_HEADER_BYTES, header.payload_bytes);
        frame = decode_and_encode(&header, copy);
        if (header.type == WIRE_PIECE && !assemble(assembly, copy, header.payload_bytes)) {
            memory_free(frame);
            frame = NULL;
        }
        memory_free(copy);
        if (frame == NULL)
            return;
        ASSERT(frame->size_bytes == WIRE_HEADER_BYTES + (size_t)header.payload_bytes);
        ASSERT(memcmp(frame->data, data, frame->size_bytes) == 0);
        data += frame->size_bytes;
        size -= frame->size_bytes;
        memory_free(frame);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_assembly assembly = {0};

    run(&assembly, data, size);
    frame_assembly_clear(&assembly);
    return 0;
}
