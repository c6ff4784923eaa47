/*
 * The snapshots that lie in a data directory: which there are, which are in use, which may go.
 * Knows files by name and index only; whether one is good is for its reader to say. One thread
 * at a time.
 */
#ifndef RAFTD_STORE_SNAPSHOT_FILES_H
#define RAFTD_STORE_SNAPSHOT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/fs.h"

/* What grows under these names is worth nothing after a crash; snapshot_files_open() removes it. */
#define SNAPSHOT_SAVE_NAME "snapshot-save.tmp"
#define SNAPSHOT_RECEIVE_NAME "snapshot-receive.tmp"
/* Lies in a directory as long as raftctl restore is not done with it: no node may start on it. */
#define SNAPSHOT_RESTORE_NAME "restore-unfinished"
/* Behind a directory's name, while raftctl recover makes another one that takes its place. */
#define SNAPSHOT_RECOVER_SUFFIX ".new-cluster"

struct snapshot_files;

/* Lists the directory, which exists, and removes what was left unfinished. */
int snapshot_files_open(const struct fs *fs, const char *directory, struct snapshot_files **files,
                        struct raftd_error *error);
void snapshot_files_close(struct snapshot_files *files); /* NULL is allowed */

size_t snapshot_files_count(const struct snapshot_files *files);
/* Index of the snapshot at this place: 0 is the newest. */
uint64_t snapshot_files_at(const struct snapshot_files *files, size_t place);

bool snapshot_files_has(const struct snapshot_files *files, uint64_t index);

/* A new one got its name. */
void snapshot_files_add(struct snapshot_files *files, uint64_t index);
/* One that turned out to be damaged no longer counts; its file stays to be looked at. */
void snapshot_files_forget(struct snapshot_files *files, uint64_t index);

/* While it is held it is not removed: somebody reads or sends it (T39). */
void snapshot_files_hold(struct snapshot_files *files, uint64_t index);
void snapshot_files_release(struct snapshot_files *files, uint64_t index);

/*
 * Removes all but the newest `keep` (at least one) that nobody holds. A file that cannot be
 * removed is tried again the next time; the first such failure is returned.
 */
int snapshot_files_prune(struct snapshot_files *files, size_t keep, struct raftd_error *error);

#endif
