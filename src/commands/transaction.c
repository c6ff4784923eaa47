/*
 * From queued commands to one request, and from its answer to theirs.
 */
#include "commands/transaction.h"

#include <string.h>

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "commands/command.h"
#include "commands/render.h"
#include "front/connection.h"
#include "front/server.h"
#include "front/worker.h"

struct queued_command {
    const struct command *command;
    size_t offset; /* of its arguments */
    size_t count;
    bool on_node;           /* the node's answer to EXEC has a part for it */
    struct owed_reply owed; /* if so: how that part becomes the reply */
    struct buffer reply;    /* what was answered while the request was made */
};

struct watched_key {
    struct name_entry entry;
    bool known;
    int64_t revision;
};

/* ---- Watched keys ------------------------------------------------------------------------- */

bool transaction_watch(struct connection *connection, const void *key, size_t size)
{
    struct name_table *watched = &connection->transaction.watched;

    if (name_table_find(watched, key, size) != NULL) {
        return true;
    }
    if (watched->count == TRANSACTION_WATCHES_MAX) {
        return false;
    }
    name_table_add(watched, key, size, sizeof(struct watched_key));
    return true;
}

void transaction_watched(struct connection *connection, const uint8_t *keys, size_t size,
                         const struct raftd_completion *completion)
{
    struct name_table *watched = &connection->transaction.watched;
    struct reader names = reader_make(keys, size);
    struct reader answer = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value = {.type = KV_REPLY_NIL};
    bool told =
        completion->status == 0 && kv_reply_next(&answer, &value) && value.type == KV_REPLY_ARRAY;

    while (reader_left(&names) > 0) {
        size_t name_size = reader_u32(&names);
        const uint8_t *name = reader_bytes(&names, name_size);
        struct watched_key *key = (struct watched_key *)name_table_find(watched, name, name_size);

        told = told && kv_reply_next(&answer, &value) && value.type == KV_REPLY_INTEGER;
        /* Watched twice: the older revision is the one that counts. */
        if (key != NULL && !key->known && told) {
            key->known = true;
            key->revision = value.integer;
        } else if (key != NULL && !key->known) {
            name_table_remove(watched, &key->entry);
        }
    }
}

void transaction_unwatch(struct connection *connection)
{
    name_table_free(&connection->transaction.watched);
}

/* ---- Queueing ----------------------------------------------------------------------------- */

static void show_count(struct connection *connection)
{
    const struct transaction *transaction = &connection->transaction;

    atomic_store_explicit(&connection->info.queued,
                          transaction->open ? (int)transaction->count : -1, memory_order_relaxed);
}

void transaction_end(struct connection *connection)
{
    struct transaction *transaction = &connection->transaction;

    transaction_unwatch(connection);
    for (size_t i = 0; i < transaction->count; i++) {
        buffer_free(&transaction->commands[i].reply);
        memory_free(transaction->commands[i].owed.attached);
    }
    memory_free(transaction->commands);
    buffer_free(&transaction->arguments);
    *transaction = (struct transaction){0};
    show_count(connection);
}

void transaction_queue(struct call *call)
{
    struct transaction *transaction = &call->connection->transaction;
    uint64_t size_max = call->server->conf.limits.max_request_bytes;
    uint64_t size = transaction->arguments.size_bytes;

    for (size_t i = 0; i < call->count; i++) {
        size += sizeof(uint32_t) + call->arguments[i].size_bytes;
    }
    if (size > size_max || transaction->count == TRANSACTION_COMMANDS_MAX) {
        transaction->failed = true;
        resp_write_error_format(call->reply,
                                "ERR the transaction has more than %d commands or "
                                "more bytes than limits.max_request_bytes",
                                TRANSACTION_COMMANDS_MAX);
        return;
    }
    transaction->commands = memory_grow(transaction->commands, &transaction->capacity,
                                        transaction->count + 1, sizeof(transaction->commands[0]));
    transaction->commands[transaction->count++] = (struct queued_command){
        .command = call->command,
        .offset = transaction->arguments.size_bytes,
        .count = call->count,
    };
    for (size_t i = 0; i < call->count; i++) {
        buffer_append_u32(&transaction->arguments, (uint32_t)call->arguments[i].size_bytes);
        buffer_append(&transaction->arguments, call->arguments[i].data,
                      call->arguments[i].size_bytes);
    }
    show_count(call->connection);
    resp_write_raw(call->reply, "+QUEUED\r\n", 9);
}

/* A queued command as it came; its arguments are the caller's to free. */
static struct call call_of(struct connection *connection, const struct queued_command *queued,
                           struct buffer *reply)
{
    struct resp_argument *arguments = memory_allocate_zeroed(queued->count, sizeof(*arguments));
    struct worker *worker = connection->worker;
    const struct buffer *bytes = &connection->transaction.arguments;
    struct reader reader = reader_make(bytes->data, bytes->size_bytes);

    reader_bytes(&reader, queued->offset);
    for (size_t i = 0; i < queued->count; i++) {
        arguments[i].size_bytes = reader_u32(&reader);
        arguments[i].data = reader_bytes(&reader, arguments[i].size_bytes);
    }
    ASSERT(!reader.failed);
    return (struct call){
        .server = worker->server,
        .worker = worker,
        .connection = connection,
        .command = queued->command,
        .arguments = arguments,
        .count = queued->count,
        .reply = reply,
        .protocol = connection->protocol,
        .in_transaction = true,
    };
}

/* ---- The request -------------------------------------------------------------------------- */

