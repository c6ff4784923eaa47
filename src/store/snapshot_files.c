/*
 * The list of the snapshots in a data directory. See snapshot_files.h. One thread at a time.
 */
#include "store/snapshot_files.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "store/snapshot_format.h"
#include "store/wal_segment.h"

struct snapshot_file {
    uint64_t index;
    size_t holders;      /* readers and senders that use the file; 0 = it may be removed */
    bool is_intact;      /* the file was read, and its checksums were right */
    uint64_t checked_ms; /* see snapshot_files.h */
};

struct snapshot_files {
    struct wal_files files;
    char *directory;            /* owned */
    struct snapshot_file *list; /* owned; the highest index, which is the newest, comes first */
    size_t count;
    size_t capacity;
};

void snapshot_files_add(struct snapshot_files *files, uint64_t index)
{
    size_t place = 0;

    while (place < files->count && files->list[place].index > index) {
        place++;
    }
    if (place < files->count && files->list[place].index == index) {
        /* A new file has replaced one of the same index. Both have the same state, but nothing is
         * known about the bytes of the new file. */
        files->list[place].is_intact = false;
        return;
    }
    files->list =
        memory_grow(files->list, &files->capacity, files->count + 1, sizeof(files->list[0]));
    memmove(&files->list[place + 1], &files->list[place],
            (files->count - place) * sizeof(files->list[0]));
    files->list[place] = (struct snapshot_file){.index = index};
    files->count++;
}

static void found_name(void *argument, const char *name)
{
    uint64_t index = snapshot_name_index(name);

    if (index != 0) {
        snapshot_files_add(argument, index);
    }
}

static int remove_unfinished(struct snapshot_files *files, const char *name,
                             struct raftd_error *error)
{
    const struct fs *fs = files->files.fs;
    char path[WAL_PATH_MAX];
    int result;

    wal_path(&files->files, name, path);
    result = fs->unlink(fs->context, path);
    return result < 0 && result != -ENOENT
               ? wal_system_error(error, &files->files, name, "remove", result)
               : 0;
}

int snapshot_files_open(const struct fs *fs, const char *directory, struct snapshot_files **files,
                        struct raftd_error *error)
{
    struct snapshot_files *opened = memory_allocate_zeroed(1, sizeof(*opened));
    struct raftd_error text = {0};
    int result;

    opened->directory = memory_copy_string(directory);
    opened->files = (struct wal_files){.fs = fs, .directory = opened->directory};
    result = remove_unfinished(opened, SNAPSHOT_SAVE_NAME, &text);
    if (result == 0) {
        result = remove_unfinished(opened, SNAPSHOT_RECEIVE_NAME, &text);
    }
    if (result == 0) {
        result = fs->list(fs->context, directory, found_name, opened);
        if (result < 0) {
            wal_system_error(&text, &opened->files, "", "list", result);
        }
    }
    if (result < 0) {
        if (error != NULL) {
            *error = text;
        }
        snapshot_files_close(opened);
        *files = NULL;
        return RAFTD_ERROR_SYSTEM;
    }
    *files = opened;
    return 0;
}

void snapshot_files_close(struct snapshot_files *files)
{
    if (files == NULL) {
        return;
    }
    memory_free(files->list);
    memory_free(files->directory);
    memory_free(files);
}

size_t snapshot_files_count(const struct snapshot_files *files)
{
    return files->count;
}

uint64_t snapshot_files_at(const struct snapshot_files *files, size_t place)
{
    ASSERT(place < files->count);
    return files->list[place].index;
}

static size_t place_of(const struct snapshot_files *files, uint64_t index)
{
    size_t place = 0;

    while (place < files->count && files->list[place].index != index) {
        place++;
    }
    return place;
}

bool snapshot_files_has(const struct snapshot_files *files, uint64_t index)
{
    return place_of(files, index) < files->count;
}

static void drop(struct snapshot_files *files, size_t place)
{
    files->count--;
    memmove(&files->list[place], &files->list[place + 1],
            (files->count - place) * sizeof(files->list[0]));
}

