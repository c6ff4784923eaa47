/*
 * Faults of the network that hit links for a while: cuts between groups, links that stop, and
 * connections that break. Faults that hit single frames are in net.c.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_NET_H
#define RAFTD_TEST_SIM_FAULTS_NET_H

#include "sim/random.h"
#include "sim/world.h"

struct net_cut;

void faults_partition(struct world *world, struct sim_random *random);
void faults_one_way(struct world *world, struct sim_random *random);
void faults_topology(struct world *world, struct sim_random *random);
void faults_clog(struct world *world, struct sim_random *random);
void faults_reset(struct world *world, struct sim_random *random);

/* Adds to a cut: nothing gets from one of these hosts to one of those. Bits are ids. */
void faults_block(struct net_cut *cut, uint32_t from, uint32_t to);

#endif
