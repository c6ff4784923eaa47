/*
 * The operations of the file system in memory, its creation and copying, and the functions for
 * tests. See fs_memory.h, and fs_state.h for its data.
 */
#include "sim/fs_memory.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/fs_state.h"

static void mark_names(bool *marks, const struct fs_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->list[i].inode >= 0) {
            marks[names->list[i].inode] = true;
        }
    }
}

/* Frees the inodes that no name, change or open file refers to. */
static void collect_inodes(struct fs_memory *memory)
{
    bool *marks = memory_allocate_zeroed(memory->inode_count, sizeof(bool));
    size_t used = 0;

    mark_names(marks, &memory->cache);
    mark_names(marks, &memory->disk);
    for (size_t i = 0; i < FS_HANDLES_MAX; i++) {
        if (memory->handles[i].is_open) {
            marks[memory->handles[i].inode] = true;
        }
    }
    for (size_t i = 0; i < memory->change_count; i++) {
        if (memory->changes[i].type != FS_CHANGE_UNLINK && memory->changes[i].inode >= 0) {
            marks[memory->changes[i].inode] = true;
        }
    }
    for (size_t i = 0; i < memory->inode_count; i++) {
        if (memory->inodes[i].is_used && !marks[i]) {
            fs_inode_free(&memory->inodes[i]);
        }
        used += memory->inodes[i].is_used;
    }
    memory->collect_at = 2 * used + 8;
    memory_free(marks);
}

static int inode_make(struct fs_memory *memory)
{
    size_t number = 0;

    if (memory->inode_count > 0 && memory->inode_count >= memory->collect_at) {
        collect_inodes(memory);
    }
    while (number < memory->inode_count && memory->inodes[number].is_used) {
        number++;
    }
    if (number == memory->inode_count) {
        memory->inodes = memory_grow(memory->inodes, &memory->inode_capacity,
                                     memory->inode_count + 1, sizeof(memory->inodes[0]));
        memory->inode_count++;
    }
    memory->inodes[number] = (struct fs_inode){.is_used = true};
    return (int)number;
}

/* The table. */

static struct fs_handle *handle_of(struct fs_memory *memory, int file)
{
    ASSERT(file >= 0 && file < FS_HANDLES_MAX && memory->handles[file].is_open);
    return &memory->handles[file];
}

static struct fs_inode *inode_of(struct fs_memory *memory, int file)
{
    return &memory->inodes[handle_of(memory, file)->inode];
}

static int open_inode(struct fs_memory *memory, int inode, bool is_writable)
{
    for (int file = 0; file < FS_HANDLES_MAX; file++) {
        if (!memory->handles[file].is_open) {
            memory->handles[file] =
                (struct fs_handle){.is_open = true, .is_writable = is_writable, .inode = inode};
            memory->open_files++;
            return file;
        }
    }
    return -EMFILE;
}

static int create_file(struct fs_memory *memory, const char *path)
{
    int inode;
    int result;

    if (fs_names_find(&memory->cache, path) != NULL) {
        return -EEXIST;
    }
    if (!fs_has_parent(&memory->cache, path)) {
        return -ENOENT;
    }
    if (!fs_begin_whole(memory, FS_MEMORY_CREATE, &result)) {
        return result;
    }
    inode = inode_make(memory);
    fs_change_names(memory, FS_CHANGE_LINK, path, NULL, inode);
    return result != 0 ? result : open_inode(memory, inode, true);
}

static int memory_open(void *context, const char *path, enum fs_open_mode mode)
{
    struct fs_memory *memory = context;
    struct fs_name *name = fs_names_find(&memory->cache, path);

    if (memory->is_dead) {
        return -EIO;
    }
    if (mode == FS_OPEN_CREATE) {
        return create_file(memory, path);
    }
    if (name == NULL) {
        return -ENOENT;
    }
    if (name->inode == FS_INODE_DIRECTORY) {
        return -EISDIR;
    }
    if (mode == FS_OPEN_WRITE) {
        fs_inode_drop_clean(&memory->inodes[name->inode]);
    }
    return open_inode(memory, name->inode, mode == FS_OPEN_WRITE);
}

static int memory_close(void *context, int file)
{
    struct fs_memory *memory = context;
    struct fs_handle *handle;

    if (memory->is_dead) {
        return -EIO;
    }
    handle = handle_of(memory, file);
    if (handle->has_lock) {
        memory->inodes[handle->inode].is_locked = false;
    }
    *handle = (struct fs_handle){0};
    memory->open_files--;
    return 0;
}

