/*
 * Frees segments that are not needed because a snapshot contains their entries. Runs on the thread
 * that owns the log, one segment at a time, so that no append waits for more than one sync of the
 * directory. See wal.h, and wal_writer.h for the life of a segment.
 */
#include "base/error.h"
#include "base/plant.h"
#include "store/wal_format.h"
#include "store/wal_writer.h"

void wal_compact(struct wal *wal, uint64_t index)
{
    if (index > wal->compact_index) {
        wal->compact_index = index;
    }
}

/*
 * Takes the name away from the oldest segment and makes that durable before anything else happens.
 * Two orders would make a crash look like damage, so they must not occur:
 *   - A later segment loses its name before an earlier one: recovery would find a gap in the
 *     numbers of the segments.
 *   - The blocks of the segment are written again (as a recycled segment) before its old name is
 *     durably gone: recovery would find a segment in the middle of the log with a wrong header.
 */
static int free_first(struct wal *wal)
{
    const struct fs *fs = wal->files.fs;
    const struct wal_extent *first = &wal->extents.list[0];
    bool keeps = wal->freed_count < WAL_FREE_MAX;
    char name[WAL_NAME_BYTES];
    char from[WAL_PATH_MAX];
    char to[WAL_PATH_MAX];
    int result;

    wal_segment_name(name, first->number);
    wal_path(&wal->files, name, from);
    if (keeps) {
        char free_name[WAL_NAME_BYTES];

        wal_free_name(free_name, first->number);
        wal_path(&wal->files, free_name, to);
        result = fs->rename(fs->context, from, to);
    } else {
        result = fs->unlink(fs->context, from);
    }
    if (result < 0) {
        return wal_system_error(&wal->failure, &wal->files, name, keeps ? "rename" : "remove",
                                result);
    }
    if (!PLANT(store_free_not_synced)) {
        result = fs->sync_directory(fs->context, wal->files.directory);
    }
    if (result < 0) {
        return wal_system_error(&wal->failure, &wal->files, "", "sync", result);
    }
    if (keeps) {
        wal->freed[wal->freed_count++] = first->number;
    }
    wal->sealed_count--;
    wal->sealed_bytes -= first->file_bytes;
    wal_marks_drop_segments(&wal->marks, first->number);
    if (wal->reading.number == first->number) {
        wal_close_reading(wal);
    }
    wal_extents_drop_first(&wal->extents);
    return 0;
}

bool wal_free_segment(struct wal *wal, struct raftd_error *error)
{
    if (error != NULL) {
        *error = (struct raftd_error){0};
    }
    if (wal->failure.code != 0) {
        wal_fail(wal, error);
        return false;
    }
    if (wal_extents_count_unneeded(&wal->extents, wal->compact_index) == 0) {
        return false;
    }
    if (free_first(wal) < 0) {
        wal_fail(wal, error);
        return false;
    }
    return wal_extents_count_unneeded(&wal->extents, wal->compact_index) > 0;
}

static void found_damaged(void *argument, const char *name)
{
    uint64_t *number = argument;

    if (wal_damaged_number(name) != 0) {
        *number = wal_damaged_number(name);
    }
}

int wal_remove_set_aside(struct wal *wal, struct raftd_error *error)
{
    const struct fs *fs = wal->files.fs;

    for (;;) {
        uint64_t number = 0;
        char name[WAL_NAME_BYTES];
        char path[WAL_PATH_MAX];
        int result = fs->list(fs->context, wal->files.directory, found_damaged, &number);

        if (result >= 0 && number == 0) {
            return 0;
        }
        wal_damaged_name(name, number);
        wal_path(&wal->files, name, path);
        result = result < 0 ? result : fs->unlink(fs->context, path);
        if (result < 0) {
            return wal_system_error(error, &wal->files, name, "remove", result) < 0
                       ? RAFTD_ERROR_SYSTEM
                       : 0;
        }
    }
}
