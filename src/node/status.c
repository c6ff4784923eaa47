/*
 * The status of a node: collects the figures of its parts and copies them field by field, as the
 * tables of <raftd/status.h> say. Any thread. Holds the core mutex while it copies the core's
 * figures, and never waits for a disk or a socket.
 */
#include <stdio.h>
#include <string.h>

#include "node/node.h"
#include "sys/clock.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

#define FILL_NUMBER(to, from) (to) = (from);
#define FILL_HEX FILL_NUMBER
#define FILL_ID FILL_NUMBER
#define FILL_FLAG FILL_NUMBER
#define FILL_PHASE FILL_NUMBER
#define FILL_WORD FILL_NUMBER
#define FILL_NAME(to, from) snprintf((to), sizeof(to), "%s", (from));
#define FILL_SENTENCE FILL_NAME
#define FILL_ADDRESS FILL_NAME
#define FILL(kind, name, unit, source, meaning) FILL_##kind(status->name, source)

/* The figures that the tables take from the node itself. */
struct node_figures {
    uint64_t cluster_id;
    const char *cluster_name;
    const char *version;
    uint16_t id;
    const char *role;
    enum raftd_phase phase;
    bool ready;
    bool joint;
    uint64_t applied_index;
    uint64_t proposals_pending;
    uint64_t reads_pending;
    uint64_t uptime_ms;
    uint64_t identity;
    char waiting_for[NODE_WAITING_BYTES];
    uint64_t quorum_silent_ms;
};

struct member_figures {
    uint16_t id;
    bool voter, learner, joining, outgoing, self, connected, replicating, lost_log;
    uint64_t match_index;
    uint64_t silent_ms;
    uint64_t election_timeout_ms;
    uint64_t snapshot_done_bytes;
    uint64_t snapshot_total_bytes;
    const char *address;
};

const char *raftd_version(void)
{
    return PACKAGE_VERSION;
}

bool raftd_node_is_ready(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->ready, memory_order_acquire) &&
           atomic_load_explicit(&node->serving.can_serve, memory_order_acquire);
}

bool raftd_node_accepts(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->ready, memory_order_acquire) &&
           atomic_load_explicit(&node->serving.was_ready, memory_order_acquire);
}

const char *raftd_phase_name(enum raftd_phase phase)
{
    switch (phase) {
    case RAFTD_PHASE_BUILT:
        return "built";
    case RAFTD_PHASE_CONNECT:
        return "connecting";
    case RAFTD_PHASE_HEALTH_CHECK:
        return "health check";
    case RAFTD_PHASE_READY:
        return "ready";
    case RAFTD_PHASE_WARM_UP:
        return "warming up";
    case RAFTD_PHASE_JOIN:
        return "joining";
    case RAFTD_PHASE_RUNNING:
        return "running";
    case RAFTD_PHASE_FOUND:
        return "founding";
    case RAFTD_PHASE_STOPPING:
        return "stopping";
    default:
        return "unknown";
    }
}

static void add_progress(struct member_figures *member, const struct raft_status *raft)
{
    for (size_t i = 0; i < raft->peer_count; i++) {
        const struct raft_peer_status *peer = &raft->peers[i];

        if (peer->id == member->id) {
            member->match_index = peer->match_index;
            member->silent_ms = peer->silent_ms;
            member->election_timeout_ms = peer->election_timeout_ms;
            member->replicating = peer->state == RAFT_PROGRESS_REPLICATE;
            member->lost_log = peer->has_lost_log;
        }
    }
}

static void add_snapshot(struct member_figures *member, const struct snapshot_figures *snapshots)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        if (snapshots->sending[i].peer == member->id) {
            member->snapshot_done_bytes = snapshots->sending[i].done_bytes;
            member->snapshot_total_bytes = snapshots->sending[i].total_bytes;
        }
    }
}

static void fill_member(struct raftd_node *node, const struct raft_member *from,
                        const struct raft_status *raft, const struct snapshot_figures *snapshots,
                        struct raftd_member_status *status)
{
    struct link_health link = {0};
    struct member_figures member = {
        .id = from->id,
        .voter = (from->roles & (RAFT_MEMBER_VOTER | RAFT_MEMBER_OUTGOING)) != 0,
        .learner = (from->roles & RAFT_MEMBER_LEARNER) != 0,
        .joining = (from->roles & RAFT_MEMBER_JOINING) != 0,
        .outgoing = from->roles == RAFT_MEMBER_OUTGOING,
        .self = from->id == node->conf.node.id,
        .address = from->address,
    };

