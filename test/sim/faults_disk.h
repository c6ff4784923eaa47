/*
 * What strikes a disk at rest, between two lives of a process.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_DISK_H
#define RAFTD_TEST_SIM_FAULTS_DISK_H

#include <stdbool.h>

#include "sim/host.h"
#include "sim/random.h"
#include "sim/world.h"

/*
 * Ends the process, if there is one, and damages its disk. What must be refused is refused at once,
 * or the run fails, and the host is gone for good; what is harmless costs it a restart, and the
 * truth looks at what it recovers. `may_be_lost`: the others must recover without this one.
 */
void faults_damage_disk(struct world *world, struct host *host, bool may_be_lost,
                        struct sim_random *random);

/* Damages disks whoever is left: outside the atlas, where only a loud refusal passes. */
void faults_disaster(struct world *world, struct sim_random *random);

#endif
