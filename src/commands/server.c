/*
 * CONFIG, DBSIZE, FLUSHALL, FLUSHDB and TIME: commands about the server as a whole. The thread of
 * the connection's worker.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <raftd/client.h>
#include <raftd/node.h>

#include "commands/call.h"
#include "commands/render.h"
#include "commands/rows.h"
#include "front/connection.h"
#include "front/server.h"
#include "kv/glob.h"
#include "sys/clock.h"

enum { GLOB_BUDGET = 1000 * 1000 }; /* most steps of comparing one pattern with one name */

static bool run_flush(struct call *call)
{
    if (call->count > 2 || (call->count == 2 && !argument_is(&call->arguments[1], "async") &&
                            !argument_is(&call->arguments[1], "sync"))) {
        return call_syntax_error(call);
    }
    call_ask(call, KV_FLUSH, 0);
    return true;
}

static bool run_time(struct call *call)
{
    uint64_t now_ms = clock_wall_ms();
    char text[NUMBER_TEXT_BYTES_MAX + 1];

    resp_write_array(call->reply, 2);
    snprintf(text, sizeof(text), "%" PRIu64, now_ms / 1000);
    resp_write_text(call->reply, text);
    snprintf(text, sizeof(text), "%" PRIu64, now_ms % 1000 * 1000);
    resp_write_text(call->reply, text);
    return false;
}

/* ---- CONFIG ------------------------------------------------------------------------------- */

struct config_search {
    const struct call *call;
    struct buffer pairs; /* the reply without its first line */
    size_t count;
};

/* Whether a pattern of CONFIG GET matches the name. As in Redis, the case of letters is ignored. */
static bool is_asked_for(const struct call *call, const char *name)
{
    for (size_t i = 2; i < call->count; i++) {
        const struct resp_argument *pattern = &call->arguments[i];
        uint64_t budget = GLOB_BUDGET;
        uint8_t lower[256];

        if (pattern->size_bytes > sizeof(lower)) {
            continue;
        }
        for (size_t k = 0; k < pattern->size_bytes; k++) {
            uint8_t byte = pattern->data[k];

            lower[k] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
        }
        if (glob_match(lower, pattern->size_bytes, name, strlen(name), &budget)) {
            return true;
        }
    }
    return false;
}

static void offer(void *argument, const char *name, const char *value)
{
    struct config_search *search = argument;

    if (is_asked_for(search->call, name)) {
        resp_write_text(&search->pairs, name);
        resp_write_text(&search->pairs, value);
        search->count++;
    }
}

static void offer_number(struct config_search *search, const char *name, uint64_t value)
{
    char text[NUMBER_TEXT_BYTES_MAX + 1];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    offer(search, name, text);
}

/* Options that tools for Redis ask for, with the values that describe raftd: every change is in the
 * log and on disk before it is acknowledged, there are no snapshots by time, and no key is evicted.
 */
static void offer_redis_names(struct config_search *search)
{
    const struct conf *conf = &search->call->front->conf;
    const char *port = strrchr(conf->listen.client, ':');

    offer(search, "appendfsync", "always");
    offer(search, "appendonly", "yes");
    offer(search, "cluster-enabled", conf->redis.redirect == CONF_REDIRECT_MOVED ? "yes" : "no");
    offer(search, "databases", "1");
    offer_number(search, "maxclients", conf->limits.max_clients);
    offer(search, "maxmemory", "0");
    offer(search, "maxmemory-policy", "noeviction");
    offer(search, "port", port != NULL ? port + 1 : "0");
    offer_number(search, "proto-max-bulk-len", conf->limits.max_request_bytes);
    offer(search, "replica-read-only", "no");
    offer(search, "requirepass", "");
    offer(search, "save", "");
    offer_number(search, "timeout", conf->limits.idle_timeout_seconds);
}

static const char notify_events[] = "notify-keyspace-events";

