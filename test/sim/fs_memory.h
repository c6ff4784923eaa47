/*
 * A file system in memory that forgets as a disk does. What was written is in its page cache, and
 * may or may not be on its disk until a sync; a name is durable when its directory was synced. It
 * can end the process at any operation, cut the power and lose or tear what was under way in every
 * way a disk can, fail single operations, be slow, and run full. Everything random comes from its
 * seed.
 *
 * Paths are absolute, and "/" exists from the beginning. One thread. Copies are cheap.
 */
#ifndef RAFTD_TEST_SIM_FS_MEMORY_H
#define RAFTD_TEST_SIM_FS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/fs.h"

struct fs_memory;

struct fs_memory *fs_memory_create(uint64_t seed);
/* Copies the files, with what is not durable; not the open files and not the faults. */
struct fs_memory *fs_memory_copy(const struct fs_memory *memory, uint64_t seed);
void fs_memory_destroy(struct fs_memory *memory);

/* The size of a sector, 512 (the default) or 4096. Has to be set before the first write. */
void fs_memory_set_sector_bytes(struct fs_memory *memory, uint32_t bytes);

/* Valid until fs_memory_destroy(). */
const struct fs *fs_memory_table(struct fs_memory *memory);

/* Kinds of operations. All but the last one can change what a crash leaves; they are counted. */
enum fs_memory_operation {
    FS_MEMORY_CREATE,
    FS_MEMORY_PWRITE,
    FS_MEMORY_FDATASYNC,
    FS_MEMORY_FSYNC,
    FS_MEMORY_TRUNCATE,
    FS_MEMORY_ALLOCATE,
    FS_MEMORY_RENAME,
    FS_MEMORY_UNLINK,
    FS_MEMORY_MAKE_DIRECTORY,
    FS_MEMORY_SYNC_DIRECTORY,
    FS_MEMORY_PREAD,
    FS_MEMORY_OPERATIONS,
};

/* The number of counted operations since fs_memory_create() or fs_memory_copy(). */
uint64_t fs_memory_count(const struct fs_memory *memory);

/*
 * The process dies at the operation with this number (the first is 1): it happens in part or
 * not at all, and every later one fails, until a crash or fs_memory_end_process().
 */
void fs_memory_die_at(struct fs_memory *memory, uint64_t operation);
void fs_memory_die(struct fs_memory *memory); /* now, between two operations */
bool fs_memory_is_dead(const struct fs_memory *memory);

/* The nth operation of this kind from now fails once, with this negative errno. */
void fs_memory_fail(struct fs_memory *memory, enum fs_memory_operation operation, uint32_t nth,
                    int failure);

/* Writes fail with -ENOSPC if they would make all files together larger; 0 = no limit. */
void fs_memory_limit(struct fs_memory *memory, uint64_t bytes);
/* The same, with what is used now and so much more: others have taken the rest. */
void fs_memory_fill(struct fs_memory *memory, uint64_t free_bytes);

/*
 * Faults by chance, while the process runs: each so many times in a million operations of its
 * kind. None of them damages what is durable (fs_damage.h does that). All zero: none.
 */
struct fs_faults {
    uint32_t read_error;      /* a read fails once with -EIO */
    uint32_t write_error;     /* a write fails with -EIO, and may be done in part */
    uint32_t sync_error;      /* a sync fails once with -EIO, and its pages are lost */
    uint32_t name_error;      /* create, rename, unlink, directory sync, truncate, allocate:
                                 -EIO */
    uint32_t full;            /* the disk is full: writes that grow a file fail with -ENOSPC */
    uint32_t full_operations; /* for so many operations */
    uint32_t stall;           /* an operation takes up to stall_ms */
    uint32_t stall_ms;
    uint32_t write_back; /* the kernel writes some dirty pages to the disk on its own */
};
void fs_memory_set_faults(struct fs_memory *memory, const struct fs_faults *faults);

/* The time that the operations since the last call took together; the host lets it pass. */
uint64_t fs_memory_latency_ms(struct fs_memory *memory);

/* The number of open files. */
size_t fs_memory_open_files(const struct fs_memory *memory);

/* How often each kind of fault was seen to happen since create. */
enum fs_fault_kind {
    FS_FAULT_READ_ERROR,
    FS_FAULT_WRITE_ERROR,
    FS_FAULT_SHORT_WRITE,
    FS_FAULT_SYNC_ERROR,
    FS_FAULT_NAME_ERROR,
    FS_FAULT_FULL,
    FS_FAULT_STALL,
    FS_FAULT_WRITE_BACK,
    FS_FAULT_UNREADABLE,
    FS_FAULT_KINDS,
};
uint64_t fs_memory_fault_count(const struct fs_memory *memory, enum fs_fault_kind kind);

/* The process has ended: its files are closed, its locks are free. The page cache stays. */
void fs_memory_end_process(struct fs_memory *memory);

enum fs_memory_loss {
    FS_MEMORY_LOSE_ALL,  /* everything that was not synced is lost */
    FS_MEMORY_LOSE_NONE, /* everything in the cache reached the disk just before */
    FS_MEMORY_LOSE_SOME, /* each sector, size and name is lost by chance */
    FS_MEMORY_TEAR,      /* the same, and sectors under way may be zeros, garbage or torn */
};
/* Ends the process as well. What is left is durable. */
void fs_memory_power_cut(struct fs_memory *memory, enum fs_memory_loss loss);

/*
 * The same with the fate of each single thing that was on its way, for those who try them all.
 * The units are the sectors of all files that were written, sizes that changed, and changes of
 * names in their order; each reaches the disk or not whatever the others do.
 */
enum fs_fate {
    FS_FATE_OLD,
    FS_FATE_NEW,
    FS_FATE_ZERO,    /* a sector; of the others, as new */
    FS_FATE_GARBAGE, /* a sector; of a size, anything between; of a name, as new */
    FS_FATE_TORN,    /* a sector, part old, part new; of a size, anything between */
};
enum fs_unit_type { FS_UNIT_SECTOR, FS_UNIT_SIZE, FS_UNIT_NAME };
struct fs_unit {
    enum fs_unit_type type;
    int inode;       /* SECTOR, SIZE */
    uint64_t offset; /* SECTOR: in its file */
};
/* Returns the number of units, and fills in at most `capacity` of them. */
size_t fs_memory_pending(const struct fs_memory *memory, struct fs_unit *units, size_t capacity);
/* Crashes with one fate for each unit. Ends the process; what is left is durable. */
void fs_memory_crash(struct fs_memory *memory, const uint8_t *fates, size_t count);

/* For tests, not for the process: everything that these do is durable and needs no open file. */
bool fs_memory_exists(const struct fs_memory *memory, const char *path);
size_t fs_memory_size(const struct fs_memory *memory, const char *path);
/* The bytes of a file; valid until the file is written or asked for again. */
const uint8_t *fs_memory_bytes(const struct fs_memory *memory, const char *path);
void fs_memory_poke(struct fs_memory *memory, const char *path, uint64_t offset, const void *data,
                    size_t size);
/* Makes the file, or replaces its content. */
void fs_memory_put(struct fs_memory *memory, const char *path, const void *data, size_t size);
void fs_memory_remove(struct fs_memory *memory, const char *path);
/* Reads of the sector at this offset fail until it is written again. */
void fs_memory_make_unreadable(struct fs_memory *memory, const char *path, uint64_t offset);

#endif
