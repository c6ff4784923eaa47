/*
 * The invariants that are true in every Raft cluster at every moment (Raft paper, Figure 3), and
 * what this core promises beyond them. The checks read cores and disks and change nothing. If an
 * invariant is violated, it is printed with the step and the seed, and the process aborts.
 */
#ifndef RAFTD_TEST_SIM_INVARIANTS_H
#define RAFTD_TEST_SIM_INVARIANTS_H

#include "sim/network.h"

/*
 * After each step. A term has at most one leader, and the leader has all committed entries. Terms
 * and commit indexes never fall. What is committed is the same everywhere, and when it is first
 * called committed it is on the disks of a quorum. What a core calls durable is on its disk. A
 * confirmed read sees everything that was committed before the read was asked.
 */
void invariants_after_step(struct network *network, struct network_node *node,
                           const struct raft_outbox *outbox);

/* When a message leaves, what it promises is on its sender's disk: term, vote, entries. */
void invariants_on_send(struct network *network, const struct raft_message *message);

/* Remembers what the read that is asked now has to see. */
void invariants_on_read(struct network *network, struct network_node *node, uint64_t read_id);

/* Log matching between all running nodes. Reads all entries, so it is not for every step. */
void invariants_logs_match(struct network *network);

#endif
