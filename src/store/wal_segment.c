/*
 * Operations on segment files. See wal_segment.h. One thread at a time; waits for the disk.
 */
#include "store/wal_segment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/plant.h"

/* Nothing ever writes to this array, so it takes no memory: all its pages are the kernel's page of
 * zeros. */
static uint8_t zeros[256 * 1024];

void wal_path(const struct wal_files *files, const char *name, char path[WAL_PATH_MAX])
{
    int length = snprintf(path, WAL_PATH_MAX, "%s/%s", files->directory, name);

    ASSERT(length > 0 && length < WAL_PATH_MAX);
}

int wal_system_error(struct raftd_error *error, const struct wal_files *files, const char *name,
                     const char *doing, int failure)
{
    const char *advice = "";

    ASSERT(failure < 0);
    if (failure == -ENOSPC || failure == -EDQUOT) {
        advice = "; make room on that disk and start again: no acknowledged write is lost";
    } else if (failure == -EIO) {
        advice = "; the disk reports an error: see the kernel's log";
    } else if (failure == -EACCES || failure == -EPERM) {
        advice = "; the directory has to belong to the user that raftd runs as";
    }
    error_set(error, RAFTD_ERROR_SYSTEM, "cannot %s %.200s/%s: %s%s", doing, files->directory, name,
              strerror(-failure), advice);
    return failure;
}

/* The name that the file of the segment has now. */
static void segment_name(const struct wal_segment *segment, char name[WAL_NAME_BYTES])
{
    if (segment->is_published) {
        wal_segment_name(name, segment->number);
    } else {
        snprintf(name, WAL_NAME_BYTES, "%s", WAL_SPARE_NAME);
    }
}

static int segment_error(struct raftd_error *error, const struct wal_files *files,
                         const struct wal_segment *segment, const char *doing, int failure)
{
    char name[WAL_NAME_BYTES];

    segment_name(segment, name);
    return wal_system_error(error, files, name, doing, failure);
}

static int write_zeros(const struct wal_files *files, int file, uint64_t from, uint64_t to)
{
    while (from < to) {
        size_t size = to - from < sizeof(zeros) ? (size_t)(to - from) : sizeof(zeros);
        int result = files->fs->pwrite(files->fs->context, file, zeros, size, from);

        if (result < 0) {
            return result;
        }
        from += size;
    }
    return 0;
}

static int write_header(const struct wal_files *files, const struct wal_segment_header *header,
                        int file, struct wal_segment *segment, struct raftd_error *error)
{
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];
    int result;

    *segment = (struct wal_segment){
        .file = file,
        .number = header->number,
        .nonce = header->nonce,
        .offset_bytes = WAL_SEGMENT_HEADER_BYTES,
        .zeroed_bytes = WAL_SEGMENT_HEADER_BYTES,
    };
    wal_segment_header_encode(header, block);
    result = files->fs->pwrite(files->fs->context, file, block, sizeof(block), 0);
    return result < 0 ? segment_error(error, files, segment, "write the header of", result) : 0;
}

int wal_segment_create(const struct wal_files *files, const struct wal_segment_header *header,
                       uint64_t zeroed_bytes, struct wal_segment *segment,
                       struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    char path[WAL_PATH_MAX];
    int file;
    int result;

    ASSERT(zeroed_bytes >= WAL_SEGMENT_HEADER_BYTES);
    wal_path(files, WAL_SPARE_NAME, path);
    file = fs->open(fs->context, path, FS_OPEN_CREATE);
    if (file < 0) {
        return wal_system_error(error, files, WAL_SPARE_NAME, "create", file);
    }
    result = write_header(files, header, file, segment, error);
    if (result == 0) {
        result = wal_segment_zero(files, segment, zeroed_bytes, error);
    }
    if (result < 0) {
        wal_segment_close(files, segment);
    }
    return result;
}

/* Opens the spare file. If it is larger than a segment, cuts it to that size. Returns the file or a
 * negative errno. */
