/*
 * The life of a node, from raftd_node_run() to its end. The run thread; it waits only on the
 * lifecycle waker, which raftd_node_stop(), the core thread and the links wake.
 *
 * The phases (enum raftd_phase), and where each begins:
 *
 *     BUILT -> CONNECT          raftd_node_run(): opens the listeners
 *     CONNECT -> JOIN           become_whole(): the directory is empty and the node is to join, so
 *                               it asks the members for their cluster
 *     CONNECT -> FOUND          become_whole(): the directory is empty and the node is one of
 *                               several founders, so it asks the others
 *     CONNECT, FOUND -> HEALTH_CHECK
 *                               check_health(): this node is a member; all threads run, but the
 *                               core takes no part in consensus yet
 *     CONNECT, JOIN -> JOIN     join(): this node is no member yet; the core takes part, so that
 *                               the leader can send it the log
 *     HEALTH_CHECK, JOIN -> READY -> WARM_UP -> RUNNING
 *                               live(): a quorum answers, or this node has caught up
 *     any -> STOPPING           raftd_node_run(): asked to stop, removed, or an error
 *
 * Invariants:
 *   1. No other thread touches the core, the log writer or the snapshot worker before `whole` is
 *      set; `whole` is never cleared.
 *   2. The core thread runs only between start_threads() and stop_threads().
 *   3. The node sets `ready` once, when a quorum answers, and clears it in stop_threads(); the
 *      embedder may change it in between. READY begins when the node can serve (serving.c).
 *   4. The run thread sets `core_ended` after the core thread has ended; from then on clients
 *      complete their requests themselves.
 *   5. Links are stopped after the core thread has ended, so that its last frames can leave.
 */
#include "node/node.h"
#include "node/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/founding.h"
#include "node/join.h"
#include "node/recovery.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    MISSING_REPORT_MS = 3000,
    WARM_UP_MS = 1000,
    FIRST_LOOKS_MS = 10, /* between two looks whether the node can serve, at the start */
};

void raftd_node_set_ready(struct raftd_node *node, bool ready)
{
    if (!ready) {
        atomic_store(&node->serving.left_ms, clock_monotonic_ms());
        atomic_store(&node->serving.can_serve, false);
    }
    atomic_store(&node->ready, ready);
    waker_wake(&node->core_waker);
    waker_wake(&node->lifecycle_waker);
    waker_wake(&node->start.waker);
    watch_wake(node);
}

static void enter_phase(struct raftd_node *node, enum raftd_phase phase, const char *text)
{
    atomic_store_explicit(&node->phase, (int)phase, memory_order_relaxed);
    LOG_INFO("%s: %s", raftd_phase_name(phase), text);
    if (node->progress != NULL) {
        node->progress(node->progress_argument, text);
    }
}

/* ---- step 1: connect ---- */

static int start_threads(struct raftd_node *node, struct raftd_error *error)
{
    for (size_t i = 0; i < node->links.count; i++) {
        if (link_start(node->links.links[i]) != 0) {
            return error_set(error, RAFTD_ERROR_SYSTEM,
                             "cannot start the thread of the link to node %u: raise the limit on "
                             "processes (ulimit -u)",
                             link_peer_id(node->links.links[i]));
        }
    }
    /* From here on only the core thread changes the table of links. */
    if (log_writer_start(node->log_writer) != 0 ||
        (node->snapshots != NULL && snapshot_worker_start(node->snapshots) != 0) ||
        thread_start(&node->core_thread, "raft-core", core_thread_run, node) != 0) {
        return error_set(
            error, RAFTD_ERROR_SYSTEM,
            "cannot start a thread: raise the limit on processes (ulimit -u) or free memory");
    }
    node->core_started = true;
    return watch_start(node, error);
}

static int open_reception(struct raftd_node *node, struct raftd_error *error)
{
    if (!node->link_shared.may_link || node->reception != NULL) {
        return 0;
    }
    node->reception = reception_create(&node->link_shared, &node->links);
    if (node->reception == NULL) {
        return error_set(error, RAFTD_ERROR_SYSTEM,
                         "cannot accept connections of peers: %s; raise the limit on open files "
                         "(ulimit -n)",
                         strerror(errno));
    }
    let_in_init(&node->let_in, node);
    reception_set_gate(node->reception, &node->let_in.gate);
    if (reception_start(node->reception) != 0) {
        return error_set(
            error, RAFTD_ERROR_SYSTEM,
            "cannot start the thread that accepts peers: raise the limit on processes (ulimit -u)");
    }
    atomic_store(&node->receives, true);
    return 0;
}

/* Acceptor thread. While the node has no reception yet, the connection is closed; the peer dials
 * again. */
static void accept_peer(void *argument, int fd)
{
    struct raftd_node *node = argument;

    if (atomic_load(&node->receives)) {
        reception_accept(node->reception, fd);
    } else {
        close(fd);
    }
}

