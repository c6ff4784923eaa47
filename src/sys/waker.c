/*
 * The sleep and wake protocol between the producers and the one consumer of some rings. The
 * consumer runs waker_prepare(), waker_done() and waker_wait(); any thread, and a signal handler,
 * runs waker_wake(). Nothing here waits except waker_wait().
 *
 * The states of a waker. The state is the flag `sleeping`, and whether a write to the eventfd is
 * on its way or done:
 *
 *             waker_prepare()                  waker_wake()
 *             sets the flag                    clears the flag, writes the eventfd
 *     AWAKE ------------------> PREPARED -------------------------------> WOKEN
 *       ^     flag 0 -> 1          |           flag 1 -> 0                  |
 *       |                          |                                        |
 *       |   waker_done()           |                 waker_done()           |
 *       +--------------------------+----------------------------------------+
 *           clears the flag, nothing to read         flag is 0 already, reads the eventfd
 *
 * In AWAKE and WOKEN, waker_wake() finds the flag 0 and makes no system call. The consumer sleeps
 * in poll() only in PREPARED or WOKEN; in WOKEN poll() returns at once.
 *
 * Invariants:
 *
 *   1. The flag is 1 only between a waker_prepare() and the next waker_wake() or waker_done().
 *   2. Only the waker_wake() whose exchange changes the flag from 1 to 0 writes the eventfd, and
 *      it writes it exactly once. So each waker_prepare() leads to at most one write.
 *   3. `owed` is the number of exchanges of invariant 2 that the consumer has noticed, minus the
 *      number of writes that it has read from the eventfd. It is never negative.
 *   4. No wake-up is lost: if a producer pushes and then calls waker_wake(), the consumer sees the
 *      push before it sleeps, or it is woken.
 *
 * Why 3 needs a counter. A producer exchanges the flag first and writes the eventfd afterwards; the
 * kernel may stop the thread in between for any time. So waker_done() can find that the flag was
 * taken while there is nothing to read yet. The missing write arrives later, and a later
 * waker_done() reads it. If the consumer forgot about the missing write, that late write would make
 * the eventfd readable, no waker_done() would read it (it reads only what is owed), and every
 * following poll() would return at once: the thread would use a whole core without work.
 *
 * Why 4 holds. Every access to `sleeping` after waker_open() is an atomic exchange. So all accesses
 * have one order (the modification order of the flag), and each reads what the access before it
 * wrote. Let P be a waker_prepare(), D a waker_done(), and W the waker_wake() after a push:
 *
 *   - P comes before W, and no D in between: W, or another wake between P and W, reads the 1 and
 *     writes the eventfd. The consumer wakes up and drains the rings after waker_done().
 *   - W comes before P: all accesses from W to P are read-modify-writes, so P reads a value of the
 *     release sequence that W began. Therefore W (release) synchronises with P (acquire), and the
 *     push happens before everything that the consumer does after P. The consumer looks at the
 *     rings after P, as the protocol in waker.h demands, and finds the element.
 *   - P, then D, then W: the consumer drains the rings after D and may or may not see the push. It
 *     looks again after its next P: either W comes before that P, which is the case above, or W
 *     comes after it and finds the flag set, which is the first case.
 *
 * This is why waker_done() uses an exchange and not a plain store. With a store, the order W, D, P
 * would end the release sequence of W at D: P would read the 0 of D and would not synchronise with
 * W. The consumer could then miss an element that was pushed before W, and sleep while the element
 * is in the ring.
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

/* Writes the flag. If an earlier waker_prepare() set it and it is 0 now, a producer has taken the
 * flag: that producer has written the eventfd or is about to, so one more write is owed. */
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
        return; /* no producer has written, so there is no need for a system call to find out */
    }
    /* The read fails if the write has not happened yet. Then it stays owed (invariant 3). */
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
        /* A signal handler must not change the errno of the code that it interrupts. */
        int saved = errno;
        ssize_t size = write(waker->fd, &one, sizeof(one));

        ASSERT(size == (ssize_t)sizeof(one));
        errno = saved;
    }
}
