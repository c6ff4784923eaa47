/*
 * The functions that the commands of all groups use (call.h). The thread of the connection's
 * worker.
 */
#include "commands/call.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/memory.h"
#include "commands/render.h"
#include "commands/session.h"
#include "front/worker.h"

enum { ARGUMENTS_MORE = 2 };

static void grow_arguments(struct call *call, size_t count)
{
    struct workspace *workspace = call->worker->workspace;

    workspace->arguments = memory_grow(workspace->arguments, &workspace->argument_capacity, count,
                                       sizeof(workspace->arguments[0]));
    call->kv_arguments = workspace->arguments;
}

bool call_prepare(struct call *call)
{
    grow_arguments(call, call->count + ARGUMENTS_MORE);
    call->owed = (struct owed_reply){
        .finish = finish_reply,
        .protocol = (uint8_t)call->protocol,
        .is_read = call->command->kind != COMMAND_IS_CHANGE,
    };
    if (call->command->run != NULL) {
        return call->command->run(call);
    }
    call_ask(call, call->command->operation, call->count - 1);
    call->flags = call->command->operation_flags;
    return true;
}

void call_ask_also(struct call *call, const struct resp_argument *argument)
{
    call->kv_arguments[call->kv_count++] = (struct kv_argument){
        .data = argument->data,
        .size_bytes = argument->size_bytes,
    };
}

void call_ask(struct call *call, enum kv_operation operation, size_t count)
{
    call->operation = operation;
    call->kv_count = 0;
    for (size_t i = 0; i < count; i++) {
        call_ask_also(call, &call->arguments[i + 1]);
    }
}

void call_ask_parts(struct call *call, enum kv_operation operation, const struct buffer *parts,
                    size_t count)
{
    struct buffer *copy = &call->worker->workspace->parts;
    struct reader reader;

    copy->size_bytes = 0;
    buffer_append(copy, parts->data, parts->size_bytes);
    reader = reader_make(copy->data, copy->size_bytes);
    grow_arguments(call, count);
    call->operation = operation;
    call->kv_count = count;
    for (size_t i = 0; i < count; i++) {
        size_t size = reader_u32(&reader);

        call->kv_arguments[i] =
            (struct kv_argument){.data = reader_bytes(&reader, size), .size_bytes = size};
    }
    ASSERT(!reader.failed && reader_left(&reader) == 0);
}

bool argument_is(const struct resp_argument *argument, const char *word)
{
    return argument->size_bytes == strlen(word) &&
           strncasecmp((const char *)argument->data, word, argument->size_bytes) == 0;
}

bool call_checks_database(struct call *call, const struct resp_argument *argument)
{
    int64_t index;

    if (!number_parse(argument->data, argument->size_bytes, &index)) {
        return call_not_an_integer(call);
    }
    if (index < INT_MIN || index > INT_MAX) {
        resp_write_error_format(call->reply,
                                "ERR value is out of range, value must between %d and %d", INT_MIN,
                                INT_MAX);
        return false;
    }
    if (index != 0) {
        resp_write_error_format(call->reply, "ERR DB index is out of range");
        return false;
    }
    return true;
}

bool call_ok(struct call *call)
{
    resp_write_raw(call->reply, "+OK\r\n", 5);
    return false;
}

bool call_syntax_error(struct call *call)
{
    resp_write_error_format(call->reply, "ERR syntax error");
    return false;
}

bool call_not_an_integer(struct call *call)
{
    resp_write_error_format(call->reply, "ERR value is not an integer or out of range");
    return false;
}
