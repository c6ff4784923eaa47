/*
 * The Raft core thread: drains every ring, steps the core with all of it as one batch, then
 * acts once - one log write, the frames to each peer, one wake-up per consumer. It is the only
 * one that changes the core and the state machine; the mutex is there for status calls. It
 * never touches a disk, a socket or TLS.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/node.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    EVENTS_MAX = 2048,        /* of one batch; one place is kept for a read round */
    LINK_EVENTS_MAX = 256,    /* of one peer in one batch */
    CLIENT_EVENTS_MAX = 1024, /* requests of one client in one batch */
};

/* What one turn of the loop gathers. Lives on the core thread's heap, reused. */
struct turn {
    uint64_t now_ms;
    bool ready; /* sampled once, so that a turn is of one mind */
    size_t count;
    struct raft_event events[EVENTS_MAX];
    /* Freed once the core has seen them. */
    size_t message_count;
    struct raft_message *messages[EVENTS_MAX];
    size_t entry_count;
    struct raft_entry *entries[EVENTS_MAX];
};

struct core_loop {
    struct raftd_node *node;
    struct turn turn;
    struct write_request *newest_write; /* not known to be done; gated frames wait with it */
    uint64_t read_id;                   /* of the newest read round */
    /* The core's clock stands still while the node is out of service: no time-out passes. */
    uint64_t core_now_ms;
    bool more_to_apply;
    size_t first_client; /* the slot that the next turn begins with, but for the wrap */
    bool frames_sent[RAFT_MEMBERS_MAX];
    uint16_t seen_leader; /* as last logged */
    uint64_t seen_term;
    enum raft_role seen_role;
};

static struct raft_event *add_event(struct core_loop *loop, enum raft_event_type type)
{
    struct raft_event *event = &loop->turn.events[loop->turn.count++];

    ASSERT(loop->turn.count <= EVENTS_MAX);
    memset(event, 0, sizeof(*event));
    event->type = type;
    return event;
}

static size_t link_position(const struct raftd_node *node, uint16_t peer)
{
    for (size_t i = 0; i < node->link_count; i++) {
        if (link_peer_id(node->links[i]) == peer) {
            return i;
        }
    }
    return RAFT_MEMBERS_MAX;
}

/* ---- gathering ---- */

static void finish_write(struct core_loop *loop, struct write_request *request)
{
    struct raft_event *event = add_event(loop, RAFT_EVENT_LOG_WRITTEN);

    event->written.sequence = request->write.sequence;
    event->written.last_index = request->write.last_index;
    event->written.last_term = request->write.last_term;
    for (size_t i = 0; i < request->frame_count; i++) {
        struct link *link = request->frames[i].link;

        link_send(link, request->frames[i].frame);
        loop->frames_sent[link_position(loop->node, link_peer_id(link))] = true;
    }
    request->frame_count = 0;
    if (loop->newest_write == request) {
        loop->newest_write = NULL;
    }
    write_request_free(request);
}

static void gather_writes(struct core_loop *loop)
{
    struct write_request *request;

    while ((request = log_writer_next_done(loop->node->log_writer)) != NULL) {
        finish_write(loop, request);
    }
}

static void gather_link(struct core_loop *loop, size_t position)
{
    struct raftd_node *node = loop->node;
    struct link_event link_event;
    struct raft_event *event;

    for (size_t i = 0; i < LINK_EVENTS_MAX && loop->turn.count < EVENTS_MAX - 1; i++) {
        if (!link_next_event(node->links[position], &link_event)) {
            return;
        }
        if (link_event.type == LINK_EVENT_MESSAGE) {
            if (!loop->turn.ready) {
                wire_message_free(link_event.message); /* not ready: consensus is refused */
                continue;
            }
            event = add_event(loop, RAFT_EVENT_MESSAGE);
            event->message = link_event.message;
            loop->turn.messages[loop->turn.message_count++] = link_event.message;
            continue;
        }
        node->link_is_up[position] = link_event.type == LINK_EVENT_UP;
        if (!loop->turn.ready) {
            continue;
        }
        event = add_event(loop, RAFT_EVENT_LINK);
        event->link.peer = link_peer_id(node->links[position]);
        event->link.up = node->link_is_up[position];
    }
}

