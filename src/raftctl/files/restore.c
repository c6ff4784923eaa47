/*
 * raftctl restore: makes the data directory of one member of a new cluster from a backup. Run with
 * another --id, it makes those of the other members. The cluster id is random, so no node of the
 * old cluster can take part, nor one of another restore of the same backup. The other members get
 * the id by --cluster-id. Main thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/memory.h"
#include "raftctl/files/backup_file.h"
#include "raftctl/files/data_directory.h"
#include "raftctl/output.h"
#include "store/snapshot_files.h"
#include "store/snapshot_writer.h"
#include "store/wal.h"
#include "store/wal_segment.h"
#include "sys/clock.h"

/*
 * A revision is an index of the log. Clients of the old cluster may have seen revisions that are
 * newer than the backup. The new cluster begins above all of these, so that no revision is used
 * twice.
 */
#define REVISION_GAP UINT64_C(1000000000)

enum { SEGMENT_BYTES = 64 * 1024 * 1024, MAX_ENTRY_BYTES = 1024 * 1024 * 1024 };

static bool is_address(const char *text)
{
    char host[ADDRESS_HOST_BYTES];
    const char *problem;
    uint16_t port;

    return address_split(text, host, &port, &problem) && port != 0;
}

static bool parse_members(const struct ctl_options *options, struct raft_membership *members)
{
    *members = (struct raft_membership){0};
    for (size_t i = 0; i < options->member_count; i++) {
        const char *text = options->members[i];
        char *end = NULL;
        unsigned long id = strtoul(text, &end, 10);

        if (text[0] < '0' || text[0] > '9' || *end != '=' || id == 0 || id > UINT16_MAX ||
            !is_address(end + 1) ||
            raft_membership_add(members, (uint16_t)id, RAFT_MEMBER_VOTER, end + 1) != 0) {
            ctl_complain("--member: found \"%s\", expected ID=HOST:PORT, each id once", text);
            return false;
        }
    }
    if (raft_membership_find(members, options->id) == NULL) {
        ctl_complain("--id: found %u, expected the id of one of the members that --member names",
                     options->id);
        return false;
    }
    return true;
}

/* The id of the new cluster: the one that was given, or a random one. */
static int choose_cluster_id(const struct ctl_options *options, uint64_t old_id, uint64_t *id,
                             struct raftd_error *error)
{
    *id = options->cluster_id;
    while (*id == 0) {
        *id = random_u64();
    }
    if (*id == old_id) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "--cluster-id: %016" PRIx64 " is the id of the cluster that the backup is "
                         "from; the new cluster needs another one: leave the option out for the "
                         "first member, and give the others the id that this prints",
                         *id);
    }
    return 0;
}

/* Copies the content of the backup into a snapshot. */
static int copy_content(struct snapshot_reader *reader, struct snapshot_writer *writer,
                        struct raftd_error *error)
{
    const uint8_t *data;
    size_t size;
    int code;

    while ((code = snapshot_reader_next(reader, &data, &size, error)) > 0) {
        code = snapshot_writer_add(writer, data, size, error);
        if (code != 0) {
            return code;
        }
    }
    return code;
}

int ctl_snapshot_copy(struct snapshot_reader *reader, const char *directory,
                      const struct snapshot_info *info, struct raftd_error *error)
{
    const struct snapshot_writer_options options = {
        .fs = fs_posix(),
        .directory = directory,
        .temporary = SNAPSHOT_SAVE_NAME,
        .compress = true,
    };
    struct snapshot_writer *writer;
    int code = snapshot_writer_create(&options, info, &writer, error);

    if (code != 0) {
        return code;
    }
    code = copy_content(reader, writer, error);
    if (code != 0) {
        snapshot_writer_abort(writer);
        return code;
    }
    return snapshot_writer_finish(writer, error);
}

