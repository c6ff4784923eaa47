/*
 * Leases (dissertation, section 6.4.1): until when a leader is certainly the only one.
 *
 * A voter that answers an append may promise the leader to vote for no other node for some time
 * from then on, whatever terms it hears of and whether it still hears the leader. The append says
 * for how long the leader wants this: its own election time-out, because a longer promise would be
 * of no use to it. The answer says what is promised: the smaller of that and the election time-out
 * of the voter, which may have another setting than the leader (R1). The leader does not know when
 * the promise was made. It knows when it opened the round that the answer names, which was before
 * any message of the round left. So it counts each promise from the opening of its round, and only
 * nine tenths of it, because the voter's clock may run faster than its own (T23). The lease ends
 * when there is no quorum any more whose promises are valid by this count. While the membership is
 * joint, both majorities are needed, so the earlier end counts.
 *
 * Why no other leader is elected before: it would need the votes of a quorum, and each two quorums
 * have a common voter. Among the voters whose promises the leader counts there is one that has to
 * vote for the other node. It does not before its promise is over; and by the count above, that is
 * not before the end of the lease. The leader itself is one of the quorum: it votes for nobody
 * while it leads, and has no lease when it does not.
 *
 * The start of a round counts, never the arrival of an answer: an answer may have been on its way
 * for seconds, and the promise that it reports may be over.
 *
 * A promise outlives a restart of the voter. The hard state contains promise_ms, the longest
 * promise that may still be valid, and a promise leaves the node only when promise_ms is on disk
 * and at least as long. A voter that starts waits for promise_ms before it votes or campaigns
 * (raft_create()), because it may have made the promise just before it ended (R1). The length is
 * written and not the end of each promise, so only the first promise needs a write. When the hard
 * state is written for another reason and no promise is valid, promise_ms becomes 0 again: this
 * happens when the term changes. A leader wants the same length in its whole term. So there is at
 * most one such write in a term.
 *
 * Promises are asked for only while reads want a lease: WANTED_TIMEOUTS election time-outs from the
 * last read that did. Without them, voters are free as soon as they do not hear the leader any
 * more, and a restarted voter need not wait. A peer that says nothing of a promise makes none.
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

enum {
    DRIFT_PARTS = 10, /* one clock may run faster than another by one part in this number */
    WANTED_TIMEOUTS = 10,
};

/*
 * The length may come from a peer that lies. The own time-out bounds it: so long a node without a
 * leader waits anyway.
 */
uint32_t lease_length_ms(const struct raft_core *core, uint32_t wanted_ms)
{
    uint32_t longest_ms = core->options.election_timeout_ms;

    if (PLANT(raft_promise_of_own_length) && wanted_ms != 0) {
        return longest_ms;
    }
    return wanted_ms < longest_ms ? wanted_ms : longest_ms;
}

void lease_promise(struct raft_core *core, uint32_t length_ms)
{
    ASSERT(length_ms <= core->options.election_timeout_ms);
    if (core->promise_ms < length_ms) {
        core->promise_ms = length_ms;
        core->hard_state_dirty = true;
    }
    /* A promise to an earlier leader, or one of an earlier process, may last longer. */
    if (core->promised_until_ms < core->now_ms + length_ms) {
        core->promised_until_ms = core->now_ms + length_ms;
    }
}

bool lease_binds(const struct raft_core *core)
{
    return core->now_ms < core->promised_until_ms;
}

void lease_forget(struct raft_core *core)
{
    ASSERT(core->hard_state_dirty);
    if (!lease_binds(core)) {
        core->promise_ms = 0;
    }
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

void lease_want(struct raft_core *core)
{
    core->lease_wanted_until_ms =
        core->now_ms + WANTED_TIMEOUTS * (uint64_t)core->options.election_timeout_ms;
}

uint32_t lease_wanted_ms(const struct raft_core *core)
{
    bool wanted = core->now_ms < core->lease_wanted_until_ms && !handover_voids_lease(core);

    return wanted ? core->options.election_timeout_ms : 0;
}

/* When a promise of this length is over at the earliest, if it was made in this round or later. */
static uint64_t end_of_promise(const struct raft_core *core, uint64_t round, uint32_t length_ms)
{
    uint64_t opened_ms = core->round_opened_ms[round % ROUNDS_KEPT];

    return opened_ms + length_ms - length_ms / DRIFT_PARTS;
}

void lease_on_reply(const struct raft_core *core, struct progress *progress,
                    const struct raft_message *message)
{
    uint64_t round = message->append_reply.read_round;
    uint32_t length_ms = message->append_reply.promise_ms;
    uint64_t until_ms;

    progress->promise_ms = length_ms;
    if (length_ms == 0 || round == 0 || core->read_round - round >= ROUNDS_KEPT) {
        return; /* no promise, or nobody knows any more when it was asked for */
    }
    if (PLANT(raft_lease_of_own_length)) {
        length_ms = core->options.election_timeout_ms;
    }
    until_ms = end_of_promise(core, round, length_ms);
    if (PLANT(raft_lease_from_receipt)) {
        until_ms = core->now_ms + length_ms - length_ms / DRIFT_PARTS;
    }
    /* A peer never takes a promise back, so a later answer can only make it longer. */
    if (until_ms > progress->lease_until_ms) {
        progress->lease_until_ms = until_ms;
    }
}

uint64_t raft_lease_until_ms(const struct raft_core *core)
{
    uint64_t ends[RAFT_MEMBERS_MAX];
    uint64_t quorum_ms;
    uint64_t own_ms;

    /* Before it has committed in its own term, the commit index may be too old (T10). */
    if (core->role != RAFT_LEADER ||
        (handover_voids_lease(core) && !PLANT(raft_lease_outlives_handover)) ||
        !core_knows_commit(core)) {
        return 0;
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        bool self = core->membership.members[i].id == core->options.id;

        ends[i] = self ? UINT64_MAX : core->progress[i].lease_until_ms;
    }
    quorum_ms = raft_membership_quorum_value(&core->membership, ends);
    /* A lease that is longer than the leader's own time-out would be of no use: by then it gives
     * up if no quorum answers (replicate.c). This also bounds the lease of a node alone. */
    own_ms = end_of_promise(core, core->read_round, core->options.election_timeout_ms);
    return quorum_ms < own_ms ? quorum_ms : own_ms;
}

bool lease_holds(const struct raft_core *core)
{
    return core->now_ms < raft_lease_until_ms(core);
}
