/*
 * raftctl recover --force-new-cluster: makes a cluster with a new id from the data of one node, if
 * the quorum is lost for ever. The node must not run.
 *
 * The directory itself is never renamed: it may be the root of a volume, and its parent may belong
 * to somebody else. The new files are made in a directory inside of it; then the old files are
 * moved into another one, and the new files to where the old ones were. When the first file is
 * moved, all new ones are complete and durable, and a mark says so. From then on a recovery that
 * was interrupted can only be finished, and the same command does that (finish()). Main thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "raftctl/files/backup_file.h"
#include "raftctl/files/data_directory.h"
#include "raftctl/output.h"
#include "store/snapshot_files.h"
#include "store/wal.h"
#include "store/wal_format.h"
#include "sys/clock.h"

enum {
    SEGMENT_BYTES = 64 * 1024 * 1024,
    MAX_ENTRY_BYTES = 1024 * 1024 * 1024,
    WRITE_BYTES = 4 * 1024 * 1024, /* most bytes of entries in one write */
};

static const char explanation[] =
    "This is for a cluster that has lost its quorum for ever. It makes a new cluster of this one\n"
    "node, with the data on its disk:\n"
    "\n"
    "  - Writes that were acknowledged but are not on this node ARE LOST. Of the nodes whose "
    "disks\n"
    "    are left, take the one with the highest last term; if several have the same last term,\n"
    "    take the one with the highest last index. raftctl recover without --force-new-cluster\n"
    "    shows both.\n"
    "  - Writes that were never acknowledged but are on this node become valid.\n"
    "  - The new cluster has a new id. No node of the old cluster can take part in it: delete the\n"
    "    data of these nodes, and let them join under new ids.\n"
    "  - If the old nodes can still form a quorum somewhere, there are two clusters that serve\n"
    "    clients independently. Make sure that they cannot.\n";

struct recovery {
    const char *directory;
    struct wal_identity identity;
    struct wal *wal; /* the old one: holds the lock */
    struct wal_recovered log;
    struct snapshot_reader *reader; /* of the newest good snapshot; NULL: there is none */
    struct raft_membership members;
    uint64_t last_index;
    uint64_t last_term;
    uint64_t new_id;
    char made[DATA_PATH_BYTES];      /* the directory with the new files */
    char kept[DATA_PATH_BYTES];      /* the directory with the old files */
    char mark[DATA_PATH_BYTES];      /* exists while the old files are being moved */
    char mark_last[DATA_PATH_BYTES]; /* exists while the new files are being moved */
};

static int open_old_log(struct recovery *recovery, struct raftd_error *error)
{
    struct wal_options options = {
        .fs = fs_posix(),
        .directory = recovery->directory,
        .segment_bytes = SEGMENT_BYTES,
        .max_entry_bytes = MAX_ENTRY_BYTES,
        .random_seed = random_u64(),
    };
    int code = wal_identify(fs_posix(), recovery->directory, &recovery->identity, error);

    if (code != 0) {
        return code;
    }
    if (recovery->identity.is_damaged) {
        return error_set(error, RAFTD_ERROR_CORRUPT,
                         "%s: the first segment of the log has a damaged header: recover the data "
                         "of another node, or restore a backup",
                         recovery->directory);
    }
    if (recovery->identity.cluster_id == 0) {
        return error_set(error, RAFTD_ERROR_INVALID, "%s has no log of a node",
                         recovery->directory);
    }
    options.cluster_id = recovery->identity.cluster_id;
    options.cluster_name = recovery->identity.cluster_name;
    options.node_id = recovery->identity.node_id;
    return wal_open(&options, &recovery->wal, &recovery->log, error);
}

