/*
 * What has to hold in every Raft cluster at every moment (Raft paper, Figure 3), and what this
 * core promises beyond it. Looks into cores and disks and changes neither; what is broken is
 * printed with the step and the seed, and the process aborts.
 */
#ifndef RAFTD_TEST_SIM_INVARIANTS_H
#define RAFTD_TEST_SIM_INVARIANTS_H

#include "sim/network.h"

/*
 * After each step: one leader per term, who has everything committed; terms and commit indices
 * never fall; what is committed is the same everywhere and, when first called so, on the disks
 * of a quorum; what a core calls durable is; a confirmed read sees all that was committed
 * before it was asked.
 */
void invariants_after_step(struct network *network, struct network_node *node,
                           const struct raft_outbox *outbox);

/* When a message leaves, what it promises is on its sender's disk: term, vote, entries. */
void invariants_on_send(struct network *network, const struct raft_message *message);

/* Remembers what the read has to see. */
void invariants_on_read(struct network *network, struct network_node *node, uint64_t read_id);

/* Log matching between all running nodes. Looks at every entry: for now and then. */
void invariants_logs_match(struct network *network);

#endif
