/*
 * FLUSHALL, FLUSHDB and TIME. The thread of the connection's worker.
 */
#include <inttypes.h>
#include <stdio.h>

#include "commands/call.h"
#include "commands/rows.h"
#include "sys/clock.h"

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

/* ---- Rows ---- */

const struct command commands_of_server[] = {
    {COMMAND("dbsize"), .arity = 1, READS_FAST, IN_GROUP("server", CATEGORY_KEYSPACE),
     .operation = KV_DBSIZE, DOCS("O(1)", "Return the number of keys")},
    {COMMAND("flushall"), .arity = -1, CHANGES,
     IN_GROUP("server", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .run = run_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of keys", "Remove all keys")},
    {COMMAND("flushdb"), .arity = -1, CHANGES,
     IN_GROUP("server", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .run = run_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of keys", "Remove all keys: there is one database only")},
    {COMMAND("time"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("server", 0), .run = run_time,
     DOCS("O(1)", "Get the wall clock of this node: seconds and microseconds")},
    END,
};
