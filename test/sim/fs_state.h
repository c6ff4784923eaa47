/*
 * The data of the file system in memory, shared by the files fs_*.c. Nothing else includes this.
 *
 * A file has two images: what a reader sees (the page cache) and what the disk has. Both are arrays
 * of pages that are shared until one side writes, and a page of zeros is not stored at all. So a
 * copy of a file system copies only pointers, a sync moves them, and a preallocated segment costs
 * nothing. Names have two images in the same way.
 */
#ifndef RAFTD_TEST_SIM_FS_STATE_H
#define RAFTD_TEST_SIM_FS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/fs_memory.h"
#include "sim/random.h"

enum {
    FS_PAGE_BYTES = 4096,
    FS_SECTOR_BYTES = 512,
    FS_SECTORS = FS_PAGE_BYTES / FS_SECTOR_BYTES, /* of a page; one bit each in its masks */
    FS_HANDLES_MAX = 64,
    FS_INODE_DIRECTORY = -1, /* in place of an inode's number */
};
_Static_assert(FS_SECTORS == 8, "the masks of a page are bytes");

struct fs_page {
    uint32_t references; /* does not change while there is more than one */
    uint8_t bytes[FS_PAGE_BYTES];
};

/* One page of a file. NULL is a page of zeros. */
struct fs_slot {
    struct fs_page *cache;
    struct fs_page *disk;
    uint8_t dirty;      /* sectors that were written and not synced */
    uint8_t forgotten;  /* sectors whose sync failed: clean in the cache, not on the disk */
    uint8_t unreadable; /* sectors that cannot be read until the next write */
    bool is_listed;     /* is in the list of written slots */
};

/* Bytes after both sizes are zero, so that a file that grows has zeros in its holes. */
struct fs_inode {
    bool is_used;
    bool is_locked;
    bool has_forgotten;
    struct fs_slot *slots;
    size_t slot_count; /* allocated slots, not the size of the file */
    uint64_t cache_bytes;
    uint64_t disk_bytes;
    size_t *written; /* slots with dirty sectors */
    size_t written_count;
    size_t written_capacity;
    uint8_t *flat; /* what fs_memory_bytes() returned */
};

struct fs_name {
    char *path;
    size_t parent_length; /* of the path before its last '/' */
    uint64_t hash;        /* of the path */
    size_t next;          /* in the chain of its bucket: place in the list, or FS_NO_NAME */
    int inode;            /* or FS_INODE_DIRECTORY */
};

/* A list, and a table that finds a path in it: a directory may have thousands of files. */
struct fs_names {
    struct fs_name *list;
    size_t count;
    size_t capacity;
    size_t *buckets;     /* each the place of a chain's first name in the list, or FS_NO_NAME */
    size_t bucket_count; /* a power of two, or 0 */
};
#define FS_NO_NAME SIZE_MAX

enum fs_change_type { FS_CHANGE_LINK, FS_CHANGE_UNLINK, FS_CHANGE_RENAME };

/* Contains everything that it needs: each change can reach the disk although those before it did
 * not. */
struct fs_change {
    enum fs_change_type type;
    char *path;
    char *to; /* RENAME only */
    int inode;
};

struct fs_handle {
    bool is_open;
    bool is_writable;
    bool has_lock;
    int inode;
};

struct fs_scripted_fault {
    uint32_t countdown; /* 0 = none */
    int failure;
};

struct fs_memory {
    struct fs table;
    struct sim_random random;
    bool has_large_sectors; /* 4096 bytes, not 512 */
    struct fs_inode *inodes;
    size_t inode_count;
    size_t inode_capacity;
    size_t collect_at;     /* at so many inodes, those without a reference are freed */
    struct fs_names cache; /* as a reader sees them */
    struct fs_names disk;
    struct fs_change *changes;
    size_t change_count;
    size_t change_capacity;
    struct fs_handle handles[FS_HANDLES_MAX];
    size_t open_files;

