/*
 * The snapshots of a host: the shipped worker (src/snapshot) without its thread, called some time
 * after it was given something to do; its news for the member, and the tasks that the member gives
 * it. See host.h.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/truth.h"
#include "snapshot/sink.h"
#include "snapshot/worker.h"

enum {
    SLICE_BYTES = 256, /* small, so that entries are applied between the slices */
    WORK_MIN_US = 20,
    WORK_MAX_US = 5000,
    SENDING_MS = 1000, /* how often the worker is called while a transfer is under way */
    REFUSALS_MAX = 2,
    NEWS_A_TURN = 16,
};

/* ---- start and end ---- */

void host_worker_begin(struct host *host, struct snapshot_files *files)
{
    struct snapshot_worker_options options = {
        .fs = host_files(host),
        .directory = HOST_DIRECTORY,
        .cluster_id = host->identity.cluster_id,
        .keep = host->options.snapshots_kept,
        .compress = host->options.snapshot_every % 2 == 0,
        .machine = host->machine,
        .core = &host->waker,
    };

    snapshot_worker_set_times(&options, host->options.election_timeout_ms);
    /* Frames are lost here, which a connection does not do. A quorum may wait for a lost offer, and
     * no longer than the calm allows. */
    options.offer_again_ms = 3 * host->options.election_timeout_ms;
    host->work_planned = false;
    host->is_sending = false;
    host->snapshots = snapshot_worker_create(&options, files);
    ASSERT(host->snapshots != NULL);
}

void host_worker_end(struct host *host)
{
    if (member_wants_slice(host->member)) {
        host->machine.snapshot_end(host->machine.context);
    }
    snapshot_worker_destroy(host->snapshots);
    host->snapshots = NULL;
}

/* ---- the worker's turns ---- */

static void plan_work(struct host *host, uint64_t after_us)
{
    if (!host->work_planned) {
        host->work_planned = true;
        world_plan(host->world, host->world->now_us + after_us, SIM_EVENT_SNAPSHOT, host->id, 0,
                   host->life);
    }
}

/* It was given something to do, which wakes it, also if it waits until it offers again. */
static void plan_soon(struct host *host)
{
    uint64_t by_chance_us = sim_random_between(&host->world->random, WORK_MIN_US, WORK_MAX_US);

    host->work_planned = host->work_planned && !host->is_sending;
    plan_work(host, host->work_us != 0 ? host->work_us : by_chance_us);
}

void host_on_snapshot(struct host *host, uint64_t life)
{
    if (!host->alive || host->life != life) {
        return;
    }
    host->work_planned = false;
    host->is_sending = snapshot_worker_work(host->snapshots);
    if (snapshot_worker_has_events(host->snapshots)) {
        host_plan_turn(host);
    }
    if (host->is_sending) {
        plan_work(host, 1000 * SENDING_MS);
    }
}

void host_worker_frame(struct host *host, uint16_t peer, struct wire_snapshot *frame)
{
    if (!member_takes_snapshot_frame(host->member, peer, frame)) {
        memory_free(frame);
        return;
    }
    snapshot_worker_frame(host->snapshots, peer, frame, raft_get_term(host->core));
    plan_soon(host);
}

/* ---- what the worker says ---- */

static void tell_saved(struct host *host, const struct snapshot_event *news)
{
    const struct member_saved saved = {
        .code = news->code,
        .index = news->index,
        .needed_index = news->needed_index,
        .before_index = news->before_index,
    };

    if (news->code == 0) {
        STORY(host->world, host->id, "has saved a snapshot of index %llu",
              (unsigned long long)news->index);
        world_see(host->world, SEEN_SNAPSHOT_SAVED);
        truth_on_snapshot(host->world, host->id, news->index);
    }
    member_snapshot_saved(host->member, &saved);
}

static void tell_received(struct host *host, const struct snapshot_event *news)
{
    STORY(host->world, host->id, "has received the snapshot of index %llu from node %u",
          (unsigned long long)news->index, news->peer);
    truth_on_snapshot(host->world, host->id, news->index);
    truth_check_snapshot(host->world, host->id, news->info->index, &news->info->membership);
    member_snapshot_received(host->member, news->peer, news->info, news->staged,
                             news->content_bytes);
}

/*
 * R7: a receiver refuses a file as damaged at most once: then the sender reads the file again and
 * finds the damage. Two, because the file may rot again while it is read.
 */
static void note_refusal(struct host *host, const struct snapshot_event *news)
{
    struct raftd_error error;
    struct wire_snapshot *frame;

    if (wire_snapshot_decode(&frame, news->frame->data + WIRE_HEADER_BYTES,
                             news->frame->size_bytes - WIRE_HEADER_BYTES, &error) != 0) {
        return;
    }
    if (frame->kind == WIRE_SNAPSHOT_ANSWER && frame->answer == WIRE_SNAPSHOT_REFUSED &&
        frame->offset_bytes == WIRE_SNAPSHOT_DAMAGED) {
        host->refusals = frame->id == host->refused_id ? host->refusals + 1 : 1;
        host->refused_id = frame->id;
        if (host->refusals > REFUSALS_MAX) {
            world_fail(host->world, "a damaged snapshot is not offered again and again",
                       "node %u refuses the snapshot of index %llu from node %u again", host->id,
                       (unsigned long long)frame->index, news->peer);
        }
    }
    memory_free(frame);
}

