/*
 * Proposals: a leader appends them; a follower forwards them to the leader, once. If a proposal can
 * certainly not be appended, its client is told so.
 *
 * A forwarded proposal is never sent again, and a leader appends it only in the term in which it
 * was forwarded. Otherwise the same command could stand in the log twice: the first message may
 * have arrived although no answer came (T51). It also gives a forwarder certainty: once an entry of
 * a later term is applied, what it forwarded in an earlier term is either applied already or never
 * will be. The thread that calls raft_step() runs this.
 */
#include "raft/propose.h"

#include "base/memory.h"
#include "base/plant.h"
#include "raft/change.h"
#include "raft/core.h"
#include "raft/handover.h"
#include "raft/reconfigure.h"
#include "raft/replicate.h"
#include "raft/tail.h"

static void add_refusal(struct raft_core *core, uint64_t origin, uint64_t sequence, uint8_t reason)
{
    core->refusals = memory_grow(core->refusals, &core->refusal_capacity, core->refusal_count + 1,
                                 sizeof(struct raft_proposal_id));
    core->refusals[core->refusal_count++] =
        (struct raft_proposal_id){.origin = origin, .sequence = sequence, .reason = reason};
}

/*
 * All members wait for an entry of time: keys expire on a follower only when it applies that entry,
 * and without this the commit index would reach it with the next append or heartbeat.
 */
static void want_told(struct raft_core *core)
{
    for (size_t i = 0; i < core->membership.count; i++) {
        core->progress[i].commit_wanted = raftlog_last_index(&core->log);
    }
}

/* Whether this leader and a quorum have room for a new entry. All but commands are refused only
 * when nothing of the reserve is left. */
static bool has_room_for(const struct raft_core *core, const struct raft_entry *entry)
{
    if (entry->type == RAFT_ENTRY_COMMAND) {
        return replicate_takes_commands(core);
    }
    return core->space < RAFT_SPACE_EXHAUSTED && replicate_quorum_has(core, RAFT_SPACE_EXHAUSTED);
}

/* The leader appends a proposal, or says why it does not. */
static enum raft_refusal lead_proposal(struct raft_core *core, struct raft_entry *entry)
{
    if (entry->type == RAFT_ENTRY_MEMBERSHIP_CHANGE) {
        if (!has_room_for(core, entry)) {
            return RAFT_REFUSED_DISK;
        }
        return reconfigure_propose(core, entry);
    }
    if (handover_is_running(core)) {
        return RAFT_REFUSED_HANDOVER;
    }
    if (!has_room_for(core, entry)) {
        return RAFT_REFUSED_DISK;
    }
    tail_append_own(core, entry);
    if (entry->type == RAFT_ENTRY_TIME) {
        want_told(core);
    }
    return RAFT_REFUSED_NOT;
}

void propose_on_request(struct raft_core *core, struct raft_entry *entry)
{
    if (core->role == RAFT_LEADER) {
        enum raft_refusal refusal = lead_proposal(core, entry);

        if (refusal != RAFT_REFUSED_NOT) {
            add_refusal(core, entry->origin, entry->sequence, (uint8_t)refusal);
        }
    } else if (entry->type == RAFT_ENTRY_TIME) {
        return; /* only the leader proposes the time; this node no longer leads */
    } else if (core->leader != 0) {
        core->forwards = memory_grow(core->forwards, &core->forward_capacity,
                                     core->forward_count + 1, sizeof(struct raft_entry *));
        core->forwards[core->forward_count++] = raft_entry_hold(entry);
    } else {
        add_refusal(core, entry->origin, entry->sequence, RAFT_REFUSED_NO_LEADER);
    }
}

static bool proposals_are_sane(const struct raft_message *message)
{
    for (uint32_t i = 0; i < message->entry_count; i++) {
        if (!raft_entry_is_command(message->entries[i]) &&
            message->entries[i]->type != RAFT_ENTRY_MEMBERSHIP_CHANGE) {
            return false;
        }
    }
    return true;
}

/* Tells a peer that `count` of its entries, from `first` on, were not appended. */
static void refuse(struct raft_core *core, const struct raft_message *message, uint32_t first,
                   uint32_t count, enum raft_refusal reason)
{
    struct raft_message *reply = core_send(core, RAFT_MESSAGE_PROPOSE_REFUSED, message->from);

    reply->refused_count = count;
    core->peer_refusals =
        memory_grow(core->peer_refusals, &core->peer_refusal_capacity,
                    core->peer_refusal_count + count, sizeof(struct raft_proposal_id));
    for (uint32_t i = first; i < first + count; i++) {
        core->peer_refusals[core->peer_refusal_count++] =
            (struct raft_proposal_id){.origin = message->entries[i]->origin,
                                      .sequence = message->entries[i]->sequence,
                                      .reason = (uint8_t)reason};
    }
}