/* Opens the newest snapshot that is undamaged, to be copied. */
static int open_snapshot(struct recovery *recovery, struct raftd_error *error)
{
    struct snapshot_files *files;
    int code = snapshot_files_open(fs_posix(), recovery->directory, &files, error);

    if (code != 0) {
        return code;
    }
    for (size_t i = 0; i < snapshot_files_count(files) && recovery->reader == NULL; i++) {
        char name[SNAPSHOT_NAME_BYTES];
        struct snapshot_reader *reader = NULL;

        snapshot_name(name, snapshot_files_at(files, i));
        if (snapshot_reader_open(fs_posix(), recovery->directory, name, &reader, error) == 0 &&
            snapshot_reader_verify(reader, error) == 0 &&
            snapshot_reader_open(fs_posix(), recovery->directory, name, &recovery->reader, error) !=
                0) {
            recovery->reader = NULL;
        }
        snapshot_reader_close(reader);
    }
    snapshot_files_close(files);
    if (recovery->reader == NULL
            ? recovery->log.base_index > 0
            : snapshot_reader_info(recovery->reader)->index < recovery->log.base_index) {
        return error_set(error, RAFTD_ERROR_CORRUPT,
                         "%s: the log begins after index %" PRIu64
                         ", and no undamaged snapshot reaches this index",
                         recovery->directory, recovery->log.base_index);
    }
    return 0;
}

/* Finds the last entry of this node and the members at that point. */
static int look_at_end(struct recovery *recovery, struct raftd_error *error)
{
    const struct wal_recovered *log = &recovery->log;
    bool found = false;

    if (recovery->reader != NULL) {
        const struct snapshot_info *info = snapshot_reader_info(recovery->reader);

        recovery->members = info->membership;
        recovery->last_index = info->index;
        recovery->last_term = info->term;
        found = true;
    }
    for (size_t i = 0; i < log->entry_count; i++) {
        const struct raft_entry *entry = log->entries[i];

        if (entry->index <= recovery->last_index) {
            continue;
        }
        recovery->last_index = entry->index;
        recovery->last_term = entry->term;
        if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
            found = raft_membership_decode(&recovery->members, entry->data, entry->size_bytes) == 0;
        }
    }
    if (!found || raft_membership_find(&recovery->members, recovery->identity.node_id) == NULL) {
        return error_set(
            error, RAFTD_ERROR_INVALID,
            "%s: the log does not have node %u as a member: use the data of another node",
            recovery->directory, recovery->identity.node_id);
    }
    return 0;
}

/* An entry with this node as the only member; all others are remembered as removed. */
static struct raft_entry *make_membership(const struct recovery *recovery)
{
    struct raft_membership alone = recovery->members;
    const struct wal_recovered *log = &recovery->log;
    struct buffer bytes = {0};
    struct raft_entry *entry;

    for (size_t i = 0; i < recovery->members.count; i++) {
        uint16_t id = recovery->members.members[i].id;

        if (id != recovery->identity.node_id) {
            raft_membership_drop(&alone, id);
            raft_membership_add_removed(&alone, id);
        }
    }
    alone.members[0].roles = RAFT_MEMBER_VOTER;
    alone.members[0].replaces = 0;
    /* The new directory gets an identity at its first start, and the cluster is another one. */
    alone.members[0].identity = 0;
    alone.cluster_id = recovery->new_id;
    raft_membership_encode(&alone, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    buffer_free(&bytes);
    entry->index = recovery->last_index + 1;
    entry->term = recovery->log.term + 1;
    if (log->entry_count > 0) {
        entry->time_ms = log->entries[log->entry_count - 1]->time_ms;
        entry->wall_ms = log->entries[log->entry_count - 1]->wall_ms;
    }
    if (recovery->reader != NULL &&
        entry->time_ms < snapshot_reader_info(recovery->reader)->time_ms) {
        entry->time_ms = snapshot_reader_info(recovery->reader)->time_ms;
    }
    return entry;
}

/* Writes `count` entries to the log, in writes of bounded size. */
static int write_entries(struct wal *wal, struct raft_entry *const *entries, size_t count,
                         struct raftd_error *error)
{
    size_t done = 0;
    int code = 0;

