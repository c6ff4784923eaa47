/*
 * Makes a node from its data directory: finds out to which cluster the directory belongs, recovers
 * snapshot and log or founds a new log, and makes the core, the log writer, the snapshot worker and
 * the links. Meanwhile no other thread uses the node, except for its status.
 */
#include "node/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/memory.h"
#include "member/restore.h"
#include "node/node.h"
#include "store/wal_segment.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    SNAPSHOT_RETRY_MS =
        10000, /* after a snapshot that failed, for example because the disk is full */
};

int recovery_no_descriptors(struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_SYSTEM,
                     "cannot make a wake-up descriptor: %s; raise the limit on open files "
                     "(ulimit -n)",
                     strerror(errno));
}

/* The members that found a cluster: those of [peers], or this node alone. */
static int founding_membership(const struct conf *conf, struct raft_membership *membership,
                               struct raftd_error *error)
{
    *membership = (struct raft_membership){0};
    if (conf->peer_count == 0) {
        const char *address =
            conf->advertise.peer[0] != 0 ? conf->advertise.peer : conf->listen.peer;

        if (raft_membership_add(membership, conf->node.id, RAFT_MEMBER_VOTER, address) != 0) {
            return error_set(error, RAFTD_ERROR_INVALID,
                             "[listen] peer: found \"%s\", expected host:port", address);
        }
    }
    for (size_t i = 0; i < conf->peer_count; i++) {
        if (raft_membership_add(membership, conf->peers[i].id, RAFT_MEMBER_VOTER,
                                conf->peers[i].address) != 0) {
            return error_set(error, RAFTD_ERROR_INVALID,
                             "[peers] %u: found \"%s\", expected host:port, and each id only once",
                             conf->peers[i].id, conf->peers[i].address);
        }
    }
    return 0;
}

/*
 * The id of a new cluster. All founders compute the same one, from the cluster's name and the
 * founding members. For a node that founds alone only its id counts, so that its address may
 * change.
 */
static uint64_t founding_id(const struct conf *conf, const struct raft_membership *membership)
{
    struct buffer bytes = {0};
    uint64_t id;

    buffer_append(&bytes, conf->cluster.name, strlen(conf->cluster.name) + 1);
    if (membership->count == 1) {
        buffer_append_u16(&bytes, membership->members[0].id);
    } else {
        raft_membership_encode(membership, &bytes);
    }
    id = checksum(0, bytes.data, bytes.size_bytes);
    buffer_free(&bytes);
    return id;
}

/* Writes the first entry of a new log, the same on every founder: index 1, term 1, the members. */
static int found_cluster(struct wal *wal, const struct raft_membership *membership,
                         struct wal_recovered *recovered, struct raftd_error *error)
{
    struct buffer bytes = {0};
    struct raft_write write = {.has_hard_state = true, .term = 1, .last_index = 1, .last_term = 1};
    int code;

    raft_membership_encode(membership, &bytes);
    recovered->entries = memory_allocate(sizeof(struct raft_entry *));
    recovered->entries[0] =
        raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    recovered->entries[0]->index = 1;
    recovered->entries[0]->term = 1;
    recovered->entry_count = 1;
    recovered->term = 1;
    write.entries = recovered->entries;
    write.entry_count = 1;
    code = wal_append(wal, &write, 1, error);
    buffer_free(&bytes);
    return code;
}

static void report_recovery(void *argument, uint64_t done_bytes, uint64_t total_bytes)
{
    static struct log_throttle throttle;

    (void)argument;
    if (log_throttle_pass(&throttle, 1000)) {
        LOG_INFO("recovering the log: %llu of %llu MiB", (unsigned long long)(done_bytes >> 20),
                 (unsigned long long)(total_bytes >> 20));
    }
}

static int open_log(struct raftd_node *node, struct wal **wal, struct wal_recovered *recovered,
                    struct raftd_error *error)
{
    const struct wal_options options = {
        .fs = fs_posix(),
        .directory = node->conf.node.data_dir,
        .cluster_id = node->cluster_id,
        .cluster_name = node->conf.cluster.name,
        .node_id = node->conf.node.id,
        .segment_bytes = node->conf.storage.segment_bytes,
        .max_entry_bytes = NODE_ENTRY_BYTES_MAX,
        .random_seed = random_u64(),
        .progress = report_recovery,
    };

    return wal_open(&options, wal, recovered, error);
}

