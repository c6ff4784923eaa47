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
 * flag or the consumer sees the element. The same goes for anything else that is written before
 * waker_wake() and looked at after waker_prepare(): a stop flag, say.
 */
#ifndef RAFTD_SYS_WAKER_H
#define RAFTD_SYS_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct waker {
    int fd; /* immutable after waker_open; non-blocking eventfd, poll it for POLLIN */

    /* Consumer only. */
    bool prepared;
    uint64_t owed; /* writes to fd that were promised by taking the flag and not yet read */

    /* Any thread, by read-modify-write only: set by the consumer, taken by whichever producer
     * wakes it. */
    atomic_int sleeping;
};

int waker_open(struct waker *waker);   /* 0 or RAFTD_ERROR_SYSTEM; errno says why */
void waker_close(struct waker *waker); /* also after a failed waker_open, and twice */

/* Consumer. After prepare, check the rings once more before sleeping on fd. */
void waker_prepare(struct waker *waker);
void waker_done(struct waker *waker); /* clears the flag and whatever was written to fd */

/* Sleeps on fd alone until woken or the time-out (milliseconds, -1 = none); may end early. */
void waker_wait(struct waker *waker, int timeout_ms);

/* Any thread, and signal handlers. A system call only if the consumer sleeps. */
void waker_wake(struct waker *waker);

#endif