    while (code == 0 && done < count) {
        struct raft_write write = {.entries = entries + done};
        size_t bytes = 0;

        do {
            bytes += raft_entry_cost(entries[done + write.entry_count++]);
        } while (done + write.entry_count < count && bytes < WRITE_BYTES);
        done += write.entry_count;
        write.last_index = entries[done - 1]->index;
        write.last_term = entries[done - 1]->term;
        code = wal_append(wal, &write, 1, error);
    }
    return code;
}

static int write_log(const struct recovery *recovery, struct raftd_error *error)
{
    const struct wal_options options = {
        .fs = fs_posix(),
        .directory = recovery->made,
        .cluster_id = recovery->new_id,
        .cluster_name = recovery->identity.cluster_name,
        .node_id = recovery->identity.node_id,
        .segment_bytes = SEGMENT_BYTES,
        .max_entry_bytes = MAX_ENTRY_BYTES,
        .random_seed = random_u64(),
    };
    struct raft_write first = {.has_hard_state = true, .term = recovery->log.term + 1};
    struct raft_entry *membership = make_membership(recovery);
    struct wal_recovered nothing;
    struct wal *wal = NULL;
    size_t skipped = 0;
    int code = wal_open(&options, &wal, &nothing, error);

    if (recovery->reader != NULL) {
        first.has_base = true;
        first.base_index = snapshot_reader_info(recovery->reader)->index;
        first.base_term = snapshot_reader_info(recovery->reader)->term;
        first.last_index = first.base_index;
        first.last_term = first.base_term;
    }
    while (skipped < recovery->log.entry_count &&
           recovery->log.entries[skipped]->index <= first.base_index) {
        skipped++;
    }
    code = code == 0 ? wal_append(wal, &first, 1, error) : code;
    code = code == 0 ? write_entries(wal, recovery->log.entries + skipped,
                                     recovery->log.entry_count - skipped, error)
                     : code;
    code = code == 0 ? write_entries(wal, &membership, 1, error) : code;
    raft_entry_release(membership);
    wal_recovered_free(&nothing);
    wal_close(wal);
    return code;
}

static int system_error(struct raftd_error *error, const char *doing, const char *path)
{
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot %s %s: %s", doing, path, strerror(errno));
}

static int make_new(struct recovery *recovery, struct raftd_error *error)
{
    int code;

    if (access(recovery->kept, F_OK) == 0) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.300s holds the data from before an earlier recovery: delete it, or "
                         "move it elsewhere, and run this again",
                         recovery->kept);
    }
    /* What is left of a recovery that was interrupted before its mark was made. */
    code = data_directory_remove(recovery->made, error);
    if (code == 0 && mkdir(recovery->made, 0700) != 0) {
        return system_error(error, "make", recovery->made);
    }
    if (code == 0 && recovery->reader != NULL) {
        struct snapshot_info info = *snapshot_reader_info(recovery->reader);

        info.cluster_id = recovery->new_id;
        info.nonce = random_u64();
        code = ctl_snapshot_copy(recovery->reader, recovery->made, &info, error);
    }
    return code == 0 ? write_log(recovery, error) : code;
}

/* ---- The change of places ----------------------------------------------------------------- */

static int sync_directory(const struct recovery *recovery, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    int result = fs->sync_directory(fs->context, recovery->directory);

    errno = -result;
    return result < 0 ? system_error(error, "sync", recovery->directory) : 0;
}

/* From here on the recovery can only be finished. */
static int make_mark(const struct recovery *recovery, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    int file;
    int code = sync_directory(recovery, error); /* the new directory survives a crash */

    if (code != 0) {
        return code;
    }
    file = fs->open(fs->context, recovery->mark, FS_OPEN_CREATE);
    if (file < 0) {
        errno = -file;
        return system_error(error, "create", recovery->mark);
    }
    fs->close(fs->context, file);
    return sync_directory(recovery, error);
}

static int move_old_files(const struct recovery *recovery, struct raftd_error *error)
{
    int code;

    if (mkdir(recovery->kept, 0700) != 0 && errno != EEXIST) {
        return system_error(error, "make", recovery->kept);
    }
    code = data_directory_move(recovery->directory, recovery->kept, error);
    if (code == 0 && rename(recovery->mark, recovery->mark_last) != 0) {
        code = system_error(error, "rename", recovery->mark);
    }
    return code == 0 ? sync_directory(recovery, error) : code;
}

/* Every file of raftd that is in the data directory now is a new one. */
static int move_new_files(const struct recovery *recovery, struct raftd_error *error)
{
    int code = 0;

    if (access(recovery->made, F_OK) == 0) {
        code = data_directory_move(recovery->made, recovery->directory, error);
        code = code == 0 ? data_directory_remove(recovery->made, error) : code;
    }
    if (code == 0 && unlink(recovery->mark_last) != 0) {
        code = system_error(error, "remove", recovery->mark_last);
    }
    return code == 0 ? sync_directory(recovery, error) : code;
}

