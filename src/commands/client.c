/*
 * CLIENT: what the node knows about its clients, and the settings of the client's own connection.
 * The thread of the connection's worker.
 */
#include "commands/client.h"

#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "commands/call.h"
#include "commands/rows.h"
#include "front/clients.h"
#include "front/connection.h"
#include "front/server.h"

static bool run_client_id(struct call *call)
{
    resp_write_integer(call->reply, (int64_t)call->connection->info.id);
    return false;
}

static bool run_client_getname(struct call *call)
{
    const char *name = call->connection->info.name;

    if (name != NULL) {
        resp_write_text(call->reply, name);
    } else {
        resp_write_nil(call->reply, call->protocol);
    }
    return false;
}

/* Blanks and line ends separate the fields of CLIENT LIST: no field may contain one. */
static bool is_plain(const struct resp_argument *text)
{
    for (size_t i = 0; i < text->size_bytes; i++) {
        if (text->data[i] < '!' || text->data[i] > '~') {
            return false;
        }
    }
    return true;
}

bool client_set_name(struct call *call, const struct resp_argument *name)
{
    if (!is_plain(name)) {
        resp_write_error_format(call->reply, "ERR Client names cannot contain spaces, newlines or "
                                             "special characters.");
        return false;
    }
    clients_set_text(&call->front->clients, &call->connection->info.name, name->data,
                     name->size_bytes);
    return true;
}

static bool run_client_setname(struct call *call)
{
    return client_set_name(call, &call->arguments[2]) ? call_ok(call) : false;
}

static bool run_client_setinfo(struct call *call)
{
    const struct resp_argument *option = &call->arguments[2];
    const struct resp_argument *value = &call->arguments[3];
    struct client_info *info = &call->connection->info;
    bool is_name = argument_is(option, "lib-name");

    if (!is_name && !argument_is(option, "lib-ver")) {
        resp_write_error_format(call->reply, "ERR Unrecognized option '%.*s'",
                                (int)(option->size_bytes < 128 ? option->size_bytes : 128),
                                (const char *)option->data);
        return false;
    }
    if (!is_plain(value)) {
        resp_write_error_format(call->reply,
                                "ERR %.*s cannot contain spaces, newlines or special characters.",
                                (int)option->size_bytes, (const char *)option->data);
        return false;
    }
    clients_set_text(&call->front->clients, is_name ? &info->library_name : &info->library_version,
                     value->data, value->size_bytes);
    return call_ok(call);
}

static bool run_client_info(struct call *call)
{
    struct buffer text = {0};

    clients_write_one(&call->front->clients, &call->connection->info, &text);
    resp_write_verbatim(call->reply, call->protocol, "txt", text.data, text.size_bytes);
    buffer_free(&text);
    return false;
}

static void write_list(struct call *call, const uint64_t *ids, size_t count)
{
    struct buffer text = {0};

    clients_write_all(&call->front->clients, ids, count, &text);
    resp_write_verbatim(call->reply, call->protocol, "txt", text.data, text.size_bytes);
    buffer_free(&text);
}

static bool list_by_id(struct call *call)
{
    size_t count = call->count - 3;
    uint64_t *ids = memory_allocate_zeroed(count, sizeof(ids[0]));
    bool valid = true;

    for (size_t i = 0; i < count && valid; i++) {
        int64_t id = 0;

        valid = number_parse(call->arguments[i + 3].data, call->arguments[i + 3].size_bytes, &id);
        ids[i] = (uint64_t)id;
    }
    if (valid) {
        write_list(call, ids, count);
    } else {
        resp_write_error_format(call->reply, "ERR Invalid client ID");
    }
    memory_free(ids);
    return false;
}

static void write_of_type(struct call *call, bool subscribed)
{
    struct buffer text = {0};

    clients_write_type(&call->front->clients, subscribed, &text);
    resp_write_verbatim(call->reply, call->protocol, "txt", text.data, text.size_bytes);
    buffer_free(&text);
}

/* No client is a master or a replica: nodes talk to each other on another port. */
static bool list_by_type(struct call *call)
{
    static const char *const others[] = {"master", "replica", "slave"};
    const struct resp_argument *type = &call->arguments[3];
    static const uint64_t no_id = 0;

    if (argument_is(type, "normal") || argument_is(type, "pubsub")) {
        write_of_type(call, argument_is(type, "pubsub"));
        return false;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (argument_is(type, others[i])) {
            write_list(call, &no_id, 0);
            return false;
        }
    }
    resp_write_error_format(call->reply, "ERR Unknown client type '%.*s'",
                            (int)(type->size_bytes < 128 ? type->size_bytes : 128),
                            (const char *)type->data);
    return false;
}

