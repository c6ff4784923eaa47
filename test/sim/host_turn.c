/*
 * One turn of the core thread of a host, as in src/node/intake.c and core_thread.c: everything that
 * arrived becomes one batch, the core is stepped once, and then the host acts on the outbox.
 */
#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/clients.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/truth.h"

enum {
    EVENTS_KEPT =
        24, /* places of a batch for the clock, a change, a read round, the time, snapshots */
    TIME_EVERY_MS = 50, /* as in src/node/intake.c */
};

struct raft_event *host_add_event(struct host *host, enum raft_event_type type)
{
    struct raft_event *event = &host->events[host->event_count++];

    ASSERT(host->event_count <= HOST_EVENTS_MAX);
    memset(event, 0, sizeof(*event));
    event->type = type;
    return event;
}

/* ---- intake ---- */

static void intake_writes(struct host *host)
{
    struct host_write *write;

    while ((write = host_write_done(host)) != NULL) {
        struct raft_event *event = host_add_event(host, RAFT_EVENT_LOG_WRITTEN);

        event->written.sequence = write->write.sequence;
        event->written.last_index = write->write.last_index;
        event->written.last_term = write->write.last_term;
        world_mix(host->world, write->write.sequence);
        for (size_t i = 0; i < write->frame_count; i++) {
            host_send(host, &write->frames[i]);
        }
        write->frame_count = 0;
        host_write_free(write);
    }
}

/* As in src/node/intake.c: a follower without space takes no entries. */
static bool has_no_room_for(struct host *host, const struct raft_message *message)
{
    if (host->room != HOST_ROOM_NONE || message->type != RAFT_MESSAGE_APPEND ||
        message->entry_count == 0) {
        return false;
    }
    world_see(host->world, SEEN_NO_ROOM);
    return true;
}

/* In the order of arrival; what does not fit waits for the next turn. */
static void intake_inbox(struct host *host)
{
    size_t taken = 0;

    while (taken < host->inbox_count && host->event_count < HOST_EVENTS_MAX - EVENTS_KEPT) {
        struct host_input *input = &host->inbox[taken++];
        struct raft_event *event;

        if (input->snapshot != NULL) {
            host_snapshot_frame(host, input->peer, input->snapshot);
            continue;
        }
        if (input->is_link) {
            host_snapshot_link(host, input->peer, input->up);
            event = host_add_event(host, RAFT_EVENT_LINK);
            event->link.peer = input->peer;
            event->link.up = input->up;
            continue;
        }
        if (has_no_room_for(host, input->message)) {
            wire_message_free(input->message);
            continue;
        }
        event = host_add_event(host, RAFT_EVENT_MESSAGE);
        event->message = input->message;
        host->messages[host->message_count++] = input->message;
    }
    host->inbox_count -= taken;
    if (host->inbox_count > 0) {
        memmove(host->inbox, host->inbox + taken, host->inbox_count * sizeof(host->inbox[0]));
    }
}

/* Whether a proposal that the core gets now can reach a leader. */
static bool can_propose(const struct host *host)
{
    uint16_t leader = raft_get_leader(host->core);

    if (raft_get_role(host->core) == RAFT_LEADER) {
        return raft_get_handover(host->core) == 0 &&
               raft_get_uncommitted_bytes(host->core) < host->world->swarm.max_uncommitted_bytes;
    }
    return leader != 0 && leader < SIM_HOSTS_MAX && host->link_up[leader];
}

static void propose(struct host *host, struct waiting_request *request)
{
    struct raft_entry *entry = request->entry;

    request->entry = NULL;
    entry->origin = host->origin;
    entry->sequence = request->sequence;
    if (request->tag != 0) {
        truth_on_proposed(host->world, host->life, request->sequence, request->tag);
    }
    host_add_event(host, RAFT_EVENT_PROPOSE)->entry = entry;
    host->entries[host->entry_count++] = entry;
}