static void make_member(struct raftd_node *node, struct raft_core *core,
                        const struct snapshot_info *snapshot, uint64_t now_ms)
{
    const struct conf *conf = &node->conf;
    const struct member_options options = {
        .id = conf->node.id,
        .cluster_id = node->cluster_id,
        .origin = node->origin,
        .request_timeout_ms = conf->raft.request_timeout_ms,
        .max_uncommitted_bytes = conf->raft.max_uncommitted_bytes,
        .reserve_bytes = conf->storage.reserve_bytes,
        .has_deadlines = node->machine.next_deadline != NULL,
        .has_snapshots = node->machine.snapshot_begin != NULL,
        .snapshot_entries = conf->snapshot.log_entries,
        .snapshot_bytes = conf->snapshot.log_bytes,
        .keep_entries = conf->snapshot.keep_entries,
        .snapshot_retry_ms = SNAPSHOT_RETRY_MS,
    };
    const struct member_applied applied = {
        .index = snapshot->index, .term = snapshot->term, .time_ms = snapshot->time_ms};

    node->core = core;
    node->member = member_create(&options, core, &applied, now_ms);
    atomic_store(&node->applied_index, snapshot->index);
}

static int make_core(struct raftd_node *node, const struct wal_recovered *recovered,
                     const struct snapshot_info *snapshot, struct raftd_error *error)
{
    const struct conf *conf = &node->conf;
    const uint64_t now_ms = clock_monotonic_ms();
    struct raft_core *core;
    const struct raft_options options = {
#ifdef RAFTD_CHECKS
        .check = true,
#endif
        .id = conf->node.id,
        .random_seed = random_u64(),
        .heartbeat_ms = conf->raft.heartbeat_ms,
        .election_timeout_ms = conf->raft.election_timeout_ms,
        .max_batch_bytes = conf->raft.max_batch_bytes,
        .max_inflight_messages = conf->raft.max_inflight_messages,
        .max_inflight_bytes = conf->raft.max_inflight_bytes,
        .max_uncommitted_bytes = conf->raft.max_uncommitted_bytes,
        .priority = (uint8_t)conf->raft.priority,
        .disk_stall_ms = conf->raft.disk_stall_ms,
    };
    const struct raft_recovered log = {
        .term = recovered->term,
        .vote = recovered->vote,
        .base_index = recovered->base_index,
        .base_term = recovered->base_term,
        .base_time_ms = recovered->base_index == snapshot->index ? snapshot->time_ms : 0,
        /* If the membership changed between the base and the snapshot, the entry is in the log. If
         * not, the membership at the base is that of the snapshot. */
        .base_membership = recovered->base_index > 0 ? &snapshot->membership : NULL,
        .commit_index = snapshot->index,
        .entries = recovered->entries,
        .entry_count = recovered->entry_count,
    };

    if (raft_create(&options, &log, now_ms, &core) != 0) {
        return error_set(error, RAFTD_ERROR_CORRUPT,
                         "%s: the indexes of the entries in the log are not consecutive; move the "
                         "directory aside and let this node catch up under a new id",
                         conf->node.data_dir);
    }
    make_member(node, core, snapshot, now_ms);
    if (raft_membership_was_removed(raft_get_membership(node->core), conf->node.id)) {
        return error_set(error, RAFTD_ERROR_REMOVED,
                         "%s: node %u was removed from the cluster; its id is never used again: "
                         "give it an empty data directory and a new id",
                         conf->node.data_dir, conf->node.id);
    }
    if (conf->node.join[0] == 0 &&
        raft_membership_find(raft_get_membership(node->core), conf->node.id) == NULL) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%s: the members in the log do not include node %u; check [node] id, or "
                         "set [node] join, so that it goes on joining the cluster",
                         conf->node.data_dir, conf->node.id);
    }
    return 0;
}

/* The log says who the members are; the configuration only founds a cluster (T31). Warns if they
 * differ. */
static void compare_membership(const struct raft_membership *in_log,
                               const struct raft_membership *in_conf)
{
    for (size_t i = 0; i < in_conf->count; i++) {
        const struct raft_member *wanted = &in_conf->members[i];
        const struct raft_member *known = raft_membership_find(in_log, wanted->id);

        if (known == NULL || strcmp(known->address, wanted->address) != 0) {
            LOG_WARNING("[peers] %u = %s is ignored, because the log contains: %s", wanted->id,
                        wanted->address, known != NULL ? known->address : "no such member");
        }
    }
}

static int make_links(struct raftd_node *node, struct raftd_error *error)
{
    const struct raft_membership *membership = raft_get_membership(node->core);

    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];
        struct net_address address;
        struct link *link;
        int code;

        if (member->id == node->conf.node.id) {
            continue;
        }
        code = net_address_parse(&address, member->address, error);
        if (code != 0) {
            return error_prefix(error, code, "address of node %u", member->id);
        }
        link = link_create(&node->link_shared, member->id, &address);
        if (link == NULL) {
            return recovery_no_descriptors(error);
        }
        link_table_add(&node->links, link);
    }
    return 0;
}

