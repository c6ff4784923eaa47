/*
 * A table of functions for every operation by which raftd touches its data directory. The daemon
 * uses fs_posix(). Tests and the simulator use other tables under the same code; those fail, tear
 * and lose writes as a disk does in a power cut. The functions may be called by any thread, a file
 * by one thread at a time. They return 0 (or a count), or a negative errno.
 */
#ifndef RAFTD_STORE_FS_H
#define RAFTD_STORE_FS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum fs_open_mode {
    FS_OPEN_READ, /* an existing file, to read */
    /*
     * An existing file, to read and write. Drops the pages of the file that the kernel has in its
     * cache and that count as clean. After a failed fsync, the kernel marks pages as clean although
     * the disk never got them, so the cache may show bytes that are lost after the next power cut.
     * Recovery has to read what the disk has.
     */
    FS_OPEN_WRITE,
    FS_OPEN_CREATE, /* a new file, to read and write, with mode 0600; -EEXIST if it exists */
};

struct fs {
    void *context; /* the first argument of every function; owned by the maker of the table */
    /* Returns a file, a number from 0 that only this table's functions understand. */
    int (*open)(void *context, const char *path, enum fs_open_mode mode);
    int (*close)(void *context, int file);
    /* Both transfer all bytes, with several system calls if necessary. pread returns the number of
     * bytes, which is less than size only at the end of the file. */
    ssize_t (*pread)(void *context, int file, void *data, size_t size, uint64_t offset);
    int (*pwrite)(void *context, int file, const void *data, size_t size, uint64_t offset);
    int (*fdatasync)(void *context, int file);
    int (*fsync)(void *context, int file);
    int (*truncate)(void *context, int file, uint64_t size);
    /* Makes a file so long, with a block for every byte, if it is shorter. A failure may leave it
     * as it was, or with more blocks. -EOPNOTSUPP: this file system cannot do that. */
    int (*allocate)(void *context, int file, uint64_t size);
    int64_t (*size)(void *context, int file);
    /* The bytes of the blocks that a file has. Less than its size: it has holes. */
    int64_t (*block_bytes)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    int (*make_directory)(void *context, const char *path); /* -EEXIST if it exists */
    /* Makes the names in a directory durable: files that were created, renamed or removed. */
    int (*sync_directory)(void *context, const char *path);
    /* Calls found() for each name in the directory except "." and "..", in any order. */
    int (*list)(void *context, const char *path, void (*found)(void *argument, const char *name),
                void *argument);
    /* Takes an exclusive lock, which is held until close(). -EWOULDBLOCK: another process has
     * it. */
    int (*lock)(void *context, int file);
    /* The bytes that a process without special rights may still write to the file system of this
     * directory. INT64_MAX = there is no limit. */
    int64_t (*free_bytes)(void *context, const char *path);
};

/* The table that works on the real file system. */
const struct fs *fs_posix(void);

#endif