static void intake_held(struct host *host)
{
    struct waiting_request *request;

    while (host->event_count < HOST_EVENTS_MAX - EVENTS_KEPT &&
           (request = waiting_peek(&host->waiting, &host->waiting.held)) != NULL) {
        propose(host, request);
        waiting_advance(&host->waiting, &host->waiting.held, WAITING_PROPOSED);
    }
}

static void add_read(struct host *host, struct client_operation *operation, uint64_t deadline_ms,
                     struct raft_entry *entry)
{
    bool strict = operation->level == RAFTD_READ_LINEARIZABLE;
    struct waiting_request *request =
        waiting_add(&host->waiting, strict ? WAITING_READ_NEW : WAITING_READ_LOCAL,
                    clients_of(operation), clients_tag(operation), deadline_ms, entry);

    request->level = (uint8_t)operation->level;
    request->max_lag_ms = operation->max_lag_ms;
}

static void intake_clients(struct host *host, bool proposable)
{
    struct waiting *waiting = &host->waiting;
    uint64_t deadline_ms = host_now_ms(host) + host->world->swarm.request_timeout_ms;
    size_t taken = 0;

    while (taken < host->asked_count && host->event_count < HOST_EVENTS_MAX - EVENTS_KEPT) {
        struct client_operation *operation = host->asked[taken++];
        struct raftd_client *client = clients_of(operation);
        uint64_t tag = clients_tag(operation);
        struct raft_entry *entry = clients_entry(operation);

        if (clients_is_read(operation)) {
            add_read(host, operation, deadline_ms, entry);
        } else if (!proposable || waiting_peek(waiting, &waiting->held) != NULL) {
            waiting_add(waiting, WAITING_HELD, client, tag, deadline_ms, entry);
        } else {
            propose(host, waiting_add(waiting, WAITING_PROPOSED, client, tag, deadline_ms, entry));
        }
    }
    host->asked_count -= taken;
    if (host->asked_count > 0) {
        memmove(host->asked, host->asked + taken,
                host->asked_count * sizeof(struct client_operation *));
    }
}

static void intake_reads(struct host *host)
{
    struct waiting *waiting = &host->waiting;
    struct raft_event *event;

    if (waiting_peek(waiting, &waiting->reads_asked) != NULL ||
        waiting_peek(waiting, &waiting->reads_new) == NULL) {
        return;
    }
    event = host_add_event(host, RAFT_EVENT_READ);
    event->read_id = ++host->read_id;
    event->lease = waiting_ask_reads(waiting);
    host->read_asked_ms = host_now_ms(host);
}

/* A change that an administrator asks for; no client waits for its outcome. */
static void intake_change(struct host *host)
{
    struct raft_entry *change = host->change;

    if (change != NULL) {
        host->change = NULL;
        propose(host,
                waiting_add(&host->waiting, WAITING_PROPOSED, NULL, 0,
                            host_now_ms(host) + host->world->swarm.request_timeout_ms, change));
    }
}

static bool time_is_under_way(const struct host *host)
{
    const struct raft_entry *entry = host->time_entry;

    return entry != NULL && entry->index > host->applied_index &&
           raft_log_entry(host->core, entry->index) == entry;
}

/* When an entry with the time has to be proposed; UINT64_MAX = never. */
static uint64_t time_due_ms(const struct host *host)
{
    uint64_t earliest_ms = host->time_proposed_ms + TIME_EVERY_MS;
    uint64_t now_ms = host_now_ms(host);
    uint64_t deadline, time_ms, due_ms;

    if (host->machine.next_deadline == NULL || raft_get_role(host->core) != RAFT_LEADER ||
        !can_propose(host) || time_is_under_way(host)) {
        return UINT64_MAX;
    }
    deadline = host->machine.next_deadline(host->machine.context);
    time_ms = raft_cluster_time(host->core, now_ms);
    if (deadline > RAFT_TIME_MAX_MS) {
        return UINT64_MAX;
    }
    due_ms = now_ms + (deadline > time_ms ? deadline - time_ms : 0);
    return due_ms > earliest_ms ? due_ms : earliest_ms;
}

