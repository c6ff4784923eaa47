/* The functions of SENTINEL that other files use. The worker's thread. */
#ifndef RAFTD_COMMANDS_SENTINEL_H
#define RAFTD_COMMANDS_SENTINEL_H

#include <stdint.h>

struct worker;

/*
 * Finds out which node leads. If it is another node than the last time, sends +switch-master to the
 * subscribers of that channel. Returns the time of the next look on the monotonic clock; 0 = no
 * look is needed, because no connection of this worker can be subscribed to that channel.
 */
uint64_t sentinel_look(struct worker *worker);

#endif