void snapshot_files_forget(struct snapshot_files *files, uint64_t index)
{
    size_t place = place_of(files, index);

    if (place < files->count) {
        drop(files, place);
    }
}

int snapshot_files_set_aside(struct snapshot_files *files, uint64_t index,
                             struct raftd_error *error)
{
    const struct fs *fs = files->files.fs;
    size_t place = place_of(files, index);
    char name[SNAPSHOT_NAME_BYTES];
    char from[WAL_PATH_MAX];
    char to[WAL_PATH_MAX];
    struct raftd_error text = {0};
    int result;

    ASSERT(place < files->count);
    drop(files, place);
    snapshot_name(name, index);
    wal_path(&files->files, name, from);
    wal_path(&files->files, SNAPSHOT_DAMAGED_NAME, to);
    result = fs->rename(fs->context, from, to);
    if (result < 0) {
        wal_system_error(&text, &files->files, name, "rename", result);
    } else {
        result = fs->sync_directory(fs->context, files->directory);
        if (result < 0) {
            wal_system_error(&text, &files->files, "", "sync", result);
        }
    }
    if (result < 0 && error != NULL) {
        *error = text;
    }
    return result < 0 ? RAFTD_ERROR_SYSTEM : 0;
}

void snapshot_files_remove_damaged(struct snapshot_files *files)
{
    char path[WAL_PATH_MAX];

    wal_path(&files->files, SNAPSHOT_DAMAGED_NAME, path);
    files->files.fs->unlink(files->files.fs->context, path);
}

void snapshot_files_set_intact(struct snapshot_files *files, uint64_t index, uint64_t now_ms)
{
    size_t place = place_of(files, index);

    if (place < files->count) {
        files->list[place].is_intact = true;
        files->list[place].checked_ms = now_ms;
    }
}

void snapshot_files_set_checked(struct snapshot_files *files, uint64_t index, uint64_t now_ms)
{
    size_t place = place_of(files, index);

    if (place < files->count) {
        files->list[place].checked_ms = now_ms;
    }
}

void snapshot_files_doubt(struct snapshot_files *files, uint64_t index)
{
    size_t place = place_of(files, index);

    if (place < files->count) {
        files->list[place].is_intact = false;
    }
}

bool snapshot_files_is_intact(const struct snapshot_files *files, uint64_t index)
{
    size_t place = place_of(files, index);

    return place < files->count && files->list[place].is_intact;
}

uint64_t snapshot_files_checked_ms(const struct snapshot_files *files, size_t place)
{
    ASSERT(place < files->count);
    return files->list[place].checked_ms;
}

void snapshot_files_hold(struct snapshot_files *files, uint64_t index)
{
    size_t place = place_of(files, index);

    ASSERT(place < files->count);
    files->list[place].holders++;
}

void snapshot_files_release(struct snapshot_files *files, uint64_t index)
{
    size_t place = place_of(files, index);

    if (place < files->count) {
        ASSERT(files->list[place].holders > 0);
        files->list[place].holders--;
    }
}

int snapshot_files_prune(struct snapshot_files *files, size_t keep, struct raftd_error *error)
{
    const struct fs *fs = files->files.fs;
    struct raftd_error text = {0};
    size_t place = keep > 0 ? keep : 1;
    int code = 0;

    while (place < files->count) {
        char name[SNAPSHOT_NAME_BYTES];
        char path[WAL_PATH_MAX];
        int result;

        if (files->list[place].holders > 0) {
            place++;
            continue;
        }
        snapshot_name(name, files->list[place].index);
        wal_path(&files->files, name, path);
        result = fs->unlink(fs->context, path);
        if (result < 0 && result != -ENOENT) {
            wal_system_error(&text, &files->files, name, "remove", result);
            code = RAFTD_ERROR_SYSTEM;
            place++;
            continue;
        }
        drop(files, place);
    }
    if (code != 0 && error != NULL) {
        *error = text;
    }
    return code;
}
