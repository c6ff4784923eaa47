/*
 * From a data directory to a core; see recovery.h. Runs on the thread that builds the member; waits
 * for the disk.
 */
#include "member/recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "member/damaged_log.h"
#include "member/restore.h"
#include "store/wal_segment.h"

/* ---- whose directory this is ---- */

static bool has_file(const struct recovery_options *options, const char *name)
{
    const struct fs *fs = options->fs;
    char path[WAL_PATH_MAX];
    int file;

    snprintf(path, sizeof(path), "%s/%s", options->directory, name);
    file = fs->open(fs->context, path, FS_OPEN_READ);
    if (file >= 0) {
        fs->close(fs->context, file);
    }
    return file >= 0;
}

/* The directory of an interrupted restore or recovery looks like that of a new node, or of a node
 * whose log is lost. Marks that raftctl removes at the end tell them apart. */
static int refuse_unfinished(const struct recovery_options *options, struct raftd_error *error)
{
    if (has_file(options, SNAPSHOT_RESTORE_NAME)) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s: raftctl restore into this directory was interrupted: empty the "
                         "directory and run raftctl restore again",
                         options->directory);
    }
    if (has_file(options, SNAPSHOT_RECOVER_MARK) || has_file(options, SNAPSHOT_RECOVER_MARK_LAST)) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s: raftctl recover was interrupted in this directory: run raftctl "
                         "recover --force-new-cluster --data-dir again, which finishes it",
                         options->directory);
    }
    return 0;
}

static int log_is_gone(const struct recovery_options *options, const char *found,
                       struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "%.200s %s, but its log is gone, and the node's vote with it: move the "
                     "directory aside and let this node come back under a new id (raftctl member "
                     "replace)",
                     options->directory, found);
}

static int log_is_nobodys(const struct recovery_options *options, struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "%.200s holds a log whose first segment has a damaged header, and its file "
                     "\"%s\" does not say whose log that is: move the directory aside and let this "
                     "node come back under a new id (raftctl member replace); if no node has ever "
                     "served from it, just empty it",
                     options->directory, DIRECTORY_IDENTITY_NAME);
}

static void note_snapshot(void *argument, const char *name)
{
    bool *has_snapshots = argument;

    *has_snapshots = *has_snapshots || snapshot_name_index(name) != 0;
}

/* A directory without a log and without an identity: it gets one, unless it is what is left of
 * another one. */
static int begin_directory(const struct recovery_options *options,
                           struct directory_identity *identity, struct raftd_error *error)
{
    bool has_snapshots = false;
    int code;

    options->fs->list(options->fs->context, options->directory, note_snapshot, &has_snapshots);
    if (has_snapshots) {
        return log_is_gone(options, "holds snapshots", error);
    }
    code = directory_make(options->fs, options->directory, error);
    if (code == 0 && !PLANT(member_directory_not_synced)) {
        code = directory_sync_name(options->fs, options->directory, error);
    }
    return code == 0 ? directory_identity_write(options->fs, options->directory, identity, error)
                     : code;
}

static void set_cluster_name(const struct recovery_options *options,
                             struct directory_identity *identity)
{
    snprintf(identity->cluster_name, sizeof(identity->cluster_name), "%s", options->cluster_name);
}

static int refuse_name(const struct recovery_options *options, const char *found,
                       struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_REFUSED,
                     "%.200s belongs to the cluster \"%s\", this node is configured for "
                     "\"%s\": check the cluster's name and the data directory",
                     options->directory, found, options->cluster_name);
}

