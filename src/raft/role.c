/*
 * The role of a core and its term: every change of them passes through this file, so that what
 * belongs to a role ends with the role. Which change is made when is decided elsewhere; the
 * functions in the list below are in election.c if they are not in this file. The thread that calls
 * raft_step() runs this.
 *
 *       raft_create()
 *             |
 *             v
 *     FOLLOWER / LEARNER <------------------------------+
 *             |        ^                                |
 *             v        |                                |
 *       PRE_CANDIDATE -+                                |
 *             |        |                                |
 *             v        |                                |
 *         CANDIDATE ---+                                |
 *             |                                         |
 *             v                                         |
 *           LEADER -------------------------------------+
 *
 *     FOLLOWER <-> LEARNER        role_on_membership(): with or without a vote in the membership
 *     FOLLOWER -> PRE_CANDIDATE   start_pre_campaign(): no leader was heard for a time-out
 *     LEARNER -> PRE_CANDIDATE    the same, only where reconfigure_may_campaign() says so (T28)
 *     PRE_CANDIDATE -> CANDIDATE  start_campaign(): a quorum would vote for this node
 *     FOLLOWER -> CANDIDATE       election_on_order(): the leader hands over to this node
 *     CANDIDATE -> LEADER         become_leader(): a quorum has voted, the own vote is on disk
 *     PRE_CANDIDATE, CANDIDATE -> PRE_CANDIDATE
 *                                 start_pre_campaign(): another time-out without a decision
 *     PRE_CANDIDATE, CANDIDATE -> FOLLOWER or LEARNER
 *                                 count_votes(): too many have refused; role_become_follower():
 *                                 a later term, or the leader of this term, was heard;
 *                                 role_on_membership(): the members have changed
 *     LEADER -> FOLLOWER or LEARNER
 *                                 role_become_follower(): a later term was heard; no quorum
 *                                 answers (replicate_tick()); the node stops; it has removed itself
 *
 * Invariants; check.c checks 1 to 5 in every step of a test:
 *   1. The term never falls, and in one term this node votes for at most one node (T1).
 *   2. LEADER: the own vote and `leader` are this node.
 *   3. CANDIDATE: the own vote is this node, no leader is known. PRE_CANDIDATE: no leader is known.
 *   4. FOLLOWER if and only if this node is a voter, in these two roles; it never follows itself.
 *   5. Only a LEADER has windows (progress[].inflights) and a lease.
 *   6. No vote leaves this node, and the own vote does not count, before it is on the disk.
 */
#include "raft/role.h"

#include "base/assert.h"
#include "raft/core.h"
#include "raft/handover.h"
#include "raft/lease.h"
#include "raft/progress.h"

enum raft_role role_without_campaign(const struct raft_core *core)
{
    return core_is_voter(core) ? RAFT_FOLLOWER : RAFT_LEARNER;
}

/* The questions that reads have asked count for nothing with another role or leader. The reads are
 * still pending, so read_flush() asks them anew (T25). */
static void forget_read_attempts(struct raft_core *core)
{
    core->read.round = 0;
    core->read.attempt = 0;
}

void role_set(struct raft_core *core, enum raft_role role, uint16_t leader)
{
    if (core->role == RAFT_LEADER && role != RAFT_LEADER) {
        progress_end(core);
        handover_end(core);
        core->leaving_count = 0;
        core->gave_up_office = false;
    }
    if (core->leader != leader || core->role != role) {
        core->state_changed = true;
        forget_read_attempts(core);
    }
    if (core->leader != leader) {
        core->leader_contact_ms = 0;
        core->round_answered = 0;
    }
    core->role = role;
    core->leader = leader;
    core->self_vote_sequence = 0;
}

void role_set_term(struct raft_core *core, uint64_t term, uint16_t vote)
{
    ASSERT(term > core->term || (term == core->term && core->vote == 0));
    core->state_changed = core->state_changed || core->term != term;
    core->term = term;
    core->vote = vote;
    core->hard_state_dirty = true;
    lease_forget(core);
}

void role_become_follower(struct raft_core *core, uint64_t term, uint16_t leader)
{
    bool was_leader = core->role == RAFT_LEADER;

    ASSERT(term >= core->term);
    if (term > core->term) {
        role_set_term(core, term, 0);
        core->round_answered = 0;
    }
    role_set(core, role_without_campaign(core), leader);
    if (was_leader) {
        core_reset_election_timer(core);
    }
}

void role_on_membership(struct raft_core *core)
{
    ASSERT(core->role != RAFT_LEADER);
    if (core->role == RAFT_FOLLOWER || core->role == RAFT_LEARNER) {
        core->role = role_without_campaign(core);
    } else {
        /* The votes of a candidate are stored by position in the membership. The positions have
         * changed, so the campaign is given up; a time-out begins another one. */
        role_become_follower(core, core->term, 0);
    }
}
