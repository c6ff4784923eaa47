/*
 * Carries news between the member and the snapshot worker, and slices from the state machine to the
 * worker. What is to be done is the member's decision (src/member/snapshots.c). Core thread; never
 * waits.
 */
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
};

/* ---- news of the worker ---- */

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

static void tell(struct core_loop *loop, const struct snapshot_event *news)
{
    const struct member_saved saved = {
        .code = news->code,
        .index = news->index,
        .needed_index = news->needed_index,
        .before_index = news->before_index,
    };

    switch (news->type) {
    case SNAPSHOT_EVENT_SAVED:
        if (news->code != 0) {
            LOG_WARNING("the snapshot of index %llu was not saved; the next try begins in %d s",
                        (unsigned long long)news->index, NODE_SNAPSHOT_RETRY_MS / 1000);
        }
        member_snapshot_saved(loop->member, &saved);
        break;
    case SNAPSHOT_EVENT_FRAME:
        on_frame(loop, news);
        break;
    case SNAPSHOT_EVENT_SENT:
        member_snapshot_sent(loop->member, news->peer, news->index);
        break;
    case SNAPSHOT_EVENT_FAILED:
        member_snapshot_not_sent(loop->member, news->peer);
        break;
    case SNAPSHOT_EVENT_RECEIVED:
        member_snapshot_received(loop->member, news->peer, news->info, news->staged,
                                 news->content_bytes);
        break;
    case SNAPSHOT_EVENT_ENDED:
        member_transfers_ended(loop->member, news->needed_index);
        break;
    case SNAPSHOT_EVENT_DAMAGED:
        member_snapshot_damaged(loop->member, news->index, news->before_index);
        break;
    }
}

void snapshots_intake(struct core_loop *loop)
{
    struct snapshot_worker *worker = loop->node->snapshots;
    struct snapshot_event news;

    for (size_t i = 0; worker != NULL && i < EVENTS_A_TURN && member_has_room(loop->member) &&
                       member_takes_snapshot(loop->member) && snapshot_worker_next(worker, &news);
         i++) {
        tell(loop, &news);
    }
}

/* ---- what the member wants ---- */

static void abort_saving(struct core_loop *loop, const struct member_task *task)
{
    const struct raftd_node *node = loop->node;

    if (task->is_slicing) {
        node->machine.snapshot_end(node->machine.context);
        snapshot_worker_save_abort(node->snapshots);
    }
}

static void run_task(struct core_loop *loop, const struct member_task *task)
{
    const struct raftd_node *node = loop->node;
    struct snapshot_worker *worker = node->snapshots;

    switch (task->type) {
    case MEMBER_TASK_ABORT:
        abort_saving(loop, task);
        break;
    case MEMBER_TASK_INSTALL:
        node->machine.restore_commit(node->machine.context, task->staged);
        LOG_INFO("installed the snapshot of index %llu", (unsigned long long)task->index);
        break;
    case MEMBER_TASK_DROP:
        snapshot_worker_drop_staged(worker, task->staged);
        break;
    case MEMBER_TASK_SEND:
        snapshot_worker_send(worker, task->peer);
        break;
    case MEMBER_TASK_FORGET:
        snapshot_worker_forget(worker, task->peer);
        break;
    case MEMBER_TASK_LINK:
        snapshot_worker_link(worker, task->peer, task->up);
        break;
    }
}

void snapshots_run_tasks(struct core_loop *loop)
{
    struct member_task task;

    while (member_next_task(loop->member, &task)) {
        if (loop->node->snapshots != NULL) {
            run_task(loop, &task);
        }
    }
}

static bool can_slice(const struct core_loop *loop)
{
    return member_wants_slice(loop->member) && snapshot_worker_has_room(loop->node->snapshots);
}

static void begin_due(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct snapshot_info info;

    if (atomic_load_explicit(&node->snapshot_wanted, memory_order_relaxed) &&
        atomic_exchange(&node->snapshot_wanted, false)) {
        member_want_snapshot(loop->member);
    }
    if (!member_begin_snapshot(loop->member, &info)) {
        return;
    }
    info.nonce = random_u64();
    node->machine.snapshot_begin(node->machine.context);
    snapshot_worker_save_begin(node->snapshots, &info, member_log_floor(loop->member));
    LOG_INFO("saving a snapshot of index %llu", (unsigned long long)info.index);
}

void snapshots_slice(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct raftd_snapshot_sink sink = {{0}};
    size_t size;
    bool is_last;

    if (node->snapshots == NULL) {
        return;
    }
    begin_due(loop);
    if (!can_slice(loop)) {
        return;
    }
    is_last = node->machine.snapshot_next(node->machine.context, &sink, SLICE_BYTES);
    size = sink.bytes.size_bytes;
    if (size > 0) {
        snapshot_worker_save_slice(node->snapshots, sink.bytes.data, size);
    }
    if (is_last) {
        node->machine.snapshot_end(node->machine.context);
        snapshot_worker_save_end(node->snapshots);
    }
    member_sliced(loop->member, size, is_last);
}

bool snapshots_have_work(const struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;

    return node->snapshots != NULL && node_takes_part(node) &&
           (snapshot_worker_has_events(node->snapshots) || can_slice(loop) ||
            atomic_load_explicit(&node->snapshot_wanted, memory_order_acquire));
}