static int listen_for_peers(struct raftd_node *node, struct raftd_error *error)
{
    struct net_address address;
    int code;

    if (!node->link_shared.may_link) {
        return 0;
    }
    code = net_address_parse(&address, node->conf.listen.peer, error);
    if (code == 0) {
        code = acceptor_listen(node->acceptor, &address, accept_peer, node, error);
    }
    return code != 0 ? error_prefix(error, code, "[listen] peer") : 0;
}

static int open_listeners(struct raftd_node *node, struct raftd_error *error)
{
    int code;

    node->acceptor = acceptor_create();
    code = listen_for_peers(node, error);
    for (size_t i = 0; code == 0 && i < node->listener_count; i++) {
        const struct node_listener *listener = &node->listeners[i];

        code = acceptor_listen(node->acceptor, &listener->address, listener->accepted,
                               listener->argument, error);
        if (code != 0) {
            return error_prefix(error, code, "[listen] client");
        }
    }
    return code == 0 ? acceptor_start(node->acceptor, error) : code;
}

/*
 * A node with an empty directory that is to join or to found has no log before it knows the
 * cluster. It asks other nodes here; meanwhile its clients are told that the node is not ready. If
 * it returns 0 and the node is not whole, the node was asked to stop.
 */
static int become_whole(struct raftd_node *node, struct raftd_error *error)
{
    int code;

    if (node_is_whole(node)) {
        return 0;
    }
    waker_prepare(&node->lifecycle_waker);
    if (node->conf.node.join[0] != 0) {
        enter_phase(node, RAFTD_PHASE_JOIN, "looking for the members of the cluster");
        code = join_find_cluster(node, error);
    } else {
        enter_phase(node, RAFTD_PHASE_FOUND, "waiting for all founders of the cluster");
        code = open_reception(node, error); /* it answers the other founders */
        code = code == 0 ? founding_run(node, error) : code;
    }
    return code == 0 && !node_is_ending(node) ? recovery_build(node, error) : code;
}

/* ---- step 2: health check ---- */

static int check_health(struct raftd_node *node)
{
    uint64_t report_ms = clock_monotonic_ms() + MISSING_REPORT_MS;
    char missing[512];

    enter_phase(node, RAFTD_PHASE_HEALTH_CHECK, "waiting for a quorum of voters to answer");
    while (!node_is_ending(node) && !serving_has_quorum(node, missing, sizeof(missing))) {
        uint64_t now = clock_monotonic_ms();

        if (now >= report_ms) {
            char text[600];

            snprintf(text, sizeof(text), "waiting for a quorum; missing: %s", missing);
            enter_phase(node, RAFTD_PHASE_HEALTH_CHECK, text);
            join_ask_whether_removed(node);
            report_ms = now + MISSING_REPORT_MS;
        }
        /* A link wakes this thread when its health changes; the deadline is only for the report. */
        node_wait_until(node, report_ms);
    }
    return 0;
}

/* ---- step 4: warm up ---- */

static void warm_up(struct raftd_node *node)
{
    uint64_t deadline = clock_monotonic_ms() + WARM_UP_MS;
    char missing[512];

    while (!node_is_ending(node) && !link_table_is_healthy(&node->links) &&
           clock_monotonic_ms() < deadline) {
        uint64_t look_ms = clock_monotonic_ms() + serving_interval_ms(node);

        node_wait_until(node, look_ms < deadline ? look_ms : deadline);
        (void)serving_look(node);
    }
    serving_has_quorum(node, missing, sizeof(missing));
    if (missing[0] != 0 && !node_is_ending(node)) {
        LOG_WARNING("not all peers are connected yet: serving without %s", missing);
    }
}

/* ---- the end ---- */

/*
 * From now on clients complete the requests themselves that the core thread did not read
 * (client.c). All clients are woken: one that began to sleep before the flag was set would wait for
 * ever. The flag and the places are accessed with sequential consistency, so a client that is
 * opened meanwhile is either found here or sees the flag.
 */
static void end_clients(struct raftd_node *node)
{
    atomic_store(&node->core_ended, true);
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        struct raftd_client *client = atomic_load(&node->clients[i]);

        if (client != NULL) {
            client_wake(client);
        }
    }
}

static void stop_threads(struct raftd_node *node)
{
    atomic_store(&node->ready, false);
    join_end_question(node);
    acceptor_destroy(node->acceptor);
    node->acceptor = NULL;
    reception_destroy(node->reception);
    node->reception = NULL;
    let_in_close(&node->let_in);
    if (node->core_started) {
        atomic_store(&node->core_stop, true);
        waker_wake(&node->core_waker);
        thread_join(&node->core_thread);
        node->core_started = false;
    }
    end_clients(node);
    watch_stop(node);
    /* They are freed in raftd_node_destroy(): a status call may still read them. */
    link_table_request_stop(&node->links);
    if (node->snapshots != NULL) {
        snapshot_worker_stop(node->snapshots);
    }
    if (node->log_writer != NULL) {
        log_writer_stop(node->log_writer);
    }
}

