/*
 * Opens and closes the write-ahead log. One thread at a time owns the log: first the thread that
 * calls wal_open(), then the log writer. wal_writer.c appends, wal_recovery.c recovers.
 */
#include "store/wal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/wal_format.h"
#include "store/wal_recovery.h"
#include "store/wal_segment.h"
#include "store/wal_writer.h"

void wal_recovered_free(struct wal_recovered *recovered)
{
    for (size_t i = 0; i < recovered->entry_count; i++) {
        raft_entry_release(recovered->entries[i]);
    }
    memory_free(recovered->entries);
    *recovered = (struct wal_recovered){0};
}

static int lock_directory(struct wal *wal)
{
    const struct fs *fs = wal->files.fs;
    char path[WAL_PATH_MAX];
    int result;

    wal_path(&wal->files, WAL_LOCK_NAME, path);
    wal->lock_file = fs->open(fs->context, path, FS_OPEN_WRITE);
    if (wal->lock_file == -ENOENT) {
        wal->lock_file = fs->open(fs->context, path, FS_OPEN_CREATE);
    }
    if (wal->lock_file == -EEXIST) {
        /* Another process made the file a moment ago. The lock decides which process may go on. */
        wal->lock_file = fs->open(fs->context, path, FS_OPEN_WRITE);
    }
    if (wal->lock_file < 0) {
        wal_system_error(&wal->failure, &wal->files, WAL_LOCK_NAME, "open", wal->lock_file);
        return RAFTD_ERROR_SYSTEM;
    }
    result = fs->lock(fs->context, wal->lock_file);
    if (result == -EWOULDBLOCK) {
        return error_set(&wal->failure, RAFTD_ERROR_LOCKED,
                         "%.200s is in use by another process, which holds the lock on its file "
                         "%s: stop that process, or give this node a data directory of its own",
                         wal->directory, WAL_LOCK_NAME);
    }
    if (result < 0) {
        wal_system_error(&wal->failure, &wal->files, WAL_LOCK_NAME, "lock", result);
        return RAFTD_ERROR_SYSTEM;
    }
    return 0;
}

/* Copies what the scan found to *recovered, which owns the entries from then on. */
static void give_recovered(struct wal_scan *scan, struct wal_recovered *recovered)
{
    uint64_t torn_number = scan->tail.number != 0 ? scan->tail.number : scan->unborn_number;

    *recovered = (struct wal_recovered){
        .term = scan->log.term,
        .vote = scan->log.vote,
        .promise_known = scan->log.promise_known,
        .promise_ms = scan->log.promise_ms,
        .base_index = scan->log.kept_index,
        .base_term = wal_replay_kept_term(&scan->log),
        .disk_base_index = scan->log.base_index,
        .disk_base_term = scan->log.base_term,
        .entries = scan->log.entries,
        .entry_count = scan->log.entry_count,
        .torn_bytes = scan->tail.to_bytes - scan->tail.from_bytes,
    };
    scan->log.entries = NULL;
    scan->log.entry_count = 0;
    if (torn_number != 0) {
        char name[WAL_NAME_BYTES];

        wal_segment_name(name, torn_number);
        snprintf(recovered->torn_segment, sizeof(recovered->torn_segment), "%s", name);
        recovered->torn_bytes += scan->unborn_bytes;
    }
}

static int create_first_segment(struct wal *wal)
{
    int result = wal_create_segment(wal, &wal->files, 1, wal_first_zeros(wal), &wal->current);

    if (result == 0) {
        result = wal_segment_publish(&wal->files, &wal->current, &wal->failure);
    }
    return result < 0 ? RAFTD_ERROR_SYSTEM : 0;
}

/*
 * The scan has found damage. The log is scanned again up to there: what is left has to be a log. If
 * the damage may be cut off then, the caller remembers what goes with it. So everything after that
 * works as after a torn tail, and it does not matter whether a crash interrupts it: the next start
 * is given the same cut.
 */
static int scan_up_to_damage(struct wal *wal, const struct wal_options *options,
                             struct wal_scan *scan)
{
    struct wal_options cut = *options;
    struct raftd_error error;
    struct wal_damage damage;
    struct wal_scan rest;
    int result;

    if (options->on_damage == NULL) {
        return RAFTD_ERROR_CORRUPT;
    }
    result = wal_survey(&wal->files, options, scan, &damage, &wal->failure);
    if (result <= 0) {
        return result == 0 ? RAFTD_ERROR_CORRUPT : result;
    }
    cut.cut = damage.cut;
    result = wal_scan(&wal->files, &cut, &rest, &error);
    if (result == 0) {
        result = options->on_damage(options->damage_argument, &damage, &wal->failure);
    } else if (result != RAFTD_ERROR_CORRUPT) {
        wal->failure = error;
    }
    if (result != 0) {
        wal_scan_free(&rest);
        return result;
    }
    wal_scan_free(scan);
    *scan = rest;
    wal->failure = (struct raftd_error){0};
    return 0;
}

