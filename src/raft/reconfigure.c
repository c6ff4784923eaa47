/*
 * The leader's side of a change of members (dissertation, chapter 4): checks what was asked for,
 * appends the membership that results from it, ends a joint membership, makes learners that have
 * caught up voters, and steps down when it has removed itself.
 *
 * A change takes these steps:
 *   1. start_change(): the leader checks the change. If no voter changes, it appends the new
 *      membership, and the change is complete when that is committed.
 *   2. Else it appends the joint membership (membership.h says why). From then on, decisions need a
 *      majority of the old and of the new voters.
 *   3. leave_joint(): when that is committed, the leader of that time appends the new membership.
 *   4. When that is committed, the change is complete: tell_leaving() tells the removed members.
 *      A leader that is no voter any more hands over or steps down: leave_office().
 *
 * If the leader crashes in between, the next one continues: the joint membership is in the log. The
 * thread that calls raft_step() runs this.
 */
#include "raft/reconfigure.h"

#include <string.h>

#include "base/assert.h"
#include "base/plant.h"
#include "raft/change.h"
#include "raft/core.h"
#include "raft/handover.h"
#include "raft/role.h"
#include "raft/tail.h"

/* A learner has caught up after so many fast rounds in a row; see follow_learner(). */
enum { CATCH_UP_ROUNDS = 3 };

/* T26: before that, an earlier leader may have committed a change that this leader does not know to
 * be committed; two changes at once could have quorums without a common voter. */
static bool has_committed_in_term(const struct raft_core *core)
{
    return raftlog_term(&core->log, core->commit_index) == core->term ||
           PLANT(raft_changes_too_early);
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
    tail_append_own(core, entry);
    raft_entry_release(entry);
}

/* Whether a member answers, and has something of the log. */
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
 * T27: a member that becomes a voter must have the log already, and the voters that answer now must
 * be a quorum of the new membership. Otherwise nothing could be committed after the change until a
 * new member has the log, or until an old one comes back.
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