/* Goes on where the marks say that the recovery stands. */
static int finish(const struct recovery *recovery, struct raftd_error *error)
{
    int code = 0;

    if (access(recovery->mark, F_OK) == 0) {
        code = move_old_files(recovery, error);
    }
    return code == 0 ? move_new_files(recovery, error) : code;
}

static bool is_unfinished(const struct recovery *recovery)
{
    return access(recovery->mark, F_OK) == 0 || access(recovery->mark_last, F_OK) == 0;
}

/* Finishes a recovery that was interrupted. The lock keeps a second one out. */
static int finish_earlier(struct recovery *recovery, bool force, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    char path[DATA_PATH_BYTES];
    int code = data_path(path, recovery->directory, WAL_LOCK_NAME, error);
    int file;

    if (code != 0 || !force) {
        return code != 0 ? code
                         : error_set(error, RAFTD_ERROR_REFUSED,
                                     "%.300s: a recovery was interrupted: run this command with "
                                     "--force-new-cluster to finish it",
                                     recovery->directory);
    }
    file = fs->open(fs->context, path, FS_OPEN_WRITE);
    if (file < 0 || fs->lock(fs->context, file) < 0) {
        return error_set(error, RAFTD_ERROR_LOCKED, "%.300s is in use by another process", path);
    }
    code = finish(recovery, error);
    fs->close(fs->context, file);
    return code;
}

static void close_all(struct recovery *recovery)
{
    snapshot_reader_close(recovery->reader);
    wal_recovered_free(&recovery->log);
    wal_close(recovery->wal);
}

static int recover(struct recovery *recovery, bool force, struct raftd_error *error)
{
    int code;

    if (is_unfinished(recovery)) {
        return finish_earlier(recovery, force, error);
    }
    code = open_old_log(recovery, error);

    code = code == 0 ? open_snapshot(recovery, error) : code;
    code = code == 0 ? look_at_end(recovery, error) : code;
    if (code != 0) {
        return code;
    }
    printf("%s: node %u of cluster \"%s\", last term %" PRIu64 ", last index %" PRIu64 "\n",
           recovery->directory, recovery->identity.node_id, recovery->identity.cluster_name,
           recovery->last_term, recovery->last_index);
    if (!force) {
        return 0;
    }
    do {
        recovery->new_id = random_u64();
    } while (recovery->new_id == 0 || recovery->new_id == recovery->identity.cluster_id);
    code = make_new(recovery, error);
    code = code == 0 ? make_mark(recovery, error) : code;
    return code == 0 ? finish(recovery, error) : code;
}

static int name_paths(struct recovery *recovery, struct raftd_error *error)
{
    int code = data_path(recovery->made, recovery->directory, SNAPSHOT_RECOVER_NEW_NAME, error);

    code = code == 0
               ? data_path(recovery->kept, recovery->directory, SNAPSHOT_RECOVER_OLD_NAME, error)
               : code;
    code = code == 0 ? data_path(recovery->mark, recovery->directory, SNAPSHOT_RECOVER_MARK, error)
                     : code;
    return code == 0 ? data_path(recovery->mark_last, recovery->directory,
                                 SNAPSHOT_RECOVER_MARK_LAST, error)
                     : code;
}

int ctl_recover(const struct ctl_options *options, char **arguments)
{
    struct recovery *recovery = memory_allocate_zeroed(1, sizeof(*recovery));
    struct raftd_error error = {0};
    struct wal_identity now;
    int code;

    (void)arguments;
    recovery->directory = options->data_directory;
    fputs(explanation, stderr);
    fputc('\n', stderr);
    code = name_paths(recovery, &error);
    code = code == 0 ? recover(recovery, options->force, &error) : code;
    if (code == 0 && options->force) {
        code = wal_identify(fs_posix(), recovery->directory, &now, &error);
    }
    if (code != 0) {
        ctl_complain("%s", error.message);
    } else if (options->force) {
        printf("%s is a new cluster now, with the id %016" PRIx64 " and this node as its only "
               "member.\nThe old data are in %s; delete them when you do not need them any more.\n",
               options->data_directory, now.cluster_id, recovery->kept);
    } else {
        fputs("Nothing was changed: --force-new-cluster was not given.\n", stderr);
    }
    close_all(recovery);
    memory_free(recovery);
    if (code == 0) {
        return options->force ? CTL_OK : CTL_NO;
    }
    return code == RAFTD_ERROR_CORRUPT ? CTL_NO : CTL_LOCAL;
}