static ssize_t memory_pread(void *context, int file, void *data, size_t size, uint64_t offset)
{
    struct fs_memory *memory = context;
    int result = fs_begin(memory, FS_MEMORY_PREAD);
    struct fs_inode *inode;
    size_t count = size;

    if (result < 0) {
        return result;
    }
    inode = inode_of(memory, file);
    if (offset >= inode->cache_bytes) {
        return 0;
    }
    if (count > inode->cache_bytes - offset) {
        count = (size_t)(inode->cache_bytes - offset);
    }
    if (!fs_inode_is_readable(inode, count, offset)) {
        memory->fault_counts[FS_FAULT_UNREADABLE]++;
        return -EIO;
    }
    fs_inode_read(inode, data, count, offset);
    return (ssize_t)count;
}

/* How much of a write that fails is done: any part of it. */
static void write_part(struct fs_memory *memory, struct fs_inode *inode, const void *data,
                       size_t size, uint64_t offset)
{
    size_t part = (size_t)sim_random_below(&memory->random, size + 1);

    if (part > 0 && !memory->is_dead) {
        memory->fault_counts[FS_FAULT_SHORT_WRITE]++;
    }
    fs_inode_write(inode, data, part, offset, memory->has_large_sectors);
}

static int memory_pwrite(void *context, int file, const void *data, size_t size, uint64_t offset)
{
    struct fs_memory *memory = context;
    int result = fs_begin(memory, FS_MEMORY_PWRITE);
    struct fs_inode *inode;
    uint64_t growth;

    if (result < 0) {
        return result;
    }
    inode = inode_of(memory, file);
    ASSERT(handle_of(memory, file)->is_writable);
    if (result == 1) {
        write_part(memory, inode, data, size, offset);
        return -EIO;
    }
    if (memory->faults.write_error > 0 &&
        sim_random_chance(&memory->fault_random, memory->faults.write_error)) {
        memory->fault_counts[FS_FAULT_WRITE_ERROR]++;
        write_part(memory, inode, data, size, offset);
        return -EIO;
    }
    growth = offset + size > inode->cache_bytes ? offset + size - inode->cache_bytes : 0;
    if (!fs_has_room(memory, growth)) {
        if (memory->faults.full > 0) {
            write_part(memory, inode, data, size, offset);
        }
        return -ENOSPC;
    }
    fs_inode_write(inode, data, size, offset, memory->has_large_sectors);
    fs_write_back(memory, inode);
    return 0;
}

static int sync_file(struct fs_memory *memory, int file, enum fs_memory_operation operation)
{
    int result = fs_begin(memory, operation);

    if (result == 0) {
        fs_inode_sync(inode_of(memory, file));
    } else if (!memory->is_dead) {
        fs_inode_fail_sync(inode_of(memory, file));
    }
    return result == 1 ? -EIO : result;
}

static int memory_fdatasync(void *context, int file)
{
    return sync_file(context, file, FS_MEMORY_FDATASYNC);
}

static int memory_fsync(void *context, int file)
{
    return sync_file(context, file, FS_MEMORY_FSYNC);
}

static int memory_truncate(void *context, int file, uint64_t size)
{
    struct fs_memory *memory = context;
    int result;

    if (fs_begin_whole(memory, FS_MEMORY_TRUNCATE, &result)) {
        ASSERT(handle_of(memory, file)->is_writable);
        fs_inode_truncate(inode_of(memory, file), size);
    }
    return result;
}

static int memory_allocate_blocks(void *context, int file, uint64_t size)
{
    struct fs_memory *memory = context;
    struct fs_inode *inode;
    int result;

    if (fs_begin_whole(memory, FS_MEMORY_ALLOCATE, &result)) {
        ASSERT(handle_of(memory, file)->is_writable);
        inode = inode_of(memory, file);
        if (size <= inode->cache_bytes) {
            return result;
        }
        if (!fs_has_room(memory, size - inode->cache_bytes)) {
            return -ENOSPC;
        }
        fs_inode_truncate(inode, size);
    }
    return result;
}

static int64_t memory_size(void *context, int file)
{
    struct fs_memory *memory = context;

    return memory->is_dead ? -EIO : (int64_t)inode_of(memory, file)->cache_bytes;
}

/* No file has holes. */
static int64_t memory_block_bytes(void *context, int file)
{
    return memory_size(context, file);
}