    if (member.self) {
        member.connected = true;
        member.match_index = raft->durable_index;
        member.election_timeout_ms =
            raft->role == RAFT_LEADER ? node->conf.raft.election_timeout_ms : 0;
        snprintf(link.client_address, sizeof(link.client_address), "%s",
                 node->link_shared.client_address);
    } else {
        add_progress(&member, raft);
        if (link_table_get_health(&node->links, member.id, &link)) {
            member.connected = link.connected;
        }
    }
    add_snapshot(&member, snapshots);
    RAFTD_MEMBER_STATUS_FIELDS(FILL)
}

/* The figures that are known even before the node has a log. */
static struct node_figures figures_of(const struct raftd_node *node)
{
    uint64_t started_ms = atomic_load_explicit(&node->started_ms, memory_order_relaxed);
    uint64_t good_ms = atomic_load_explicit(&node->serving.good_ms, memory_order_relaxed);
    uint64_t now_ms = clock_monotonic_ms();

    return (struct node_figures){
        .cluster_name = node->conf.cluster.name,
        .version = raftd_version(),
        .id = node->conf.node.id,
        .role = raft_role_name(RAFT_FOLLOWER),
        .phase = (enum raftd_phase)atomic_load_explicit(&node->phase, memory_order_relaxed),
        .ready = raftd_node_is_ready(node),
        .uptime_ms = started_ms != 0 && now_ms > started_ms ? now_ms - started_ms : 0,
        .quorum_silent_ms = good_ms != 0 && now_ms > good_ms ? now_ms - good_ms : 0,
    };
}

_Static_assert(sizeof(((struct raftd_status *)NULL)->waiting_for) == NODE_WAITING_BYTES,
               "a status says all that the node knows of what it waits for");

static void fill(struct raftd_status *status, struct node_figures node, struct raft_status raft,
                 struct wal_figures log, struct snapshot_figures snapshots)
{
    RAFTD_STATUS_FIELDS(FILL)
}

static void fill_all(struct raftd_node *node, struct raftd_status *status)
{
    struct node_figures figures = figures_of(node);
    struct raft_membership membership = {0};
    struct raft_status raft = {0};
    struct wal_figures log = {0};
    struct snapshot_figures snapshots = {0};

    memset(status, 0, sizeof(*status));
    mutex_lock(&node->links.mutex);
    memcpy(figures.waiting_for, node->waiting_for, sizeof(figures.waiting_for));
    mutex_unlock(&node->links.mutex);
    figures.identity = node->link_shared.identity;
    if (node_is_whole(node)) {
        mutex_lock(&node->core_mutex);
        raft_get_status(node->core, clock_monotonic_ms(), &raft);
        membership = *raft_get_membership(node->core);
        figures.applied_index = atomic_load_explicit(&node->applied_index, memory_order_acquire);
        mutex_unlock(&node->core_mutex);

        figures.cluster_id = node->cluster_id;
        figures.role = raft_role_name(raft.role);
        figures.joint = raft_membership_is_joint(&membership);
        figures.proposals_pending =
            atomic_load_explicit(&node->proposals_pending, memory_order_relaxed);
        figures.reads_pending = atomic_load_explicit(&node->reads_pending, memory_order_relaxed);
        log_writer_get_figures(node->log_writer, &log);
        if (node->snapshots != NULL) {
            snapshot_worker_get_figures(node->snapshots, &snapshots);
        }
    }
    fill(status, figures, raft, log, snapshots);
    for (size_t i = 0; i < membership.count && i < RAFTD_MEMBERS_MAX; i++) {
        fill_member(node, &membership.members[i], &raft, &snapshots, &status->members[i]);
        status->member_count++;
    }
}

void raftd_node_status(struct raftd_node *node, struct raftd_status *status, size_t size_bytes)
{
    struct raftd_status all;

    fill_all(node, &all);
    memset(status, 0, size_bytes);
    memcpy(status, &all, size_bytes < sizeof(all) ? size_bytes : sizeof(all));
}
