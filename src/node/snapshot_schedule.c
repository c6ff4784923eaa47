/*
 * The core thread's part of snapshots; see snapshot_schedule.h. Never waits.
 *
 * test/sim/host_snapshot.c does the same in the simulator: a change here needs a change there.
 */
#include "node/snapshot_schedule.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/core_loop.h"
#include "snapshot/sink.h"
#include "snapshot/worker.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    /* Bytes of the state that are taken in one turn. This needs a few dozen microseconds, so no
     * command waits long for it. */
    SLICE_BYTES = 64 * 1024,
    EVENTS_A_TURN = 64,
    RETRY_MS = 10000, /* after a snapshot that failed, for example because the disk is full */
};

/* ---- news of the worker ---- */

/*
 * The first entry that is kept in memory. The snapshot covers the others, but the last keep_entries
 * of them are kept for slow followers, and those after an older snapshot that is being sent to a
 * peer.
 */
static uint64_t keep_from(const struct raftd_node *node, uint64_t index, uint64_t needed_index)
{
    uint64_t keep = node->conf.snapshot.keep_entries;
    uint64_t from = index >= keep ? index - keep + 1 : 1;

    return needed_index < from ? needed_index + 1 : from;
}

/* The last entry that may be removed from the disk. There the log reaches back to the snapshot
 * before the new one: if the new one turns out to be damaged, a start uses the one before (T35). */
static uint64_t keep_on_disk(const struct snapshot_event *news, uint64_t keep_from)
{
    return news->before_index != 0 && news->before_index < keep_from ? news->before_index
                                                                     : keep_from - 1;
}

static void on_saved(struct core_loop *loop, const struct snapshot_event *news)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;
    struct raft_event *event;

    if (!schedule->is_saving || news->index != schedule->saving_index) {
        return; /* about a snapshot that was given up */
    }
    schedule->is_saving = false;
    if (news->code != 0) {
        schedule->retry_ms = loop->turn.now_ms + RETRY_MS;
        return;
    }
    schedule->taken_index = news->index;
    schedule->content_bytes = schedule->saving_bytes;
    event = intake_event(loop, RAFT_EVENT_SNAPSHOT_SAVED);
    event->saved.index = news->index;
    event->saved.term = schedule->saving_term;
    event->saved.keep_from = keep_from(node, news->index, news->needed_index);
    log_writer_compact(node->log_writer, keep_on_disk(news, event->saved.keep_from));
}

static void on_received(struct core_loop *loop, const struct snapshot_event *news)
{
    struct snapshot_schedule *schedule = &loop->snapshots;
    struct raft_event *event = intake_event(loop, RAFT_EVENT_SNAPSHOT_RECEIVED);

    ASSERT(schedule->staged == NULL && schedule->received == NULL);
    schedule->received = news->info;
    schedule->staged = news->staged;
    event->received.from = news->peer;
    event->received.index = news->info->index;
    event->received.term = news->info->term;
    event->received.time_ms = news->info->time_ms;
    event->received.membership = &news->info->membership;
}

static void on_frame(struct core_loop *loop, const struct snapshot_event *news)
{
    struct link_table *links = &loop->node->links;
    size_t position = link_table_find(links, news->peer);

    if (position == RAFT_MEMBERS_MAX) {
        memory_free(news->frame);
        snapshot_worker_forget(loop->node->snapshots, news->peer); /* it is no member any more */
    } else if (link_send(links->links[position], WIRE_BULK, news->frame)) {
        links->frames_sent[position] = true;
    }
}

