/*
 * The administrators of a simulated world: they add and remove members, one change after another,
 * and ask for handovers of leadership, whatever else goes on. They ask any node, as an operator
 * would, and do not wait for the outcome. A node that is added begins with an empty disk and an id
 * that was never used.
 */
#ifndef RAFTD_TEST_SIM_MEMBER_CHANGES_H
#define RAFTD_TEST_SIM_MEMBER_CHANGES_H

#include "sim/world.h"

void member_changes_strike_churn(struct world *world, struct sim_random *random);
void member_changes_strike_handover(struct world *world, struct sim_random *random);
/* Ends a host that was removed and knows it. */
void member_changes_retire(struct world *world, struct host *host);
/* Whether every membership that a node has in force would still have a quorum without these hosts
 * (a bit for each). */
bool member_changes_can_lose(struct world *world, uint32_t lost);

/* A member whose directory is lost, and which an operator has to replace; NULL = none. */
struct host *member_changes_lost(const struct world *world);
/* In the calm, an operator looks for such a member, and replaces it. */
void member_changes_operate(struct world *world);

#endif
