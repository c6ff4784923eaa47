/*
 * How many bytes a connection may have on the way, so that a small frame which comes up later does
 * not wait long behind them. Computed from the time that bytes need to reach the peer. Owned by one
 * thread; pure: the caller tells the time.
 *
 * Everything that was written to a socket goes ahead of a later heartbeat, wherever the bytes wait:
 * in this process, in the kernel, in a router, in the other kernel. No socket option bounds all of
 * these. But the peer answers each probe at once, and a probe keeps its place among the bytes. So
 * the sender marks the place of a probe in its stream of bytes (pace_mark()), and the answer
 * (pace_answered()) says two things: all bytes before the mark have arrived, and how long they
 * took.
 *
 *     window      bytes that may be on the way
 *     base_us     round trip of a mark when few bytes were ahead of it
 *
 * When the window was used up, it is computed once in a round trip:
 *
 *     window = window * (base_us + PACE_QUEUE_US) / round trip,   at most doubled
 *
 * A queue that the window fills drains in the time by which the round trip exceeds base_us. So the
 * window ends at the size that fills the line and PACE_QUEUE_US of queue, and no more: a few
 * kilobytes at 1 Mbit/s, megabytes on a fast line. On a long line this grows slowly. So a new
 * connection doubles the window until it sees a longer queue for the first time. A window that is
 * not used up says nothing about the line and does not change.
 *
 * The window grows once in PACE_QUEUE_US at most. Many lines take a burst much faster than what
 * follows it (a token bucket). On a short line the small window is fast enough for the burst, and
 * there is not much on the way when the line becomes slow.
 *
 * base_us grows when the route becomes longer, and a window that is always full would hide that. So
 * once in PACE_BASE_AGE_US the window is the smallest one for a single mark, which measures base_us
 * anew.
 */
#ifndef RAFTD_PEER_PACE_H
#define RAFTD_PEER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Smallest window, and that of a new connection; at 1 Mbit/s it takes 66 ms. */
    PACE_FLOOR_BYTES = 8 * 1024,
    PACE_MAX_BYTES = 4 * 1024 * 1024,
    PACE_QUEUE_US = 25 * 1000,
    PACE_BASE_AGE_US = 10 * 1000 * 1000,
    PACE_MARKS_MAX = 16,                    /* marks that are not answered yet */
    PACE_MARKS_A_WINDOW = 8,                /* while the window is used up */
    PACE_MARKS_A_QUIET_WINDOW = 2,          /* otherwise */
    PACE_MARK_BYTES = PACE_FLOOR_BYTES / 2, /* between two marks, at least */
};

struct pace_mark {
    uint64_t nonce;      /* of the probe: the time when it was made, microseconds */
    uint64_t sent_bytes; /* bytes before the mark, since the connection began */
};

struct pace {
    uint64_t sent_bytes;    /* since the connection began */
    uint64_t arrived_bytes; /* of these, the bytes that are known to have arrived */
    uint64_t marked_bytes;  /* bytes before the newest mark */
    size_t window_bytes;
    struct pace_mark marks[PACE_MARKS_MAX]; /* oldest first */
    size_t mark_count;
    bool starts;               /* the queue was never too long: the window doubles */
    bool was_full;             /* the window was used up since it was computed last */
    bool is_busy;              /* it was used up, and nearly nothing was on the way since */
    uint64_t next_round_bytes; /* a mark after these bytes computes the window again */
    uint64_t grown_us;         /* when the window grew last */
    uint64_t base_us;          /* 0 = not measured yet */
    uint64_t base_due_us;      /* time to measure base_us anew */
    bool measures_base;        /* the smallest window is in force until a mark is answered */
};

void pace_begin(struct pace *pace, uint64_t now_us);
/* How many bytes may be sent now. */
size_t pace_room(const struct pace *pace);
/* There was something to send, and no room. */
void pace_full(struct pace *pace);
void pace_sent(struct pace *pace, size_t size);
/* Whether it is time to send a probe, so that the answer comes before the window is used up. */
bool pace_wants_mark(const struct pace *pace);
/* A probe with this nonce, the time in microseconds, was put after the bytes sent so far. */
void pace_mark(struct pace *pace, uint64_t nonce);
/* A probe was answered. A nonce that was not marked changes nothing. */
void pace_answered(struct pace *pace, uint64_t nonce, uint64_t now_us);

#endif
