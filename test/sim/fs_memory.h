/*
 * A file system in memory that forgets as a disk does: what was written is in its page cache and
 * may or may not be on its disk until a sync; a name is durable once its directory was synced.
 * It can end the process at any operation, cut the power in every way a disk can lose or tear
 * what was on its way, fail single operations or some by chance, stall and run full. Everything
 * random comes from its seed.
 *
 * Paths are absolute; "/" is there from the start. One thread. Copies are cheap.
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

/* What a disk writes as a whole or tears: 512 (the default) or 4096. Set it before any write. */
void fs_memory_set_sector_bytes(struct fs_memory *memory, uint32_t bytes);

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
 * not at all, and every later one fails, until a crash or fs_memory_end_process().
 */
void fs_memory_die_at(struct fs_memory *memory, uint64_t operation);
void fs_memory_die(struct fs_memory *memory); /* between two operations, now */
bool fs_memory_is_dead(const struct fs_memory *memory);

/* The nth operation of this kind from now fails with this errno (negative); once. */
void fs_memory_fail(struct fs_memory *memory, enum fs_memory_operation operation, uint32_t nth,
                    int failure);

/* Writes that would make the files larger than this in sum fail with -ENOSPC; 0 = no limit. */
void fs_memory_limit(struct fs_memory *memory, uint64_t bytes);

/*
 * Faults by chance, while the process runs: each so many times in a million operations of its
 * kind. None of them damages what is durable (fs_damage.h does that). All zero: none.
 */
struct fs_faults {
    uint32_t read_error;      /* a read fails once with -EIO */
    uint32_t write_error;     /* a write fails with -EIO, some of it done */
    uint32_t sync_error;      /* a sync fails once with -EIO, and its pages are forgotten */
    uint32_t name_error;      /* create, rename, unlink, directory sync, truncate: -EIO */
    uint32_t full;            /* the disk is full: writes that grow a file end short with -ENOSPC */
    uint32_t full_operations; /* ... until so many operations later */
    uint32_t stall;           /* an operation takes up to stall_ms */
    uint32_t stall_ms;
    uint32_t write_back; /* the kernel writes some dirty pages to the disk on its own */
};
void fs_memory_set_faults(struct fs_memory *memory, const struct fs_faults *faults);

/* What the operations since the last call took in sum: the host lets this much time pass. */
uint64_t fs_memory_latency_ms(struct fs_memory *memory);

/* How many files are open. */
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

/* The process is gone: its files are closed and its locks free. The page cache stays. */
void fs_memory_end_process(struct fs_memory *memory);

enum fs_memory_loss {
    FS_MEMORY_LOSE_ALL,  /* everything not synced is gone */
    FS_MEMORY_LOSE_NONE, /* the cache happened to be written just in time */
    FS_MEMORY_LOSE_SOME, /* each sector, size and name by chance */
    FS_MEMORY_TEAR,      /* likewise, and sectors in flight may be zero, garbage or torn */
};
/* Ends the process, too. What is left is durable. */
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
/* How many there are; fills in up to `capacity` of them. */
size_t fs_memory_pending(const struct fs_memory *memory, struct fs_unit *units, size_t capacity);
/* One fate for each unit. Ends the process; what is left is durable. */
void fs_memory_crash(struct fs_memory *memory, const uint8_t *fates, size_t count);

/* Behind the back of whoever uses the table: all of these are durable and need no open file. */
bool fs_memory_exists(const struct fs_memory *memory, const char *path);
size_t fs_memory_size(const struct fs_memory *memory, const char *path);
/* The bytes of a file; valid until it is written, or asked for again. */
const uint8_t *fs_memory_bytes(const struct fs_memory *memory, const char *path);
void fs_memory_poke(struct fs_memory *memory, const char *path, uint64_t offset, const void *data,
                    size_t size);
/* Makes it, or replaces its content. */
void fs_memory_put(struct fs_memory *memory, const char *path, const void *data, size_t size);
void fs_memory_remove(struct fs_memory *memory, const char *path);
/* The sector at this offset fails to be read until it is written. */
void fs_memory_make_unreadable(struct fs_memory *memory, const char *path, uint64_t offset);

#endif