/* Whether a proposal given to the core now would find a leader. */
static bool can_propose(const struct raftd_node *node)
{
    uint16_t leader = raft_get_leader(node->core);
    size_t position;

    if (raft_get_role(node->core) == RAFT_LEADER) {
        return raft_get_uncommitted_bytes(node->core) < node->conf.raft.max_uncommitted_bytes;
    }
    position = leader != 0 ? link_position(node, leader) : RAFT_MEMBERS_MAX;
    return position < RAFT_MEMBERS_MAX && node->link_is_up[position];
}

static void propose(struct core_loop *loop, struct request *request)
{
    struct raft_entry *entry = request->entry;

    request->entry = NULL;
    entry->origin = loop->node->origin;
    entry->sequence = request->sequence;
    add_event(loop, RAFT_EVENT_PROPOSE)->entry = entry;
    loop->turn.entries[loop->turn.entry_count++] = entry;
}

static void gather_held(struct core_loop *loop)
{
    struct requests *requests = &loop->node->requests;
    struct request *request;

    while (loop->turn.count < EVENTS_MAX - 1 &&
           (request = requests_peek(requests, &requests->held)) != NULL) {
        propose(loop, request);
        requests_advance(requests, &requests->held, REQUEST_PROPOSED);
    }
}

static void gather_client(struct core_loop *loop, struct raftd_client *client, bool proposable)
{
    struct raftd_node *node = loop->node;
    uint64_t deadline_ms = loop->turn.now_ms + node->conf.raft.request_timeout_ms;
    struct client_request from;

    for (size_t i = 0; i < CLIENT_EVENTS_MAX && loop->turn.count < EVENTS_MAX - 1; i++) {
        if (!requests_has_room(&node->requests) || !client_pop(client, &from)) {
            return;
        }
        if (!loop->turn.ready) {
            client_complete(client, from.tag, RAFTD_ERROR_NOT_READY, 0, NULL);
            raft_entry_release(from.entry);
        } else if (from.is_read) {
            requests_add(&node->requests, REQUEST_READ_NEW, client, from.tag, deadline_ms,
                         from.entry);
        } else if (!proposable || requests_peek(&node->requests, &node->requests.held) != NULL) {
            /* Behind others that are held, too: a client's commands keep their order. */
            requests_add(&node->requests, REQUEST_HELD, client, from.tag, deadline_ms, from.entry);
        } else {
            propose(loop, requests_add(&node->requests, REQUEST_PROPOSED, client, from.tag,
                                       deadline_ms, from.entry));
        }
    }
}

/*
 * All clients in turn, each time beginning with another one: a batch that is full early is not
 * always full of the same clients' requests. What a client asked for before it closed still
 * goes on, so it is let go of only once its ring is empty.
 */
static void gather_clients(struct core_loop *loop, bool proposable)
{
    struct raftd_node *node = loop->node;

    loop->first_client++;
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        size_t slot = (loop->first_client + i) % NODE_CLIENTS_MAX;
        struct raftd_client *client =
            atomic_load_explicit(&node->clients[slot], memory_order_acquire);
        bool closing = client != NULL && client_is_closing(client);

        if (client == NULL) {
            continue;
        }
        gather_client(loop, client, proposable);
        if (closing && !client_has_requests(client)) {
            requests_forget_client(&node->requests, client);
            atomic_store(&node->clients[slot], NULL);
            client_free(client);
        }
    }
}

/* One read round at a time: what arrives during one is asked in the next (a natural batch). */
static void gather_reads(struct core_loop *loop)
{
    struct requests *requests = &loop->node->requests;

    if (!loop->turn.ready || requests_peek(requests, &requests->reads_asked) != NULL ||
        requests_peek(requests, &requests->reads_new) == NULL) {
        return;
    }
    requests_ask_reads(requests);
    add_event(loop, RAFT_EVENT_READ)->read_id = ++loop->read_id;
}

