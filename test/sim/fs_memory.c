/*
 * The file system in memory. See fs_memory.h.
 *
 * Every file has two images: what a reader sees (the page cache) and what the disk has; sectors
 * in which they may differ are marked. Names likewise: a table as it looks, a table as the disk
 * has it, and the changes on their way from one to the other, in order.
 */
#include "sim/fs_memory.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum {
    SECTOR_BYTES = 512,
    HANDLES_MAX = 64,
    INODE_DIRECTORY = -1, /* in place of an inode's number */
};

enum sector_state {
    SECTOR_CLEAN = 0, /* cache and disk are the same */
    SECTOR_DIRTY,     /* written, not synced */
    SECTOR_FORGOTTEN, /* its sync failed: the cache says clean, the disk never got it */
};

struct inode {
    bool is_used;
    bool is_locked;
    uint8_t *cache;
    uint8_t *disk;
    uint8_t *states; /* one per sector */
    uint64_t cache_bytes;
    uint64_t disk_bytes;
    uint64_t capacity; /* of cache and disk, whole sectors */
};

struct name {
    char *path;
    int inode; /* or INODE_DIRECTORY */
};

struct names {
    struct name *list;
    size_t count;
    size_t capacity;
};

enum change_type { CHANGE_LINK, CHANGE_UNLINK, CHANGE_RENAME };

struct change {
    enum change_type type;
    char *path;
    char *to;  /* RENAME only */
    int inode; /* LINK only */
};

struct handle {
    bool is_open;
    bool is_writable;
    bool has_lock;
    int inode;
};

struct fault {
    uint32_t countdown; /* 0 = none */
    int failure;
};

struct fs_memory {
    struct fs table;
    uint64_t random;
    struct inode *inodes;
    size_t inode_count;
    size_t inode_capacity;
    struct names cache; /* as a reader sees them */
    struct names disk;
    struct change *changes;
    size_t change_count;
    size_t change_capacity;
    struct handle handles[HANDLES_MAX];
    struct fault faults[FS_MEMORY_OPERATIONS];
    uint64_t count;
    uint64_t die_at; /* 0 = never */
    bool is_dead;
    uint64_t limit_bytes; /* 0 = none */
};

/* splitmix64 */
static uint64_t random_next(struct fs_memory *memory)
{
    uint64_t z = memory->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t random_below(struct fs_memory *memory, uint64_t below)
{
    return below == 0 ? 0 : random_next(memory) % below;
}

static bool random_coin(struct fs_memory *memory)
{
    return random_next(memory) % 2 == 0;
}

/* Names. */

static struct name *names_find(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->list[i].path, path) == 0) {
            return &names->list[i];
        }
    }
    return NULL;
}

static void names_remove(struct names *names, const char *path)
{
    struct name *name = names_find(names, path);

    if (name != NULL) {
        memory_free(name->path);
        *name = names->list[--names->count];
    }
}

static void names_set(struct names *names, const char *path, int inode)
{
    names_remove(names, path);
    names->list =
        memory_grow(names->list, &names->capacity, names->count + 1, sizeof(names->list[0]));
    names->list[names->count++] = (struct name){.path = memory_copy_string(path), .inode = inode};
}

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        memory_free(names->list[i].path);
    }
    memory_free(names->list);
    *names = (struct names){0};
}

static void names_copy(struct names *to, const struct names *from)
{
    names_clear(to);
    for (size_t i = 0; i < from->count; i++) {
        names_set(to, from->list[i].path, from->list[i].inode);
    }
}

/* Length of the directory's part of a path; 0 for what lies in "/". */
static size_t parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    ASSERT(slash != NULL);
    return (size_t)(slash - path);
}

static bool is_in(const char *path, const char *directory)
{
    size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

    return parent_length(path) == length && strncmp(path, directory, length) == 0;
}

static bool has_parent(const struct names *names, const char *path)
{
    size_t length = parent_length(path);

    for (size_t i = 0; i < names->count; i++) {
        const struct name *name = &names->list[i];

        if (name->inode == INODE_DIRECTORY && strlen(name->path) == length &&
            strncmp(name->path, path, length) == 0) {
            return true;
        }
    }
    return length == 0;
}

static void change_free(struct change *change)
{
    memory_free(change->path);
    memory_free(change->to);
}

