/*
 * The outcome of what an operator asked of the cluster: changes of members, and handovers of
 * leadership. They travel to the leader as proposals, and its core carries them out
 * (src/raft/reconfigure.c). The answers, a status and a sentence, are made here.
 */
#include "base/assert.h"
#include "member/state.h"
#include "raft/change.h"

static int status_of(enum raft_refusal refusal)
{
    switch (refusal) {
    case RAFT_REFUSED_NO_LEADER:
    case RAFT_REFUSED_FULL:
    case RAFT_REFUSED_HANDOVER:
        return RAFTD_ERROR_NOT_LEADER;
    case RAFT_REFUSED_HANDING_OVER:
        return RAFTD_OK;
    case RAFT_REFUSED_RUNNING:
    case RAFT_REFUSED_TOO_EARLY:
    case RAFT_REFUSED_NOT_CAUGHT_UP:
    case RAFT_REFUSED_QUORUM:
    case RAFT_REFUSED_REPLACING:
    case RAFT_REFUSED_NO_CANDIDATE:
    case RAFT_REFUSED_LEADS_ALREADY:
    case RAFT_REFUSED_NO_VOTER:
    case RAFT_REFUSED_NO_ANSWER:
    case RAFT_REFUSED_BEHIND:
    case RAFT_REFUSED_DAMAGED:
    case RAFT_REFUSED_NO_MEMBER:
    case RAFT_REFUSED_REMOVED:
    case RAFT_REFUSED_STRANGER:
        return RAFTD_ERROR_CONFLICT;
    case RAFT_REFUSED_DISK:
        return RAFTD_ERROR_DISK_FULL;
    default:
        return RAFTD_ERROR_INVALID;
    }
}

/* Whether the same command may succeed a little later, or at another leader. */
static bool is_worth_a_retry(enum raft_refusal refusal)
{
    return refusal == RAFT_REFUSED_NO_LEADER || refusal == RAFT_REFUSED_FULL ||
           refusal == RAFT_REFUSED_HANDOVER;
}

void member_refuse(struct member *member, struct waiting_request *request, uint8_t reason)
{
    enum raft_refusal refusal = (enum raft_refusal)reason;

    if (refusal == RAFT_REFUSED_FULL) {
        member->full_ms = member->turn.now_ms;
    }
    if (is_worth_a_retry(refusal)) {
        member_retry(member, request, status_of(refusal), raft_refusal_text(refusal));
    } else {
        member_say(member, request, status_of(refusal), 0, raft_refusal_text(refusal));
    }
}

void member_change_applied(struct member *member, const struct raft_entry *entry)
{
    struct raft_membership membership;
    struct waiting_request *request = NULL;
    int code;

    if (entry->origin == member->options.origin) {
        request = waiting_find(&member->waiting, entry->sequence);
    }
    if (request == NULL) {
        return;
    }
    code = raft_membership_decode(&membership, entry->data, entry->size_bytes);
    ASSERT(code == 0);
    if (raft_membership_is_joint(&membership)) {
        /* The first half of the change. Any later leader makes the second half, in any term, so the
         * request no longer depends on the term in which it was proposed. */
        request->term = 0;
        return;
    }
    member_say(member, request, RAFTD_OK, entry->index, "done");
}
