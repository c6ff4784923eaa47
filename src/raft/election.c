/*
 * Elections (dissertation, section 3.4) with pre-vote (section 9.6): when this node campaigns, how
 * the votes are counted, and to whom this node gives its own vote. The changes of role that follow
 * are drawn in role.c. The thread that calls raft_step() runs this.
 *
 * Before it campaigns, a node asks in a pre-vote whether a quorum would vote for it. This changes
 * no term. So a node that was cut off for a while, and could not be elected meanwhile, does not
 * come back with a high term that would end a working leadership.
 */
#include "raft/election.h"

#include <string.h>

#include "base/assert.h"
#include "base/plant.h"
#include "raft/core.h"
#include "raft/damage.h"
#include "raft/handover.h"
#include "raft/lease.h"
#include "raft/progress.h"
#include "raft/reconfigure.h"
#include "raft/role.h"
#include "raft/tail.h"
#include "raft/time.h"

/*
 * Whether this node hears its leader: then it votes for nobody, so that a node which was cut off
 * cannot end a working leadership (section 4.2.3). This protects the leadership and not the data,
 * so it may end early: when the leader is not heard any more, or at once when the connection to it
 * is lost, because a process that has ended hears nothing. It is not written to disk.
 */
static bool hears_leader(const struct raft_core *core)
{
    return core->leader != 0 && core->leader_contact_ms != 0 && !core->leader_link_lost &&
           core->now_ms - core->leader_contact_ms < core->options.election_timeout_ms;
}

/*
 * The last of the three reasons is another thing than the second one. Reads of the leader rely on a
 * promise (lease.c), so it holds to its end: when the leader is silent or another term is known,
 * when the connection is lost, and after a restart.
 */
bool election_is_bound(const struct raft_core *core)
{
    if (core->role == RAFT_LEADER) {
        return true; /* if its followers are gone, replicate_tick() ends this leadership */
    }
    return hears_leader(core) || lease_binds(core);
}

void election_on_link(struct raft_core *core, uint16_t peer, bool up)
{
    if (!up && core->role != RAFT_LEADER && peer == core->leader) {
        core->leader_link_lost = true;
    }
}

static void become_leader(struct raft_core *core)
{
    struct raft_entry *noop = raft_entry_make(RAFT_ENTRY_NOOP, NULL, 0);

    ASSERT(core->role == RAFT_CANDIDATE);
    role_set(core, RAFT_LEADER, core->options.id);
    progress_begin(core);
    time_become_leader(core);
    handover_begin_term(core);
    if (!PLANT(raft_no_noop)) {
        tail_append_own(core, noop);
    }
    raft_entry_release(noop);
}

static void ask_for_votes(struct raft_core *core, bool pre, bool handover)
{
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *member = &core->membership.members[i];
        struct raft_message *message;

        if (member->id == core->options.id ||
            !raft_membership_is_voter(&core->membership, member->id)) {
            continue;
        }
        message = core_send(core, RAFT_MESSAGE_VOTE, member->id);
        message->vote.pre = pre;
        message->vote.handover = handover;
        message->vote.last_index = raftlog_last_index(&core->log);
        message->vote.last_term = raftlog_last_term(&core->log);
        if (pre) {
            message->term = core->term + 1;
        } else {
            /* This candidate's own vote, and the entries that it campaigns with, have to be on its
             * disk before it asks others: a crash must not take them back. */
            message->after_write = PLANT(raft_campaigns_early) ? 0 : RAFT_GATED;
        }
    }
}

static void start_campaign(struct raft_core *core, bool handover);

/* Acts on the answers so far. */
static void count_votes(struct raft_core *core)
{
    enum raft_tally tally =
        raft_membership_tally(&core->membership, core->vote_answered, core->vote_granted);

    if (tally == RAFT_TALLY_LOST) {
        role_set(core, role_without_campaign(core), 0);
    } else if (tally == RAFT_TALLY_WON) {
        if (core->role == RAFT_PRE_CANDIDATE) {
            start_campaign(core, false);
        } else {
            become_leader(core);
        }
    }
}

static void clear_votes(struct raft_core *core)
{
    memset(core->vote_answered, 0, sizeof(core->vote_answered));
    memset(core->vote_granted, 0, sizeof(core->vote_granted));
}

static void record_vote(struct raft_core *core, uint16_t id, bool granted)
{
    size_t position = core_position(core, id);

    if (position < RAFT_MEMBERS_MAX && !core->vote_answered[position]) {
        core->vote_answered[position] = true;
        core->vote_granted[position] = granted;
    }
}

static void start_pre_campaign(struct raft_core *core)
{
    role_set(core, RAFT_PRE_CANDIDATE, 0);
    core_reset_election_timer(core);
    clear_votes(core);
    record_vote(core, core->options.id, true);
    ask_for_votes(core, true, false);
    count_votes(core);
}

