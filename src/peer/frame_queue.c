/*
 * A queue of frames with an account of its bytes; see frame_queue.h. Never waits.
 */
#include "peer/frame_queue.h"

#include "base/assert.h"
#include "base/memory.h"

void frame_queue_init(struct frame_queue *queue, size_t frames_max, size_t limit_bytes)
{
    queue->ring = ring_create(frames_max, sizeof(struct wire_frame *));
    queue->limit_bytes = limit_bytes;
    atomic_init(&queue->bytes, 0);
}

void frame_queue_free(struct frame_queue *queue)
{
    if (queue->ring != NULL) {
        frame_queue_drop(queue);
        ring_destroy(queue->ring);
        queue->ring = NULL;
    }
}

bool frame_queue_push(struct frame_queue *queue, struct wire_frame *frame)
{
    size_t size = frame->size_bytes;

    /* Counted before it is pushed: the link thread may take it and subtract its bytes at once. */
    if (atomic_fetch_add(&queue->bytes, size) < queue->limit_bytes &&
        ring_push(queue->ring, &frame)) {
        return true;
    }
    atomic_fetch_sub(&queue->bytes, size);
    memory_free(frame);
    return false;
}

struct wire_frame *frame_queue_take(struct frame_queue *queue)
{
    struct wire_frame *frame;

    return ring_pop(queue->ring, &frame) ? frame : NULL;
}

void frame_queue_release(struct frame_queue *queue, size_t bytes)
{
    size_t before = atomic_fetch_sub(&queue->bytes, bytes);

    ASSERT(before >= bytes);
}

void frame_queue_drop(struct frame_queue *queue)
{
    struct wire_frame *frame;

    while ((frame = frame_queue_take(queue)) != NULL) {
        frame_queue_release(queue, frame->size_bytes);
        memory_free(frame);
    }
}

bool frame_queue_is_empty(const struct frame_queue *queue)
{
    return ring_count(queue->ring) == 0;
}