/* A leader does not mark itself as lost: it would lead on while nobody listens. */
static bool marks_leader(const struct raft_core *core, const struct raft_change *change)
{
    for (size_t i = 0; i < change->count; i++) {
        if (change->steps[i].kind == RAFT_CHANGE_LOST && change->steps[i].id == core->options.id) {
            return true;
        }
    }
    return false;
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
    if (!core_membership_is_committed(core) || raft_membership_is_joint(&core->membership)) {
        return RAFT_REFUSED_RUNNING;
    }
    if (marks_leader(core, change)) {
        return RAFT_REFUSED_LEADS_ALREADY;
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
    /* A voter that is removed is still an outgoing member of the joint membership. Its id is
     * remembered as removed when the joint membership ends. */
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
 * Measures whether a learner keeps up with the log, in rounds (dissertation, section 4.2.1). A
 * round begins at the end of the log of that moment, and is over when the learner has everything up
 * to there. New entries come meanwhile, so the next round begins at the new end of the log. A round
 * is fast if it takes at most an election time-out: then the cluster would wait for the learner no
 * longer than for an election. CATCH_UP_ROUNDS fast rounds in a row mean that the learner has
 * caught up; one slow round, also one that is not over yet, sets the count back to 0. Rounds begin
 * at most once in a heartbeat, so that an idle cluster does not count hundreds of empty ones in a
 * moment.
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

static bool promote(struct raft_core *core, uint16_t id)
{
    struct raft_change change = {.count = 1};

    change.steps[0].kind = RAFT_CHANGE_PROMOTE;
    change.steps[0].id = id;
    return start_change(core, &change, 0, 0) == RAFT_REFUSED_NOT;
}

/* Makes one joining learner that has caught up a voter. If that is refused now, it is tried again
 * in the next batch. */
static void promote_learners(struct raft_core *core)
{
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *member = &core->membership.members[i];

        if ((member->roles & RAFT_MEMBER_LEARNER) == 0) {
            continue;
        }
        follow_learner(core, &core->progress[i]);
        if ((member->roles & RAFT_MEMBER_JOINING) == 0 || handover_is_running(core) ||
            !has_caught_up(core, member->id)) {
            continue;
        }
        if (promote(core, member->id)) {
            return; /* the positions have changed */
        }
    }
}

/* The joint membership is committed: the simple one follows, with the number of the proposal, so
 * that the client that asked for the change gets its answer. */
static void leave_joint(struct raft_core *core)
{
    const struct raft_entry *joint = raftlog_entry(&core->log, core->membership_index);
    struct raft_membership simple;

    raft_membership_leave(&core->membership, &simple);
    append_membership(core, &simple, joint != NULL ? joint->origin : 0,
                      joint != NULL ? joint->sequence : 0);
}

/* A removed member gets no appends any more. This sends it the one with the membership that removed
 * it, so that it can answer a client that asked it for the change. */
static void send_final_entry(struct raft_core *core, uint16_t id)
{
    uint64_t index = core->membership_index;
    struct raft_message *message;

    if (raftlog_entry(&core->log, index) == NULL) {
        return;
    }
    message = core_send(core, RAFT_MESSAGE_APPEND, id);
    message->lane = RAFT_LANE_ENTRIES;
    message->append.previous_index = index - 1;
    message->append.previous_term = raftlog_term(&core->log, index - 1);
    message->append.commit_index = index;
    message->append.read_round = core->read_round;
    message->append.time_ms = raft_cluster_time(core, core->now_ms);
    message->entry_count = 1;
    message->entries = raftlog_slice(&core->log, index);
}

/* Tells the removed members that their removal is committed. A message that is lost does no harm:
 * such a member campaigns at some time and gets the same answer (reconfigure_turns_away()). */
static void tell_leaving(struct raft_core *core)
{
    for (size_t i = 0; i < core->leaving_count; i++) {
        send_final_entry(core, core->leaving[i]);
        core_send(core, RAFT_MESSAGE_REMOVED, core->leaving[i])->lane = RAFT_LANE_ENTRIES;
    }
    core->leaving_count = 0;
}

/* A leader that has removed itself leads until the change is committed, and no longer (section
 * 4.2.2). */
static void leave_office(struct raft_core *core)
{
    if (!handover_is_running(core) &&
        (core->gave_up_office || handover_begin(core, 0) != RAFT_REFUSED_HANDING_OVER)) {
        role_become_follower(core, core->term, 0);
    }
    core->gave_up_office = true; /* one try; if it fails, an election decides who leads */
}

void reconfigure_tick(struct raft_core *core)
{
    if (core->role == RAFT_LEADER && core_membership_is_committed(core) &&
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
    if (core->role != RAFT_LEADER && !core->removed && core_membership_is_committed(core) &&
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

/* T29: a candidate that was removed gets no vote, but is told so; its later term is ignored. */
bool reconfigure_turns_away(struct raft_core *core, const struct raft_message *message)
{
    if (message->type != RAFT_MESSAGE_VOTE || !core_membership_is_committed(core) ||
        !raft_membership_was_removed(&core->membership, message->from)) {
        return false;
    }
    core_send(core, RAFT_MESSAGE_REMOVED, message->from);
    return true;
}

/*
 * Whether this node may start an election: if it is a voter, and in one case more (T28). The case:
 * leader 1 of the voters 1 and 2 removes itself. The joint membership is committed, the final one
 * is only in the log of node 1 when that node restarts. Node 2 cannot be elected: in the joint
 * membership it needs the vote of node 1, and node 1 refuses, because its own log is longer. By its
 * newest membership node 1 is no voter, so if it did not campaign either, no node would ever lead.
 * Therefore, as long as the newest membership is not known to be committed, a node that was a voter
 * in the one before it may campaign. As the leader it brings the entry to the others.
 */
bool reconfigure_may_campaign(struct raft_core *core)
{
    uint64_t term = raftlog_term(&core->log, core->membership_index);
    struct raft_membership before;

    if (core_is_voter(core)) {
        return true;
    }
    if (core_membership_is_committed(core)) {
        return false;
    }
    if (core->voter_before_index != core->membership_index ||
        (core->voter_before_term != term && !PLANT(raft_voter_before_of_index))) {
        core_membership_before(core, core->membership_index, &before);
        core->voter_before_index = core->membership_index;
        core->voter_before_term = term;
        core->was_voter_before = raft_membership_is_voter(&before, core->options.id);
    }
    return core->was_voter_before;
}
