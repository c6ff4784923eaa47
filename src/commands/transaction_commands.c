/*
 * MULTI, EXEC, DISCARD, WATCH and UNWATCH.
 */
#include <string.h>

#include "base/memory.h"
#include "commands/command.h"
#include "commands/render.h"
#include "commands/transaction.h"
#include "front/connection.h"

static bool write_ok(struct call *call)
{
    resp_write_raw(call->reply, "+OK\r\n", 5);
    return false;
}

bool run_multi(struct call *call)
{
    struct transaction *transaction = &call->connection->transaction;

    if (transaction->open) {
        resp_write_error_format(call->reply, "ERR MULTI calls can not be nested");
        return false;
    }
    transaction->open = true;
    atomic_store_explicit(&call->connection->info.queued, 0, memory_order_relaxed);
    return write_ok(call);
}

bool run_discard(struct call *call)
{
    if (!call->connection->transaction.open) {
        resp_write_error_format(call->reply, "ERR DISCARD without MULTI");
        return false;
    }
    transaction_end(call->connection);
    return write_ok(call);
}

bool run_exec(struct call *call)
{
    const struct transaction *transaction = &call->connection->transaction;

    if (!transaction->open) {
        resp_write_error_format(call->reply, "ERR EXEC without MULTI");
        return false;
    }
    if (transaction->failed) {
        resp_write_error_format(call->reply,
                                "EXECABORT Transaction discarded because of previous errors.");
        transaction_end(call->connection);
        return false;
    }
    return transaction_execute(call);
}

bool run_unwatch(struct call *call)
{
    transaction_unwatch(call->connection);
    return write_ok(call);
}

static void finish_watch(struct connection *connection, const struct owed_reply *owed,
                         const struct raftd_completion *completion, struct buffer *output)
{
    transaction_watched(connection, owed->attached, owed->attached_bytes, completion);
    if (completion->status != 0) {
        finish_reply(connection, owed, completion, output);
    } else {
        resp_write_raw(output, "+OK\r\n", 5);
    }
}

bool run_watch(struct call *call)
{
    struct buffer keys = {0};

    if (call->connection->transaction.open) {
        resp_write_error_format(call->reply, "ERR WATCH inside MULTI is not allowed");
        return false;
    }
    for (size_t i = 1; i < call->count; i++) {
        const struct resp_argument *key = &call->arguments[i];

        if (!transaction_watch(call->connection, key->data, key->size_bytes)) {
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
