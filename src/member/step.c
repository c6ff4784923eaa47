/*
 * The beginning and the step of a turn: gives the core the batch, and makes of what the core
 * answers frames for the peers, a log write, and outcomes of requests. Also the life of log writes:
 * a frame that promises what a write makes durable is attached to that write, and leaves after it.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "member/state.h"
#include "store/reserve.h"

enum {
    /* A write that had more entries than this is not kept for later ones. */
    SPARE_ENTRIES_MAX = 4096,
};

/* ---- log writes ---- */

void member_write_free(struct member_write *write)
{
    if (write == NULL) {
        return;
    }
    for (size_t i = 0; i < write->write.entry_count; i++) {
        raft_entry_release(write->entries[i]);
    }
    for (size_t i = 0; i < write->gated_count; i++) {
        memory_free(write->gated[i].frame.frame);
    }
    memory_free(write->entries);
    memory_free(write->gated);
    memory_free(write);
}

static struct member_write *make_write(struct member *member, const struct raft_write *from)
{
    struct member_write *write = member->spare_writes;

    if (write == NULL) {
        write = memory_allocate_zeroed(1, sizeof(*write));
    } else {
        member->spare_writes = write->next;
        write->next = NULL;
    }
    write->entries = memory_grow(write->entries, &write->entry_capacity, from->entry_count,
                                 sizeof(struct raft_entry *));
    for (size_t i = 0; i < from->entry_count; i++) {
        write->entries[i] = raft_entry_hold(from->entries[i]);
    }
    write->write = *from;
    write->write.entries = write->entries;
    write->cost_bytes = 0;
    for (size_t i = 0; i < from->entry_count; i++) {
        write->cost_bytes += raft_entry_cost(from->entries[i]);
    }
    return write;
}

static void spare_write(struct member *member, struct member_write *write)
{
    if (write->entry_capacity > SPARE_ENTRIES_MAX) {
        member_write_free(write);
        return;
    }
    for (size_t i = 0; i < write->write.entry_count; i++) {
        raft_entry_release(write->entries[i]);
    }
    write->write.entry_count = 0;
    write->next = member->spare_writes;
    member->spare_writes = write;
}

/* The answer to an append that waits for the write, and that this answer makes needless; NULL =
 * there is none. */
static struct member_gated *find_older(struct member_write *write,
                                       const struct raft_message *message)
{
    if (message->type != RAFT_MESSAGE_APPEND_REPLY) {
        return NULL;
    }
    for (size_t i = 0; i < write->gated_count; i++) {
        struct member_gated *gated = &write->gated[i];

        if (gated->frame.peer == message->to && gated->term == message->term &&
            gated->success == message->append_reply.success) {
            return gated;
        }
    }
    return NULL;
}

/* What the older answer acknowledges is durable as well when the write is. Entries that were not
 * taken are those after what is acknowledged. */
static void include(struct raft_message *message, const struct member_gated *older)
{
    if (message->append_reply.success && message->append_reply.index < older->index) {
        message->append_reply.index = older->index;
    }
    message->append_reply.dropped = message->append_reply.dropped || older->dropped;
}

/*
 * The message waits for the write. While the disk hangs, each heartbeat of a leader is answered by
 * one more acknowledgement that has to wait for the newest write. So one for each leader and term
 * takes the place of all before it.
 */
static void gate(struct member_write *write, const struct member_frame *frame)
{
    struct raft_message message = *frame->message;
    struct member_gated *gated = find_older(write, &message);

    if (gated != NULL) {
        include(&message, gated);
        memory_free(gated->frame.frame);
    } else {
        write->gated = memory_grow(write->gated, &write->gated_capacity, write->gated_count + 1,
                                   sizeof(write->gated[0]));
        gated = &write->gated[write->gated_count++];
    }
    *gated = (struct member_gated){.frame = *frame};
    gated->frame.frame = wire_message_encode(&message);
    gated->frame.message = NULL;
    if (message.type == RAFT_MESSAGE_APPEND_REPLY) {
        gated->term = message.term;
        gated->success = message.append_reply.success;
        gated->dropped = message.append_reply.dropped;
        gated->index = message.append_reply.index;
    }
}

