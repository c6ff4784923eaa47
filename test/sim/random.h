/*
 * Random numbers of a simulated world. Each purpose has a stream of its own, so that switching a
 * class of faults off does not shift the numbers that the other classes draw. Pure.
 */
#ifndef RAFTD_TEST_SIM_RANDOM_H
#define RAFTD_TEST_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

struct sim_random {
    uint64_t state;
};

/* The hash of the numbers so far and one more number. */
static inline uint64_t sim_mix(uint64_t hash, uint64_t value)
{
    return random_mix(hash + 0x9e3779b97f4a7c15U + value * 0xff51afd7ed558ccdU);
}

static inline struct sim_random sim_random_make(uint64_t seed)
{
    return (struct sim_random){.state = random_mix(seed ^ 0x5851f42d4c957f2dU)};
}

static inline uint64_t sim_random_next(struct sim_random *random)
{
    return random_next(&random->state);
}

/* 0..below-1; 0 for 0. */
static inline uint64_t sim_random_below(struct sim_random *random, uint64_t below)
{
    return below > 0 ? sim_random_next(random) % below : 0;
}

/* low..high, both included. */
static inline uint64_t sim_random_between(struct sim_random *random, uint64_t low, uint64_t high)
{
    return low + sim_random_below(random, high - low + 1);
}

/* True so many times in a million. */
static inline bool sim_random_chance(struct sim_random *random, uint32_t per_million)
{
    return sim_random_below(random, 1000000) < per_million;
}

#endif
