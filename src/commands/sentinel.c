/*
 * SENTINEL: each node answers as a Sentinel that watches one master, the leader, under the name of
 * the cluster. The other nodes are the replicas, and the other Sentinels. Subscribers are told
 * about a new leader by +switch-master. The thread of the connection's worker.
 */
#include "commands/sentinel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands/call.h"
#include "commands/cluster.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "commands/topology.h"
#include "front/delivery.h"
#include "front/notices.h"
#include "front/server.h"
#include "front/subscribers.h"

struct fields {
    struct buffer text; /* names and values so far */
    size_t count;
};

static void put_text(struct fields *fields, const char *name, const char *value)
{
    resp_write_text(&fields->text, name);
    resp_write_text(&fields->text, value);
    fields->count++;
}

static void put_number(struct fields *fields, const char *name, uint64_t value)
{
    char text[NUMBER_TEXT_BYTES_MAX + 1];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    put_text(fields, name, text);
}

static void write_fields(struct call *call, struct fields *fields)
{
    resp_write_map(call->reply, call->protocol, fields->count);
    resp_write_raw(call->reply, fields->text.data, fields->text.size_bytes);
    buffer_free(&fields->text);
}

/* The fields that masters, replicas and Sentinels have in common. */
static void put_instance(struct call *call, struct fields *fields, const char *name,
                         const struct topology_node *node, const char *flags)
{
    put_text(fields, "name", name);
    put_text(fields, "ip", node->host);
    put_number(fields, "port", node->port);
    put_text(fields, "runid", node->id);
    put_text(fields, "flags", flags);
    put_number(fields, "link-pending-commands", 0);
    put_number(fields, "link-refcount", 1);
    put_number(fields, "last-ping-sent", 0);
    put_number(fields, "last-ok-ping-reply", 0);
    put_number(fields, "last-ping-reply", 0);
    put_number(fields, "down-after-milliseconds", call->front->conf.raft.election_timeout_ms);
}

static size_t count_others(const struct topology *topology, uint16_t but)
{
    size_t count = 0;

    for (size_t i = 0; i < topology->count; i++) {
        count += topology->nodes[i].number != but && topology->nodes[i].host[0] != '\0' ? 1 : 0;
    }
    return count;
}

static void write_leader(struct call *call, const struct topology *topology,
                         const struct topology_node *leader)
{
    struct fields fields = {0};

    put_instance(call, &fields, topology->name, leader, "master");
    put_number(&fields, "info-refresh", 0);
    put_text(&fields, "role-reported", "master");
    put_number(&fields, "role-reported-time", 0);
    put_number(&fields, "config-epoch", topology->term);
    put_number(&fields, "num-slaves", count_others(topology, leader->number));
    put_number(&fields, "num-other-sentinels", count_others(topology, topology->self));
    put_number(&fields, "quorum", topology->count / 2 + 1);
    put_number(&fields, "failover-timeout", call->front->conf.raft.election_timeout_ms * 2ull);
    put_number(&fields, "parallel-syncs", 1);
    write_fields(call, &fields);
}

static void write_replica(struct call *call, const struct topology_node *leader,
                          const struct topology_node *node)
{
    struct fields fields = {0};
    char name[ADDRESS_HOST_BYTES + 8];
    bool seen = node->connected;

    snprintf(name, sizeof(name), "%s:%u", node->host, node->port);
    put_instance(call, &fields, name, node, seen ? "slave" : "slave,s_down,disconnected");
    put_number(&fields, "info-refresh", 0);
    put_text(&fields, "role-reported", "slave");
    put_number(&fields, "role-reported-time", 0);
    put_number(&fields, "master-link-down-time", 0);
    put_text(&fields, "master-link-status", seen ? "ok" : "err");
    put_text(&fields, "master-host", leader != NULL ? leader->host : "?");
    put_number(&fields, "master-port", leader != NULL ? leader->port : 0);
    put_number(&fields, "slave-priority", 100);
    put_number(&fields, "slave-repl-offset", node->match_index);
    put_number(&fields, "replica-announced", 1);
    write_fields(call, &fields);
}

