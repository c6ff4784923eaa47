/*
 * The write side of a connection; see frame_output.h. Owned by one thread; never waits.
 */
#include "peer/frame_output.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

void frame_output_clear(struct frame_output *output)
{
    memory_free(output->large);
    output->large = NULL;
    output->large_offset = 0;
    output->large_begun = false;
    output->start = 0;
    output->end = 0;
}

void frame_output_free(struct frame_output *output)
{
    frame_output_clear(output);
    memory_free(output->data);
    output->data = NULL;
}

bool frame_output_is_empty(const struct frame_output *output)
{
    return output->start == output->end && output->large == NULL;
}

/* Whether `size` more bytes fit and leave `reserve` bytes free. Moves what waits to the front. */
static bool has_room(struct frame_output *output, size_t size, size_t reserve)
{
    size_t held = output->end - output->start;

    if (held + size + reserve > FRAME_OUTPUT_BYTES) {
        return false;
    }
    if (output->data == NULL) {
        output->data = memory_allocate(FRAME_OUTPUT_BYTES);
    }
    if (output->end + size > FRAME_OUTPUT_BYTES) {
        memmove(output->data, output->data + output->start, held);
        output->start = 0;
        output->end = held;
    }
    return true;
}

static void copy(struct frame_output *output, struct wire_frame *frame)
{
    memcpy(output->data + output->end, frame->data, frame->size_bytes);
    output->end += frame->size_bytes;
    memory_free(frame);
}

bool frame_output_add(struct frame_output *output, struct wire_frame *frame)
{
    ASSERT(frame->size_bytes <= FRAME_OUTPUT_RESERVE);
    if (!has_room(output, frame->size_bytes, 0)) {
        memory_free(frame);
        return false;
    }
    copy(output, frame);
    return true;
}

/* Moves frames from the ring into the buffer, up to one that is too large for it. */
static void gather(struct frame_output *output, struct ring *frames)
{
    struct wire_frame *frame;

    while (output->large == NULL && ring_pop(frames, &frame)) {
        if (frame->size_bytes <= FRAME_OUTPUT_COPY_MAX &&
            has_room(output, frame->size_bytes, FRAME_OUTPUT_RESERVE)) {
            copy(output, frame);
        } else {
            output->large = frame;
            output->large_offset = 0;
            output->large_begun = false;
        }
    }
    /* One bulk frame, and only if nothing else waits: a later frame waits at most for this one. */
    if (frame_output_is_empty(output) && output->bulk != NULL && ring_pop(output->bulk, &frame)) {
        output->large = frame;
        output->large_offset = 0;
        output->large_begun = false;
    }
}

static int write_data(struct frame_output *output, struct stream *stream, struct raftd_error *error)
{
    ssize_t count =
        stream_write(stream, output->data + output->start, output->end - output->start, error);

    if (count < 0) {
        return (int)count;
    }
    output->start += (size_t)count;
    if (output->start == output->end) {
        output->start = 0;
        output->end = 0;
    }
    return 0;
}

static int write_large(struct frame_output *output, struct stream *stream,
                       struct raftd_error *error)
{
    struct wire_frame *frame = output->large;
    ssize_t count;

    output->large_begun = true;
    count = stream_write(stream, frame->data + output->large_offset,
                         frame->size_bytes - output->large_offset, error);
    if (count < 0) {
        return (int)count;
    }
    output->large_offset += (size_t)count;
    if (output->large_offset == frame->size_bytes) {
        memory_free(frame);
        output->large = NULL;
        output->large_begun = false;
    }
    return 0;
}

int frame_output_flush(struct frame_output *output, struct ring *frames, struct stream *stream,
                       struct raftd_error *error)
{
    for (;;) {
        int code;

        if (frames != NULL) {
            gather(output, frames);
        }
        if (frame_output_is_empty(output)) {
            return 0;
        }
        if (output->large_begun || output->start == output->end) {
            code = write_large(output, stream, error);
        } else {
            code = write_data(output, stream, error);
        }
        if (code != 0) {
            return code;
        }
    }
}
