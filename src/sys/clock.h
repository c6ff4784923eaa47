/*
 * Clocks and the kernel's random numbers. Any thread. Raft and every time-out use the monotonic
 * clock, which cannot be set and goes on while the machine is suspended. The wall clock can jump in
 * both directions; it is only for people (log lines) and for times that clients give as wall time
 * (EXPIREAT).
 */
#ifndef RAFTD_SYS_CLOCK_H
#define RAFTD_SYS_CLOCK_H

#include <stdint.h>

/* Time since an unspecified moment before the process began. */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_us(void);
/* Milliseconds since 1970-01-01T00:00:00Z. */
uint64_t clock_wall_ms(void);

/* 64 unpredictable bits from the kernel. */
uint64_t random_u64(void);

#endif