/* Writes a log without entries that begins at the snapshot. */
static int write_log(const struct ctl_options *options, const struct snapshot_info *info,
                     struct raftd_error *error)
{
    const struct wal_options wal_options = {
        .fs = fs_posix(),
        .directory = options->data_directory,
        .cluster_id = info->cluster_id,
        .cluster_name = options->cluster,
        .node_id = options->id,
        .segment_bytes = SEGMENT_BYTES,
        .max_entry_bytes = MAX_ENTRY_BYTES,
        .random_seed = random_u64(),
    };
    const struct raft_write write = {
        .has_hard_state = true,
        .term = info->term,
        .has_base = true,
        .base_index = info->index,
        .base_term = info->term,
        .last_index = info->index,
        .last_term = info->term,
    };
    struct wal_recovered recovered;
    struct wal *wal;
    int code = wal_open(&wal_options, &wal, &recovered, error);

    if (code != 0) {
        return code;
    }
    code = wal_append(wal, &write, 1, error);
    wal_recovered_free(&recovered);
    wal_close(wal);
    return code;
}

/* The mark says that the directory is not complete. It is there before the first file is made and
 * until the last one is on disk, also after a crash; raftd refuses a directory with this mark. */
static int set_mark(const char *directory, bool unfinished, struct raftd_error *error)
{
    const struct fs *fs = fs_posix();
    char path[WAL_PATH_MAX + sizeof(SNAPSHOT_RESTORE_NAME)];
    int result;

    snprintf(path, sizeof(path), "%s/%s", directory, SNAPSHOT_RESTORE_NAME);
    if (unfinished) {
        result = fs->open(fs->context, path, FS_OPEN_CREATE);
        if (result >= 0) {
            fs->close(fs->context, result);
        }
    } else {
        result = fs->unlink(fs->context, path);
    }
    if (result >= 0) {
        result = fs->sync_directory(fs->context, directory);
    }
    return result < 0 ? error_set(error, RAFTD_ERROR_SYSTEM, "cannot %s %s: %s",
                                  unfinished ? "create" : "remove", path, strerror(-result))
                      : 0;
}

static int restore(const struct ctl_options *options, struct snapshot_reader *reader,
                   const struct raft_membership *members, struct snapshot_info *info,
                   struct raftd_error *error)
{
    int code;

    *info = *snapshot_reader_info(reader);
    code = choose_cluster_id(options, info->cluster_id, &info->cluster_id, error);
    info->index += REVISION_GAP;
    info->membership = *members;
    info->nonce = random_u64();
    if (code == 0) {
        code = data_directory_make_empty(options->data_directory, error);
    }
    if (code == 0) {
        code = set_mark(options->data_directory, true, error);
    }
    if (code == 0) {
        code = ctl_snapshot_copy(reader, options->data_directory, info, error);
    }
    if (code == 0) {
        code = write_log(options, info, error);
    }
    return code == 0 ? set_mark(options->data_directory, false, error) : code;
}

int ctl_restore(const struct ctl_options *options, char **arguments)
{
    struct raftd_error error = {0};
    struct raft_membership members;
    struct snapshot_reader *reader;
    struct snapshot_info info;
    int code;

    if (!parse_members(options, &members)) {
        return CTL_USAGE;
    }
    code = ctl_backup_open(arguments[0], &reader, &error);
    if (code == 0) {
        code = restore(options, reader, &members, &info, &error);
        snapshot_reader_close(reader);
    }
    if (code != 0) {
        ctl_complain("%s", error.message);
        return ctl_backup_exit_code(code);
    }
    printf("%s holds node %u of the new cluster %016" PRIx64 ", which begins after index %" PRIu64
           "\n",
           options->data_directory, options->id, info.cluster_id, info.index);
    if (options->cluster_id == 0 && members.count > 1) {
        printf("Restore the other members with --cluster-id %016" PRIx64 "\n", info.cluster_id);
    }
    return CTL_OK;
}
