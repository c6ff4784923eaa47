/*
 * The names of the file system in memory, and the changes of names that are under way to the disk.
 * See fs_state.h.
 */
#include "sim/fs_state.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

static uint64_t hash_of(const char *path, size_t length)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < length; i++) {
        hash = hash * 31 + (uint8_t)path[i];
    }
    return hash;
}

/* The place in the list of the path of so many bytes. */
static size_t find(const struct fs_names *names, const char *path, size_t length)
{
    uint64_t hash = hash_of(path, length);
    size_t at = names->count > 0 ? names->buckets[hash & (names->bucket_count - 1)] : FS_NO_NAME;

    while (at != FS_NO_NAME) {
        const struct fs_name *name = &names->list[at];

        if (name->hash == hash && strncmp(name->path, path, length) == 0 &&
            name->path[length] == 0) {
            break;
        }
        at = name->next;
    }
    return at;
}

struct fs_name *fs_names_find(const struct fs_names *names, const char *path)
{
    size_t at = find(names, path, strlen(path));

    return at != FS_NO_NAME ? &names->list[at] : NULL;
}

/* Where the chains say at which place in the list this name is. */
static size_t *link_to(struct fs_names *names, size_t at)
{
    size_t *link = &names->buckets[names->list[at].hash & (names->bucket_count - 1)];

    while (*link != at) {
        link = &names->list[*link].next;
    }
    return link;
}

static void put_into_chain(struct fs_names *names, size_t at)
{
    size_t *first = &names->buckets[names->list[at].hash & (names->bucket_count - 1)];

    names->list[at].next = *first;
    *first = at;
}

static void grow_buckets(struct fs_names *names)
{
    memory_free(names->buckets);
    names->bucket_count = names->bucket_count == 0 ? 16 : 4 * names->bucket_count;
    names->buckets = memory_allocate(names->bucket_count * sizeof(names->buckets[0]));
    for (size_t i = 0; i < names->bucket_count; i++) {
        names->buckets[i] = FS_NO_NAME;
    }
    for (size_t i = 0; i < names->count; i++) {
        put_into_chain(names, i);
    }
}

void fs_names_remove(struct fs_names *names, const char *path)
{
    size_t at = find(names, path, strlen(path));
    size_t last = names->count - 1;

    if (at == FS_NO_NAME) {
        return;
    }
    *link_to(names, at) = names->list[at].next;
    memory_free(names->list[at].path);
    if (at != last) {
        *link_to(names, last) = at;
        names->list[at] = names->list[last];
    }
    names->count--;
}

static void append_name(struct fs_names *names, const char *path, int inode)
{
    names->list =
        memory_grow(names->list, &names->capacity, names->count + 1, sizeof(names->list[0]));
    if (names->count >= names->bucket_count) {
        grow_buckets(names);
    }
    names->list[names->count] = (struct fs_name){
        .path = memory_copy_string(path),
        .parent_length = fs_parent_length(path),
        .hash = hash_of(path, strlen(path)),
        .inode = inode,
    };
    put_into_chain(names, names->count);
    names->count++;
}

void fs_names_set(struct fs_names *names, const char *path, int inode)
{
    struct fs_name *known = fs_names_find(names, path);

    if (known != NULL) {
        known->inode = inode;
    } else {
        append_name(names, path, inode);
    }
}

void fs_names_clear(struct fs_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        memory_free(names->list[i].path);
    }
    memory_free(names->list);
    memory_free(names->buckets);
    *names = (struct fs_names){0};
}

void fs_names_copy(struct fs_names *to, const struct fs_names *from)
{
    fs_names_clear(to);
    for (size_t i = 0; i < from->count; i++) {
        append_name(to, from->list[i].path, from->list[i].inode);
    }
}

size_t fs_parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    ASSERT(slash != NULL);
    return (size_t)(slash - path);
}

bool fs_is_in(const char *path, const char *directory)
{
    size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

    return fs_parent_length(path) == length && strncmp(path, directory, length) == 0;
}

bool fs_has_parent(const struct fs_names *names, const char *path)
{
    size_t length = fs_parent_length(path);
    size_t at = find(names, path, length);

    return length == 0 || (at != FS_NO_NAME && names->list[at].inode == FS_INODE_DIRECTORY);
}

void fs_names_drop_orphans(struct fs_names *names)
{
    size_t i = 0;

    while (i < names->count) {
        if (fs_has_parent(names, names->list[i].path)) {
            i++;
        } else {
            fs_names_remove(names, names->list[i].path);
            i = 0;
        }
    }
}

/* Changes. */

void fs_change_apply(struct fs_names *names, const struct fs_change *change)
{
    switch (change->type) {
    case FS_CHANGE_LINK:
        fs_names_set(names, change->path, change->inode);
        break;
    case FS_CHANGE_UNLINK:
        fs_names_remove(names, change->path);
        break;
    case FS_CHANGE_RENAME:
        fs_names_remove(names, change->path);
        fs_names_set(names, change->to, change->inode);
        break;
    }
}

static struct fs_change *add_change(struct fs_memory *memory, enum fs_change_type type,
                                    const char *path, const char *to, int inode)
{
    struct fs_change *change;

    memory->changes = memory_grow(memory->changes, &memory->change_capacity,
                                  memory->change_count + 1, sizeof(memory->changes[0]));
    change = &memory->changes[memory->change_count++];
    *change = (struct fs_change){
        .type = type,
        .path = memory_copy_string(path),
        .to = to != NULL ? memory_copy_string(to) : NULL,
        .inode = inode,
    };
    return change;
}

void fs_change_names(struct fs_memory *memory, enum fs_change_type type, const char *path,
                     const char *to, int inode)
{
    fs_change_apply(&memory->cache, add_change(memory, type, path, to, inode));
}

void fs_copy_changes(struct fs_memory *to, const struct fs_memory *from)
{
    for (size_t i = 0; i < from->change_count; i++) {
        const struct fs_change *change = &from->changes[i];

        add_change(to, change->type, change->path, change->to, change->inode);
    }
}

void fs_settle_changes(struct fs_memory *memory, const char *directory)
{
    size_t kept = 0;

    for (size_t i = 0; i < memory->change_count; i++) {
        struct fs_change change = memory->changes[i];

        if (directory != NULL && !fs_is_in(change.path, directory)) {
            memory->changes[kept++] = change;
            continue;
        }
        if (directory != NULL) {
            fs_change_apply(&memory->disk, &change);
        }
        memory_free(change.path);
        memory_free(change.to);
    }
    memory->change_count = kept;
}
