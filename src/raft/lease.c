/*
 * Leases (dissertation, section 6.4.1): until when a leader is certainly the only one.
 *
 * A voter that accepts an append promises the leader to vote for no other node during one election
 * time-out from then on, whatever terms it hears of. So when a quorum has answered a round, no
 * other leader can be elected until an election time-out after the first of these answers was
 * given. The leader does not know when that was. It knows when it opened the round, which was
 * before any message of the round left; so the lease ends one election time-out after that moment,
 * minus a tenth, because the voters' clocks may run faster than its own (T23).
 *
 * The start of a round counts, never the arrival of an answer: an answer may have been on its way
 * for seconds, and the promise that it reports may be over.
 *
 * The promise is not written to disk. Instead, a voter that restarts behaves as if it had given the
 * promise at its start (raft_create()).
 *
 * A leader that hands over tells another node to campaign although it lives itself, and the voters
 * do not hold their promise against that campaign. The order may arrive late. So after the first
 * order there is no lease in that term any more (handover.c).
 *
 * This file also counts the rounds: when each was opened, and which one a quorum has answered. One
 * thread at a time uses a core (raft.h).
 */
#include "raft/lease.h"

#include "base/assert.h"
#include "base/plant.h"
#include "raft/core.h"
#include "raft/handover.h"

/* One clock may run faster than another by one part in this number. */
enum { DRIFT_PARTS = 10 };

void lease_promise(struct raft_core *core)
{
    core->promised_until_ms = core->now_ms + core->options.election_timeout_ms;
}

bool lease_binds(const struct raft_core *core)
{
    return core->now_ms < core->promised_until_ms;
}

void lease_open_round(struct raft_core *core)
{
    ASSERT(core->role == RAFT_LEADER);
    core->read_round++;
    core->round_opened_ms[core->read_round % ROUNDS_KEPT] = core->now_ms;
}

uint64_t lease_quorum_round(const struct raft_core *core)
{
    uint64_t rounds[RAFT_MEMBERS_MAX];

    for (size_t i = 0; i < core->membership.count; i++) {
        bool self = core->membership.members[i].id == core->options.id;

        rounds[i] = self ? core->read_round : core->progress[i].round_acknowledged;
    }
    return raft_membership_quorum_value(&core->membership, rounds);
}

uint64_t raft_lease_until_ms(const struct raft_core *core)
{
    uint64_t timeout_ms = core->options.election_timeout_ms;
    uint64_t round;

    /* Before it has committed in its own term, the commit index may be too old (T10). */
    if (core->role != RAFT_LEADER ||
        (handover_voids_lease(core) && !PLANT(raft_lease_outlives_handover)) ||
        !core_knows_commit(core)) {
        return 0;
    }
    round = lease_quorum_round(core);
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
