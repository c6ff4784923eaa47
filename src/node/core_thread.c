/*
 * The Raft core thread. In each turn it takes events from all rings (intake.c), steps the core with
 * them as one batch, and acts once: one log write, the frames for each peer, one wake-up for each
 * consumer. Only this thread changes the core and the state machine; the mutex lets other threads
 * read them. It never touches a disk, a socket or TLS.
 *
 * test/sim/host_turn.c does the same in the simulator: a change here needs a change there.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

/* ---- acting ---- */

/*
 * Notes what became of forwarded proposals. If the message left, the leader may append them, but
 * only in the message's term: the request remembers it, and refuse_earlier_terms() uses it. If the
 * message did not leave, they were certainly not appended, and the clients are told so at once.
 */
static void note_forwarded(struct raftd_node *node, const struct raft_message *message, bool left)
{
    for (uint32_t i = 0; i < message->entry_count; i++) {
        struct waiting_request *request =
            waiting_find(&node->waiting, message->entries[i]->sequence);

        if (request != NULL && left) {
            request->term = message->term;
        } else if (request != NULL) {
            fail_request(node, request, RAFTD_ERROR_NOT_LEADER);
        }
    }
}

/* The same for the proposals that this node, as the leader, has just appended itself. */
static void note_own_terms(struct core_loop *loop)
{
    for (size_t i = 0; i < loop->turn.entry_count; i++) {
        const struct raft_entry *entry = loop->turn.entries[i];
        struct waiting_request *request = NULL;

        if (entry->index != 0) {
            request = waiting_find(&loop->node->waiting, entry->sequence);
        }
        if (request != NULL) {
            request->term = entry->term;
        }
    }
}

/*
 * Sends a message, or attaches it to the log write that it has to wait for. False if it was
 * dropped, as a network may do: the peer has no connection, or its ring is full.
 */
static bool send_message(struct core_loop *loop, const struct raft_message *message)
{
    struct link_table *links = &loop->node->links;
    size_t position = link_table_find(links, message->to);

    if (position == RAFT_MEMBERS_MAX || !links->is_up[position]) {
        return false;
    }
    if (message->after_write != 0) {
        ASSERT(loop->newest_write != NULL);
        ASSERT(loop->newest_write->write.sequence == message->after_write);
        write_request_gate(loop->newest_write, message->to, wire_message_encode(message));
        return true;
    }
    if (!link_send(links->links[position], wire_message_class(message),
                   wire_message_encode(message))) {
        return false;
    }
    links->frames_sent[position] = true;
    return true;
}

static void send_messages(struct core_loop *loop, const struct raft_outbox *outbox)
{
    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct raft_message *message = &outbox->messages[i];
        bool left = send_message(loop, message);

        if (message->type == RAFT_MESSAGE_PROPOSE) {
            note_forwarded(loop->node, message, left);
        }
    }
}

static void refuse_proposals(struct raftd_node *node, const struct raft_outbox *outbox)
{
    for (size_t i = 0; i < outbox->refused_count; i++) {
        struct waiting_request *request = NULL;

        if (outbox->refused[i].origin == node->origin) {
            request = waiting_find(&node->waiting, outbox->refused[i].sequence);
        }
        if (request != NULL) {
            member_changes_refuse(node, request, outbox->refused[i].reason);
        }
    }
}

/* Answers the requests whose deadline has come. A proposal may still be applied, so its outcome is
 * unknown; every other request has certainly had no effect. */
static void expire_requests(struct raftd_node *node, uint64_t now_ms)
{
    struct waiting_request *request;

    while ((request = waiting_oldest(&node->waiting)) != NULL && request->deadline_ms <= now_ms) {
        fail_request(node, request,
                     request->state == WAITING_PROPOSED ? RAFTD_ERROR_TIMEOUT
                                                        : RAFTD_ERROR_UNAVAILABLE);
    }
}

static void log_state(struct core_loop *loop)
{
    char leader[32] = "no leader";
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
        snprintf(leader, sizeof(leader), "leader is node %u", status.leader);
    }
    LOG_INFO("%s in term %llu, %s, last index %llu, commit index %llu", raft_role_name(status.role),
             (unsigned long long)status.term, leader, (unsigned long long)status.last_index,
             (unsigned long long)status.commit_index);
}

static void report_violation(const struct raft_outbox *outbox)
{
    static struct log_throttle throttle;

    if (outbox->violation != 0 && log_throttle_pass(&throttle, 1000)) {
        LOG_WARNING("ignored a message from node %u that breaks the rules of Raft: check that all "
                    "members run the same version, with data of the same cluster",
                    outbox->violator);
    }
}

