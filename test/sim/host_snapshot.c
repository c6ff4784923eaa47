/*
 * The snapshots of a host: the shipped worker (src/snapshot/worker.c and its other files)
 * without its thread, called some time after it was given something to do; and the part of the core
 * thread, as in src/node/snapshot_schedule.c.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "member/restore.h"
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
    RETRY_TIMEOUTS = 2,
    EVENTS_A_TURN = 16,
};

static const char directory[] = "/data";

/* ---- start and end ---- */

int host_restore(struct host *host, struct snapshot_files **files, struct snapshot_info *info,
                 struct wal_recovered *log, struct raftd_error *error)
{
    const struct snapshot_start start = {
        .fs = fs_memory_table(host->disk),
        .directory = directory,
        .cluster_id = HOST_CLUSTER_ID,
        .machine = &host->machine,
    };
    uint64_t base_index = log->base_index;
    int code = snapshot_files_open(start.fs, directory, files, error);

    *info = (struct snapshot_info){0};
    if (code != 0 || (log->entry_count == 0 && log->term == 0 && log->base_index == 0)) {
        return code;
    }
    code = snapshot_start_restore(&start, *files, log, info, error);
    if (code == 0) {
        code = snapshot_start_fit_log(host->wal, info, log, error);
    }
    if (log->base_index != base_index || (code != 0 && info->index > 0)) {
        truth_on_restarted(host->world, host->id, info->index, code == 0 ? log : NULL);
    }
    return code;
}

int host_restore_probe(struct host *host, const struct wal_recovered *log,
                       struct raftd_error *error)
{
    const struct snapshot_start start = {
        .fs = fs_memory_table(host->disk),
        .directory = directory,
        .cluster_id = HOST_CLUSTER_ID,
        .machine = &host->machine,
    };
    struct snapshot_files *files = NULL;
    struct snapshot_info info;
    int code = snapshot_files_open(start.fs, directory, &files, error);

    host->kv = kv_create(host->id);
    host->machine = kv_state_machine(host->kv);
    if (code == 0) {
        code = snapshot_start_restore(&start, files, log, &info, error);
    }
    snapshot_files_close(files);
    kv_destroy(host->kv);
    host->kv = NULL;
    return code;
}

void host_snapshots_begin(struct host *host, struct snapshot_files *files,
                          const struct snapshot_info *info)
{
    const struct swarm *swarm = &host->world->swarm;
    const struct snapshot_worker_options options = {
        .fs = fs_memory_table(host->disk),
        .directory = directory,
        .cluster_id = HOST_CLUSTER_ID,
        .keep = swarm->snapshots_kept,
        .compress = swarm->snapshot_every % 2 == 0,
        .machine = host->machine,
        .core = &host->waker,
    };

    host->schedule = (struct host_schedule){.taken_index = info->index};
    host->snapshots = snapshot_worker_create(&options, files);
    ASSERT(host->snapshots != NULL);
}

static void drop_received(struct host *host)
{
    if (host->schedule.staged != NULL) {
        host->machine.restore_abort(host->schedule.staged);
        memory_free(host->schedule.received);
    }
    host->schedule.staged = NULL;
    host->schedule.received = NULL;
}

