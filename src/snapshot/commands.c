/*
 * The core thread's side of the snapshot worker: puts commands into its ring and takes its events.
 * None of these functions waits, and none touches a file.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "snapshot/private.h"

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

void snapshot_worker_save_begin(struct snapshot_worker *worker, const struct snapshot_info *info,
                                uint64_t floor_index)
{
    struct snapshot_info *copy = memory_allocate(sizeof(*copy));

    *copy = *info;
    push_command(worker, (struct snapshot_command){
                             .type = COMMAND_SAVE_BEGIN, .info = copy, .floor_index = floor_index});
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
                           struct wire_snapshot *frame, uint64_t term)
{
    if (ring_count(worker->commands) >= COMMANDS_KEPT) {
        memory_free(frame);
        return;
    }
    push_command(worker, (struct snapshot_command){
                             .type = COMMAND_FRAME, .peer = peer, .frame = frame, .term = term});
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