static void gather(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    loop->turn.now_ms = clock_monotonic_ms();
    loop->turn.ready = atomic_load_explicit(&node->ready, memory_order_acquire);
    if (loop->turn.ready) {
        loop->core_now_ms = loop->turn.now_ms;
    }
    gather_writes(loop);
    for (size_t i = 0; i < node->link_count; i++) {
        gather_link(loop, i);
    }
    if (loop->turn.ready && can_propose(node)) {
        gather_held(loop);
        gather_clients(loop, true);
    } else {
        gather_clients(loop, false);
    }
    gather_reads(loop);
}

/*
 * While the log writer has no room the core is not stepped. Clients' requests are taken in all
 * the same, to be held: the deadline of each runs, and its client gets an answer however long
 * the disk hangs.
 */
static void gather_for_later(struct core_loop *loop)
{
    loop->turn.now_ms = clock_monotonic_ms();
    loop->turn.ready = atomic_load_explicit(&loop->node->ready, memory_order_acquire);
    gather_clients(loop, false);
    ASSERT(loop->turn.count == 0);
}

/* ---- acting ---- */

/* A message that did not leave is lost, as on any network. But proposals that never left were
 * definitely not applied, and whoever waits for them can be told at once. */
static void lose_message(struct raftd_node *node, const struct raft_message *message)
{
    if (message->type != RAFT_MESSAGE_PROPOSE) {
        return;
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        struct request *request = requests_find(&node->requests, message->entries[i]->sequence);

        if (request != NULL) {
            fail_request(node, request, RAFTD_ERROR_NOT_LEADER);
        }
    }
}

/* In which term these proposals can be appended: that decides when they no longer can. */
static void note_term(struct raftd_node *node, struct raft_entry *const *entries, size_t count,
                      uint64_t term)
{
    for (size_t i = 0; i < count; i++) {
        struct request *request = requests_find(&node->requests, entries[i]->sequence);

        if (request != NULL) {
            request->term = term;
        }
    }
}

/* The same for what this node, as leader, has just appended itself. */
static void note_own_terms(struct core_loop *loop)
{
    for (size_t i = 0; i < loop->turn.entry_count; i++) {
        struct raft_entry *entry = loop->turn.entries[i];

        if (entry->index != 0) {
            note_term(loop->node, &entry, 1, entry->term);
        }
    }
}

static void send_messages(struct core_loop *loop, const struct raft_outbox *outbox)
{
    struct raftd_node *node = loop->node;

    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct raft_message *message = &outbox->messages[i];
        size_t position = link_position(node, message->to);

        if (message->type == RAFT_MESSAGE_PROPOSE) {
            note_term(node, message->entries, message->entry_count, message->term);
        }
        if (position == RAFT_MEMBERS_MAX || !node->link_is_up[position]) {
            lose_message(node, message);
        } else if (message->after_write != 0) {
            ASSERT(loop->newest_write != NULL);
            ASSERT(loop->newest_write->write.sequence == message->after_write);
            write_request_gate(loop->newest_write, node->links[position],
                               wire_message_encode(message));
        } else if (link_send(node->links[position], wire_message_encode(message))) {
            loop->frames_sent[position] = true;
        } else {
            lose_message(node, message);
        }
    }
}

static void refuse_proposals(struct raftd_node *node, const struct raft_outbox *outbox)
{
    for (size_t i = 0; i < outbox->refused_count; i++) {
        struct request *request = NULL;

        if (outbox->refused[i].origin == node->origin) {
            request = requests_find(&node->requests, outbox->refused[i].sequence);
        }
        if (request != NULL) {
            fail_request(node, request, RAFTD_ERROR_NOT_LEADER);
        }
    }
}

/* What did not find an answer in time gets the one that is true. */
static void expire_requests(struct raftd_node *node, uint64_t now_ms)
{
    struct request *request;

    while ((request = requests_oldest(&node->requests)) != NULL && request->deadline_ms <= now_ms) {
        fail_request(node, request,
                     request->state == REQUEST_PROPOSED ? RAFTD_ERROR_TIMEOUT
                                                        : RAFTD_ERROR_UNAVAILABLE);
    }
}

