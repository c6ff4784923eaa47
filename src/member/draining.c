/*
 * Draining: the last thing that a node does before it stops. A leader hands leadership over, and
 * the commands of this node's clients get their outcomes; once the node does not lead any more, new
 * requests are refused, which tells their clients that they were not applied. So a restart leaves
 * no client with an unknown outcome. A log that the disk has damaged is replaced before the end.
 * How long all that may take is the host's decision.
 *
 *     wanted      member_drain(): the node was asked to stop
 *     has begun   member_begin_draining(), in the next step: a leader begins its handover
 *     drained     member_is_drained(): no command is open, the handover is over, and the log
 *                 is intact
 */
#include "base/plant.h"
#include "member/state.h"

void member_drain(struct member *member)
{
    member->drain_is_wanted = true;
}

void member_begin_draining(struct member *member)
{
    if (!member->drain_is_wanted || member->drain_has_begun) {
        return;
    }
    member->drain_has_begun = true;
    if (raft_get_role(member->core) == RAFT_LEADER) {
        member->drain_led = true;
        member_event(member, RAFT_EVENT_HANDOVER)->to = 0;
    }
}

bool member_refuses(const struct member *member)
{
    return member->drain_has_begun && raft_get_role(member->core) != RAFT_LEADER;
}

bool member_is_drained(struct member *member)
{
    /* While a command was proposed or waits for a leader, it has no outcome yet. */
    if (!member->drain_has_begun ||
        (member->waiting.proposal_count > 0 && !PLANT(node_drains_early))) {
        return false;
    }
    /*
     * The next start cuts or refuses a log that is damaged before its end, and the only voter has
     * nobody to get it from. So the snapshot that mends it is waited for, and the new log after it.
     */
    if (member->options.has_snapshots && raft_log_is_damaged(member->core) &&
        !PLANT(member_drains_damaged)) {
        return false;
    }
    /*
     * A node that still leads waits while its handover is under way; if there is none (any more),
     * no other voter can take over, and to wait longer would not help. A node that has handed over
     * waits until it knows the new leader, because that node may still need this one's vote.
     */
    if (raft_get_role(member->core) == RAFT_LEADER) {
        return raft_get_handover(member->core) == 0;
    }
    return !member->drain_led || raft_get_leader(member->core) != 0;
}

void member_step_down(struct member *member)
{
    member_event(member, RAFT_EVENT_STEP_DOWN);
}

void member_end(struct member *member)
{
    struct waiting_request *request;

    while ((request = waiting_oldest(&member->waiting)) != NULL) {
        member_fail(member, request,
                    request->state == WAITING_PROPOSED ? RAFTD_ERROR_TIMEOUT : RAFTD_ERROR_STOPPED);
    }
    member_end_snapshots(member);
}
