/*
 * Backups, which are snapshot files, for the commands that make or read them. Main thread.
 */
#ifndef RAFTD_RAFTCTL_FILES_BACKUP_FILE_H
#define RAFTD_RAFTCTL_FILES_BACKUP_FILE_H

#include "raftctl/raftctl.h"
#include "store/snapshot_format.h"
#include "store/snapshot_reader.h"

struct ctl_backup {
    struct snapshot_info info;
    uint64_t file_bytes;
    uint64_t content_bytes;
};

/* Opens a snapshot file by its path. */
int ctl_backup_open(const char *path, struct snapshot_reader **reader, struct raftd_error *error);
/* Reads the whole file. Returns 0 if it is complete and every checksum is right. */
int ctl_backup_check(const char *path, struct ctl_backup *backup, struct raftd_error *error);
/* The exit code for a code of the two functions above: a damaged file is CTL_NO, a file that
 * cannot be read CTL_LOCAL. */
int ctl_backup_exit_code(int code);
void ctl_backup_print(const struct ctl_options *options, const char *path,
                      const struct ctl_backup *backup);
/* Lets a node save a snapshot, copies it into the file and checks the copy. Prints errors; returns
 * an exit code. */
int ctl_backup_fetch(const struct ctl_options *options, const char *path,
                     struct ctl_backup *backup);
/* Writes a snapshot into the directory: the content of the reader, with another info. */
int ctl_snapshot_copy(struct snapshot_reader *reader, const char *directory,
                      const struct snapshot_info *info, struct raftd_error *error);

#endif
