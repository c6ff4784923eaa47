/*
 * The file-system table: every operation by which raftd touches its data directory. The daemon
 * uses fs_posix(); tests and the simulator put in tables that fail, tear and lose writes under
 * the very same WAL code. Functions return 0 (or a count) or a negative errno.
 */
#ifndef RAFTD_STORE_FS_H
#define RAFTD_STORE_FS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum fs_open_mode {
    FS_OPEN_READ, /* existing file, read only */
    /*
     * Existing file, read and write. Cached pages that count as clean are dropped first: after a
     * failed fsync the kernel keeps pages that the disk never got, and whoever recovers has to
     * read what the disk has.
     */
    FS_OPEN_WRITE,
    FS_OPEN_CREATE, /* must not exist yet; read and write, mode 0600 */
};

struct fs {
    void *context; /* first argument of every function; owned by who made the table */
    /* A descriptor >= 0 that belongs to this table, or a negative errno. */
    int (*open)(void *context, const char *path, enum fs_open_mode mode);
    int (*close)(void *context, int file);
    /* Whole transfers: the POSIX table repeats short ones. Read returns bytes, less at the end. */
    ssize_t (*pread)(void *context, int file, void *data, size_t size, uint64_t offset);
    int (*pwrite)(void *context, int file, const void *data, size_t size, uint64_t offset);
    int (*fdatasync)(void *context, int file);
    int (*fsync)(void *context, int file);
    int (*truncate)(void *context, int file, uint64_t size);
    int64_t (*size)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    int (*make_directory)(void *context, const char *path); /* -EEXIST is an answer, too */
    int (*sync_directory)(void *context, const char *path);
    /* Calls back with each name in the directory ("." and ".." left out), in any order. */
    int (*list)(void *context, const char *path, void (*found)(void *argument, const char *name),
                void *argument);
    /* An exclusive lock held until close(); -EWOULDBLOCK if another process has it. */
    int (*lock)(void *context, int file);
};

const struct fs *fs_posix(void);

#endif
