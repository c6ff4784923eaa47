/*
 * Which faults have hit hosts in which role: a counter for each pair. A fault that never hits a
 * candidate leaves elections untested, however often it strikes.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_ROLES_H
#define RAFTD_TEST_SIM_FAULTS_ROLES_H

#include "sim/world.h"

/* The fault hits this host now, in the role that it has. A host that is down is not counted. */
void faults_hit(struct world *world, enum fault_class fault, uint16_t id);
/* Every host that sends over a direction that is cut. */
struct net_cut;
void faults_hit_cut(struct world *world, enum fault_class fault, const struct net_cut *cut);

/* The table. Returns how many pairs are zero that can happen. */
size_t faults_print_roles(FILE *out, const struct seen_counts *sum);

#endif
