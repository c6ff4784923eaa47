/*
 * FLUSHALL, FLUSHDB and TIME. The thread of the connection's worker.
 */
#include <inttypes.h>
#include <stdio.h>

#include "commands/call.h"
#include "sys/clock.h"

bool run_flush(struct call *call)
{
    if (call->count > 2 || (call->count == 2 && !argument_is(&call->arguments[1], "async") &&
                            !argument_is(&call->arguments[1], "sync"))) {
        return call_syntax_error(call);
    }
    call_ask(call, KV_FLUSH, 0);
    return true;
}

bool run_time(struct call *call)
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
