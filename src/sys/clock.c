/*
 * The system calls for clocks and random numbers. Any thread. The simulator links its own clock
 * (test/sim/clock.c) in place of this file.
 */
#include "sys/clock.h"

#include <sys/random.h>
#include <time.h>

#include "base/assert.h"
#include "base/plant.h"

/*
 * CLOCK_MONOTONIC stands still while the machine is suspended, CLOCK_BOOTTIME goes on; otherwise
 * they are the same. With the first one, a leader that wakes up after a minute of sleep would still
 * count the lease that it had before, although the others elected another leader long ago, and
 * would answer reads with old values.
 */
#define TIME_OUTS_CLOCK (PLANT(sys_clock_stops) ? CLOCK_MONOTONIC : CLOCK_BOOTTIME)

static uint64_t now_us(clockid_t clock)
{
    struct timespec now;
    int code = clock_gettime(clock, &now);

    ASSERT(code == 0);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_monotonic_us(void)
{
    return now_us(TIME_OUTS_CLOCK);
}

uint64_t clock_monotonic_ms(void)
{
    return now_us(TIME_OUTS_CLOCK) / 1000;
}

uint64_t clock_wall_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

uint64_t random_u64(void)
{
    uint64_t value;
    ssize_t size = getrandom(&value, sizeof(value), 0);

    /* getrandom(2) promises that a request of up to 256 bytes is neither cut short nor interrupted
     * by a signal. */
    ASSERT(size == (ssize_t)sizeof(value));
    return value;
}
