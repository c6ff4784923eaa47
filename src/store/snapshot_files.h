/*
 * The list of the snapshots in a data directory: which ones exist, which ones are in use, and which
 * ones may be removed. It knows the names of the files only; it never reads a snapshot, so it does
 * not know whether one is damaged. One thread at a time.
 */
#ifndef RAFTD_STORE_SNAPSHOT_FILES_H
#define RAFTD_STORE_SNAPSHOT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/fs.h"

/* The names of snapshots that are being written. After a crash they are useless, so
 * snapshot_files_open() removes them. */
#define SNAPSHOT_SAVE_NAME "snapshot-save.tmp"
#define SNAPSHOT_RECEIVE_NAME "snapshot-receive.tmp"
/* The newest snapshot that was found damaged while the node ran. It is kept for a person to look
 * at, until another damaged one takes its place or the room is needed. */
#define SNAPSHOT_DAMAGED_NAME "snapshot-damaged.raftd"
/* raftctl restore makes this file first and removes it last. While it exists, the directory is
 * incomplete and no node may start on it. */
#define SNAPSHOT_RESTORE_NAME "restore-unfinished"
/*
 * raftctl recover makes the new files in the first of these directories, inside of the data
 * directory. Then it makes the mark, moves the old files into the second one, gives the mark its
 * last name, moves the new files to where the old ones were, and removes the mark. While one of the
 * marks exists, no node may start on the directory.
 */
#define SNAPSHOT_RECOVER_NEW_NAME "new-cluster"
#define SNAPSHOT_RECOVER_OLD_NAME "old-cluster"
#define SNAPSHOT_RECOVER_MARK "recover-unfinished"
#define SNAPSHOT_RECOVER_MARK_LAST "recover-unfinished-2"

struct snapshot_files;

/* Lists an existing directory and removes unfinished snapshots. Returns 0 or RAFTD_ERROR_SYSTEM. */
int snapshot_files_open(const struct fs *fs, const char *directory, struct snapshot_files **files,
                        struct raftd_error *error);
void snapshot_files_close(struct snapshot_files *files); /* NULL is allowed */

size_t snapshot_files_count(const struct snapshot_files *files);
/* The index of the snapshot at this place of the list; place 0 has the newest. */
uint64_t snapshot_files_at(const struct snapshot_files *files, size_t place);

bool snapshot_files_has(const struct snapshot_files *files, uint64_t index);

/* Adds a snapshot whose file is complete and has its name. */
void snapshot_files_add(struct snapshot_files *files, uint64_t index);
/* Takes a damaged snapshot off the list. Its file stays, so that a person can look at it. */
void snapshot_files_forget(struct snapshot_files *files, uint64_t index);
/*
 * Takes a damaged snapshot off the list and gives its file the name SNAPSHOT_DAMAGED_NAME, in place
 * of an older damaged file. So a directory has at most one of them, however often a disk damages
 * files. Returns 0, or RAFTD_ERROR_SYSTEM if the file keeps its name; it is off the list then, too.
 */
int snapshot_files_set_aside(struct snapshot_files *files, uint64_t index,
                             struct raftd_error *error);
/* Removes the damaged file that was set aside, if there is one. */
void snapshot_files_remove_damaged(struct snapshot_files *files);

/*
 * What is known about the bytes of a file. The list itself never reads a file: the caller that has
 * read all of one, and found every checksum right, says so with snapshot_files_set_intact().
 * checked_ms is the time of that, or the time at which snapshot_files_set_checked() said that the
 * file could not be read or was just written, as clock_monotonic_ms() counts; at first 0.
 */
void snapshot_files_set_intact(struct snapshot_files *files, uint64_t index, uint64_t now_ms);
void snapshot_files_set_checked(struct snapshot_files *files, uint64_t index, uint64_t now_ms);
/* There is a reason to read the file again. */
void snapshot_files_doubt(struct snapshot_files *files, uint64_t index);
bool snapshot_files_is_intact(const struct snapshot_files *files, uint64_t index);
uint64_t snapshot_files_checked_ms(const struct snapshot_files *files, size_t place);

/* A snapshot that is held is not removed: it is being read or sent (T39). Each hold needs one
 * release. */
void snapshot_files_hold(struct snapshot_files *files, uint64_t index);
void snapshot_files_release(struct snapshot_files *files, uint64_t index);

/*
 * Keeps the newest `keep` snapshots (at least one) and those that are held, and removes the files
 * of the others. A file that cannot be removed stays on the list and is tried again by the next
 * call. Returns 0 or RAFTD_ERROR_SYSTEM.
 */
int snapshot_files_prune(struct snapshot_files *files, size_t keep, struct raftd_error *error);

#endif
