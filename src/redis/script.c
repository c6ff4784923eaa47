/*
 * From what a script does in each state to one operation of the state machine.
 */
#include "redis/script.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "redis/command.h"
#include "redis/render.h"

/* What decides which of the script's results is answered. */
enum decision {
    BY_SUCCESS, /* whether the one operation took place */
    BY_LOOKING, /* value and time to live, read in the same entry in front of the operations */
};

enum { OBTAIN_BYTES_MAX = 4096 };

static const char not_known[] =
    "ERR raftd does not run this script: only those that compare the value of one key with a token "
    "and then delete the key, set it or set its time to live; see raftd-commands(7)";

/* What became of following the script: outcomes by state, and what they come to together. */
struct plan {
    struct script_outcome outcomes[SCRIPT_STATES];
    struct script_value token;
    const struct script_action *equal;   /* NULL: nothing is done */
    const struct script_action *missing; /* NULL: nothing is done */
    bool only_expiring;                  /* equal: only where there is a time to live */
};

static bool same_value(const struct script_value *one, const struct script_value *other)
{
    return one->kind == other->kind && one->number == other->number &&
           one->size_bytes == other->size_bytes &&
           (one->size_bytes == 0 || memcmp(one->data, other->data, one->size_bytes) == 0);
}

static bool same_action(const struct script_action *one, const struct script_action *other)
{
    return one->kind == other->kind && one->unit == other->unit &&
           same_value(&one->value, &other->value) && same_value(&one->amount, &other->amount);
}

static const struct script_action *action_of(const struct plan *plan, enum script_state state)
{
    const struct script_action *action = &plan->outcomes[state].action;

    return action->kind != SCRIPT_NOTHING ? action : NULL;
}

/* Whether the key is still there after that. */
static bool keeps_the_key(const struct script_action *action)
{
    const struct script_value *amount = &action->amount;
    int64_t number = amount->number;

    if (action->kind != SCRIPT_EXPIRE) {
        return action->kind == SCRIPT_SET;
    }
    return amount->kind != SCRIPT_TTL &&
           (amount->kind != SCRIPT_STRING ||
            number_parse(amount->data, amount->size_bytes, &number)) &&
           number > 0;
}

/* The actions as one operation that the state machine can guard; false: there is none. */
static bool find_actions(struct plan *plan)
{
    const struct script_action *lasting = action_of(plan, SCRIPT_EQUAL_LASTING);

    plan->equal = action_of(plan, SCRIPT_EQUAL_EXPIRING);
    plan->missing = action_of(plan, SCRIPT_MISSING);
    plan->only_expiring = plan->equal != NULL && lasting == NULL;
    if (action_of(plan, SCRIPT_OTHER) != NULL ||
        (plan->missing != NULL && plan->missing->kind != SCRIPT_SET)) {
        return false;
    }
    if (plan->equal == NULL) {
        return lasting == NULL;
    }
    if (plan->missing != NULL && !keeps_the_key(plan->equal)) {
        return false; /* what is done where it is missing would be done, too */
    }
    if (lasting == NULL) {
        return plan->equal->kind == SCRIPT_EXPIRE;
    }
    return same_action(plan->equal, lasting) && plan->equal->amount.kind != SCRIPT_TTL;
}

/*
 * A script that goes further than those that can be followed, known by the SHA-1 of its words:
 * Obtain of Go's redislock, with one key. It sets a key that is missing, or that already holds the
 * same token; KEYS[1], ARGV[1] the value, ARGV[3] milliseconds. Where the token is the same and
 * what the client wrote behind it differs, it is not taken here: that is the safe side.
 */
static const char *const obtain_scripts[] = {
    "8a1e0dfa210d405d60037d877ef21d67b26e2124",
    "3d84987909c867d1f58660fecd52667bc6f14b1f",
    "e8f755289fa5eb2df2b1ee40ac99dbe4bb2cb2e8",
};

static bool is_obtain(const void *text, size_t size)
{
    struct buffer words = {0};
    char id[SCRIPT_ID_BYTES];
    bool found = false;

    if (size > OBTAIN_BYTES_MAX) {
        return false;
    }
    script_words(text, size, &words);
    script_id(words.data, words.size_bytes, id);
    for (size_t i = 0; i < sizeof(obtain_scripts) / sizeof(obtain_scripts[0]); i++) {
        found |= memcmp(id, obtain_scripts[i], sizeof(id)) == 0;
    }
    buffer_free(&words);
    return found;
}

