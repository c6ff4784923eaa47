/*
 * The thread of the snapshot worker, its rings, and saving; see snapshot_worker.h and the states in
 * snapshot_private.h. The last part of the file runs on the core thread.
 */
#include "snapshot/worker.h"

#include <poll.h>

#include "base/assert.h"
#include "base/memory.h"
#include "snapshot/private.h"
#include "sys/log.h"

enum {
    COMMANDS_MAX = 1024,
    COMMANDS_KEPT = 512, /* frames of peers, which may be lost, and slices get no more than these */
    COMMANDS_LATE = 64,  /* places that commands about peers leave free, because these can wait */
    OFFER_AGAIN_MS = 3000,
    EVENTS_MAX = 1024,
};

/* ---- rings ---- */

static void free_command(struct snapshot_worker *worker, const struct snapshot_command *command)
{
    if (command->type == COMMAND_DROP_STAGED) {
        worker->options.machine.restore_abort(command->staged);
    } else {
        memory_free(command->data);
    }
}

static void free_event(struct snapshot_worker *worker, const struct snapshot_event *event)
{
    memory_free(event->frame);
    memory_free(event->info);
    if (event->staged != NULL) {
        worker->options.machine.restore_abort(event->staged);
    }
}

/* If the ring is full, this waits until the core thread has emptied it. That never takes for ever:
 * the core thread waits for no other thread. */
bool snapshot_push_event(struct snapshot_worker *worker, struct snapshot_event event)
{
    while (!ring_push(worker->events, &event)) {
        if (atomic_load(&worker->stop)) {
            free_event(worker, &event);
            return false;
        }
        waker_wake(worker->options.core);
        poll(NULL, 0, 1);
    }
    waker_wake(worker->options.core);
    return true;
}

void snapshot_push_frame(struct snapshot_worker *worker, uint16_t peer,
                         const struct wire_snapshot *head, const void *data)
{
    snapshot_push_event(worker, (struct snapshot_event){.type = SNAPSHOT_EVENT_FRAME,
                                                        .peer = peer,
                                                        .frame = wire_snapshot_encode(head, data)});
}

void snapshot_path(const struct snapshot_worker *worker, const char *name, char path[WAL_PATH_MAX])
{
    wal_path(&worker->place, name, path);
}

void snapshot_publish_newest(struct snapshot_worker *worker)
{
    const struct fs *fs = worker->options.fs;
    char name[SNAPSHOT_NAME_BYTES];
    char path[WAL_PATH_MAX];
    int64_t size;
    int file;

    if (snapshot_files_count(worker->files) == 0) {
        return;
    }
    snapshot_name(name, snapshot_files_at(worker->files, 0));
    snapshot_path(worker, name, path);
    file = fs->open(fs->context, path, FS_OPEN_READ);
    if (file >= 0) {
        size = fs->size(fs->context, file);
        fs->close(fs->context, file);
        atomic_store_explicit(&worker->newest_bytes, size > 0 ? (uint64_t)size : 0,
                              memory_order_relaxed);
    }
    atomic_store_explicit(&worker->newest_index, snapshot_files_at(worker->files, 0),
                          memory_order_relaxed);
}

void snapshot_publish_transfer(struct published_transfer *published, uint16_t peer, uint64_t done,
                               uint64_t total)
{
    atomic_store_explicit(&published->peer, peer, memory_order_relaxed);
    atomic_store_explicit(&published->done_bytes, done, memory_order_relaxed);
    atomic_store_explicit(&published->total_bytes, total, memory_order_relaxed);
}

/* ---- saving ---- */

static void publish_saving(struct snapshot_worker *worker)
{
    atomic_store_explicit(&worker->published_saving_index, worker->saving_index,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->published_saving_bytes,
                          worker->writer != NULL ? snapshot_writer_content_bytes(worker->writer)
                                                 : 0,
                          memory_order_relaxed);
}

