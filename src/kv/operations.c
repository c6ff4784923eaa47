/*
 * Holds requests against the table of operations. Has no state.
 */
#include "kv/operations.h"

#include <stddef.h>

#include "kv/state.h"

struct shape {
    uint32_t count_min;
    uint32_t count_max;
    uint8_t flags; /* all that the operation knows */
};

#define FLAG(operation, name, value) | (value)
#define SHAPE(number, name, count_min, count_max, flags, ...)                                      \
    [number] = {count_min, count_max, 0 flags(FLAG)},
static const struct shape shapes[] = {KV_COMMANDS(SHAPE) KV_QUERIES(SHAPE)};
#undef SHAPE
#undef FLAG

bool kv_request_fits(const struct kv_request *request, struct kv_reply *reply)
{
    const struct shape *shape = &shapes[request->operation];

    if (request->count < shape->count_min || request->count > shape->count_max) {
        kv_reply_error(reply, KV_ERROR_COUNT);
        return false;
    }
    if ((request->flags & ~shape->flags) != 0) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return false;
    }
    return true;
}

bool kv_operation_frees(enum kv_operation operation)
{
    return operation == KV_DEL || operation == KV_GETDEL || operation == KV_DELIF ||
           operation == KV_FLUSH || operation == KV_EXPIRE || operation == KV_UNLOCK;
}
