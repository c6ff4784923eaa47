/*
 * How a node joins a cluster; see join.h. Run thread. It may wait, but not longer than a slice
 * after the node was asked to stop.
 *
 *     no log      join_find_cluster(): asks until a member tells the cluster's id; the node makes a
 *                 log with it and starts its threads
 *     no member   join_cluster(), knock(): asks the leader until that adds this node as a learner
 *                 and sends it the log
 *     learner     join_cluster(): waits until the log says that this node is a member, and it has
 *                 caught up with the leader
 *     serving     live() in node.c sets the node ready
 */
#include "node/join.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "member/admission.h"
#include "node/node.h"
#include "node/recovery.h"
#include "peer/join.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    SLICE_MS = 100,   /* time between two looks at the stop flag */
    FIND_MS = 60000,  /* time without any answer, before there is a log */
    AGAIN_MS = 500,   /* time between two questions */
    REPORT_MS = 3000, /* time between two log lines about the progress */
};

static bool is_cancelled(void *argument)
{
    return node_is_ending(argument);
}

/* Asks a member, and then those that it names. */
static int ask(struct raftd_node *node, struct net_address *address, const struct wire_join *join,
               struct wire_join_reply *reply, struct raftd_error *error)
{
    const struct join_asker asker = {
        .tls = node->tls, .is_cancelled = is_cancelled, .argument = node};
    int code = join_ask(&asker, address, join, reply, error);

    if (code == RAFTD_ERROR_REMOVED) {
        atomic_store(&node->removed, true);
    }
    return code;
}

/* ---- what is asked ---- */

static const char *own_address(const struct conf *conf)
{
    for (size_t i = 0; i < conf->peer_count; i++) {
        if (conf->peers[i].id == conf->node.id) {
            return conf->peers[i].address;
        }
    }
    return conf->advertise.peer[0] != 0 ? conf->advertise.peer : conf->listen.peer;
}

static int make_question(const struct raftd_node *node, uint64_t cluster_id, struct wire_join *join,
                         struct raftd_error *error)
{
    const struct conf *conf = &node->conf;
    char host[ADDRESS_HOST_BYTES];
    const char *problem;
    uint16_t port;

    *join = (struct wire_join){.version_min = WIRE_VERSION_MIN,
                               .version_max = WIRE_VERSION_MAX,
                               .cluster_id = cluster_id,
                               .identity = node->identity.identity,
                               .node_id = conf->node.id,
                               .promote = conf->node.auto_promote};
    snprintf(join->cluster_name, sizeof(join->cluster_name), "%s", conf->cluster.name);
    snprintf(join->address, sizeof(join->address), "%s", own_address(conf));
    if (!address_split(join->address, host, &port, &problem) || address_is_wildcard_host(host)) {
        return error_set(
            error, RAFTD_ERROR_INVALID,
            "[listen] peer: other nodes cannot connect to \"%s\": set [advertise] peer to the "
            "address at which they reach this node",
            join->address);
    }
    return 0;
}

static void report(struct log_throttle *throttle, const char *text)
{
    if (log_throttle_pass(throttle, REPORT_MS)) {
        LOG_WARNING("joining: %s; trying again", text);
    }
}

/* ---- joining ---- */

bool join_is_member(struct raftd_node *node)
{
    bool is_member;

    mutex_lock(&node->core_mutex);
    is_member = raft_membership_find(raft_get_membership(node->core), node->conf.node.id) != NULL;
    mutex_unlock(&node->core_mutex);
    return is_member;
}

/* Whether this node is a committed member and has all that its leader called committed. */
static bool has_caught_up(struct raftd_node *node, uint64_t *index, uint16_t *leader)
{
    bool caught_up;

    mutex_lock(&node->core_mutex);
    *leader = raft_get_leader(node->core);
    *index = atomic_load_explicit(&node->applied_index, memory_order_acquire);
    caught_up = raft_is_caught_up(node->core) &&
                raft_membership_find(raft_get_membership(node->core), node->conf.node.id) != NULL &&
                raft_membership_is_committed(node->core);
    mutex_unlock(&node->core_mutex);
    return caught_up;
}

void join_introduce(struct raftd_node *node, uint16_t id, const char *address)
{
    mutex_lock(&node->links.mutex);
    node->links.introduced_id = id;
    snprintf(node->links.introduced_address, sizeof(node->links.introduced_address), "%s", address);
    mutex_unlock(&node->links.mutex);
    atomic_store(&node->introduced, true);
    waker_wake(&node->core_waker);
}

static void meet_leader(struct raftd_node *node, const struct wire_join_reply *reply)
{
    if (reply->leader_id != 0 && reply->leader_id != node->conf.node.id) {
        join_introduce(node, reply->leader_id, reply->leader_address);
    }
}

