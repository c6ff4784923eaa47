/*
 * PING, ECHO, HELLO, SELECT, RESET and QUIT: commands about the connection itself. The thread of
 * its worker.
 */
#include <raftd/node.h>

#include "base/number.h"
#include "commands/call.h"
#include "commands/client.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "commands/topology.h"
#include "front/connection.h"
#include "front/server.h"
#include "front/subscribers.h"
#include "front/worker.h"

/* Only a node that is not ready makes its clients wait for its status. */
static void say_why_not_ready(struct call *call)
{
    struct raftd_status status;

    raftd_node_status(call->front->node, &status, sizeof(status));
    if (status.waiting_for[0] != 0) {
        resp_write_error_format(call->reply, "CLUSTERDOWN %s", status.waiting_for);
    } else {
        resp_write_error_format(call->reply,
                                "CLUSTERDOWN this node has no contact with a leader that has a "
                                "quorum; ask RAFT STATUS for the members that do not answer");
    }
}

static bool run_ping(struct call *call)
{
    if (call->count > 2) {
        resp_write_error_format(call->reply, "ERR wrong number of arguments for 'ping' command");
    } else if (call->protocol == RESP2 && connection_is_subscribed(call->connection)) {
        resp_write_array(call->reply, 2);
        resp_write_text(call->reply, "pong");
        resp_write_bulk(call->reply, call->count == 2 ? (const void *)call->arguments[1].data : "",
                        call->count == 2 ? call->arguments[1].size_bytes : 0);
    } else if (!raftd_node_is_ready(call->front->node)) {
        say_why_not_ready(call);
    } else if (call->count == 2) {
        resp_write_bulk(call->reply, call->arguments[1].data, call->arguments[1].size_bytes);
    } else {
        resp_write_raw(call->reply, "+PONG\r\n", 7);
    }
    return false;
}

static bool run_echo(struct call *call)
{
    resp_write_bulk(call->reply, call->arguments[1].data, call->arguments[1].size_bytes);
    return false;
}

static bool run_quit(struct call *call)
{
    resp_write_raw(call->reply, "+OK\r\n", 5);
    connection_end_input(call->connection);
    return false;
}

static bool run_select(struct call *call)
{
    if (call_checks_database(call, &call->arguments[1])) {
        resp_write_raw(call->reply, "+OK\r\n", 5);
    }
    return false;
}

static void set_protocol(struct connection *connection, enum resp_protocol protocol)
{
    connection->protocol = protocol;
    atomic_store_explicit(&connection->info.protocol, protocol, memory_order_relaxed);
}

static bool run_reset(struct call *call)
{
    struct connection *connection = call->connection;

    set_protocol(connection, RESP2);
    subscribers_forget(connection);
    transaction_end(&connection->session->transaction);
    connection->reply_off = false;
    connection->reply_skip = false;
    session_reset_reads(connection);
    clients_set_text(&call->front->clients, &connection->info.name, NULL, 0);
    resp_write_raw(call->reply, "+RESET\r\n", 8);
    return false;
}