void member_written(struct member *member, struct member_write *write)
{
    struct raft_event *event = member_event(member, RAFT_EVENT_LOG_WRITTEN);

    ASSERT(member->writes_under_way > 0);
    member->writes_under_way--;
    member->write_bytes -= write->cost_bytes;
    event->written.sequence = write->write.sequence;
    event->written.last_index = write->write.last_index;
    event->written.last_term = write->write.last_term;
    for (size_t i = 0; i < write->gated_count; i++) {
        member_add_frame(member, &write->gated[i].frame);
    }
    write->gated_count = 0;
    if (member->newest_write == write) {
        member->newest_write = NULL;
    }
    spare_write(member, write);
}

struct member_write *member_take_write(struct member *member)
{
    struct member_write *write = member->write;

    member->write = NULL;
    return write;
}

uint64_t member_take_compaction(struct member *member)
{
    if (member->compact_wanted <= member->compact_index) {
        return 0;
    }
    member->compact_index = member->compact_wanted;
    return member->compact_index;
}

/* ---- proposals ---- */

/*
 * A forwarded proposal: the leader may append it, but only in the term of the message. The request
 * remembers the term; once an entry of a later term is applied, the proposal cannot be appended any
 * more (apply.c).
 */
static void note_forwarded(struct member *member, const struct raft_message *message)
{
    for (uint32_t i = 0; i < message->entry_count; i++) {
        struct waiting_request *request =
            waiting_find(&member->waiting, message->entries[i]->sequence);

        if (request != NULL) {
            request->term = message->term;
        }
    }
}

/* The same for the proposals that this node, as the leader, has just appended itself. */
static void note_own_terms(struct member *member)
{
    for (size_t i = 0; i < member->batch.entry_count; i++) {
        const struct raft_entry *entry = member->batch.entries[i];
        struct waiting_request *request = NULL;

        if (entry->index != 0) {
            request = waiting_find(&member->waiting, entry->sequence);
        }
        if (request != NULL) {
            request->term = entry->term;
        }
    }
}

static void refuse_proposals(struct member *member, const struct raft_outbox *outbox)
{
    for (size_t i = 0; i < outbox->refused_count; i++) {
        struct waiting_request *request = NULL;

        if (outbox->refused[i].origin == member->options.origin) {
            request = waiting_find(&member->waiting, outbox->refused[i].sequence);
        }
        if (request != NULL) {
            member_refuse(member, request, outbox->refused[i].reason);
        }
    }
}

/* ---- the beginning of a turn ---- */

/* How much of the reserve is left when so many bytes more are on the disk; see store/reserve.h. */
static enum raft_space space_level(const struct member *member, uint64_t more_bytes)
{
    uint64_t free_bytes = member->turn.free_bytes;
    uint64_t reserve_bytes = member->options.reserve_bytes;

    if (free_bytes == UINT64_MAX) {
        return RAFT_SPACE_ENOUGH; /* not known */
    }
    free_bytes = free_bytes > more_bytes ? free_bytes - more_bytes : 0;
    if (free_bytes >= reserve_floor(RESERVE_NEW, reserve_bytes)) {
        return RAFT_SPACE_ENOUGH;
    }
    if (free_bytes >= reserve_floor(RESERVE_ACCEPTED, reserve_bytes)) {
        return RAFT_SPACE_LOW;
    }
    return free_bytes >= reserve_floor(RESERVE_CLUSTER, reserve_bytes) ? RAFT_SPACE_NONE
                                                                       : RAFT_SPACE_EXHAUSTED;
}

/* Tells the core when the disk is nearly full, and when it is not any more (T45, R4). When the disk
 * becomes nearly full, a snapshot is saved, so that the log before it can be removed. */
static void take_space(struct member *member)
{
    enum raft_space space = space_level(member, member->write_bytes);
    enum raft_space disk = space_level(member, 0);

    if (space != member->space || disk != member->disk) {
        bool was_enough = member->disk == RAFT_SPACE_ENOUGH;
        struct raft_event *event = member_event(member, RAFT_EVENT_SPACE);

        member->space = space;
        member->disk = disk;
        event->space = space;
        event->disk = disk;
        if (was_enough != (disk == RAFT_SPACE_ENOUGH)) {
            member_follow_space(member);
        }
    }
}

static bool is_only_voter(const struct member *member)
{
    const struct raft_membership *membership = raft_get_membership(member->core);
    size_t voters = 0;

    for (size_t i = 0; i < membership->count; i++) {
        voters += raft_membership_is_voter(membership, membership->members[i].id);
    }
    return voters == 1 && raft_membership_is_voter(membership, member->options.id);
}

