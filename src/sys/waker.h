/*
 * Lets producers wake the one thread that consumes their rings (ring.h). The consumer sleeps on an
 * eventfd. A producer writes the eventfd only when the consumer sleeps or is about to: a system
 * call for each push would cost more than the push.
 *
 * The consumer repeats:                     A producer:
 *     waker_prepare(w)                          push
 *     if (all rings are empty) poll(fd, ...)    waker_wake(w)
 *     waker_done(w)
 *     drain the rings
 *
 * The order of these steps guarantees that the producer finds the consumer asleep and wakes it, or
 * that the consumer finds the element before it sleeps. The same holds for anything else that a
 * thread writes before waker_wake() and that the consumer looks at after waker_prepare(), for
 * example a stop flag. waker.c proves it.
 */
#ifndef RAFTD_SYS_WAKER_H
#define RAFTD_SYS_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct waker {
    int fd; /* eventfd, non-blocking; poll it for POLLIN. Immutable after waker_open(); -1 = none */

    /* Used by the consumer only. */
    bool prepared; /* the last of waker_prepare() and waker_done() was waker_prepare() */
    uint64_t owed; /* writes to fd that have happened or will happen and have not been read */

    /* Any thread, only with atomic exchanges. 1 = the consumer sleeps or is about to. The consumer
     * sets it; the first producer that wakes the consumer clears it. */
    atomic_int sleeping;
};

/* Returns 0, or RAFTD_ERROR_SYSTEM with the reason in errno. */
int waker_open(struct waker *waker);
/* May be called after a failed waker_open(), and more than once. */
void waker_close(struct waker *waker);

/* Consumer only. Announces that the consumer is about to sleep. The consumer has to look at its
 * rings once more after this call, before it polls fd. */
void waker_prepare(struct waker *waker);
/* Consumer only. Ends what waker_prepare() announced, and makes fd not readable again. */
void waker_done(struct waker *waker);

/* Consumer only. Polls fd alone until it is readable or timeout_ms have passed; -1 = no limit. May
 * return early. */
void waker_wait(struct waker *waker, int timeout_ms);

/* Wakes the consumer. Any thread, and signal handlers; never waits. Makes a system call only if
 * the consumer sleeps or is about to. */
void waker_wake(struct waker *waker);

#endif
