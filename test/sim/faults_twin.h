/*
 * Two processes on one directory: a twin of a member runs on a copy of its directory, on another
 * machine, while the member itself goes on. It dials as every node of its id does, those with a
 * higher id; nobody dials it. All that it can do is to say hello, as long as everybody refuses it,
 * so no more of it is simulated.
 *
 * Some twins lack what all others remember: they remember a newer start or a later log of the
 * member, and no member that is down starts meanwhile. Then nobody may accept the twin. A hello
 * that comes while the member has no connection is proof against its id; then the member is marked
 * although it has its data, and an operator replaces it.
 *
 * A copy with nothing missing cannot be told from the member that has started again, unless the
 * member itself is connected. So a twin on such a copy says hello only to those whose connection
 * with the member lives, and then nobody may accept it either.
 *
 * While the member is connected, no hello of a twin may harm it.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_TWIN_H
#define RAFTD_TEST_SIM_FAULTS_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/random.h"
#include "sim/world.h"

struct host;

void faults_twin(struct world *world, struct sim_random *random);
/* Event of the queue: the twin of this host dials again. */
void faults_on_twin(struct host *host, uint64_t use);
void faults_end_twins(struct world *world);
/* For stories: a twin that lacks nothing says hello, once to each with which the member is
 * connected. host->copy: the copy of the directory. False: no process can start on it. */
bool faults_greet_as_twin(struct host *host, uint64_t process_id);

#endif