static void change_apply(struct names *names, const struct change *change)
{
    struct name *name;
    int inode;

    switch (change->type) {
    case CHANGE_LINK:
        names_set(names, change->path, change->inode);
        break;
    case CHANGE_UNLINK:
        names_remove(names, change->path);
        break;
    case CHANGE_RENAME:
        name = names_find(names, change->path);
        if (name != NULL) {
            inode = name->inode;
            names_remove(names, change->path);
            names_set(names, change->to, inode);
        }
        break;
    }
}

/* Changes what a reader sees; the disk gets it with the next sync of the directory. */
static void change_names(struct fs_memory *memory, enum change_type type, const char *path,
                         const char *to, int inode)
{
    struct change *change;

    memory->changes = memory_grow(memory->changes, &memory->change_capacity,
                                  memory->change_count + 1, sizeof(memory->changes[0]));
    change = &memory->changes[memory->change_count++];
    *change = (struct change){
        .type = type,
        .path = memory_copy_string(path),
        .to = to != NULL ? memory_copy_string(to) : NULL,
        .inode = inode,
    };
    change_apply(&memory->cache, change);
}

/* Inodes. */

static void inode_free(struct inode *inode)
{
    memory_free(inode->cache);
    memory_free(inode->disk);
    memory_free(inode->states);
    *inode = (struct inode){0};
}

static bool is_referenced(const struct fs_memory *memory, int number)
{
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        if (memory->handles[i].is_open && memory->handles[i].inode == number) {
            return true;
        }
    }
    for (size_t i = 0; i < memory->cache.count; i++) {
        if (memory->cache.list[i].inode == number) {
            return true;
        }
    }
    for (size_t i = 0; i < memory->disk.count; i++) {
        if (memory->disk.list[i].inode == number) {
            return true;
        }
    }
    for (size_t i = 0; i < memory->change_count; i++) {
        if (memory->changes[i].type == CHANGE_LINK && memory->changes[i].inode == number) {
            return true;
        }
    }
    return false;
}

static int inode_make(struct fs_memory *memory)
{
    size_t number = 0;

    for (size_t i = 0; i < memory->inode_count; i++) {
        if (memory->inodes[i].is_used && !is_referenced(memory, (int)i)) {
            inode_free(&memory->inodes[i]);
        }
    }
    while (number < memory->inode_count && memory->inodes[number].is_used) {
        number++;
    }
    if (number == memory->inode_count) {
        memory->inodes = memory_grow(memory->inodes, &memory->inode_capacity,
                                     memory->inode_count + 1, sizeof(memory->inodes[0]));
        memory->inode_count++;
    }
    memory->inodes[number] = (struct inode){.is_used = true};
    return (int)number;
}

/* Bytes behind both sizes are zero, so that a file that grows has zeros in its holes. */
static void inode_reserve(struct inode *inode, uint64_t bytes)
{
    uint64_t capacity = inode->capacity > 0 ? inode->capacity : 16 * SECTOR_BYTES;

    if (bytes <= inode->capacity) {
        return;
    }
    while (capacity < bytes) {
        capacity *= 2;
    }
    inode->cache = memory_resize(inode->cache, capacity);
    inode->disk = memory_resize(inode->disk, capacity);
    inode->states = memory_resize(inode->states, capacity / SECTOR_BYTES);
    memset(inode->cache + inode->capacity, 0, capacity - inode->capacity);
    memset(inode->disk + inode->capacity, 0, capacity - inode->capacity);
    memset(inode->states + inode->capacity / SECTOR_BYTES, SECTOR_CLEAN,
           (capacity - inode->capacity) / SECTOR_BYTES);
    inode->capacity = capacity;
}

static void inode_write(struct inode *inode, const void *data, size_t size, uint64_t offset)
{
    if (size == 0) {
        return;
    }
    inode_reserve(inode, offset + size);
    memcpy(inode->cache + offset, data, size);
    for (uint64_t at = offset / SECTOR_BYTES; at <= (offset + size - 1) / SECTOR_BYTES; at++) {
        inode->states[at] = SECTOR_DIRTY;
    }
    if (offset + size > inode->cache_bytes) {
        inode->cache_bytes = offset + size;
    }
}

static void inode_truncate(struct inode *inode, uint64_t bytes)
{
    inode_reserve(inode, bytes);
    if (bytes < inode->cache_bytes) {
        memset(inode->cache + bytes, 0, inode->cache_bytes - bytes);
        for (uint64_t at = bytes / SECTOR_BYTES; at * SECTOR_BYTES < inode->cache_bytes; at++) {
            inode->states[at] = SECTOR_DIRTY;
        }
    }
    inode->cache_bytes = bytes;
}

