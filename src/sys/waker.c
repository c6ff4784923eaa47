/*
 * Waking a consumer without losing a wake-up and without fences.
 *
 * Every access to `sleeping` after waker_open() is an atomic exchange, so all of them stand in
 * one order, the flag's modification order, and each reads what its predecessor wrote. Take the
 * consumer's waker_prepare() P and a producer's waker_wake() W that follows a push:
 *
 *   - P before W: W, or another wake between the two, reads the 1 and writes the eventfd. The
 *     consumer wakes and drains after waker_done().
 *   - W before P: from W to P the order holds nothing but read-modify-writes, so P reads from
 *     the release sequence that W heads: W (release) synchronises with P (acquire). The push
 *     happens before the consumer's look at the ring after P, which therefore finds it.
 *   - waker_done() D is an exchange as well. With D a plain store, W - D - P would end the
 *     release sequence at D: P would read D's zero, learn nothing of W, and an index that was
 *     pushed before W might stay unseen while the consumer sleeps.
 *   - P - D - W: the consumer drains after D. It need not see the push then; it looks again
 *     after its next P, which W precedes, or W is after that P and finds the flag.
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
    waker->prepared = false;
    waker->owed = 0;
    atomic_init(&waker->sleeping, 0);
    return waker->fd >= 0 ? 0 : RAFTD_ERROR_SYSTEM;
}

void waker_close(struct waker *waker)
{
    if (waker->fd >= 0) {
        close(waker->fd);
        waker->fd = -1;
    }
}

/* Whoever took the flag that an earlier prepare set has written the eventfd, or will in a
 * moment: it owes one write. */
static void exchange_flag(struct waker *waker, int sleeping)
{
    int before = atomic_exchange_explicit(&waker->sleeping, sleeping, memory_order_acq_rel);

    if (waker->prepared && before == 0) {
        waker->owed++;
    }
    waker->prepared = sleeping != 0;
}

void waker_prepare(struct waker *waker)
{
    exchange_flag(waker, 1);
}

void waker_done(struct waker *waker)
{
    uint64_t count = 0;

    exchange_flag(waker, 0);
    if (waker->owed == 0) {
        return; /* nobody wrote: no system call needed to learn that */
    }
    /* A debt that is not paid yet stays on the books. If it were forgotten, the late write would
     * leave the descriptor readable for ever, and each following sleep would end at once. */
    if (read(waker->fd, &count, sizeof(count)) == (ssize_t)sizeof(count)) {
        ASSERT(count <= waker->owed);
        waker->owed -= count;
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

        ASSERT(size == (ssize_t)sizeof(one));
        errno = saved;
    }
}
