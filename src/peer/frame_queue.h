/*
 * The frames of one class that wait to be written, between the core thread, which pushes, and the
 * link thread, which takes. A ring, with an account of its bytes: frames have very different sizes,
 * so a limit for their number alone would allow gigabytes.
 */
#ifndef RAFTD_PEER_FRAME_QUEUE_H
#define RAFTD_PEER_FRAME_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "sys/ring.h"
#include "wire/wire.h"

struct frame_queue {
    struct ring *ring; /* struct wire_frame * */
    /* A frame is taken while fewer bytes than this wait. So the queue never holds more than this
     * and one frame. Does not change. */
    size_t limit_bytes;
    atomic_size_t bytes; /* the core thread adds, the link thread subtracts */
};

void frame_queue_init(struct frame_queue *queue, size_t frames_max, size_t limit_bytes);
/* Frees the frames that are left. Both threads have stopped using the queue. */
void frame_queue_free(struct frame_queue *queue);

/* Core thread. Takes the frame; false: there is no room, and the frame was freed. */
bool frame_queue_push(struct frame_queue *queue, struct wire_frame *frame);

/* Link thread. The next frame, which the caller owns; NULL = none. Its bytes still count. */
struct wire_frame *frame_queue_take(struct frame_queue *queue);
/* Link thread. These bytes of the frames that were taken do not wait any more. */
void frame_queue_release(struct frame_queue *queue, size_t bytes);
/* Link thread. Frees all frames that are in the queue. */
void frame_queue_drop(struct frame_queue *queue);

/* Any thread; the answer may be out of date. Frames that were taken do not count. */
bool frame_queue_is_empty(const struct frame_queue *queue);

#endif
