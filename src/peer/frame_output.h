/*
 * The frames that a connection sends. Small ones are copied into one buffer, which leaves in one
 * write; large ones are written from where they are. A frame that was begun is always finished
 * before another one begins, or the peer could not tell where a frame ends. Owned by one thread.
 */
#ifndef RAFTD_PEER_FRAME_OUTPUT_H
#define RAFTD_PEER_FRAME_OUTPUT_H

#include "net/stream.h"
#include "sys/ring.h"
#include "wire/wire.h"

enum {
    FRAME_OUTPUT_BYTES = 256 * 1024,
    FRAME_OUTPUT_COPY_MAX = 32 * 1024, /* larger frames are not copied into the buffer */
    FRAME_OUTPUT_RESERVE = 4 * 1024,   /* part of the buffer for the link's own frames */
};

/* A struct of zeros is empty and valid. */
struct frame_output {
    uint8_t *data; /* FRAME_OUTPUT_BYTES, allocated on first use */
    size_t start;  /* offset of the bytes that were not written yet */
    size_t end;
    struct wire_frame *large; /* owned; written after data, or before it if large_begun */
    size_t large_offset;
    bool large_begun;  /* a write of it was tried; TLS requires the same bytes in the next try */
    struct ring *bulk; /* borrowed; its frames are written when no other waits; NULL = none */
};

void frame_output_free(struct frame_output *output);
void frame_output_clear(struct frame_output *output);

/* Takes a small frame of the link's own. False: there is no room, and the frame was freed. */
bool frame_output_add(struct frame_output *output, struct wire_frame *frame);

bool frame_output_is_empty(const struct frame_output *output);

/*
 * Writes what is there, then the frames in the ring (the caller is its consumer; NULL = no ring).
 * 0 when everything is written, else what stream_write() returned.
 */
int frame_output_flush(struct frame_output *output, struct ring *frames, struct stream *stream,
                       struct raftd_error *error);

#endif