static void share_with_links(struct raftd_node *node)
{
    const struct conf *conf = &node->conf;
    struct link_shared *shared = &node->link_shared;
    const char *client = conf->advertise.client;

    if (client[0] == 0 && node->listener_count > 0) {
        client = conf->listen.client;
    }
    shared->self_id = conf->node.id;
    shared->cluster_id = node->cluster_id;
    shared->process_id = node->origin;
    snprintf(shared->cluster_name, sizeof(shared->cluster_name), "%s", conf->cluster.name);
    snprintf(shared->client_address, sizeof(shared->client_address), "%s", client);
    shared->tls = node->tls;
    shared->limits.max_entry_bytes = NODE_ENTRY_BYTES_MAX;
    shared->limits.max_entries = 1 << 20;
    /* For one entry of the greatest size with its header; a batch of several entries is smaller. */
    shared->max_frame_bytes = NODE_ENTRY_BYTES_MAX + 2 * WIRE_MESSAGE_OVERHEAD_BYTES;
    shared->core = &node->core_waker;
    shared->lifecycle = &node->lifecycle_waker;
    shared->ready = &node->ready;
}

/* An empty log belongs to a new node. If there are snapshots beside it, the log was lost. */
static int check_founding(const struct raftd_node *node, const struct snapshot_files *files,
                          struct raftd_error *error)
{
    if (snapshot_files_count(files) == 0) {
        return 0;
    }
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "%.200s holds snapshots, but its log is gone, and the node's vote with it: "
                     "move the directory aside and let this node rejoin under a new id",
                     node->conf.node.data_dir);
}

/* Restores the state from the newest snapshot, and makes the log fit it. */
static int restore(struct raftd_node *node, struct wal *wal, struct wal_recovered *recovered,
                   struct snapshot_info *snapshot, struct snapshot_files **files,
                   struct raftd_error *error)
{
    const struct snapshot_start start = {
        .fs = fs_posix(),
        .directory = node->conf.node.data_dir,
        .cluster_id = node->cluster_id,
        .machine = &node->machine,
    };
    int code = snapshot_files_open(start.fs, start.directory, files, error);

    if (code == 0 && recovered->entry_count == 0 && recovered->term == 0 &&
        recovered->base_index == 0) {
        return check_founding(node, *files, error);
    }
    if (code == 0) {
        code = snapshot_start_restore(&start, *files, recovered, snapshot, error);
    }
    if (code == 0) {
        code = snapshot_start_fit_log(wal, snapshot, recovered, error);
    }
    return code;
}

/* Owns the files from here on. */
static int make_snapshot_worker(struct raftd_node *node, struct snapshot_files *files,
                                struct raftd_error *error)
{
    const struct snapshot_worker_options options = {
        .fs = fs_posix(),
        .directory = node->conf.node.data_dir,
        .cluster_id = node->cluster_id,
        .keep = node->conf.snapshot.keep,
        .compress = node->conf.snapshot.compress,
        .machine = node->machine,
        .core = &node->core_waker,
    };

    if (node->machine.snapshot_begin == NULL) {
        snapshot_files_close(files);
        return 0;
    }
    node->snapshots = snapshot_worker_create(&options, files);
    if (node->snapshots == NULL) {
        snapshot_files_close(files);
        return recovery_no_descriptors(error);
    }
    return 0;
}

/* The log on disk reaches back to the snapshot before the newest one. The core gets only the
 * entries that it would have kept in memory. */
static void forget_old_entries(const struct conf *conf, const struct snapshot_info *snapshot,
                               struct wal_recovered *recovered)
{
    uint64_t keep = conf->snapshot.keep_entries;
    uint64_t base = snapshot->index > keep ? snapshot->index - keep : 0;
    size_t count = base > recovered->base_index ? (size_t)(base - recovered->base_index) : 0;

    count = count < recovered->entry_count ? count : recovered->entry_count;
    if (count == 0) {
        return;
    }
    recovered->base_index = recovered->entries[count - 1]->index;
    recovered->base_term = recovered->entries[count - 1]->term;
    for (size_t i = 0; i < count; i++) {
        raft_entry_release(recovered->entries[i]);
    }
    recovered->entry_count -= count;
    memmove(recovered->entries, recovered->entries + count,
            recovered->entry_count * sizeof(struct raft_entry *));
}

/* Recovers the data, or founds a cluster if there are none, and makes the core from them. */
static int recover(struct raftd_node *node, const struct raft_membership *founding,
                   struct raftd_error *error)
{
    struct snapshot_info snapshot = {0};
    struct snapshot_files *files = NULL;
    struct wal_recovered recovered = {0};
    struct wal *wal = NULL;
    int code = open_log(node, &wal, &recovered, error);

