/*
 * Makes a node from its data directory: asks member/recovery.c for the log, the snapshot and the
 * core, and makes the log writer, the snapshot worker and the links around them. Meanwhile no other
 * thread uses the node, except for its status.
 */
#include "node/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "member/founding.h"
#include "member/link_rules.h"
#include "node/node.h"
#include "node/volume.h"
#include "store/reserve.h"
#include "sys/clock.h"
#include "sys/log.h"

int recovery_no_descriptors(struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_SYSTEM,
                     "cannot make a wake-up descriptor: %s; raise the limit on open files "
                     "(ulimit -n)",
                     strerror(errno));
}

/* The members that found a cluster: those of [peers], or this node alone. */
int recovery_founders(const struct raftd_node *node, struct raft_membership *membership,
                      struct raftd_error *error)
{
    const struct conf *conf = &node->conf;

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

/* ---- what member/recovery.c reports ---- */

static void write_note(void *argument, enum member_note level, const char *text)
{
    (void)argument;
    switch (level) {
    case MEMBER_NOTE_INFO:
        LOG_INFO("%s", text);
        break;
    case MEMBER_NOTE_WARNING:
        LOG_WARNING("%s", text);
        break;
    case MEMBER_NOTE_ERROR:
        LOG_ERROR("%s", text);
        break;
    }
}

static void report_log(void *argument, uint64_t done_bytes, uint64_t total_bytes)
{
    struct raftd_node *node = argument;

    if (log_throttle_pass(&node->recovery_throttle, 1000)) {
        LOG_INFO("recovering the log: %llu of %llu MiB", (unsigned long long)(done_bytes >> 20),
                 (unsigned long long)(total_bytes >> 20));
    }
}

static void report_snapshot(void *argument, uint64_t done_bytes, uint64_t total_bytes)
{
    struct raftd_node *node = argument;

    if (log_throttle_pass(&node->recovery_throttle, 1000)) {
        LOG_INFO("restoring a snapshot: %llu of %llu MiB", (unsigned long long)(done_bytes >> 20),
                 (unsigned long long)(total_bytes >> 20));
    }
}

static const struct member_notes notes = {.note = write_note};

/* The table for the files of the node. */
static const struct fs *files_of(const struct raftd_node *node)
{
    return node->reserve != NULL ? reserve_file_table(node->reserve) : fs_posix();
}

static struct recovery_options options_of(struct raftd_node *node)
{
    const struct conf *conf = &node->conf;

