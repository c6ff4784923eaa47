/*
 * The file that holds a part of the reserve; see reserve_file.h. Every operation passes on to the
 * table below. The three that may need room are repeated when the file has given some up.
 *
 * Why the file gives up its room at the write that needs it, and not when the free space becomes
 * small: between that moment and the write, another program could take it. Here it has the time of
 * two system calls, and can take no more than one piece of the file. Repeating such a write is
 * allowed, unlike a sync that failed: nothing of it counts before its sync.
 */
#include "store/reserve_file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "store/reserve.h"
#include "store/wal_segment.h"
#include "sys/log.h"
#include "sys/mutex.h"

enum { BLOCK_BYTES = 4096 };

struct reserve_file {
    /* Do not change after create. */
    struct fs table;
    const struct fs *fs;
    const char *directory;
    uint64_t reserve_bytes;
    uint64_t piece_bytes;
    char path[WAL_PATH_MAX];

    struct mutex mutex; /* protects the rest; held_bytes may be read without it */
    int file;           /* -1 = not open */
    bool cannot;        /* the file system cannot allocate blocks in advance */
    bool is_warned;     /* that the file cannot be made; until it can */
    bool gives;         /* it has given up blocks since it was last as long as it should be */
    _Atomic uint64_t held_bytes;
};

static uint64_t held(const struct reserve_file *reserve)
{
    return atomic_load_explicit(&reserve->held_bytes, memory_order_relaxed);
}

static void set_held(struct reserve_file *reserve, uint64_t bytes)
{
    atomic_store_explicit(&reserve->held_bytes, bytes, memory_order_relaxed);
}

/* ---- the file ---- */

/* Where a directory was copied, the copy of the file may be one hole: then it holds nothing. A file
 * that has its blocks is not allocated again, because some file systems need free space for that.
 */
static bool has_blocks(const struct reserve_file *reserve, int64_t size)
{
    const struct fs *fs = reserve->fs;

    return fs->block_bytes(fs->context, reserve->file) >= size ||
           fs->allocate(fs->context, reserve->file, (uint64_t)size) == 0;
}

/* Opens the file that an earlier process has left, and takes it as long as it is. */
static void open_left_locked(struct reserve_file *reserve)
{
    const struct fs *fs = reserve->fs;
    uint64_t longest = reserve_held_bytes(reserve->reserve_bytes);
    int64_t size;

    ASSERT(mutex_is_mine(&reserve->mutex));
    if (reserve->file >= 0) {
        return;
    }
    reserve->file = fs->open(fs->context, reserve->path, FS_OPEN_WRITE);
    if (reserve->file < 0) {
        return;
    }
    size = fs->size(fs->context, reserve->file);
    if (size > (int64_t)longest) {
        size = fs->truncate(fs->context, reserve->file, longest) == 0 ? (int64_t)longest : 0;
    }
    if (size > 0 && !has_blocks(reserve, size)) {
        (void)fs->truncate(fs->context, reserve->file, 0); /* the blocks that it has */
        size = 0;
    }
    set_held(reserve, size > 0 ? (uint64_t)size : 0);
}

/* Gives up a piece of the file, so that a write of so many bytes finds room. False: the file has
 * nothing left. */
static bool give_up_locked(struct reserve_file *reserve, uint64_t bytes)
{
    const struct fs *fs = reserve->fs;
    uint64_t piece = bytes > reserve->piece_bytes ? bytes : reserve->piece_bytes;
    uint64_t left;

    ASSERT(mutex_is_mine(&reserve->mutex));
    open_left_locked(reserve);
    left = held(reserve);
    if (left == 0 || PLANT(reserve_is_kept)) {
        return false;
    }
    left = left > piece ? (left - piece) / BLOCK_BYTES * BLOCK_BYTES : 0;
    if (fs->truncate(fs->context, reserve->file, left) != 0) {
        return false;
    }
    set_held(reserve, left);
    if (!reserve->gives) {
        LOG_WARNING("the file system of %s is full: this node goes on in the room that its file "
                    "\"%s\" holds; make room on that disk",
                    reserve->directory, RESERVE_FILE_NAME);
    }
    reserve->gives = true;
    return true;
}

/*
 * Makes room for an operation that failed for lack of it; *tries counts, from 0. False: there is
 * none to be made. Some file systems let go of blocks only when their journal is on the disk: so if
 * a piece was not enough, the file is synced before the next one. Nothing depends on the success of
 * that sync.
 */
