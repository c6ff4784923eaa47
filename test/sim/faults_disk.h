/*
 * Faults that damage a disk at rest, between two processes of a host.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_DISK_H
#define RAFTD_TEST_SIM_FAULTS_DISK_H

#include <stdbool.h>

#include "sim/host.h"
#include "sim/random.h"
#include "sim/world.h"

/*
 * Ends the process of the host, if one runs, and damages its disk. If the damage is of a kind that
 * the next start has to refuse, that is tried at once, and the host is gone for good. If the damage
 * is harmless, the host starts again, and truth.c checks what it recovers. may_be_lost: the other
 * hosts must be able to go on without this one.
 */
void faults_damage_disk(struct world *world, struct host *host, bool may_be_lost,
                        struct sim_random *random);

/* Damages disks although a majority may be lost: then every damaged host has to refuse to start. */
void faults_disaster(struct world *world, struct sim_random *random);

/*
 * A bit of the newest snapshot flips while the process runs, if a start could do without this file.
 * Nothing tells the process. True: it happened.
 */
bool faults_rot_snapshot(struct world *world, struct host *host, struct sim_random *random);

#endif