static void start_campaign(struct raft_core *core, bool handover)
{
    role_set_term(core, core->term + 1, core->options.id);
    role_set(core, RAFT_CANDIDATE, 0);
    core_reset_election_timer(core);
    clear_votes(core);
    /* The own vote counts when it is on disk: election_on_written(). */
    core->self_vote_sequence = core->issued_sequence + 1;
    ask_for_votes(core, false, handover);
}

void election_on_order(struct raft_core *core, const struct raft_message *message)
{
    if (message->term != core->term || message->from != core->leader ||
        (core->role != RAFT_FOLLOWER && core->role != RAFT_LEARNER)) {
        return;
    }
    if (core_is_voter(core) && !damage_forbids_votes(core)) {
        start_campaign(core, true); /* without a pre-vote: the leader waits for the campaign */
    }
}

void election_on_written(struct raft_core *core)
{
    if (core->role != RAFT_CANDIDATE || core->self_vote_sequence == 0 ||
        core->written_sequence < core->self_vote_sequence) {
        return;
    }
    core->self_vote_sequence = 0;
    record_vote(core, core->options.id, true);
    count_votes(core);
}

void election_tick(struct raft_core *core)
{
    if (core->role == RAFT_LEADER || core->now_ms < core->election_deadline_ms) {
        return;
    }
    if (!reconfigure_may_campaign(core)) {
        role_set(core, RAFT_LEARNER, 0);
        core_reset_election_timer(core);
        return;
    }
    if (damage_forbids_votes(core)) {
        role_set(core, role_without_campaign(core), 0);
        core_reset_election_timer(core);
        return;
    }
    if (lease_binds(core)) {
        /* A candidate votes for itself, so the promise forbids the campaign as well. The random
         * part keeps nodes whose promises end together from campaigning together. */
        core_reset_election_timer(core);
        core->election_deadline_ms +=
            core->promised_until_ms - core->now_ms - core->options.election_timeout_ms;
        return;
    }
    start_pre_campaign(core);
}

static bool log_is_up_to_date(const struct raft_core *core, const struct raft_message *message)
{
    uint64_t last_term = raftlog_last_term(&core->log);

    if (PLANT(raft_votes_for_short_logs)) {
        return true;
    }
    if (message->vote.last_term != last_term) {
        return message->vote.last_term > last_term;
    }
    return message->vote.last_index >= raftlog_last_index(&core->log);
}

static void reply_to_vote(struct raft_core *core, const struct raft_message *message, bool granted)
{
    struct raft_message *reply = core_send(core, RAFT_MESSAGE_VOTE_REPLY, message->from);

    reply->vote_reply.pre = message->vote.pre;
    reply->vote_reply.granted = granted;
    if (granted && message->vote.pre) {
        reply->term = message->term; /* the term in which this node would vote for the sender */
    } else {
        /* A refusal contains the term as well, and no other node may learn a term that a crash
         * can make this node forget. */
        reply->after_write = granted || !core_hard_state_is_durable(core) ? RAFT_GATED : 0;
    }
}

/* The term was compared before (step.c): it is not later than the own one, except in a pre-vote,
 * which has the term of the campaign that would follow. */
void election_on_vote(struct raft_core *core, const struct raft_message *message)
{
    bool granted;

    if (message->vote.pre) {
        granted = message->term > core->term && !election_is_bound(core) &&
                  !damage_forbids_votes(core) && log_is_up_to_date(core, message);
        reply_to_vote(core, message, granted);
        return;
    }
    /* The same candidate asks again, because the answer was lost: it has this node's vote (T2). For
     * a first vote, the promise to a leader has to be over. */
    granted = message->term == core->term && core->role != RAFT_LEADER &&
              !damage_forbids_votes(core) &&
              (core->vote == message->from ||
               (core->vote == 0 && (message->vote.handover || !election_is_bound(core)))) &&
              log_is_up_to_date(core, message);
    if (granted) {
        if (core->vote == 0) {
            role_set_term(core, core->term, message->from);
            core->hard_state_dirty = !PLANT(raft_vote_not_persisted);
        }
        core_reset_election_timer(core);
    }
    reply_to_vote(core, message, granted);
}

void election_on_vote_reply(struct raft_core *core, const struct raft_message *message)
{
    if (message->vote_reply.pre) {
        if (core->role != RAFT_PRE_CANDIDATE ||
            (message->vote_reply.granted && message->term != core->term + 1)) {
            return;
        }
    } else if (core->role != RAFT_CANDIDATE || message->term != core->term) {
        return;
    }
    record_vote(core, message->from, message->vote_reply.granted);
    count_votes(core);
}
