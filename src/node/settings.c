/*
 * Compares settings of the members that should be equal, and warns in the log of the leader, to
 * which the others say theirs. The run thread does this a few times in an election time-out. It
 * changes nothing: a cluster whose members have different election time-outs is safe (lease.c).
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
        return;
    }
    other = find_other(&status, own_timeout_ms);
    if (other != NULL && !node->settings_differ) {
        LOG_WARNING("[raft] election_timeout_ms is %u here, but %u on node %u: give all members "
                    "the same value, or the one with the smallest value begins most elections",
                    own_timeout_ms, other->election_timeout_ms, other->id);
    }
    node->settings_differ = other != NULL;
}