static void write_sentinel(struct call *call, const struct topology_node *node)
{
    struct fields fields = {0};

    put_instance(call, &fields, node->id, node,
                 node->connected ? "sentinel" : "sentinel,s_down,disconnected");
    put_number(&fields, "last-hello-message", 0);
    put_text(&fields, "voted-leader", "?");
    put_number(&fields, "voted-leader-epoch", 0);
    write_fields(call, &fields);
}

/* Whether the argument is the name of the cluster; if not, the error is written. */
static bool is_known(struct call *call, const struct topology *topology)
{
    const struct resp_argument *name = &call->arguments[2];

    if (name->size_bytes == strlen(topology->name) &&
        memcmp(name->data, topology->name, name->size_bytes) == 0) {
        return true;
    }
    resp_write_error_format(call->reply, "ERR No such master with that name");
    return false;
}

static bool run_sentinel_master_address(struct call *call)
{
    const struct resp_argument *name = &call->arguments[2];
    struct topology topology;
    const struct topology_node *leader;
    char port[NUMBER_TEXT_BYTES_MAX];

    topology_of(call->front->node, &topology);
    leader = topology_leader(&topology);
    if (leader == NULL || name->size_bytes != strlen(topology.name) ||
        memcmp(name->data, topology.name, name->size_bytes) != 0) {
        resp_write_nil_array(call->reply, call->protocol);
        return false;
    }
    snprintf(port, sizeof(port), "%u", leader->port);
    resp_write_array(call->reply, 2);
    resp_write_text(call->reply, leader->host);
    resp_write_text(call->reply, port);
    return false;
}

static bool run_sentinel_masters(struct call *call)
{
    struct topology topology;
    const struct topology_node *leader;

    topology_of(call->front->node, &topology);
    leader = topology_leader(&topology);
    resp_write_array(call->reply, leader != NULL ? 1 : 0);
    if (leader != NULL) {
        write_leader(call, &topology, leader);
    }
    return false;
}

static bool run_sentinel_master(struct call *call)
{
    struct topology topology;
    const struct topology_node *leader;

    topology_of(call->front->node, &topology);
    leader = topology_leader(&topology);
    if (!is_known(call, &topology)) {
        return false;
    }
    if (leader == NULL) {
        resp_write_error_format(call->reply, "TRYAGAIN the cluster has no leader now");
    } else {
        write_leader(call, &topology, leader);
    }
    return false;
}

static bool run_sentinel_replicas(struct call *call)
{
    struct topology topology;

    topology_of(call->front->node, &topology);
    if (!is_known(call, &topology)) {
        return false;
    }
    resp_write_array(call->reply, count_others(&topology, topology.leader));
    for (size_t i = 0; i < topology.count; i++) {
        const struct topology_node *node = &topology.nodes[i];

        if (!node->leader && node->host[0] != '\0') {
            write_replica(call, topology_leader(&topology), node);
        }
    }
    return false;
}

static bool run_sentinel_sentinels(struct call *call)
{
    struct topology topology;

    topology_of(call->front->node, &topology);
    if (!is_known(call, &topology)) {
        return false;
    }
    resp_write_array(call->reply, count_others(&topology, topology.self));
    for (size_t i = 0; i < topology.count; i++) {
        const struct topology_node *node = &topology.nodes[i];

        if (!node->self && node->host[0] != '\0') {
            write_sentinel(call, node);
        }
    }
    return false;
}

