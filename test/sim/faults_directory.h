/*
 * Data directories that are lost, set back to an older copy, or belong to an earlier cluster of the
 * same name. For a while a stand-in runs in the place of the member: a process under the member's
 * configuration, on such a directory. All others have to refuse it. Then the member's own directory
 * is brought back; or it is lost, and an operator has to replace the member.
 *
 * What is promised, and so what is simulated:
 *     - A lost directory: the log of the others binds the id to another identity. Fewer than a
 *       quorum are lost.
 *     - One that was set back: whoever remembers its newest start, or a later log of it, refuses
 *       it. Nothing is promised where nobody remembers. So a directory is set back only while every
 *       other running host remembers, and no member that is down starts as long as the stand-in is
 *       there. And it is not set back to a time when it was a quorum by itself: then it would ask
 *       nobody. If the copy was taken while the process ran, or if the stand-in starts again, its
 *       count of starts is newer than that of the member; then the others know it by its log, take
 *       it for proof, and the member is marked (RAFT_CHANGE_LOST). So the member's own directory
 *       does not come back.
 *     - One of an earlier cluster: its cluster id differs. Any number of them, at any time.
 */
#ifndef RAFTD_TEST_SIM_FAULTS_DIRECTORY_H
#define RAFTD_TEST_SIM_FAULTS_DIRECTORY_H

#include "sim/host.h"
#include "sim/random.h"
#include "sim/world.h"

/*
 * The parts, for stories as well. The host ends its process and starts on this disk, which it owns
 * from now on. returns: its own directory is brought back after that time; else it is lost.
 */
void faults_stand_in(struct host *host, enum host_stand_in kind, struct fs_memory *disk,
                     bool returns, uint64_t for_us);
void faults_end_stand_in(struct host *host);
/* The directory of a host that was set back never comes back: the stand-in may be taken as proof
 * that the member has lost data, and then the member is marked. */
void faults_give_up(struct host *host);
/* Keeps a copy of the directory in host->copy, as a snapshot of the file system does it while the
 * node runs. */
void faults_copy_directory(struct world *world, struct host *host, struct sim_random *random);
/* Makes host->former_disk, unless it is there: the directory of this host in a cluster that was
 * founded earlier, with the same configuration. */
void faults_found_former(struct host *host, struct sim_random *random);

void faults_wipe(struct world *world, struct sim_random *random);
void faults_set_back(struct world *world, struct sim_random *random);
void faults_former(struct world *world, struct sim_random *random);

/* Whether the host has a directory that belongs to the cluster, and nothing else is wrong with
 * it. */
bool faults_has_directory(const struct host *host);
struct link_shared;
/*
 * Whether everybody who could take a process on an older state of its directory for the member
 * remembers the member's newest start, and goes on remembering; with `log`, whether they remember
 * more of the member than the log with which that process has started.
 */
bool faults_is_remembered(const struct world *world, const struct host *host,
                          const struct link_shared *log);

/* Whether a process may start now; see above. */
bool faults_may_start(const struct world *world, const struct host *host);
/* The end of this stand-in. */
void faults_on_return(struct host *host, uint64_t use);
void faults_end_stand_ins(struct world *world);

#endif
