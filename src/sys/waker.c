/*
 * Waking a consumer without losing a wake-up and without fences.
 *
 * Every access to `sleeping` is a read-modify-write, so all of them stand in one order and each
 * reads its predecessor. Take the consumer's waker_prepare() P and a producer's waker_wake() W:
 *   - P before W: W (or a wake in between) reads 1 and writes the eventfd: the consumer wakes.
 *   - W before P: through the chain of read-modify-writes, each acquire and release, W
 *     synchronises with P, so the push before W is seen by the ring check after P.
 */
#include "sys/waker.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <raftd/error.h>

#include "base/assert.h"

int waker_open(struct waker *waker)
{
    waker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    atomic_init(&waker->sleeping, 0);
    return waker->fd >= 0 ? 0 : RAFTD_ERROR_SYSTEM;
}

void waker_close(struct waker *waker)
{
    close(waker->fd);
    waker->fd = -1;
}

void waker_prepare(struct waker *waker)
{
    atomic_exchange_explicit(&waker->sleeping, 1, memory_order_acq_rel);
}

void waker_done(struct waker *waker)
{
    uint64_t count;

    /* Still set: nobody woke us, so nothing was written. If the one who took the flag has not
     * written yet, the next sleep ends at once, for nothing; that is all. */
    if (atomic_exchange_explicit(&waker->sleeping, 0, memory_order_acq_rel) == 0) {
        ssize_t size = read(waker->fd, &count, sizeof(count));

        (void)size;
    }
}

void waker_wait(struct waker *waker, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = waker->fd, .events = POLLIN};

    poll(&poll_fd, 1, timeout_ms);
}

void waker_wake(struct waker *waker)
{
    if (atomic_exchange_explicit(&waker->sleeping, 0, memory_order_acq_rel) != 0) {
        const uint64_t one = 1;
        int saved = errno; /* also called from signal handlers */
        ssize_t size = write(waker->fd, &one, sizeof(one));

        ASSERT(size == (ssize_t)sizeof(one) || errno == EAGAIN);
        errno = saved;
    }
}
