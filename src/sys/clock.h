/*
 * The clocks. Raft and every time-out run on the monotonic one; the wall clock is for people
 * and, later, for expiry.
 */
#ifndef RAFTD_SYS_CLOCK_H
#define RAFTD_SYS_CLOCK_H

#include <stdint.h>

uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_us(void);
uint64_t clock_wall_ms(void);

/* Unpredictable bytes from the kernel. */
uint64_t random_u64(void);

#endif