static int open_recycled(const struct wal_files *files, const char *path, uint64_t segment_bytes,
                         uint64_t *size_bytes, struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    int file = fs->open(fs->context, path, FS_OPEN_WRITE);
    int64_t size;
    int result = 0;

    if (file < 0) {
        return wal_system_error(error, files, WAL_SPARE_NAME, "open", file);
    }
    size = fs->size(fs->context, file);
    if (size > (int64_t)segment_bytes) {
        result = fs->truncate(fs->context, file, segment_bytes);
        size = (int64_t)segment_bytes;
    }
    if (size < 0 || result < 0) {
        fs->close(fs->context, file);
        return wal_system_error(error, files, WAL_SPARE_NAME, "prepare",
                                size < 0 ? (int)size : result);
    }
    *size_bytes = (uint64_t)size;
    return file;
}

int wal_segment_recycle(const struct wal_files *files, uint64_t freed, uint64_t segment_bytes,
                        const struct wal_segment_header *header, struct wal_segment *segment,
                        struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    char name[WAL_NAME_BYTES];
    char from[WAL_PATH_MAX];
    char to[WAL_PATH_MAX];
    uint64_t size_bytes = 0;
    int result;
    int file;

    wal_free_name(name, freed);
    wal_path(files, name, from);
    wal_path(files, WAL_SPARE_NAME, to);
    result = fs->rename(fs->context, from, to);
    if (result < 0) {
        return wal_system_error(error, files, name, "rename", result);
    }
    file = open_recycled(files, to, segment_bytes, &size_bytes, error);
    if (file < 0) {
        return file;
    }
    result = write_header(files, header, file, segment, error);
    if (result < 0) {
        wal_segment_close(files, segment);
        return result;
    }
    segment->stale_bytes = size_bytes;
    return 0;
}

/*
 * A recycled file may still have batches of its former use after the zeros. Their nonce is another
 * one, so they would never be taken for batches of this segment. But they are bytes that are not
 * zero after the last batch, and after a crash recovery would report them as a torn tail. So they
 * are cut off before the segment gets its name.
 */
static int cut_stale(const struct wal_files *files, struct wal_segment *segment,
                     struct raftd_error *error)
{
    int result;

    if (segment->stale_bytes <= segment->zeroed_bytes) {
        return 0;
    }
    result = files->fs->truncate(files->fs->context, segment->file, segment->zeroed_bytes);
    segment->stale_bytes = 0;
    return result < 0 ? segment_error(error, files, segment, "cut", result) : 0;
}

int wal_segment_publish(const struct wal_files *files, struct wal_segment *segment,
                        struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    char from[WAL_PATH_MAX];
    char to[WAL_PATH_MAX];
    char name[WAL_NAME_BYTES];
    int result;

    ASSERT(!segment->is_published);
    result = cut_stale(files, segment, error);
    if (result < 0) {
        return result;
    }
    result = PLANT(store_rename_before_sync) ? 0 : fs->fsync(fs->context, segment->file);
    if (result < 0) {
        return segment_error(error, files, segment, "sync", result);
    }
    wal_path(files, WAL_SPARE_NAME, from);
    wal_segment_name(name, segment->number);
    wal_path(files, name, to);
    result = fs->rename(fs->context, from, to);
    if (result < 0) {
        return segment_error(error, files, segment, "rename", result);
    }
    segment->is_published = true;
    if (!PLANT(store_create_not_synced)) {
        result = fs->sync_directory(fs->context, files->directory);
    }
    if (result < 0) {
        return segment_error(error, files, segment, "sync the directory of", result);
    }
    return 0;
}

int wal_segment_open(const struct wal_files *files, uint64_t number, struct wal_segment *segment,
                     struct raftd_error *error)
{
    char path[WAL_PATH_MAX];
    char name[WAL_NAME_BYTES];
    int file;

    wal_segment_name(name, number);
    wal_path(files, name, path);
    file = files->fs->open(files->fs->context, path, FS_OPEN_WRITE);
    if (file < 0) {
        return wal_system_error(error, files, name, "open", file);
    }
    *segment = (struct wal_segment){.file = file, .number = number, .is_published = true};
    return 0;
}

