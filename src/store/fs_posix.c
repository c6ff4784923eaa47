/*
 * The file-system table that calls POSIX functions. It keeps no state; any thread. A failed fsync
 * or fdatasync is reported and never repeated: the kernel may have marked the pages that it could
 * not write as clean, so a second call could succeed although the bytes are not on the disk.
 */
#include "store/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"
#include "sys/mutex.h"

static int posix_open(void *context, const char *path, enum fs_open_mode mode)
{
    int flags = O_CLOEXEC;
    int file;

    (void)context;
    switch (mode) {
    case FS_OPEN_READ:
        flags |= O_RDONLY;
        break;
    case FS_OPEN_WRITE:
        flags |= O_RDWR;
        break;
    case FS_OPEN_CREATE:
        flags |= O_RDWR | O_CREAT | O_EXCL;
        break;
    }
    do {
        file = open(path, flags, 0600);
    } while (file < 0 && errno == EINTR);
    if (file < 0) {
        return -errno;
    }
    if (mode == FS_OPEN_WRITE) {
        /* This is advice that the kernel may ignore. Nothing can be done about a failure. */
        (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    }
    return file;
}

static int posix_close(void *context, int file)
{
    (void)context;
    /* Linux has closed the descriptor even if close() fails. After EINTR, a second close() could
     * close a descriptor that another thread has opened meanwhile. */
    return close(file) == 0 || errno == EINTR ? 0 : -errno;
}

static ssize_t posix_pread(void *context, int file, void *data, size_t size, uint64_t offset)
{
    uint8_t *place = data;
    size_t done = 0;

    (void)context;
    while (done < size) {
        ssize_t count = pread(file, place + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -errno;
        }
        if (count == 0) {
            break;
        }
        done += (size_t)count;
    }
    return (ssize_t)done;
}

static int posix_pwrite(void *context, int file, const void *data, size_t size, uint64_t offset)
{
    const uint8_t *place = data;
    size_t done = 0;

    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    (void)context;
    while (done < size) {
        ssize_t count = pwrite(file, place + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -errno;
        }
        if (count == 0) {
            return -EIO;
        }
        done += (size_t)count;
    }
    return 0;
}

static int posix_fdatasync(void *context, int file)
{
    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    (void)context;
    return fdatasync(file) == 0 ? 0 : -errno;
}

static int posix_fsync(void *context, int file)
{
    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    (void)context;
    return fsync(file) == 0 ? 0 : -errno;
}

static int posix_truncate(void *context, int file, uint64_t size)
{
    (void)context;
    return ftruncate(file, (off_t)size) == 0 ? 0 : -errno;
}

/* Not posix_fallocate(), which writes to every block where the file system cannot allocate. */
static int posix_allocate(void *context, int file, uint64_t size)
{
    int result;

    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    (void)context;
    do {
        result = fallocate(file, 0, 0, (off_t)size);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : -errno;
}

static int64_t posix_size(void *context, int file)
{
    struct stat status;

    (void)context;
    return fstat(file, &status) == 0 ? (int64_t)status.st_size : -errno;
}

static int64_t posix_block_bytes(void *context, int file)
{
    struct stat status;

    (void)context;
    return fstat(file, &status) == 0 ? (int64_t)status.st_blocks * 512 : -errno;
}

static int posix_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to) == 0 ? 0 : -errno;
}

static int posix_unlink(void *context, const char *path)
{
    (void)context;
    return unlink(path) == 0 ? 0 : -errno;
}

static int posix_make_directory(void *context, const char *path)
{
    (void)context;
    return mkdir(path, 0700) == 0 ? 0 : -errno;
}

static int posix_sync_directory(void *context, const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result;

    (void)context;
    if (directory < 0) {
        return -errno;
    }
    result = fsync(directory) == 0 ? 0 : -errno;
    close(directory);
    return result;
}

static int posix_list(void *context, const char *path,
                      void (*found)(void *argument, const char *name), void *argument)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int result;

    (void)context;
    if (directory == NULL) {
        return -errno;
    }
    /* readdir() returns NULL at the end and after a failure; only errno tells which. */
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            found(argument, entry->d_name);
        }
    }
    result = -errno;
    closedir(directory);
    return result;
}

static int posix_lock(void *context, int file)
{
    (void)context;
    return flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
}

static int64_t posix_free_bytes(void *context, const char *path)
{
    struct statvfs status;
    uint64_t blocks;

    (void)context;
    if (statvfs(path, &status) != 0) {
        return -errno;
    }
    blocks = (uint64_t)status.f_bavail;
    if (status.f_frsize == 0 || blocks > (uint64_t)INT64_MAX / status.f_frsize) {
        return INT64_MAX;
    }
    return (int64_t)(blocks * status.f_frsize);
}

const struct fs *fs_posix(void)
{
    static const struct fs table = {
        .open = posix_open,
        .close = posix_close,
        .pread = posix_pread,
        .pwrite = posix_pwrite,
        .fdatasync = posix_fdatasync,
        .fsync = posix_fsync,
        .truncate = posix_truncate,
        .allocate = posix_allocate,
        .size = posix_size,
        .block_bytes = posix_block_bytes,
        .rename = posix_rename,
        .unlink = posix_unlink,
        .make_directory = posix_make_directory,
        .sync_directory = posix_sync_directory,
        .list = posix_list,
        .lock = posix_lock,
        .free_bytes = posix_free_bytes,
    };

    return &table;
}
