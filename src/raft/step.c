/*
 * The roof of the core: raft_step(). It takes a batch of events, has the files below act on each of
 * them, has them act together at the end of the batch, and turns the sum into one set of effects:
 * at most one log write, and the messages. The thread that calls raft_step() runs this. Like all
 * files in src/raft, it has no clock, thread or I/O.
 *
 * The files of src/raft stand on floors. A file calls only files on floors below its own, so it can
 * be read without those above (tools/check-circles finds a circle):
 *
 *     step       create      status                 what the host calls
 *     election   append      propose      check     what an event means
 *     read       reconfigure snapshot    fetch      parts of it that others use
 *     replicate  tail                               the appends; the end of the log
 *     damage                                        a log that the disk has damaged
 *     role                                          every change of role and term
 *     progress                                      what the leader knows about each peer
 *     lease                                         rounds and promises
 *     handover   time                               two small subjects on their own
 *     core                                          the state, and what only looks at it
 *     log        change                             data without a core, over other data
 *     entry      membership                         data without a core
 */
#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "raft/append.h"
#include "raft/check.h"
#include "raft/core.h"
#include "raft/damage.h"
#include "raft/election.h"
#include "raft/fetch.h"
#include "raft/handover.h"
#include "raft/progress.h"
#include "raft/propose.h"
#include "raft/read.h"
#include "raft/reconfigure.h"
#include "raft/replicate.h"
#include "raft/role.h"
#include "raft/snapshot.h"
#include "raft/time.h"

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
    damage_on_written(core);
    election_on_written(core);
}

static void on_append(struct raft_core *core, const struct raft_message *message)
{
    if (core->role == RAFT_LEADER || (core->leader != 0 && core->leader != message->from)) {
        core_violation(core, message->from); /* one term has one leader */
        return;
    }
    role_become_follower(core, core->term, message->from);
    append_on_message(core, message);
}

/* The sender leads an earlier term. The term of this answer tells it that it leads no longer. */
static void answer_stale_leader(struct raft_core *core, const struct raft_message *message)
{
    struct raft_message *reply = core_send(core, RAFT_MESSAGE_APPEND_REPLY, message->from);

    reply->append_reply.index = message->append.previous_index;
    reply->after_write = core_hard_state_is_durable(core) ? 0 : RAFT_GATED;
    if (PLANT(raft_stale_append_counts)) {
        core_reset_election_timer(core);
    }
}

/*
 * Compares the message's term with the own one (section 3.3). A later term makes this node a
 * follower of that term, except in a pre-vote, and except while this node may elect nobody
 * (election_is_bound()): then a candidate's later term is ignored, so that a node which was cut off
 * cannot end a working leadership, or a lease. False: the message has no further meaning.
 */
