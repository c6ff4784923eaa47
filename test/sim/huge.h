/*
 * Huge values: in a few worlds, one to three values of 1 to 64 MiB are written, all to one key that
 * nothing else writes, while faults strike; and one more in the calm, when everybody watches. All
 * their bytes are real. So their number and their sum are bounded, and these worlds save few
 * snapshots. One thread.
 */
#ifndef RAFTD_TEST_SIM_HUGE_H
#define RAFTD_TEST_SIM_HUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/model.h"
#include "sim/world.h"

enum {
    HUGE_BYTES_MIN = 1 << 20,
    HUGE_BYTES_MAX = 64 << 20,
};

/* Whether the next request of a client is about the key with huge values. Then *request is that
 * request, without a value, and *value_bytes the size that its value has to have; 0 = no value. */
bool huge_draw(struct world *world, struct sim_random *random, struct model_request *request,
               size_t *value_bytes);
/* Whether a request writes a huge value. A client does not try it again. */
bool huge_is(const struct world *world, const struct model_request *request);

/*
 * In the calm, after something was committed: a leader is asked to write one more huge value. True:
 * it is committed, or there is none to be written. If `leaders_stay` (nobody asks for other
 * leaders), it has to be committed within limit_us, and the newest term has to be the same (R6).
 */
bool huge_is_done(struct world *world, bool leaders_stay, uint64_t limit_us, uint64_t newest_term);

#endif
