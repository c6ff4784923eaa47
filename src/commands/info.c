/*
 * INFO: what the node says about itself, in the format of Redis. The thread of the connection's
 * worker.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <raftd/client.h>
#include <raftd/node.h>

#include "commands/call.h"
#include "commands/render.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "commands/topology.h"
#include "front/connection.h"
#include "front/server.h"
#include "sys/clock.h"

/* Clients look at this version to learn which commands they may use. The commands that raftd has
 * behave as in this version of Redis. */
#define REDIS_VERSION "7.2.0"

enum info_section {
    INFO_SERVER = 1 << 0,
    INFO_CLIENTS = 1 << 1,
    INFO_RAFT = 1 << 2,
    INFO_KEYSPACE = 1 << 3,
    INFO_REPLICATION = 1 << 4,
    INFO_CLUSTER = 1 << 5,
    INFO_STATS = 1 << 6,
    INFO_EVERYTHING = (1 << 7) - 1,
};

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
        buffer_append(text, "\r\n", 2);
    }
}

static void put_heading(struct buffer *text, const char *heading)
{
    if (text->size_bytes > 0) {
        buffer_append(text, "\r\n", 2);
    }
    put(text, "# %s", heading);
}

static void put_server(const struct front *front, struct buffer *text)
{
    const char *port = strrchr(front->conf.listen.client, ':');
    uint64_t uptime_seconds = (clock_monotonic_ms() - front->commands->created_ms) / 1000;

    put_heading(text, "Server");
    put(text, "redis_version:%s", REDIS_VERSION);
    put(text, "raftd_version:%s", raftd_version());
    put(text, "redis_mode:standalone");
    put(text, "arch_bits:%zu", sizeof(void *) * 8);
    put(text, "multiplexing_api:epoll");
    put(text, "process_id:%ld", (long)getpid());
    put(text, "run_id:%s", front->commands->run_id);
    put(text, "tcp_port:%s", port != NULL ? port + 1 : "0");
    put(text, "uptime_in_seconds:%" PRIu64, uptime_seconds);
    put(text, "uptime_in_days:%" PRIu64, uptime_seconds / 86400);
    put(text, "loading:%d", raftd_node_accepts(front->node) ? 0 : 1);
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void put_clients(struct front *front, struct buffer *text)
{
    uint64_t commands = 0;
    uint64_t input_bytes = 0;
    uint64_t output_bytes = 0;

    for (size_t i = 0; i < front->worker_count; i++) {
        commands += load(&front->workers[i].command_count);
        input_bytes += load(&front->workers[i].input_bytes);
        output_bytes += load(&front->workers[i].output_bytes);
    }
    put_heading(text, "Clients");
    put(text, "connected_clients:%" PRIu32, atomic_load(&front->client_count));
    put(text, "maxclients:%" PRIu32, front->conf.limits.max_clients);
    put(text, "client_workers:%zu", front->worker_count);
    put(text, "total_connections_received:%" PRIu64, atomic_load(&front->accepted_count));
    put(text, "rejected_connections:%" PRIu64, atomic_load(&front->rejected_count));
    put(text, "total_commands_processed:%" PRIu64, commands);
    put(text, "total_net_input_bytes:%" PRIu64, input_bytes);
    put(text, "total_net_output_bytes:%" PRIu64, output_bytes);
}

#define PUT_NUMBER(name, value) put(text, "raft_" name ":%" PRIu64, (uint64_t)(value));
#define PUT_ID PUT_NUMBER
#define PUT_FLAG PUT_NUMBER
#define PUT_HEX(name, value) put(text, "raft_" name ":%016" PRIx64, value);
#define PUT_WORD(name, value) put(text, "raft_" name ":%s", value);
#define PUT_PHASE(name, value) PUT_WORD(name, raftd_phase_name(value))
#define PUT_NAME PUT_WORD
#define PUT_SENTENCE PUT_WORD
#define PUT(kind, name, unit, source, meaning) PUT_##kind(#name, status->name)

static void put_status(struct buffer *text, const struct raftd_status *status)
{
    RAFTD_STATUS_FIELDS(PUT)
}

static void put_raft(struct front *front, struct buffer *text)
{
    struct raftd_status status;
    size_t voters = 0;

    raftd_node_status(front->node, &status, sizeof(status));
    for (size_t i = 0; i < status.member_count; i++) {
        voters += status.members[i].voter ? 1 : 0;
    }
    put_heading(text, "Raft");
    put_status(text, &status);
    put(text, "raft_members:%zu", status.member_count);
    put(text, "raft_voters:%zu", voters);
}

static void put_replica(struct buffer *text, size_t number, const struct topology_node *node)
{
    put(text, "slave%zu:ip=%s,port=%u,state=online,offset=%" PRIu64 ",lag=0", number, node->host,
        node->port, node->match_index);
}

/* The leader is the master, and the offset is the index in the log. */
static void put_replication(struct front *front, struct buffer *text)
{
    const struct topology_node *leader;
    struct topology topology;
    struct buffer replicas = {0};
    size_t count = 0;

    topology_of(front->node, &topology);
    leader = topology_leader(&topology);
    put_heading(text, "Replication");
    if (topology.leader != topology.self) {
        put(text, "role:slave");
        put(text, "master_host:%s", leader != NULL ? leader->host : "");
        put(text, "master_port:%u", leader != NULL ? leader->port : 0u);
        put(text, "master_link_status:%s", leader != NULL && leader->connected ? "up" : "down");
        put(text, "slave_repl_offset:%" PRIu64, topology.applied_index);
        put(text, "connected_slaves:0");
        return;
    }
    for (size_t i = 0; i < topology.count; i++) {
        const struct topology_node *node = &topology.nodes[i];

        if (!node->self && node->connected && node->host[0] != '\0') {
            put_replica(&replicas, count++, node);
        }
    }
    put(text, "role:master");
    put(text, "connected_slaves:%zu", count);
    buffer_append(text, replicas.data, replicas.size_bytes);
    put(text, "master_repl_offset:%" PRIu64, topology.applied_index);
    buffer_free(&replicas);
}

/* Reads the numbers of the state machine from its answer; false: there is no answer. */
static bool read_numbers(const struct raftd_completion *completion, int64_t numbers[KV_INFO_COUNT])
{
    struct kv_reply_value value;
    struct reader reader;

    memset(numbers, 0, KV_INFO_COUNT * sizeof(numbers[0]));
    if (completion == NULL || completion->status != 0) {
        return false;
    }
    reader = reader_make(completion->data, completion->size_bytes);
    if (!kv_reply_next(&reader, &value) || value.type != KV_REPLY_ARRAY) {
        return false;
    }
    for (size_t i = 0; i < KV_INFO_COUNT && kv_reply_next(&reader, &value); i++) {
        numbers[i] = value.integer;
    }
    return true;
}

static void put_stats(struct front *front, const struct raftd_completion *completion,
                      struct buffer *text)
{
    struct notices *notices = &front->notices;
    int64_t numbers[KV_INFO_COUNT];
    size_t channels;
    size_t patterns;

    mutex_lock(&notices->mutex);
    channels = notices->channels.count;
    patterns = notices->patterns.count;
    mutex_unlock(&notices->mutex);
    put_heading(text, "Stats");
    if (read_numbers(completion, numbers)) {
        put(text, "expired_keys:%" PRId64, numbers[KV_INFO_EXPIRED_KEYS]);
    }
    put(text, "evicted_keys:0");
    put(text, "pubsub_channels:%zu", channels);
    put(text, "pubsub_patterns:%zu", patterns);
}

static void put_keyspace(const struct raftd_completion *completion, struct buffer *text)
{
    int64_t numbers[KV_INFO_COUNT];

    put_heading(text, "Keyspace");
    if (read_numbers(completion, numbers) && numbers[KV_INFO_KEYS] > 0) {
        put(text, "db0:keys=%" PRId64 ",expires=%" PRId64 ",avg_ttl=%" PRId64,
            numbers[KV_INFO_KEYS], numbers[KV_INFO_EXPIRES], numbers[KV_INFO_AVERAGE_TTL]);
    }
}

/* Writes the whole reply. `completion` is the answer to KV_INFO; NULL = the state machine was not
 * asked. */
static void write_info(struct front *front, uint32_t sections,
                       const struct raftd_completion *completion, enum resp_protocol protocol,
                       struct buffer *output)
{
    struct buffer text = {0};

    if ((sections & INFO_SERVER) != 0) {
        put_server(front, &text);
    }
    if ((sections & INFO_CLIENTS) != 0) {
        put_clients(front, &text);
    }
    if ((sections & INFO_RAFT) != 0) {
        put_raft(front, &text);
    }
    if ((sections & INFO_STATS) != 0) {
        put_stats(front, completion, &text);
    }
    if ((sections & INFO_REPLICATION) != 0) {
        put_replication(front, &text);
    }
    if ((sections & INFO_CLUSTER) != 0) {
        put_heading(&text, "Cluster");
        put(&text, "cluster_enabled:%d", front->conf.redis.redirect == CONF_REDIRECT_MOVED);
    }
    if ((sections & INFO_KEYSPACE) != 0) {
        put_keyspace(completion, &text);
    }
    resp_write_verbatim(output, protocol, "txt", text.data, text.size_bytes);
    buffer_free(&text);
}

/* `detail` is the set of sections. If the node has no answer, the numbers of the state machine are
 * left out. */
static void finish_info(struct connection *connection, const struct owed_reply *owed,
                        const struct raftd_completion *completion, struct buffer *output)
{
    write_info(connection->worker->front, owed->detail, completion,
               (enum resp_protocol)owed->protocol, output);
}

/* Only the core thread may count the keys, so INFO asks the state machine first. */
static bool run_info(struct call *call)
{
    static const struct {
        const char *name;
        uint32_t sections;
    } known[] = {
        {"server", INFO_SERVER},
        {"clients", INFO_CLIENTS},
        {"raft", INFO_RAFT},
        {"keyspace", INFO_KEYSPACE},
        {"default", INFO_EVERYTHING},
        {"all", INFO_EVERYTHING},
        {"everything", INFO_EVERYTHING},
        {"replication", INFO_REPLICATION},
        {"cluster", INFO_CLUSTER},
        {"stats", INFO_STATS},
    };
    uint32_t sections = call->count == 1 ? INFO_EVERYTHING : 0;

    for (size_t i = 1; i < call->count; i++) {
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
            if (argument_is(&call->arguments[i], known[k].name)) {
                sections |= known[k].sections;
            }
        }
    }
    if ((sections & (INFO_KEYSPACE | INFO_STATS)) != 0 && raftd_node_accepts(call->front->node)) {
        call->operation = KV_INFO;
        call->kv_count = 0;
        call->owed.finish = finish_info;
        call->owed.detail = sections;
        return true;
    }
    write_info(call->front, sections, NULL, call->protocol, call->reply);
    return false;
}

/* ---- Rows ---- */

const struct command commands_of_info[] = {
    {COMMAND("info"), .arity = -1, KIND(BARRIER, ABOUT_SERVER),
     IN_GROUP("server", CATEGORY_DANGEROUS), .run = run_info, .syntax = "[section...]",
     DOCS("O(1)", "Get information about the node: sections server, clients, raft, stats, "
                  "replication, cluster, keyspace")},
    END,
};