/* A directory without the file "identity". */
static int identify_first(const struct recovery_options *options, const struct wal_identity *log,
                          uint64_t random_identity, struct directory_identity *identity,
                          struct raftd_error *error)
{
    *identity =
        (struct directory_identity){.identity = random_identity, .node_id = options->node_id};
    if (log->is_damaged) {
        return log_is_nobodys(options, error);
    }
    if (log->cluster_id == 0) {
        return begin_directory(options, identity, error);
    }
    if (log->identity != 0) {
        return error_set(error, RAFTD_ERROR_CORRUPT,
                         "%.200s holds a log, but its file \"%s\" is gone, so this raftd cannot "
                         "tell whether the directory is complete: move the directory aside and let "
                         "this node come back under a new id (raftctl member replace)",
                         options->directory, DIRECTORY_IDENTITY_NAME);
    }
    if (log->cluster_name[0] != 0 && strcmp(log->cluster_name, options->cluster_name) != 0) {
        return refuse_name(options, log->cluster_name, error);
    }
    if (log->node_id != options->node_id) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s belongs to node %u, this node has id %u: check [node] id and the "
                         "data directory",
                         options->directory, log->node_id, options->node_id);
    }
    identity->cluster_id = log->cluster_id;
    set_cluster_name(options, identity);
    member_note(
        options->notes, MEMBER_NOTE_INFO,
        "%s has no identity yet, because raftctl or an earlier version of raftd made it: it "
        "gets the identity %016" PRIx64,
        options->directory, random_identity);
    return directory_identity_write(options->fs, options->directory, identity, error);
}

static int identify_again(const struct recovery_options *options, const struct wal_identity *log,
                          struct directory_identity *identity, struct raftd_error *error)
{
    if (recovery_is_new(identity) && log->is_damaged) {
        return log_is_nobodys(options, error);
    }
    if (recovery_is_new(identity) && log->cluster_id == 0) {
        identity->node_id = options->node_id; /* it may change as long as there is no cluster */
        return 0;
    }
    if (identity->cluster_name[0] != 0 &&
        strcmp(identity->cluster_name, options->cluster_name) != 0) {
        return refuse_name(options, identity->cluster_name, error);
    }
    if (identity->node_id != options->node_id) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s belongs to node %u, but this node is configured as node %u: check "
                         "[node] id and [node] data_dir",
                         options->directory, identity->node_id, options->node_id);
    }
    if (log->cluster_id != 0 && log->cluster_id != identity->cluster_id) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s holds a log of the cluster with id %016" PRIx64
                         ", but its file \"%s\" names the cluster with id %016" PRIx64
                         ": never mix the files of two data directories",
                         options->directory, log->cluster_id, DIRECTORY_IDENTITY_NAME,
                         identity->cluster_id);
    }
    if (identity->boot_count > 0 && log->cluster_id == 0 && !log->is_damaged) {
        return log_is_gone(options, "belongs to a member of a cluster", error);
    }
    return 0;
}

int recovery_identify(const struct recovery_options *options, uint64_t random_identity,
                      struct directory_identity *identity, struct raftd_error *error)
{
    struct wal_identity log;
    int code = refuse_unfinished(options, error);

    ASSERT(random_identity != 0);
    if (code == 0) {
        code = directory_identity_read(options->fs, options->directory, identity, error);
    }
    if (code == 0) {
        code = wal_identify(options->fs, options->directory, &log, error);
    }
    if (code != 0) {
        return code;
    }
    return identity->identity == 0 ? identify_first(options, &log, random_identity, identity, error)
                                   : identify_again(options, &log, identity, error);
}

int recovery_decide(const struct recovery_options *options, struct directory_identity *identity,
                    uint64_t cluster_id, const struct raft_membership *founding,
                    uint64_t founders_digest, struct raftd_error *error)
{
    ASSERT(cluster_id != 0 && recovery_is_new(identity));
    identity->cluster_id = cluster_id;
    identity->founders_digest = founders_digest;
    identity->founder_count = founding != NULL ? founding->count : 0;
    for (size_t i = 0; i < identity->founder_count; i++) {
        identity->founders[i] = (struct directory_founder){
            .id = founding->members[i].id, .identity = founding->members[i].identity};
    }
    set_cluster_name(options, identity);
    return directory_identity_write(options->fs, options->directory, identity, error);
}

/* ---- log and snapshot ---- */

static void note_newest(void *argument, const char *name)
{
    uint64_t *newest = argument;
    uint64_t index = snapshot_name_index(name);

    *newest = index > *newest ? index : *newest;
}

/* Only names are read here, before the directory is locked, so nothing that another process does
 * meanwhile can be disturbed. */
static uint64_t newest_snapshot(const struct recovery_options *options)
{
    uint64_t newest = 0;

    options->fs->list(options->fs->context, options->directory, note_newest, &newest);
    return newest;
}