int wal_segment_zero(const struct wal_files *files, struct wal_segment *segment,
                     uint64_t until_bytes, struct raftd_error *error)
{
    int result;

    if (until_bytes <= segment->zeroed_bytes) {
        return 0;
    }
    if (PLANT(store_zeroes_acknowledged) && segment->offset_bytes > WAL_SEGMENT_HEADER_BYTES) {
        segment->zeroed_bytes = segment->offset_bytes - WAL_BLOCK_BYTES;
    }
    result = write_zeros(files, segment->file, segment->zeroed_bytes, until_bytes);
    if (result < 0) {
        return segment_error(error, files, segment, "prepare", result);
    }
    segment->zeroed_bytes = until_bytes;
    return 0;
}

int wal_segment_clear(const struct wal_files *files, const struct wal_segment *segment,
                      uint64_t from_bytes, uint64_t to_bytes, struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    uint8_t block[WAL_BLOCK_BYTES];
    uint64_t begin = from_bytes / WAL_BLOCK_BYTES * WAL_BLOCK_BYTES;
    size_t keep = (size_t)(from_bytes - begin);
    int result;

    /* Writes whole blocks. from_bytes may lie inside of a block: then the bytes before it are read
     * and written again unchanged. */
    if (keep > 0) {
        ssize_t count = fs->pread(fs->context, segment->file, block, keep, begin);

        if (count < 0 || (size_t)count < keep) {
            return segment_error(error, files, segment, "read", count < 0 ? (int)count : -EIO);
        }
        memset(block + keep, 0, sizeof(block) - keep);
        result = fs->pwrite(fs->context, segment->file, block, sizeof(block), begin);
        if (result < 0) {
            return segment_error(error, files, segment, "clear the end of", result);
        }
        begin += WAL_BLOCK_BYTES;
    }
    result = write_zeros(files, segment->file, begin, wal_padded_bytes(to_bytes));
    if (result < 0) {
        return segment_error(error, files, segment, "clear the end of", result);
    }
    return 0;
}

int wal_segment_append(const struct wal_files *files, const struct wal_files *ahead,
                       struct wal_segment *segment, const uint8_t *batch, uint64_t batch_bytes,
                       uint64_t segment_bytes, struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    uint64_t end = segment->offset_bytes + batch_bytes;
    int result;

    ASSERT(batch_bytes > 0 && batch_bytes % WAL_BLOCK_BYTES == 0);
    ASSERT(segment->offset_bytes % WAL_BLOCK_BYTES == 0);
    result = fs->pwrite(fs->context, segment->file, batch, batch_bytes, segment->offset_bytes);
    if (result < 0) {
        return segment_error(error, files, segment, "append to", result);
    }
    if (end > segment->zeroed_bytes) {
        uint64_t until = end + WAL_ZERO_AHEAD_BYTES;
        struct raftd_error zero_error = {0};

        segment->zeroed_bytes = end;
        result = wal_segment_zero(ahead, segment, until < segment_bytes ? until : segment_bytes,
                                  &zero_error);
        /* There was room for the batch itself. If there is none for the zeros, a later append
         * reports that when it needs the room. */
        if (result < 0 && result != -ENOSPC && result != -EDQUOT) {
            *error = zero_error;
            return result;
        }
    }
    result = wal_segment_sync(files, segment, error);
    if (result < 0) {
        return result;
    }
    segment->offset_bytes = end;
    return 0;
}

int wal_segment_sync(const struct wal_files *files, const struct wal_segment *segment,
                     struct raftd_error *error)
{
    int result = 0;

    if (!PLANT(store_append_not_synced)) {
        result = files->fs->fdatasync(files->fs->context, segment->file);
    }
    if (result < 0 && PLANT(store_sync_retried)) {
        result = files->fs->fdatasync(files->fs->context, segment->file);
    }
    return result < 0 ? segment_error(error, files, segment, "sync", result) : 0;
}

void wal_segment_close(const struct wal_files *files, struct wal_segment *segment)
{
    if (segment->file < 0) {
        return;
    }
    files->fs->close(files->fs->context, segment->file);
    if (!segment->is_published) {
        char path[WAL_PATH_MAX];

        wal_path(files, WAL_SPARE_NAME, path);
        files->fs->unlink(files->fs->context, path);
    }
    segment->file = -1;
}
