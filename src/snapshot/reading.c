/*
 * Reads snapshots for backups, on the thread that calls and not on the worker's. A snapshot that is
 * read is not removed for a while, so that a backup that reads it in pieces finds the next piece
 * (T39). May wait for the disk.
 */
#include <string.h>

#include "base/error.h"
#include "snapshot/private.h"
#include "sys/clock.h"

enum { READ_LEASE_MS = 60000 };

size_t snapshot_hold_readings(struct snapshot_worker *worker, uint64_t held[SNAPSHOT_READINGS_MAX])
{
    uint64_t now_ms = clock_monotonic_ms();
    size_t count = 0;

    mutex_lock(&worker->readings_mutex);
    for (size_t i = 0; i < SNAPSHOT_READINGS_MAX; i++) {
        const struct snapshot_reading *reading = &worker->readings[i];

        if (reading->until_ms > now_ms && snapshot_files_has(worker->files, reading->index)) {
            snapshot_files_hold(worker->files, reading->index);
            held[count++] = reading->index;
        }
    }
    mutex_unlock(&worker->readings_mutex);
    return count;
}

/* Keeps the snapshot for this time. If too many are read at once, the one that was read longest ago
 * loses its place. */
static void note_reading(struct snapshot_worker *worker, uint64_t index, uint64_t time_ms)
{
    struct snapshot_reading *place = &worker->readings[0];

    mutex_lock(&worker->readings_mutex);
    for (size_t i = 0; i < SNAPSHOT_READINGS_MAX; i++) {
        struct snapshot_reading *reading = &worker->readings[i];

        if (reading->index == index) {
            place = reading;
            break;
        }
        place = reading->until_ms < place->until_ms ? reading : place;
    }
    place->index = index;
    place->until_ms = clock_monotonic_ms() + time_ms;
    mutex_unlock(&worker->readings_mutex);
}

int snapshot_worker_read(struct snapshot_worker *worker, uint64_t index, uint64_t offset_bytes,
                         void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                         struct raftd_error *error)
{
    const struct fs *fs = worker->options.fs;
    char name[SNAPSHOT_NAME_BYTES];
    char path[WAL_PATH_MAX];
    ssize_t result;
    int64_t total;
    int file;

    note_reading(worker, index, READ_LEASE_MS);
    snapshot_name(name, index);
    snapshot_path(worker, name, path);
    file = fs->open(fs->context, path, FS_OPEN_READ);
    if (file < 0) {
        note_reading(worker, index, 0);
        return error_set(error, RAFTD_ERROR_INVALID, "there is no snapshot of index %llu",
                         (unsigned long long)index);
    }
    total = fs->size(fs->context, file);
    result = fs->pread(fs->context, file, data, size_bytes, offset_bytes);
    fs->close(fs->context, file);
    if (total < 0 || result < 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot read %s: %s", name,
                         strerror((int)-(total < 0 ? total : result)));
    }
    *total_bytes = (uint64_t)total;
    *count = (size_t)result;
    return 0;
}