static void intake_time(struct host *host)
{
    if (time_due_ms(host) > host_now_ms(host)) {
        return;
    }
    raft_entry_release(host->time_entry);
    host->time_entry = raft_entry_make(RAFT_ENTRY_TIME, NULL, 0);
    host->time_proposed_ms = host_now_ms(host);
    host_add_event(host, RAFT_EVENT_PROPOSE)->entry = host->time_entry;
}

/* T45, as in src/node/intake.c. */
static void intake_space(struct host *host)
{
    bool low = host->room != HOST_ROOM_ENOUGH;

    if (low != host->room_is_low) {
        host->room_is_low = low;
        host_add_event(host, RAFT_EVENT_SPACE)->low = low;
        STORY(host->world, host->id, low ? "is told that room is low" : "has room again");
        world_see(host->world, low ? SEEN_SPACE_LOW : SEEN_ROOM_AGAIN);
    }
}

static void intake(struct host *host)
{
    bool proposable;

    host_add_event(host, RAFT_EVENT_CLOCK)->wall_ms = host_wall_ms(host);
    intake_space(host);
    intake_writes(host);
    host_intake_snapshots(host);
    intake_inbox(host);
    proposable = can_propose(host);
    if (proposable) {
        intake_held(host);
    }
    intake_clients(host, proposable);
    intake_change(host);
    intake_reads(host);
    intake_time(host);
}

/* ---- acting ---- */

static void lose_message(struct host *host, const struct raft_message *message)
{
    if (message->type != RAFT_MESSAGE_PROPOSE) {
        return;
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        struct waiting_request *request =
            waiting_find(&host->waiting, message->entries[i]->sequence);

        if (request != NULL) {
            host_fail_request(host, request, RAFTD_ERROR_NOT_LEADER);
        }
    }
}

static void note_term(struct host *host, struct raft_entry *const *entries, size_t count,
                      uint64_t term)
{
    for (size_t i = 0; i < count; i++) {
        struct waiting_request *request = waiting_find(&host->waiting, entries[i]->sequence);

        if (request != NULL) {
            request->term = term;
        }
    }
}

static void note_own_terms(struct host *host)
{
    for (size_t i = 0; i < host->entry_count; i++) {
        if (host->entries[i]->index != 0) {
            note_term(host, &host->entries[i], 1, host->entries[i]->term);
        }
    }
}

/* A frame leaves: what it promises has to be on the disk by now. */
void host_send(struct host *host, struct host_frame *frame)
{
    truth_on_send(host->world, host->id, &frame->promise);
    world_mix(host->world, sim_mix(frame->message_type, frame->promise.term));
    if (host->link_up[frame->to]) {
        net_send(host->world, host->id, frame->to, frame->message_type, frame->frame);
    } else {
        memory_free(frame->frame);
    }
}

static void send_messages(struct host *host, const struct raft_outbox *outbox,
                          struct host_write *newest)
{
    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct raft_message *message = &outbox->messages[i];
        struct host_frame frame = {
            .to = message->to, .message_type = message->type, .promise = *message};

        if (message->type == RAFT_MESSAGE_PROPOSE) {
            note_term(host, message->entries, message->entry_count, message->term);
        }
        if (message->to >= SIM_HOSTS_MAX || !host->link_up[message->to]) {
            lose_message(host, message);
            continue;
        }
        frame.promise.entries = NULL;
        frame.promise.refused = NULL;
        frame.frame = wire_message_encode(message);
        if (message->after_write == 0) {
            host_send(host, &frame);
        } else {
            ASSERT(newest != NULL && newest->write.sequence == message->after_write);
            host_write_gate(newest, frame);
        }
    }
}

static void refuse_proposals(struct host *host, const struct raft_outbox *outbox)
{
    for (size_t i = 0; i < outbox->refused_count; i++) {
        struct waiting_request *request = NULL;

        if (outbox->refused[i].origin == host->origin) {
            request = waiting_find(&host->waiting, outbox->refused[i].sequence);
        }
        if (request != NULL) {
            host_fail_request(host, request, RAFTD_ERROR_NOT_LEADER);
        }
    }
}

