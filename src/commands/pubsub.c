/*
 * SUBSCRIBE, PUBLISH and their relatives. A published message goes through the log; The reply of
 * PUBLISH is the number of subscribers on this node. The thread of the connection's worker.
 */
#include <string.h>

#include "commands/call.h"
#include "commands/rows.h"
#include "commands/sentinel.h"
#include "front/connection.h"
#include "front/notices.h"
#include "front/server.h"
#include "front/subscribers.h"
#include "kv/glob.h"

/* The most steps of comparing a pattern with all channels. They are bounded because the mutex is
 * held, and the core thread may wait for it. */
enum { GLOB_BUDGET = 1000 * 1000 };

static void write_subscription(struct call *call, const char *what, const void *name, size_t size)
{
    struct connection *connection = call->connection;

    resp_write_push(call->reply, call->protocol, 3);
    resp_write_text(call->reply, what);
    if (name != NULL) {
        resp_write_bulk(call->reply, name, size);
    } else {
        resp_write_nil(call->reply, call->protocol);
    }
    resp_write_integer(call->reply,
                       (int64_t)(connection->channels.count + connection->patterns.count));
}

static bool subscribe(struct call *call, bool is_pattern)
{
    const struct connection *connection = call->connection;
    size_t more = call->count - 1;

    if (connection->channels.count + connection->patterns.count + more > SUBSCRIPTIONS_MAX) {
        resp_write_error_format(call->reply, "ERR a connection can have at most %d subscriptions",
                                SUBSCRIPTIONS_MAX);
        return false;
    }
    for (size_t i = 1; i < call->count; i++) {
        const struct resp_argument *name = &call->arguments[i];

        subscribers_add(call->connection, is_pattern, name->data, name->size_bytes);
        write_subscription(call, call->command->name, name->data, name->size_bytes);
    }
    call->worker->look_ms = sentinel_look(call->worker);
    return false;
}

static bool run_subscribe(struct call *call)
{
    return subscribe(call, false);
}

static bool run_psubscribe(struct call *call)
{
    return subscribe(call, true);
}

static bool unsubscribe(struct call *call, bool is_pattern)
{
    const struct name_table *own =
        is_pattern ? &call->connection->patterns : &call->connection->channels;
    struct buffer name = {0};

    for (size_t i = 1; i < call->count; i++) {
        const struct resp_argument *argument = &call->arguments[i];

        subscribers_remove(call->connection, is_pattern, argument->data, argument->size_bytes);
        write_subscription(call, call->command->name, argument->data, argument->size_bytes);
    }
    if (call->count == 1 && own->count == 0) {
        write_subscription(call, call->command->name, NULL, 0);
    }
    while (call->count == 1 && own->count > 0) {
        const struct name_entry *entry = name_table_next(own, NULL);

        name.size_bytes = 0;
        buffer_append(&name, entry->name, entry->name_bytes);
        subscribers_remove(call->connection, is_pattern, entry->name, entry->name_bytes);
        write_subscription(call, call->command->name,
                           name.size_bytes > 0 ? (const void *)name.data : "", name.size_bytes);
    }
    buffer_free(&name);
    return false;
}

static bool run_unsubscribe(struct call *call)
{
    return unsubscribe(call, false);
}

static bool run_punsubscribe(struct call *call)
{
    return unsubscribe(call, true);
}

static bool run_pubsub_channels(struct call *call)
{
    struct notices *notices = &call->front->notices;
    struct buffer found = {0};
    uint64_t budget = GLOB_BUDGET;
    size_t count = 0;

    if (call->count > 3) {
        resp_write_error_format(
            call->reply,
            "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try "
            "PUBSUB HELP.",
            (int)call->arguments[1].size_bytes, (const char *)call->arguments[1].data);
        return false;
    }
    mutex_lock(&notices->mutex);
    for (const struct name_entry *entry = name_table_next(&notices->channels, NULL); entry != NULL;
         entry = name_table_next(&notices->channels, entry)) {
        if (call->count == 2 || glob_match(call->arguments[2].data, call->arguments[2].size_bytes,
                                           entry->name, entry->name_bytes, &budget)) {
            resp_write_bulk(&found, entry->name, entry->name_bytes);
            count++;
        }
    }
    mutex_unlock(&notices->mutex);
    if (budget == 0) {
        resp_write_error_format(call->reply, "ERR the pattern takes too long to compare with all "
                                             "channels");
    } else {
        resp_write_array(call->reply, count);
        resp_write_raw(call->reply, found.data, found.size_bytes);
    }
    buffer_free(&found);
    return false;
}

