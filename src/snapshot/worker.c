/*
 * The thread of the snapshot worker: takes commands from its ring and gives each to the file that
 * carries it out. The roof of this folder; see worker.h, and the states in private.h.
 */
#include "snapshot/worker.h"

#include <limits.h>

#include "base/assert.h"
#include "base/memory.h"
#include "snapshot/private.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    /* The longer of the two counts: 128 KiB take a second at 1 Mbit/s, and a connection is not made
     * anew sooner because the election time-out is short. */
    OFFER_AGAIN_MS = 3000,
    OFFER_AGAIN_TIMEOUTS = 3,
    PATIENCE_MS = 3000, /* these two: LOST_MS and LOST_TIMEOUTS of raft/snapshot.c */
    PATIENCE_TIMEOUTS = 4,
};

static void on_frame(struct snapshot_worker *worker, uint16_t peer,
                     const struct wire_snapshot *frame)
{
    switch (frame->kind) {
    case WIRE_SNAPSHOT_OFFER:
        snapshot_receive_offer(worker, peer, frame);
        break;
    case WIRE_SNAPSHOT_CHUNK:
        snapshot_receive_chunk(worker, peer, frame);
        break;
    default:
        snapshot_send_answer(worker, peer, frame);
        break;
    }
}

static void on_command(struct snapshot_worker *worker, const struct snapshot_command *command)
{
    switch (command->type) {
    case COMMAND_SAVE_BEGIN:
        snapshot_save_begin(worker, command->info, command->floor_index);
        break;
    case COMMAND_SAVE_SLICE:
        snapshot_save_slice(worker, command->data, command->size);
        break;
    case COMMAND_SAVE_END:
        snapshot_save_end(worker);
        break;
    case COMMAND_SAVE_ABORT:
        snapshot_save_abort(worker);
        break;
    case COMMAND_SEND:
        snapshot_send_begin(worker, command->peer);
        break;
    case COMMAND_LINK:
        snapshot_send_link(worker, command->peer, command->up);
        break;
    case COMMAND_FORGET:
        snapshot_send_forget(worker, command->peer);
        snapshot_prune(worker);
        break;
    case COMMAND_FRAME:
        worker->term = command->term;
        on_frame(worker, command->peer, command->frame);
        break;
    case COMMAND_DROP_STAGED:
        break;
    }
    snapshot_free_command(worker, command);
}

/* What is not finished is given up. */
static void give_up(struct snapshot_worker *worker)
{
    snapshot_save_abort(worker);
    snapshot_send_forget(worker, 0);
    snapshot_receive_abandon(worker);
    snapshot_check_end(worker);
}

/* Background reading waits while the disk has other work. */
static bool is_busy(const struct snapshot_worker *worker, bool transfers)
{
    return transfers || worker->saving_index != 0;
}

static void scrub(struct snapshot_worker *worker)
{
    uint64_t damaged_index;

    if (snapshot_scrub(worker, &damaged_index)) {
        snapshot_send_damaged(worker, damaged_index);
    }
}

/* What transfers that have ended needed is needed no longer: their files, and the log after. */
static void tell_ended(struct snapshot_worker *worker)
{
    uint64_t oldest = snapshot_send_oldest(worker, UINT64_MAX);

    if (oldest > worker->told_oldest) {
        snapshot_prune(worker);
        snapshot_push_event(
            worker, (struct snapshot_event){.type = SNAPSHOT_EVENT_ENDED, .needed_index = oldest});
    }
    worker->told_oldest = oldest;
}

bool snapshot_worker_work(struct snapshot_worker *worker)
{
    struct snapshot_command command;
    bool transfers = false;

    while (!atomic_load(&worker->stop) && ring_pop(worker->commands, &command)) {
        on_command(worker, &command);
    }
    if (snapshot_send_work(worker)) {
        transfers = true;
    }
    if (snapshot_receive_work(worker)) {
        transfers = true;
    }
    if (snapshot_save_work(worker)) {
        transfers = true;
    }
    if (!is_busy(worker, transfers)) {
        scrub(worker);
    }
    tell_ended(worker);
    return transfers;
}