    if (code != 0) {
        return code;
    }
    if (recovered.torn_bytes > 0) {
        LOG_WARNING("%s: cut off %llu bytes of an interrupted write, which was never acknowledged",
                    recovered.torn_segment, (unsigned long long)recovered.torn_bytes);
    }
    code = restore(node, wal, &recovered, &snapshot, &files, error);
    if (code == 0 && recovered.entry_count == 0 && recovered.term == 0 &&
        node->conf.node.join[0] == 0) {
        LOG_INFO("%s is empty: founding cluster \"%s\" with %zu member%s", node->conf.node.data_dir,
                 node->conf.cluster.name, founding->count, founding->count == 1 ? "" : "s");
        code = found_cluster(wal, founding, &recovered, error);
    }
    if (code == 0) {
        forget_old_entries(&node->conf, &snapshot, &recovered);
        code = make_core(node, &recovered, &snapshot, error);
    }
    if (code == 0) {
        LOG_INFO("recovered term %llu and %zu entries from %s", (unsigned long long)recovered.term,
                 recovered.entry_count, node->conf.node.data_dir);
        if (node->conf.peer_count > 0) {
            compare_membership(raft_get_membership(node->core), founding);
        }
    }
    wal_recovered_free(&recovered);
    if (code == 0) {
        code = make_snapshot_worker(node, files, error);
    } else {
        snapshot_files_close(files);
    }
    node->log_writer = log_writer_create(wal, &node->core_waker);
    if (node->log_writer == NULL) {
        wal_close(wal);
        return code != 0 ? code : recovery_no_descriptors(error);
    }
    if (node->conf.storage.reserve_bytes != 0) {
        log_writer_watch_space(node->log_writer, node->conf.node.data_dir);
    }
    return code;
}

static bool has_file(const struct conf *conf, const char *name)
{
    const struct fs *fs = fs_posix();
    char path[WAL_PATH_MAX];
    int file;

    snprintf(path, sizeof(path), "%s/%s", conf->node.data_dir, name);
    file = fs->open(fs->context, path, FS_OPEN_READ);
    if (file >= 0) {
        fs->close(fs->context, file);
    }
    return file >= 0;
}

/* The directory of an interrupted restore or recovery looks like that of a new node, or of a node
 * whose log is lost. Marks that raftctl removes at the end tell them apart. */
static int refuse_unfinished(const struct conf *conf, struct raftd_error *error)
{
    if (has_file(conf, SNAPSHOT_RESTORE_NAME)) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s: raftctl restore into this directory was interrupted: empty the "
                         "directory and run raftctl restore again",
                         conf->node.data_dir);
    }
    if (has_file(conf, SNAPSHOT_RECOVER_MARK) || has_file(conf, SNAPSHOT_RECOVER_MARK_LAST)) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s: raftctl recover was interrupted in this directory: run raftctl "
                         "recover --force-new-cluster --data-dir again, which finishes it",
                         conf->node.data_dir);
    }
    return 0;
}

/*
 * Finds the cluster that the data directory belongs to. An empty directory will belong to the
 * cluster that this node joins, or else founds. Only another cluster name tells that the directory
 * is the wrong one: the members in the configuration may be old, because they change in the log
 * (T31).
 */
static int find_identity(struct raftd_node *node, const struct raft_membership *founding,
                         bool *is_new, struct raftd_error *error)
{
    const struct conf *conf = &node->conf;
    struct wal_identity identity;
    int code = refuse_unfinished(conf, error);

    if (code == 0) {
        code = wal_identify(fs_posix(), conf->node.data_dir, &identity, error);
    }
    if (code != 0) {
        return code;
    }
    if (identity.cluster_id == 0) {
        *is_new = true;
        node->cluster_id = founding_id(conf, founding);
        return 0;
    }
    if (identity.cluster_name[0] != 0 && strcmp(identity.cluster_name, conf->cluster.name) != 0) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s belongs to the cluster \"%s\", this node is configured for "
                         "\"%s\": check the cluster's name and the data directory",
                         conf->node.data_dir, identity.cluster_name, conf->cluster.name);
    }
    node->cluster_id = identity.cluster_id;
    return 0;
}

int recovery_identify(struct raftd_node *node, bool *must_ask, struct raftd_error *error)
{
    struct raft_membership founding;
    bool is_new = false;
    int code = founding_membership(&node->conf, &founding, error);

    if (code == 0) {
        code = find_identity(node, &founding, &is_new, error);
    }
    *must_ask = is_new && node->conf.node.join[0] != 0;
    return code;
}

int recovery_build(struct raftd_node *node, struct raftd_error *error)
{
    struct raft_membership founding;
    int code = founding_membership(&node->conf, &founding, error);

    if (code == 0) {
        code = recover(node, &founding, error);
    }
    if (code == 0) {
        share_with_links(node);
        code = make_links(node, error);
    }
    atomic_store_explicit(&node->whole, code == 0, memory_order_release);
    return code;
}
