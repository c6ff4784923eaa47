/*
 * The files of the snapshot worker: which ones are removed, which one is damaged, and whether the
 * disk has room for another one. Snapshot worker only; waits for the disk.
 */
#include <string.h>

#include "base/error.h"
#include "base/plant.h"
#include "snapshot/private.h"
#include "store/reserve.h"
#include "sys/log.h"

void snapshot_publish_newest(struct snapshot_worker *worker)
{
    const struct fs *fs = worker->options.fs;
    bool has_one = snapshot_files_count(worker->files) > 0;
    uint64_t index = has_one ? snapshot_files_at(worker->files, 0) : 0;
    char name[SNAPSHOT_NAME_BYTES];
    char path[WAL_PATH_MAX];
    int64_t size = 0;

    if (has_one) {
        int file;

        snapshot_name(name, index);
        snapshot_path(worker, name, path);
        file = fs->open(fs->context, path, FS_OPEN_READ);
        if (file >= 0) {
            size = fs->size(fs->context, file);
            fs->close(fs->context, file);
        }
    }
    atomic_store_explicit(&worker->newest_bytes, size > 0 ? (uint64_t)size : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->newest_index, index, memory_order_relaxed);
}

void snapshot_prune(struct snapshot_worker *worker)
{
    uint64_t held[SNAPSHOT_READINGS_MAX];
    struct raftd_error error = {0};
    uint64_t newest;
    size_t count;

    if (snapshot_files_count(worker->files) == 0) {
        return;
    }
    newest = snapshot_files_at(worker->files, 0);
    if (newest != worker->verified_index && !snapshot_files_is_intact(worker->files, newest)) {
        return;
    }
    count = snapshot_hold_readings(worker, held);
    if (snapshot_files_prune(worker->files, worker->options.keep, &error) != 0) {
        LOG_WARNING("%s", error.message);
    }
    while (count > 0) {
        snapshot_files_release(worker->files, held[--count]);
    }
}

/* The newest snapshot that is older than this one; 0 = there is none. */
static uint64_t index_before(const struct snapshot_worker *worker, uint64_t index)
{
    for (size_t place = 0; place < snapshot_files_count(worker->files); place++) {
        if (snapshot_files_at(worker->files, place) < index) {
            return snapshot_files_at(worker->files, place);
        }
    }
    return 0;
}

static void tell_damaged(struct snapshot_worker *worker, uint64_t index)
{
    snapshot_push_event(worker,
                        (struct snapshot_event){.type = SNAPSHOT_EVENT_DAMAGED,
                                                .index = index,
                                                .before_index = index_before(worker, index)});
}

void snapshot_tell_unreadable(struct snapshot_worker *worker, uint64_t index)
{
    if (index != worker->unreadable_index) {
        worker->unreadable_index = index;
        tell_damaged(worker, index);
    }
}

void snapshot_set_aside(struct snapshot_worker *worker, uint64_t index)
{
    struct raftd_error error = {0};

    if (snapshot_files_set_aside(worker->files, index, &error) != 0) {
        LOG_WARNING("%s", error.message);
    }
    snapshot_publish_newest(worker);
    tell_damaged(worker, index);
}

/* What a snapshot has to leave free: store/reserve.h. */
int snapshot_check_room(struct snapshot_worker *worker, uint64_t bytes, struct raftd_error *error)
{
    const struct fs *fs = worker->options.fs;
    uint64_t floor = reserve_floor(RESERVE_CLUSTER, worker->options.reserve_bytes);
    int64_t room;

    if (floor == 0 || PLANT(snapshot_takes_reserve)) {
        return 0;
    }
    room = fs->free_bytes(fs->context, worker->directory);
    if (room >= 0 && (uint64_t)room < floor + bytes) {
        snapshot_files_remove_damaged(worker->files); /* of no use here; a new one is worth more */
        room = fs->free_bytes(fs->context, worker->directory);
    }
    if (room < 0 || (uint64_t)room >= floor + bytes) {
        return 0; /* if the free space is not known, the write itself shows whether there is some */
    }
    return error_set(
        error, RAFTD_ERROR_SYSTEM,
        "the file system of %.200s has %llu MiB left; the snapshot needs %llu MiB, and "
        "%llu MiB, a sixteenth of [storage] reserve_bytes, have to stay free: make room "
        "on it",
        worker->directory, (unsigned long long)room >> 20, (unsigned long long)(bytes >> 20),
        (unsigned long long)(floor >> 20));
}
