/*
 * The first half of a turn of the core thread: finished log writes, messages of peers and requests
 * of clients become one batch of events. What has no room in the batch stays in its ring for the
 * next turn. Core thread only; never waits.
 *
 * test/sim/host_turn.c does the same in the simulator: a change here needs a change there.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    LINK_EVENTS_MAX = 256,    /* events of one peer in one batch */
    CLIENT_EVENTS_MAX = 1024, /* requests of one client in one batch */
    /* Milliseconds between two entries with the time: a million keys may expire in a million
     * milliseconds, and not each of them needs an entry. */
    TIME_EVERY_MS = 50,
    TIME_BEHIND_MS = 10, /* the same, while the state machine has more to do than fits one entry */
};

struct raft_event *intake_event(struct core_loop *loop, enum raft_event_type type)
{
    struct raft_event *event = &loop->turn.events[loop->turn.count++];

    ASSERT(loop->turn.count <= EVENTS_MAX);
    memset(event, 0, sizeof(*event));
    event->type = type;
    return event;
}

static void finish_write(struct core_loop *loop, struct write_request *request)
{
    struct raft_event *event = intake_event(loop, RAFT_EVENT_LOG_WRITTEN);
    struct link_table *links = &loop->node->links;

    event->written.sequence = request->write.sequence;
    event->written.last_index = request->write.last_index;
    event->written.last_term = request->write.last_term;
    for (size_t i = 0; i < request->frame_count; i++) {
        size_t position = link_table_find(links, request->frames[i].peer);

        if (position < RAFT_MEMBERS_MAX) {
            /* A message that waits for the disk is a vote or an acknowledgement. */
            link_send(links->links[position], WIRE_CONTROL, request->frames[i].frame);
            links->frames_sent[position] = true;
        } else {
            memory_free(request->frames[i].frame);
        }
    }
    request->frame_count = 0;
    if (loop->newest_write == request) {
        loop->newest_write = NULL;
    }
    write_request_free(request);
}

void intake_writes(struct core_loop *loop)
{
    struct write_request *request;

    while ((request = log_writer_next_done(loop->node->log_writer)) != NULL) {
        finish_write(loop, request);
    }
}

static void take_snapshot_frame(struct core_loop *loop, uint16_t peer, struct wire_snapshot *frame)
{
    if (!loop->turn.ready || loop->node->snapshots == NULL) {
        memory_free(frame);
        return;
    }
    snapshot_worker_frame(loop->node->snapshots, peer, frame);
}

/*
 * Whether an append has to be dropped because the disk is nearly full. For the leader, this
 * follower is then behind, as with a bad connection, until there is space again. If the entries
 * were taken, a log write would fail for lack of space, and that ends the process.
 */
static bool has_no_room_for(const struct core_loop *loop, const struct raft_message *message)
{
    const struct raftd_node *node = loop->node;

    return message->type == RAFT_MESSAGE_APPEND && message->entry_count > 0 &&
           log_writer_free_bytes(node->log_writer) < node->conf.storage.reserve_bytes / 4;
}

static void intake_link(struct core_loop *loop, size_t position)
{
    struct link_table *links = &loop->node->links;
    struct link_event link_event;
    struct raft_event *event;

    for (size_t i = 0; i < LINK_EVENTS_MAX && loop->turn.count < EVENTS_MAX - EVENTS_KEPT; i++) {
        if (!link_next_event(links->links[position], &link_event)) {
            return;
        }
        if (link_event.type == LINK_EVENT_MESSAGE) {
            if (!loop->turn.ready || has_no_room_for(loop, link_event.message)) {
                /* The node takes no part in consensus now, or its disk has no room for the
                 * entries: the sender sees no answer, as if the message had been lost. */
                wire_message_free(link_event.message);
                continue;
            }
            event = intake_event(loop, RAFT_EVENT_MESSAGE);
            event->message = link_event.message;
            loop->turn.messages[loop->turn.message_count++] = link_event.message;
            continue;
        }
        if (link_event.type == LINK_EVENT_SNAPSHOT) {
            take_snapshot_frame(loop, link_peer_id(links->links[position]), link_event.snapshot);
            continue;
        }
        links->is_up[position] = link_event.type == LINK_EVENT_UP;
        if (loop->node->snapshots != NULL) {
            snapshot_worker_link(loop->node->snapshots, link_peer_id(links->links[position]),
                                 links->is_up[position]);
        }
        if (!loop->turn.ready) {
            continue;
        }
        event = intake_event(loop, RAFT_EVENT_LINK);
        event->link.peer = link_peer_id(links->links[position]);
        event->link.up = links->is_up[position];
    }
}

bool intake_can_propose(const struct raftd_node *node)
{
    uint16_t leader = raft_get_leader(node->core);
    size_t position;

    if (raft_get_role(node->core) == RAFT_LEADER) {
        return raft_get_handover(node->core) == 0 &&
               raft_get_uncommitted_bytes(node->core) < node->conf.raft.max_uncommitted_bytes;
    }
    position = leader != 0 ? link_table_find(&node->links, leader) : RAFT_MEMBERS_MAX;
    return position < RAFT_MEMBERS_MAX && node->links.is_up[position];
}

