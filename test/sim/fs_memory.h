/*
 * A file system in memory that forgets as a disk does: what was written is in its page cache and
 * may or may not be on its disk until a sync; a name is durable once its directory was synced.
 * It can end the process at any operation, cut the power with or without torn writes, fail
 * single operations and run full. Everything random comes from its seed.
 *
 * Paths are absolute; "/" is there from the start. One thread.
 */
#ifndef RAFTD_TEST_SIM_FS_MEMORY_H
#define RAFTD_TEST_SIM_FS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/fs.h"

struct fs_memory;

struct fs_memory *fs_memory_create(uint64_t seed);
/* The same files, durable or not, and no open ones; faults are not copied. */
struct fs_memory *fs_memory_copy(const struct fs_memory *memory, uint64_t seed);
void fs_memory_destroy(struct fs_memory *memory);

/* Valid until destroy. */
const struct fs *fs_memory_table(struct fs_memory *memory);

/* Kinds of operations. All but the last can change what a crash leaves, and are counted. */
enum fs_memory_operation {
    FS_MEMORY_CREATE,
    FS_MEMORY_PWRITE,
    FS_MEMORY_FDATASYNC,
    FS_MEMORY_FSYNC,
    FS_MEMORY_TRUNCATE,
    FS_MEMORY_RENAME,
    FS_MEMORY_UNLINK,
    FS_MEMORY_MAKE_DIRECTORY,
    FS_MEMORY_SYNC_DIRECTORY,
    FS_MEMORY_PREAD,
    FS_MEMORY_OPERATIONS,
};

/* How many counted operations were begun since create or copy. */
uint64_t fs_memory_count(const struct fs_memory *memory);

/*
 * The process dies at the operation with this number (the first is 1): it happens in part or
 * not at all, and every later one fails, until one of the two functions below.
 */
void fs_memory_die_at(struct fs_memory *memory, uint64_t operation);
void fs_memory_die(struct fs_memory *memory); /* between two operations, now */
bool fs_memory_is_dead(const struct fs_memory *memory);

/* The nth operation of this kind from now fails with this errno (negative); once. */
void fs_memory_fail(struct fs_memory *memory, enum fs_memory_operation operation, uint32_t nth,
                    int failure);

/* Writes that would make the files larger than this in sum fail with -ENOSPC. */
void fs_memory_limit(struct fs_memory *memory, uint64_t bytes);

/* The process is gone: its files are closed and its locks free. The page cache stays. */
void fs_memory_end_process(struct fs_memory *memory);

enum fs_memory_loss {
    FS_MEMORY_LOSE_ALL,  /* everything not synced is gone */
    FS_MEMORY_LOSE_NONE, /* the cache happened to be written just in time */
    FS_MEMORY_LOSE_SOME, /* each sector and the order of names by chance */
    FS_MEMORY_TEAR,      /* likewise, and sectors in flight may be garbage */
};
/* Ends the process, too. What is left is durable. */
void fs_memory_power_cut(struct fs_memory *memory, enum fs_memory_loss loss);

/* Behind the back of whoever uses the table: all of these are durable and need no open file. */
bool fs_memory_exists(const struct fs_memory *memory, const char *path);
size_t fs_memory_size(const struct fs_memory *memory, const char *path);
/* The bytes of a file; valid until it is written. */
const uint8_t *fs_memory_bytes(const struct fs_memory *memory, const char *path);
void fs_memory_poke(struct fs_memory *memory, const char *path, uint64_t offset, const void *data,
                    size_t size);
/* Makes it, or replaces its content. */
void fs_memory_put(struct fs_memory *memory, const char *path, const void *data, size_t size);
void fs_memory_remove(struct fs_memory *memory, const char *path);

#endif
