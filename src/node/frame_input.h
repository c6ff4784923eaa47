/*
 * Frames coming in: one read buffer that is used again and again, larger only while a large
 * frame arrives, and only as its bytes do. Owned by one thread.
 */
#ifndef RAFTD_NODE_FRAME_INPUT_H
#define RAFTD_NODE_FRAME_INPUT_H

#include "net/stream.h"
#include "wire/wire.h"

enum { FRAME_INPUT_BYTES = 64 * 1024 }; /* capacity unless a frame needs more */

/* Zero-initialised is empty and valid. */
struct frame_input {
    uint8_t *data;
    size_t capacity_bytes;
    size_t start; /* of what has not been taken yet */
    size_t end;
    size_t wanted_bytes; /* of the frame that has begun to arrive, header included; 0 = unknown */
    size_t peak_bytes;   /* the largest frame since frame_input_shrink() */
};

void frame_input_free(struct frame_input *input);
void frame_input_clear(struct frame_input *input);

/* Reads once from the stream. As stream_read(); *more: there may be more to read right now. */
ssize_t frame_input_read(struct frame_input *input, struct stream *stream, bool *more,
                         struct raftd_error *error);

/*
 * Takes the next frame: 1 and its payload, borrowed until the next read; 0 if it is not all
 * there; RAFTD_ERROR_PROTOCOL for a header that is none.
 */
int frame_input_next(struct frame_input *input, size_t max_payload_bytes,
                     struct wire_header *header, const uint8_t **payload,
                     struct raftd_error *error);

/* To be called now and then: gives memory back that no frame has needed since the last call. */
void frame_input_shrink(struct frame_input *input);

#endif
