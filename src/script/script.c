/*
 * What the node is asked for a script: one operation, or several in one entry.
 */
#include "script/script.h"

#include <string.h>

#include "base/assert.h"
#include "base/number.h"
#include "script/plan.h"

const char script_not_known[] = "ERR raftd does not run this script: it runs only scripts that "
                                "take, keep or release a lock; see "
                                "raftd-commands(7)";

static struct kv_argument argument_of(const struct script_value *value, char *number)
{
    if (value->kind == SCRIPT_STRING) {
        return (struct kv_argument){.data = value->data, .size_bytes = value->size_bytes};
    }
    return (struct kv_argument){.data = number, .size_bytes = number_format(value->number, number)};
}

static struct kv_argument text_argument(const char *text)
{
    return (struct kv_argument){.data = text, .size_bytes = strlen(text)};
}

/* One operation and its arguments, as many as there can be. */
struct operation {
    enum kv_operation number;
    uint8_t flags;
    size_t count;
    struct kv_argument arguments[5];
    char amount[NUMBER_TEXT_BYTES_MAX];
};

static void add_argument(struct operation *operation, struct kv_argument argument)
{
    ASSERT(operation->count < sizeof(operation->arguments) / sizeof(operation->arguments[0]));
    operation->arguments[operation->count++] = argument;
}

static void add_amount(struct operation *operation, const struct script_action *action)
{
    add_argument(operation, text_argument(action->unit));
    add_argument(operation, argument_of(&action->amount, operation->amount));
}

static void make_set(struct operation *operation, const struct script_action *action,
                     const struct script_value *compared)
{
    operation->number = KV_SET;
    operation->flags = compared != NULL ? KV_SET_IFEQ : KV_SET_NX;
    add_argument(operation, argument_of(&action->value, NULL));
    if (action->unit != NULL) {
        operation->flags |= KV_SET_EXPIRY;
        add_amount(operation, action);
    }
}

static void make_operation(struct operation *operation, const struct script_input *input,
                           const struct script_action *action, const struct script_value *compared,
                           bool only_expiring)
{
    *operation = (struct operation){.count = 0};
    add_argument(operation, (struct kv_argument){.data = input->keys[0].data,
                                                 .size_bytes = input->keys[0].size_bytes});
    if (action->kind == SCRIPT_SET) {
        make_set(operation, action, compared);
    } else if (action->kind == SCRIPT_DELETE) {
        operation->number = compared != NULL ? KV_DELIF : KV_DEL;
    } else {
        operation->number = KV_EXPIRE;
        operation->flags = compared != NULL ? KV_EXPIRE_IFEQ : 0;
        operation->flags |= only_expiring ? KV_EXPIRE_XX : 0;
        operation->flags |= action->amount.kind == SCRIPT_TTL ? KV_EXPIRE_ADD : 0;
        add_amount(operation, action);
    }
    if (compared != NULL) {
        add_argument(operation, argument_of(compared, NULL));
    }
}

static bool same_result(const struct script_plan *plan, enum script_state one,
                        enum script_state other)
{
    return script_same_value(&plan->outcomes[one].result, &plan->outcomes[other].result);
}

static bool needs_looking(const struct script_plan *plan)
{
    bool looks = false;

    for (int state = 0; state < SCRIPT_STATES; state++) {
        enum script_value_kind kind = plan->outcomes[state].result.kind;

        looks |= kind == SCRIPT_TTL || kind == SCRIPT_VALUE;
    }
    if (looks || (plan->equal != NULL) == (plan->missing != NULL)) {
        return true;
    }
    if (plan->unconditional) {
        return false;
    }
    if (plan->missing != NULL) {
        return !same_result(plan, SCRIPT_OTHER, SCRIPT_EQUAL_EXPIRING) ||
               !same_result(plan, SCRIPT_OTHER, SCRIPT_EQUAL_LASTING);
    }
    return !same_result(plan, SCRIPT_OTHER, SCRIPT_MISSING) ||
           !same_result(plan, plan->only_expiring ? SCRIPT_OTHER : SCRIPT_EQUAL_EXPIRING,
                        SCRIPT_EQUAL_LASTING);
}

static void encode(struct buffer *parts, const struct operation *operation)
{
    struct buffer request = {0};

    kv_request_encode(&request, operation->number, operation->flags, operation->arguments,
                      operation->count);
    buffer_append_u32(parts, (uint32_t)request.size_bytes);
    buffer_append(parts, request.data, request.size_bytes);
    buffer_free(&request);
}

/* Value and time to live, then what is done: one entry, so that nothing comes between. */
static bool make_many(const struct script_input *input, const struct script_plan *plan,
                      enum resp_protocol protocol, struct script_request *request)
{
    struct operation operation = {
        .number = KV_GET,
        .count = 1,
        .arguments = {{.data = input->keys[0].data, .size_bytes = input->keys[0].size_bytes}}};
    struct buffer *parts = &request->parts;

    request->is_entry_of_many = true;
    request->operation = KV_EXEC;
    if (!script_write_results(plan, BY_LOOKING, protocol, &request->results)) {
        return false;
    }
    request->count = 3;
    buffer_append_u32(parts, 1);
    buffer_append(parts, "0", 1);
    encode(parts, &operation);
    operation.number = KV_TTL;
    operation.flags = KV_TTL_MILLISECONDS;
    encode(parts, &operation);
    if (plan->equal != NULL) {
        make_operation(&operation, input, plan->equal, &plan->token, plan->only_expiring);
        encode(parts, &operation);
        request->count++;
    }
    if (plan->missing != NULL) {
        make_operation(&operation, input, plan->missing, NULL, false);
        encode(parts, &operation);
        request->count++;
    }
    return true;
}

static bool make_one(const struct script_input *input, const struct script_plan *plan,
                     enum resp_protocol protocol, struct script_request *request)
{
    const struct script_action *action = plan->equal != NULL ? plan->equal : plan->missing;
    struct operation operation;

    if (!script_write_results(plan, BY_SUCCESS, protocol, &request->results)) {
        return false;
    }
    make_operation(&operation, input, action,
                   plan->equal != NULL && !plan->unconditional ? &plan->token : NULL,
                   plan->only_expiring);
    for (size_t i = 0; i < operation.count; i++) {
        buffer_append_u32(&request->parts, (uint32_t)operation.arguments[i].size_bytes);
        buffer_append(&request->parts, operation.arguments[i].data,
                      operation.arguments[i].size_bytes);
    }
    request->operation = operation.number;
    request->flags = operation.flags;
    request->count = operation.count;
    return true;
}

bool script_request_make(const struct script_input *input, enum resp_protocol protocol,
                         struct script_request *request)
{
    struct script_plan plan = {.equal = NULL};

    if (!script_plan_make(input, &plan)) {
        return script_request_reentrant(input, request);
    }
    request->changes = plan.equal != NULL || plan.missing != NULL;
    return needs_looking(&plan) ? make_many(input, &plan, protocol, request)
                                : make_one(input, &plan, protocol, request);
}
