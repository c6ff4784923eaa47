/*
 * What other commands need of SENTINEL. The worker's thread.
 */
#ifndef RAFTD_COMMANDS_SENTINEL_H
#define RAFTD_COMMANDS_SENTINEL_H

#include <stdint.h>

struct worker;

/*
 * Looks who leads, and tells the subscribers of +switch-master if that is another node than the
 * last time. Returns when to look again, on the monotonic clock. 0: nobody on this worker can be
 * listening, and there is no other reason to look while nothing happens.
 */
uint64_t sentinel_look(struct worker *worker);

#endif
