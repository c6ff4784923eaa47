/*
 * Compares what the other members tell the leader: settings that should be equal, and entries that
 * they acknowledged. Warns in the leader's log. The run thread does this a few times in an election
 * time-out. It changes nothing: a cluster whose members have different election time-outs is safe
 * (lease.c), and the core does not count a member that has lost entries (progress.c).
 */
#include "node/settings.h"

#include "node/node.h"
#include "sys/clock.h"
#include "sys/log.h"

/* The first member with another election time-out than this leader; NULL = there is none. */
static const struct raft_peer_status *find_other(const struct raft_status *status,
                                                 uint32_t own_timeout_ms)
{
    for (size_t i = 0; i < status->peer_count; i++) {
        const struct raft_peer_status *peer = &status->peers[i];

        if (peer->election_timeout_ms != 0 && peer->election_timeout_ms != own_timeout_ms) {
            return peer;
        }
    }
    return NULL;
}

/* A member that denies to have what it acknowledged has lost its disk, or an old copy of it came
 * back (R2, R3). Said once for each such member. */
static void report_lost_log(struct raftd_node *node, const struct raft_status *status)
{
    uint16_t lost = 0;

    for (size_t i = 0; i < status->peer_count; i++) {
        lost = status->peers[i].has_lost_log ? status->peers[i].id : lost;
    }
    if (lost != 0 && lost != node->lost_log_told) {
        LOG_WARNING("node %u denies to have entries that it acknowledged: its data directory was "
                    "lost, or an old copy of it was put back. It does not count for any quorum; "
                    "replace it under a new id: raftctl member replace",
                    lost);
    }
    node->lost_log_told = lost;
}

void settings_compare(struct raftd_node *node)
{
    uint32_t own_timeout_ms = node->conf.raft.election_timeout_ms;
    const struct raft_peer_status *other;
    struct raft_status status;

    mutex_lock(&node->core_mutex);
    raft_get_status(node->core, clock_monotonic_ms(), &status);
    mutex_unlock(&node->core_mutex);
    if (status.role != RAFT_LEADER) {
        node->settings_differ = false;
        node->lost_log_told = 0;
        return;
    }
    report_lost_log(node, &status);
    other = find_other(&status, own_timeout_ms);
    if (other != NULL && !node->settings_differ) {
        LOG_WARNING("[raft] election_timeout_ms is %u here, but %u on node %u: give all members "
                    "the same value, or the one with the smallest value begins most elections",
                    own_timeout_ms, other->election_timeout_ms, other->id);
    }
    node->settings_differ = other != NULL;
}