static bool is_for_node(const struct command *command)
{
    return command->kind == COMMAND_IS_READ || command->kind == COMMAND_IS_CHANGE ||
           (command->flags & COMMAND_ASKS_INSIDE) != 0;
}

/* Appends the command's request, its size in front, if it comes to one. */
static void add_request(struct connection *connection, struct queued_command *queued,
                        struct buffer *requests)
{
    struct call call = call_of(connection, queued, &queued->reply);
    struct buffer request = {0};

    queued->on_node = call_prepare(&call);
    if (queued->on_node && call.submit != NULL) {
        queued->on_node = false; /* it asks the node itself, not the state machine */
        resp_write_error_format(&queued->reply, "ERR not possible inside a transaction");
    } else if (queued->on_node) {
        kv_request_encode(&request, call.operation, call.flags, call.kv_arguments, call.kv_count);
        buffer_append_u32(requests, (uint32_t)request.size_bytes);
        buffer_append(requests, request.data, request.size_bytes);
        queued->owed = call.owed;
        buffer_free(&request);
    }
    memory_free((void *)(uintptr_t)call.arguments);
}

static void add_number(struct buffer *texts, int64_t number)
{
    char text[NUMBER_TEXT_BYTES_MAX];
    size_t size = number_format(number, text);

    buffer_append_u32(texts, (uint32_t)size);
    buffer_append(texts, text, size);
}

/* The arguments of KV_EXEC, each with its size in front: the number of watched keys, these with
 * their revisions, then the requests. */
static size_t add_watched(struct connection *connection, struct buffer *parts)
{
    const struct name_table *watched = &connection->transaction.watched;

    add_number(parts, (int64_t)watched->count);
    for (const struct name_entry *entry = name_table_next(watched, NULL); entry != NULL;
         entry = name_table_next(watched, entry)) {
        buffer_append_u32(parts, (uint32_t)entry->name_bytes);
        buffer_append(parts, entry->name, entry->name_bytes);
        add_number(parts, ((const struct watched_key *)entry)->revision);
    }
    return 1 + 2 * watched->count;
}

/* ---- The answer --------------------------------------------------------------------------- */

/* What needs no node, now that the transaction took place. */
static void carry_out(struct connection *connection, const struct queued_command *queued,
                      struct buffer *output)
{
    size_t start = output->size_bytes;
    struct call call = call_of(connection, queued, output);

    if (call_prepare(&call)) {
        /* INFO, which leaves out the numbers that the node would have to be asked for. */
        static const struct raftd_completion no_answer = {.status = RAFTD_ERROR_UNAVAILABLE};

        call.owed.finish(connection, &call.owed, &no_answer, output);
        memory_free(call.owed.attached);
    }
    if (output->size_bytes == start) {
        resp_write_raw(output, "+OK\r\n", 5); /* CLIENT REPLY: an array has no gaps */
    }
    memory_free((void *)(uintptr_t)call.arguments);
}

static void render_commands(struct connection *connection, struct reader *answers,
                            struct buffer *output)
{
    const struct transaction *transaction = &connection->transaction;

    resp_write_array(output, transaction->count);
    for (size_t i = 0; i < transaction->count; i++) {
        const struct queued_command *queued = &transaction->commands[i];

        if (queued->on_node) {
            struct raftd_completion part = {.data = answers->data + answers->offset_bytes};
            size_t start = answers->offset_bytes;

            render_skip(answers);
            part.size_bytes = answers->offset_bytes - start;
            queued->owed.finish(connection, &queued->owed, &part, output);
        } else if (queued->reply.size_bytes > 0) {
            resp_write_raw(output, queued->reply.data, queued->reply.size_bytes);
        } else {
            carry_out(connection, queued, output);
        }
    }
}

static void render_exec(struct connection *connection, const struct raftd_completion *completion,
                        struct buffer *output)
{
    struct reader answers = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value = {.type = KV_REPLY_ARRAY};

    if (completion->status != 0) {
        render_status(output, completion->status, false);
    } else if (completion->data != NULL && !kv_reply_next(&answers, &value)) {
        resp_write_error_format(output, "ERR the transaction had no reply");
    } else if (value.type == KV_REPLY_NIL) {
        resp_write_nil_array(output, connection->protocol);
    } else if (value.type == KV_REPLY_ERROR) {
        resp_write_error(output, value.data, value.size_bytes);
    } else {
        render_commands(connection, &answers, output);
    }
}

/* ---- EXEC --------------------------------------------------------------------------------- */

static void finish_exec(struct connection *connection, const struct owed_reply *owed,
                        const struct raftd_completion *completion, struct buffer *output)
{
    (void)owed;
    render_exec(connection, completion, output);
    transaction_end(connection);
}

bool transaction_execute(struct call *call)
{
    struct connection *connection = call->connection;
    struct transaction *transaction = &connection->transaction;
    const struct raftd_completion nothing = {0};
    struct buffer parts = {0};
    size_t count;

    ASSERT(raftd_client_room(call->worker->client) > 0); /* or it would be made twice */
    count = add_watched(connection, &parts);
    for (size_t i = 0; i < transaction->count; i++) {
        struct queued_command *queued = &transaction->commands[i];

        if (is_for_node(queued->command)) {
            add_request(connection, queued, &parts);
            count += queued->on_node ? 1 : 0;
        }
    }
    if (count == 1) {
        buffer_free(&parts);
        render_exec(connection, &nothing, call->reply);
        transaction_end(connection);
        return false;
    }
    call_ask_parts(call, KV_EXEC, &parts, count);
    buffer_free(&parts);
    call->owed.finish = finish_exec;
    return true;
}
