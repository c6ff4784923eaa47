/*
 * The truth behind readiness. A node is ready while it is in service (raftd_node_set_ready()) and
 * can serve a linearizable read: it knows a leader that has committed an entry of its own term, it
 * has applied what that leader had committed, and it was in contact with this leader, or as the
 * leader with a quorum, a moment ago. A node whose disk has no room for entries has to have applied
 * them a moment ago, too: the leader goes on without it.
 *
 * The run thread looks several times in an election time-out. Other threads read only the atomic
 * result, so PING and RAFT READY wait for nothing, not even for the core mutex.
 *
 * How soon a lost quorum is noticed: the leader gives up after one election time-out without a
 * quorum. A follower that is still connected to that leader hears it until then, and notices the
 * silence after three quarters of an election time-out more; it looks eight times in that time. So
 * every node that is left says "not ready" within two election time-outs. That is so while a
 * heartbeat is at most an eighth of the election time-out, as it is by default. The leader gives up
 * when a heartbeat is due, so longer ones delay this, to less than three election time-outs.
 */
#include "node/serving.h"

#include <stdio.h>

#include "node/node.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { LOOKS_IN_A_TIMEOUT = 8, INTERVAL_MAX_MS = 250, MISSING_BYTES = 512 };

uint64_t serving_interval_ms(const struct raftd_node *node)
{
    uint64_t interval_ms = node->conf.raft.election_timeout_ms / LOOKS_IN_A_TIMEOUT;

    return interval_ms < INTERVAL_MAX_MS ? interval_ms + 1 : INTERVAL_MAX_MS;
}

/*
 * How long a node counts as able to serve after the last sign of it. A healthy node hears something
 * once in a heartbeat, so this must be some heartbeats. Within this time a new leader usually
 * commits its first entry, so that a planned change of leaders is no interruption.
 */
static uint64_t patience_ms(const struct raftd_node *node)
{
    uint64_t timeout_ms = node->conf.raft.election_timeout_ms;
    uint64_t patience_ms = timeout_ms - timeout_ms / 4;

    return patience_ms < 3 * (uint64_t)node->conf.raft.heartbeat_ms ? timeout_ms : patience_ms;
}

/* The moment for which the core shows that this node can serve; 0 = it cannot. */
static uint64_t last_sign_ms(struct raftd_node *node, uint64_t now_ms)
{
    uint64_t heard_ms = 0;
    bool is_behind;

    mutex_lock(&node->core_mutex);
    is_behind = !raft_is_caught_up(node->core);
    node->serving.lacks_room = is_behind && raft_get_space(node->core) >= RAFT_SPACE_NONE;
    if (raft_knows_commit(node->core) && !node->serving.lacks_room &&
        (atomic_load(&node->serving.can_serve) || !is_behind)) {
        heard_ms = raft_heard_ms(node->core, now_ms);
    }
    mutex_unlock(&node->core_mutex);
    return heard_ms;
}

bool serving_has_quorum(struct raftd_node *node, char *missing, size_t size)
{
    struct raft_membership membership;
    bool answered[RAFT_MEMBERS_MAX];
    bool healthy[RAFT_MEMBERS_MAX] = {0};
    size_t used = 0;

    mutex_lock(&node->core_mutex);
    membership = *raft_get_membership(node->core);
    mutex_unlock(&node->core_mutex);
    missing[0] = 0;
    for (size_t i = 0; i < membership.count; i++) {
        const struct raft_member *member = &membership.members[i];
        struct link_health health = {0};

        answered[i] = true;
        healthy[i] = member->id == node->conf.node.id;
        if (link_table_get_health(&node->links, member->id, &health)) {
            healthy[i] = health.healthy;
        }
        if (!healthy[i] && used < size) {
            int written = snprintf(missing + used, size - used, "%snode %u at %s (%s)",
                                   used > 0 ? ", " : "", member->id, member->address,
                                   health.trouble[0] != 0 ? health.trouble : "no answer yet");

            used += written > 0 ? (size_t)written : 0;
        }
    }
    return raft_membership_tally(&membership, answered, healthy) == RAFT_TALLY_WON;
}

static void tell(struct raftd_node *node, const char *text)
{
    if (node->progress != NULL) {
        node->progress(node->progress_argument, text);
    }
}

static const char full_disk[] = "the disk of [node] data_dir is nearly full, so this node lacks "
                                "commands that the others have committed: free space on it";

static void begin_interruption(struct raftd_node *node, uint64_t now_ms)
{
    struct serving *serving = &node->serving;
    char missing[MISSING_BYTES];
    char text[MISSING_BYTES + 128];

    serving->lost_ms = atomic_load(&serving->good_ms);
    serving_has_quorum(node, missing, sizeof(missing));
    if (serving->lacks_room) {
        snprintf(text, sizeof(text), "not ready: %s", full_disk);
        node_set_waiting_for(node, full_disk);
    } else {
        snprintf(text, sizeof(text),
                 "not ready: no leader with a quorum was heard for %llu ms; not connected: %s",
                 (unsigned long long)(now_ms - serving->lost_ms),
                 missing[0] != 0 ? missing : "none, so an election is probably under way");
    }
    LOG_WARNING("%s", text);
    tell(node, text);
}

static void end_interruption(struct raftd_node *node, uint64_t now_ms)
{
    struct serving *serving = &node->serving;
    uint64_t tenths = (now_ms - serving->lost_ms) / 100;
    char text[128];

    serving->lost_ms = 0;
    node_set_waiting_for(node, "");
    snprintf(text, sizeof(text), "ready again: back after %llu.%llu s",
             (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
    LOG_INFO("%s", text);
    tell(node, text);
}

bool serving_look(struct raftd_node *node)
{
    struct serving *serving = &node->serving;
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t sign_ms = last_sign_ms(node, now_ms);
    bool before = atomic_load(&serving->can_serve);
    uint64_t good_ms = atomic_load(&serving->good_ms);
    bool can_serve;

    if (sign_ms > good_ms) {
        good_ms = sign_ms;
        atomic_store(&serving->good_ms, good_ms);
    }
    /* What it heard before it left service says nothing: a leader has stepped down since. */
    can_serve = atomic_load(&node->ready) && good_ms > atomic_load(&serving->left_ms) &&
                now_ms - good_ms < patience_ms(node);
    if (can_serve == before) {
        return can_serve;
    }
    atomic_store(&serving->can_serve, can_serve);
    watch_wake(node);
    if (!can_serve && atomic_load(&node->ready)) {
        begin_interruption(node, now_ms);
    } else if (can_serve && serving->lost_ms != 0) {
        end_interruption(node, now_ms);
    }
    if (can_serve) {
        atomic_store(&serving->was_ready, true);
        waker_wake(&node->start.waker);
    }
    return can_serve;
}