void snapshot_intake(struct core_loop *loop)
{
    struct snapshot_worker *worker = loop->node->snapshots;
    struct snapshot_event news;

    if (worker == NULL || !loop->turn.ready) {
        return;
    }
    for (size_t i = 0; i < EVENTS_A_TURN && loop->turn.count < EVENTS_MAX - EVENTS_KEPT &&
                       loop->snapshots.staged == NULL && snapshot_worker_next(worker, &news);
         i++) {
        switch (news.type) {
        case SNAPSHOT_EVENT_SAVED:
            on_saved(loop, &news);
            break;
        case SNAPSHOT_EVENT_FRAME:
            on_frame(loop, &news);
            break;
        case SNAPSHOT_EVENT_SENT:
            intake_event(loop, RAFT_EVENT_SNAPSHOT_SENT)->peer = news.peer;
            break;
        case SNAPSHOT_EVENT_FAILED:
            intake_event(loop, RAFT_EVENT_SNAPSHOT_FAILED)->peer = news.peer;
            break;
        case SNAPSHOT_EVENT_RECEIVED:
            on_received(loop, &news);
            break;
        }
    }
}

/* ---- installing ---- */

static void abort_saving(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;

    if (schedule->is_slicing) {
        node->machine.snapshot_end(node->machine.context);
        snapshot_worker_save_abort(node->snapshots);
        schedule->is_slicing = false;
    }
    schedule->is_saving = false;
}

/*
 * A snapshot was installed. A command that was proposed here may or may not be contained in it:
 * this node does not have the entries, so it cannot find out. "Certainly not applied" might be
 * wrong, so the outcome is unknown (T52, T53).
 */
static void fail_proposals(struct raftd_node *node)
{
    struct waiting_request *request = waiting_oldest(&node->waiting);

    while (request != NULL) {
        struct waiting_request *newer = waiting_newer(&node->waiting, request);

        if (request->state == WAITING_PROPOSED) {
            fail_request(node, request, RAFTD_ERROR_TIMEOUT);
        }
        request = newer;
    }
}

void snapshot_install_locked(struct core_loop *loop, const struct raft_outbox *outbox)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;

    ASSERT(mutex_is_mine(&node->core_mutex));
    if (schedule->staged == NULL) {
        ASSERT(!outbox->has_install);
        return;
    }
    if (outbox->has_install) {
        ASSERT(outbox->install_index == schedule->received->index);
        abort_saving(loop);
        node->machine.restore_commit(node->machine.context, schedule->staged);
        node->applied_index = outbox->install_index;
        node->applied_term = outbox->install_term;
        node->applied_time_ms = schedule->received->time_ms;
        schedule->taken_index = outbox->install_index;
        schedule->applied_bytes = node->applied_bytes;
        fail_proposals(node);
        LOG_INFO("installed the snapshot of index %llu", (unsigned long long)outbox->install_index);
    } else {
        snapshot_worker_drop_staged(node->snapshots, schedule->staged);
    }
    schedule->staged = NULL;
    memory_free(schedule->received);
    schedule->received = NULL;
}

/* ---- saving ---- */

/*
 * Whether a snapshot is due: since the last one there were log_entries entries, or log_bytes of
 * them and as many bytes as the last snapshot had. So saving never writes more than the log does.
 */
static bool is_due(const struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;
    const struct snapshot_schedule *schedule = &loop->snapshots;
    uint64_t entries = node->applied_index - schedule->taken_index;
    uint64_t bytes = node->applied_bytes - schedule->applied_bytes;

    if (schedule->is_saving || node->applied_index <= schedule->taken_index) {
        return false;
    }
    if (schedule->is_wanted) {
        return true;
    }
    if (loop->turn.now_ms < schedule->retry_ms) {
        return false;
    }
    return entries >= node->conf.snapshot.log_entries ||
           (bytes >= node->conf.snapshot.log_bytes && bytes >= schedule->content_bytes);
}

static void begin(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;
    struct snapshot_info info = {
        .cluster_id = node->cluster_id,
        .index = node->applied_index,
        .term = node->applied_term,
        .time_ms = node->applied_time_ms,
        .nonce = random_u64(),
    };

    raft_membership_at(node->core, node->applied_index, &info.membership);
    schedule->is_wanted = false;
    schedule->is_saving = true;
    schedule->is_slicing = true;
    schedule->saving_index = info.index;
    schedule->saving_term = info.term;
    schedule->saving_bytes = 0;
    schedule->applied_bytes = node->applied_bytes;
    node->machine.snapshot_begin(node->machine.context);
    snapshot_worker_save_begin(node->snapshots, &info);
    LOG_INFO("saving a snapshot of index %llu", (unsigned long long)info.index);
}