static void log_state(struct core_loop *loop)
{
    struct raft_status status;

    raft_get_status(loop->node->core, loop->turn.now_ms, &status);
    if (status.role == loop->seen_role && status.leader == loop->seen_leader &&
        status.term == loop->seen_term) {
        return;
    }
    loop->seen_role = status.role;
    loop->seen_leader = status.leader;
    loop->seen_term = status.term;
    if (status.leader != 0) {
        LOG_INFO("%s in term %llu, leader is node %u, last index %llu, commit index %llu",
                 raft_role_name(status.role), (unsigned long long)status.term, status.leader,
                 (unsigned long long)status.last_index, (unsigned long long)status.commit_index);
    } else {
        LOG_INFO("%s in term %llu, no leader, last index %llu, commit index %llu",
                 raft_role_name(status.role), (unsigned long long)status.term,
                 (unsigned long long)status.last_index, (unsigned long long)status.commit_index);
    }
}

static void report_violation(const struct raft_outbox *outbox)
{
    static struct log_throttle throttle;

    if (outbox->violation != 0 && log_throttle_pass(&throttle, 1000)) {
        LOG_WARNING("node %u sent a message that no correct member sends; ignored "
                    "(do all members run the same version, with data of the same cluster?)",
                    outbox->violator);
    }
}

/* Steps the core with what was gathered and applies what became possible. */
static void step(struct core_loop *loop, struct raft_outbox *outbox)
{
    struct raftd_node *node = loop->node;

    mutex_lock(&node->core_mutex);
    raft_step(node->core, loop->core_now_ms, loop->turn.events, loop->turn.count, outbox);
    if (outbox->read_confirmed && outbox->read_id == loop->read_id) {
        requests_confirm_reads(&node->requests, outbox->read_index);
    }
    loop->more_to_apply = apply_committed_locked(node, outbox->commit_index);
    apply_reads_locked(node);
    mutex_unlock(&node->core_mutex);
}

static void act(struct core_loop *loop, const struct raft_outbox *outbox)
{
    struct raftd_node *node = loop->node;

    if (outbox->has_write) {
        loop->newest_write = write_request_make(&outbox->write);
    }
    note_own_terms(loop);
    send_messages(loop, outbox);
    if (outbox->has_write) {
        log_writer_submit(node->log_writer, loop->newest_write);
    }
    refuse_proposals(node, outbox);
    report_violation(outbox);
    if (outbox->state_changed) {
        log_state(loop);
    }
}

static void wake_consumers(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    for (size_t i = 0; i < node->link_count; i++) {
        if (loop->frames_sent[i]) {
            loop->frames_sent[i] = false;
            link_wake(node->links[i]);
        }
    }
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        struct raftd_client *client = atomic_load_explicit(&node->clients[i], memory_order_acquire);

        if (client != NULL && client_take_wake(client)) {
            client_wake(client);
        }
    }
}

static void end_turn(struct core_loop *loop)
{
    for (size_t i = 0; i < loop->turn.message_count; i++) {
        wire_message_free(loop->turn.messages[i]);
    }
    for (size_t i = 0; i < loop->turn.entry_count; i++) {
        raft_entry_release(loop->turn.entries[i]);
    }
    loop->turn.message_count = 0;
    loop->turn.entry_count = 0;
    loop->turn.count = 0;
}

/* ---- the loop ---- */

static bool clients_have_work(const struct raftd_node *node)
{
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        const struct raftd_client *client =
            atomic_load_explicit(&node->clients[i], memory_order_acquire);

        if (client != NULL && (client_has_requests(client) || client_is_closing(client))) {
            return true;
        }
    }
    return false;
}

/*
 * Whether the last turn made way for requests that had to wait when it gathered: a leader or
 * room for held proposals, the end of a round for the next reads. No event announces that.
 */