static bool hello_version(struct call *call, int64_t *version)
{
    const struct resp_argument *argument = &call->arguments[1];

    if (!number_parse(argument->data, argument->size_bytes, version)) {
        resp_write_error_format(call->reply,
                                "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (*version != RESP2 && *version != RESP3) {
        resp_write_error_format(call->reply, "NOPROTO unsupported protocol version");
        return false;
    }
    return true;
}

/* Carries out the options after the version. False: the error is written. */
static bool hello_options(struct call *call)
{
    const struct resp_argument *name = NULL;
    size_t i = 2;

    while (i < call->count) {
        size_t more = call->count - i - 1;

        if (argument_is(&call->arguments[i], "auth") && more >= 2) {
            /* raftd has no passwords. Do not accept a password in silence: the client would believe
             * that the data is protected. */
            resp_write_error_format(
                call->reply, "ERR AUTH <password> called without any password configured for the "
                             "default user. Are you sure your configuration is correct?");
            return false;
        }
        if (argument_is(&call->arguments[i], "setname") && more >= 1) {
            name = &call->arguments[i + 1];
            i += 2;
        } else {
            resp_write_error_format(
                call->reply, "ERR Syntax error in HELLO option '%.*s'",
                (int)(call->arguments[i].size_bytes < 128 ? call->arguments[i].size_bytes : 128),
                (const char *)call->arguments[i].data);
            return false;
        }
    }
    return name == NULL || client_set_name(call, name);
}

static bool run_hello(struct call *call)
{
    struct connection *connection = call->connection;
    bool redirects = call->front->conf.redis.redirect == CONF_REDIRECT_MOVED;
    const struct topology_node *leader =
        redirects ? topology_leader(session_view(call->worker)) : NULL;
    int64_t version = connection->protocol;

    if (call->count > 1 && (!hello_version(call, &version) || !hello_options(call))) {
        return false;
    }
    set_protocol(connection, (enum resp_protocol)version);
    resp_write_map(call->reply, connection->protocol, 7);
    resp_write_text(call->reply, "server");
    resp_write_text(call->reply, "raftd");
    resp_write_text(call->reply, "version");
    resp_write_text(call->reply, raftd_version());
    resp_write_text(call->reply, "proto");
    resp_write_integer(call->reply, version);
    resp_write_text(call->reply, "id");
    resp_write_integer(call->reply, (int64_t)connection->info.id);
    resp_write_text(call->reply, "mode");
    resp_write_text(call->reply, redirects ? "cluster" : "standalone");
    resp_write_text(call->reply, "role");
    /* Unless clients are redirected, every node accepts writes. */
    resp_write_text(call->reply,
                    redirects && leader != NULL && !leader->self ? "replica" : "master");
    resp_write_text(call->reply, "modules");
    resp_write_array(call->reply, 0);
    return false;
}

/* ---- Rows ---- */

#define ON_CONNECTION IN_GROUP("connection", CATEGORY_CONNECTION)

const struct command commands_of_connection[] = {
    {COMMAND("echo"), .arity = 2, IS_LOCAL_FAST, ON_CONNECTION, .run = run_echo,
     .syntax = "message", DOCS("O(1)", "Echo the given string")},
    {COMMAND("hello"), .arity = -1, IS_LOCAL_FAST, ON_CONNECTION, .run = run_hello,
     .syntax =
         "[arguments(#protover [AUTH username_password(username password)] [SETNAME clientname])]",
     DOCS(
         "O(1)",
         "Choose version 2 or 3 of the protocol; AUTH is refused, because raftd has no passwords")},
    {COMMAND("ping"), .arity = -1, KIND(LOCAL, COMMAND_FAST | COMMAND_SUBSCRIBED), ON_CONNECTION,
     .run = run_ping, .syntax = "[message]",
     DOCS("O(1)", "Ping the node; while it is not ready, the reply is the error LOADING, or "
                  "CLUSTERDOWN if it was ready before and has no contact with a quorum now")},
    {COMMAND("quit"), .arity = -1,
     KIND(LOCAL, ABOUT_SERVER | COMMAND_FAST | COMMAND_SUBSCRIBED | COMMAND_AT_ONCE), ON_CONNECTION,
     .run = run_quit, DOCS("O(1)", "Close the connection")},
    {COMMAND("reset"), .arity = 1,
     KIND(LOCAL, ABOUT_SERVER | COMMAND_FAST | COMMAND_SUBSCRIBED | COMMAND_AT_ONCE), ON_CONNECTION,
     .run = run_reset, DOCS("O(1)", "Reset the connection")},
    {COMMAND("select"), .arity = 2, IS_LOCAL_FAST, ON_CONNECTION, .run = run_select,
     .syntax = "#index", DOCS("O(1)", "Select database 0, the only database")},
    END,
};
