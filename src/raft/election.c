/*
 * Elections: time-outs, the pre-vote rehearsal (dissertation, section 9.6), votes (section 3.4),
 * and every change of role.
 */
#include <string.h>

#include "base/assert.h"
#include "base/plant.h"
#include "raft/core.h"

void election_reset_timer(struct raft_core *core)
{
    uint64_t spread = core->options.election_timeout_ms;

    core->election_deadline_ms = core->now_ms + spread + core_random(core) % spread;
}

bool election_is_sticky(const struct raft_core *core)
{
    if (core->role == RAFT_LEADER) {
        return true; /* check-quorum ends a leadership that lost its followers */
    }
    return lease_binds(core); /* it may not have heard of a leader's end, or restarted */
}

static enum raft_role passive_role(const struct raft_core *core)
{
    return core_is_voter(core) ? RAFT_FOLLOWER : RAFT_LEARNER;
}

/* Every change of role passes through here. */
static void set_role(struct raft_core *core, enum raft_role role, uint16_t leader)
{
    if (core->role == RAFT_LEADER && role != RAFT_LEADER) {
        replicate_end(core);
        handover_end(core);
        core->leaving_count = 0;
        core->gave_up_office = false;
    }
    if (core->leader != leader || core->role != role) {
        core->state_changed = true;
        read_forget_attempts(core);
    }
    if (core->leader != leader) {
        core->leader_contact_ms = 0;
        core->round_answered = 0;
    }
    core->role = role;
    core->leader = leader;
    core->self_vote_sequence = 0;
}

static void set_term(struct raft_core *core, uint64_t term, uint16_t vote)
{
    ASSERT(term > core->term || (term == core->term && core->vote == 0));
    core->state_changed = core->state_changed || core->term != term;
    core->term = term;
    core->vote = vote;
    core->hard_state_dirty = true;
}

void election_become_follower(struct raft_core *core, uint64_t term, uint16_t leader)
{
    bool was_leader = core->role == RAFT_LEADER;

    ASSERT(term >= core->term);
    if (term > core->term) {
        set_term(core, term, 0);
        core->round_answered = 0;
    }
    set_role(core, passive_role(core), leader);
    if (was_leader) {
        election_reset_timer(core);
    }
}

static void become_leader(struct raft_core *core)
{
    struct raft_entry *noop = raft_entry_make(RAFT_ENTRY_NOOP, NULL, 0);

    ASSERT(core->role == RAFT_CANDIDATE);
    set_role(core, RAFT_LEADER, core->options.id);
    replicate_begin(core);
    time_become_leader(core);
    handover_begin_term(core);
    if (!PLANT(raft_no_noop)) {
        core_append_own(core, noop);
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
            /* The candidate's own vote, and the entries it campaigns with, are on its disk
             * before anybody is asked. */
            message->after_write = PLANT(raft_campaigns_early) ? 0 : RAFT_GATED;
        }
    }
}

static void start_campaign(struct raft_core *core, bool handover);

/* Acts on the votes that are in. */
static void count_votes(struct raft_core *core)
{
    enum raft_tally tally =
        raft_membership_tally(&core->membership, core->vote_answered, core->vote_granted);

    if (tally == RAFT_TALLY_LOST) {
        set_role(core, passive_role(core), 0);
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
    set_role(core, RAFT_PRE_CANDIDATE, 0);
    election_reset_timer(core);
    clear_votes(core);
    record_vote(core, core->options.id, true);
    ask_for_votes(core, true, false);
    count_votes(core);
}

static void start_campaign(struct raft_core *core, bool handover)
{
    set_term(core, core->term + 1, core->options.id);
    set_role(core, RAFT_CANDIDATE, 0);
    election_reset_timer(core);
    clear_votes(core);
    /* Counted by election_on_written() once it is durable; never before. */
    core->self_vote_sequence = core->issued_sequence + 1;
    ask_for_votes(core, false, handover);
}

/* No rehearsal: the leader has asked for it, and waits. */
void election_campaign_by_order(struct raft_core *core)
{
    start_campaign(core, true);
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
        set_role(core, RAFT_LEARNER, 0);
        election_reset_timer(core);
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
        reply->term = message->term; /* names the campaign that it would support */
    } else {
        /* A refusal tells the term, too, and nobody may learn of it before it is durable. */
        reply->after_write = granted || !core_hard_state_is_durable(core) ? RAFT_GATED : 0;
    }
}

/*
 * message->term was already adopted where it had to be (core.c); here it is <= our term, or it
 * is the future term of a rehearsal.
 */
void election_on_vote(struct raft_core *core, const struct raft_message *message)
{
    bool granted;

    if (message->vote.pre) {
        granted = message->term > core->term && !election_is_sticky(core) &&
                  log_is_up_to_date(core, message);
        reply_to_vote(core, message, granted);
        return;
    }
    /* The same candidate again: its vote is given (T2). A first vote waits for the promise. */
    granted = message->term == core->term && core->role != RAFT_LEADER &&
              (core->vote == message->from ||
               (core->vote == 0 && (message->vote.handover || !election_is_sticky(core)))) &&
              log_is_up_to_date(core, message);
    if (granted) {
        if (core->vote == 0) {
            set_term(core, core->term, message->from);
            core->hard_state_dirty = !PLANT(raft_vote_not_persisted);
        }
        election_reset_timer(core);
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
