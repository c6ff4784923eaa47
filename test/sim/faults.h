/*
 * The faults of a simulated world: each class strikes independently of the others, at random times,
 * until the calm begins. Faults that hit single frames are in net.c.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_H
#define RAFTD_TEST_SIM_FAULTS_H

#include "sim/world.h"

struct faults *faults_create(const struct world *world);
void faults_destroy(struct faults *faults);
void faults_start(struct world *world);
void faults_on_strike(struct world *world, enum fault_class fault);
void faults_on_unlimit(struct world *world, uint16_t id);
/* The calm begins: all faults end, and every host that is not gone for good starts again. */
void faults_calm(struct world *world);

#endif