/*
 * The node goes out of service: time stands still for the core from now on. A leader steps down,
 * and a candidate gives up, because for a core that does not see the time pass, a lease never ends,
 * nor does the time in which a quorum has to answer. The only voter stays what it is, because
 * nobody can take its place. The reads that wait are answered: nothing is going to confirm them.
 */
static void leave_service(struct member *member)
{
    struct waiting_request *read = waiting_next_read(&member->waiting, NULL);

    member->in_service = false;
    if (!is_only_voter(member)) {
        member_event(member, RAFT_EVENT_STEP_DOWN);
    }
    while (read != NULL) {
        struct waiting_request *newer = waiting_next_read(&member->waiting, read);

        member_fail(member, read, RAFTD_ERROR_NOT_READY);
        read = newer;
    }
}

void member_begin(struct member *member, const struct member_turn *turn)
{
    member->turn = *turn;
    member->turn_entries = 0;
    member->turn_bytes = 0;
    if (turn->takes_part) {
        member->core_now_ms = turn->now_ms;
    }
    if (!member_can_step(member)) {
        return;
    }
    if (turn->takes_part) {
        member->in_service = true;
        member_event(member, RAFT_EVENT_CLOCK)->wall_ms = turn->wall_ms;
        take_space(member);
        member_follow_peers(member);
        member_propose_first(member);
    } else if (member->in_service) {
        leave_service(member);
    }
}

/* ---- the step ---- */

/* Attaches a message to the log write that it has to wait for, or lets it leave. A message to a
 * peer without a connection is dropped, as a network may. */
static void send_message(struct member *member, const struct raft_message *message)
{
    struct member_frame frame = {
        .peer = message->to, .class = wire_message_class(message), .message = message};

    if (message->type == RAFT_MESSAGE_PROPOSE) {
        note_forwarded(member, message);
    }
    if (!member_link_is_up(member, message->to)) {
        member_frame_lost(member, &frame);
        return;
    }
    if (message->after_write == 0) {
        frame.frame = wire_message_encode(message);
        member_add_frame(member, &frame);
        return;
    }
    ASSERT(member->newest_write != NULL);
    ASSERT(member->newest_write->write.sequence == message->after_write);
    gate(member->newest_write, &frame);
}

static void confirm_reads(struct member *member, const struct raft_outbox *outbox)
{
    if (outbox->read_confirmed && outbox->read_id == member->read_id) {
        waiting_confirm_reads(&member->waiting, outbox->read_index);
        reads_confirm(&member->freshness, outbox->read_index, member->read_asked_ms);
    }
}

static void act(struct member *member, const struct raft_outbox *outbox)
{
    member->commit_index = outbox->commit_index;
    member_follow_snapshots(member, outbox);
    member_follow_fetches(member, outbox);
    confirm_reads(member, outbox);
    note_own_terms(member);
    if (outbox->has_write) {
        ASSERT(member->write == NULL);
        member->write = make_write(member, &outbox->write);
        member->newest_write = member->write;
        member->writes_under_way++;
        member->write_bytes += member->write->cost_bytes;
    }
    for (size_t i = 0; i < outbox->message_count; i++) {
        send_message(member, &outbox->messages[i]);
    }
    refuse_proposals(member, outbox);
}

/* The term has risen: what was proposed before is in doubt until an entry of the new term is
 * applied. */
static void note_term(struct member *member)
{
    uint64_t term = raft_get_term(member->core);

    if (term > member->seen_term && member->waiting.proposed_count > 0) {
        member->settle_term = term;
    }
    member->seen_term = term;
}

void member_step(struct member *member, uint64_t now_ms, struct member_report *report)
{
    struct raft_outbox *outbox = &member->outbox;

    ASSERT(member_can_step(member) && !member->is_applying);
    *report = (struct member_report){0};
    member_complete_batch(member);
    if (!member->turn.takes_part && member->batch.count == 0) {
        return;
    }
    if (member->turn.takes_part) {
        member->core_now_ms = now_ms;
    }
    raft_step(member->core, member->core_now_ms, member->batch.events, member->batch.count, outbox);
    act(member, outbox);
    note_term(member);
    member_clear_batch(member);
    report->outbox = outbox;
    report->state_changed = outbox->state_changed;
    if (outbox->state_changed) {
        member_binding_changed(member);
    }
    report->violation = outbox->violation;
    report->violator = outbox->violator;
}
