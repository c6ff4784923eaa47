/*
 * The leader's side of a change of members (dissertation, chapter 4): checks what was asked for,
 * appends the membership that comes of it, leads a joint one to its end, promotes learners that
 * have caught up, and steps down when it has removed itself.
 */
#include <string.h>

#include "base/assert.h"
#include "base/plant.h"
#include "raft/change.h"
#include "raft/core.h"

/* A learner has caught up once it has been this many rounds in a row. */
enum { CATCH_UP_ROUNDS = 3 };

/* T26: before that, somebody else may have committed a change that this leader does not know. */
static bool has_committed_in_term(const struct raft_core *core)
{
    return raftlog_term(&core->log, core->commit_index) == core->term ||
           PLANT(raft_changes_too_early);
}

bool reconfigure_is_committed(const struct raft_core *core)
{
    return core->membership_index <= core->commit_index;
}

static void append_membership(struct raft_core *core, const struct raft_membership *membership,
                              uint64_t origin, uint64_t sequence)
{
    struct buffer bytes = {0};
    struct raft_entry *entry;

    ASSERT(raft_membership_is_valid(membership));
    raft_membership_encode(membership, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    buffer_free(&bytes);
    entry->origin = origin;
    entry->sequence = sequence;
    core_append_own(core, entry);
    raft_entry_release(entry);
}

/* Whether a member answers: a voter that does not is as good as none. */
static bool is_present(const struct raft_core *core, uint16_t id)
{
    size_t position = core_position(core, id);

    if (id == core->options.id) {
        return true;
    }
    return position < RAFT_MEMBERS_MAX &&
           core->now_ms - core->progress[position].last_contact_ms <
               core->options.election_timeout_ms &&
           core->progress[position].match_index > 0;
}

static bool has_caught_up(const struct raft_core *core, uint16_t id)
{
    size_t position = core_position(core, id);

    return position < RAFT_MEMBERS_MAX &&
           core->progress[position].catch_up_rounds >= CATCH_UP_ROUNDS && is_present(core, id);
}

/*
 * T27: whoever becomes a voter has the log already, and the voters that answer are a quorum of
 * what is to come.
 */
static enum raft_refusal check_voters(const struct raft_core *core,
                                      const struct raft_membership *to)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool present[RAFT_MEMBERS_MAX] = {false};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < to->count; i++) {
        uint16_t id = to->members[i].id;

        if (raft_membership_is_voter(to, id) && !raft_membership_is_voter(&core->membership, id) &&
            !has_caught_up(core, id)) {
            return RAFT_REFUSED_NOT_CAUGHT_UP;
        }
        present[i] = is_present(core, id);
    }
    return raft_membership_tally(to, answered, present) == RAFT_TALLY_WON ? RAFT_REFUSED_NOT
                                                                          : RAFT_REFUSED_QUORUM;
}

static enum raft_refusal start_change(struct raft_core *core, const struct raft_change *change,
                                      uint64_t origin, uint64_t sequence)
{
    struct raft_membership target;
    struct raft_membership joint;
    enum raft_refusal refusal;

    if (!has_committed_in_term(core)) {
        return RAFT_REFUSED_TOO_EARLY;
    }
    if (!reconfigure_is_committed(core) || raft_membership_is_joint(&core->membership)) {
        return RAFT_REFUSED_RUNNING;
    }
    refusal = raft_change_apply(change, &core->membership, &target);
    if (refusal != RAFT_REFUSED_NOT) {
        return refusal;
    }
    if (raft_membership_same_voters(&core->membership, &target) || PLANT(raft_changes_at_once)) {
        append_membership(core, &target, origin, sequence);
        return RAFT_REFUSED_NOT;
    }
    refusal = check_voters(core, &target);
    if (refusal != RAFT_REFUSED_NOT) {
        return refusal;
    }
    /* Who leaves stays an outgoing member, and is remembered as removed once it is none. */
    for (size_t i = 0; i < core->membership.count; i++) {
        uint16_t id = core->membership.members[i].id;

        if (raft_membership_find(&target, id) == NULL &&
            raft_membership_is_voter(&core->membership, id)) {
            raft_membership_forget_removed(&target, id);
        }
    }
    if (raft_membership_join(&core->membership, &target, &joint) != 0) {
        return RAFT_REFUSED_TOO_MANY;
    }
    append_membership(core, &joint, origin, sequence);
    return RAFT_REFUSED_NOT;
}

enum raft_refusal reconfigure_propose(struct raft_core *core, const struct raft_entry *entry)
{
    struct raft_change change;

    ASSERT(core->role == RAFT_LEADER);
    if (raft_change_decode(&change, entry->data, entry->size_bytes) != 0) {
        return RAFT_REFUSED_INVALID;
    }
    if (change.count == 1 && change.steps[0].kind == RAFT_CHANGE_HANDOVER) {
        return handover_begin(core, change.steps[0].id);
    }
    if (handover_is_running(core)) {
        return RAFT_REFUSED_HANDOVER;
    }
    return start_change(core, &change, entry->origin, entry->sequence);
}

/*
 * How steadily a learner keeps up (dissertation, section 4.2.1): a round is over when it has
 * everything that was in the log when the round began, and was good if that took it no longer
 * than an election would. A round begins with a heartbeat at the earliest.
 */