static void propose(struct core_loop *loop, struct waiting_request *request)
{
    struct raft_entry *entry = request->entry;

    request->entry = NULL;
    entry->origin = loop->node->origin;
    entry->sequence = request->sequence;
    intake_event(loop, RAFT_EVENT_PROPOSE)->entry = entry;
    loop->turn.entries[loop->turn.entry_count++] = entry;
}

static void intake_held(struct core_loop *loop)
{
    struct waiting *waiting = &loop->node->waiting;
    struct waiting_request *request;

    while (loop->turn.count < EVENTS_MAX - EVENTS_KEPT &&
           (request = waiting_peek(waiting, &waiting->held)) != NULL) {
        propose(loop, request);
        waiting_advance(waiting, &waiting->held, WAITING_PROPOSED);
    }
}

/* A request for a snapshot is answered at once, with a sentence that says what will be saved. */
static void answer_snapshot(struct core_loop *loop, struct raftd_client *client,
                            const struct client_request *from)
{
    struct raftd_reply reply = {0};

    snapshot_ask(loop, &reply);
    client_complete(client, from->tag, RAFTD_OK, loop->node->applied_index, &reply);
    reply_reset(&reply);
    raft_entry_release(from->entry);
}

static void add_read(struct raftd_node *node, struct raftd_client *client,
                     const struct client_request *from, uint64_t deadline_ms)
{
    bool strict = from->level == RAFTD_READ_LINEARIZABLE;
    struct waiting_request *request =
        waiting_add(&node->waiting, strict ? WAITING_READ_NEW : WAITING_READ_LOCAL, client,
                    from->tag, deadline_ms, from->entry);

    request->level = from->level;
    request->max_lag_ms = from->max_lag_ms;
}

static void intake_client(struct core_loop *loop, struct raftd_client *client, bool proposable)
{
    struct raftd_node *node = loop->node;
    uint64_t deadline_ms = loop->turn.now_ms + node->conf.raft.request_timeout_ms;
    bool draining = draining_refuses(loop);
    struct client_request from;

    for (size_t i = 0; i < CLIENT_EVENTS_MAX && loop->turn.count < EVENTS_MAX - EVENTS_KEPT; i++) {
        if (!waiting_has_room(&node->waiting) || !client_pop(client, &from)) {
            return;
        }
        if (!loop->turn.serves) {
            client_complete(client, from.tag, RAFTD_ERROR_NOT_READY, 0, NULL);
            raft_entry_release(from.entry);
        } else if (draining) {
            client_complete(client, from.tag, RAFTD_ERROR_STOPPED, 0, NULL);
            raft_entry_release(from.entry);
        } else if (from.is_snapshot) {
            answer_snapshot(loop, client, &from);
        } else if (from.is_read) {
            add_read(node, client, &from, deadline_ms);
        } else if (!proposable || waiting_peek(&node->waiting, &node->waiting.held) != NULL) {
            /* It also waits if others wait before it: the commands of a client keep their order. */
            waiting_add(&node->waiting, WAITING_HELD, client, from.tag, deadline_ms, from.entry);
        } else {
            propose(loop, waiting_add(&node->waiting, WAITING_PROPOSED, client, from.tag,
                                      deadline_ms, from.entry));
        }
    }
}

/*
 * Takes the requests of all clients. Each turn begins with another client, so that a batch that is
 * full early does not always contain the requests of the same clients. Requests that a client made
 * before it closed are still carried out, so it is freed only when its ring is empty.
 */
static void intake_clients(struct core_loop *loop, bool proposable)
{
    struct raftd_node *node = loop->node;

    loop->first_client++;
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        size_t place = (loop->first_client + i) % NODE_CLIENTS_MAX;
        struct raftd_client *client =
            atomic_load_explicit(&node->clients[place], memory_order_acquire);
        bool closing = client != NULL && client_is_closing(client);

        if (client == NULL) {
            continue;
        }
        intake_client(loop, client, proposable);
        if (closing && !client_has_requests(client)) {
            waiting_forget_client(&node->waiting, client);
            atomic_store(&node->clients[place], NULL);
            client_free(client);
        }
    }
}

/* One read round at a time: reads that arrive during a round are asked together in the next one. */
static void intake_reads(struct core_loop *loop)
{
    struct waiting *waiting = &loop->node->waiting;
    struct raft_event *event;

    if (!loop->turn.ready || waiting_peek(waiting, &waiting->reads_asked) != NULL ||
        waiting_peek(waiting, &waiting->reads_new) == NULL) {
        return;
    }
    event = intake_event(loop, RAFT_EVENT_READ);
    event->read_id = ++loop->read_id;
    event->lease = waiting_ask_reads(waiting);
    loop->read_asked_ms = loop->turn.now_ms;
}