/* Steps the core with the batch, then installs, applies and answers what that made possible. */
static void step(struct core_loop *loop, struct raft_outbox *outbox)
{
    struct raftd_node *node = loop->node;

    mutex_lock(&node->core_mutex);
    raft_step(node->core, loop->core_now_ms, loop->turn.events, loop->turn.count, outbox);
    snapshot_install_locked(loop, outbox);
    if (outbox->read_confirmed && outbox->read_id == loop->read_id) {
        waiting_confirm_reads(&node->waiting, outbox->read_index);
        reads_round_confirmed(node, outbox->read_index, loop->read_asked_ms);
    }
    loop->more_to_apply = apply_committed_locked(node, outbox->commit_index);
    snapshot_slice_locked(loop);
    reads_answer_locked(node, outbox->commit_index, loop->core_now_ms);
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
    snapshot_act(loop, outbox);
    refuse_proposals(node, outbox);
    report_violation(outbox);
    if (outbox->state_changed) {
        log_state(loop);
    }
}

static void wake_consumers(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    for (size_t i = 0; i < node->links.count; i++) {
        if (node->links.frames_sent[i]) {
            node->links.frames_sent[i] = false;
            link_wake(node->links.links[i]);
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
 * Whether the last turn ended the reason why requests had to wait at its intake: there is a leader
 * now, or room, for the held proposals, or a round has ended, so that the next reads can be asked.
 * No event announces that, so without this question they would wait for the next event of another
 * kind.
 */
static bool waiting_can_go_on(struct raftd_node *node)
{
    struct waiting *waiting = &node->waiting;

    if (!node_takes_part(node)) {
        return false;
    }
    return (waiting_peek(waiting, &waiting->held) != NULL && intake_can_propose(node)) ||
           (waiting_peek(waiting, &waiting->reads_new) != NULL &&
            waiting_peek(waiting, &waiting->reads_asked) == NULL);
}

static bool has_work(const struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    if (log_writer_has_done(node->log_writer) ||
        atomic_load_explicit(&node->core_stop, memory_order_acquire) ||
        atomic_load_explicit(&node->introduced, memory_order_acquire)) {
        return true;
    }
    if (clients_have_work(node)) {
        return true;
    }
    if (!log_writer_has_room(node->log_writer)) {
        return false; /* the core is not stepped before the log writer has room again */
    }
    if (loop->more_to_apply || waiting_can_go_on(node) || snapshot_has_work(loop) ||
        (!loop->draining_begun && atomic_load(&node->draining) == DRAINING_ASKED)) {
        return true;
    }
    for (size_t i = 0; i < node->links.count; i++) {
        if (link_has_events(node->links.links[i])) {
            return true;
        }
    }
    return false;
}

/* Milliseconds until the core's next deadline or that of the oldest request; -1 = no deadline. */
static int sleep_ms(const struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    uint64_t now = clock_monotonic_ms();
    uint64_t deadline = UINT64_MAX;
    const struct waiting_request *oldest = waiting_oldest(&node->waiting);

    if (log_writer_has_room(node->log_writer) && node_takes_part(node)) {
        uint64_t time_due = intake_time_due_ms(loop);

        deadline = raft_next_deadline(node->core);
        deadline = time_due < deadline ? time_due : deadline;
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
    atomic_store_explicit(&node->proposals_pending, node->waiting.proposal_count,
                          memory_order_relaxed);
    atomic_store_explicit(&node->reads_pending, node->waiting.read_count, memory_order_relaxed);
}

static void turn(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct raft_outbox outbox;

    if (log_writer_has_room(node->log_writer) || log_writer_has_done(node->log_writer)) {
        intake_all(loop);
        if (loop->turn.ready || loop->turn.count > 0 || loop->more_to_apply) {
            step(loop, &outbox);
            act(loop, &outbox);
        }
    } else {
        intake_for_later(loop);
    }
    expire_requests(node, clock_monotonic_ms());
    publish_figures(node);
    wake_consumers(loop);
    members_follow(loop);
    draining_check(loop);
    end_turn(loop);
}

/*
 * The end of the thread: a leader steps down, and every request that waits is answered. If the disk
 * hangs, the core cannot be stepped; then the other nodes find out by their time-outs.
 */
static void finish(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct raft_outbox outbox;
    struct waiting_request *request;

    intake_writes(loop);
    if (log_writer_has_room(node->log_writer)) {
        intake_event(loop, RAFT_EVENT_STEP_DOWN);
        step(loop, &outbox);
        act(loop, &outbox);
    }
    while ((request = waiting_oldest(&node->waiting)) != NULL) {
        fail_request(node, request,
                     request->state == WAITING_PROPOSED ? RAFTD_ERROR_TIMEOUT
                                                        : RAFTD_ERROR_STOPPED);
    }
    snapshot_finish(loop);
    wake_consumers(loop);
    end_turn(loop);
    raft_entry_release(loop->time_entry);
}

void core_thread_run(void *argument)
{
    struct core_loop *loop = memory_allocate_zeroed(1, sizeof(*loop));
    struct raftd_node *node = argument;

    loop->node = node;
    loop->snapshots.taken_index = node->snapshot_index;
    loop->core_now_ms = clock_monotonic_ms();
    while (!atomic_load_explicit(&node->core_stop, memory_order_acquire)) {
        wait_for_work(loop);
        turn(loop);
    }
    finish(loop);
    memory_free(loop);
}