static bool make_room(struct reserve_file *reserve, uint64_t bytes, uint64_t *tries)
{
    bool made = true;

    mutex_lock(&reserve->mutex);
    if ((*tries)++ % 2 == 0) {
        made = give_up_locked(reserve, bytes);
    } else {
        (void)reserve->fs->fsync(reserve->fs->context, reserve->file);
    }
    mutex_unlock(&reserve->mutex);
    return made;
}

static void warn_locked(struct reserve_file *reserve, int failure)
{
    ASSERT(mutex_is_mine(&reserve->mutex));
    if (!reserve->is_warned) {
        LOG_WARNING("cannot make the file \"%s\" in %s: %s; until it can be made, other programs "
                    "can take all of [storage] reserve_bytes",
                    RESERVE_FILE_NAME, reserve->directory, strerror(-failure));
    }
    reserve->is_warned = true;
}

/* Blocks of a file that was copied or cut off by a crash may be missing: allocates from its
 * beginning on. */
static void lengthen_locked(struct reserve_file *reserve, uint64_t more_bytes)
{
    const struct fs *fs = reserve->fs;
    uint64_t length = held(reserve) + more_bytes;
    int result;

    ASSERT(mutex_is_mine(&reserve->mutex));
    if (reserve->file < 0) {
        reserve->file = fs->open(fs->context, reserve->path, FS_OPEN_CREATE);
    }
    if (reserve->file < 0) {
        warn_locked(reserve, reserve->file); /* a later call tries again */
        return;
    }
    reserve->is_warned = false;
    result = fs->allocate(fs->context, reserve->file, length);
    if (result == 0) {
        set_held(reserve, length);
    } else if (result == -EOPNOTSUPP || result == -ENOSYS) {
        reserve->cannot = true;
        LOG_WARNING("the file system of %s allocates no blocks in advance, so other programs can "
                    "take all of [storage] reserve_bytes: let no other program write to it",
                    reserve->directory);
    }
}

bool reserve_file_hold(struct reserve_file *reserve, uint64_t at_most_bytes)
{
    const struct fs *fs = reserve->fs;
    int64_t free_bytes;
    uint64_t missing = 0;

    if (held(reserve) == reserve_held_bytes(reserve->reserve_bytes)) {
        return false;
    }
    free_bytes = fs->free_bytes(fs->context, reserve->directory);
    mutex_lock(&reserve->mutex);
    open_left_locked(reserve);
    if (!reserve->cannot && free_bytes >= 0) {
        missing =
            reserve_missing_bytes((uint64_t)free_bytes, held(reserve), reserve->reserve_bytes);
    }
    if (missing > 0) {
        uint64_t more = missing < at_most_bytes ? missing : at_most_bytes;
        uint64_t before = held(reserve);

        lengthen_locked(reserve, more);
        missing = held(reserve) > before ? missing - more : 0;
        reserve->gives = reserve->gives && missing > 0;
    }
    mutex_unlock(&reserve->mutex);
    return missing > 0;
}

void reserve_file_remove(const struct fs *fs, const char *directory)
{
    const struct wal_files files = {.fs = fs, .directory = directory};
    char path[WAL_PATH_MAX];
    int result;

    wal_path(&files, RESERVE_FILE_NAME, path);
    result = fs->unlink(fs->context, path);
    if (result != 0 && result != -ENOENT) {
        LOG_WARNING("cannot remove %s: %s; it holds blocks that nobody needs", path,
                    strerror(-result));
    }
}

uint64_t reserve_file_held_bytes(const struct reserve_file *reserve)
{
    return held(reserve);
}

/* ---- operations that may need room ---- */

static bool make_room_for_write(struct reserve_file *reserve, int result, uint64_t bytes,
                                uint64_t *tries)
{
    return (result == -ENOSPC || result == -EDQUOT) && make_room(reserve, bytes, tries);
}

/* The directory may need a block for a name. So one piece is enough; and if blocks are free, what
 * lacks is an inode, and no piece helps. As little does one against a quota of inodes, -EDQUOT. */
static bool make_room_for_name(struct reserve_file *reserve, int result, uint64_t *tries)
{
    const struct fs *fs = reserve->fs;
    int64_t free_bytes;

    if (result != -ENOSPC || *tries > 1) {
        return false;
    }
    free_bytes = fs->free_bytes(fs->context, reserve->directory);
    return (*tries > 0 || free_bytes < (int64_t)reserve->piece_bytes) &&
           make_room(reserve, 0, tries);
}

static int reserve_open(void *context, const char *path, enum fs_open_mode mode)
{
    struct reserve_file *reserve = context;
    uint64_t tries = 0;
    int file;

    do {
        file = reserve->fs->open(reserve->fs->context, path, mode);
    } while (make_room_for_name(reserve, file, &tries));
    return file;
}