    return (struct recovery_options){
        .fs = files_of(node),
        .prepare_fs = fs_posix(),
        .directory = conf->node.data_dir,
        .cluster_name = conf->cluster.name,
        .node_id = conf->node.id,
        .segment_bytes = conf->storage.segment_bytes,
        .max_entry_bytes = NODE_ENTRY_BYTES_MAX,
        .keep_entries = conf->snapshot.keep_entries,
        .log_memory_bytes = conf->raft.log_memory_bytes,
        .random_seed = random_u64(),
        .machine = &node->machine,
        .notes = &notes,
        .log_progress = report_log,
        .snapshot_progress = report_snapshot,
        .argument = node,
    };
}

/* ---- the parts of the node ---- */

static void make_member(struct raftd_node *node, struct raft_core *core,
                        const struct recovered *recovered, uint64_t now_ms)
{
    const struct conf *conf = &node->conf;
    const struct member_options options = {
        .id = conf->node.id,
        .cluster_id = node->cluster_id,
        .identity = node->identity.identity,
        .origin = node->origin,
        .request_timeout_ms = conf->raft.request_timeout_ms,
        .max_uncommitted_bytes = volume_max_uncommitted(conf),
        .reserve_bytes = conf->storage.reserve_bytes,
        .has_deadlines = node->machine.next_deadline != NULL,
        .has_snapshots = node->machine.snapshot_begin != NULL,
        .snapshot_entries = conf->snapshot.log_entries,
        .snapshot_bytes = conf->snapshot.log_bytes,
        .keep_entries = conf->snapshot.keep_entries,
        .log_memory_bytes = conf->raft.log_memory_bytes,
        .snapshot_retry_ms = NODE_SNAPSHOT_RETRY_MS,
    };
    const struct snapshot_info *snapshot = &recovered->snapshot;
    const struct member_applied applied = {.index = snapshot->index,
                                           .term = snapshot->term,
                                           .time_ms = snapshot->time_ms,
                                           .content_bytes = recovered->content_bytes};

    node->core = core;
    node->member = member_create(&options, core, &applied, now_ms);
    atomic_store(&node->applied_index, snapshot->index);
}

static int make_core(struct raftd_node *node, const struct recovery_options *options,
                     const struct recovered *recovered, struct raftd_error *error)
{
    const struct conf *conf = &node->conf;
    const uint64_t now_ms = clock_monotonic_ms();
    const struct raft_options core_options = {
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
        .max_uncommitted_bytes = volume_max_uncommitted(conf),
        .max_log_bytes = conf->raft.log_memory_bytes,
        .priority = (uint8_t)conf->raft.priority,
        .disk_stall_ms = conf->raft.disk_stall_ms,
    };
    const struct raft_membership *members;
    const struct raft_member *own;
    struct raft_core *core;
    int code = recovery_make_core(options, &core_options, recovered, now_ms, &core, error);

    if (code != 0) {
        return code;
    }
    make_member(node, core, recovered, now_ms);
    members = raft_get_membership(node->core);
    own = raft_membership_find(members, conf->node.id);
    if (raft_membership_was_removed(members, conf->node.id)) {
        return error_set(error, RAFTD_ERROR_REMOVED,
                         "%s: node %u was removed from the cluster; its id is never used again: "
                         "give it an empty data directory and a new id",
                         conf->node.data_dir, conf->node.id);
    }
    if (own == NULL && conf->node.join[0] == 0 && members->count > 0) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%s: the members in the log do not include node %u; check [node] id, or "
                         "set [node] join, so that it goes on joining the cluster",
                         conf->node.data_dir, conf->node.id);
    }
    return 0;
}

/* The log says who the members are; the configuration only founds a cluster (T31), and names spare
 * addresses (spare.c). Warns if they differ. */
static void compare_membership(const struct raft_membership *in_log,
                               const struct raft_membership *in_conf)
{
    for (size_t i = 0; i < in_conf->count; i++) {
        const struct raft_member *wanted = &in_conf->members[i];
        const struct raft_member *known = raft_membership_find(in_log, wanted->id);

        if (known == NULL) {
            LOG_WARNING("[peers] %u = %s is ignored, because the log contains no such member",
                        wanted->id, wanted->address);
        } else if (strcmp(known->address, wanted->address) != 0) {
            LOG_WARNING("[peers] %u = %s differs from the log, which contains %s: this node tries "
                        "both addresses; if the one in [peers] is right, run \"raftctl member move "
                        "%u %s\" when the cluster serves",
                        wanted->id, wanted->address, known->address, wanted->id, wanted->address);
        }
    }
}

static int make_links(struct raftd_node *node, struct raftd_error *error)
{
    const struct raft_membership *membership = raft_get_membership(node->core);
    struct raft_membership committed;

    raft_committed_membership(node->core, &committed);
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
        link = node_make_link(node, member->id, &address);
        if (link == NULL) {
            return recovery_no_descriptors(error);
        }
        link_bind(link,
                  link_rules_identity(membership, &committed, node->conf.node.id, member->id));
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
    shared->identity = node->identity.identity;
    shared->process_id = node->origin;
    snprintf(shared->cluster_name, sizeof(shared->cluster_name), "%s", conf->cluster.name);
    snprintf(shared->client_address, sizeof(shared->client_address), "%s", client);
    shared->tls = node->tls;
    shared->limits.max_entry_bytes = NODE_ENTRY_BYTES_MAX;
    shared->limits.max_entries = 1 << 20;
    /* For one entry of the greatest size with its header; a batch of several entries is smaller. */
    shared->max_frame_bytes = NODE_ENTRY_BYTES_MAX + 2 * WIRE_MESSAGE_OVERHEAD_BYTES;
    /* What the leader may have in flight always fits; the rest is for forwarded proposals. */
    shared->max_queue_bytes = conf->raft.max_inflight_bytes + LINK_ENTRIES_BYTES;
    shared->core = &node->core_waker;
    shared->lifecycle = &node->lifecycle_waker;
    shared->ready = &node->ready;
}

