/*
 * The watchdog of liveness: when a cluster that has to go on stands still, it says what each node
 * waits for.
 */
#ifndef RAFTD_TEST_SIM_WATCHDOG_H
#define RAFTD_TEST_SIM_WATCHDOG_H

#include "sim/world.h"

/* Writes into the story what every host is doing, what the leader waits for from each peer, and the
 * requests that have no answer; and into the text the first thing that stands in the way. */
void watchdog_tell(struct world *world, char *text, size_t size);

#endif