static int recover(struct wal *wal, const struct wal_options *options,
                   struct wal_recovered *recovered)
{
    struct wal_scan scan;
    int result = wal_scan(&wal->files, options, &scan, &wal->failure);

    if (result == RAFTD_ERROR_CORRUPT) {
        result = scan_up_to_damage(wal, options, &scan);
    }
    if (result == 0) {
        result = wal_repair(&wal->files, &scan, &wal->current, &wal->next, &wal->failure);
    }
    if (result == 0 && scan.segment_count == 0) {
        result = create_first_segment(wal);
    }
    if (result == 0) {
        for (size_t i = 0; i < scan.current; i++) {
            wal->sealed_count++;
            wal->sealed_bytes += scan.segments[i].file_bytes;
            scan.log.extents.list[i].file_bytes = scan.segments[i].file_bytes;
        }
        wal->extents = scan.log.extents;
        scan.log.extents = (struct wal_extents){0};
        wal->marks = scan.log.marks;
        scan.log.marks = (struct wal_marks){0};
        wal->sequence = scan.log.sequence;
        wal->last_index = scan.log.last_index;
        wal->last_term = scan.log.last_term;
        wal->term = scan.log.term;
        wal->vote = scan.log.vote;
        wal->promise_known = scan.log.promise_known;
        wal->promise_ms = scan.log.promise_ms;
        wal->has_clean_end = scan.log.has_clean_end;
        give_recovered(&scan, recovered);
    }
    wal_scan_free(&scan);
    return result;
}

/* Closes and frees everything, without writing the clean-end mark. */
static void release(struct wal *wal)
{
    wal_segment_close(&wal->files, &wal->next);
    wal_segment_close(&wal->files, &wal->current);
    if (wal->lock_file >= 0) {
        wal->files.fs->close(wal->files.fs->context, wal->lock_file);
    }
    wal_close_reading(wal);
    wal_extents_free(&wal->extents);
    wal_marks_free(&wal->marks);
    memory_free(wal->buffer);
    memory_free(wal->directory);
    memory_free(wal);
}

int wal_open(const struct wal_options *options, struct wal **wal, struct wal_recovered *recovered,
             struct raftd_error *error)
{
    struct wal *opened;
    int result;

    ASSERT(options->segment_bytes % WAL_BLOCK_BYTES == 0);
    ASSERT(options->segment_bytes >= 2 * WAL_BLOCK_BYTES);
    *wal = NULL;
    *recovered = (struct wal_recovered){0};
    if (options->directory[0] == '\0' || strlen(options->directory) > WAL_DIRECTORY_MAX) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "the path of the data directory has %zu bytes, expected 1 to %d",
                         strlen(options->directory), WAL_DIRECTORY_MAX);
    }
    opened = memory_allocate_zeroed(1, sizeof(*opened));
    opened->directory = memory_copy_string(options->directory);
    opened->files = (struct wal_files){.fs = options->fs, .directory = opened->directory};
    opened->prepare_files = (struct wal_files){
        .fs = options->prepare_fs != NULL ? options->prepare_fs : options->fs,
        .directory = opened->directory,
    };
    opened->cluster_id = options->cluster_id;
    opened->identity = options->identity;
    if (options->cluster_name != NULL) {
        snprintf(opened->cluster_name, sizeof(opened->cluster_name), "%s", options->cluster_name);
    }
    opened->node_id = options->node_id;
    opened->segment_bytes = options->segment_bytes;
    opened->max_entry_bytes = options->max_entry_bytes;
    opened->random = options->random_seed;
    opened->lock_file = -1;
    opened->current.file = -1;
    opened->next.file = -1;
    result = directory_make(options->fs, opened->directory, &opened->failure);
    if (result == 0) {
        result = lock_directory(opened);
    }
    if (result == 0) {
        result = recover(opened, options, recovered);
    }
    if (result != 0) {
        ASSERT(opened->failure.code == result);
        if (error != NULL) {
            *error = opened->failure;
        }
        release(opened);
        return result;
    }
    *wal = opened;
    return 0;
}

void wal_close(struct wal *wal)
{
    if (wal == NULL) {
        return;
    }
    wal_write_clean_end(wal);
    release(wal);
}

void wal_get_figures(const struct wal *wal, struct wal_figures *figures)
{
    *figures = (struct wal_figures){
        .segment_count = wal->sealed_count + 1,
        .size_bytes = wal->sealed_bytes + wal->current.zeroed_bytes,
        .batch_count = wal->batch_count,
        .written_bytes = wal->written_bytes,
    };
    if (wal->next.file >= 0) {
        figures->segment_count++;
        figures->size_bytes += wal->next.zeroed_bytes;
    }
}
