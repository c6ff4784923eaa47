/*
 * MULTI, EXEC, DISCARD, WATCH and UNWATCH: makes one request to the state machine from the queued
 * commands, and the replies of the commands from its answer. The thread of the connection's worker.
 */
#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "commands/call.h"
#include "commands/render.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "commands/transaction.h"
#include "front/connection.h"
#include "front/worker.h"

/* Makes the call of a queued command again. The caller frees the arguments with end_call(). */
static struct call make_call(struct connection *connection, const struct queued_command *queued,
                             struct buffer *reply)
{
    struct resp_argument *arguments = memory_allocate_zeroed(queued->count, sizeof(*arguments));
    struct worker *worker = connection->worker;

    transaction_read(&connection->session->transaction, queued, arguments);
    return (struct call){
        .front = worker->front,
        .worker = worker,
        .connection = connection,
        .session = connection->session,
        .command = queued->command,
        .arguments = arguments,
        .count = queued->count,
        .reply = reply,
        .protocol = connection->protocol,
        .in_transaction = true,
    };
}

static void end_call(struct call *call)
{
    memory_free((void *)(uintptr_t)call->arguments);
}

/* ---- The request -------------------------------------------------------------------------- */

static bool is_for_node(const struct command *command)
{
    return command->kind == COMMAND_IS_READ || command->kind == COMMAND_IS_CHANGE ||
           (command->flags & COMMAND_ASKS_INSIDE) != 0;
}

/* Appends the command's request, with its size in front, if the node has to be asked. */
static void add_request(struct connection *connection, struct queued_command *queued,
                        struct buffer *requests)
{
    struct call call = make_call(connection, queued, &queued->reply);
    struct buffer request = {0};

    queued->on_node = call_prepare(&call);
    if (queued->on_node && call.submit != NULL) {
        /* RAFT MEMBER: this is no request to the state machine. */
        queued->on_node = false;
        resp_write_error_format(&queued->reply, "ERR Command not allowed inside a transaction");
    } else if (queued->on_node) {
        kv_request_encode(&request, call.operation, call.flags, call.kv_arguments, call.kv_count);
        buffer_append_u32(requests, (uint32_t)request.size_bytes);
        buffer_append(requests, request.data, request.size_bytes);
        queued->owed = call.owed;
        buffer_free(&request);
    }
    end_call(&call);
}

static void add_number(struct buffer *texts, int64_t number)
{
    char text[NUMBER_TEXT_BYTES_MAX];
    size_t size = number_format(number, text);

    buffer_append_u32(texts, (uint32_t)size);
    buffer_append(texts, text, size);
}

/* The first arguments of KV_EXEC, each with its size in front: the number of watched keys, then
 * these with their revisions. Returns how many arguments that is. */
