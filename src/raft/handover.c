/*
 * Handover of leadership (dissertation, section 3.10). The leader takes no more proposals, waits
 * until one voter has its whole log, and tells that voter to campaign at once. If no voter has
 * taken over within an election time-out, the leader gives up and takes proposals again.
 *
 * The leader also begins a handover by itself: to a voter with a higher standing (a higher
 * priority, or space on its disk while the leader's disk is nearly full), and to any voter if its
 * own disk hangs. The chosen voter obeys in election.c (election_on_order()). The thread that calls
 * raft_step() runs this.
 */
#include "raft/handover.h"

#include "base/assert.h"
#include "raft/core.h"

enum {
    BACKOFF_TIMEOUTS = 20, /* election time-outs for which a stall takes the priority away */
    BACKOFF_GROWTH = 32,   /* by which factor that grows at most */
};

bool handover_is_running(const struct raft_core *core)
{
    return core->handover.to != 0;
}

/* Whether the entries that the peer lacks, if any, are on their way to it. A new leader need not
 * wait until the first ones are on that peer's disk: it is enough that the logs agree before
 * them. */
static bool gets_the_rest(const struct progress *progress)
{
    return progress->state == RAFT_PROGRESS_REPLICATE ||
           (progress->state == RAFT_PROGRESS_PROBE && progress->inflight_count > 0 &&
            progress->match_index > 0 && progress->match_index >= progress->probe_index);
}

/* Why the member at this position cannot lead now; RAFT_REFUSED_NOT = it can. */
static enum raft_refusal refusal_of(const struct raft_core *core, size_t position)
{
    const struct raft_member *member = &core->membership.members[position];
    const struct progress *progress = &core->progress[position];

    if (member->id == core->options.id) {
        return RAFT_REFUSED_LEADS_ALREADY;
    }
    if ((member->roles & RAFT_MEMBER_VOTER) == 0) {
        return RAFT_REFUSED_NO_VOTER;
    }
    if (core->now_ms - progress->last_contact_ms >= core->options.election_timeout_ms) {
        return RAFT_REFUSED_NO_ANSWER;
    }
    if (!gets_the_rest(progress)) {
        return RAFT_REFUSED_BEHIND;
    }
    /* It would not obey (election_on_order()), and the cluster would take no commands until the
     * handover is given up. No standing has two reasons, and a full disk is told as well. */
    return progress->standing == 0 && progress->space == RAFT_SPACE_ENOUGH ? RAFT_REFUSED_DAMAGED
                                                                           : RAFT_REFUSED_NOT;
}

static bool is_candidate(const struct raft_core *core, size_t position)
{
    return refusal_of(core, position) == RAFT_REFUSED_NOT;
}

/* Among the voters that answer and have all committed entries: the highest standing, then the
 * longest log. 0 = there is none. */
static uint16_t best_candidate(const struct raft_core *core)
{
    const struct progress *best = NULL;
    uint16_t id = 0;

    for (size_t i = 0; i < core->membership.count; i++) {
        const struct progress *progress = &core->progress[i];

        if (!is_candidate(core, i) || progress->match_index < core->commit_index) {
            continue;
        }
        if (best == NULL || progress->standing > best->standing ||
            (progress->standing == best->standing && progress->match_index > best->match_index)) {
            best = progress;
            id = core->membership.members[i].id;
        }
    }
    return id;
}

/* Why leadership cannot be handed over to the member with this id; RAFT_REFUSED_NOT = it can. */
static enum raft_refusal check_target(const struct raft_core *core, uint16_t id)
{
    size_t position = core_position(core, id);

    if (position < RAFT_MEMBERS_MAX) {
        return refusal_of(core, position);
    }
    return raft_membership_was_removed(&core->membership, id) ? RAFT_REFUSED_REMOVED
                                                              : RAFT_REFUSED_NO_MEMBER;
}

enum raft_refusal handover_begin(struct raft_core *core, uint16_t to)
{
    enum raft_refusal refusal;

    ASSERT(core->role == RAFT_LEADER);
    if (handover_is_running(core)) {
        return to == 0 || to == core->handover.to ? RAFT_REFUSED_HANDING_OVER
                                                  : RAFT_REFUSED_HANDOVER;
    }
    if (to == 0) {
        to = best_candidate(core);
        refusal = to == 0 ? RAFT_REFUSED_NO_CANDIDATE : RAFT_REFUSED_NOT;
    } else {
        refusal = check_target(core, to);
    }
    if (refusal != RAFT_REFUSED_NOT) {
        return refusal;
    }
    core->handover.to = to;
    core->handover.sent = false;
    core->handover.deadline_ms = core->now_ms + core->options.election_timeout_ms;
    core->state_changed = true;
    return RAFT_REFUSED_HANDING_OVER;
}