/* `attached` contains the pairs that this node knows, `detail` is their number. */
static void finish_config_get(struct connection *connection, const struct owed_reply *owed,
                              const struct raftd_completion *completion, struct buffer *output)
{
    struct reader reader = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value;
    bool found;

    if (completion->status != 0) {
        finish_reply(connection, owed, completion, output);
        return;
    }
    found = kv_reply_next(&reader, &value) && value.type == KV_REPLY_BULK;
    resp_write_map(output, (enum resp_protocol)owed->protocol, owed->detail + (found ? 1 : 0));
    resp_write_raw(output, owed->attached, owed->attached_bytes);
    if (found) {
        resp_write_text(output, notify_events);
        resp_write_bulk(output, value.data, value.size_bytes);
    }
}

/* notify-keyspace-events is replicated: only the state machine knows its value. */
static bool run_config_get(struct call *call)
{
    struct config_search search = {.call = call};

    offer_redis_names(&search);
    conf_list(&call->front->conf, offer, &search);
    if (is_asked_for(call, notify_events) && raftd_node_accepts(call->front->node)) {
        call->operation = KV_CONFIG_GET;
        call->kv_arguments[0] =
            (struct kv_argument){.data = notify_events, .size_bytes = sizeof(notify_events) - 1};
        call->kv_count = 1;
        call->owed.finish = finish_config_get;
        call->owed.detail = (uint32_t)search.count;
        call->owed.attached = search.pairs.data;
        call->owed.attached_bytes = (uint32_t)search.pairs.size_bytes;
        return true;
    }
    resp_write_map(call->reply, call->protocol, search.count);
    resp_write_raw(call->reply, search.pairs.data, search.pairs.size_bytes);
    buffer_free(&search.pairs);
    return false;
}

/* A command can change only a replicated option. All other options are in the configuration file of
 * each node. */
static bool run_config_set(struct call *call)
{
    const struct resp_argument *name = &call->arguments[2];
    int shown = (int)(name->size_bytes < 128 ? name->size_bytes : 128);

    if (call->count != 4 || !argument_is(name, notify_events)) {
        resp_write_error_format(call->reply,
                                "ERR CONFIG SET failed (possibly related to argument '%.*s') - "
                                "only notify-keyspace-events can be set while raftd runs, in a "
                                "command of its own; see raftd.conf(5)",
                                shown, (const char *)name->data);
        return false;
    }
    call->operation = KV_CONFIG_SET;
    call->kv_count = 0;
    call_ask_also(call, name);
    call_ask_also(call, &call->arguments[3]);
    return true;
}

/* ---- Rows ---- */

#define ON_SERVER IN_GROUP("server", CATEGORY_DANGEROUS)

static const struct command config_commands[] = {
    {SUBCOMMAND("config", "get"), .arity = -3,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_ADMIN | COMMAND_ASKS_INSIDE), ON_SERVER,
     .run = run_config_get, .syntax = "~pattern...",
     DOCS("O(N) where N is the number of options",
          "Get options of the configuration, by the names that raftd or Redis uses for them")},
    HELP_OF("config", "server"),
    {SUBCOMMAND("config", "set"), .arity = -4, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_SERVER, .run = run_config_set, .syntax = "parameter value",
     DOCS("O(1)", "Set notify-keyspace-events on all nodes")},
    END,
};

const struct command commands_of_server[] = {
    CONTAINER("config", config_commands, "server", "A container for server configuration commands"),
    {COMMAND("dbsize"), .arity = 1, READS_FAST, IN_GROUP("server", CATEGORY_KEYSPACE),
     .operation = KV_DBSIZE, DOCS("O(1)", "Return the number of keys")},
    {COMMAND("flushall"), .arity = -1, CHANGES,
     IN_GROUP("server", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .run = run_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of keys", "Remove all keys")},
    {COMMAND("flushdb"), .arity = -1, CHANGES,
     IN_GROUP("server", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .run = run_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of keys", "Remove all keys: raftd has only one database")},
    {COMMAND("time"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("server", 0), .run = run_time,
     DOCS("O(1)", "Get the time of this node's wall clock: seconds and microseconds")},
    END,
};
