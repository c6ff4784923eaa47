/*
 * The read buffer of a connection; see frame_input.h. Owned by one thread. It finds frames and does
 * not know what they mean.
 */
#include "peer/frame_input.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum {
    /* If less room is left than this, the begun frame is moved to the front of the buffer. */
    READ_ROOM_BYTES = 16 * 1024,
    /* A read of less than this that did not fill its room has probably emptied the socket. */
    READ_LONG_BYTES = 8 * 1024,
};

void frame_input_free(struct frame_input *input)
{
    memory_free(input->data);
    *input = (struct frame_input){0};
}

void frame_input_clear(struct frame_input *input)
{
    input->start = 0;
    input->end = 0;
    input->wanted_bytes = 0;
}

/* Makes room to read. The buffer doubles as bytes arrive, up to the size of the frame: a header
 * that announces a large frame costs no memory by itself. */
static void make_room(struct frame_input *input)
{
    size_t held = input->end - input->start;

    if (held == 0) {
        input->start = 0;
        input->end = 0;
    } else if (input->start > 0 && input->capacity_bytes - input->end < READ_ROOM_BYTES) {
        memmove(input->data, input->data + input->start, held);
        input->start = 0;
        input->end = held;
    }
    if (input->data == NULL) {
        input->capacity_bytes = FRAME_INPUT_BYTES;
        input->data = memory_allocate(input->capacity_bytes);
    } else if (held == input->capacity_bytes) {
        size_t grown = 2 * input->capacity_bytes;

        ASSERT(input->wanted_bytes > input->capacity_bytes);
        if (grown > input->wanted_bytes + READ_ROOM_BYTES) {
            grown = input->wanted_bytes + READ_ROOM_BYTES;
        }
        input->data = memory_resize(input->data, grown);
        input->capacity_bytes = grown;
    }
}

ssize_t frame_input_read(struct frame_input *input, struct stream *stream, bool *more,
                         struct raftd_error *error)
{
    size_t room;
    ssize_t count;

    make_room(input);
    room = input->capacity_bytes - input->end;
    ASSERT(room > 0);
    count = stream_read(stream, input->data + input->end, room, error);
    *more = false;
    if (count > 0) {
        input->end += (size_t)count;
        *more = (size_t)count == room || count >= READ_LONG_BYTES || stream_has_pending(stream);
    }
    return count;
}

int frame_input_next(struct frame_input *input, size_t max_payload_bytes,
                     struct wire_header *header, const uint8_t **payload, struct raftd_error *error)
{
    size_t held = input->end - input->start;
    int code;

    if (held < WIRE_HEADER_BYTES) {
        return 0;
    }
    code = wire_header_decode(header, input->data + input->start, max_payload_bytes, error);
    if (code != 0) {
        return code;
    }
    input->wanted_bytes = WIRE_HEADER_BYTES + (size_t)header->payload_bytes;
    if (input->wanted_bytes > input->peak_bytes) {
        input->peak_bytes = input->wanted_bytes;
    }
    if (held < input->wanted_bytes) {
        return 0;
    }
    *payload = input->data + input->start + WIRE_HEADER_BYTES;
    input->start += input->wanted_bytes;
    input->wanted_bytes = 0;
    return 1;
}

void frame_input_shrink(struct frame_input *input)
{
    if (input->capacity_bytes > FRAME_INPUT_BYTES && input->start == input->end &&
        input->peak_bytes <= FRAME_INPUT_BYTES) {
        frame_input_free(input);
    }
    input->peak_bytes = 0;
}