static bool reconcile_term(struct raft_core *core, const struct raft_message *message)
{
    if (message->term > core->term) {
        if (message->type == RAFT_MESSAGE_VOTE) {
            if (message->vote.pre) {
                return true; /* a pre-vote changes no term */
            }
            if (!message->vote.handover && election_is_bound(core)) {
                return false;
            }
        }
        if (message->type == RAFT_MESSAGE_VOTE_REPLY && message->vote_reply.pre &&
            message->vote_reply.granted && !PLANT(raft_pre_vote_replies_ignored)) {
            return true; /* has the term in which the sender would campaign */
        }
        role_become_follower(core, message->term,
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

/*
 * Whether the membership says that the sender has forgotten what it promised (RAFT_IDENTITY_LOST),
 * so that this message counts for nothing.
 *
 * Votes and answers do not count as soon as the mark is in the log. For everything else the mark
 * has to be committed. An uncommitted one may be the last entry of a leader that was cut off, while
 * a quorum that never saw it has elected the marked member: only that member's appends can replace
 * the mark, so a follower that did not listen would be deaf for ever. A member whose mark is
 * committed cannot be elected any more: each quorum contains a voter that has the mark.
 */
static bool is_from_the_lost(const struct raft_core *core, const struct raft_message *message)
{
    bool is_counted = message->type == RAFT_MESSAGE_VOTE ||
                      message->type == RAFT_MESSAGE_VOTE_REPLY ||
                      message->type == RAFT_MESSAGE_APPEND_REPLY;

    return raft_membership_is_lost(&core->membership, message->from) &&
           (is_counted || core_membership_is_committed(core) || PLANT(raft_lost_mark_deafens)) &&
           !PLANT(raft_lost_mark_ignored);
}

static void on_message(struct raft_core *core, const struct raft_message *message)
{
    if (message->from == 0 || message->from == core->options.id ||
        message->to != core->options.id || message->term == UINT64_MAX ||
        (message->term > core->term && message->term - core->term > RAFT_TERM_LEAP_MAX &&
         !PLANT(raft_any_term_is_taken))) {
        core_violation(core, message->from);
        return;
    }
    if (is_from_the_lost(core, message) || reconfigure_turns_away(core, message) ||
        !reconcile_term(core, message)) {
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
        progress_on_reply(core, message);
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
        election_on_order(core, message);
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
        election_on_link(core, event->link.peer, event->link.up);
        progress_on_link(core, event->link.peer, event->link.up);
        break;
    case RAFT_EVENT_STEP_DOWN:
        if (core->role != RAFT_FOLLOWER && core->role != RAFT_LEARNER) {
            role_become_follower(core, core->term, 0);
        }
        break;
    case RAFT_EVENT_SNAPSHOT_SAVED:
        snapshot_on_saved(core, &event->saved);
        break;
    case RAFT_EVENT_SNAPSHOT_RECEIVED:
        snapshot_on_received(core, &event->received);
        break;
    case RAFT_EVENT_SNAPSHOT_SENT:
        snapshot_on_sent(core, &event->sent);
        break;
    case RAFT_EVENT_SNAPSHOT_FAILED:
        snapshot_on_failed(core, event->peer);
        break;
    case RAFT_EVENT_CLOCK:
        time_on_clock(core, event->wall_ms);
        break;
    case RAFT_EVENT_SPACE:
        ASSERT(event->disk <= event->space);
        core->space = event->space;
        core->disk_is_low = event->disk != RAFT_SPACE_ENOUGH;
        break;
    case RAFT_EVENT_APPLIED:
        ASSERT(event->applied_index <= core->commit_index);
        core->applied_index = event->applied_index;
        break;
    case RAFT_EVENT_FETCHED:
        fetch_on_read(core, &event->fetched);
        break;
    case RAFT_EVENT_LOG_DAMAGED:
        damage_on_found(core, event->damaged_index);
        break;
    case RAFT_EVENT_PEER_LOST:
        progress_on_lost(core, event->peer);
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

/*
 * Gives up the data of old entries if the log takes too much memory. This is done before the events
 * of a batch: the outbox of the last batch is no longer used, and that of this batch has no entries
 * yet. The last entry of the log stays whole.
 */
static void shed_log(struct raft_core *core)
{
    uint64_t limit =
        core->applied_index < core->durable_index ? core->applied_index : core->durable_index;

    if (core->options.max_log_bytes == 0 || PLANT(raft_log_stays_in_memory)) {
        return;
    }
    if (limit > core->commit_index) {
        limit = core->commit_index;
    }
    if (limit == raftlog_last_index(&core->log) && limit > 0) {
        limit--;
    }
    raftlog_shed(&core->log, limit, core->options.max_log_bytes);
}

/* The last entries of the log, `count` of them, in one array. */
static struct raft_entry *const *entries_to_write(struct raft_core *core, size_t count)
{
    if (count == 0) {
        return NULL;
    }
    if (raftlog_slice_length(&core->log, core->write_next) == count) {
        return raftlog_slice(&core->log, core->write_next);
    }
    core->write_entries = memory_grow(core->write_entries, &core->write_capacity, count,
                                      sizeof(core->write_entries[0]));
    for (size_t i = 0; i < count; i++) {
        core->write_entries[i] = raftlog_entry(&core->log, core->write_next + i);
    }
    return core->write_entries;
}

/* Puts everything that is in no write yet into one write. */
static void issue_write(struct raft_core *core, struct raft_outbox *outbox)
{
    uint64_t last = raftlog_last_index(&core->log);
    struct raft_write *write = &outbox->write;

    if (damage_wants_segment(core)) {
        core->hard_state_dirty = true; /* the segment has to begin with something */
    }
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
    write->promise_known = true;
    write->promise_ms = core->promise_ms;
    if (core->base_dirty) {
        write->has_base = true;
        write->base_index = core->log.base_index;
        write->base_term = core->log.base_term;
        core->base_dirty = false;
        core->base_sequence = write->sequence;
    }
    write->truncate_from = core->truncate_from;
    damage_on_issue(core, write);
    write->entry_count = (size_t)(last + 1 - core->write_next);
    write->entries = entries_to_write(core, write->entry_count);
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
    fetch_flush(core);
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
    outbox->fetches = core->fetches;
    outbox->fetch_count = core->fetch_count;
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
    uint64_t last = raftlog_last_index(&core->log);
    uint64_t appended;
    struct check_before before;

    if (core->options.check) {
        check_take(core, &before);
    }
    begin_batch(core, now_ms);
    fetch_begin(core, events, count);
    shed_log(core);
    for (size_t i = 0; i < count; i++) {
        on_event(core, &events[i]);
    }
    act(core);
    *outbox = (struct raft_outbox){0};
    issue_write(core, outbox);
    resolve_messages(core);
    fill_outbox(core, outbox);
    appended = raftlog_last_index(&core->log) > last ? raftlog_last_index(&core->log) - last : 0;
    raftlog_release(&core->log, (size_t)appended);
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

    if (raftlog_has_dropped(&core->log)) {
        return core->now_ms; /* each step releases a part of what was dropped */
    }
    if (core->role != RAFT_LEADER && core->read.pending && core->read.attempt != 0) {
        uint64_t again = read_again_ms(core);

        if (again < deadline) {
            deadline = again;
        }
    }
    return deadline;
}
