/*
 * Reads snapshot files only to find out whether they are damaged: before a file is offered to a
 * peer for the first time, after a peer refused one, and from time to time in the background, so
 * that damage is found while there is still another copy of the state. One file at a time, a part
 * of it in each turn of the worker, so that chunks and slices go on meanwhile. Snapshot worker
 * only; waits for the disk.
 *
 * A file with a wrong checksum is set aside: it is never offered, restored or counted again. The
 * core thread gets DAMAGED and saves a new snapshot. A file that cannot be read at the moment is
 * not offered, but it keeps its name: the next read may succeed, and it may be the only one.
 */
#include "base/plant.h"
#include "snapshot/private.h"
#include "store/snapshot_reader.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    SCRUB_EVERY_MS = 12 * 60 * 60 * 1000, /* each file is read at least twice a day */
    SCRUB_BYTES = 1024 * 1024,            /* in one turn: about 10 MiB each second */
    SCRUB_PAUSE_MS = 100,
    /* After a start, a file that was not read since waits for this part of that time, and for up to
     * twice as long again: 5 to 15 minutes. Restarts must not keep files from ever being read, and
     * members that start together should not all read at the same moment. */
    SCRUB_START_SHARE = 144,
};

void snapshot_check_end(struct snapshot_worker *worker)
{
    snapshot_reader_close(worker->check.reader);
    worker->check = (struct snapshot_check){0};
}

static int begin(struct snapshot_worker *worker, uint64_t index, struct raftd_error *error)
{
    char name[SNAPSHOT_NAME_BYTES];
    int code;

    snapshot_check_end(worker);
    snapshot_name(name, index);
    code = snapshot_reader_open_on_disk(worker->options.fs, worker->directory, name,
                                        &worker->check.reader, error);
    worker->check.index = index;
    return code;
}

/* Reads up to `budget` bytes. Returns 1 if there is more to read, 0 if the file is intact, or a
 * negative code. */
static int read_on(struct snapshot_worker *worker, uint64_t budget, struct raftd_error *error)
{
    struct snapshot_reader *reader = worker->check.reader;
    uint64_t until = snapshot_reader_done_bytes(reader) + budget;
    const uint8_t *data;
    size_t size;
    int code = 1;

    while (code > 0 && snapshot_reader_done_bytes(reader) < until) {
        code = snapshot_reader_next(reader, &data, &size, error);
    }
    return code;
}

enum snapshot_check_result snapshot_check_file(struct snapshot_worker *worker, uint64_t index,
                                               uint64_t budget)
{
    struct raftd_error error = {0};
    int code = 0;

    if (worker->check.reader == NULL || worker->check.index != index) {
        code = begin(worker, index, &error);
    }
    if (code == 0) {
        code = PLANT(snapshot_not_verified) ? 0 : read_on(worker, budget, &error);
    }
    if (code > 0) {
        return SNAPSHOT_CHECK_UNDER_WAY;
    }
    snapshot_check_end(worker);
    if (code == 0) {
        snapshot_files_set_intact(worker->files, index, clock_monotonic_ms());
        return SNAPSHOT_CHECK_INTACT;
    }
    snapshot_files_set_checked(worker->files, index, clock_monotonic_ms());
    if (code != RAFTD_ERROR_CORRUPT) {
        LOG_WARNING("cannot check the snapshot of index %llu: %s", (unsigned long long)index,
                    error.message);
        snapshot_tell_unreadable(worker, index);
        return SNAPSHOT_CHECK_UNREADABLE;
    }
    LOG_ERROR("%s; the file is now named " SNAPSHOT_DAMAGED_NAME ", and a new snapshot is saved; "
              "check the disk",
              error.message);
    snapshot_set_aside(worker, index);
    return SNAPSHOT_CHECK_DAMAGED;
}

/* ---- in the background ---- */

static uint64_t scrub_every_ms(const struct snapshot_worker *worker)
{
    return worker->options.scrub_every_ms != 0 ? worker->options.scrub_every_ms : SCRUB_EVERY_MS;
}

void snapshot_scrub_begin(struct snapshot_worker *worker)
{
    uint64_t share = scrub_every_ms(worker) / SCRUB_START_SHARE;

    worker->scrub_unread_ms =
        clock_monotonic_ms() + share + (share > 0 ? random_u64() % (2 * share) : 0);
}

/* The place of the file that was read longest ago. There has to be a file. */
static size_t oldest(const struct snapshot_worker *worker)
{
    size_t place = 0;

    for (size_t i = 1; i < snapshot_files_count(worker->files); i++) {
        if (snapshot_files_checked_ms(worker->files, i) <
            snapshot_files_checked_ms(worker->files, place)) {
            place = i;
        }
    }
    return place;
}

/* The time at which the next part of a file is read; UINT64_MAX = there is no file. */
static uint64_t due_ms(const struct snapshot_worker *worker)
{
    uint64_t checked;
    uint64_t due;

    if (snapshot_files_count(worker->files) == 0) {
        return UINT64_MAX;
    }
    checked = snapshot_files_checked_ms(worker->files, oldest(worker));
    due = checked != 0 ? checked + scrub_every_ms(worker) : worker->scrub_unread_ms;
    return due > worker->scrub_pause_ms ? due : worker->scrub_pause_ms;
}

bool snapshot_scrub(struct snapshot_worker *worker, uint64_t *damaged_index)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t index;

    if (now < due_ms(worker)) {
        return false;
    }
    index = snapshot_files_at(worker->files, oldest(worker));
    worker->scrub_pause_ms = now + SCRUB_PAUSE_MS;
    if (snapshot_check_file(worker, index, SCRUB_BYTES) != SNAPSHOT_CHECK_DAMAGED) {
        return false;
    }
    *damaged_index = index;
    return true;
}

uint64_t snapshot_scrub_due_in_ms(const struct snapshot_worker *worker)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t due = due_ms(worker);

    return due > now ? due - now : 0;
}