/* How long the thread may wait for commands; -1 = for ever. */
static int wait_ms(const struct snapshot_worker *worker, bool transfers)
{
    uint64_t due;

    if (worker->is_checking || worker->verifier != NULL) {
        return 0;
    }
    if (transfers) {
        return (int)worker->options.offer_again_ms;
    }
    due = is_busy(worker, transfers) ? UINT64_MAX : snapshot_scrub_due_in_ms(worker);
    return due > INT_MAX ? -1 : (int)due;
}

static void run(void *argument)
{
    struct snapshot_worker *worker = argument;

    while (!atomic_load(&worker->stop)) {
        bool transfers = snapshot_worker_work(worker);

        waker_prepare(&worker->waker);
        if (ring_count(worker->commands) == 0 && !atomic_load(&worker->stop)) {
            waker_wait(&worker->waker, wait_ms(worker, transfers));
        }
        waker_done(&worker->waker);
    }
    give_up(worker);
}

void snapshot_worker_set_times(struct snapshot_worker_options *options,
                               uint32_t election_timeout_ms)
{
    uint32_t offer_again_ms = OFFER_AGAIN_TIMEOUTS * election_timeout_ms;
    uint32_t patience_ms = PATIENCE_TIMEOUTS * election_timeout_ms;

    options->offer_again_ms = offer_again_ms > OFFER_AGAIN_MS ? offer_again_ms : OFFER_AGAIN_MS;
    options->patience_ms = patience_ms > PATIENCE_MS ? patience_ms : PATIENCE_MS;
}

struct snapshot_worker *snapshot_worker_create(const struct snapshot_worker_options *options,
                                               struct snapshot_files *files)
{
    struct snapshot_worker *worker = memory_allocate_zeroed(1, sizeof(*worker));

    if (waker_open(&worker->waker) != 0) {
        memory_free(worker);
        return NULL;
    }
    worker->options = *options;
    if (options->offer_again_ms == 0) {
        worker->options.offer_again_ms = OFFER_AGAIN_MS;
    }
    if (options->patience_ms == 0) {
        worker->options.patience_ms = PATIENCE_MS;
    }
    worker->told_oldest = UINT64_MAX;
    worker->directory = memory_copy_string(options->directory);
    worker->place = (struct wal_files){.fs = options->fs, .directory = worker->directory};
    worker->commands = ring_create(COMMANDS_MAX, sizeof(struct snapshot_command));
    worker->events = ring_create(EVENTS_MAX, sizeof(struct snapshot_event));
    worker->chunk = memory_allocate(WIRE_SNAPSHOT_CHUNK_MAX);
    mutex_init(&worker->readings_mutex, MUTEX_RANK_READINGS);
    worker->files = files;
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        worker->sends[i].file = -1;
    }
    snapshot_scrub_begin(worker);
    snapshot_publish_newest(worker);
    return worker;
}

int snapshot_worker_start(struct snapshot_worker *worker)
{
    int code = thread_start(&worker->thread, "snapshot", run, worker);

    worker->started = code == 0;
    return code;
}

void snapshot_worker_stop(struct snapshot_worker *worker)
{
    if (worker->started) {
        atomic_store(&worker->stop, true);
        waker_wake(&worker->waker);
        thread_join(&worker->thread);
        worker->started = false;
    }
}

void snapshot_worker_destroy(struct snapshot_worker *worker)
{
    struct snapshot_event event;
    struct snapshot_command command;

    if (worker == NULL) {
        return;
    }
    snapshot_worker_stop(worker);
    give_up(worker);
    while (ring_pop(worker->commands, &command)) {
        snapshot_free_command(worker, &command);
    }
    while (ring_pop(worker->events, &event)) {
        snapshot_free_event(worker, &event);
    }
    ring_destroy(worker->commands);
    ring_destroy(worker->events);
    waker_close(&worker->waker);
    mutex_destroy(&worker->readings_mutex);
    snapshot_files_close(worker->files);
    memory_free(worker->chunk);
    memory_free(worker->directory);
    memory_free(worker);
}