static void note_failure(struct snapshot_worker *worker, int code, const struct raftd_error *error)
{
    if (code != 0) {
        LOG_WARNING("snapshot of index %llu failed: %s", (unsigned long long)worker->saving_index,
                    error->message);
        worker->saving_code = code;
    }
}

static void begin_save(struct snapshot_worker *worker, const struct snapshot_info *info)
{
    const struct snapshot_writer_options options = {
        .fs = worker->options.fs,
        .directory = worker->directory,
        .temporary = SNAPSHOT_SAVE_NAME,
        .compress = worker->options.compress,
    };
    struct raftd_error error = {0};

    worker->saving_index = info->index;
    worker->saving_term = info->term;
    worker->saving_code = 0;
    note_failure(worker, snapshot_writer_create(&options, info, &worker->writer, &error), &error);
    publish_saving(worker);
}

static void save_slice(struct snapshot_worker *worker, const uint8_t *data, size_t size)
{
    struct raftd_error error = {0};
    int code;

    if (worker->writer != NULL) {
        code = snapshot_writer_add(worker->writer, data, size, &error);
        if (code != 0) {
            snapshot_writer_abort(worker->writer);
            worker->writer = NULL;
        }
        note_failure(worker, code, &error);
    }
    atomic_fetch_sub(&worker->pending_bytes, size);
    waker_wake(worker->options.core);
    publish_saving(worker);
}

void snapshot_prune(struct snapshot_worker *worker)
{
    uint64_t held[SNAPSHOT_READINGS_MAX];
    size_t count = snapshot_hold_readings(worker, held);
    struct raftd_error error = {0};

    if (snapshot_files_prune(worker->files, worker->options.keep, &error) != 0) {
        LOG_WARNING("%s", error.message);
    }
    while (count > 0) {
        snapshot_files_release(worker->files, held[--count]);
    }
}

static uint64_t index_before(const struct snapshot_worker *worker)
{
    return snapshot_files_count(worker->files) > 1 ? snapshot_files_at(worker->files, 1) : 0;
}

static void end_save(struct snapshot_worker *worker)
{
    struct raftd_error error = {0};

    if (worker->writer != NULL) {
        uint64_t content = snapshot_writer_content_bytes(worker->writer);

        note_failure(worker, snapshot_writer_finish(worker->writer, &error), &error);
        worker->writer = NULL;
        if (worker->saving_code == 0) {
            snapshot_files_add(worker->files, worker->saving_index);
            snapshot_send_outdated(worker);
            snapshot_prune(worker);
            snapshot_publish_newest(worker);
            LOG_INFO("saved a snapshot of index %llu: %llu bytes, %llu in the file",
                     (unsigned long long)worker->saving_index, (unsigned long long)content,
                     (unsigned long long)atomic_load_explicit(&worker->newest_bytes,
                                                              memory_order_relaxed));
        }
    }
    snapshot_push_event(worker, (struct snapshot_event){.type = SNAPSHOT_EVENT_SAVED,
                                                        .before_index = index_before(worker),
                                                        .code = worker->saving_code,
                                                        .index = worker->saving_index,
                                                        .needed_index = snapshot_send_oldest(
                                                            worker, worker->saving_index)});
    worker->saving_index = 0;
    publish_saving(worker);
}

static void abort_save(struct snapshot_worker *worker)
{
    snapshot_writer_abort(worker->writer);
    worker->writer = NULL;
    worker->saving_index = 0;
    publish_saving(worker);
}

/* ---- the thread ---- */

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
        begin_save(worker, command->info);
        break;
    case COMMAND_SAVE_SLICE:
        save_slice(worker, command->data, command->size);
        break;
    case COMMAND_SAVE_END:
        end_save(worker);
        break;
    case COMMAND_SAVE_ABORT:
        abort_save(worker);
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
        on_frame(worker, command->peer, command->frame);
        break;
    case COMMAND_DROP_STAGED:
        break;
    }
    free_command(worker, command);
}