/* Owns the files from here on. */
static int make_snapshot_worker(struct raftd_node *node, struct snapshot_files *files,
                                struct raftd_error *error)
{
    struct snapshot_worker_options options = {
        .fs = files_of(node),
        .directory = node->conf.node.data_dir,
        .cluster_id = node->cluster_id,
        .keep = node->conf.snapshot.keep,
        .compress = node->conf.snapshot.compress,
        .machine = node->machine,
        .core = &node->core_waker,
        .reserve_bytes = node->conf.storage.reserve_bytes,
    };

    if (node->machine.snapshot_begin == NULL) {
        snapshot_files_close(files);
        return 0;
    }
    snapshot_worker_set_times(&options, node->conf.raft.election_timeout_ms);
    node->snapshots = snapshot_worker_create(&options, files);
    if (node->snapshots == NULL) {
        snapshot_files_close(files);
        return recovery_no_descriptors(error);
    }
    return 0;
}

/* Recovers the data, and makes the core from them. */
static int recover(struct raftd_node *node, const struct raft_membership *founding,
                   struct raftd_error *error)
{
    const struct recovery_options options = options_of(node);
    struct recovered recovered;
    int code = recovery_run(&options, &node->identity, founding, &recovered, error);

    if (code == 0) {
        code = make_core(node, &options, &recovered, error);
    }
    if (code == 0) {
        LOG_INFO("recovered term %llu and %zu entries from %s",
                 (unsigned long long)recovered.log.term, recovered.log.entry_count,
                 node->conf.node.data_dir);
        code = make_snapshot_worker(node, recovered.files, error);
        recovered.files = NULL;
    }
    if (code == 0) {
        node->log_writer = log_writer_create(recovered.wal, &node->core_waker);
        code = node->log_writer == NULL ? recovery_no_descriptors(error) : 0;
    }
    if (code == 0) {
        recovered.wal = NULL; /* the log writer owns it */
        if (reserve_held_bytes(node->conf.storage.reserve_bytes) == 0) {
            reserve_file_remove(fs_posix(), node->conf.node.data_dir);
        }
        if (node->conf.storage.reserve_bytes != 0) {
            log_writer_watch_space(node->log_writer, node->conf.node.data_dir,
                                   node->conf.storage.reserve_bytes, node->reserve);
        }
    }
    recovery_free(&recovered);
    return code;
}

/*
 * A directory without a cluster, and no other node to ask. A node with an open peer port may be the
 * first node of a cluster that has grown since, and its disk may be lost: if it founded again,
 * there would be two clusters under one name. So somebody has to say it, once. A loopback address
 * does not say it: other nodes of this machine can join there. Neither does a [peers] section with
 * this node alone: it stays in the file when the cluster has grown.
 */
static int found_alone(struct raftd_node *node, struct raft_membership *alone,
                       struct raftd_error *error)
{
    const struct conf *conf = &node->conf;

    if (node->link_shared.may_link && !conf->node.bootstrap) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s is empty, and other nodes can reach this one at %s, so it is not "
                         "clear whether this node is to found a cluster: to found a new one, start "
                         "it once with --bootstrap; to join one, start it with --join HOST:PORT; "
                         "if it was a member and has lost its data, give it a new id first "
                         "(raftctl member replace)",
                         conf->node.data_dir, alone->members[0].address);
    }
    LOG_INFO("%s is empty: founding cluster \"%s\" with 1 member", conf->node.data_dir,
             conf->cluster.name);
    alone->members[0].identity = node->identity.identity;
    return recovery_found(node, random_u64() | 1, alone, error);
}

static int prepare_founders(struct raftd_node *node, const struct raft_membership *founders,
                            struct raftd_error *error)
{
    const struct conf *conf = &node->conf;

    if (conf->peer_count == 0) {
        return 0;
    }
    node->founders_digest = founding_digest(conf->cluster.name, founders);
    for (size_t i = 0; i < conf->peer_count; i++) {
        struct net_address address;
        int code = net_address_parse(&address, conf->peers[i].address, error);

        if (code != 0) {
            return code;
        }
        snprintf(node->founder_hosts[i], sizeof(node->founder_hosts[i]), "%s", address.host);
    }
    return 0;
}

