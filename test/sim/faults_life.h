/*
 * Faults in the life of processes, and what their operators do: orderly stops, times out of
 * service, suspends, and disks that stay full.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_LIFE_H
#define RAFTD_TEST_SIM_FAULTS_LIFE_H

#include "sim/host.h"
#include "sim/random.h"
#include "sim/world.h"

/* faults.c: a random host, more often the leader than others; NULL = none. */
struct host *faults_pick(struct world *world, struct sim_random *random, bool alive);
/* The host that takes itself for the leader of the newest term; NULL = none. */
struct host *faults_find_leader(struct world *world);
/* A duration; short ones are as likely as long ones. */
uint64_t faults_draw_us(struct sim_random *random, uint64_t longest_ms);

/* A process is asked to stop, and starts again. */
void faults_stop(struct world *world, struct sim_random *random);

/* A node is taken out of service, or only its clients are not served. */
void faults_service(struct world *world, struct sim_random *random);
void faults_on_service(struct host *host, uint64_t service);

/* One host, which does not lead, or all of them stop for a while, and so do their clocks. */
void faults_suspend(struct world *world, struct sim_random *random);
/* Ends all suspends. */
void faults_resume(struct world *world);

/* The disks of some hosts are full now, and stay so. */
void faults_fill_disks(struct world *world, struct sim_random *random);
void faults_free_disks(struct world *world);

#endif
