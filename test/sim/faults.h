/*
 * What goes wrong: each class strikes on its own, at its own random times, until the world is
 * calm. Frames that are hit one by one are the network's own business (net.c).
 */
#ifndef RAFTD_TEST_SIM_FAULTS_H
#define RAFTD_TEST_SIM_FAULTS_H

#include "sim/world.h"

struct faults *faults_create(const struct world *world);
void faults_destroy(struct faults *faults);
void faults_start(struct world *world);
void faults_on_strike(struct world *world, enum fault_class fault);
void faults_on_unlimit(struct world *world, uint16_t id);
/* Everything that lasts is over; everybody who is not gone for good starts again. */
void faults_calm(struct world *world);

#endif
