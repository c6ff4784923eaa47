/*
 * Backups and logs as files, for the commands of raftctl that make or read them. Main thread.
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

/* Opens a snapshot file anywhere. */
int ctl_backup_open(const char *path, struct snapshot_reader **reader, struct raftd_error *error);
/* Reads all of it: 0 if every checksum is right and it is complete. */
int ctl_backup_check(const char *path, struct ctl_backup *backup, struct raftd_error *error);
void ctl_backup_print(const struct ctl_options *options, const char *path,
                      const struct ctl_backup *backup);
/* Has a node save its state, copies that into a file and checks it. Complains, and returns an exit
 * code. */
int ctl_backup_fetch(const struct ctl_options *options, const char *path,
                     struct ctl_backup *backup);
/* A snapshot with the reader's content, and this in front of it. */
int ctl_snapshot_copy(struct snapshot_reader *reader, const char *directory,
                      const struct snapshot_info *info, struct raftd_error *error);

#endif