static bool run_pubsub_numsub(struct call *call)
{
    struct notices *notices = &call->front->notices;

    resp_write_array(call->reply, 2 * (call->count - 2));
    mutex_lock(&notices->mutex);
    for (size_t i = 2; i < call->count; i++) {
        const struct resp_argument *name = &call->arguments[i];
        const struct subscribed_name *found = (const struct subscribed_name *)name_table_find(
            &notices->channels, name->data, name->size_bytes);

        resp_write_bulk(call->reply, name->data, name->size_bytes);
        resp_write_integer(call->reply, found != NULL ? found->total : 0);
    }
    mutex_unlock(&notices->mutex);
    return false;
}

static bool run_pubsub_numpat(struct call *call)
{
    struct notices *notices = &call->front->notices;
    size_t count;

    mutex_lock(&notices->mutex);
    count = notices->patterns.count;
    mutex_unlock(&notices->mutex);
    resp_write_integer(call->reply, (int64_t)count);
    return false;
}

/* ---- Rows ---- */

#define ON_PUBSUB IN_GROUP("pubsub", CATEGORY_PUBSUB)

static const struct command pubsub_commands[] = {
    {SUBCOMMAND("pubsub", "channels"), .arity = -2, KIND(LOCAL, ABOUT_SERVER | COMMAND_PUBSUB),
     ON_PUBSUB, .run = run_pubsub_channels, .syntax = "[~pattern]",
     DOCS("O(N) where N is the number of channels",
          "Get the channels that have subscribers on this node")},
    HELP_OF("pubsub", "pubsub"),
    {SUBCOMMAND("pubsub", "numpat"), .arity = 2, KIND(LOCAL, ABOUT_SERVER | COMMAND_PUBSUB),
     ON_PUBSUB, .run = run_pubsub_numpat,
     DOCS("O(1)", "Get the number of different patterns that have subscribers on this node")},
    {SUBCOMMAND("pubsub", "numsub"), .arity = -2, KIND(LOCAL, ABOUT_SERVER | COMMAND_PUBSUB),
     ON_PUBSUB, .run = run_pubsub_numsub, .syntax = "[channel...]",
     DOCS("O(N) where N is the number of channels",
          "Get the number of subscribers that channels have on this node")},
    END,
};

const struct command commands_of_pubsub[] = {
    {COMMAND("psubscribe"), .arity = -2,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_psubscribe, .syntax = "~pattern...",
     DOCS("O(N) where N is the number of patterns",
          "Subscribe to all channels that match the given patterns")},
    {COMMAND("publish"), .arity = 3, KIND(CHANGE, COMMAND_WRITE | COMMAND_PUBSUB | COMMAND_FAST),
     ON_PUBSUB, .operation = KV_PUBLISH, .syntax = "channel message",
     DOCS("O(N) where N is the number of subscribers",
          "Send a message through the log to the subscribers of a channel on all nodes; the reply "
          "is the number of subscribers on this node")},
    CONTAINER("pubsub", pubsub_commands, "pubsub", "A container for commands about subscriptions"),
    {COMMAND("punsubscribe"), .arity = -1,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_punsubscribe, .syntax = "[~pattern...]",
     DOCS("O(N) where N is the number of patterns",
          "Unsubscribe from the given patterns, or from all patterns")},
    {COMMAND("subscribe"), .arity = -2,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_subscribe, .syntax = "channel...",
     DOCS("O(N) where N is the number of channels", "Subscribe to channels")},
    {COMMAND("unsubscribe"), .arity = -1,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_unsubscribe, .syntax = "[channel...]",
     DOCS("O(N) where N is the number of channels",
          "Unsubscribe from the given channels, or from all channels")},
    END,
};