static int reserve_pwrite(void *context, int file, const void *data, size_t size, uint64_t offset)
{
    struct reserve_file *reserve = context;
    uint64_t tries = 0;
    int result;

    do {
        result = reserve->fs->pwrite(reserve->fs->context, file, data, size, offset);
    } while (make_room_for_write(reserve, result, size, &tries));
    return result;
}

static int reserve_rename(void *context, const char *from, const char *to)
{
    struct reserve_file *reserve = context;
    uint64_t tries = 0;
    int result;

    do {
        result = reserve->fs->rename(reserve->fs->context, from, to);
    } while (make_room_for_name(reserve, result, &tries));
    return result;
}

static int64_t reserve_free_bytes(void *context, const char *path)
{
    struct reserve_file *reserve = context;
    int64_t free_bytes = reserve->fs->free_bytes(reserve->fs->context, path);
    int64_t more = (int64_t)held(reserve);

    return free_bytes < 0 || free_bytes > INT64_MAX - more ? free_bytes : free_bytes + more;
}

/* ---- operations that need none ---- */

static const struct fs *below(void *context)
{
    return ((struct reserve_file *)context)->fs;
}

static int reserve_close(void *context, int file)
{
    return below(context)->close(below(context)->context, file);
}

static ssize_t reserve_pread(void *context, int file, void *data, size_t size, uint64_t offset)
{
    return below(context)->pread(below(context)->context, file, data, size, offset);
}

static int reserve_fdatasync(void *context, int file)
{
    return below(context)->fdatasync(below(context)->context, file);
}

static int reserve_fsync(void *context, int file)
{
    return below(context)->fsync(below(context)->context, file);
}

static int reserve_truncate(void *context, int file, uint64_t size)
{
    return below(context)->truncate(below(context)->context, file, size);
}

static int reserve_allocate(void *context, int file, uint64_t size)
{
    return below(context)->allocate(below(context)->context, file, size);
}

static int64_t reserve_size(void *context, int file)
{
    return below(context)->size(below(context)->context, file);
}

static int64_t reserve_block_bytes(void *context, int file)
{
    return below(context)->block_bytes(below(context)->context, file);
}

static int reserve_unlink(void *context, const char *path)
{
    return below(context)->unlink(below(context)->context, path);
}

static int reserve_make_directory(void *context, const char *path)
{
    return below(context)->make_directory(below(context)->context, path);
}

static int reserve_sync_directory(void *context, const char *path)
{
    return below(context)->sync_directory(below(context)->context, path);
}

static int reserve_list(void *context, const char *path,
                        void (*found)(void *argument, const char *name), void *argument)
{
    return below(context)->list(below(context)->context, path, found, argument);
}

static int reserve_lock(void *context, int file)
{
    return below(context)->lock(below(context)->context, file);
}

/* ---- life ---- */

struct reserve_file *reserve_file_create(const struct fs *fs, const char *directory,
                                         uint64_t reserve_bytes, uint64_t piece_bytes)
{
    struct reserve_file *reserve = memory_allocate_zeroed(1, sizeof(*reserve));
    const struct wal_files files = {.fs = fs, .directory = directory};

    reserve->table = (struct fs){
        .context = reserve,
        .open = reserve_open,
        .close = reserve_close,
        .pread = reserve_pread,
        .pwrite = reserve_pwrite,
        .fdatasync = reserve_fdatasync,
        .fsync = reserve_fsync,
        .truncate = reserve_truncate,
        .allocate = reserve_allocate,
        .size = reserve_size,
        .block_bytes = reserve_block_bytes,
        .rename = reserve_rename,
        .unlink = reserve_unlink,
        .make_directory = reserve_make_directory,
        .sync_directory = reserve_sync_directory,
        .list = reserve_list,
        .lock = reserve_lock,
        .free_bytes = reserve_free_bytes,
    };
    reserve->fs = fs;
    reserve->directory = directory;
    reserve->reserve_bytes = reserve_bytes;
    reserve->piece_bytes = piece_bytes;
    wal_path(&files, RESERVE_FILE_NAME, reserve->path);
    mutex_init(&reserve->mutex, MUTEX_RANK_RESERVE);
    reserve->file = -1;
    atomic_init(&reserve->held_bytes, 0);
    return reserve;
}

void reserve_file_destroy(struct reserve_file *reserve)
{
    if (reserve == NULL) {
        return;
    }
    if (reserve->file >= 0) {
        reserve->fs->close(reserve->fs->context, reserve->file);
    }
    mutex_destroy(&reserve->mutex);
    memory_free(reserve);
}

const struct fs *reserve_file_table(struct reserve_file *reserve)
{
    return &reserve->table;
}
