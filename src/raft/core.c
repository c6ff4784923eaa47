/*
 * raft_step(): takes a batch of events, lets the other files act on each of them, and turns the sum
 * into one set of effects: at most one log write, and the messages. Also the functions on log, term
 * and membership that the other files share. Pure, as all of src/raft: no clock, thread or I/O.
 */
#include "raft/core.h"

#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "base/random.h"
#include "raft/check.h"

uint64_t core_random(struct raft_core *core)
{
    return random_next(&core->random_state);
}

struct raft_message *core_send(struct raft_core *core, uint8_t type, uint16_t to)
{
    struct raft_message *message;

    core->messages = memory_grow(core->messages, &core->message_capacity, core->message_count + 1,
                                 sizeof(struct raft_message));
    message = &core->messages[core->message_count++];
    memset(message, 0, sizeof(*message));
    message->type = type;
    message->from = core->options.id;
    message->to = to;
    message->term = core->term;
    if (type == RAFT_MESSAGE_APPEND_REPLY) {
        message->append_reply.standing = core_standing(core);
    }
    return message;
}

void core_violation(struct raft_core *core, uint16_t peer)
{
    core->violation = RAFTD_ERROR_PROTOCOL;
    core->violator = peer;
}

size_t core_position(const struct raft_core *core, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(&core->membership, id);

    return member != NULL ? (size_t)(member - core->membership.members) : RAFT_MEMBERS_MAX;
}

uint8_t core_standing(const struct raft_core *core)
{
    return core->space_is_low ? 0 : (uint8_t)(core->options.priority + 1);
}

bool core_is_voter(const struct raft_core *core)
{
    return raft_membership_is_voter(&core->membership, core->options.id);
}

bool core_hard_state_is_durable(const struct raft_core *core)
{
    return !core->hard_state_dirty && core->written_sequence >= core->hard_state_sequence &&
           !core->base_dirty && core->written_sequence >= core->base_sequence;
}

void core_set_membership(struct raft_core *core, const struct raft_membership *membership,
                         uint64_t index)
{
    struct raft_membership before = core->membership;

    core->membership = *membership;
    core->membership_index = index;
    core->state_changed = true;
    if (core->role == RAFT_LEADER) {
        replicate_membership_changed(core, &before);
        reconfigure_note_leaving(core, &before);
    } else if (core->role == RAFT_FOLLOWER || core->role == RAFT_LEARNER) {
        core->role = core_is_voter(core) ? RAFT_FOLLOWER : RAFT_LEARNER;
    } else {
        /* The votes of a candidate are stored by position in the membership. The positions have
         * changed, so the campaign is given up; a time-out begins another one. */
        election_become_follower(core, core->term, 0);
    }
}

void core_append_own(struct raft_core *core, struct raft_entry *entry)
{
    ASSERT(core->role == RAFT_LEADER);
    entry->term = core->term;
    entry->index = raftlog_last_index(&core->log) + 1;
    entry->time_ms = raft_cluster_time(core, core->now_ms);
    entry->wall_ms = time_wall_ms(core);
    core_append_entry(core, entry);
}

void core_append_entry(struct raft_core *core, struct raft_entry *entry)
{
    raftlog_append(&core->log, entry);
    core->uncommitted_bytes += raft_entry_cost(entry);
    if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
        struct raft_membership membership;
        int code = raft_membership_decode(&membership, entry->data, entry->size_bytes);

        ASSERT(code == 0); /* checked when the entry came: append_is_sane(), load_log() */
        core_set_membership(core, &membership, entry->index);
    }
}

uint64_t core_membership_at(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership)
{
    for (uint64_t i = index; i > core->log.base_index; i--) {
        const struct raft_entry *entry = raftlog_entry(&core->log, i);

        if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
            int code = raft_membership_decode(membership, entry->data, entry->size_bytes);

            ASSERT(code == 0);
            return i;
        }
    }
    *membership = core->base_membership;
    return core->log.base_index;
}

void core_membership_before(const struct raft_core *core, uint64_t index,
                            struct raft_membership *membership)
{
    if (index > core->log.base_index) {
        core_membership_at(core, index - 1, membership);
    } else {
        *membership = (struct raft_membership){0};
    }
}

static void find_membership(struct raft_core *core)
{
    struct raft_membership membership;
    uint64_t index = core_membership_at(core, raftlog_last_index(&core->log), &membership);

    core_set_membership(core, &membership, index);
}

