/*
 * The end of a world: the faults have stopped, perhaps with disks that are full for a while. The
 * cluster has to go on within a bounded time, until all hosts have the same state.
 */
#ifndef RAFTD_TEST_SIM_CALM_H
#define RAFTD_TEST_SIM_CALM_H

#include "sim/world.h"

void calm_begin(struct world *world);
/* Whether the promises of the calm are kept; sets world->done at the end. */
void calm_check(struct world *world);

#endif