static int join(struct raftd_node *node, struct raftd_error *error)
{
    enter_phase(node, RAFTD_PHASE_JOIN, "asking a member to let this node join");
    return join_cluster(node, error);
}

/* Whether there has been no leader for MISSING_REPORT_MS: then it is time to ask whether this node
 * was removed. */
static bool has_no_leader(struct raftd_node *node, uint64_t *seen_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    bool has;

    mutex_lock(&node->core_mutex);
    has = raft_get_leader(node->core) != 0;
    mutex_unlock(&node->core_mutex);
    if (has) {
        *seen_ms = now_ms;
    }
    if (now_ms - *seen_ms < MISSING_REPORT_MS) {
        return false;
    }
    *seen_ms = now_ms;
    return !node_is_ending(node);
}

/* Takes the node into service, and waits until it can serve a linearizable read. */
static void enter_service(struct raftd_node *node)
{
    raftd_node_set_ready(node, true);
    atomic_store(&node->joining, false); /* from now on only `ready` counts */
    while (!node_is_ending(node) && !serving_look(node)) {
        node_wait_until(node, clock_monotonic_ms() + FIRST_LOOKS_MS);
    }
}

static int live(struct raftd_node *node, struct raftd_error *error)
{
    uint64_t seen_ms = clock_monotonic_ms();
    int code;

    waker_prepare(&node->lifecycle_waker); /* see node_wait_until() */
    code = node->conf.node.join[0] != 0 && !join_is_member(node) ? join(node, error)
                                                                 : check_health(node);
    if (code != 0 || node_is_ending(node)) {
        return code;
    }
    enter_service(node);
    if (node_is_ending(node)) {
        return 0;
    }
    enter_phase(node, RAFTD_PHASE_READY, "a quorum answers; serving");
    enter_phase(node, RAFTD_PHASE_WARM_UP, "waiting for the links to all peers");
    warm_up(node);
    if (node_is_ending(node)) {
        return 0;
    }
    enter_phase(node, RAFTD_PHASE_RUNNING, "serving");
    while (!node_is_ending(node)) {
        node_wait_until(node, clock_monotonic_ms() + serving_interval_ms(node));
        (void)serving_look(node);
        settings_compare(node);
        if (has_no_leader(node, &seen_ms)) {
            join_ask_whether_removed(node);
        }
    }
    if (!atomic_load(&node->removed)) {
        draining_wait(node);
    }
    return 0;
}

static int start_and_live(struct raftd_node *node, struct raftd_error *error)
{
    int code = open_reception(node, error);

    if (code == 0) {
        code = start_threads(node, error);
    }
    return code == 0 ? live(node, error) : code;
}

int raftd_node_run(struct raftd_node *node, struct raftd_error *error)
{
    int code;

    ASSERT(atomic_load(&node->phase) == RAFTD_PHASE_BUILT);
    atomic_store_explicit(&node->started_ms, clock_monotonic_ms(), memory_order_relaxed);
    enter_phase(node, RAFTD_PHASE_CONNECT, "opening listeners, dialling peers");
    code = open_listeners(node, error);
    if (code == 0) {
        code = become_whole(node, error);
    }
    if (code == 0 && node_is_whole(node)) {
        code = start_and_live(node, error);
    }
    if ((code == 0 || code == RAFTD_ERROR_REMOVED) && atomic_load(&node->removed)) {
        code =
            error_set(error, RAFTD_ERROR_REMOVED,
                      "node %u was removed from cluster \"%s\", and its id is never used again: to "
                      "come back, start it with an empty data directory and a new id, and let "
                      "it join; the data in %s are no longer needed",
                      node->conf.node.id, node->conf.cluster.name, node->conf.node.data_dir);
        enter_phase(node, RAFTD_PHASE_STOPPING, "removed from the cluster");
    } else {
        enter_phase(node, RAFTD_PHASE_STOPPING, code == 0 ? "asked to stop" : "cannot start");
    }
    stop_threads(node);
    return code;
}

/* ---- snapshots on request ---- */

uint64_t raftd_node_snapshot(struct raftd_node *node)
{
    uint64_t index;

    if (!node_is_whole(node) || node->snapshots == NULL) {
        return 0;
    }
    index = atomic_load_explicit(&node->applied_index, memory_order_acquire);
    atomic_store(&node->snapshot_wanted, true);
    waker_wake(&node->core_waker);
    return index > 0 ? index : 1;
}

int raftd_node_read_snapshot(struct raftd_node *node, uint64_t index, uint64_t offset_bytes,
                             void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                             struct raftd_error *error)
{
    if (!node_is_whole(node) || node->snapshots == NULL) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "the state machine saves no snapshots, or the node has no state yet");
    }
    return snapshot_worker_read(node->snapshots, index, offset_bytes, data, size_bytes, count,
                                total_bytes, error);
}