void core_truncate(struct raft_core *core, uint64_t index)
{
    ASSERT(core->role != RAFT_LEADER); /* leader append-only, section 3.3 */
    ASSERT(index > core->commit_index);
    for (uint64_t i = index; i <= raftlog_last_index(&core->log); i++) {
        core->uncommitted_bytes -= raft_entry_cost(raftlog_entry(&core->log, i));
    }
    raftlog_truncate(&core->log, index);
    if (index < core->write_next) {
        core->write_next = index;
        if (core->truncate_from == 0 || index < core->truncate_from) {
            core->truncate_from = index;
        }
        core->truncate_sequence = core->issued_sequence + 1;
    }
    if (core->durable_index >= index) {
        core->durable_index = index - 1;
    }
    if (core->membership_index >= index) {
        find_membership(core);
    }
}

void core_set_commit(struct raft_core *core, uint64_t index)
{
    ASSERT(index > core->commit_index && index <= raftlog_last_index(&core->log));
    while (core->commit_index < index) {
        core->commit_index++;
        core->uncommitted_bytes -= raft_entry_cost(raftlog_entry(&core->log, core->commit_index));
    }
}

/*
 * A log write is durable. Its entries count as durable only if the log still holds them.
 *
 * The case that would break without the two conditions: a write with entries 5 and 6 is on its way
 * to the disk when a new leader's append replaces entry 5. That truncation is in a later write.
 * When the first write is done, it says "durable up to 6"; but entry 5 in the log is another one
 * now, and it is not on the disk yet. To acknowledge it would be a lie (T13). So a completion
 * counts only if no later write has truncated (truncate_sequence), and if the entry at last_index
 * still has the term that it had when the write was issued.
 */
static void on_written(struct raft_core *core, const struct raft_write_done *written)
{
    ASSERT(written->sequence > core->written_sequence);
    ASSERT(written->sequence <= core->issued_sequence);
    core->written_sequence = written->sequence;
    core->write_waits_since_ms = core->now_ms;
    if (written->last_index > core->durable_index &&
        ((written->sequence >= core->truncate_sequence &&
          raftlog_term(&core->log, written->last_index) == written->last_term) ||
         (PLANT(raft_completion_without_term) &&
          written->last_index <= raftlog_last_index(&core->log)))) {
        core->durable_index = written->last_index;
    }
    election_on_written(core);
}

static void on_append(struct raft_core *core, const struct raft_message *message)
{
    if (core->role == RAFT_LEADER || (core->leader != 0 && core->leader != message->from)) {
        core_violation(core, message->from); /* one term has one leader */
        return;
    }
    election_become_follower(core, core->term, message->from);
    append_on_message(core, message);
}

/* The sender leads an earlier term. The term of this answer tells it that it leads no longer. */
static void answer_stale_leader(struct raft_core *core, const struct raft_message *message)
{
    struct raft_message *reply = core_send(core, RAFT_MESSAGE_APPEND_REPLY, message->from);

    reply->append_reply.index = message->append.previous_index;
    reply->after_write = core_hard_state_is_durable(core) ? 0 : RAFT_GATED;
    if (PLANT(raft_stale_append_counts)) {
        election_reset_timer(core);
    }
}

/*
 * Compares the message's term with the own one (section 3.3). A later term makes this node a
 * follower of that term, except in a pre-vote, and except when a leader may be alive: then a
 * candidate's later term is ignored, so that a node which was cut off cannot end a working
 * leadership. False: the message has no further meaning.
 */
static bool reconcile_term(struct raft_core *core, const struct raft_message *message)
{
    if (message->term > core->term) {
        if (message->type == RAFT_MESSAGE_VOTE) {
            if (message->vote.pre) {
                return true; /* a pre-vote changes no term */
            }
            if (!message->vote.handover && election_is_sticky(core)) {
                return false;
            }
        }
        if (message->type == RAFT_MESSAGE_VOTE_REPLY && message->vote_reply.pre &&
            message->vote_reply.granted && !PLANT(raft_pre_vote_replies_ignored)) {
            return true; /* has the term in which the sender would campaign */
        }
        election_become_follower(core, message->term,
                                 message->type == RAFT_MESSAGE_APPEND ? message->from : 0);
        return true;
    }
    if (message->term < core->term) {
        if (message->type == RAFT_MESSAGE_APPEND) {
            answer_stale_leader(core, message);
            return false;
        }
        return message->type == RAFT_MESSAGE_VOTE || message->type == RAFT_MESSAGE_PROPOSE ||
               message->type == RAFT_MESSAGE_PROPOSE_REFUSED ||
               message->type == RAFT_MESSAGE_REMOVED;
    }
    return true;
}