/* Sector by sector: the disk gets what the cache has, in the sectors of one state. */
static void inode_settle(struct inode *inode, enum sector_state state, const uint8_t *from,
                         uint8_t *to)
{
    for (uint64_t at = 0; at < inode->capacity / SECTOR_BYTES; at++) {
        if (inode->states[at] == state) {
            memcpy(to + at * SECTOR_BYTES, from + at * SECTOR_BYTES, SECTOR_BYTES);
            inode->states[at] = SECTOR_CLEAN;
        }
    }
}

static void inode_sync(struct inode *inode)
{
    inode_settle(inode, SECTOR_DIRTY, inode->cache, inode->disk);
    inode->disk_bytes = inode->cache_bytes;
}

/* As Linux does it: the pages that could not be written count as clean afterwards. */
static void inode_fail_sync(struct inode *inode)
{
    for (uint64_t at = 0; at < inode->capacity / SECTOR_BYTES; at++) {
        if (inode->states[at] == SECTOR_DIRTY) {
            inode->states[at] = SECTOR_FORGOTTEN;
        }
    }
}

static void inode_power_cut(struct fs_memory *memory, struct inode *inode, enum fs_memory_loss loss)
{
    uint64_t low = inode->disk_bytes < inode->cache_bytes ? inode->disk_bytes : inode->cache_bytes;
    uint64_t high = inode->disk_bytes < inode->cache_bytes ? inode->cache_bytes : inode->disk_bytes;

    for (uint64_t at = 0; at < inode->capacity / SECTOR_BYTES; at++) {
        uint8_t *disk = inode->disk + at * SECTOR_BYTES;
        bool arrives =
            loss == FS_MEMORY_LOSE_NONE || (loss != FS_MEMORY_LOSE_ALL && random_coin(memory));

        if (inode->states[at] == SECTOR_DIRTY && arrives) {
            memcpy(disk, inode->cache + at * SECTOR_BYTES, SECTOR_BYTES);
            if (loss == FS_MEMORY_TEAR && random_below(memory, 4) == 0) {
                size_t from = (size_t)random_below(memory, SECTOR_BYTES);

                for (size_t i = from; i < SECTOR_BYTES; i++) {
                    disk[i] = (uint8_t)random_next(memory);
                }
            }
        }
        inode->states[at] = SECTOR_CLEAN;
    }
    if (loss == FS_MEMORY_LOSE_NONE) {
        inode->disk_bytes = inode->cache_bytes;
    } else if (loss != FS_MEMORY_LOSE_ALL) {
        inode->disk_bytes = low + random_below(memory, high - low + 1);
    }
    if (inode->capacity > 0) {
        memset(inode->disk + inode->disk_bytes, 0, inode->capacity - inode->disk_bytes);
        memcpy(inode->cache, inode->disk, inode->capacity);
    }
    inode->cache_bytes = inode->disk_bytes;
}

/* Faults. */

/*
 * Every operation begins here. 0: go on. 1: this is where the process dies, it may be done in
 * part. Negative: it fails.
 */
static int begin(struct fs_memory *memory, enum fs_memory_operation operation)
{
    struct fault *fault = &memory->faults[operation];

    if (memory->is_dead) {
        return -EIO;
    }
    if (operation != FS_MEMORY_PREAD && ++memory->count == memory->die_at) {
        memory->is_dead = true;
        return 1;
    }
    if (fault->countdown > 0 && --fault->countdown == 0) {
        return fault->failure;
    }
    return 0;
}

/* For operations that are done as a whole or not at all. False: not done, return *result. */
static bool begin_whole(struct fs_memory *memory, enum fs_memory_operation operation, int *result)
{
    *result = begin(memory, operation);
    if (*result == 1) {
        *result = -EIO;
        return random_coin(memory);
    }
    return *result == 0;
}

static uint64_t used_bytes(const struct fs_memory *memory)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < memory->cache.count; i++) {
        if (memory->cache.list[i].inode != INODE_DIRECTORY) {
            sum += memory->inodes[memory->cache.list[i].inode].cache_bytes;
        }
    }
    return sum;
}

/* The table. */

