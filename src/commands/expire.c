/*
 * EXPIRE and its relatives, which give a key a time to live. The name of the command goes to the
 * state machine as the unit of the amount; the state machine converts and checks the amount. The
 * thread of the connection's worker.
 */
#include "commands/call.h"
#include "commands/rows.h"

static uint8_t expire_flag(const struct resp_argument *option)
{
    return argument_is(option, "nx")   ? KV_EXPIRE_NX
           : argument_is(option, "xx") ? KV_EXPIRE_XX
           : argument_is(option, "gt") ? KV_EXPIRE_GT
           : argument_is(option, "lt") ? KV_EXPIRE_LT
                                       : 0;
}

/* EXPIRE key amount [NX | XX | GT | LT], PEXPIRE, EXPIREAT and PEXPIREAT: the name is the unit. */
static bool run_expire(struct call *call)
{
    uint8_t flags = 0;

    for (size_t i = 3; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];
        uint8_t flag = expire_flag(option);

        if (flag == 0) {
            resp_write_error_format(call->reply, "ERR Unsupported option %.*s",
                                    (int)(option->size_bytes < 128 ? option->size_bytes : 128),
                                    (const char *)option->data);
            return false;
        }
        flags |= flag;
    }
    if ((flags & KV_EXPIRE_NX) != 0 && flags != KV_EXPIRE_NX) {
        resp_write_error_format(call->reply, "ERR NX and XX, GT or LT options at the same time are "
                                             "not compatible");
        return false;
    }
    if ((flags & KV_EXPIRE_GT) != 0 && (flags & KV_EXPIRE_LT) != 0) {
        resp_write_error_format(call->reply,
                                "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    call_ask(call, KV_EXPIRE, 1);
    call_ask_also(call, &call->arguments[0]);
    call_ask_also(call, &call->arguments[2]);
    call->flags = flags;
    return true;
}

/* ---- Rows ---- */

#define ON_KEYS IN_GROUP("generic", CATEGORY_KEYSPACE)

const struct command commands_of_expiry[] = {
    {COMMAND("expire"), .arity = -3, CHANGES_FAST, ONE_KEY("RW update"), ON_KEYS, .run = run_expire,
     .syntax = "@key #seconds [condition(NX | XX | GT | LT)]",
     DOCS("O(1)", "Set the time to live of a key in seconds")},
    {COMMAND("expireat"), .arity = -3, CHANGES_FAST, ONE_KEY("RW update"), ON_KEYS,
     .run = run_expire, .syntax = "@key #unix-time-seconds [condition(NX | XX | GT | LT)]",
     DOCS("O(1)", "Set the time at which a key expires, in seconds since 1970")},
    {COMMAND("expiretime"), .arity = 2, READS_FAST, ONE_KEY("RO access"), ON_KEYS,
     .operation = KV_TTL, .operation_flags = KV_TTL_ABSOLUTE, .syntax = "@key",
     DOCS("O(1)", "Get the time at which a key expires, in seconds since 1970")},
    {COMMAND("persist"), .arity = 2, CHANGES_FAST, ONE_KEY("RW update"), ON_KEYS,
     .operation = KV_PERSIST, .syntax = "@key", DOCS("O(1)", "Remove the time to live of a key")},
    {COMMAND("pexpire"), .arity = -3, CHANGES_FAST, ONE_KEY("RW update"), ON_KEYS,
     .run = run_expire, .syntax = "@key #milliseconds [condition(NX | XX | GT | LT)]",
     DOCS("O(1)", "Set the time to live of a key in milliseconds")},
    {COMMAND("pexpireat"), .arity = -3, CHANGES_FAST, ONE_KEY("RW update"), ON_KEYS,
     .run = run_expire, .syntax = "@key #unix-time-milliseconds [condition(NX | XX | GT | LT)]",
     DOCS("O(1)", "Set the time at which a key expires, in milliseconds since 1970")},
    {COMMAND("pexpiretime"), .arity = 2, READS_FAST, ONE_KEY("RO access"), ON_KEYS,
     .operation = KV_TTL, .operation_flags = KV_TTL_ABSOLUTE | KV_TTL_MILLISECONDS,
     .syntax = "@key",
     DOCS("O(1)", "Get the time at which a key expires, in milliseconds since 1970")},
    {COMMAND("pttl"), .arity = 2, READS_FAST, ONE_KEY("RO access"), ON_KEYS, .operation = KV_TTL,
     .operation_flags = KV_TTL_MILLISECONDS, .syntax = "@key",
     DOCS("O(1)", "Get the time to live of a key in milliseconds")},
    {COMMAND("ttl"), .arity = 2, READS_FAST, ONE_KEY("RO access"), ON_KEYS, .operation = KV_TTL,
     .syntax = "@key",
     DOCS("O(1)", "Get the time to live of a key in seconds; -1 if the key never expires, -2 if "
                  "there is no such key")},
    END,
};