static void on_message(struct raft_core *core, const struct raft_message *message)
{
    if (message->from == 0 || message->from == core->options.id ||
        message->to != core->options.id || message->term == UINT64_MAX) {
        core_violation(core, message->from);
        return;
    }
    if (reconfigure_turns_away(core, message) || !reconcile_term(core, message)) {
        return;
    }
    switch (message->type) {
    case RAFT_MESSAGE_VOTE:
        election_on_vote(core, message);
        break;
    case RAFT_MESSAGE_VOTE_REPLY:
        election_on_vote_reply(core, message);
        break;
    case RAFT_MESSAGE_APPEND:
        on_append(core, message);
        break;
    case RAFT_MESSAGE_APPEND_REPLY:
        replicate_on_reply(core, message);
        break;
    case RAFT_MESSAGE_READ:
        read_on_message(core, message);
        break;
    case RAFT_MESSAGE_READ_REPLY:
        read_on_reply(core, message);
        break;
    case RAFT_MESSAGE_PROPOSE:
        propose_on_message(core, message);
        break;
    case RAFT_MESSAGE_PROPOSE_REFUSED:
        propose_on_refusal(core, message);
        break;
    case RAFT_MESSAGE_TIMEOUT_NOW:
        handover_on_order(core, message);
        break;
    case RAFT_MESSAGE_REMOVED:
        reconfigure_on_removed(core);
        break;
    default:
        core_violation(core, message->from);
        break;
    }
}

static void on_event(struct raft_core *core, const struct raft_event *event)
{
    switch (event->type) {
    case RAFT_EVENT_MESSAGE:
        on_message(core, event->message);
        break;
    case RAFT_EVENT_PROPOSE:
        propose_on_request(core, event->entry);
        break;
    case RAFT_EVENT_READ:
        read_on_request(core, event->read_id, event->lease);
        break;
    case RAFT_EVENT_LOG_WRITTEN:
        on_written(core, &event->written);
        break;
    case RAFT_EVENT_LINK:
        replicate_on_link(core, event->link.peer, event->link.up);
        break;
    case RAFT_EVENT_STEP_DOWN:
        if (core->role == RAFT_LEADER) {
            election_become_follower(core, core->term, 0);
        }
        break;
    case RAFT_EVENT_SNAPSHOT_SAVED:
        snapshot_on_saved(core, &event->saved);
        break;
    case RAFT_EVENT_SNAPSHOT_RECEIVED:
        snapshot_on_received(core, &event->received);
        break;
    case RAFT_EVENT_SNAPSHOT_SENT:
        snapshot_on_sent(core, event->peer);
        break;
    case RAFT_EVENT_SNAPSHOT_FAILED:
        snapshot_on_failed(core, event->peer);
        break;
    case RAFT_EVENT_CLOCK:
        time_on_clock(core, event->wall_ms);
        break;
    case RAFT_EVENT_SPACE:
        core->space_is_low = event->low;
        break;
    case RAFT_EVENT_HANDOVER:
        if (core->role == RAFT_LEADER) {
            (void)handover_begin(core, event->to);
        }
        break;
    default:
        ASSERT(event->type == 0); /* no such event */
    }
}

static void begin_batch(struct raft_core *core, uint64_t now_ms)
{
    if (now_ms > core->now_ms) {
        core->now_ms = now_ms;
    }
    for (size_t i = 0; i < core->forward_count; i++) {
        raft_entry_release(core->forwards[i]);
    }
    core->forward_count = 0;
    core->message_count = 0;
    core->peer_refusal_count = 0;
    core->refusal_count = 0;
    core->snapshot_peer_count = 0;
    core->install_index = 0;
    core->read_confirmed = false;
    core->state_changed = false;
    core->violation = 0;
    core->violator = 0;
}

