/*
 * Two processes on one directory: a twin of a member runs on a copy of its directory, on another
 * machine, while the member itself goes on. It dials as every node of its id does, those with a
 * higher id; nobody dials it. All that it can do is to say hello, as long as everybody refuses it,
 * so no more of it is simulated.
 *
 * A copy with nothing missing cannot be told from the member that has started again. So a twin
 * comes only while all others remember a newer start or a later log of the member, and no member
 * that is down starts meanwhile. Then nobody may accept it. A hello that comes while the member has
 * no connection is proof against its id; then the member is marked although it has its data, and an
 * operator replaces it. While the member is connected, no hello of a twin may harm it.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_TWIN_H
#define RAFTD_TEST_SIM_FAULTS_TWIN_H

#include "sim/random.h"
#include "sim/world.h"

struct host;

void faults_twin(struct world *world, struct sim_random *random);
/* Event of the queue: the twin of this host dials again. */
void faults_on_twin(struct host *host, uint64_t use);
void faults_end_twins(struct world *world);

#endif