static struct handle *handle_of(struct fs_memory *memory, int file)
{
    ASSERT(file >= 0 && file < HANDLES_MAX && memory->handles[file].is_open);
    return &memory->handles[file];
}

static struct inode *inode_of(struct fs_memory *memory, int file)
{
    return &memory->inodes[handle_of(memory, file)->inode];
}

static int open_inode(struct fs_memory *memory, int inode, bool is_writable)
{
    for (int file = 0; file < HANDLES_MAX; file++) {
        if (!memory->handles[file].is_open) {
            memory->handles[file] =
                (struct handle){.is_open = true, .is_writable = is_writable, .inode = inode};
            return file;
        }
    }
    return -EMFILE;
}

static int create_file(struct fs_memory *memory, const char *path)
{
    int inode;
    int result;

    if (names_find(&memory->cache, path) != NULL) {
        return -EEXIST;
    }
    if (!has_parent(&memory->cache, path)) {
        return -ENOENT;
    }
    if (!begin_whole(memory, FS_MEMORY_CREATE, &result)) {
        return result;
    }
    inode = inode_make(memory);
    change_names(memory, CHANGE_LINK, path, NULL, inode);
    return result != 0 ? result : open_inode(memory, inode, true);
}

static int memory_open(void *context, const char *path, enum fs_open_mode mode)
{
    struct fs_memory *memory = context;
    struct name *name = names_find(&memory->cache, path);
    struct inode *inode;

    if (memory->is_dead) {
        return -EIO;
    }
    if (mode == FS_OPEN_CREATE) {
        return create_file(memory, path);
    }
    if (name == NULL) {
        return -ENOENT;
    }
    if (name->inode == INODE_DIRECTORY) {
        return -EISDIR;
    }
    inode = &memory->inodes[name->inode];
    if (mode == FS_OPEN_WRITE && inode->capacity > 0) {
        inode_settle(inode, SECTOR_FORGOTTEN, inode->disk, inode->cache);
    }
    return open_inode(memory, name->inode, mode == FS_OPEN_WRITE);
}

static int memory_close(void *context, int file)
{
    struct fs_memory *memory = context;
    struct handle *handle;

    if (memory->is_dead) {
        return -EIO;
    }
    handle = handle_of(memory, file);
    if (handle->has_lock) {
        memory->inodes[handle->inode].is_locked = false;
    }
    *handle = (struct handle){0};
    return 0;
}

static ssize_t memory_pread(void *context, int file, void *data, size_t size, uint64_t offset)
{
    struct fs_memory *memory = context;
    int result = begin(memory, FS_MEMORY_PREAD);
    struct inode *inode;
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
    memcpy(data, inode->cache + offset, count);
    return (ssize_t)count;
}

static int memory_pwrite(void *context, int file, const void *data, size_t size, uint64_t offset)
{
    struct fs_memory *memory = context;
    int result = begin(memory, FS_MEMORY_PWRITE);
    struct inode *inode;

    if (result < 0) {
        return result;
    }
    inode = inode_of(memory, file);
    ASSERT(handle_of(memory, file)->is_writable);
    if (result == 1) {
        inode_write(inode, data, (size_t)random_below(memory, size + 1), offset);
        return -EIO;
    }
    if (memory->limit_bytes > 0 && offset + size > inode->cache_bytes &&
        used_bytes(memory) + (offset + size - inode->cache_bytes) > memory->limit_bytes) {
        return -ENOSPC;
    }
    inode_write(inode, data, size, offset);
    return 0;
}