/* Puts everything that is in no write yet into one write. */
static void issue_write(struct raft_core *core, struct raft_outbox *outbox)
{
    uint64_t last = raftlog_last_index(&core->log);
    struct raft_write *write = &outbox->write;

    if (!core->hard_state_dirty && !core->base_dirty && core->truncate_from == 0 &&
        core->write_next > last) {
        return;
    }
    outbox->has_write = true;
    if (core->issued_sequence == core->written_sequence) {
        core->write_waits_since_ms = core->now_ms;
    }
    write->sequence = ++core->issued_sequence;
    write->has_hard_state = core->hard_state_dirty;
    write->term = core->term;
    write->vote = core->vote;
    if (core->base_dirty) {
        write->has_base = true;
        write->base_index = core->log.base_index;
        write->base_term = core->log.base_term;
        core->base_dirty = false;
        core->base_sequence = write->sequence;
    }
    write->truncate_from = core->truncate_from;
    write->entry_count = (size_t)(last + 1 - core->write_next);
    write->entries = write->entry_count > 0 ? raftlog_slice(&core->log, core->write_next) : NULL;
    write->last_index = last;
    write->last_term = raftlog_last_term(&core->log);
    if (core->hard_state_dirty) {
        core->hard_state_dirty = false;
        core->hard_state_sequence = write->sequence;
    }
    core->truncate_from = 0;
    core->write_next = last + 1;
}

/*
 * Now the write of this batch has its number. Messages that have to wait for it (RAFT_GATED) get
 * the number of the newest write under way: writes become durable in order, so everything that the
 * message promises is on disk when that one is. If no write is under way, they may leave at once.
 */
static void resolve_messages(struct raft_core *core)
{
    uint64_t gate = core->issued_sequence > core->written_sequence ? core->issued_sequence : 0;
    const struct raft_proposal_id *refusals = core->peer_refusals;

    for (size_t i = 0; i < core->message_count; i++) {
        struct raft_message *message = &core->messages[i];

        if (message->after_write == RAFT_GATED) {
            message->after_write = gate;
        }
        if (message->type == RAFT_MESSAGE_PROPOSE_REFUSED) {
            message->refused = refusals;
            refusals += message->refused_count;
        }
    }
}

/* After all events: what they make due together. The order matters: what is committed first
 * decides about changes, reads and messages. */
static void act(struct raft_core *core)
{
    replicate_tick(core);
    election_tick(core);

    replicate_advance_commit(core);
    reconfigure_tick(core);
    handover_tick(core);
    read_flush(core);
    propose_flush(core);
    replicate_send(core);
    snapshot_flush(core);
}

static void fill_outbox(const struct raft_core *core, struct raft_outbox *outbox)
{
    outbox->messages = core->messages;
    outbox->message_count = core->message_count;
    outbox->has_install = core->install_index != 0;
    outbox->install_index = core->install_index;
    outbox->install_term = core->install_term;
    outbox->snapshot_peers = core->snapshot_peers;
    outbox->snapshot_peer_count = core->snapshot_peer_count;
    outbox->commit_index = core->commit_index;
    outbox->read_confirmed = core->read_confirmed;
    outbox->read_id = core->confirmed_id;
    outbox->read_index = core->confirmed_index;
    outbox->refused = core->refusals;
    outbox->refused_count = core->refusal_count;
    outbox->state_changed = core->state_changed;
    outbox->violation = core->violation;
    outbox->violator = core->violator;
}

static void check_after(const struct raft_core *core, const struct check_before *before)
{
    const char *broken = check_step(core, before);

    if (broken == NULL) {
        broken = check_state(core);
    }
    if (broken != NULL) {
        assert_failed(broken, __FILE__, __LINE__);
    }
}

void raft_step(struct raft_core *core, uint64_t now_ms, const struct raft_event *events,
               size_t count, struct raft_outbox *outbox)
{
    struct check_before before;

    if (core->options.check) {
        check_take(core, &before);
    }
    begin_batch(core, now_ms);
    for (size_t i = 0; i < count; i++) {
        on_event(core, &events[i]);
    }
    act(core);
    *outbox = (struct raft_outbox){0};
    issue_write(core, outbox);
    resolve_messages(core);
    fill_outbox(core, outbox);
    ASSERT(core->commit_index <= raftlog_last_index(&core->log));
    ASSERT(core->durable_index < core->write_next);
    if (core->options.check) {
        check_after(core, &before);
    }
}

uint64_t raft_next_deadline(const struct raft_core *core)
{
    uint64_t deadline =
        core->role == RAFT_LEADER ? core->heartbeat_deadline_ms : core->election_deadline_ms;

    if (core->role != RAFT_LEADER && core->read.pending && core->read.attempt != 0) {
        uint64_t again = core->read.sent_ms + 2 * (uint64_t)core->options.heartbeat_ms;

        if (again < deadline) {
            deadline = again;
        }
    }
    return deadline;
}