/* What is not finished is given up. */
static void give_up(struct snapshot_worker *worker)
{
    abort_save(worker);
    snapshot_send_forget(worker, 0);
    snapshot_receive_abandon(worker);
}

bool snapshot_worker_work(struct snapshot_worker *worker)
{
    struct snapshot_command command;

    while (!atomic_load(&worker->stop) && ring_pop(worker->commands, &command)) {
        on_command(worker, &command);
    }
    return snapshot_send_work(worker);
}

static void run(void *argument)
{
    struct snapshot_worker *worker = argument;

    while (!atomic_load(&worker->stop)) {
        bool sends = snapshot_worker_work(worker);

        waker_prepare(&worker->waker);
        if (ring_count(worker->commands) == 0 && !atomic_load(&worker->stop)) {
            waker_wait(&worker->waker, sends ? (int)worker->options.offer_again_ms : -1);
        }
        waker_done(&worker->waker);
    }
    give_up(worker);
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
    worker->directory = memory_copy_string(options->directory);
    worker->place = (struct wal_files){.fs = options->fs, .directory = worker->directory};
    worker->commands = ring_create(COMMANDS_MAX, sizeof(struct snapshot_command));
    worker->events = ring_create(EVENTS_MAX, sizeof(struct snapshot_event));
    worker->chunk = memory_allocate(WIRE_SNAPSHOT_CHUNK_MAX);
    mutex_init(&worker->readings_mutex, MUTEX_RANK_READINGS);
    worker->files = files;
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
        free_command(worker, &command);
    }
    while (ring_pop(worker->events, &event)) {
        free_event(worker, &event);
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

/* ---- core thread ---- */

bool snapshot_worker_has_events(const struct snapshot_worker *worker)
{
    return ring_count(worker->events) > 0;
}

/* There is always room: slices are limited by has_room(), frames use at most half of the ring,
 * commands about peers leave COMMANDS_LATE places, and of the other commands there are few. */
static void push_command(struct snapshot_worker *worker, struct snapshot_command command)
{
    bool pushed = ring_push(worker->commands, &command);

    ASSERT(pushed);
    waker_wake(&worker->waker);
}

/* Keeps the newest command of each kind and peer, in the order in which they came. If there are too
 * many, the oldest is dropped: it must be about a peer that is no member any more. */
static void keep_for_later(struct snapshot_worker *worker, const struct snapshot_command *command)
{
    size_t gone = 0;

    while (gone < worker->late_count &&
           (worker->late[gone].type != command->type || worker->late[gone].peer != command->peer)) {
        gone++;
    }
    if (gone == worker->late_count && worker->late_count == SNAPSHOT_LATE_MAX) {
        gone = 0;
    }
    if (gone < worker->late_count) {
        worker->late_count--;
        memmove(&worker->late[gone], &worker->late[gone + 1],
                (worker->late_count - gone) * sizeof(worker->late[0]));
    }
    worker->late[worker->late_count++] = *command;
}

static bool has_room_for_peers(const struct snapshot_worker *worker)
{
    return ring_count(worker->commands) < COMMANDS_MAX - COMMANDS_LATE;
}

static void push_late(struct snapshot_worker *worker)
{
    size_t count = 0;

    while (count < worker->late_count && has_room_for_peers(worker)) {
        push_command(worker, worker->late[count++]);
    }
    if (count > 0) {
        worker->late_count -= count;
        memmove(&worker->late[0], &worker->late[count],
                worker->late_count * sizeof(worker->late[0]));
    }
}

/*
 * A command about a peer. While the disk hangs, connections may be made and lost any number of
 * times, and the core thread must not wait for room in the ring (T17). So these commands can be
 * kept.
 */
static void tell_about_peer(struct snapshot_worker *worker, struct snapshot_command command)
{
    push_late(worker);
    if (worker->late_count == 0 && has_room_for_peers(worker)) {
        push_command(worker, command);
    } else {
        keep_for_later(worker, &command);
    }
}

bool snapshot_worker_next(struct snapshot_worker *worker, struct snapshot_event *event)
{
    push_late(worker);
    return ring_pop(worker->events, event);
}

void snapshot_worker_save_begin(struct snapshot_worker *worker, const struct snapshot_info *info)
{
    struct snapshot_info *copy = memory_allocate(sizeof(*copy));

    *copy = *info;
    push_command(worker, (struct snapshot_command){.type = COMMAND_SAVE_BEGIN, .info = copy});
}

bool snapshot_worker_has_room(const struct snapshot_worker *worker)
{
    return atomic_load(&worker->pending_bytes) < SNAPSHOT_PENDING_MAX &&
           ring_count(worker->commands) < COMMANDS_KEPT;
}

void snapshot_worker_save_slice(struct snapshot_worker *worker, uint8_t *data, size_t size)
{
    atomic_fetch_add(&worker->pending_bytes, size);
    push_command(worker,
                 (struct snapshot_command){.type = COMMAND_SAVE_SLICE, .data = data, .size = size});
}

void snapshot_worker_save_end(struct snapshot_worker *worker)
{
    push_command(worker, (struct snapshot_command){.type = COMMAND_SAVE_END});
}

void snapshot_worker_save_abort(struct snapshot_worker *worker)
{
    push_command(worker, (struct snapshot_command){.type = COMMAND_SAVE_ABORT});
}

void snapshot_worker_send(struct snapshot_worker *worker, uint16_t peer)
{
    tell_about_peer(worker, (struct snapshot_command){.type = COMMAND_SEND, .peer = peer});
}

void snapshot_worker_link(struct snapshot_worker *worker, uint16_t peer, bool up)
{
    tell_about_peer(worker,
                    (struct snapshot_command){.type = COMMAND_LINK, .peer = peer, .up = up});
}

void snapshot_worker_forget(struct snapshot_worker *worker, uint16_t peer)
{
    tell_about_peer(worker, (struct snapshot_command){.type = COMMAND_FORGET, .peer = peer});
}

void snapshot_worker_frame(struct snapshot_worker *worker, uint16_t peer,
                           struct wire_snapshot *frame)
{
    if (ring_count(worker->commands) >= COMMANDS_KEPT) {
        memory_free(frame);
        return;
    }
    push_command(worker,
                 (struct snapshot_command){.type = COMMAND_FRAME, .peer = peer, .frame = frame});
}

void snapshot_worker_drop_staged(struct snapshot_worker *worker, void *staged)
{
    push_command(worker, (struct snapshot_command){.type = COMMAND_DROP_STAGED, .staged = staged});
}

static void get_transfer(const struct published_transfer *published,
                         struct snapshot_transfer_figures *figures)
{
    figures->peer = (uint16_t)atomic_load_explicit(&published->peer, memory_order_relaxed);
    figures->done_bytes = atomic_load_explicit(&published->done_bytes, memory_order_relaxed);
    figures->total_bytes = atomic_load_explicit(&published->total_bytes, memory_order_relaxed);
}

void snapshot_worker_get_figures(const struct snapshot_worker *worker,
                                 struct snapshot_figures *figures)
{
    *figures = (struct snapshot_figures){
        .index = atomic_load_explicit(&worker->newest_index, memory_order_relaxed),
        .size_bytes = atomic_load_explicit(&worker->newest_bytes, memory_order_relaxed),
        .saving_index = atomic_load_explicit(&worker->published_saving_index, memory_order_relaxed),
        .saving_bytes = atomic_load_explicit(&worker->published_saving_bytes, memory_order_relaxed),
    };
    get_transfer(&worker->published_receive, &figures->receiving);
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        get_transfer(&worker->published_sends[i], &figures->sending[i]);
    }
}