static int sync_file(struct fs_memory *memory, int file, enum fs_memory_operation operation)
{
    int result = begin(memory, operation);

    if (result == 0) {
        inode_sync(inode_of(memory, file));
    } else if (!memory->is_dead) {
        inode_fail_sync(inode_of(memory, file));
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

    if (begin_whole(memory, FS_MEMORY_TRUNCATE, &result)) {
        ASSERT(handle_of(memory, file)->is_writable);
        inode_truncate(inode_of(memory, file), size);
    }
    return result;
}

static int64_t memory_size(void *context, int file)
{
    struct fs_memory *memory = context;

    return memory->is_dead ? -EIO : (int64_t)inode_of(memory, file)->cache_bytes;
}

static int memory_rename(void *context, const char *from, const char *to)
{
    struct fs_memory *memory = context;
    int result;

    if (!memory->is_dead && names_find(&memory->cache, from) == NULL) {
        return -ENOENT;
    }
    if (begin_whole(memory, FS_MEMORY_RENAME, &result)) {
        change_names(memory, CHANGE_RENAME, from, to, 0);
    }
    return result;
}

static int memory_unlink(void *context, const char *path)
{
    struct fs_memory *memory = context;
    int result;

    if (!memory->is_dead && names_find(&memory->cache, path) == NULL) {
        return -ENOENT;
    }
    if (begin_whole(memory, FS_MEMORY_UNLINK, &result)) {
        change_names(memory, CHANGE_UNLINK, path, NULL, 0);
    }
    return result;
}

static int memory_make_directory(void *context, const char *path)
{
    struct fs_memory *memory = context;
    int result;

    if (!memory->is_dead && names_find(&memory->cache, path) != NULL) {
        return -EEXIST;
    }
    if (!memory->is_dead && !has_parent(&memory->cache, path)) {
        return -ENOENT;
    }
    if (begin_whole(memory, FS_MEMORY_MAKE_DIRECTORY, &result)) {
        change_names(memory, CHANGE_LINK, path, NULL, INODE_DIRECTORY);
    }
    return result;
}

static int memory_sync_directory(void *context, const char *path)
{
    struct fs_memory *memory = context;
    size_t kept = 0;
    int result = begin(memory, FS_MEMORY_SYNC_DIRECTORY);

    if (result != 0) {
        return result == 1 ? -EIO : result;
    }
    for (size_t i = 0; i < memory->change_count; i++) {
        struct change change = memory->changes[i];

        if (is_in(change.path, path)) {
            change_apply(&memory->disk, &change);
            change_free(&change);
        } else {
            memory->changes[kept++] = change;
        }
    }
    memory->change_count = kept;
    return 0;
}

static int memory_list(void *context, const char *path,
                       void (*found)(void *argument, const char *name), void *argument)
{
    struct fs_memory *memory = context;
    struct name *directory = names_find(&memory->cache, path);

    if (memory->is_dead) {
        return -EIO;
    }
    if (directory == NULL || directory->inode != INODE_DIRECTORY) {
        return -ENOENT;
    }
    for (size_t i = 0; i < memory->cache.count; i++) {
        const char *name = memory->cache.list[i].path;

        if (is_in(name, path)) {
            found(argument, name + parent_length(name) + 1);
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

/* Life, death, copies. */

struct fs_memory *fs_memory_create(uint64_t seed)
{
    struct fs_memory *memory = memory_allocate_zeroed(1, sizeof(*memory));

    memory->random = seed;
    memory->table = (struct fs){
        .context = memory,
        .open = memory_open,
        .close = memory_close,
        .pread = memory_pread,
        .pwrite = memory_pwrite,
        .fdatasync = memory_fdatasync,
        .fsync = memory_fsync,
        .truncate = memory_truncate,
        .size = memory_size,
        .rename = memory_rename,
        .unlink = memory_unlink,
        .make_directory = memory_make_directory,
        .sync_directory = memory_sync_directory,
        .list = memory_list,
        .lock = memory_lock,
    };
    return memory;
}

static void *copy_bytes(const void *bytes, size_t size)
{
    return bytes != NULL ? memcpy(memory_allocate(size), bytes, size) : NULL;
}

struct fs_memory *fs_memory_copy(const struct fs_memory *memory, uint64_t seed)
{
    struct fs_memory *copy = fs_memory_create(seed);

    names_copy(&copy->cache, &memory->cache);
    names_copy(&copy->disk, &memory->disk);
    for (size_t i = 0; i < memory->inode_count; i++) {
        const struct inode *from = &memory->inodes[i];
        struct inode *to;

        copy->inodes = memory_grow(copy->inodes, &copy->inode_capacity, copy->inode_count + 1,
                                   sizeof(copy->inodes[0]));
        to = &copy->inodes[copy->inode_count++];
        *to = *from;
        to->is_locked = false;
        to->cache = copy_bytes(from->cache, from->capacity);
        to->disk = copy_bytes(from->disk, from->capacity);
        to->states = copy_bytes(from->states, from->capacity / SECTOR_BYTES);
    }
    for (size_t i = 0; i < memory->change_count; i++) {
        const struct change *from = &memory->changes[i];
        struct change *to;

        copy->changes = memory_grow(copy->changes, &copy->change_capacity, copy->change_count + 1,
                                    sizeof(copy->changes[0]));
        to = &copy->changes[copy->change_count++];
        *to = *from;
        to->path = memory_copy_string(from->path);
        to->to = from->to != NULL ? memory_copy_string(from->to) : NULL;
    }
    return copy;
}

static void drop_changes(struct fs_memory *memory)
{
    for (size_t i = 0; i < memory->change_count; i++) {
        change_free(&memory->changes[i]);
    }
    memory->change_count = 0;
}

void fs_memory_destroy(struct fs_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    drop_changes(memory);
    names_clear(&memory->cache);
    names_clear(&memory->disk);
    for (size_t i = 0; i < memory->inode_count; i++) {
        inode_free(&memory->inodes[i]);
    }
    memory_free(memory->changes);
    memory_free(memory->inodes);
    memory_free(memory);
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

void fs_memory_fail(struct fs_memory *memory, enum fs_memory_operation operation, uint32_t nth,
                    int failure)
{
    ASSERT(failure < 0);
    memory->faults[operation] = (struct fault){.countdown = nth, .failure = failure};
}

void fs_memory_limit(struct fs_memory *memory, uint64_t bytes)
{
    memory->limit_bytes = bytes;
}

void fs_memory_end_process(struct fs_memory *memory)
{
    memory->is_dead = false;
    memory->die_at = 0;
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        memory->handles[i] = (struct handle){0};
    }
    for (size_t i = 0; i < memory->inode_count; i++) {
        memory->inodes[i].is_locked = false;
    }
}

/* A file whose directory did not make it is gone, too. */
static void drop_orphans(struct names *names)
{
    size_t i = 0;

    while (i < names->count) {
        if (has_parent(names, names->list[i].path)) {
            i++;
        } else {
            names_remove(names, names->list[i].path);
            i = 0;
        }
    }
}

void fs_memory_power_cut(struct fs_memory *memory, enum fs_memory_loss loss)
{
    size_t arrived = 0; /* names change in order, as in the journal of a file system */

    if (loss == FS_MEMORY_LOSE_NONE) {
        arrived = memory->change_count;
    } else if (loss != FS_MEMORY_LOSE_ALL) {
        arrived = (size_t)random_below(memory, memory->change_count + 1);
    }
    fs_memory_end_process(memory);
    for (size_t i = 0; i < arrived; i++) {
        change_apply(&memory->disk, &memory->changes[i]);
    }
    drop_changes(memory);
    drop_orphans(&memory->disk);
    names_copy(&memory->cache, &memory->disk);
    for (size_t i = 0; i < memory->inode_count; i++) {
        if (memory->inodes[i].is_used) {
            inode_power_cut(memory, &memory->inodes[i], loss);
        }
    }
}

/* Behind the back. */

static struct inode *find_inode(const struct fs_memory *memory, const char *path)
{
    struct name *name = names_find(&memory->cache, path);

    ASSERT(name != NULL && name->inode != INODE_DIRECTORY);
    return &memory->inodes[name->inode];
}

bool fs_memory_exists(const struct fs_memory *memory, const char *path)
{
    return names_find(&memory->cache, path) != NULL;
}

size_t fs_memory_size(const struct fs_memory *memory, const char *path)
{
    return (size_t)find_inode(memory, path)->cache_bytes;
}

const uint8_t *fs_memory_bytes(const struct fs_memory *memory, const char *path)
{
    return find_inode(memory, path)->cache;
}

void fs_memory_poke(struct fs_memory *memory, const char *path, uint64_t offset, const void *data,
                    size_t size)
{
    struct inode *inode = find_inode(memory, path);

    ASSERT(offset + size <= inode->cache_bytes);
    memcpy(inode->cache + offset, data, size);
    memcpy(inode->disk + offset, data, size);
}

void fs_memory_put(struct fs_memory *memory, const char *path, const void *data, size_t size)
{
    struct inode *inode;

    if (names_find(&memory->cache, path) == NULL) {
        int number = inode_make(memory);

        ASSERT(has_parent(&memory->cache, path));
        names_set(&memory->cache, path, number);
        names_set(&memory->disk, path, number);
    }
    inode = find_inode(memory, path);
    inode_truncate(inode, 0);
    inode_write(inode, data, size, 0);
    inode_sync(inode);
}

void fs_memory_remove(struct fs_memory *memory, const char *path)
{
    names_remove(&memory->cache, path);
    names_remove(&memory->disk, path);
}
