/*
 * Frames going out: small ones are gathered into one buffer and leave in one write, large ones
 * are written from where they are. Owned by one thread; a frame once begun is always finished
 * before another one, since half a frame followed by another is garbage.
 */
#ifndef RAFTD_NODE_FRAME_OUTPUT_H
#define RAFTD_NODE_FRAME_OUTPUT_H

#include "net/stream.h"
#include "sys/ring.h"
#include "wire/wire.h"

enum {
    FRAME_OUTPUT_BYTES = 256 * 1024,
    FRAME_OUTPUT_COPY_MAX = 32 * 1024, /* larger frames are not copied */
    FRAME_OUTPUT_RESERVE = 4 * 1024,   /* kept free of the ring's frames, for the link's own */
};

/* Zero-initialised is empty and valid. */
struct frame_output {
    uint8_t *data; /* FRAME_OUTPUT_BYTES, allocated on first use */
    size_t start;  /* of what has not been written yet */
    size_t end;
    struct wire_frame *large; /* owned; goes after data, unless large_begun */
    size_t large_offset;
    bool large_begun;  /* a write of it was tried: TLS wants the same bytes again */
    struct ring *bulk; /* borrowed; one frame at a time when nothing else waits; may be NULL */
};

void frame_output_free(struct frame_output *output);
void frame_output_clear(struct frame_output *output);

/* Copies and frees a small frame. False: no room; the frame was freed. */
bool frame_output_add(struct frame_output *output, struct wire_frame *frame);

bool frame_output_is_empty(const struct frame_output *output);

/*
 * Writes what is there and then whatever frames are in the ring (consumer side; NULL = none):
 * 0 when all of it is written, else what stream_write() said.
 */
int frame_output_flush(struct frame_output *output, struct ring *frames, struct stream *stream,
                       struct raftd_error *error);

#endif