static bool plan_obtain(const struct script_input *input, struct plan *plan)
{
    struct script_outcome taken = {
        .action = {.kind = SCRIPT_SET, .unit = "PX"},
        .result = {.kind = SCRIPT_STATUS, .data = (const uint8_t *)"OK", .size_bytes = 2}};

    if (input->key_count != 1 || input->argument_count != 3) {
        return false;
    }
    plan->token = (struct script_value){.kind = SCRIPT_STRING,
                                        .data = input->arguments[0].data,
                                        .size_bytes = input->arguments[0].size_bytes};
    taken.action.value = plan->token;
    taken.action.amount = (struct script_value){.kind = SCRIPT_STRING,
                                                .data = input->arguments[2].data,
                                                .size_bytes = input->arguments[2].size_bytes};
    for (int state = 0; state < SCRIPT_STATES; state++) {
        plan->outcomes[state] = taken;
    }
    plan->outcomes[SCRIPT_OTHER] = (struct script_outcome){.result = {.kind = SCRIPT_FALSE}};
    return true;
}

bool script_is_known(const void *text, size_t size)
{
    return script_reads(text, size) || is_obtain(text, size);
}

static bool make_plan(const struct script_input *input, struct plan *plan)
{
    if (is_obtain(input->text, input->size_bytes)) {
        return plan_obtain(input, plan) && find_actions(plan);
    }
    for (int state = 0; state < SCRIPT_STATES; state++) {
        if (!script_follow(input, (enum script_state)state, &plan->token, &plan->outcomes[state])) {
            return false;
        }
    }
    /* Without a comparison the states of a key that is there are not different ones. */
    return find_actions(plan) &&
           (plan->token.kind == SCRIPT_STRING ||
            (plan->equal == NULL && same_value(&plan->outcomes[SCRIPT_OTHER].result,
                                               &plan->outcomes[SCRIPT_EQUAL_EXPIRING].result)));
}

/* ---- The request -------------------------------------------------------------------------- */

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
        operation->number = KV_DELIF;
    } else {
        operation->number = KV_EXPIRE;
        operation->flags = KV_EXPIRE_IFEQ;
        operation->flags |= only_expiring ? KV_EXPIRE_XX : 0;
        operation->flags |= action->amount.kind == SCRIPT_TTL ? KV_EXPIRE_ADD : 0;
        add_amount(operation, action);
    }
    if (compared != NULL) {
        add_argument(operation, argument_of(compared, NULL));
    }
}

static bool same_result(const struct plan *plan, enum script_state one, enum script_state other)
{
    return same_value(&plan->outcomes[one].result, &plan->outcomes[other].result);
}

static bool needs_looking(const struct plan *plan)
{
    bool looks = false;

    for (int state = 0; state < SCRIPT_STATES; state++) {
        enum script_value_kind kind = plan->outcomes[state].result.kind;

        looks |= kind == SCRIPT_TTL || kind == SCRIPT_VALUE;
    }
    if (looks || (plan->equal != NULL) == (plan->missing != NULL)) {
        return true;
    }
    if (plan->missing != NULL) {
        return !same_result(plan, SCRIPT_OTHER, SCRIPT_EQUAL_EXPIRING) ||
               !same_result(plan, SCRIPT_OTHER, SCRIPT_EQUAL_LASTING);
    }
    return !same_result(plan, SCRIPT_OTHER, SCRIPT_MISSING) ||
           !same_result(plan, plan->only_expiring ? SCRIPT_OTHER : SCRIPT_EQUAL_EXPIRING,
                        SCRIPT_EQUAL_LASTING);
}

/* ---- The results, for when the answer is there -------------------------------------------- */

static bool write_result(struct buffer *text, const struct script_value *value,
                         enum resp_protocol protocol)
{
    switch (value->kind) {
    case SCRIPT_NIL:
    case SCRIPT_FALSE:
        resp_write_nil(text, protocol);
        return true;
    case SCRIPT_TRUE:
        resp_write_integer(text, 1);
        return true;
    case SCRIPT_NUMBER:
        resp_write_integer(text, value->number);
        return true;
    case SCRIPT_STRING:
        resp_write_bulk(text, value->data, value->size_bytes);
        return true;
    case SCRIPT_STATUS:
        resp_write_simple(text, value->data, value->size_bytes);
        return true;
    case SCRIPT_ERROR:
        resp_write_error(text, value->data, value->size_bytes);
        return true;
    case SCRIPT_TTL:
        buffer_append_u64(text, (uint64_t)value->number);
        return true;
    case SCRIPT_VALUE:
        return true;
    default:
        return false;
    }
}

