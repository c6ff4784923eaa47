/*
 * The write side of a connection; see frame_output.h. Owned by one thread; never waits.
 */
#include "peer/frame_output.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sys/clock.h"

/* A control frame fits into the half of the buffer that it may fill. */
_Static_assert(FRAME_OUTPUT_CONTROL_MAX + FRAME_OUTPUT_RESERVE <= FRAME_OUTPUT_BYTES / 2,
               "a control frame fits");

static void drop_current(struct frame_output *output, enum wire_class class)
{
    struct wire_frame *frame = output->current[class].frame;

    if (frame != NULL) {
        frame_queue_release(&output->queues[class],
                            frame->size_bytes - output->current[class].offset);
        memory_free(frame);
        output->current[class].frame = NULL;
        output->current[class].offset = 0;
    }
}

void frame_output_clear(struct frame_output *output)
{
    drop_current(output, WIRE_ENTRIES);
    drop_current(output, WIRE_BULK);
    output->start = 0;
    output->end = 0;
    output->bulk_debt_bytes = 0;
    output->begun = false;
}

void frame_output_free(struct frame_output *output)
{
    frame_output_clear(output);
    memory_free(output->data);
    output->data = NULL;
}

void frame_output_begin(struct frame_output *output, uint64_t now_us)
{
    output->begun = true;
    pace_begin(&output->pace, now_us);
}

bool frame_output_is_empty(const struct frame_output *output)
{
    return output->start == output->end;
}

/* ---- The buffer ---- */

/* Bytes that can be added so that `reserve` bytes stay free. */
static size_t buffer_room(const struct frame_output *output, size_t reserve)
{
    size_t used = output->end - output->start + reserve;

    return used < FRAME_OUTPUT_BYTES ? FRAME_OUTPUT_BYTES - used : 0;
}

static void put(struct frame_output *output, const void *bytes, size_t size)
{
    size_t held = output->end - output->start;

    ASSERT(held + size <= FRAME_OUTPUT_BYTES);
    if (output->data == NULL) {
        output->data = memory_allocate(FRAME_OUTPUT_BYTES);
    }
    if (output->end + size > FRAME_OUTPUT_BYTES) {
        memmove(output->data, output->data + output->start, held);
        output->start = 0;
        output->end = held;
    }
    memcpy(output->data + output->end, bytes, size);
    output->end += size;
}

bool frame_output_add(struct frame_output *output, struct wire_frame *frame)
{
    bool fits = frame->size_bytes <= buffer_room(output, 0);

    ASSERT(frame->size_bytes <= FRAME_OUTPUT_RESERVE);
    if (fits) {
        put(output, frame->data, frame->size_bytes);
    }
    memory_free(frame);
    return fits;
}

bool frame_output_add_probe(struct frame_output *output, bool ready)
{
    struct wire_probe probe = {.nonce = clock_monotonic_us(), .ready = ready};
    bool fits = frame_output_add(output, wire_probe_encode(WIRE_PROBE, &probe));

    if (fits) {
        pace_mark(&output->pace, probe.nonce);
    }
    return fits;
}

/* ---- The frames of the queues ---- */

static void put_control(struct frame_output *output)
{
    while (buffer_room(output, FRAME_OUTPUT_BYTES / 2) >= FRAME_OUTPUT_CONTROL_MAX) {
        struct wire_frame *frame = frame_queue_take(&output->queues[WIRE_CONTROL]);

        if (frame == NULL) {
            return;
        }
        ASSERT(frame->size_bytes <= FRAME_OUTPUT_CONTROL_MAX);
        put(output, frame->data, frame->size_bytes);
        frame_queue_release(&output->queues[WIRE_CONTROL], frame->size_bytes);
        memory_free(frame);
    }
}

static bool waits(const struct frame_output *output, enum wire_class class)
{
    return output->current[class].frame != NULL || !frame_queue_is_empty(&output->queues[class]);
}

/* The class whose frame goes next; WIRE_CLASSES = none. */
static enum wire_class next_class(const struct frame_output *output)
{
    bool entries = waits(output, WIRE_ENTRIES);
    bool bulk = waits(output, WIRE_BULK);

    if (bulk && (!entries || output->bulk_debt_bytes == 0)) {
        return WIRE_BULK;
    }
    return entries ? WIRE_ENTRIES : WIRE_CLASSES;
}

