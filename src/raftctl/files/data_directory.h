/*
 * A data directory as the offline commands treat it: which of its files belong to raftd, and how
 * all of them get into another directory. The node must not run. Main thread.
 */
#ifndef RAFTD_RAFTCTL_FILES_DATA_DIRECTORY_H
#define RAFTD_RAFTCTL_FILES_DATA_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include <raftd/error.h>

enum { DATA_PATH_BYTES = 4096 };

/* Writes "directory/name". RAFTD_ERROR_INVALID if the path is too long. */
int data_path(char path[DATA_PATH_BYTES], const char *directory, const char *name,
              struct raftd_error *error);

/*
 * Makes the directory if it does not exist. RAFTD_ERROR_REFUSED if it holds something. The names
 * that a file system or its administrator puts into the root of a volume do not count: lost+found,
 * and names that begin with a dot.
 */
int data_directory_make_empty(const char *path, struct raftd_error *error);

/*
 * Moves all files of raftd from one directory to another one on the same file system, and syncs
 * both directories. What the function above does not count stays, and so do the lock file and the
 * files and directories of an unfinished recovery.
 */
int data_directory_move(const char *from, const char *to, struct raftd_error *error);

/* Removes the files of raftd and the lock file from a directory, and then the directory, if it
 * exists. */
int data_directory_remove(const char *path, struct raftd_error *error);

#endif