/* Attached to the rendering: how to decide, the token, then for each state the kind of its result
 * and the reply. False: a result that cannot be a reply. */
static bool attach_results(struct call *call, const struct plan *plan, enum decision decision)
{
    struct buffer attached = {0};
    bool possible = true;

    buffer_append_u8(&attached, (uint8_t)decision);
    buffer_append_u8(&attached, plan->missing != NULL && plan->equal == NULL);
    buffer_append_u32(&attached, (uint32_t)plan->token.size_bytes);
    buffer_append(&attached, plan->token.data, plan->token.size_bytes);
    for (int state = 0; state < SCRIPT_STATES; state++) {
        const struct script_value *result = &plan->outcomes[state].result;
        struct buffer text = {0};

        possible &= write_result(&text, result, call->protocol);
        buffer_append_u8(&attached, (uint8_t)result->kind);
        buffer_append_u32(&attached, (uint32_t)text.size_bytes);
        buffer_append(&attached, text.data, text.size_bytes);
        buffer_free(&text);
    }
    if (!possible) {
        buffer_free(&attached);
        return false;
    }
    call->rendering.renderer = RENDER_SCRIPT;
    call->rendering.attached = attached.data;
    call->rendering.attached_bytes = (uint32_t)attached.size_bytes;
    return true;
}