static bool run_sentinel_ckquorum(struct call *call)
{
    struct topology topology;
    size_t usable = 0;

    topology_of(call->front->node, &topology);
    if (!is_known(call, &topology)) {
        return false;
    }
    for (size_t i = 0; i < topology.count; i++) {
        usable += topology.nodes[i].connected ? 1 : 0;
    }
    if (usable > topology.count / 2) {
        char text[128];
        int length = snprintf(text, sizeof(text),
                              "OK %zu usable Sentinels. Quorum and failover authorization can be "
                              "reached",
                              usable);

        resp_write_simple(call->reply, text, (size_t)length);
    } else {
        resp_write_error_format(call->reply,
                                "NOQUORUM %zu usable Sentinels. Not enough available "
                                "Sentinels to reach the specified quorum for this "
                                "master",
                                usable);
    }
    return false;
}

/* ---- +switch-master ----------------------------------------------------------------------- */

enum { LOOK_MS = 100 }; /* interval between two looks for a new leader */

static const char switch_channel[] = "+switch-master";

static void tell_switch(struct worker *worker, const struct topology *topology,
                        const struct topology_node *leader)
{
    const struct workspace *workspace = worker->workspace;
    char text[sizeof(topology->name) + 2 * ADDRESS_HOST_BYTES + 32];
    struct notice *notice;

    snprintf(text, sizeof(text), "%s %s %u %s %u", topology->name, workspace->leader_host,
             workspace->leader_port, leader->host, leader->port);
    notice = notice_create("", 0, switch_channel, sizeof(switch_channel) - 1, text, strlen(text));
    delivery_send(worker, notice);
    notice_release(notice);
}

uint64_t sentinel_look(struct worker *worker)
{
    struct workspace *workspace = worker->workspace;
    const struct topology_node *leader;

    if (!subscribers_expect(worker, switch_channel, sizeof(switch_channel) - 1)) {
        workspace->leader_number = 0;
        return 0;
    }
    leader = topology_leader(session_view(worker));
    if (leader != NULL &&
        (leader->number != workspace->leader_number || leader->port != workspace->leader_port ||
         strcmp(leader->host, workspace->leader_host) != 0)) {
        if (workspace->leader_number != 0) {
            tell_switch(worker, workspace->view, leader);
        }
        workspace->leader_number = leader->number;
        workspace->leader_port = leader->port;
        memcpy(workspace->leader_host, leader->host, sizeof(workspace->leader_host));
    }
    return worker->now_ms + LOOK_MS;
}

/* ---- Rows ---- */

#define ON_SENTINEL IN_GROUP("sentinel", 0)

static const struct command sentinel_commands[] = {
    {SUBCOMMAND("sentinel", "ckquorum"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_ckquorum, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes",
          "Check whether this node sees a majority of the nodes")},
    {SUBCOMMAND("sentinel", "get-master-addr-by-name"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_master_address, .syntax = "master-name",
     DOCS("O(1)", "Get the host and the port of the leader; the name of the master is the name of "
                  "the cluster")},
    HELP_OF("sentinel", "sentinel"),
    {SUBCOMMAND("sentinel", "master"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_master, .syntax = "master-name",
     DOCS("O(1)", "Get the leader, described as a Sentinel describes a master")},
    {SUBCOMMAND("sentinel", "masters"), .arity = 2, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_masters,
     DOCS("O(1)", "Get a list with the leader, described as a Sentinel describes a master; empty "
                  "without a leader")},
    {SUBCOMMAND("sentinel", "myid"), .arity = 2, IS_LOCAL, ON_SENTINEL, .run = cluster_myid,
     DOCS("O(1)", "Get the id of this node: 40 hexadecimal digits")},
    {SUBCOMMAND("sentinel", "replicas"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_replicas, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes",
          "Get the followers, described as a Sentinel describes replicas")},
    {SUBCOMMAND("sentinel", "sentinels"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_sentinels, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes",
          "Get the other nodes, described as a Sentinel describes other Sentinels")},
    {SUBCOMMAND("sentinel", "slaves"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_replicas, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes", "The same as SENTINEL REPLICAS")},
    END,
};

const struct command commands_of_sentinel[] = {
    CONTAINER("sentinel", sentinel_commands, "sentinel", "A container for Redis Sentinel commands"),
    END,
};