static size_t add_watched(const struct transaction *transaction, struct buffer *parts)
{
    const struct name_table *watched = &transaction->watched;

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

/* Carries out a command that needs no request, after the transaction was applied. */
static void carry_out(struct connection *connection, const struct queued_command *queued,
                      struct buffer *output)
{
    size_t start = output->size_bytes;
    struct call call = make_call(connection, queued, output);

    if (call_prepare(&call)) {
        /* For INFO: without an answer of the node, INFO leaves out the numbers of the state
         * machine. */
        static const struct raftd_completion no_answer = {.status = RAFTD_ERROR_UNAVAILABLE};

        call.owed.finish(connection, &call.owed, &no_answer, output);
        memory_free(call.owed.attached);
    }
    if (output->size_bytes == start) {
        resp_write_raw(output, "+OK\r\n", 5); /* CLIENT REPLY: an array has no gaps */
    }
    end_call(&call);
}

static void write_replies(struct connection *connection, struct reader *answers,
                          struct buffer *output)
{
    const struct transaction *transaction = &connection->session->transaction;

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

static void finish_exec(struct connection *connection, const struct owed_reply *owed,
                        const struct raftd_completion *completion, struct buffer *output)
{
    struct reader answers = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value = {.type = KV_REPLY_ARRAY};

    if (completion->status != 0) {
        render_status(output, completion->status, false);
    } else if (completion->data != NULL && !kv_reply_next(&answers, &value)) {
        resp_write_error_format(output, "ERR the transaction had no reply");
    } else if (value.type == KV_REPLY_NIL) {
        resp_write_nil_array(output, (enum resp_protocol)owed->protocol);
    } else if (value.type == KV_REPLY_ERROR) {
        resp_write_error(output, value.data, value.size_bytes);
    } else {
        write_replies(connection, &answers, output);
    }
    transaction_end(&connection->session->transaction);
}

/* ---- The commands ------------------------------------------------------------------------- */

static bool run_multi(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;

    if (transaction->open) {
        resp_write_error_format(call->reply, "ERR MULTI calls can not be nested");
        return false;
    }
    transaction_begin(transaction);
    return call_ok(call);
}

static bool run_discard(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;

    if (!transaction->open) {
        resp_write_error_format(call->reply, "ERR DISCARD without MULTI");
        return false;
    }
    transaction_end(transaction);
    return call_ok(call);
}

/* Makes one request of the queued commands. dispatch.c calls this only if the node has room for a
 * request: some commands are carried out while the request is made, and must not be carried out
 * twice. */
static bool ask_exec(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;
    const struct raftd_completion nothing = {0};
    struct buffer parts = {0};
    size_t count;

    ASSERT(raftd_client_room(call->worker->client) > 0);
    count = add_watched(transaction, &parts);
    for (size_t i = 0; i < transaction->count; i++) {
        struct queued_command *queued = &transaction->commands[i];

        if (is_for_node(queued->command)) {
            add_request(call->connection, queued, &parts);
            count += queued->on_node ? 1 : 0;
        }
    }
    if (count == 1) {
        buffer_free(&parts);
        finish_exec(call->connection, &call->owed, &nothing, call->reply);
        return false;
    }
    call_ask_parts(call, KV_EXEC, &parts, count);
    buffer_free(&parts);
    call->owed.finish = finish_exec;
    return true;
}

static bool run_exec(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;

    if (!transaction->open) {
        resp_write_error_format(call->reply, "ERR EXEC without MULTI");
        return false;
    }
    if (transaction->failed) {
        resp_write_error_format(call->reply,
                                "EXECABORT Transaction discarded because of previous errors.");
        transaction_end(transaction);
        return false;
    }
    return ask_exec(call);
}

static bool run_unwatch(struct call *call)
{
    transaction_unwatch(&call->session->transaction);
    return call_ok(call);
}

static void finish_watch(struct connection *connection, const struct owed_reply *owed,
                         const struct raftd_completion *completion, struct buffer *output)
{
    transaction_watched(&connection->session->transaction, owed->attached, owed->attached_bytes,
                        completion);
    if (completion->status != 0) {
        finish_reply(connection, owed, completion, output);
    } else {
        resp_write_raw(output, "+OK\r\n", 5);
    }
}

static bool run_watch(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;
    struct buffer keys = {0};

    if (transaction->open) {
        resp_write_error_format(call->reply, "ERR WATCH inside MULTI is not allowed");
        return false;
    }
    for (size_t i = 1; i < call->count; i++) {
        const struct resp_argument *key = &call->arguments[i];

        if (!transaction_watch(transaction, key->data, key->size_bytes)) {
            resp_write_error_format(call->reply, "ERR a connection can watch at most %d keys",
                                    TRANSACTION_WATCHES_MAX);
            buffer_free(&keys);
            return false;
        }
        buffer_append_u32(&keys, (uint32_t)key->size_bytes);
        buffer_append(&keys, key->data, key->size_bytes);
    }
    call_ask(call, KV_REVISION, call->count - 1);
    call->read_level = RAFTD_READ_LINEARIZABLE;
    call->owed.finish = finish_watch;
    call->owed.attached = keys.data;
    call->owed.attached_bytes = (uint32_t)keys.size_bytes;
    return true;
}

/* ---- Rows ---- */

#define ON_TRANSACTIONS IN_GROUP("transactions", CATEGORY_TRANSACTION)

const struct command commands_of_transactions[] = {
    {COMMAND("discard"), .arity = 1, KIND(BARRIER, ABOUT_SERVER | COMMAND_FAST | COMMAND_AT_ONCE),
     ON_TRANSACTIONS, .run = run_discard,
     DOCS("O(N) where N is the number of queued commands",
          "Forget the commands that were queued since MULTI, and the watched keys")},
    {COMMAND("exec"), .arity = 1,
     KIND(CHANGE, COMMAND_WRITE | COMMAND_AT_ONCE | COMMAND_RUNS_QUEUE), ON_TRANSACTIONS,
     .run = run_exec,
     DOCS("Depends on the commands",
          "Execute all commands that were queued since MULTI, as one entry of the log; if a "
          "watched key was changed, execute none of them and return nil")},
    {COMMAND("multi"), .arity = 1, KIND(BARRIER, ABOUT_SERVER | COMMAND_FAST | COMMAND_AT_ONCE),
     ON_TRANSACTIONS, .run = run_multi, DOCS("O(1)", "Queue the commands that follow, until EXEC")},
    {COMMAND("unwatch"), .arity = 1, KIND(BARRIER, ABOUT_SERVER | COMMAND_FAST), ON_TRANSACTIONS,
     .run = run_unwatch, DOCS("O(1)", "Forget the watched keys")},
    {COMMAND("watch"), .arity = -2, KIND(READ, COMMAND_READONLY | COMMAND_FAST | COMMAND_AT_ONCE),
     MANY_KEYS("RO"), ON_TRANSACTIONS, .run = run_watch, .syntax = "@key...",
     DOCS(
         "O(N) where N is the number of keys",
         "Watch keys: if one of them is changed before the next EXEC, that EXEC executes nothing")},
    END,
};
