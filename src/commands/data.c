/*
 * Commands on data whose arguments are not passed to the node as they are.
 */
#include <limits.h>

#include "base/number.h"
#include "commands/command.h"

static bool syntax_error(struct call *call)
{
    resp_write_error_format(call->reply, "ERR syntax error");
    return false;
}

bool run_setnx(struct call *call)
{
    call_ask(call, KV_SET, 2);
    call->flags = KV_SET_NX | KV_SET_INTEGER;
    return true;
}

bool run_getset(struct call *call)
{
    call_ask(call, KV_SET, 2);
    call->flags = KV_SET_GET;
    return true;
}

bool run_mset(struct call *call)
{
    if (call->count % 2 == 0) {
        resp_write_error_format(call->reply, "ERR wrong number of arguments for '%s' command",
                                call->command->name);
        return false;
    }
    call_ask(call, KV_MSET, call->count - 1);
    call->flags = call->command->operation_flags;
    return true;
}

/* DELIFEQ key value. */
bool run_delifeq(struct call *call)
{
    call_ask(call, KV_DELIF, 2);
    return true;
}

/* DELEX key [IFEQ value | IFNE value]; without a condition it is DEL. */
bool run_delex(struct call *call)
{
    bool equal;

    if (call->count == 2) {
        call_ask(call, KV_DEL, 1);
        return true;
    }
    equal = argument_is(&call->arguments[2], "ifeq");
    if (call->count != 4 || (!equal && !argument_is(&call->arguments[2], "ifne"))) {
        return syntax_error(call);
    }
    call_ask(call, KV_DELIF, 1);
    call_ask_also(call, &call->arguments[3]);
    call->flags = equal ? 0 : KV_DELIF_NOT;
    return true;
}

bool run_lcs(struct call *call)
{
    const struct resp_argument *minimum = NULL;
    uint8_t flags = 0;
    int64_t number;

    for (size_t i = 3; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];

        if (argument_is(option, "idx")) {
            flags |= KV_LCS_INDEXES;
        } else if (argument_is(option, "len")) {
            flags |= KV_LCS_LENGTH;
        } else if (argument_is(option, "withmatchlen")) {
            flags |= KV_LCS_MATCH_LENGTHS;
        } else if (argument_is(option, "minmatchlen") && i + 1 < call->count) {
            minimum = &call->arguments[++i];
            if (!number_parse(minimum->data, minimum->size_bytes, &number)) {
                resp_write_error_format(call->reply, "ERR value is not an integer or out of range");
                return false;
            }
        } else {
            return syntax_error(call);
        }
    }
    if ((flags & KV_LCS_INDEXES) != 0 && (flags & KV_LCS_LENGTH) != 0) {
        resp_write_error_format(
            call->reply, "ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    call_ask(call, KV_LCS, 2);
    if (minimum != NULL) {
        call_ask_also(call, minimum);
    }
    call->flags = flags;
    return true;
}

static bool ask_increment(struct call *call, const char *amount, size_t size)
{
    call_ask(call, KV_INCRBY, 1);
    call->kv_arguments[1] = (struct kv_argument){.data = amount, .size_bytes = size};
    call->kv_count = 2;
    return true;
}

bool run_incr(struct call *call)
{
    return ask_increment(call, "1", 1);
}

bool run_decr(struct call *call)
{
    return ask_increment(call, "-1", 2);
}

bool run_decrby(struct call *call)
{
    const struct resp_argument *argument = &call->arguments[2];
    int64_t amount;

    if (!number_parse(argument->data, argument->size_bytes, &amount)) {
        resp_write_error_format(call->reply, "ERR value is not an integer or out of range");
        return false;
    }
    if (amount == INT64_MIN) {
        resp_write_error_format(call->reply, "ERR decrement would overflow");
        return false;
    }
    return ask_increment(call, call->number, number_format(-amount, call->number));
}

bool run_flush(struct call *call)
{
    if (call->count > 2 || (call->count == 2 && !argument_is(&call->arguments[1], "async") &&
                            !argument_is(&call->arguments[1], "sync"))) {
        return syntax_error(call);
    }
    call_ask(call, KV_FLUSH, 0);
    return true;
}

bool run_raft_digest(struct call *call)
{
    call_ask(call, KV_DIGEST, 0);
    return true;
}
