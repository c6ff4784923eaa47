/*
 * Commands on data whose arguments are not passed to the node as they are.
 */
#include <limits.h>

#include "base/number.h"
#include "redis/command.h"

static void ask(struct call *call, enum kv_operation operation, size_t count)
{
    call->operation = operation;
    call->kv_count = count;
    for (size_t i = 0; i < count; i++) {
        call->kv_arguments[i] = (struct kv_argument){
            .data = call->arguments[i + 1].data,
            .size_bytes = call->arguments[i + 1].size_bytes,
        };
    }
}

static bool syntax_error(struct call *call)
{
    resp_write_error_format(call->reply, "ERR syntax error");
    return false;
}

bool run_set(struct call *call)
{
    uint8_t flags = 0;

    for (size_t i = 3; i < call->count; i++) {
        if (argument_is(&call->arguments[i], "nx") && (flags & KV_SET_XX) == 0) {
            flags |= KV_SET_NX;
        } else if (argument_is(&call->arguments[i], "xx") && (flags & KV_SET_NX) == 0) {
            flags |= KV_SET_XX;
        } else if (argument_is(&call->arguments[i], "get")) {
            flags |= KV_SET_GET;
        } else {
            return syntax_error(call);
        }
    }
    ask(call, KV_SET, 2);
    call->set_flags = flags;
    return true;
}

bool run_setnx(struct call *call)
{
    ask(call, KV_SET, 2);
    call->set_flags = KV_SET_NX | KV_SET_INTEGER;
    return true;
}

bool run_getset(struct call *call)
{
    ask(call, KV_SET, 2);
    call->set_flags = KV_SET_GET;
    return true;
}

bool run_mset(struct call *call)
{
    if (call->count % 2 == 0) {
        resp_write_error_format(call->reply, "ERR wrong number of arguments for 'mset' command");
        return false;
    }
    ask(call, KV_MSET, call->count - 1);
    return true;
}

static bool ask_increment(struct call *call, const char *amount, size_t size)
{
    ask(call, KV_INCRBY, 1);
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
    ask(call, KV_FLUSH, 0);
    return true;
}

bool run_raft_digest(struct call *call)
{
    ask(call, KV_DIGEST, 0);
    return true;
}