static int memory_rename(void *context, const char *from, const char *to)
{
    struct fs_memory *memory = context;
    struct fs_name *name = fs_names_find(&memory->cache, from);
    int result;

    if (!memory->is_dead && name == NULL) {
        return -ENOENT;
    }
    if (fs_begin_whole(memory, FS_MEMORY_RENAME, &result)) {
        fs_change_names(memory, FS_CHANGE_RENAME, from, to, name->inode);
    }
    return result;
}

static int memory_unlink(void *context, const char *path)
{
    struct fs_memory *memory = context;
    struct fs_name *name = fs_names_find(&memory->cache, path);
    int result;

    if (!memory->is_dead && name == NULL) {
        return -ENOENT;
    }
    if (fs_begin_whole(memory, FS_MEMORY_UNLINK, &result)) {
        fs_change_names(memory, FS_CHANGE_UNLINK, path, NULL, name->inode);
    }
    return result;
}

static int memory_make_directory(void *context, const char *path)
{
    struct fs_memory *memory = context;
    int result;

    if (!memory->is_dead && fs_names_find(&memory->cache, path) != NULL) {
        return -EEXIST;
    }
    if (!memory->is_dead && !fs_has_parent(&memory->cache, path)) {
        return -ENOENT;
    }
    if (fs_begin_whole(memory, FS_MEMORY_MAKE_DIRECTORY, &result)) {
        fs_change_names(memory, FS_CHANGE_LINK, path, NULL, FS_INODE_DIRECTORY);
    }
    return result;
}

static int memory_sync_directory(void *context, const char *path)
{
    struct fs_memory *memory = context;
    int result = fs_begin(memory, FS_MEMORY_SYNC_DIRECTORY);

    if (result == 0) {
        fs_settle_changes(memory, path);
    }
    return result == 1 ? -EIO : result;
}

static int memory_list(void *context, const char *path,
                       void (*found)(void *argument, const char *name), void *argument)
{
    struct fs_memory *memory = context;
    struct fs_name *directory = fs_names_find(&memory->cache, path);
    size_t length;

    if (memory->is_dead) {
        return -EIO;
    }
    if (directory == NULL || directory->inode != FS_INODE_DIRECTORY) {
        return -ENOENT;
    }
    length = strcmp(path, "/") == 0 ? 0 : strlen(path);
    for (size_t i = 0; i < memory->cache.count; i++) {
        const struct fs_name *name = &memory->cache.list[i];

        if (name->parent_length == length && strncmp(name->path, path, length) == 0) {
            found(argument, name->path + length + 1);
        }
    }
    return 0;
}

static int memory_lock(void *context, int file)
{
    struct fs_memory *memory = context;

    if (memory->is_dead) {
        return -EIO;
    }
    if (inode_of(memory, file)->is_locked) {
        return -EWOULDBLOCK;
    }
    inode_of(memory, file)->is_locked = true;
    handle_of(memory, file)->has_lock = true;
    return 0;
}

static int64_t memory_free_bytes(void *context, const char *path)
{
    struct fs_memory *memory = context;

    return memory->is_dead                               ? -EIO
           : fs_names_find(&memory->cache, path) == NULL ? -ENOENT
                                                         : (int64_t)fs_free_bytes(memory);
}

/* Life, death, copies. */

struct fs_memory *fs_memory_create(uint64_t seed)
{
    struct fs_memory *memory = memory_allocate_zeroed(1, sizeof(*memory));

    memory->random = sim_random_make(seed);
    memory->fault_random = sim_random_make(seed + 1);
    memory->table = (struct fs){
        .context = memory,
        .open = memory_open,
        .close = memory_close,
        .pread = memory_pread,
        .pwrite = memory_pwrite,
        .fdatasync = memory_fdatasync,
        .fsync = memory_fsync,
        .truncate = memory_truncate,
        .allocate = memory_allocate_blocks,
        .size = memory_size,
        .block_bytes = memory_block_bytes,
        .rename = memory_rename,
        .unlink = memory_unlink,
        .make_directory = memory_make_directory,
        .sync_directory = memory_sync_directory,
        .list = memory_list,
        .lock = memory_lock,
        .free_bytes = memory_free_bytes,
    };
    return memory;
}

struct fs_memory *fs_memory_copy(const struct fs_memory *memory, uint64_t seed)
{
    struct fs_memory *copy = fs_memory_create(seed);

    copy->has_large_sectors = memory->has_large_sectors;
    fs_names_copy(&copy->cache, &memory->cache);
    fs_names_copy(&copy->disk, &memory->disk);
    fs_copy_changes(copy, memory);
    if (memory->inode_count > 0) {
        copy->inodes =
            memory_grow(NULL, &copy->inode_capacity, memory->inode_count, sizeof(copy->inodes[0]));
    }
    for (size_t i = 0; i < memory->inode_count; i++) {
        fs_inode_copy(&copy->inodes[copy->inode_count++], &memory->inodes[i]);
    }
    return copy;
}