static bool refuse(struct call *call)
{
    resp_write_error(call->reply, not_known, strlen(not_known));
    return false;
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
static bool ask_all(struct call *call, const struct script_input *input, const struct plan *plan)
{
    struct operation operation = {
        .number = KV_GET,
        .count = 1,
        .arguments = {{.data = input->keys[0].data, .size_bytes = input->keys[0].size_bytes}}};
    struct buffer parts = {0};
    size_t count = 3;

    if (call->in_transaction) {
        resp_write_error_format(call->reply, "ERR raftd cannot run this script inside a "
                                             "transaction: it is one of its own");
        return false;
    }
    if (!attach_results(call, plan, BY_LOOKING)) {
        return refuse(call);
    }
    buffer_append_u32(&parts, 1);
    buffer_append(&parts, "0", 1);
    encode(&parts, &operation);
    operation.number = KV_TTL;
    operation.flags = KV_TTL_MILLISECONDS;
    encode(&parts, &operation);
    if (plan->equal != NULL) {
        make_operation(&operation, input, plan->equal, &plan->token, plan->only_expiring);
        encode(&parts, &operation);
        count++;
    }
    if (plan->missing != NULL) {
        make_operation(&operation, input, plan->missing, NULL, false);
        encode(&parts, &operation);
        count++;
    }
    call_ask_parts(call, KV_EXEC, &parts, count);
    buffer_free(&parts);
    return true;
}

static bool ask_one(struct call *call, const struct script_input *input, const struct plan *plan)
{
    const struct script_action *action = plan->equal != NULL ? plan->equal : plan->missing;
    struct operation operation;
    struct buffer parts = {0};

    if (!attach_results(call, plan, BY_SUCCESS)) {
        return refuse(call);
    }
    make_operation(&operation, input, action, plan->equal != NULL ? &plan->token : NULL,
                   plan->only_expiring);
    for (size_t i = 0; i < operation.count; i++) {
        buffer_append_u32(&parts, (uint32_t)operation.arguments[i].size_bytes);
        buffer_append(&parts, operation.arguments[i].data, operation.arguments[i].size_bytes);
    }
    call_ask_parts(call, operation.number, &parts, operation.count);
    call->set_flags = operation.flags;
    buffer_free(&parts);
    return true;
}

bool script_prepare(struct call *call, const struct script_input *input)
{
    struct plan plan = {.equal = NULL};

    if (!make_plan(input, &plan)) {
        return refuse(call);
    }
    if (call->command->operation_flags == SCRIPT_READ_ONLY &&
        (plan.equal != NULL || plan.missing != NULL)) {
        resp_write_error_format(call->reply,
                                "ERR Write commands are not allowed from read-only scripts");
        return false;
    }
    return needs_looking(&plan) ? ask_all(call, input, &plan) : ask_one(call, input, &plan);
}

/* ---- The answer --------------------------------------------------------------------------- */

struct results {
    uint8_t decision;
    bool sets_missing; /* the operation takes place where the key is missing */
    size_t token_bytes;
    const uint8_t *token;
    uint8_t kinds[SCRIPT_STATES];
    const uint8_t *texts[SCRIPT_STATES];
    size_t sizes[SCRIPT_STATES];
};

static struct results read_results(const struct rendering *rendering)
{
    struct reader reader = reader_make(rendering->attached, rendering->attached_bytes);
    struct results results = {.decision = reader_u8(&reader)};

    results.sets_missing = reader_u8(&reader) != 0;
    results.token_bytes = reader_u32(&reader);
    results.token = reader_bytes(&reader, results.token_bytes);
    for (int state = 0; state < SCRIPT_STATES; state++) {
        results.kinds[state] = reader_u8(&reader);
        results.sizes[state] = reader_u32(&reader);
        results.texts[state] = reader_bytes(&reader, results.sizes[state]);
    }
    ASSERT(!reader.failed);
    return results;
}

static void write_error_or_nothing(struct buffer *output, const struct kv_reply_value *value)
{
    if (value->type == KV_REPLY_ERROR) {
        resp_write_error(output, value->data, value->size_bytes);
    } else {
        resp_write_error_format(output, "ERR the script had no reply");
    }
}

static void render_by_success(struct buffer *output, const struct results *results,
                              struct reader *reader)
{
    struct kv_reply_value value = {.type = KV_REPLY_NIL};
    bool done;
    enum script_state state;

    if (!kv_reply_next(reader, &value) || value.type == KV_REPLY_ERROR) {
        write_error_or_nothing(output, &value);
        return;
    }
    done = value.type == KV_REPLY_OK || (value.type == KV_REPLY_INTEGER && value.integer == 1);
    state = done == results->sets_missing ? SCRIPT_MISSING : SCRIPT_EQUAL_EXPIRING;
    if (!done && results->sets_missing) {
        state = SCRIPT_OTHER;
    }
    resp_write_raw(output, results->texts[state], results->sizes[state]);
}

static void render_by_looking(struct buffer *output, const struct results *results,
                              struct reader *reader)
{
    struct kv_reply_value list = {.type = KV_REPLY_NIL};
    struct kv_reply_value found = {.type = KV_REPLY_NIL};
    struct kv_reply_value ttl = {.type = KV_REPLY_NIL};
    struct kv_reply_value done;
    enum script_state state = SCRIPT_MISSING;

    if (!kv_reply_next(reader, &list) || list.type != KV_REPLY_ARRAY ||
        !kv_reply_next(reader, &found) || !kv_reply_next(reader, &ttl) ||
        ttl.type != KV_REPLY_INTEGER) {
        write_error_or_nothing(output, &list);
        return;
    }
    while (kv_reply_next(reader, &done)) {
        if (done.type == KV_REPLY_ERROR) {
            write_error_or_nothing(output, &done);
            return;
        }
    }
    if (found.type == KV_REPLY_BULK) {
        bool equal =
            found.size_bytes == results->token_bytes &&
            (found.size_bytes == 0 || memcmp(found.data, results->token, found.size_bytes) == 0);

        state = !equal            ? SCRIPT_OTHER
                : ttl.integer < 0 ? SCRIPT_EQUAL_LASTING
                                  : SCRIPT_EQUAL_EXPIRING;
    }
    if (results->kinds[state] == SCRIPT_TTL) {
        resp_write_integer(output, ttl.integer + (int64_t)load_u64(results->texts[state]));
    } else if (results->kinds[state] == SCRIPT_VALUE) {
        resp_write_bulk(output, found.data, found.size_bytes);
    } else {
        resp_write_raw(output, results->texts[state], results->sizes[state]);
    }
}

void script_render(struct buffer *output, const struct rendering *rendering, const void *data,
                   size_t size)
{
    struct results results = read_results(rendering);
    struct reader reader = reader_make(data, size);

    if (results.decision == BY_SUCCESS) {
        render_by_success(output, &results, &reader);
    } else {
        render_by_looking(output, &results, &reader);
    }
}
