/*
 * The files of a data directory; see data_directory.h. Main thread.
 */
#include "raftctl/files/data_directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "store/fs.h"
#include "store/snapshot_files.h"
#include "store/wal_format.h"

static int failed(struct raftd_error *error, const char *doing, const char *path, int number)
{
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot %s %.300s: %s", doing, path,
                     strerror(number));
}

int data_path(char path[DATA_PATH_BYTES], const char *directory, const char *name,
              struct raftd_error *error)
{
    if (snprintf(path, DATA_PATH_BYTES, "%s/%s", directory, name) >= DATA_PATH_BYTES) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "the path of the data directory is too long: %.200s...", directory);
    }
    return 0;
}

/* ---- Names -------------------------------------------------------------------------------- */

/* Whether the file system or its administrator puts this into the root of a volume. */
static bool is_of_the_volume(const char *name)
{
    return name[0] == '.' || strcmp(name, "lost+found") == 0;
}

/* Whether the lock or a recovery needs this where it is. */
static bool stays(const char *name)
{
    return is_of_the_volume(name) || strcmp(name, WAL_LOCK_NAME) == 0 ||
           strcmp(name, SNAPSHOT_RECOVER_OLD_NAME) == 0 ||
           strcmp(name, SNAPSHOT_RECOVER_NEW_NAME) == 0 ||
           strcmp(name, SNAPSHOT_RECOVER_MARK) == 0 ||
           strcmp(name, SNAPSHOT_RECOVER_MARK_LAST) == 0;
}

/* The names of the files that are to be moved or removed. They are collected before the first of
 * them is moved, because a directory that changes while it is listed may skip names. */
struct names {
    char **names;
    size_t count;
    size_t capacity;
};

static void collect(void *argument, const char *name)
{
    struct names *names = argument;

    if (!stays(name)) {
        names->names =
            memory_grow(names->names, &names->capacity, names->count + 1, sizeof(names->names[0]));
        names->names[names->count++] = memory_copy_string(name);
    }
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        memory_free(names->names[i]);
    }
    memory_free(names->names);
}

static int list(const char *directory, struct names *names, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    int result = fs->list(fs->context, directory, collect, names);

    return result < 0 ? failed(error, "list", directory, -result) : 0;
}

/* ---- Directories -------------------------------------------------------------------------- */

static void notice(void *argument, const char *name)
{
    bool *is_empty = argument;

    *is_empty = *is_empty && is_of_the_volume(name);
}

int data_directory_make_empty(const char *path, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    bool is_empty = true;
    int result = fs->make_directory(fs->context, path);

    if (result < 0 && result != -EEXIST) {
        return failed(error, "make", path, -result);
    }
    result = fs->list(fs->context, path, notice, &is_empty);
    if (result < 0) {
        return failed(error, "list", path, -result);
    }
    return is_empty ? 0
                    : error_set(error, RAFTD_ERROR_REFUSED,
                                "%.300s is not empty: restore into an empty directory", path);
}

static int sync_directory(const char *path, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    int result = fs->sync_directory(fs->context, path);

    return result < 0 ? failed(error, "sync", path, -result) : 0;
}

static int move_one(const char *from, const char *to, const char *name, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    char source[DATA_PATH_BYTES];
    char target[DATA_PATH_BYTES];
    int code = data_path(source, from, name, error);
    int result;

    code = code == 0 ? data_path(target, to, name, error) : code;
    if (code != 0) {
        return code;
    }
    result = fs->rename(fs->context, source, target);
    return result < 0 ? failed(error, "move", source, -result) : 0;
}

int data_directory_move(const char *from, const char *to, struct raftd_error *error)
{
    struct names names = {0};
    int code = list(from, &names, error);

    for (size_t i = 0; code == 0 && i < names.count; i++) {
        code = move_one(from, to, names.names[i], error);
    }
    names_free(&names);
    /* The new names first: a file that has two names after a crash is not lost. */
    code = code == 0 ? sync_directory(to, error) : code;
    return code == 0 ? sync_directory(from, error) : code;
}

static int remove_one(const char *directory, const char *name, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    char path[DATA_PATH_BYTES];
    int code = data_path(path, directory, name, error);
    int result = code == 0 ? fs->unlink(fs->context, path) : 0;

    if (code != 0) {
        return code;
    }
    return result < 0 && result != -ENOENT ? failed(error, "remove", path, -result) : 0;
}

int data_directory_remove(const char *path, struct raftd_error *error)
{
    struct names names = {0};
    int code;

    if (access(path, F_OK) != 0) {
        return 0;
    }
    code = list(path, &names, error);
    for (size_t i = 0; code == 0 && i < names.count; i++) {
        code = remove_one(path, names.names[i], error);
    }
    names_free(&names);
    code = code == 0 ? remove_one(path, WAL_LOCK_NAME, error) : code;
    if (code == 0 && rmdir(path) != 0) {
        code = failed(error, "remove", path, errno);
    }
    return code;
}
