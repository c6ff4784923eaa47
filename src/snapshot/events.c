/*
 * The ground of the snapshot worker: events and frames on their way to the core thread, what they
 * and the commands own, paths, and the published figures of a transfer. The worker's thread runs
 * this, and after its end the thread that destroys it. Never touches a file.
 */
#include <poll.h>

#include "base/memory.h"
#include "snapshot/private.h"

void snapshot_free_command(struct snapshot_worker *worker, const struct snapshot_command *command)
{
    if (command->type == COMMAND_DROP_STAGED) {
        worker->options.machine.restore_abort(command->staged);
    } else {
        memory_free(command->data);
    }
}

void snapshot_free_event(struct snapshot_worker *worker, const struct snapshot_event *event)
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
            snapshot_free_event(worker, &event);
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

void snapshot_publish_transfer(struct published_transfer *published, uint16_t peer, uint64_t done,
                               uint64_t total)
{
    atomic_store_explicit(&published->peer, peer, memory_order_relaxed);
    atomic_store_explicit(&published->done_bytes, done, memory_order_relaxed);
    atomic_store_explicit(&published->total_bytes, total, memory_order_relaxed);
}
