/*
 * CLUSTER, ROLE, READONLY and READWRITE, for clients that look for the node that accepts writes:
 * the cluster is one shard with the leader as its master. The thread of the connection's worker.
 */
#include "commands/cluster.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands/call.h"
#include "commands/render.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "commands/topology.h"
#include "front/connection.h"
#include "front/server.h"

enum { BUS_PORT_OFFSET = 10000 };

__attribute__((format(printf, 2, 3))) static void put(struct buffer *text, const char *format, ...)
{
    char line[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0) {
        buffer_append(text, line,
                      (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
    }
}

static bool is_shown(const struct topology_node *node)
{
    return node->host[0] != '\0';
}

static size_t count_shown(const struct topology *topology)
{
    size_t count = 0;

    for (size_t i = 0; i < topology->count; i++) {
        count += is_shown(&topology->nodes[i]) ? 1 : 0;
    }
    return count;
}

bool cluster_myid(struct call *call)
{
    struct topology topology;
    const struct topology_node *self;

    topology_of(call->front->node, &topology);
    self = topology_self(&topology);
    if (self != NULL) {
        resp_write_text(call->reply, self->id);
    } else {
        resp_write_error_format(call->reply, "CLUSTERDOWN this node is not a member yet");
    }
    return false;
}

static bool run_cluster_keyslot(struct call *call)
{
    const struct resp_argument *key = &call->arguments[2];

    resp_write_integer(call->reply, topology_slot(key->data, key->size_bytes));
    return false;
}

/* The state machine answers with all keys; `detail` is the slot. */
static void finish_countkeysinslot(struct connection *connection, const struct owed_reply *owed,
                                   const struct raftd_completion *completion, struct buffer *output)
{
    struct reader reader = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value;
    int64_t count = 0;

    if (completion->status != 0) {
        finish_reply(connection, owed, completion, output);
        return;
    }
    while (kv_reply_next(&reader, &value)) {
        if (value.type == KV_REPLY_ERROR) {
            resp_write_error(output, value.data, value.size_bytes);
            return;
        }
        count += value.type == KV_REPLY_BULK &&
                 topology_slot(value.data, value.size_bytes) == owed->detail;
    }
    resp_write_integer(output, count);
}

static bool run_cluster_countkeysinslot(struct call *call)
{
    const struct resp_argument *argument = &call->arguments[2];
    int64_t slot;

    if (!number_parse(argument->data, argument->size_bytes, &slot)) {
        return call_not_an_integer(call);
    }
    if (slot < 0 || slot >= TOPOLOGY_SLOTS) {
        resp_write_error_format(call->reply, "ERR Invalid slot");
        return false;
    }
    call->operation = KV_KEYS;
    call->kv_arguments[0] = (struct kv_argument){.data = "*", .size_bytes = 1};
    call->kv_count = 1;
    call->owed.finish = finish_countkeysinslot;
    call->owed.detail = (uint32_t)slot;
    return true;
}

static bool run_cluster_info(struct call *call)
{
    struct buffer text = {0};
    struct topology topology;
    bool led;

    topology_of(call->front->node, &topology);
    led = topology_leader(&topology) != NULL;
    put(&text, "cluster_enabled:1\r\n");
    put(&text, "cluster_state:%s\r\n", led ? "ok" : "fail");
    put(&text, "cluster_slots_assigned:%d\r\n", TOPOLOGY_SLOTS);
    put(&text, "cluster_slots_ok:%d\r\n", led ? TOPOLOGY_SLOTS : 0);
    put(&text, "cluster_slots_pfail:0\r\n");
    put(&text, "cluster_slots_fail:%d\r\n", led ? 0 : TOPOLOGY_SLOTS);
    put(&text, "cluster_known_nodes:%zu\r\n", topology.count);
    put(&text, "cluster_size:1\r\n");
    put(&text, "cluster_current_epoch:%" PRIu64 "\r\n", topology.term);
    put(&text, "cluster_my_epoch:%" PRIu64 "\r\n", topology.term);
    resp_write_verbatim(call->reply, call->protocol, "txt", text.data, text.size_bytes);
    buffer_free(&text);
    return false;
}

static void put_node(struct buffer *text, const struct topology *topology,
                     const struct topology_node *node)
{
    const struct topology_node *master = topology_master(topology);

    put(text, "%s %s:%u@%u %s%s %s 0 0 %" PRIu64 " %s", node->id, node->host, node->port,
        (unsigned)node->port + BUS_PORT_OFFSET, node->self ? "myself," : "",
        node == master ? "master" : "slave", node == master || master == NULL ? "-" : master->id,
        topology->term, node->connected ? "connected" : "disconnected");
    if (node == master) {
        put(text, " 0-%d", TOPOLOGY_SLOTS - 1);
    }
    put(text, "\n");
}

static bool run_cluster_nodes(struct call *call)
{
    struct buffer text = {0};
    struct topology topology;

    topology_of(call->front->node, &topology);
    for (size_t i = 0; i < topology.count; i++) {
        if (is_shown(&topology.nodes[i])) {
            put_node(&text, &topology, &topology.nodes[i]);
        }
    }
    resp_write_verbatim(call->reply, call->protocol, "txt", text.data, text.size_bytes);
    buffer_free(&text);
    return false;
}

static void write_slot_node(struct call *call, const struct topology_node *node)
{
    resp_write_array(call->reply, 4);
    resp_write_text(call->reply, node->host);
    resp_write_integer(call->reply, node->port);
    resp_write_text(call->reply, node->id);
    resp_write_array(call->reply, 0);
}

/* The master comes first, then the replicas. */
static bool run_cluster_slots(struct call *call)
{
    struct topology topology;
    const struct topology_node *master;

    topology_of(call->front->node, &topology);
    master = topology_master(&topology);
    if (master == NULL) {
        resp_write_array(call->reply, 0);
        return false;
    }
    resp_write_array(call->reply, 1);
    resp_write_array(call->reply, 2 + count_shown(&topology));
    resp_write_integer(call->reply, 0);
    resp_write_integer(call->reply, TOPOLOGY_SLOTS - 1);
    write_slot_node(call, master);
    for (size_t i = 0; i < topology.count; i++) {
        if (is_shown(&topology.nodes[i]) && &topology.nodes[i] != master) {
            write_slot_node(call, &topology.nodes[i]);
        }
    }
    return false;
}

static void write_shard_node(struct call *call, const struct topology_node *node, bool is_master)
{
    struct buffer *reply = call->reply;

    resp_write_map(reply, call->protocol, 7);
    resp_write_text(reply, "id");
    resp_write_text(reply, node->id);
    resp_write_text(reply, "port");
    resp_write_integer(reply, node->port);
    resp_write_text(reply, "ip");
    resp_write_text(reply, node->host);
    resp_write_text(reply, "endpoint");
    resp_write_text(reply, node->host);
    resp_write_text(reply, "role");
    resp_write_text(reply, is_master ? "master" : "replica");
    resp_write_text(reply, "replication-offset");
    resp_write_integer(reply, (int64_t)node->match_index);
    resp_write_text(reply, "health");
    resp_write_text(reply, node->connected ? "online" : "failed");
}

static bool run_cluster_shards(struct call *call)
{
    struct topology topology;
    const struct topology_node *master;

    topology_of(call->front->node, &topology);
    master = topology_master(&topology);
    resp_write_array(call->reply, 1);
    resp_write_map(call->reply, call->protocol, 2);
    resp_write_text(call->reply, "slots");
    resp_write_array(call->reply, 2);
    resp_write_integer(call->reply, 0);
    resp_write_integer(call->reply, TOPOLOGY_SLOTS - 1);
    resp_write_text(call->reply, "nodes");
    resp_write_array(call->reply, count_shown(&topology));
    for (size_t i = 0; i < topology.count; i++) {
        if (is_shown(&topology.nodes[i])) {
            write_shard_node(call, &topology.nodes[i], &topology.nodes[i] == master);
        }
    }
    return false;
}

/* ---- ROLE --------------------------------------------------------------------------------- */

static void write_text_number(struct buffer *reply, uint64_t number)
{
    char text[NUMBER_TEXT_BYTES_MAX + 1];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    resp_write_text(reply, text);
}

static void write_master(struct call *call, const struct topology *topology)
{
    size_t replicas = 0;

    for (size_t i = 0; i < topology->count; i++) {
        const struct topology_node *node = &topology->nodes[i];

        replicas += !node->self && node->connected && is_shown(node) ? 1 : 0;
    }
    resp_write_array(call->reply, 3);
    resp_write_text(call->reply, "master");
    resp_write_integer(call->reply, (int64_t)topology->applied_index);
    resp_write_array(call->reply, replicas);
    for (size_t i = 0; i < topology->count; i++) {
        const struct topology_node *node = &topology->nodes[i];

        if (!node->self && node->connected && is_shown(node)) {
            resp_write_array(call->reply, 3);
            resp_write_text(call->reply, node->host);
            write_text_number(call->reply, node->port);
            write_text_number(call->reply, node->match_index);
        }
    }
}

static bool run_role(struct call *call)
{
    struct topology topology;
    const struct topology_node *leader;

    topology_of(call->front->node, &topology);
    leader = topology_leader(&topology);
    if (topology.leader == topology.self && topology.self != 0) {
        write_master(call, &topology);
        return false;
    }
    resp_write_array(call->reply, 5);
    resp_write_text(call->reply, "slave");
    resp_write_text(call->reply, leader != NULL ? leader->host : "");
    resp_write_integer(call->reply, leader != NULL ? leader->port : 0);
    resp_write_text(call->reply, leader == NULL      ? "connect"
                                 : leader->connected ? "connected"
                                                     : "connecting");
    resp_write_integer(call->reply, (int64_t)topology.applied_index);
    return false;
}

/* ---- Reads on followers ------------------------------------------------------------------- */

static bool run_readonly(struct call *call)
{
    call->session->read_level = RAFTD_READ_STALE;
    call->session->max_lag_ms = call->front->conf.redis.max_lag_ms;
    return call_ok(call);
}

static bool run_readwrite(struct call *call)
{
    session_reset_reads(call->connection);
    return call_ok(call);
}

/* ---- Rows ---- */

#define ON_CLUSTER IN_GROUP("cluster", 0)

static const struct command cluster_commands[] = {
    {SUBCOMMAND("cluster", "countkeysinslot"), .arity = 3, READS, ON_CLUSTER,
     .run = run_cluster_countkeysinslot, .syntax = "#slot",
     DOCS("O(N) where N is the number of all keys", "Count the keys in a hash slot")},
    HELP_OF("cluster", "cluster"),
    {SUBCOMMAND("cluster", "info"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_info,
     DOCS("O(1)", "Get the state of the cluster in the format of Redis Cluster")},
    {SUBCOMMAND("cluster", "keyslot"), .arity = 3, IS_LOCAL, ON_CLUSTER, .run = run_cluster_keyslot,
     .syntax = "@key", DOCS("O(N) where N is the length of the key", "Get the hash slot of a key")},
    {SUBCOMMAND("cluster", "myid"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = cluster_myid,
     DOCS("O(1)", "Get the id of this node: 40 hexadecimal digits")},
    {SUBCOMMAND("cluster", "nodes"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_nodes,
     DOCS("O(N) where N is the number of nodes",
          "Get the nodes in the format of Redis Cluster, with the leader as the master of all hash "
          "slots")},
    {SUBCOMMAND("cluster", "shards"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_shards,
     DOCS("O(N) where N is the number of nodes",
          "Get the nodes as one shard, with the leader as its master")},
    {SUBCOMMAND("cluster", "slots"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_slots,
     DOCS("O(N) where N is the number of nodes",
          "Get all hash slots as one range with all nodes, the leader first")},
    END,
};

const struct command commands_of_cluster[] = {
    CONTAINER("cluster", cluster_commands, "cluster", "A container for Redis Cluster commands"),
    {COMMAND("readonly"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("cluster", CATEGORY_CONNECTION),
     .run = run_readonly,
     DOCS("O(1)", "Allow stale reads on this connection, not older than redis.max_lag_ms: the same "
                  "as RAFT CONSISTENCY stale")},
    {COMMAND("readwrite"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("cluster", CATEGORY_CONNECTION),
     .run = run_readwrite,
     DOCS("O(1)", "Set the consistency of the reads on this connection back to the value in the "
                  "configuration")},
    {COMMAND("role"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("server", CATEGORY_DANGEROUS),
     .run = run_role,
     DOCS("O(N) where N is the number of nodes",
          "Get the role of this node: the leader is the master, every other node is a replica")},
    END,
};
