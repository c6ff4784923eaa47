/*
 * What really happened, seen from outside and from everywhere at once, and the promises that it
 * is held against, at every step. It sees what leaves the core and what reaches a disk, nothing of
 * the core's own opinion of itself but its role, term and commit index.
 *
 *     truth.c        the record: chains of hashes, who was committed, whose disk has what
 *     truth_core.c   after each step, before each message that promises something
 *     truth_step.c   what a step must leave alone
 *     truth_state.c  clients' history and state machines
 *
 * A chain is a hash for each index over everything up to there: two logs that agree at an index
 * agree before it, so whole logs are compared by one number.
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
/* What all founders begin with. */
void truth_found(struct world *world, const struct raft_membership *membership);

/* A process begins: its number in the world, and its origin. */
uint64_t truth_new_life(struct world *world, uint16_t id, uint64_t *origin);
/* This life gave that sequence number to that client's request. */
void truth_on_proposed(struct world *world, uint64_t life, uint64_t sequence, uint64_t tag);

/* The core. */
void truth_before_step(struct world *world, struct host *host);
void truth_after_step(struct world *world, struct host *host, const struct raft_outbox *outbox);
void truth_on_send(struct world *world, uint16_t id, const struct raft_message *promise);

/* The disk. */
void truth_on_durable(struct world *world, uint16_t id, const struct raft_write *write);
/* These writes may have reached the disk when the process ended, whole or not at all. */
void truth_on_in_doubt(struct world *world, uint16_t id, const struct host_write *writes);
void truth_on_recovered(struct world *world, uint16_t id, const struct wal_recovered *recovered);

/* The log was found not to fit the snapshot and restarted behind it; log is what it is now,
 * NULL if that is in doubt. */
void truth_on_restarted(struct world *world, uint16_t id, uint64_t index,
                        const struct wal_recovered *log);
/* A snapshot of that index is durable on this host. */
void truth_on_snapshot(struct world *world, uint16_t id, uint64_t index);
/* The host runs, from a snapshot of that index (0: none). */
void truth_on_started(struct world *world, struct host *host, uint64_t snapshot_index);
/* The members that a snapshot of that index names are those that were committed there. */
void truth_check_snapshot(struct world *world, uint16_t id, uint64_t index,
                          const struct raft_membership *membership);

/* State and clients. */
bool truth_wants_digest(const struct world *world, uint64_t index);
void truth_on_digest(struct world *world, struct host *host);
/* What an operation that begins now has to see. */
uint64_t truth_floor(const struct world *world);
void truth_on_answer(struct world *world, struct client_operation *operation, uint64_t index,
                     const void *reply, size_t size);
void truth_on_settled(struct world *world, struct client_operation *operation);

/* The term that its core is in. */
uint64_t truth_term(const struct world *world, uint16_t id);
uint64_t truth_committed(const struct world *world);
/* The newest that is committed. */
const struct raft_membership *truth_membership(const struct world *world);
/* A member that nothing is wrong with any more. */
bool truth_is_sound(const struct world *world, const struct host *host);
/* All that live have applied the same, and it is all that was committed. */
bool truth_has_converged(struct world *world);

#endif