/* Why no proposal of a message can be appended; RAFT_REFUSED_NOT if they can. */
static enum raft_refusal refusal_of_all(const struct raft_core *core,
                                        const struct raft_message *message, size_t position)
{
    /* A proposal is appended only in the term in which it was forwarded, see above. */
    if (core->role != RAFT_LEADER ||
        (message->term != core->term && !PLANT(raft_takes_old_proposals)) ||
        position == RAFT_MEMBERS_MAX) {
        return RAFT_REFUSED_NO_LEADER;
    }
    return BUGGIFY(raft_refuses_as_full) ? RAFT_REFUSED_FULL : RAFT_REFUSED_NOT;
}

/* The reason that a peer is told; see RAFT_CHANGE_EXPLAINED. */
static enum raft_refusal reason_for_peer(const struct raft_entry *entry, enum raft_refusal refusal)
{
    struct raft_change change;

    if (refusal < RAFT_REFUSED_LEADS_ALREADY ||
        (raft_change_decode(&change, entry->data, entry->size_bytes) == 0 &&
         change.steps[0].old == RAFT_CHANGE_EXPLAINED)) {
        return refusal;
    }
    return RAFT_REFUSED_NO_CANDIDATE;
}

/* Whether this leader takes no proposals of peers for the moment. Its host asks the same of its own
 * clients' proposals before it proposes them. */
static bool is_full(const struct raft_core *core)
{
    return core->uncommitted_bytes >= core->options.max_uncommitted_bytes ||
           core_writes_under_way(core) >= RAFT_WRITES_OF_LEADER_MAX;
}

void propose_on_message(struct raft_core *core, const struct raft_message *message)
{
    size_t position = core_position(core, message->from);
    enum raft_refusal refusal;

    if (!proposals_are_sane(message)) {
        core_violation(core, message->from);
        return;
    }
    refusal = refusal_of_all(core, message, position);
    if (refusal != RAFT_REFUSED_NOT) {
        refuse(core, message, 0, message->entry_count, refusal);
        return;
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        /* Looked at for each entry: one message may contain more than has room. */
        if (is_full(core)) {
            refuse(core, message, i, message->entry_count - i, RAFT_REFUSED_FULL);
            break;
        }
        refusal = lead_proposal(core, message->entries[i]);
        if (refusal != RAFT_REFUSED_NOT) {
            refuse(core, message, i, 1, reason_for_peer(message->entries[i], refusal));
        }
    }
    /* The peer may have another position now: one of the entries may have changed the members. */
    position = core_position(core, message->from);
    if (position < RAFT_MEMBERS_MAX) {
        core->progress[position].commit_wanted = raftlog_last_index(&core->log);
    }
}

void propose_on_refusal(struct raft_core *core, const struct raft_message *message)
{
    for (uint32_t i = 0; i < message->refused_count; i++) {
        add_refusal(core, message->refused[i].origin, message->refused[i].sequence,
                    message->refused[i].reason);
    }
}

/* Forwards this batch's proposals to the leader, in messages of at most max_batch_bytes. */
void propose_flush(struct raft_core *core)
{
    size_t sent = 0;

    while (sent < core->forward_count) {
        struct raft_message *message;
        size_t first = sent;
        size_t cost = 0;

        if (core->leader == 0 || core->role == RAFT_LEADER) {
            /* The leader changed within this batch; nothing was sent yet. */
            add_refusal(core, core->forwards[sent]->origin, core->forwards[sent]->sequence,
                        RAFT_REFUSED_NO_LEADER);
            sent++;
            continue;
        }
        do {
            cost += raft_entry_cost(core->forwards[sent++]);
        } while (sent < core->forward_count &&
                 cost + raft_entry_cost(core->forwards[sent]) <= core->options.max_batch_bytes);
        message = core_send(core, RAFT_MESSAGE_PROPOSE, core->leader);
        message->lane = RAFT_LANE_ENTRIES;
        message->entries = core->forwards + first;
        message->entry_count = (uint32_t)(sent - first);
        if (PLANT(raft_forwards_twice)) {
            struct raft_message copy = *message;

            *core_send(core, RAFT_MESSAGE_PROPOSE, core->leader) = copy;
        }
    }
}
