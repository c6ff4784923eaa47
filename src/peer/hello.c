/*
 * Makes and judges hellos; see hello.h. Pure.
 */
#include "peer/hello.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/plant.h"

void hello_make(struct wire_hello *hello, const struct link_shared *shared, uint16_t wanted_id,
                const char *refusal)
{
    *hello = (struct wire_hello){
        .version_min = WIRE_VERSION_MIN,
        .version_max = WIRE_VERSION_MAX,
        .cluster_id = shared->cluster_id,
        .node_id = shared->self_id,
        .wanted_id = wanted_id,
        .process_id = shared->process_id,
        .identity = shared->identity,
        .boot_count = shared->boot_count,
        .term = shared->term,
        .last_index = shared->last_index,
    };
    memcpy(hello->cluster_name, shared->cluster_name, sizeof(hello->cluster_name));
    memcpy(hello->client_address, shared->client_address, sizeof(hello->client_address));
    if (refusal != NULL) {
        snprintf(hello->refusal, sizeof(hello->refusal), "%s", refusal);
    }
}

struct hello_view hello_view_of(const struct link_shared *shared, uint16_t dialled_id)
{
    return (struct hello_view){
        .self_id = shared->self_id,
        .cluster_id = shared->cluster_id,
        .cluster_name = shared->cluster_name,
        .dialled_id = dialled_id,
    };
}

/* What both sides ask. */
static enum greeting_reason judge_cluster(const struct wire_hello *hello,
                                          const struct hello_view *view, struct raftd_error *error)
{
    unsigned id = hello->node_id;
    unsigned self_id = view->self_id;

    if (hello->version_max < WIRE_VERSION_MIN || hello->version_min > WIRE_VERSION_MAX) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u speaks protocol versions %u to %u, node %u speaks %d to %d: upgrade the "
                  "older one",
                  id, (unsigned)hello->version_min, (unsigned)hello->version_max, self_id,
                  WIRE_VERSION_MIN, WIRE_VERSION_MAX);
        return GREETING_VERSION;
    }
    if (strcmp(hello->cluster_name, view->cluster_name) != 0) {
        error_set(
            error, RAFTD_ERROR_REFUSED,
            "cluster name differs: node %u has \"%s\", node %u has \"%s\": check [cluster] name",
            id, hello->cluster_name, self_id, view->cluster_name);
        return GREETING_CLUSTER_NAME;
    }
    if (hello->cluster_id != view->cluster_id && !PLANT(peer_mixes_clusters)) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "cluster id differs between node %u and node %u: they belong to two clusters, "
                  "although these have one name; after raftctl restore, give the other members the "
                  "same --cluster-id",
                  id, self_id);
        return GREETING_CLUSTER_ID;
    }
    if (hello->wanted_id != view->self_id) {
        error_set(
            error, RAFTD_ERROR_REFUSED,
            "node %u expects node %u at this address, but it is the address of node %u: check "
            "[peers]",
            id, (unsigned)hello->wanted_id, self_id);
        return GREETING_WANTED_ID;
    }
    return GREETING_ACCEPTED;
}

/* Whether the node that dialled may do so. */
static enum greeting_reason judge_dialler(const struct wire_hello *hello,
                                          const struct hello_view *view, struct raftd_error *error)
{
    unsigned id = hello->node_id;

    if (hello->node_id == view->self_id) {
        error_set(error, RAFTD_ERROR_REFUSED, "two nodes have the id %u: check [node] id", id);
        return GREETING_NODE_ID;
    }
    if (!view->has_link && view->was_removed) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u was removed from this cluster; its id is never used again", id);
        return GREETING_NODE_ID;
    }
    if (!view->has_link) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u is no member of this cluster: check [peers] (while node %u joins the "
                  "cluster, nothing needs to be done)",
                  id, (unsigned)view->self_id);
        return GREETING_NODE_ID;
    }
    if (hello->node_id > view->self_id) {
        error_set(error, RAFTD_ERROR_PROTOCOL,
                  "node %u dialled node %u, but the node with the lower id dials", id,
                  (unsigned)view->self_id);
        return GREETING_PROTOCOL;
    }
    return GREETING_ACCEPTED;
}

enum greeting_reason hello_judge(const struct wire_hello *hello, const struct hello_view *view,
                                 struct raftd_error *error)
{
    enum greeting_reason reason;

    if (view->dialled_id == 0 && !view->is_whole) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u belongs to no cluster yet: it waits for the other founders",
                  (unsigned)view->self_id);
        return GREETING_CLUSTER_ID;
    }
    reason = judge_cluster(hello, view, error);
    if (reason != GREETING_ACCEPTED) {
        return reason;
    }
    if (view->dialled_id == 0) {
        return judge_dialler(hello, view, error);
    }
    if (hello->node_id != view->dialled_id) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u answers at the address of node %u: check [peers] and [node] id",
                  (unsigned)hello->node_id, (unsigned)view->dialled_id);
        return GREETING_NODE_ID;
    }
    return GREETING_ACCEPTED;
}

enum greeting_reason hello_reason_of(enum acquaintance_verdict verdict)
{
    switch (verdict) {
    case ACQUAINTANCE_STRANGER:
        return GREETING_STRANGER;
    case ACQUAINTANCE_SET_BACK:
    case ACQUAINTANCE_LOST:
        return GREETING_SET_BACK;
    case ACQUAINTANCE_TWIN:
        return GREETING_TWIN;
    case ACQUAINTANCE_SAME:
        break;
    }
    return GREETING_ACCEPTED;
}