static bool waiting_can_go_on(struct raftd_node *node)
{
    struct requests *requests = &node->requests;

    if (!atomic_load_explicit(&node->ready, memory_order_acquire)) {
        return false;
    }
    return (requests_peek(requests, &requests->held) != NULL && can_propose(node)) ||
           (requests_peek(requests, &requests->reads_new) != NULL &&
            requests_peek(requests, &requests->reads_asked) == NULL);
}

static bool has_work(const struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    if (log_writer_has_done(node->log_writer) ||
        atomic_load_explicit(&node->core_stop, memory_order_acquire)) {
        return true;
    }
    if (clients_have_work(node)) {
        return true;
    }
    if (!log_writer_has_room(node->log_writer)) {
        return false; /* backpressure: nothing else counts until the disk has caught up */
    }
    if (loop->more_to_apply || waiting_can_go_on(node)) {
        return true;
    }
    for (size_t i = 0; i < node->link_count; i++) {
        if (link_has_events(node->links[i])) {
            return true;
        }
    }
    return false;
}

/* Until the core's next deadline or that of the oldest request; -1 = until woken. */
static int sleep_ms(const struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    uint64_t now = clock_monotonic_ms();
    uint64_t deadline = UINT64_MAX;
    const struct request *oldest = requests_oldest(&node->requests);

    if (log_writer_has_room(node->log_writer) &&
        atomic_load_explicit(&node->ready, memory_order_acquire)) {
        deadline = raft_next_deadline(node->core);
    }
    if (oldest != NULL && oldest->deadline_ms < deadline) {
        deadline = oldest->deadline_ms;
    }
    if (deadline == UINT64_MAX) {
        return -1;
    }
    if (deadline <= now) {
        return 0;
    }
    return deadline - now < 60000 ? (int)(deadline - now) : 60000;
}

static void wait_for_work(struct core_loop *loop)
{
    struct waker *waker = &loop->node->core_waker;

    if (has_work(loop)) {
        return;
    }
    waker_prepare(waker);
    if (!has_work(loop)) {
        waker_wait(waker, sleep_ms(loop));
    }
    waker_done(waker);
}

static void publish_figures(struct raftd_node *node)
{
    atomic_store_explicit(&node->proposals_pending, node->requests.proposal_count,
                          memory_order_relaxed);
    atomic_store_explicit(&node->reads_pending, node->requests.read_count, memory_order_relaxed);
}

static void turn(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct raft_outbox outbox;

    if (log_writer_has_room(node->log_writer) || log_writer_has_done(node->log_writer)) {
        gather(loop);
        if (loop->turn.ready || loop->turn.count > 0 || loop->more_to_apply) {
            step(loop, &outbox);
            act(loop, &outbox);
        }
    } else {
        gather_for_later(loop);
    }
    expire_requests(node, clock_monotonic_ms());
    publish_figures(node);
    wake_consumers(loop);
    end_turn(loop);
}

/*
 * Orderly end: gives up leading and answers everybody who still waits. A disk that hangs is not
 * waited for: then the core cannot be stepped, and the others find out by themselves.
 */
static void finish(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct raft_outbox outbox;
    struct request *request;

    gather_writes(loop);
    if (log_writer_has_room(node->log_writer)) {
        add_event(loop, RAFT_EVENT_STEP_DOWN);
        step(loop, &outbox);
        act(loop, &outbox);
    }
    while ((request = requests_oldest(&node->requests)) != NULL) {
        fail_request(node, request,
                     request->state == REQUEST_PROPOSED ? RAFTD_ERROR_TIMEOUT
                                                        : RAFTD_ERROR_STOPPED);
    }
    wake_consumers(loop);
    end_turn(loop);
}

void core_thread_run(void *argument)
{
    struct core_loop *loop = memory_allocate_zeroed(1, sizeof(*loop));
    struct raftd_node *node = argument;

    loop->node = node;
    loop->core_now_ms = clock_monotonic_ms();
    while (!atomic_load_explicit(&node->core_stop, memory_order_acquire)) {
        wait_for_work(loop);
        turn(loop);
    }
    finish(loop);
    memory_free(loop);
}
