/*
 * The truth: what really happened in a simulated world, recorded from outside, and the promises
 * that it is compared with at every step. It sees what leaves a core and what reaches a disk; of a
 * core's own state it uses only role, term and commit index, and what a leader claims: until when
 * it has a lease, and when each peer answered last.
 *
 * A chain has for each index a hash of everything up to there. Two logs that have the same hash at
 * an index are the same up to it, so whole logs are compared by one number.
 */
#ifndef RAFTD_TEST_SIM_TRUTH_H
#define RAFTD_TEST_SIM_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/clients.h"
#include "sim/host.h"
#include "sim/world.h"

struct truth *truth_create(const struct world *world);
void truth_destroy(struct truth *truth);
/* The first entry of all founders. */
void truth_found(struct world *world, const struct raft_membership *membership);

/* A process begins. Returns its number in the world; *origin is its origin. */
uint64_t truth_new_life(struct world *world, uint16_t id, uint64_t *origin);
/* This process gave this sequence number to a client's request. */
void truth_on_proposed(struct world *world, uint64_t life, uint64_t sequence, uint64_t tag);

/* What runs in the place of a member and is not its directory promises nothing to anybody. */
bool truth_looks_away(const struct world *world, uint16_t id);

/* About the core. */
void truth_before_step(struct world *world, struct host *host);
void truth_after_step(struct world *world, struct host *host, const struct raft_outbox *outbox);
void truth_on_send(struct world *world, uint16_t id, const struct raft_message *promise);

/* About the disk. */
void truth_on_durable(struct world *world, uint16_t id, const struct raft_write *write);
/* When the process ended, each of these writes may have reached the disk, as a whole or not. */
void truth_on_in_doubt(struct world *world, uint16_t id, const struct host_writes *writes);
void truth_on_recovered(struct world *world, struct host *host,
                        const struct wal_recovered *recovered);

/* The log did not fit the snapshot and was restarted after it. log: what it is now; NULL = that is
 * in doubt. */
void truth_on_restarted(struct world *world, uint16_t id, uint64_t index,
                        const struct wal_recovered *log);
/* A snapshot of this index is durable on this host. */
void truth_on_snapshot(struct world *world, uint16_t id, uint64_t index);
/* The host has started from a snapshot of this index; 0 = without one. */
void truth_on_started(struct world *world, struct host *host, uint64_t snapshot_index);
/* Checks that a snapshot of this index contains the members that were committed there. */
void truth_check_snapshot(struct world *world, uint16_t id, uint64_t index,
                          const struct raft_membership *membership);

/* About state machines and clients. */
bool truth_wants_digest(const struct world *world, uint64_t index);
void truth_on_digest(struct world *world, struct host *host);
/* The index that an operation which begins now has to see. */
uint64_t truth_floor(const struct world *world);
void truth_on_answer(struct world *world, struct client_operation *operation, uint64_t index,
                     const void *reply, size_t size);
void truth_on_settled(struct world *world, struct client_operation *operation);

/* The term of its core. */
uint64_t truth_term(const struct world *world, uint16_t id);
uint64_t truth_committed(const struct world *world);
/* The newest committed membership. */
const struct raft_membership *truth_membership(const struct world *world);
/* Whether the host is a member and has no faults any more. */
bool truth_is_sound(const struct world *world, const struct host *host);
/* How many entries of the log up to this index are on all disks together. */
uint64_t truth_durable_entries(const struct world *world, uint64_t index);
/* Whether all running hosts have applied everything that was committed. */
bool truth_has_converged(struct world *world);

#endif