void handover_end(struct raft_core *core)
{
    if (handover_is_running(core)) {
        core->handover.to = 0;
        core->state_changed = true;
    }
}

/*
 * Orders the voter to campaign. The message may be lost, so it is sent again once in a heartbeat.
 * It may also arrive late, even after the handover was given up; and the campaign that follows it
 * is not stopped by the promises of a lease. So after the first order, this leader has no lease any
 * more in its term (ordered_term).
 */
static void send_order(struct raft_core *core)
{
    if (core->handover.sent && core->now_ms < core->handover.again_ms) {
        return;
    }
    core_send(core, RAFT_MESSAGE_TIMEOUT_NOW, core->handover.to);
    core->handover.sent = true;
    core->handover.again_ms = core->now_ms + core->options.heartbeat_ms;
    core->handover.ordered_term = core->term;
}

bool handover_voids_lease(const struct raft_core *core)
{
    return core->handover.ordered_term == core->term;
}

/* Whether log writes are under way and none has been finished for too long (T46). */
static bool disk_is_stalled(const struct raft_core *core)
{
    return core->options.disk_stall_ms != 0 && core->issued_sequence > core->written_sequence &&
           core->now_ms - core->write_waits_since_ms >= core->options.disk_stall_ms;
}

/*
 * A disk that hangs now and then would make leadership go to and fro: away at each stall, and back
 * by the priority of this node. So the priority does not count for some time after a stall: the
 * first time for BACKOFF_TIMEOUTS election time-outs, and twice as long each time that the disk
 * hangs again before the same time has passed once more. Any other voter is as good meanwhile.
 */
static void watch_disk(struct raft_core *core)
{
    uint64_t first_ms = (uint64_t)BACKOFF_TIMEOUTS * core->options.election_timeout_ms;
    bool is_new = core->now_ms >= core->stall.until_ms + core->stall.wait_ms;

    if (!disk_is_stalled(core)) {
        core->stall.counted = false;
        return;
    }
    if (!core->stall.counted) {
        core->stall.counted = true;
        core->stall.wait_ms = is_new ? first_ms : 2 * core->stall.wait_ms;
        if (core->stall.wait_ms > BACKOFF_GROWTH * first_ms) {
            core->stall.wait_ms = BACKOFF_GROWTH * first_ms;
        }
    }
    core->stall.until_ms = core->now_ms + core->stall.wait_ms;
}

static bool is_preferred(const struct raft_core *core, size_t position)
{
    const struct progress *progress = &core->progress[position];

    return is_candidate(core, position) && progress->standing > core_standing(core) &&
           progress->match_index >= core->commit_index &&
           core->now_ms - progress->last_contact_ms < 2 * (uint64_t)core->options.heartbeat_ms;
}

/* Hands over to a voter with a higher standing, but not at once: a leader that was just elected
 * leads for two election time-outs first, and after a try that failed it waits for eight. */
static void drift(struct raft_core *core)
{
    bool preferred = false;

    for (size_t i = 0; i < core->membership.count; i++) {
        preferred = preferred || is_preferred(core, i);
    }
    if (preferred && core->now_ms >= core->handover.drift_ms &&
        core_membership_is_committed(core)) {
        core->handover.drift_ms = core->now_ms + 8 * (uint64_t)core->options.election_timeout_ms;
        (void)handover_begin(core, 0);
    }
}

void handover_begin_term(struct raft_core *core)
{
    core->handover.drift_ms = core->now_ms + 2 * (uint64_t)core->options.election_timeout_ms;
}

void handover_tick(struct raft_core *core)
{
    size_t position;

    watch_disk(core);
    if (core->role != RAFT_LEADER) {
        return;
    }
    if (!handover_is_running(core)) {
        if (disk_is_stalled(core)) {
            (void)handover_begin(core, 0);
        } else {
            drift(core);
        }
    }
    if (!handover_is_running(core)) {
        return;
    }
    position = core_position(core, core->handover.to);
    if (core->now_ms >= core->handover.deadline_ms || position == RAFT_MEMBERS_MAX) {
        handover_end(core);
        return;
    }
    if (core->progress[position].match_index == raftlog_last_index(&core->log)) {
        send_order(core);
    }
}
