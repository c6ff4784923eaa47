/*
 * The clock of the shipped code, in the place of src/sys/clock.c: for example, the snapshot worker
 * gets the time of the simulated world.
 */
#include "sys/clock.h"

#include "sim/world.h"

uint64_t sim_clock_us;
static struct sim_random nonces;

/* Each world has its own clock, so that a seed does the same whatever ran before it. */
void sim_clock_begin(uint64_t seed)
{
    sim_clock_us = 0;
    nonces = sim_random_make(seed ^ 0xc10c);
}

uint64_t clock_monotonic_us(void)
{
    return sim_clock_us;
}

uint64_t clock_monotonic_ms(void)
{
    return sim_clock_us / 1000;
}

uint64_t clock_wall_ms(void)
{
    return sim_clock_us / 1000;
}

uint64_t random_u64(void)
{
    return sim_random_next(&nonces);
}
