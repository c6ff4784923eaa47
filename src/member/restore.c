/*
 * The start of a node from a snapshot and the log after it; see snapshot_start.h. Runs on the
 * thread that builds the node; may wait for the disk.
 */
#include "member/restore.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "store/snapshot_reader.h"
#include "store/wal_read.h"

static void report_progress(const struct snapshot_start *start,
                            const struct snapshot_reader *reader)
{
    if (start->progress != NULL) {
        start->progress(start->progress_argument, snapshot_reader_done_bytes(reader),
                        snapshot_reader_file_bytes(reader));
    }
}

static int feed(const struct snapshot_start *start, struct snapshot_reader *reader, void *staged,
                struct raftd_error *error)
{
    const uint8_t *data;
    size_t size;
    int code;

    while ((code = snapshot_reader_next(reader, &data, &size, error)) > 0) {
        code = start->machine->restore_write(staged, data, size, error);
        if (code != 0) {
            return code;
        }
        report_progress(start, reader);
    }
    return code != 0 ? code : start->machine->restore_finish(staged, error);
}

static int check_cluster(const struct snapshot_start *start, const struct snapshot_info *info,
                         const char *name, struct raftd_error *error)
{
    if (info->cluster_id == start->cluster_id) {
        return 0;
    }
    return error_set(error, RAFTD_ERROR_REFUSED,
                     "%.200s/%s belongs to the cluster with id %016llx, this node is configured "
                     "for the one with id %016llx: check the cluster's name and the data directory",
                     start->directory, name, (unsigned long long)info->cluster_id,
                     (unsigned long long)start->cluster_id);
}

/* Makes this snapshot the state of the state machine. RAFTD_ERROR_CORRUPT: an older one may do. */
static int restore(const struct snapshot_start *start, const char *name, struct snapshot_info *info,
                   uint64_t *content_bytes, struct raftd_error *error)
{
    struct snapshot_reader *reader;
    void *staged;
    int code = snapshot_reader_open(start->fs, start->directory, name, &reader, error);

    if (code != 0) {
        return code;
    }
    *info = *snapshot_reader_info(reader);
    code = check_cluster(start, info, name, error);
    if (code != 0) {
        snapshot_reader_close(reader);
        return code;
    }
    staged = start->machine->restore_begin(start->machine->context);
    code = feed(start, reader, staged, error);
    *content_bytes = snapshot_reader_content_bytes(reader);
    snapshot_reader_close(reader);
    if (code != 0) {
        start->machine->restore_abort(staged);
        return code;
    }
    start->machine->restore_commit(start->machine->context, staged);
    return 0;
}

static int refuse_gap(const struct snapshot_start *start, const struct wal_recovered *log,
                      uint64_t newest, struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "%.200s: the log begins behind index %llu, but the newest snapshot that can "
                     "be read is of index %llu: this node has lost the entries between them; move "
                     "the directory aside and let this node rejoin from the other members under a "
                     "new id (raftd --join), or make a new cluster from a backup (raftctl restore)",
                     start->directory, (unsigned long long)log->disk_base_index,
                     (unsigned long long)newest);
}

int snapshot_start_restore(const struct snapshot_start *start, struct snapshot_files *files,
                           const struct wal_recovered *log, struct snapshot_info *info,
                           uint64_t *content_bytes, struct raftd_error *error)
{
    *info = (struct snapshot_info){0};
    *content_bytes = 0;
    if (start->machine->restore_begin == NULL && snapshot_files_count(files) > 0) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s holds snapshots, but the state machine of this program cannot "
                         "restore them: run the program that wrote them",
                         start->directory);
    }
    while (snapshot_files_count(files) > 0) {
        uint64_t index = snapshot_files_at(files, 0);
        char name[SNAPSHOT_NAME_BYTES];
        int code;

        if (index < log->disk_base_index) {
            break;
        }
        snapshot_name(name, index);
        code = restore(start, name, info, content_bytes, error);
        if (code == 0 && info->index == index) {
            member_note(start->notes, MEMBER_NOTE_INFO, "restored the snapshot of index %llu",
                        (unsigned long long)index);
            return 0;
        }
        if (code != 0 && code != RAFTD_ERROR_CORRUPT) {
            return code;
        }
        member_note(start->notes, MEMBER_NOTE_ERROR, "%s; trying the snapshot before it",
                    code != 0 ? error->message
                              : "a snapshot file has the name of another snapshot");
        snapshot_files_forget(files, index);
        *info = (struct snapshot_info){0};
        *content_bytes = 0;
    }
    if (log->disk_base_index == 0) {
        return 0; /* the log is complete */
    }
    return refuse_gap(start, log, snapshot_files_count(files) > 0 ? snapshot_files_at(files, 0) : 0,
                      error);
}

static bool log_continues(const struct snapshot_info *info, const struct wal_recovered *log)
{
    uint64_t position;

    if (info->index == log->base_index) {
        return log->base_term == info->term;
    }
    position = info->index - log->base_index;
    return position <= log->entry_count && log->entries[position - 1]->term == info->term;
}

int snapshot_start_fit_log(const struct snapshot_start *start, struct wal *wal,
                           const struct snapshot_info *info, struct wal_recovered *log,
                           struct raftd_error *error)
{
    struct raft_write write = {
        .has_hard_state = log->term < info->term,
        .term = info->term,
        .has_base = true,
        .base_index = info->index,
        .base_term = info->term,
        .last_index = info->index,
        .last_term = info->term,
    };
    int code;

    if (log->base_index > info->index) {
        /* The newest snapshot was damaged, so entries before it are needed, which the start has
         * not kept. */
        code = wal_recovered_extend(wal, log, info->index, error);
        if (code != 0) {
            return code;
        }
    }
    if (info->index == 0 || log_continues(info, log)) {
        return 0;
    }
    member_note(start->notes, MEMBER_NOTE_INFO,
                "the log ends before the snapshot of index %llu: the log restarts behind it",
                (unsigned long long)info->index);
    code = wal_append(wal, &write, 1, error);
    if (code != 0) {
        return code;
    }
    for (size_t i = 0; i < log->entry_count; i++) {
        raft_entry_release(log->entries[i]);
    }
    log->entry_count = 0;
    log->base_index = info->index;
    log->base_term = info->term;
    log->disk_base_index = info->index;
    log->disk_base_term = info->term;
    if (write.has_hard_state) {
        log->term = info->term;
        log->vote = 0;
    }
    return 0;
}