void host_snapshots_end(struct host *host)
{
    if (host->schedule.is_slicing) {
        host->machine.snapshot_end(host->machine.context);
    }
    drop_received(host);
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

static void plan_soon(struct host *host)
{
    plan_work(host, sim_random_between(&host->world->random, WORK_MIN_US, WORK_MAX_US));
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

void host_snapshot_frame(struct host *host, uint16_t peer, struct wire_snapshot *frame)
{
    snapshot_worker_frame(host->snapshots, peer, frame);
    host->work_planned = host->work_planned && !host->is_sending;
    plan_soon(host);
}

void host_snapshot_link(struct host *host, uint16_t peer, bool up)
{
    snapshot_worker_link(host->snapshots, peer, up);
    plan_soon(host);
}

/* ---- what the worker says ---- */

static void on_saved(struct host *host, const struct snapshot_event *news)
{
    uint64_t keep = host->world->swarm.snapshot_tail;
    struct host_schedule *schedule = &host->schedule;
    struct raft_event *event;
    uint64_t from;

    if (!schedule->is_saving || news->index != schedule->saving_index) {
        return;
    }
    schedule->is_saving = false;
    if (news->code != 0) {
        schedule->retry_ms =
            host_now_ms(host) + RETRY_TIMEOUTS * host->world->swarm.election_timeout_ms;
        return;
    }
    STORY(host->world, host->id, "has saved a snapshot of index %llu",
          (unsigned long long)news->index);
    world_see(host->world, SEEN_SNAPSHOT_SAVED);
    schedule->taken_index = news->index;
    truth_on_snapshot(host->world, host->id, news->index);
    from = news->index >= keep ? news->index - keep + 1 : 1;
    event = host_add_event(host, RAFT_EVENT_SNAPSHOT_SAVED);
    event->saved.index = news->index;
    event->saved.term = schedule->saving_term;
    event->saved.keep_from = news->needed_index < from ? news->needed_index + 1 : from;
    host_compact(host, event->saved.keep_from - 1);
}

static void on_received(struct host *host, const struct snapshot_event *news)
{
    struct raft_event *event = host_add_event(host, RAFT_EVENT_SNAPSHOT_RECEIVED);

    STORY(host->world, host->id, "has received the snapshot of index %llu from node %u",
          (unsigned long long)news->index, news->peer);
    ASSERT(host->schedule.staged == NULL);
    host->schedule.received = news->info;
    host->schedule.staged = news->staged;
    truth_on_snapshot(host->world, host->id, news->index);
    truth_check_snapshot(host->world, host->id, news->info->index, &news->info->membership);
    event->received.from = news->peer;
    event->received.index = news->info->index;
    event->received.term = news->info->term;
    event->received.time_ms = news->info->time_ms;
    event->received.membership = &news->info->membership;
}

void host_intake_snapshots(struct host *host)
{
    struct snapshot_event news;

    for (size_t i = 0; i < EVENTS_A_TURN && host->schedule.staged == NULL &&
                       snapshot_worker_next(host->snapshots, &news);
         i++) {
        switch (news.type) {
        case SNAPSHOT_EVENT_SAVED:
            on_saved(host, &news);
            break;
        case SNAPSHOT_EVENT_FRAME:
            if (host->link_up[news.peer]) {
                net_send(host->world, host->id, news.peer, NET_SNAPSHOT, news.frame);
            } else {
                memory_free(news.frame);
            }
            break;
        case SNAPSHOT_EVENT_SENT:
            host_add_event(host, RAFT_EVENT_SNAPSHOT_SENT)->peer = news.peer;
            break;
        case SNAPSHOT_EVENT_FAILED:
            host_add_event(host, RAFT_EVENT_SNAPSHOT_FAILED)->peer = news.peer;
            break;
        case SNAPSHOT_EVENT_RECEIVED:
            on_received(host, &news);
            break;
        }
    }
}

/* ---- installing ---- */

static void abort_saving(struct host *host)
{
    struct host_schedule *schedule = &host->schedule;

    if (schedule->is_slicing) {
        host->machine.snapshot_end(host->machine.context);
        snapshot_worker_save_abort(host->snapshots);
        schedule->is_slicing = false;
    }
    schedule->is_saving = false;
}

/* It is not known whether the snapshot contains what was proposed (T52, T53). */
static void fail_proposals(struct host *host)
{
    struct waiting_request *request = waiting_oldest(&host->waiting);

    while (request != NULL) {
        struct waiting_request *newer = waiting_newer(&host->waiting, request);

        if (request->state == WAITING_PROPOSED) {
            host_fail_request(host, request, RAFTD_ERROR_TIMEOUT);
        }
        request = newer;
    }
}

void host_install(struct host *host, const struct raft_outbox *outbox)
{
    struct host_schedule *schedule = &host->schedule;

    if (schedule->staged == NULL || !outbox->has_install) {
        ASSERT(!outbox->has_install);
        drop_received(host);
        return;
    }
    STORY(host->world, host->id, "installs the snapshot of index %llu",
          (unsigned long long)outbox->install_index);
    world_see(host->world, SEEN_SNAPSHOT_INSTALLED);
    abort_saving(host);
    host->machine.restore_commit(host->machine.context, schedule->staged);
    schedule->staged = NULL;
    host->applied_index = outbox->install_index;
    host->applied_term = outbox->install_term;
    host->applied_time_ms = schedule->received->time_ms;
    schedule->taken_index = outbox->install_index;
    memory_free(schedule->received);
    schedule->received = NULL;
    fail_proposals(host);
    truth_on_digest(host->world, host);
    host_compact(host, outbox->install_index);
}

/* ---- saving ---- */

static bool is_due(const struct host *host)
{
    const struct host_schedule *schedule = &host->schedule;
    uint64_t every = host->world->swarm.snapshot_every;

    return every > 0 && !schedule->is_saving && host_now_ms(host) >= schedule->retry_ms &&
           host->applied_index >= schedule->taken_index + every;
}

static void begin(struct host *host)
{
    struct host_schedule *schedule = &host->schedule;
    struct snapshot_info info = {
        .cluster_id = HOST_CLUSTER_ID,
        .index = host->applied_index,
        .term = host->applied_term,
        .time_ms = host->applied_time_ms,
        .nonce = sim_random_next(&host->world->random),
    };

    raft_membership_at(host->core, host->applied_index, &info.membership);
    truth_check_snapshot(host->world, host->id, info.index, &info.membership);
    *schedule = (struct host_schedule){
        .is_saving = true,
        .is_slicing = true,
        .saving_index = info.index,
        .saving_term = info.term,
        .taken_index = schedule->taken_index,
        .was_leader = schedule->was_leader,
    };
    host->machine.snapshot_begin(host->machine.context);
    snapshot_worker_save_begin(host->snapshots, &info);
}

void host_slice(struct host *host)
{
    struct raftd_snapshot_sink sink = {{0}};

    if (is_due(host)) {
        begin(host);
    }
    if (!host->schedule.is_slicing || !snapshot_worker_has_room(host->snapshots)) {
        return;
    }
    host->schedule.is_slicing =
        !host->machine.snapshot_next(host->machine.context, &sink, SLICE_BYTES);
    if (sink.bytes.size_bytes > 0) {
        snapshot_worker_save_slice(host->snapshots, sink.bytes.data, sink.bytes.size_bytes);
    }
    if (!host->schedule.is_slicing) {
        host->machine.snapshot_end(host->machine.context);
        snapshot_worker_save_end(host->snapshots);
    }
    plan_soon(host);
}

/* ---- the rest of a turn ---- */

void host_act_snapshots(struct host *host, const struct raft_outbox *outbox)
{
    bool is_leader = raft_get_role(host->core) == RAFT_LEADER;

    if (host->schedule.was_leader && !is_leader) {
        snapshot_worker_forget(host->snapshots, 0);
        plan_soon(host);
    }
    host->schedule.was_leader = is_leader;
    for (size_t i = 0; i < outbox->snapshot_peer_count; i++) {
        STORY(host->world, host->id, "node %u needs a snapshot", outbox->snapshot_peers[i]);
        snapshot_worker_send(host->snapshots, outbox->snapshot_peers[i]);
        plan_soon(host);
    }
}

bool host_snapshots_go_on(const struct host *host)
{
    return snapshot_worker_has_events(host->snapshots) || host->schedule.is_slicing;
}
