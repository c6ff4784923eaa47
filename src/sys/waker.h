/*
 * How a producer wakes the one thread that consumes its rings: an eventfd that is written only
 * when that thread sleeps, since a system call for each push would cost more than the push.
 *
 * Consumer:                                 Producer:
 *     waker_prepare(w)                          push
 *     if (rings are empty) poll(fd, ...)        waker_wake(w)
 *     waker_done(w)
 *     drain the rings
 *
 * The sleeping flag and the ring indices are ordered so that either the producer sees the
 * flag or the consumer sees the element.
 */
#ifndef RAFTD_SYS_WAKER_H
#define RAFTD_SYS_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>

struct waker {
    int fd;              /* immutable after waker_open; non-blocking eventfd */
    atomic_int sleeping; /* set by the consumer, taken by whichever producer wakes it */
};

int waker_open(struct waker *waker); /* 0 or RAFTD_ERROR_SYSTEM */
void waker_close(struct waker *waker);

/* Consumer. After prepare, check the rings once more before sleeping on fd. */
void waker_prepare(struct waker *waker);
void waker_done(struct waker *waker); /* clears the flag and whatever was written to fd */

/* Sleeps on fd alone until woken or the time-out (milliseconds, -1 = none). */
void waker_wait(struct waker *waker, int timeout_ms);

/* Any thread. A system call only if the consumer sleeps. */
void waker_wake(struct waker *waker);

#endif
