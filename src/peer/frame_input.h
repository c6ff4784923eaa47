/*
 * The frames that a connection receives: one read buffer. It grows only while a large frame
 * arrives, and only as fast as the bytes arrive. Owned by one thread.
 */
#ifndef RAFTD_PEER_FRAME_INPUT_H
#define RAFTD_PEER_FRAME_INPUT_H

#include "net/stream.h"
#include "wire/wire.h"

enum { FRAME_INPUT_BYTES = 64 * 1024 }; /* capacity, unless a frame needs more */

/* A struct of zeros is empty and valid. */
struct frame_input {
    uint8_t *data;
    size_t capacity_bytes;
    size_t start; /* offset of the bytes that were not taken yet */
    size_t end;
    size_t wanted_bytes; /* size of the frame that is arriving, with its header; 0 = unknown */
    size_t peak_bytes;   /* size of the largest frame since the last frame_input_shrink() */
};

void frame_input_free(struct frame_input *input);
void frame_input_clear(struct frame_input *input);

/* Reads once; returns what stream_read() returned. *more: there may be more to read at once. */
ssize_t frame_input_read(struct frame_input *input, struct stream *stream, bool *more,
                         struct raftd_error *error);

/*
 * Takes the next frame. 1: here it is; the payload is borrowed until the next read. 0: the frame is
 * not complete yet. RAFTD_ERROR_PROTOCOL: its header is not valid.
 */
int frame_input_next(struct frame_input *input, size_t max_payload_bytes,
                     struct wire_header *header, const uint8_t **payload,
                     struct raftd_error *error);

/* Frees the memory for large frames if no frame has needed it since the last call. */
void frame_input_shrink(struct frame_input *input);

#endif