static void follow_learner(struct raft_core *core, struct progress *progress)
{
    uint64_t took_ms = core->now_ms - progress->catch_up_began_ms;

    if (progress->catch_up_index == 0 || progress->match_index < progress->catch_up_index) {
        if (progress->catch_up_index == 0) {
            progress->catch_up_index = raftlog_last_index(&core->log);
            progress->catch_up_began_ms = core->now_ms;
        } else if (took_ms > core->options.election_timeout_ms) {
            progress->catch_up_rounds = 0;
        }
        return;
    }
    if (!progress->catch_up_counted) {
        progress->catch_up_counted = true;
        progress->catch_up_rounds =
            took_ms <= core->options.election_timeout_ms ? progress->catch_up_rounds + 1 : 0;
    }
    if (took_ms >= core->options.heartbeat_ms) {
        progress->catch_up_counted = false;
        progress->catch_up_index = raftlog_last_index(&core->log);
        progress->catch_up_began_ms = core->now_ms;
    }
}

/* Promotes one joining learner that has caught up; what is in the way now may not be later. */
static void promote_learners(struct raft_core *core)
{
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *member = &core->membership.members[i];
        struct raft_change change = {.count = 1};

        if ((member->roles & RAFT_MEMBER_LEARNER) == 0) {
            continue;
        }
        follow_learner(core, &core->progress[i]);
        if ((member->roles & RAFT_MEMBER_JOINING) == 0 || handover_is_running(core) ||
            !has_caught_up(core, member->id)) {
            continue;
        }
        change.steps[0].kind = RAFT_CHANGE_PROMOTE;
        change.steps[0].id = member->id;
        if (start_change(core, &change, 0, 0) == RAFT_REFUSED_NOT) {
            return; /* positions have changed */
        }
    }
}

/* The second half of a joint change begins by itself once the first is committed. */
static void leave_joint(struct raft_core *core)
{
    const struct raft_entry *joint = raftlog_entry(&core->log, core->membership_index);
    struct raft_membership simple;

    raft_membership_leave(&core->membership, &simple);
    append_membership(core, &simple, joint != NULL ? joint->origin : 0,
                      joint != NULL ? joint->sequence : 0);
}

/* The final entry as well, so that whoever has all before it can answer its own clients. */
static void send_final_entry(struct raft_core *core, uint16_t id)
{
    uint64_t index = core->membership_index;
    struct raft_message *message;

    if (raftlog_entry(&core->log, index) == NULL) {
        return;
    }
    message = core_send(core, RAFT_MESSAGE_APPEND, id);
    message->append.previous_index = index - 1;
    message->append.previous_term = raftlog_term(&core->log, index - 1);
    message->append.commit_index = index;
    message->append.read_round = core->read_round;
    message->append.time_ms = raft_cluster_time(core, core->now_ms);
    message->entry_count = 1;
    message->entries = raftlog_slice(&core->log, index);
}

/* Whoever was taken out learns it from the leader that did, as long as it listens. */
static void tell_leaving(struct raft_core *core)
{
    for (size_t i = 0; i < core->leaving_count; i++) {
        send_final_entry(core, core->leaving[i]);
        core_send(core, RAFT_MESSAGE_REMOVED, core->leaving[i]);
    }
    core->leaving_count = 0;
}

void reconfigure_note_leaving(struct raft_core *core, const struct raft_membership *before)
{
    for (size_t i = 0; i < before->count; i++) {
        uint16_t id = before->members[i].id;

        if (raft_membership_find(&core->membership, id) == NULL && id != core->options.id &&
            core->leaving_count < RAFT_MEMBERS_MAX) {
            core->leaving[core->leaving_count++] = id;
        }
    }
}

/* A leader that has removed itself leads to the end of the change, not beyond (section 4.2.2). */
static void leave_office(struct raft_core *core)
{
    if (!handover_is_running(core) &&
        (core->gave_up_office || handover_begin(core, 0) != RAFT_REFUSED_HANDING_OVER)) {
        election_become_follower(core, core->term, 0);
    }
    core->gave_up_office = true; /* one try: who comes next is then for an election to find out */
}

void reconfigure_tick(struct raft_core *core)
{
    if (core->role == RAFT_LEADER && reconfigure_is_committed(core) &&
        has_committed_in_term(core)) {
        tell_leaving(core);
        if (raft_membership_is_joint(&core->membership)) {
            leave_joint(core);
        } else if (!core_is_voter(core)) {
            leave_office(core);
        } else {
            promote_learners(core);
        }
    }
    if (core->role != RAFT_LEADER && !core->removed && reconfigure_is_committed(core) &&
        raft_membership_was_removed(&core->membership, core->options.id)) {
        core->removed = true;
        core->state_changed = true;
    }
}

void reconfigure_on_removed(struct raft_core *core)
{
    if (core->role != RAFT_LEADER) {
        core->removed = true;
        core->state_changed = true;
    }
}

/* T29: a candidate that is no member any more gets no vote, but the news. */
bool reconfigure_turns_away(struct raft_core *core, const struct raft_message *message)
{
    if (message->type != RAFT_MESSAGE_VOTE || !reconfigure_is_committed(core) ||
        !raft_membership_was_removed(&core->membership, message->from)) {
        return false;
    }
    core_send(core, RAFT_MESSAGE_REMOVED, message->from);
    return true;
}

/*
 * T28: a node that takes part in no future election may hold the one copy of the entry that says
 * so. As long as it does not know that entry to be committed it may campaign by the membership
 * before, to bring it to the others.
 */
bool reconfigure_may_campaign(struct raft_core *core)
{
    struct raft_membership before;

    if (core_is_voter(core)) {
        return true;
    }
    if (reconfigure_is_committed(core)) {
        return false;
    }
    if (core->voter_before_index != core->membership_index) {
        core_membership_before(core, core->membership_index, &before);
        core->voter_before_index = core->membership_index;
        core->was_voter_before = raft_membership_is_voter(&before, core->options.id);
    }
    return core->was_voter_before;
}