/* Takes the next frame of a class from its queue. The last one must be finished. */
static bool begin_frame(struct frame_output *output, enum wire_class class)
{
    if (output->current[class].frame == NULL) {
        output->current[class].frame = frame_queue_take(&output->queues[class]);
        output->current[class].offset = 0;
        if (output->current[class].frame == NULL) {
            return false;
        }
    }
    return true;
}

/* How much of the current frame of a class goes now; 0 = there is no room. *piece: it needs the
 * head of a piece. */
static size_t next_bytes(struct frame_output *output, enum wire_class class, bool *piece)
{
    size_t left = output->current[class].frame->size_bytes - output->current[class].offset;
    size_t room = pace_room(&output->pace);
    size_t buffer = buffer_room(output, FRAME_OUTPUT_RESERVE);
    size_t size = left;

    *piece = false;
    if (room < (left < FRAME_OUTPUT_PIECE_MIN ? left : FRAME_OUTPUT_PIECE_MIN)) {
        pace_full(&output->pace);
        return 0;
    }
    *piece = output->current[class].offset > 0 || left > WIRE_PIECE_DATA_MAX || left > room;
    size = size < WIRE_PIECE_DATA_MAX ? size : WIRE_PIECE_DATA_MAX;
    size = size < room ? size : room;
    return size + WIRE_PIECE_HEAD_BYTES <= buffer ? size : 0;
}

static void account(struct frame_output *output, enum wire_class class, size_t size)
{
    if (class == WIRE_BULK) {
        output->bulk_debt_bytes += FRAME_OUTPUT_BULK_SHARE * size;
    } else if (size < output->bulk_debt_bytes) {
        output->bulk_debt_bytes -= size;
    } else {
        output->bulk_debt_bytes = 0;
    }
}

/* Puts one piece, or one small frame. False: there is no room, or no frame. */
static bool put_piece(struct frame_output *output)
{
    enum wire_class class = next_class(output);
    struct wire_frame *frame;
    size_t size;
    bool piece;

    if (class == WIRE_CLASSES || !begin_frame(output, class)) {
        return false;
    }
    size = next_bytes(output, class, &piece);
    if (size == 0) {
        return false;
    }
    frame = output->current[class].frame;
    if (piece) {
        uint8_t head[WIRE_PIECE_HEAD_BYTES];

        wire_piece_head(head, class, size);
        put(output, head, sizeof(head));
    }
    put(output, frame->data + output->current[class].offset, size);
    pace_sent(&output->pace, size);
    account(output, class, size);
    frame_queue_release(&output->queues[class], size);
    output->current[class].offset += size;
    if (output->current[class].offset == frame->size_bytes) {
        memory_free(frame);
        output->current[class].frame = NULL;
        output->current[class].offset = 0;
    }
    return true;
}

static void gather(struct frame_output *output, bool ready)
{
    if (output->queues == NULL || !output->begun) {
        return;
    }
    put_control(output);
    /* A mark may be wanted before anything is sent: when the window has become smaller, what was
     * sent after the last mark may fill it. Then only the answer to a new mark makes room. */
    do {
        if (pace_wants_mark(&output->pace)) {
            frame_output_add_probe(output, ready);
        }
    } while (put_piece(output));
}

bool frame_output_is_due(struct frame_output *output)
{
    enum wire_class class;
    bool piece;

    if (!frame_output_is_empty(output)) {
        return true;
    }
    if (output->queues == NULL || !output->begun) {
        return false;
    }
    if (!frame_queue_is_empty(&output->queues[WIRE_CONTROL])) {
        return true;
    }
    class = next_class(output);
    return class != WIRE_CLASSES && begin_frame(output, class) &&
           next_bytes(output, class, &piece) > 0;
}

int frame_output_flush(struct frame_output *output, bool ready, struct stream *stream,
                       struct raftd_error *error)
{
    for (;;) {
        ssize_t count;

        gather(output, ready);
        if (frame_output_is_empty(output)) {
            return 0;
        }
        count =
            stream_write(stream, output->data + output->start, output->end - output->start, error);
        if (count < 0) {
            return (int)count;
        }
        output->start += (size_t)count;
        if (output->start == output->end) {
            output->start = 0;
            output->end = 0;
        }
    }
}
