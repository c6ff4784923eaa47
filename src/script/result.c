/*
 * A script's answer: its results for every state of the key are written down when the request is
 * made, and the state machine's reply says in which state the key was. Pure; any thread.
 */
#include <string.h>

#include "base/assert.h"
#include "kv/kv.h"
#include "script/plan.h"

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

/* The results: how to decide, the token, then for each state the kind of its result and the reply.
 */
bool script_write_results(const struct script_plan *plan, enum script_decision decision,
                          enum resp_protocol protocol, struct buffer *results)
{
    bool possible = true;

    buffer_append_u8(results, (uint8_t)decision);
    buffer_append_u8(results, plan->missing != NULL && plan->equal == NULL);
    buffer_append_u32(results, (uint32_t)plan->token.size_bytes);
    buffer_append(results, plan->token.data, plan->token.size_bytes);
    for (int state = 0; state < SCRIPT_STATES; state++) {
        const struct script_value *result = &plan->outcomes[state].result;
        struct buffer text = {0};

        possible &= write_result(&text, result, protocol);
        buffer_append_u8(results, (uint8_t)result->kind);
        buffer_append_u32(results, (uint32_t)text.size_bytes);
        buffer_append(results, text.data, text.size_bytes);
        buffer_free(&text);
    }
    if (!possible) {
        buffer_free(results);
    }
    return possible;
}

struct results {
    uint8_t decision;
    bool sets_missing; /* the operation takes place where the key is missing */
    size_t token_bytes;
    const uint8_t *token;
    uint8_t kinds[SCRIPT_STATES];
    const uint8_t *texts[SCRIPT_STATES];
    size_t sizes[SCRIPT_STATES];
};

static struct results read_results(const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
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

void script_render(struct buffer *output, const void *written, size_t written_size,
                   const void *data, size_t size)
{
    struct results results = read_results(written, written_size);
    struct reader reader = reader_make(data, size);

    if (results.decision == BY_SUCCESS) {
        render_by_success(output, &results, &reader);
    } else {
        render_by_looking(output, &results, &reader);
    }
}