void fs_memory_destroy(struct fs_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    fs_settle_changes(memory, NULL);
    fs_names_clear(&memory->cache);
    fs_names_clear(&memory->disk);
    for (size_t i = 0; i < memory->inode_count; i++) {
        fs_inode_free(&memory->inodes[i]);
    }
    memory_free(memory->changes);
    memory_free(memory->inodes);
    memory_free(memory);
}

void fs_memory_set_sector_bytes(struct fs_memory *memory, uint32_t bytes)
{
    ASSERT(bytes == FS_SECTOR_BYTES || bytes == FS_PAGE_BYTES);
    memory->has_large_sectors = bytes == FS_PAGE_BYTES;
}

const struct fs *fs_memory_table(struct fs_memory *memory)
{
    return &memory->table;
}

uint64_t fs_memory_count(const struct fs_memory *memory)
{
    return memory->count;
}

void fs_memory_die_at(struct fs_memory *memory, uint64_t operation)
{
    memory->die_at = operation;
}

void fs_memory_die(struct fs_memory *memory)
{
    memory->is_dead = true;
}

bool fs_memory_is_dead(const struct fs_memory *memory)
{
    return memory->is_dead;
}

size_t fs_memory_open_files(const struct fs_memory *memory)
{
    return memory->open_files;
}

void fs_memory_end_process(struct fs_memory *memory)
{
    memory->is_dead = false;
    memory->die_at = 0;
    for (size_t i = 0; i < FS_HANDLES_MAX; i++) {
        memory->handles[i] = (struct fs_handle){0};
    }
    memory->open_files = 0;
    for (size_t i = 0; i < memory->inode_count; i++) {
        memory->inodes[i].is_locked = false;
    }
}

/* For tests. */

static struct fs_inode *find_inode(const struct fs_memory *memory, const char *path)
{
    struct fs_name *name = fs_names_find(&memory->cache, path);

    ASSERT(name != NULL && name->inode != FS_INODE_DIRECTORY);
    return &memory->inodes[name->inode];
}

bool fs_memory_exists(const struct fs_memory *memory, const char *path)
{
    return fs_names_find(&memory->cache, path) != NULL;
}

size_t fs_memory_size(const struct fs_memory *memory, const char *path)
{
    return (size_t)find_inode(memory, path)->cache_bytes;
}

const uint8_t *fs_memory_bytes(const struct fs_memory *memory, const char *path)
{
    struct fs_inode *inode = find_inode(memory, path);

    inode->flat = memory_resize(inode->flat, (size_t)inode->cache_bytes + 1);
    fs_inode_read(inode, inode->flat, (size_t)inode->cache_bytes, 0);
    return inode->flat;
}

void fs_memory_poke(struct fs_memory *memory, const char *path, uint64_t offset, const void *data,
                    size_t size)
{
    struct fs_inode *inode = find_inode(memory, path);

    ASSERT(offset + size <= inode->cache_bytes);
    fs_inode_poke(inode, data, size, offset);
}

void fs_memory_put(struct fs_memory *memory, const char *path, const void *data, size_t size)
{
    struct fs_inode *inode;

    if (fs_names_find(&memory->cache, path) == NULL) {
        int number = inode_make(memory);

        ASSERT(fs_has_parent(&memory->cache, path));
        fs_names_set(&memory->cache, path, number);
        fs_names_set(&memory->disk, path, number);
    }
    inode = find_inode(memory, path);
    fs_inode_truncate(inode, 0);
    fs_inode_write(inode, data, size, 0, memory->has_large_sectors);
    fs_inode_sync(inode);
}

void fs_memory_remove(struct fs_memory *memory, const char *path)
{
    fs_names_remove(&memory->cache, path);
    fs_names_remove(&memory->disk, path);
}

void fs_memory_make_unreadable(struct fs_memory *memory, const char *path, uint64_t offset)
{
    struct fs_inode *inode = find_inode(memory, path);
    struct fs_slot *slot = &inode->slots[offset / FS_PAGE_BYTES];
    uint8_t sector = (uint8_t)(1u << offset % FS_PAGE_BYTES / FS_SECTOR_BYTES);

    ASSERT(offset < inode->cache_bytes);
    slot->unreadable |= memory->has_large_sectors ? 0xff : sector;
}
