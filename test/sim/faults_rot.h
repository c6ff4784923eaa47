/*
 * Rot in the log of a running process: the bytes of an entry change that only the disk still has,
 * so that it is read back for a slow peer, or never.
 *
 * The bytes are right again when the process has ended, as with a fault of a cable or a memory. So
 * no host is lost for good, however many rot at once; that a start refuses damage is tried by
 * faults_disk.h.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_ROT_H
#define RAFTD_TEST_SIM_FAULTS_ROT_H

#include "sim/host.h"
#include "sim/random.h"
#include "sim/world.h"

/* False: there is no such entry, or the log of this host is rotten already. */
bool faults_rot_log(struct world *world, struct host *host, struct sim_random *random);
/* After a step: what it says of the damage; a damaged member neither votes nor campaigns. */
void faults_follow_rot(struct host *host, const struct raft_outbox *outbox);
/* There is nothing to remove from the log on the disk: a log that was mended has left nothing. */
void faults_check_mended(struct host *host);
/* The process of the host has ended. */
void faults_end_rot(struct host *host);

#endif
