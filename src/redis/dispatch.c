/*
 * One command: found in the table, checked, then answered here or handed to the node.
 */
#include <string.h>

#include <raftd/client.h>

#include "base/memory.h"
#include "redis/command.h"
#include "redis/connection.h"
#include "redis/render.h"
#include "redis/server.h"
#include "redis/worker.h"

enum { PREVIEW_BYTES = 128 };

/* A C string's length, as Redis' own error texts see arguments: they end at a NUL byte. */
static int preview_length(const struct resp_argument *argument, size_t limit)
{
    const uint8_t *end = memchr(argument->data, '\0', argument->size_bytes);
    size_t size = end != NULL ? (size_t)(end - argument->data) : argument->size_bytes;

    return (int)(size < limit ? size : limit);
}

static void write_unknown(const struct call *call)
{
    char preview[2 * PREVIEW_BYTES];
    size_t length = 0;

    for (size_t i = 1; i < call->count && length < PREVIEW_BYTES; i++) {
        int size = preview_length(&call->arguments[i], PREVIEW_BYTES - length);

        preview[length++] = '\'';
        memcpy(preview + length, call->arguments[i].data, (size_t)size);
        length += (size_t)size;
        preview[length++] = '\'';
        preview[length++] = ' ';
    }
    resp_write_error_format(call->reply,
                            "ERR unknown command '%.*s', with args beginning with: %.*s",
                            preview_length(&call->arguments[0], PREVIEW_BYTES),
                            (const char *)call->arguments[0].data, (int)length, preview);
}

static void write_unknown_sub(const struct call *call, const struct command *container)
{
    char name[64];
    size_t size = 0;

    for (; container->name[size] != '\0' && size < sizeof(name) - 1; size++) {
        name[size] = (char)(container->name[size] - 'a' + 'A');
    }
    name[size] = '\0';
    resp_write_error_format(call->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                            preview_length(&call->arguments[1], PREVIEW_BYTES),
                            (const char *)call->arguments[1].data, name);
}

/* Finds the command and holds the arguments against it; false: the error is written. */
static bool find(struct call *call)
{
    const struct command *command =
        command_find(call->arguments[0].data, call->arguments[0].size_bytes);
    char name[64];

    if (command == NULL) {
        write_unknown(call);
        return false;
    }
    if (command->subcommands != NULL && call->count > 1) {
        const struct command *container = command;

        command =
            command_find_sub(container, call->arguments[1].data, call->arguments[1].size_bytes);
        if (command == NULL) {
            write_unknown_sub(call, container);
            return false;
        }
    }
    call->command = command;
    if (!command_takes(command, call->count)) {
        command_full_name(command, name, sizeof(name));
        resp_write_error_format(call->reply, "ERR wrong number of arguments for '%s' command",
                                name);
        return false;
    }
    if ((command->flags & COMMAND_LOADING) == 0 && !raftd_node_is_ready(call->server->node)) {
        resp_write_error(call->reply, render_not_ready, strlen(render_not_ready));
        return false;
    }
    return true;
}

static bool has_to_wait(const struct connection *connection, enum command_kind kind)
{
    if (kind == COMMAND_IS_LOCAL || connection->waiting == 0) {
        return false;
    }
    return kind == COMMAND_IS_BARRIER || (kind == COMMAND_IS_READ) != connection->waiting_reads;
}

static void pass_arguments(struct call *call)
{
    call->operation = call->command->operation;
    for (size_t i = 1; i < call->count; i++) {
        call->kv_arguments[i - 1] = (struct kv_argument){
            .data = call->arguments[i].data,
            .size_bytes = call->arguments[i].size_bytes,
        };
    }
    call->kv_count = call->count - 1;
}

/* What the command does here; true: the node has to be asked. */
static bool run(struct call *call)
{
    struct worker *worker = call->worker;

    worker->arguments = memory_grow(worker->arguments, &worker->argument_capacity, call->count,
                                    sizeof(worker->arguments[0]));
    call->kv_arguments = worker->arguments;
    call->is_read = call->command->kind != COMMAND_IS_CHANGE;
    if (call->command->run != NULL) {
        return call->command->run(call);
    }
    pass_arguments(call);
    return true;
}

/* 0, RAFTD_ERROR_BUSY or RAFTD_ERROR_TOO_LARGE. */
static int ask_node(struct call *call)
{
    struct connection *connection = call->connection;
    struct worker *worker = call->worker;
    uint64_t tag = worker_tag(worker, connection, connection->slots.tail);
    struct slot *slot;
    int code;

    worker->request.size_bytes = 0;
    kv_request_encode(&worker->request, call->operation, call->set_flags, call->kv_arguments,
                      call->kv_count);
    code = call->is_read
               ? raftd_client_read(worker->client, worker->request.data, worker->request.size_bytes,
                                   RAFTD_READ_LINEARIZABLE, 0, tag)
               : raftd_client_propose(worker->client, worker->request.data,
                                      worker->request.size_bytes, tag);
    if (code != 0) {
        return code;
    }
    slot = slots_push(&connection->slots);
    slot->silent = connection_is_silent(connection);
    slot->is_read = call->is_read;
    slot->renderer = call->renderer;
    slot->sections = call->sections;
    slot->protocol = (uint8_t)call->protocol;
    connection->waiting++;
    connection->waiting_reads = call->is_read;
    worker->has_proposed = true;
    return 0;
}

/* Carries out a command whose turn it is; false: the node takes no request now. */
static bool start(struct call *call)
{
    int code = 0;

    atomic_store_explicit(&call->connection->info.command, call->command, memory_order_relaxed);
    if (run(call)) {
        code = raftd_client_room(call->worker->client) > 0 ? ask_node(call) : RAFTD_ERROR_BUSY;
        if (code == 0 || code == RAFTD_ERROR_BUSY) {
            return code == 0;
        }
        render_status(call->reply, code, call->is_read);
    }
    connection_end_reply(call->connection);
    return true;
}

bool dispatch(struct connection *connection, const struct resp_request *request)
{
    struct worker *worker = connection->worker;
    struct call call = {
        .server = worker->server,
        .worker = worker,
        .connection = connection,
        .arguments = request->arguments,
        .count = request->count,
        .protocol = connection->protocol,
    };

    if (slots_count(&connection->slots) == SLOTS_MAX) {
        connection->block = BLOCK_SLOTS;
        return false;
    }
    call.reply = connection_begin_reply(connection);
    if (!find(&call)) {
        connection_end_reply(connection);
    } else if (has_to_wait(connection, call.command->kind)) {
        connection->block = BLOCK_KIND;
        return false;
    } else if (!start(&call)) {
        connection->block = BLOCK_ROOM;
        worker_add_starved(worker, connection);
        return false;
    }
    counter_add(&worker->command_count, 1);
    connection_next_command(connection);
    return true;
}