/* Whether the newest entry with the time may still be applied: then no other one is proposed. */
static bool time_is_under_way(const struct core_loop *loop)
{
    const struct raft_entry *entry = loop->time_entry;

    return entry != NULL && entry->index > loop->node->applied_index &&
           raft_log_entry(loop->node->core, entry->index) == entry;
}

/* Whether the state machine was already told a time after this deadline, but had too much to do. */
static bool is_behind(const struct core_loop *loop, uint64_t deadline_ms)
{
    return loop->time_entry != NULL && deadline_ms <= loop->time_entry->time_ms;
}

uint64_t intake_time_due_ms(const struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;
    uint64_t deadline, time_ms, due_ms, earliest_ms;

    if (node->machine.next_deadline == NULL || raft_get_role(node->core) != RAFT_LEADER ||
        !intake_can_propose(node) || time_is_under_way(loop)) {
        return UINT64_MAX;
    }
    deadline = node->machine.next_deadline(node->machine.context);
    time_ms = raft_cluster_time(node->core, loop->core_now_ms);
    if (deadline > RAFT_TIME_MAX_MS) {
        return UINT64_MAX;
    }
    earliest_ms =
        loop->time_proposed_ms + (is_behind(loop, deadline) ? TIME_BEHIND_MS : TIME_EVERY_MS);
    due_ms = loop->core_now_ms + (deadline > time_ms ? deadline - time_ms : 0);
    return due_ms > earliest_ms ? due_ms : earliest_ms;
}

/* The leader proposes an entry with the time if the state machine has a deadline by now. */
static void intake_time(struct core_loop *loop)
{
    if (!loop->turn.ready || intake_time_due_ms(loop) > loop->core_now_ms) {
        return;
    }
    raft_entry_release(loop->time_entry);
    loop->time_entry = raft_entry_make(RAFT_ENTRY_TIME, NULL, 0);
    loop->time_proposed_ms = loop->core_now_ms;
    intake_event(loop, RAFT_EVENT_PROPOSE)->entry = loop->time_entry;
}

/*
 * T45: tells the core when the disk is nearly full, and when it is not any more. The leader refuses
 * commands while there is still space for the entries that the cluster itself needs.
 */
static void intake_space(struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;
    uint64_t free_bytes = log_writer_free_bytes(node->log_writer);
    bool low = free_bytes < node->conf.storage.reserve_bytes;

    if (low == loop->space_is_low || !loop->turn.ready) {
        return;
    }
    loop->space_is_low = low;
    intake_event(loop, RAFT_EVENT_SPACE)->low = low;
    if (low) {
        LOG_WARNING(
            "%s has %llu MiB left, less than [storage] reserve_bytes: while it is the leader, this "
            "node refuses commands until there is more space; reads still work",
            node->conf.node.data_dir, (unsigned long long)(free_bytes >> 20));
    } else {
        LOG_INFO("%s has %llu MiB left: this node accepts commands again", node->conf.node.data_dir,
                 (unsigned long long)(free_bytes >> 20));
    }
}

void intake_all(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    loop->turn.now_ms = clock_monotonic_ms();
    loop->turn.ready = node_takes_part(node);
    loop->turn.serves = atomic_load_explicit(&node->ready, memory_order_acquire);
    if (loop->turn.ready) {
        loop->core_now_ms = loop->turn.now_ms;
        intake_event(loop, RAFT_EVENT_CLOCK)->wall_ms = clock_wall_ms();
    }
    intake_space(loop);
    intake_writes(loop);
    snapshot_intake(loop);
    for (size_t i = 0; i < node->links.count; i++) {
        intake_link(loop, i);
    }
    if (loop->turn.ready && intake_can_propose(node)) {
        intake_held(loop);
        intake_clients(loop, true);
    } else {
        intake_clients(loop, false);
    }
    intake_time(loop);
    draining_begin(loop);
    intake_reads(loop);
    if (loop->turn.ready) {
        /*
         * The clock is read again after the last event was taken. Every read in this batch was
         * asked before this moment, so a lease that is valid at this moment is valid for all of
         * them. With the time from the beginning of the turn, the thread could have been paused in
         * between, and a read that was asked after the lease had ended would be answered by it
         * (T24).
         */
        loop->core_now_ms = clock_monotonic_ms();
    }
}

/*
 * While the log writer has no room, the core is not stepped. Requests of clients are still taken
 * and wait in the table, where their deadlines are watched: so each client gets an answer in time,
 * however long the disk hangs.
 */
void intake_for_later(struct core_loop *loop)
{
    loop->turn.now_ms = clock_monotonic_ms();
    loop->turn.ready = node_takes_part(loop->node);
    loop->turn.serves = atomic_load_explicit(&loop->node->ready, memory_order_acquire);
    intake_clients(loop, false);
    ASSERT(loop->turn.count == 0);
}
