/*
 * Leases (dissertation, section 6.4.1). Whoever answers a leader promises to elect nobody else
 * for an election timeout from then on, whatever terms it hears of in between. A leader whose
 * newest round a quorum has answered is therefore the only one until an election timeout after
 * that round was opened - which was before any message of it left - less what two monotonic
 * clocks may drift apart. The promise is not on disk: a voter that restarts behaves as if it had
 * just given it.
 */
#include "base/assert.h"
#include "base/plant.h"
#include "raft/core.h"

/* One part in so many that one clock may run faster than another. */
enum { DRIFT_PARTS = 10 };

void lease_promise(struct raft_core *core)
{
    core->promised_until_ms = core->now_ms + core->options.election_timeout_ms;
}

bool lease_binds(const struct raft_core *core)
{
    return core->now_ms < core->promised_until_ms;
}

/* A new round of questions to a quorum; every append from here on carries its number. */
void lease_open_round(struct raft_core *core)
{
    ASSERT(core->role == RAFT_LEADER);
    core->read_round++;
    core->round_opened_ms[core->read_round % ROUNDS_KEPT] = core->now_ms;
}

uint64_t raft_lease_until_ms(const struct raft_core *core)
{
    uint64_t timeout_ms = core->options.election_timeout_ms;
    uint64_t round;

    /* Until an entry of its own term is committed a leader does not know what is (T10). */
    if (core->role != RAFT_LEADER ||
        (handover_voids_lease(core) && !PLANT(raft_lease_outlives_handover)) ||
        !read_knows_commit(core)) {
        return 0;
    }
    round = read_quorum_round(core);
    if (round == 0 || core->read_round - round >= ROUNDS_KEPT) {
        return 0;
    }
    if (PLANT(raft_lease_from_receipt)) {
        return core->now_ms + timeout_ms - timeout_ms / DRIFT_PARTS;
    }
    return core->round_opened_ms[round % ROUNDS_KEPT] + timeout_ms - timeout_ms / DRIFT_PARTS;
}

bool lease_holds(const struct raft_core *core)
{
    return core->now_ms < raft_lease_until_ms(core);
}