static void send_frame(struct host *host, const struct snapshot_event *news)
{
    const struct net_frame frame = {
        .message_type = NET_SNAPSHOT, .class = WIRE_BULK, .frame = news->frame};

    note_refusal(host, news);
    if (host->link_up[news->peer]) {
        net_send(host->world, host->id, news->peer, &frame);
    } else {
        memory_free(news->frame);
    }
}

void host_worker_news(struct host *host)
{
    struct snapshot_event news;

    for (size_t i = 0;
         i < NEWS_A_TURN && member_takes_snapshot(host->member) && member_has_room(host->member) &&
         snapshot_worker_next(host->snapshots, &news);
         i++) {
        if (news.type == SNAPSHOT_EVENT_FRAME) {
            send_frame(host, &news);
            continue;
        }
        host->heard_other = true;
        switch (news.type) {
        case SNAPSHOT_EVENT_SAVED:
            tell_saved(host, &news);
            break;
        case SNAPSHOT_EVENT_DAMAGED:
            STORY(host->world, host->id, "has found its snapshot of index %llu damaged",
                  (unsigned long long)news.index);
            world_see(host->world, SEEN_SNAPSHOT_ROT_FOUND);
            member_snapshot_damaged(host->member, news.index, news.before_index);
            break;
        case SNAPSHOT_EVENT_RECEIVED:
            tell_received(host, &news);
            break;
        case SNAPSHOT_EVENT_SENT:
            member_snapshot_sent(host->member, news.peer, news.index);
            break;
        case SNAPSHOT_EVENT_ENDED:
            member_transfers_ended(host->member, news.needed_index);
            break;
        case SNAPSHOT_EVENT_FAILED:
        case SNAPSHOT_EVENT_FRAME:
        default:
            member_snapshot_not_sent(host->member, news.peer);
        }
    }
}

/* ---- what the member wants ---- */

static void abort_saving(struct host *host, const struct member_task *task)
{
    if (task->is_slicing) {
        host->machine.snapshot_end(host->machine.context);
    }
    snapshot_worker_save_abort(host->snapshots);
}

static void install(struct host *host, const struct member_task *task)
{
    STORY(host->world, host->id, "installs the snapshot of index %llu",
          (unsigned long long)task->index);
    world_see(host->world, SEEN_SNAPSHOT_INSTALLED);
    host->machine.restore_commit(host->machine.context, task->staged);
    host->state_index = task->index;
    truth_on_digest(host->world, host);
}

static void carry_out(struct host *host, const struct member_task *task)
{
    switch (task->type) {
    case MEMBER_TASK_ABORT:
        abort_saving(host, task);
        break;
    case MEMBER_TASK_INSTALL:
        install(host, task);
        break;
    case MEMBER_TASK_DROP:
        snapshot_worker_drop_staged(host->snapshots, task->staged);
        break;
    case MEMBER_TASK_SEND:
        STORY(host->world, host->id, "node %u needs a snapshot", task->peer);
        snapshot_worker_send(host->snapshots, task->peer);
        break;
    case MEMBER_TASK_FORGET:
        snapshot_worker_forget(host->snapshots, task->peer);
        break;
    case MEMBER_TASK_LINK:
        snapshot_worker_link(host->snapshots, task->peer, task->up);
        break;
    }
}

void host_worker_tasks(struct host *host)
{
    struct member_task task;

    while (member_next_task(host->member, &task)) {
        carry_out(host, &task);
        plan_soon(host);
    }
}

/* ---- saving ---- */

static void begin(struct host *host, struct snapshot_info *info)
{
    info->nonce = sim_random_next(&host->world->random);
    truth_check_snapshot(host->world, host->id, info->index, &info->membership);
    host->machine.snapshot_begin(host->machine.context);
    snapshot_worker_save_begin(host->snapshots, info, member_log_floor(host->member));
}

static bool can_slice(const struct host *host)
{
    return member_wants_slice(host->member) && snapshot_worker_has_room(host->snapshots);
}

void host_worker_slice(struct host *host)
{
    struct raftd_snapshot_sink sink = {{0}};
    struct snapshot_info info;
    bool is_last;

    if (member_begin_snapshot(host->member, &info)) {
        begin(host, &info);
    }
    if (!can_slice(host)) {
        return;
    }
    is_last = host->machine.snapshot_next(host->machine.context, &sink, SLICE_BYTES);
    member_sliced(host->member, sink.bytes.size_bytes, is_last);
    if (sink.bytes.size_bytes > 0) {
        snapshot_worker_save_slice(host->snapshots, sink.bytes.data, sink.bytes.size_bytes);
    }
    if (is_last) {
        host->machine.snapshot_end(host->machine.context);
        snapshot_worker_save_end(host->snapshots);
    }
    plan_soon(host);
}

bool host_worker_goes_on(const struct host *host)
{
    return snapshot_worker_has_events(host->snapshots) || can_slice(host);
}
