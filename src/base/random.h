/*
 * A sequence of numbers that look random and follow from a seed: splitmix64. The same seed gives
 * the same sequence on every machine, so a test or a simulated run can be repeated from its seed.
 * The caller owns the state: one uint64_t for each sequence, used by one thread at a time. Every
 * value is a good seed, also 0.
 *
 * Never use these numbers as secrets: from one of them, all that follow can be computed. For a seed
 * that cannot be guessed, use random_u64() in sys/clock.h.
 */
#ifndef RAFTD_BASE_RANDOM_H
#define RAFTD_BASE_RANDOM_H

#include <stdint.h>

/* Spreads a number over all 64 bits: different numbers give different results, and one changed bit
 * of the number changes about half of the bits of the result. 0 gives 0. */
static inline uint64_t random_mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31);
}

/* The next number of the sequence whose state is *state. All 2^64 states come up before one
 * repeats, because the increment is odd. */
static inline uint64_t random_next(uint64_t *state)
{
    return random_mix(*state += 0x9e3779b97f4a7c15U);
}

#endif