static bool can_slice(const struct core_loop *loop)
{
    return loop->snapshots.is_slicing && snapshot_worker_has_room(loop->node->snapshots);
}

void snapshot_slice_locked(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;
    struct raftd_snapshot_sink sink = {{0}};
    bool is_last;

    ASSERT(mutex_is_mine(&node->core_mutex));
    if (node->snapshots == NULL) {
        return;
    }
    if (atomic_load_explicit(&node->snapshot_wanted, memory_order_relaxed) &&
        atomic_exchange(&node->snapshot_wanted, false)) {
        /* A node that has applied nothing yet saves its first snapshot as soon as it has applied an
         * entry. */
        schedule->is_wanted =
            node->applied_index > schedule->taken_index || schedule->taken_index == 0;
    }
    if (is_due(loop)) {
        begin(loop);
    }
    if (!can_slice(loop)) {
        return;
    }
    is_last = node->machine.snapshot_next(node->machine.context, &sink, SLICE_BYTES);
    schedule->saving_bytes += sink.bytes.size_bytes;
    if (sink.bytes.size_bytes > 0) {
        snapshot_worker_save_slice(node->snapshots, sink.bytes.data, sink.bytes.size_bytes);
    }
    if (is_last) {
        node->machine.snapshot_end(node->machine.context);
        schedule->is_slicing = false;
        snapshot_worker_save_end(node->snapshots);
    }
}

/* ---- the rest of a turn ---- */

void snapshot_act(struct core_loop *loop, const struct raft_outbox *outbox)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;
    bool is_leader = raft_get_role(node->core) == RAFT_LEADER;

    if (node->snapshots == NULL) {
        return;
    }
    if (schedule->was_leader && !is_leader) {
        snapshot_worker_forget(node->snapshots, 0);
    }
    schedule->was_leader = is_leader;
    for (size_t i = 0; i < outbox->snapshot_peer_count; i++) {
        snapshot_worker_send(node->snapshots, outbox->snapshot_peers[i]);
    }
    if (outbox->has_install) {
        log_writer_compact(node->log_writer, outbox->install_index);
    }
}

bool snapshot_has_work(const struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;

    return node->snapshots != NULL && node_takes_part(node) &&
           (snapshot_worker_has_events(node->snapshots) || can_slice(loop) ||
            atomic_load_explicit(&node->snapshot_wanted, memory_order_acquire));
}

void snapshot_finish(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;

    if (node->snapshots == NULL) {
        return;
    }
    abort_saving(loop);
    if (schedule->staged != NULL) {
        snapshot_worker_drop_staged(node->snapshots, schedule->staged);
        schedule->staged = NULL;
        memory_free(schedule->received);
    }
}

void snapshot_ask(struct core_loop *loop, struct raftd_reply *reply)
{
    const struct raftd_node *node = loop->node;
    struct snapshot_schedule *schedule = &loop->snapshots;
    char text[120];

    if (schedule->is_saving) {
        snprintf(text, sizeof(text), "a snapshot of index %llu is being saved already",
                 (unsigned long long)schedule->saving_index);
    } else if (node->applied_index <= schedule->taken_index) {
        snprintf(text, sizeof(text),
                 "the snapshot of index %llu contains every applied entry already",
                 (unsigned long long)schedule->taken_index);
    } else {
        schedule->is_wanted = true;
        snprintf(text, sizeof(text), "saving a snapshot of index %llu or later",
                 (unsigned long long)node->applied_index);
    }
    raftd_reply_write(reply, text, strlen(text));
}