/* [node] join and the word to found count only while the directory belongs to no cluster. */
static void note_what_is_ignored(const struct raftd_node *node)
{
    const struct conf *conf = &node->conf;

    if (conf->node.join[0] != 0) {
        LOG_INFO("[node] join = %s is ignored: %s belongs to node %u of the cluster with id "
                 "%016llx already; to join another cluster, give the node an empty data directory",
                 conf->node.join, conf->node.data_dir, conf->node.id,
                 (unsigned long long)node->identity.cluster_id);
    }
    if (conf->node.bootstrap) {
        LOG_INFO("--bootstrap is ignored: %s belongs to node %u of the cluster with id %016llx "
                 "already",
                 conf->node.data_dir, conf->node.id, (unsigned long long)node->identity.cluster_id);
    }
}

int recovery_begin(struct raftd_node *node, bool *must_ask, struct raftd_error *error)
{
    const struct recovery_options options = options_of(node);
    struct raft_membership founders;
    int code = volume_check(&node->conf, error);

    *must_ask = false;
    if (code == 0) {
        code = recovery_founders(node, &founders, error);
    }
    if (code == 0) {
        code = prepare_founders(node, &founders, error);
    }
    if (code == 0) {
        code = recovery_identify(&options, random_u64() | 1, &node->identity, error);
    }
    if (code != 0) {
        return code;
    }
    share_with_links(node);
    if (!recovery_is_new(&node->identity)) {
        return 0;
    }
    *must_ask = node->conf.node.join[0] != 0 || founders.count > 1;
    return *must_ask ? 0 : found_alone(node, &founders, error);
}

int recovery_join(struct raftd_node *node, uint64_t cluster_id, struct raftd_error *error)
{
    const struct recovery_options options = options_of(node);

    return recovery_decide(&options, &node->identity, cluster_id, NULL, 0, error);
}

int recovery_found(struct raftd_node *node, uint64_t cluster_id,
                   const struct raft_membership *members, struct raftd_error *error)
{
    const struct recovery_options options = options_of(node);

    return recovery_decide(&options, &node->identity, cluster_id, members, node->founders_digest,
                           error);
}

/*
 * The first members, as the first entry of the log has them: those of [peers], with the identities
 * that were decided. *has: this node is a founder, and may still have to write that entry.
 */
static int first_members(const struct raftd_node *node, struct raft_membership *members, bool *has,
                         struct raftd_error *error)
{
    enum founding_first first;
    int code = recovery_founders(node, members, error);

    *has = false;
    if (code != 0) {
        return code;
    }
    first = founding_first_members(&node->identity, node->founders_digest, members);
    *has = first == FOUNDING_MEMBERS;
    if (first == FOUNDING_DIFFERS) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%.200s: [peers] or [cluster] name have changed since this node decided "
                         "to found the cluster, and before its log was made: set them to what they "
                         "were",
                         node->conf.node.data_dir);
    }
    return 0;
}

int recovery_build(struct raftd_node *node, struct raftd_error *error)
{
    struct raft_membership founding;
    bool is_founder;
    int code = first_members(node, &founding, &is_founder, error);

    node->cluster_id = node->identity.cluster_id;
    if (code == 0) {
        code = recover(node, is_founder ? &founding : NULL, error);
    }
    if (code == 0 && node->conf.peer_count > 0) {
        compare_membership(raft_get_membership(node->core), &founding);
    }
    if (code == 0) {
        if (raft_membership_find(raft_get_membership(node->core), node->conf.node.id) != NULL &&
            node->identity.boot_count > 1) {
            note_what_is_ignored(node);
        }
        struct raft_status status;

        raft_get_status(node->core, clock_monotonic_ms(), &status);
        atomic_store(&node->link_shared.cluster_id, node->cluster_id);
        atomic_store(&node->link_shared.boot_count, node->identity.boot_count);
        atomic_store(&node->link_shared.term, status.term);
        /* It says itself how much of that it lacks (raft/damage.c). */
        atomic_store(&node->link_shared.last_index, status.acknowledged_index);
        code = make_links(node, error);
    }
    atomic_store_explicit(&node->whole, code == 0, memory_order_release);
    return code;
}