    struct fs_scripted_fault scripted[FS_MEMORY_OPERATIONS];
    struct fs_faults faults;
    struct sim_random fault_random;
    uint64_t full_until; /* the count of operations at which there is space again */
    uint64_t latency_ms;
    uint64_t fault_counts[FS_FAULT_KINDS];
    uint64_t count;
    uint64_t die_at; /* 0 = never */
    bool is_dead;
    uint64_t limit_bytes; /* 0 = none */
};

/* Files: fs_file.c. */
void fs_inode_free(struct fs_inode *inode);
void fs_inode_copy(struct fs_inode *to, const struct fs_inode *from);
void fs_inode_read(const struct fs_inode *inode, uint8_t *data, size_t size, uint64_t offset);
bool fs_inode_is_readable(const struct fs_inode *inode, size_t size, uint64_t offset);
void fs_inode_write(struct fs_inode *inode, const uint8_t *data, size_t size, uint64_t offset,
                    bool has_large_sectors);
void fs_inode_truncate(struct fs_inode *inode, uint64_t bytes);
void fs_inode_sync(struct fs_inode *inode);
/* As in Linux: pages whose sync failed count as clean afterwards. */
void fs_inode_fail_sync(struct fs_inode *inode);
/* Drops clean pages from the cache, so that it shows what the disk has. */
void fs_inode_drop_clean(struct fs_inode *inode);
/* For tests: writes to cache and disk at once. */
void fs_inode_poke(struct fs_inode *inode, const uint8_t *data, size_t size, uint64_t offset);
/* The sectors of the mask get these bytes on the disk, instead of what is under way. */
void fs_slot_settle(struct fs_slot *slot, uint8_t mask, const uint8_t bytes[FS_PAGE_BYTES]);
const uint8_t *fs_page_bytes(const struct fs_page *page);
/* After a crash: the file is what the disk has, cut to this size. */
void fs_inode_reload(struct fs_inode *inode, uint64_t bytes);

/* Names: fs_names.c. */
struct fs_name *fs_names_find(const struct fs_names *names, const char *path);
void fs_names_set(struct fs_names *names, const char *path, int inode);
void fs_names_remove(struct fs_names *names, const char *path);
void fs_names_clear(struct fs_names *names);
void fs_names_copy(struct fs_names *to, const struct fs_names *from);
/* Drops files whose directory does not exist. */
void fs_names_drop_orphans(struct fs_names *names);
/* Length of the directory part of a path; 0 for files in "/". */
size_t fs_parent_length(const char *path);
bool fs_is_in(const char *path, const char *directory);
bool fs_has_parent(const struct fs_names *names, const char *path);
/* Changes the names that a reader sees; the disk gets the change with the next sync of the
 * directory. */
void fs_change_names(struct fs_memory *memory, enum fs_change_type type, const char *path,
                     const char *to, int inode);
void fs_change_apply(struct fs_names *names, const struct fs_change *change);
void fs_copy_changes(struct fs_memory *to, const struct fs_memory *from);
/* The changes in this directory reach the disk; NULL = all changes are forgotten instead. */
void fs_settle_changes(struct fs_memory *memory, const char *directory);

/* Faults: fs_faults.c. */
/* Every operation begins here. 0: go on. 1: the process ends at this operation, which may be done
 * in part. Negative: the operation fails. */
int fs_begin(struct fs_memory *memory, enum fs_memory_operation operation);
/* For operations that are done completely or not at all. False: not done, return *result. */
bool fs_begin_whole(struct fs_memory *memory, enum fs_memory_operation operation, int *result);
/* Whether there is space for a write that makes the files grow; counts a refusal as a fault. */
bool fs_has_room(struct fs_memory *memory, uint64_t growth);
/* What may still be written; INT64_MAX = there is no limit. */
uint64_t fs_free_bytes(const struct fs_memory *memory);
/* Dirty pages that the kernel writes to the disk by itself now. */
void fs_write_back(struct fs_memory *memory, struct fs_inode *inode);

#endif