/*
 * The first entry of the log that the start has to hold in memory, if the newest snapshot is
 * intact: the log on the disk goes back to the snapshot before it. If the newest one turns out to
 * be damaged, the entries before are read once more (restore.c).
 */
static uint64_t keep_from(const struct recovery_options *options, uint64_t newest)
{
    return newest > options->keep_entries ? newest - options->keep_entries + 1 : 0;
}

static int open_log(const struct recovery_options *options, struct directory_identity *identity,
                    struct recovered *recovered, struct raftd_error *error)
{
    struct damaged_log damaged = {.options = options, .identity = identity};
    const uint64_t newest = newest_snapshot(options);
    const struct wal_options wal = {
        .fs = options->fs,
        .prepare_fs = options->prepare_fs,
        .directory = options->directory,
        .cluster_id = identity->cluster_id,
        .identity = identity->identity,
        .cluster_name = options->cluster_name,
        .node_id = options->node_id,
        .segment_bytes = options->segment_bytes,
        .max_entry_bytes = options->max_entry_bytes,
        .keep_from = keep_from(options, newest),
        .keep_bytes = options->log_memory_bytes,
        .keep_until = newest,
        .random_seed = options->random_seed,
        .progress = options->log_progress,
        .progress_argument = options->argument,
        .cut = {.number = identity->lost.cut_segment,
                .offset_bytes = identity->lost.cut_offset_bytes},
        .on_damage = damaged_log_found,
        .damage_argument = &damaged,
    };
    int code = wal_open(&wal, &recovered->wal, &recovered->log, error);

    if (code == 0 && identity->lost.cut_segment != 0) {
        return damaged_log_settle(options, identity, recovered, error);
    }
    if (code == 0 && recovered->log.torn_bytes > 0) {
        member_note(options->notes, MEMBER_NOTE_WARNING,
                    "%s: cut off %llu bytes of an interrupted write, which was never acknowledged",
                    recovered->log.torn_segment, (unsigned long long)recovered->log.torn_bytes);
    }
    return code;
}

static void tell_log(const struct recovery_options *options, const struct recovered *recovered)
{
    if (options->log_found != NULL) {
        options->log_found(options->argument, &recovered->log);
    }
}

static bool log_is_empty(const struct wal_recovered *log)
{
    return log->entry_count == 0 && log->term == 0 && log->base_index == 0;
}

/* Restores the state from the newest snapshot, and makes the log fit it. */
static int restore(const struct recovery_options *options,
                   const struct directory_identity *identity, struct recovered *recovered,
                   struct raftd_error *error)
{
    const struct snapshot_start start = {
        .fs = options->fs,
        .directory = options->directory,
        .cluster_id = identity->cluster_id,
        .machine = options->machine,
        .notes = options->notes,
        .progress = options->snapshot_progress,
        .progress_argument = options->argument,
    };
    uint64_t disk_base_index = recovered->log.disk_base_index;
    int code = snapshot_files_open(options->fs, options->directory, &recovered->files, error);

    if (code == 0 && log_is_empty(&recovered->log)) {
        return snapshot_files_count(recovered->files) > 0
                   ? log_is_gone(options, "holds snapshots", error)
                   : 0;
    }
    if (code == 0) {
        code = snapshot_start_restore(&start, recovered->files, &recovered->log,
                                      &recovered->snapshot, &recovered->content_bytes, error);
    }
    if (code == 0) {
        code = snapshot_start_fit_log(&start, recovered->wal, &recovered->snapshot, &recovered->log,
                                      error);
        recovered->has_restarted = recovered->log.disk_base_index > disk_base_index;
    }
    return code;
}

/* Writes the first entry of a new log, the same on every founder: index 1, term 1, the members. */
static int found_cluster(const struct raft_membership *membership, struct recovered *recovered,
                         struct raftd_error *error)
{
    struct wal_recovered *log = &recovered->log;
    struct raft_write write = {.has_hard_state = true, .term = 1, .last_index = 1, .last_term = 1};
    struct buffer bytes = {0};

    raft_membership_encode(membership, &bytes);
    log->entries = memory_allocate(sizeof(struct raft_entry *));
    log->entries[0] =
        raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    log->entries[0]->index = 1;
    log->entries[0]->term = 1;
    log->entry_count = 1;
    log->term = 1;
    write.entries = log->entries;
    write.entry_count = 1;
    buffer_free(&bytes);
    return wal_append(recovered->wal, &write, 1, error);
}

