/*
 * The repair of recovery: removes what a crash left, and makes everything that stays durable. Runs
 * in wal_open(), on the thread that calls it, after the scan. See wal_recovery.h.
 *
 * Why the torn tail is overwritten with zeros and not only ignored: the next batch is written at
 * the start of the tail and may be shorter. Blocks of the torn batch would then lie after a new,
 * intact batch. They have the right nonce, so if one of them is the header of a batch, the next
 * recovery would take it for a later batch and report damage.
 *
 * Why segments and directory are synced although nothing was written: a process that was killed may
 * have written a batch, or renamed a file, without the sync that should have followed. The scan may
 * have read these bytes from the page cache. They are given to the core as durable, so they have to
 * become durable first.
 */
#include "store/wal_recovery.h"

#include "base/plant.h"

static int remove_file(const struct wal_files *files, const char *name, struct raftd_error *error)
{
    char path[WAL_PATH_MAX];
    int result;

    wal_path(files, name, path);
    result = files->fs->unlink(files->fs->context, path);
    return result < 0 ? wal_system_error(error, files, name, "remove", result) : 0;
}

/* Gives a segment after the cut another name, so that it is no part of the log any more. */
static int set_aside(const struct wal_files *files, uint64_t number, struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    char name[WAL_NAME_BYTES];
    char damaged[WAL_NAME_BYTES];
    char from[WAL_PATH_MAX];
    char to[WAL_PATH_MAX];
    int result;

    wal_segment_name(name, number);
    wal_damaged_name(damaged, number);
    wal_path(files, name, from);
    wal_path(files, damaged, to);
    result = fs->rename(fs->context, from, to);
    return result < 0 ? wal_system_error(error, files, name, "rename", result) : 0;
}

/* The names have to be durable before batches are written where the log was cut: a segment after
 * the cut would make a gap, or be taken for a later part of the log. */
static int set_all_aside(const struct wal_files *files, const struct wal_scan *scan,
                         struct raftd_error *error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < scan->cut_count; i++) {
        result = set_aside(files, scan->cut[i], error);
    }
    if (result == 0 && scan->cut_count > 0) {
        result = files->fs->sync_directory(files->fs->context, files->directory);
        if (result < 0) {
            wal_system_error(error, files, "", "sync", result);
        }
    }
    return result;
}

/* Opens a segment for the writer, writes zeros over the torn tail if it is in this segment, and
 * syncs the segment. */
static int take_segment(const struct wal_files *files, const struct wal_scan *scan,
                        const struct wal_scanned *scanned, struct wal_segment *segment,
                        struct raftd_error *error)
{
    int result = wal_segment_open(files, scanned->number, segment, error);

    if (result < 0) {
        return result;
    }
    segment->nonce = scanned->nonce;
    segment->offset_bytes = scanned->end_bytes;
    segment->zeroed_bytes = scanned->file_bytes / WAL_BLOCK_BYTES * WAL_BLOCK_BYTES;
    if (scan->tail.number == scanned->number && !PLANT(store_tail_not_cleared)) {
        result =
            wal_segment_clear(files, segment, scan->tail.from_bytes, scan->tail.to_bytes, error);
        if (result < 0) {
            return result;
        }
    }
    return PLANT(store_repair_not_synced) ? 0 : wal_segment_sync(files, segment, error);
}

int wal_repair(const struct wal_files *files, const struct wal_scan *scan,
               struct wal_segment *current, struct wal_segment *next, struct raftd_error *error)
{
    char name[WAL_NAME_BYTES];
    int result = 0;

    *current = (struct wal_segment){.file = -1};
    *next = (struct wal_segment){.file = -1};
    result = set_all_aside(files, scan, error);
    if (result == 0 && scan->has_spare) {
        result = remove_file(files, WAL_SPARE_NAME, error);
    }
    for (size_t i = 0; result == 0 && i < scan->freed_count; i++) {
        wal_free_name(name, scan->freed[i]);
        result = remove_file(files, name, error);
    }
    if (result == 0 && scan->unborn_number != 0) {
        wal_segment_name(name, scan->unborn_number);
        result = remove_file(files, name, error);
    }
    if (result == 0 && scan->segment_count > 0) {
        result = take_segment(files, scan, &scan->segments[scan->current], current, error);
    }
    if (result == 0 && scan->current + 1 < scan->segment_count) {
        result = take_segment(files, scan, &scan->segments[scan->current + 1], next, error);
    }
    if (result == 0) {
        /* A killed process may have renamed a segment and then appended batches. The batches are
         * durable now; without this sync the name might not be. */
        result = files->fs->sync_directory(files->fs->context, files->directory);
        if (result < 0) {
            wal_system_error(error, files, "", "sync", result);
        }
    }
    return result < 0 ? RAFTD_ERROR_SYSTEM : 0;
}
