/*
 * The watched keys and the queued commands of one connection (transaction.h). The thread of the
 * connection's worker.
 */
#include "commands/transaction.h"

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"

/* ---- Queued commands ---------------------------------------------------------------------- */

static void show_count(const struct transaction *transaction)
{
    atomic_store_explicit(transaction->shown_count,
                          transaction->open ? (int)transaction->count : -1, memory_order_relaxed);
}

void transaction_begin(struct transaction *transaction)
{
    ASSERT(!transaction->open && transaction->count == 0);
    transaction->open = true;
    show_count(transaction);
}

bool transaction_queue(struct transaction *transaction, const struct command *command,
                       const struct resp_argument *arguments, size_t count, uint64_t bytes_max)
{
    struct buffer *bytes = &transaction->arguments;
    uint64_t size = bytes->size_bytes;

    for (size_t i = 0; i < count; i++) {
        size += sizeof(uint32_t) + arguments[i].size_bytes;
    }
    if (size > bytes_max || transaction->count == TRANSACTION_COMMANDS_MAX) {
        transaction->failed = true;
        return false;
    }
    transaction->commands = memory_grow(transaction->commands, &transaction->capacity,
                                        transaction->count + 1, sizeof(transaction->commands[0]));
    transaction->commands[transaction->count++] = (struct queued_command){
        .command = command,
        .offset = bytes->size_bytes,
        .count = count,
    };
    for (size_t i = 0; i < count; i++) {
        buffer_append_u32(bytes, (uint32_t)arguments[i].size_bytes);
        buffer_append(bytes, arguments[i].data, arguments[i].size_bytes);
    }
    show_count(transaction);
    return true;
}

void transaction_read(const struct transaction *transaction, const struct queued_command *queued,
                      struct resp_argument *arguments)
{
    const struct buffer *bytes = &transaction->arguments;
    struct reader reader = reader_make(bytes->data, bytes->size_bytes);

    reader_bytes(&reader, queued->offset);
    for (size_t i = 0; i < queued->count; i++) {
        arguments[i].size_bytes = reader_u32(&reader);
        arguments[i].data = reader_bytes(&reader, arguments[i].size_bytes);
    }
    ASSERT(!reader.failed);
}

void transaction_end(struct transaction *transaction)
{
    transaction_unwatch(transaction);
    for (size_t i = 0; i < transaction->count; i++) {
        buffer_free(&transaction->commands[i].reply);
        memory_free(transaction->commands[i].owed.attached);
    }
    memory_free(transaction->commands);
    buffer_free(&transaction->arguments);
    *transaction = (struct transaction){.shown_count = transaction->shown_count};
    show_count(transaction);
}

/* ---- Watched keys ------------------------------------------------------------------------- */

bool transaction_watch(struct transaction *transaction, const void *key, size_t size)
{
    struct name_table *watched = &transaction->watched;

    if (name_table_find(watched, key, size) != NULL) {
        return true;
    }
    if (watched->count == TRANSACTION_WATCHES_MAX) {
        return false;
    }
    name_table_add(watched, key, size, sizeof(struct watched_key));
    return true;
}

void transaction_watched(struct transaction *transaction, const uint8_t *keys, size_t size,
                         const struct raftd_completion *completion)
{
    struct name_table *watched = &transaction->watched;
    struct reader names = reader_make(keys, size);
    struct reader answer = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value = {.type = KV_REPLY_NIL};
    bool told =
        completion->status == 0 && kv_reply_next(&answer, &value) && value.type == KV_REPLY_ARRAY;

    while (reader_left(&names) > 0) {
        size_t name_size = reader_u32(&names);
        const uint8_t *name = reader_bytes(&names, name_size);
        struct watched_key *key = (struct watched_key *)name_table_find(watched, name, name_size);

        told = told && kv_reply_next(&answer, &value) && value.type == KV_REPLY_INTEGER;
        /* If a key is watched twice, the older revision counts: a change between the two WATCH
         * commands has to make EXEC do nothing. */
        if (key != NULL && !key->known && told) {
            key->known = true;
            key->revision = value.integer;
        } else if (key != NULL && !key->known) {
            name_table_remove(watched, &key->entry);
        }
    }
}

void transaction_unwatch(struct transaction *transaction)
{
    name_table_free(&transaction->watched);
}