static void expire_requests(struct host *host)
{
    uint64_t now_ms = host_now_ms(host);
    struct waiting_request *request;

    while ((request = waiting_oldest(&host->waiting)) != NULL && request->deadline_ms <= now_ms) {
        host_fail_request(host, request,
                          request->state == WAITING_PROPOSED ? RAFTD_ERROR_TIMEOUT
                                                             : RAFTD_ERROR_UNAVAILABLE);
    }
}

/* The newest write that is not known to be durable; frames that have to wait are attached to it. */
static struct host_write *newest_write(struct host *host)
{
    if (host->queued.tail != NULL) {
        return host->queued.tail;
    }
    return host->writing.tail != NULL ? host->writing.tail : host->done.tail;
}

static void step(struct host *host)
{
    struct raft_outbox outbox;
    struct host_write *newest;

    truth_before_step(host->world, host);
    raft_step(host->core, host_now_ms(host), host->events, host->event_count, &outbox);
    if (outbox.read_confirmed && outbox.read_id == host->read_id) {
        waiting_confirm_reads(&host->waiting, outbox.read_index);
        host_round_confirmed(host, outbox.read_index);
    }
    truth_after_step(host->world, host, &outbox);
    if (host->world->failure.failed) {
        return;
    }
    host_install(host, &outbox);
    host->more_to_apply = host_apply(host, outbox.commit_index);
    host_slice(host);
    host_serve_reads(host, outbox.commit_index);
    newest = newest_write(host);
    if (outbox.has_write) {
        newest = host_write_make(&outbox.write);
    }
    note_own_terms(host);
    send_messages(host, &outbox, newest);
    if (outbox.has_write) {
        host_write_submit(host, newest);
    }
    host_act_snapshots(host, &outbox);
    refuse_proposals(host, &outbox);
}

static void end_turn(struct host *host)
{
    for (size_t i = 0; i < host->message_count; i++) {
        wire_message_free(host->messages[i]);
    }
    for (size_t i = 0; i < host->entry_count; i++) {
        raft_entry_release(host->entries[i]);
    }
    host->message_count = 0;
    host->entry_count = 0;
    host->event_count = 0;
}

/* Whether there is something to do that no event announces; see waiting_can_go_on() in
 * src/node/core_thread.c. */
static bool waiting_can_go_on(struct host *host)
{
    struct waiting *waiting = &host->waiting;

    return host->more_to_apply || host_snapshots_go_on(host) || host->inbox_count > 0 ||
           host->asked_count > 0 ||
           (waiting_peek(waiting, &waiting->held) != NULL && can_propose(host)) ||
           (waiting_peek(waiting, &waiting->reads_new) != NULL &&
            waiting_peek(waiting, &waiting->reads_asked) == NULL);
}

static void plan_next(struct host *host)
{
    const struct waiting_request *oldest = waiting_oldest(&host->waiting);
    bool has_room = host_writes_outstanding(host) < HOST_WRITES_MAX;
    uint64_t deadline_ms = has_room ? raft_next_deadline(host->core) : UINT64_MAX;

    if (has_room && waiting_can_go_on(host)) {
        host_plan_turn(host);
        return;
    }
    if (has_room && time_due_ms(host) < deadline_ms) {
        deadline_ms = time_due_ms(host);
    }
    if (oldest != NULL && oldest->deadline_ms < deadline_ms) {
        deadline_ms = oldest->deadline_ms;
    }
    if (deadline_ms != UINT64_MAX) {
        host_plan_timer(host, deadline_ms);
    }
}

void host_turn(struct host *host)
{
    host_resume_read(host);
    if (host_writes_outstanding(host) < HOST_WRITES_MAX || host->done.count > 0) {
        intake(host);
        step(host);
    } else {
        intake_clients(host, false); /* a disk that hangs: deadlines are watched nevertheless */
    }
    if (!host->world->failure.failed) {
        if (!host->held.is_there) { /* else this turn has more to do */
            expire_requests(host);
        }
        plan_next(host);
    }
    end_turn(host);
}