/* Founds the cluster if the log is empty because this directory has never had one. */
static int found_if_new(const struct recovery_options *options,
                        const struct directory_identity *identity,
                        const struct raft_membership *founding, struct recovered *recovered,
                        struct raftd_error *error)
{
    int code;

    if (!log_is_empty(&recovered->log) || founding == NULL) {
        return 0;
    }
    if (identity->boot_count > 0) {
        return log_is_gone(options, "belongs to a founder of a cluster", error);
    }
    code = found_cluster(founding, recovered, error);
    if (code == 0) {
        tell_log(options, recovered);
    }
    return code;
}

/* The log on disk reaches back to the snapshot before the newest one. The core gets only the
 * entries that it would have kept in memory. */
static void forget_old_entries(const struct recovery_options *options, struct recovered *recovered)
{
    struct wal_recovered *log = &recovered->log;
    uint64_t index = recovered->snapshot.index;
    uint64_t base = index > options->keep_entries ? index - options->keep_entries : 0;
    size_t count = base > log->base_index ? (size_t)(base - log->base_index) : 0;

    count = count < log->entry_count ? count : log->entry_count;
    if (count == 0) {
        return;
    }
    log->base_index = log->entries[count - 1]->index;
    log->base_term = log->entries[count - 1]->term;
    for (size_t i = 0; i < count; i++) {
        raft_entry_release(log->entries[i]);
    }
    log->entry_count -= count;
    memmove(log->entries, log->entries + count, log->entry_count * sizeof(struct raft_entry *));
}

int recovery_run(const struct recovery_options *options, struct directory_identity *identity,
                 const struct raft_membership *founding, struct recovered *recovered,
                 struct raftd_error *error)
{
    int code;

    *recovered = (struct recovered){0};
    ASSERT(!recovery_is_new(identity));
    code = open_log(options, identity, recovered, error);
    if (code != 0) {
        return code;
    }
    tell_log(options, recovered);
    code = restore(options, identity, recovered, error);
    if (code == 0) {
        code = damaged_log_end(options, identity, recovered, error);
    }
    if (code == 0) {
        code = found_if_new(options, identity, founding, recovered, error);
    }
    if (code == 0) {
        /* Only now: a directory that has lived must have its log. */
        identity->boot_count++;
        code = directory_identity_write(options->fs, options->directory, identity, error);
    }
    if (code == 0) {
        forget_old_entries(options, recovered);
    }
    return code;
}

void recovery_free(struct recovered *recovered)
{
    wal_recovered_free(&recovered->log);
    snapshot_files_close(recovered->files);
    wal_close(recovered->wal);
    *recovered = (struct recovered){0};
}

int recovery_make_core(const struct recovery_options *options, const struct raft_options *core,
                       const struct recovered *recovered, uint64_t now_ms, struct raft_core **made,
                       struct raftd_error *error)
{
    const struct snapshot_info *snapshot = &recovered->snapshot;
    const struct raft_recovered log = {
        .term = recovered->log.term,
        .vote = recovered->log.vote,
        .promise_known = recovered->log.promise_known,
        .promise_ms = recovered->log.promise_ms,
        .base_index = recovered->log.base_index,
        .base_term = recovered->log.base_term,
        .base_time_ms = recovered->log.base_index == snapshot->index ? snapshot->time_ms : 0,
        /* If the membership changed between the base and the snapshot, the entry is in the log. If
         * not, the membership at the base is that of the snapshot. */
        .base_membership = recovered->log.base_index > 0 ? &snapshot->membership : NULL,
        .commit_index = snapshot->index,
        .damaged_index = recovered->lost.damaged_index,
        .lost_term = recovered->lost.term,
        .lost_index = recovered->lost.index,
        .entries = recovered->log.entries,
        .entry_count = recovered->log.entry_count,
    };

    if (raft_create(core, &log, now_ms, made) != 0) {
        return error_set(error, RAFTD_ERROR_CORRUPT,
                         "%s: the indexes of the entries in the log are not consecutive; move the "
                         "directory aside and let this node catch up under a new id",
                         options->directory);
    }
    return 0;
}
