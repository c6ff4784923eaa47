/*
 * EVAL, EVALSHA and SCRIPT.
 */
#include <string.h>

#include "commands/command.h"
#include "commands/render.h"
#include "front/server.h"
#include "script/script.h"

static void finish_script(struct connection *connection, const struct owed_reply *owed,
                          const struct raftd_completion *completion, struct buffer *output)
{
    if (completion->status != 0) {
        finish_reply(connection, owed, completion, output);
    } else {
        script_render(output, owed->attached, owed->attached_bytes, completion->data,
                      completion->size_bytes);
    }
}

static bool run_text(struct call *call, const uint8_t *text, size_t size)
{
    struct script_input input = {.text = text, .size_bytes = size};
    const struct resp_argument *argument = &call->arguments[2];
    int64_t keys;

    if (!number_parse(argument->data, argument->size_bytes, &keys)) {
        resp_write_error_format(call->reply, "ERR value is not an integer or out of range");
        return false;
    }
    if (keys > (int64_t)call->count - 3) {
        resp_write_error_format(call->reply,
                                "ERR Number of keys can't be greater than number of args");
        return false;
    }
    if (keys < 0) {
        resp_write_error_format(call->reply, "ERR Number of keys can't be negative");
        return false;
    }
    input.keys = call->arguments + 3;
    input.key_count = (size_t)keys;
    input.arguments = input.keys + keys;
    input.argument_count = call->count - 3 - (size_t)keys;
    if (!script_prepare(call, &input)) {
        return false;
    }
    if (call->owed.attached != NULL) {
        call->owed.finish = finish_script;
    }
    return true;
}

bool run_eval(struct call *call)
{
    const struct resp_argument *text = &call->arguments[1];
    char id[SCRIPT_ID_BYTES];

    if (script_is_known(text->data, text->size_bytes)) {
        script_cache_add(&call->server->scripts, text->data, text->size_bytes, id);
    }
    return run_text(call, text->data, text->size_bytes);
}

bool run_evalsha(struct call *call)
{
    struct buffer text = {0};
    bool asks = false;

    if (script_cache_find(&call->server->scripts, call->arguments[1].data,
                          call->arguments[1].size_bytes, &text)) {
        asks = run_text(call, text.data, text.size_bytes);
    } else {
        resp_write_error_format(call->reply, "NOSCRIPT No matching script. Please use EVAL.");
    }
    buffer_free(&text);
    return asks;
}

bool run_script_load(struct call *call)
{
    const struct resp_argument *text = &call->arguments[2];
    char id[SCRIPT_ID_BYTES];

    if (!script_is_known(text->data, text->size_bytes)) {
        resp_write_error(call->reply, script_not_known, strlen(script_not_known));
        return false;
    }
    script_cache_add(&call->server->scripts, text->data, text->size_bytes, id);
    resp_write_bulk(call->reply, id, sizeof(id));
    return false;
}

bool run_script_exists(struct call *call)
{
    resp_write_array(call->reply, call->count - 2);
    for (size_t i = 2; i < call->count; i++) {
        struct buffer text = {0};

        resp_write_integer(call->reply,
                           script_cache_find(&call->server->scripts, call->arguments[i].data,
                                             call->arguments[i].size_bytes, &text));
        buffer_free(&text);
    }
    return false;
}

bool run_script_flush(struct call *call)
{
    if (call->count > 3 || (call->count == 3 && !argument_is(&call->arguments[2], "async") &&
                            !argument_is(&call->arguments[2], "sync"))) {
        resp_write_error_format(call->reply, "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        return false;
    }
    script_cache_flush(&call->server->scripts);
    resp_write_raw(call->reply, "+OK\r\n", 5);
    return false;
}
