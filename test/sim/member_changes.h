/*
 * Administrators: members come and go, one change after the other, whatever else goes on; and
 * leadership is handed over. They ask any node, as an operator would, and do not wait for the
 * outcome. Who is added begins with an empty disk under an id that was never used.
 */
#ifndef RAFTD_TEST_SIM_MEMBER_CHANGES_H
#define RAFTD_TEST_SIM_MEMBER_CHANGES_H

#include "sim/world.h"

void member_changes_strike_churn(struct world *world, struct sim_random *random);
void member_changes_strike_handover(struct world *world, struct sim_random *random);
/* Those that were removed, and have understood it, end. */
void member_changes_retire(struct world *world, struct host *host);
/* Whether, without these hosts (a bit each), every membership that a node lives by would still
 * have its quorum. */
bool member_changes_can_lose(struct world *world, uint32_t lost);

#endif
