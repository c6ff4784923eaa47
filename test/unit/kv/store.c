/*
 * A key-value store for tests.
 */
#include "unit/kv/store.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes)
{
    ASSERT(reply != NULL);
    buffer_append(&reply->bytes, data, size_bytes);
}

void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes)
{
    buffer_append(&sink->bytes, data, size_bytes);
}

void store_open(struct store *store, uint64_t hash_seed)
{
    *store = (struct store){.kv = kv_create(hash_seed)};
    store->machine = kv_state_machine(store->kv);
}

void store_close(struct store *store)
{
    kv_destroy(store->kv);
    buffer_free(&store->reply.bytes);
    buffer_free(&store->text);
}

static void tell_value(struct buffer *text, struct reader *reader)
{
    struct kv_reply_value value;
    char number[32];

    if (!kv_reply_next(reader, &value)) {
        buffer_append(text, "?", 1);
        return;
    }
    switch (value.type) {
    case KV_REPLY_OK:
        buffer_append(text, "OK", 2);
        break;
    case KV_REPLY_NIL:
        buffer_append(text, "nil", 3);
        break;
    case KV_REPLY_INTEGER:
        snprintf(number, sizeof(number), ":%" PRId64, value.integer);
        buffer_append(text, number, strlen(number));
        break;
    case KV_REPLY_BULK:
        buffer_append(text, "$", 1);
        break;
    case KV_REPLY_STATUS:
        buffer_append(text, "+", 1);
        break;
    case KV_REPLY_ERROR:
        buffer_append(text, "-", 1);
        break;
    case KV_REPLY_ARRAY:
        buffer_append(text, "[", 1);
        for (int64_t i = 0; i < value.integer; i++) {
            buffer_append(text, " ", i > 0);
            tell_value(text, reader);
        }
        buffer_append(text, "]", 1);
        break;
    case KV_REPLY_MAP:
        buffer_append(text, "{", 1);
        for (int64_t i = 0; i < 2 * value.integer; i++) {
            buffer_append(text, " ", i > 0);
            tell_value(text, reader);
        }
        buffer_append(text, "}", 1);
        break;
    }
    if (value.data != NULL) {
        buffer_append(text, value.data, value.size_bytes);
    }
}

static const char *tell_reply(struct store *store)
{
    struct reader reader = reader_make(store->reply.bytes.data, store->reply.bytes.size_bytes);

    store->text.size_bytes = 0;
    tell_value(&store->text, &reader);
    if (reader_left(&reader) > 0) {
        buffer_append(&store->text, " and more", 9);
    }
    buffer_append_u8(&store->text, 0);
    return (const char *)store->text.data;
}

const char *store_apply_bytes(struct store *store, const void *data, size_t size)
{
    struct raftd_entry entry = {.index = ++store->index,
                                .term = 1,
                                .time_ms = store->time_ms,
                                .wall_ms = store->wall_ms,
                                .data = data,
                                .size_bytes = size,
                                .reply = &store->reply};

    store->reply.bytes.size_bytes = 0;
    store->machine.apply(store->machine.context, &entry, 1);
    return tell_reply(store);
}

void store_tick(struct store *store, uint64_t time_ms)
{
    store->time_ms = time_ms;
    store->machine.tick(store->machine.context, ++store->index, time_ms);
}

const char *store_read_bytes(struct store *store, const void *data, size_t size)
{
    store->reply.bytes.size_bytes = 0;
    store->machine.read(
        store->machine.context,
        &(struct raftd_query){
            .data = data, .size_bytes = size, .index = store->index, .time_ms = store->time_ms},
        &store->reply);
    return tell_reply(store);
}

const char *store_run_arguments(struct store *store, enum kv_operation operation, unsigned flags,
                                const struct kv_argument *arguments, size_t count)
{
    struct buffer request = {0};
    const char *answer;

    kv_request_encode(&request, operation, (uint8_t)flags, arguments, count);
    answer = operation < KV_GET ? store_apply_bytes(store, request.data, request.size_bytes)
                                : store_read_bytes(store, request.data, request.size_bytes);
    buffer_free(&request);
    return answer;
}

const char *store_run(struct store *store, enum kv_operation operation, unsigned flags, ...)
{
    struct kv_argument arguments[64];
    size_t count = 0;
    const char *text;
    va_list list;

    va_start(list, flags);
    while ((text = va_arg(list, const char *)) != NULL) {
        ASSERT(count < sizeof(arguments) / sizeof(arguments[0]));
        arguments[count].data = text;
        arguments[count++].size_bytes = strlen(text);
    }
    va_end(list);
    return store_run_arguments(store, operation, flags, arguments, count);
}