static bool run_client_list(struct call *call)
{
    if (call->count == 2) {
        write_list(call, NULL, 0);
        return false;
    }
    if (call->count == 4 && argument_is(&call->arguments[2], "type")) {
        return list_by_type(call);
    }
    if (call->count > 3 && argument_is(&call->arguments[2], "id")) {
        return list_by_id(call);
    }
    return call_syntax_error(call);
}

static bool run_client_reply(struct call *call)
{
    struct connection *connection = call->connection;

    if (argument_is(&call->arguments[2], "on")) {
        connection->reply_off = false;
        connection->reply_skip = false;
        return call_ok(call);
    }
    if (argument_is(&call->arguments[2], "off")) {
        connection->reply_off = true;
        return false;
    }
    if (argument_is(&call->arguments[2], "skip")) {
        connection->reply_skip_next = !connection->reply_off;
        return false;
    }
    return call_syntax_error(call);
}

/* raftd has no client-side caching. A request to switch it off succeeds, because it is off. */
static bool run_client_tracking(struct call *call)
{
    if (argument_is(&call->arguments[2], "off")) {
        return call_ok(call);
    }
    if (argument_is(&call->arguments[2], "on")) {
        resp_write_error_format(call->reply, "ERR client-side caching is not supported");
        return false;
    }
    return call_syntax_error(call);
}

static bool run_client_getredir(struct call *call)
{
    resp_write_integer(call->reply, -1);
    return false;
}

static bool run_client_on_off(struct call *call)
{
    if (argument_is(&call->arguments[2], "on") || argument_is(&call->arguments[2], "off")) {
        return call_ok(call);
    }
    return call_syntax_error(call);
}

/* ---- Rows ---- */

#define ON_CONNECTION IN_GROUP("connection", CATEGORY_CONNECTION)

static const struct command client_commands[] = {
    {SUBCOMMAND("client", "getname"), .arity = 2, IS_LOCAL, ON_CONNECTION,
     .run = run_client_getname, DOCS("O(1)", "Get the current connection name")},
    {SUBCOMMAND("client", "getredir"), .arity = 2, IS_LOCAL, ON_CONNECTION,
     .run = run_client_getredir, DOCS("O(1)", "Return -1: raftd has no client-side caching")},
    HELP_OF("client", "connection"),
    {SUBCOMMAND("client", "id"), .arity = 2, IS_LOCAL, ON_CONNECTION, .run = run_client_id,
     DOCS("O(1)", "Return the client ID for the current connection")},
    {SUBCOMMAND("client", "info"), .arity = 2, IS_LOCAL, ON_CONNECTION, .run = run_client_info,
     DOCS("O(1)", "Return information about the current client connection")},
    {SUBCOMMAND("client", "list"), .arity = -2, KIND(LOCAL, ABOUT_SERVER | COMMAND_ADMIN),
     ON_CONNECTION, .run = run_client_list,
     .syntax = "[TYPE client-type(NORMAL | MASTER | REPLICA | PUBSUB)] [ID #client-id...]",
     DOCS("O(N) where N is the number of client connections",
          "Get the list of client connections")},
    {SUBCOMMAND("client", "no-evict"), .arity = 3, KIND(LOCAL, ABOUT_SERVER | COMMAND_ADMIN),
     ON_CONNECTION, .run = run_client_on_off, .syntax = "enabled(ON | OFF)",
     DOCS("O(1)", "Accept ON and OFF without effect: raftd evicts no clients")},
    {SUBCOMMAND("client", "no-touch"), .arity = 3, IS_LOCAL, ON_CONNECTION,
     .run = run_client_on_off, .syntax = "enabled(ON | OFF)",
     DOCS("O(1)", "Accept ON and OFF without effect: raftd stores no access times")},
    {SUBCOMMAND("client", "reply"), .arity = 3, IS_LOCAL, ON_CONNECTION, .run = run_client_reply,
     .syntax = "mode(ON | OFF | SKIP)",
     DOCS("O(1)", "Instruct the server whether to reply to commands")},
    {SUBCOMMAND("client", "setinfo"), .arity = 4, IS_LOCAL, ON_CONNECTION,
     .run = run_client_setinfo, .syntax = "attr(LIB-NAME libname | LIB-VER libver)",
     DOCS("O(1)", "Set information specific to the client or connection")},
    {SUBCOMMAND("client", "setname"), .arity = 3, IS_LOCAL, ON_CONNECTION,
     .run = run_client_setname, .syntax = "connection-name",
     DOCS("O(1)", "Set the current connection name")},
    {SUBCOMMAND("client", "tracking"), .arity = -3, IS_LOCAL, ON_CONNECTION,
     .run = run_client_tracking, .syntax = "enabled(ON | OFF)",
     DOCS("O(1)", "Accept OFF and refuse ON: raftd has no client-side caching")},
    END,
};

const struct command commands_of_clients[] = {
    CONTAINER("client", client_commands, "connection",
              "A container for client connection commands"),
    END,
};
