/*
 * The frames that a connection sends: which frame goes next, in which pieces, and how much may be
 * on the way. Owned by one thread; never waits.
 *
 * Frames of the class CONTROL go first, then ENTRIES, then BULK. A frame of ENTRIES or BULK that is
 * larger than a piece is cut into pieces, so that a CONTROL frame which comes up goes between two
 * of them. Frames of one class keep their order. No class starves:
 *   - CONTROL frames fill at most half of the buffer before the others get a turn. They are small
 *     and few, so this happens only if the core sends more of them than the line takes.
 *   - While frames of ENTRIES and BULK wait, one byte of nine is BULK.
 *
 * The frames of ENTRIES and BULK go into the buffer only while pace.h has room for them; only their
 * bytes count there. What is in
 * the buffer is as good as sent: its order does not change any more, and TLS requires that a write
 * which it did not finish is repeated with the same bytes.
 */
#ifndef RAFTD_PEER_FRAME_OUTPUT_H
#define RAFTD_PEER_FRAME_OUTPUT_H

#include "net/stream.h"
#include "peer/frame_queue.h"
#include "peer/pace.h"
#include "wire/wire.h"

enum {
    FRAME_OUTPUT_BYTES = 64 * 1024,
    FRAME_OUTPUT_RESERVE = 4 * 1024,     /* part of the buffer for the link's own frames */
    FRAME_OUTPUT_CONTROL_MAX = 8 * 1024, /* size of the largest frame of the class CONTROL */
    /* A frame is not cut into smaller pieces than this to fit into the room that is left. Half of
     * the smallest window, so there is always room for a piece when a mark was answered. */
    FRAME_OUTPUT_PIECE_MIN = PACE_FLOOR_BYTES / 2,
    FRAME_OUTPUT_BULK_SHARE = 8, /* bytes of ENTRIES for one byte of BULK, while both wait */
};

/* A struct of zeros is empty and valid: it has no queues, and sends only the link's own frames. */
struct frame_output {
    uint8_t *data; /* FRAME_OUTPUT_BYTES, allocated on first use */
    size_t start;  /* offset of the bytes that were not written yet */
    size_t end;
    struct frame_queue *queues; /* borrowed; WIRE_CLASSES of them, by class; NULL = none */
    /* The frames of ENTRIES and BULK that have begun, or begin next. */
    struct {
        struct wire_frame *frame; /* owned; NULL = the next one is in the queue */
        size_t offset;            /* bytes that were put into the buffer */
    } current[WIRE_CLASSES];
    uint64_t bulk_debt_bytes; /* bytes of ENTRIES that go before the next BULK */
    bool begun;               /* the greeting is over */
    struct pace pace;
};

void frame_output_free(struct frame_output *output);
/* The connection has ended: drops what was to be sent, except what is in the queues. */
void frame_output_clear(struct frame_output *output);
/* The greeting is over: frames from the queues may be sent from now on. The bytes that wait in the
 * buffer leave first. */
void frame_output_begin(struct frame_output *output, uint64_t now_us);

/* Takes a small frame of the link's own. False: there is no room, and the frame was freed. */
bool frame_output_add(struct frame_output *output, struct wire_frame *frame);
/* The same for a probe; the pace is measured with it. */
bool frame_output_add_probe(struct frame_output *output, bool ready);

/* No bytes wait to be written; there may be frames in the queues. */
bool frame_output_is_empty(const struct frame_output *output);
/* frame_output_flush() has something to write. */
bool frame_output_is_due(struct frame_output *output);

/*
 * Writes what is there, then as many frames of the queues as may be on the way (the caller is the
 * consumer of the queues). `ready` is told by the probes that are sent to measure the pace. 0 when
 * nothing more may be written, else what stream_write() returned.
 */
int frame_output_flush(struct frame_output *output, bool ready, struct stream *stream,
                       struct raftd_error *error);

#endif