static int knock(struct raftd_node *node, struct log_throttle *throttle, struct raftd_error *error)
{
    struct wire_join_reply reply;
    struct net_address address;
    struct wire_join join;
    int code = make_question(node, node->cluster_id, &join, error);

    code = code == 0 ? net_address_parse(&address, node->conf.node.join, error) : code;
    code = code == 0 ? ask(node, &address, &join, &reply, error) : code;
    if (join_answer_is_final(code)) {
        return code;
    }
    if (code == 0 && admission_follow(&reply, true) == ADMISSION_MEET) {
        meet_leader(node, &reply);
    } else if (!node_is_ending(node)) {
        report(throttle, code != 0 ? error->message : reply.text);
    }
    return 0;
}

/* Asks once. True: the answer is final. False: ask again later. */
static bool find_once(struct raftd_node *node, const struct wire_join *join,
                      struct log_throttle *throttle, int *code, struct raftd_error *error)
{
    struct wire_join_reply reply;
    struct net_address address;

    *code = net_address_parse(&address, node->conf.node.join, error);
    if (*code == 0) {
        *code = ask(node, &address, join, &reply, error);
    }
    if (*code == 0 && admission_follow(&reply, false) == ADMISSION_BEGIN_LOG) {
        *code = recovery_join(node, reply.cluster_id, error);
        return true;
    }
    if (!join_answer_is_final(*code) && !node_is_ending(node)) {
        report(throttle, *code != 0 ? error->message : reply.text);
    }
    return join_answer_is_final(*code);
}

int join_find_cluster(struct raftd_node *node, struct raftd_error *error)
{
    uint64_t deadline_ms = clock_monotonic_ms() + FIND_MS;
    struct log_throttle throttle = {0};
    struct wire_join join;
    int code = make_question(node, 0, &join, error);

    LOG_INFO("%s holds no log: looking for cluster \"%s\" at %s", node->conf.node.data_dir,
             node->conf.cluster.name, node->conf.node.join);
    while (!join_answer_is_final(code) && !node_is_ending(node) &&
           !find_once(node, &join, &throttle, &code, error)) {
        if (code != 0 && clock_monotonic_ms() >= deadline_ms) {
            return code;
        }
        node_wait_until(node, clock_monotonic_ms() + AGAIN_MS);
    }
    return atomic_load(&node->stopping) ? 0 : code;
}

int join_cluster(struct raftd_node *node, struct raftd_error *error)
{
    struct log_throttle progress = {0};
    struct log_throttle trouble = {0};
    uint64_t knock_ms = 0;
    uint64_t index = 0;
    uint16_t leader = 0;

    atomic_store(&node->joining, true);
    waker_wake(&node->core_waker);
    while (!node_is_ending(node) && !has_caught_up(node, &index, &leader)) {
        uint64_t now_ms = clock_monotonic_ms();

        if (leader == 0 && now_ms >= knock_ms) {
            int code = knock(node, &trouble, error);

            if (code != 0) {
                return code;
            }
            knock_ms = clock_monotonic_ms() + 2 * (uint64_t)node->conf.raft.election_timeout_ms;
        }
        if (leader != 0 && log_throttle_pass(&progress, REPORT_MS)) {
            LOG_INFO("joining: catching up with node %u, applied up to index %llu", leader,
                     (unsigned long long)index);
        }
        node_wait_until(node, now_ms + SLICE_MS);
    }
    return 0;
}

static void ask_whether_removed(struct raftd_node *node)
{
    struct raft_membership membership;
    const struct raft_member *member;
    struct wire_join_reply reply;
    struct raftd_error error;
    struct net_address address;
    struct wire_join join;

    mutex_lock(&node->core_mutex);
    membership = *raft_get_membership(node->core);
    mutex_unlock(&node->core_mutex);
    if (membership.count == 0 || !node->link_shared.may_link ||
        make_question(node, node->cluster_id, &join, &error) != 0) {
        return;
    }
    member = &membership.members[node->removal.turn++ % membership.count];
    join.asks_only = true;
    if (member->id == node->conf.node.id ||
        net_address_parse(&address, member->address, &error) != 0) {
        return;
    }
    /* ask() sets node->removed if that is the answer. If this node is a member, the leader may be
     * one that joined after all that this node's log knows: then neither of them dials. */
    if (ask(node, &address, &join, &reply, &error) == 0 &&
        admission_follow(&reply, true) == ADMISSION_MEET) {
        meet_leader(node, &reply);
    }
}

static void run_question(void *argument)
{
    struct raftd_node *node = argument;

    ask_whether_removed(node);
    atomic_store(&node->removal.running, false);
    waker_wake(&node->lifecycle_waker);
}

void join_end_question(struct raftd_node *node)
{
    if (node->removal.started) {
        thread_join(&node->removal.thread);
        node->removal.started = false;
    }
}

void join_ask_whether_removed(struct raftd_node *node)
{
    if (atomic_load(&node->removal.running)) {
        return;
    }
    join_end_question(node);
    atomic_store(&node->removal.running, true);
    if (thread_start(&node->removal.thread, "raft-ask", run_question, node) != 0) {
        atomic_store(&node->removal.running, false);
        return; /* the question is asked again later */
    }
    node->removal.started = true;
}
