/*
 * Subscriptions of a worker's connections (subscribers.h). The worker's thread.
 */
#include "front/subscribers.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "front/connection.h"
#include "front/notices.h"
#include "front/server.h"
#include "front/worker.h"

static struct name_table *table_of_worker(struct worker *worker, bool is_pattern)
{
    return is_pattern ? &worker->patterns : &worker->channels;
}

static struct name_table *table_of_connection(struct connection *connection, bool is_pattern)
{
    return is_pattern ? &connection->patterns : &connection->channels;
}

static void show_counts(struct connection *connection)
{
    atomic_store_explicit(&connection->info.channels, (uint32_t)connection->channels.count,
                          memory_order_relaxed);
    atomic_store_explicit(&connection->info.patterns, (uint32_t)connection->patterns.count,
                          memory_order_relaxed);
}

bool subscribers_add(struct connection *connection, bool is_pattern, const void *name, size_t size)
{
    struct worker *worker = connection->worker;
    struct name_table *table = table_of_worker(worker, is_pattern);
    struct name_table *own = table_of_connection(connection, is_pattern);
    struct subscriber_list *list;

    if (name_table_find(own, name, size) != NULL) {
        return false;
    }
    name_table_add(own, name, size, sizeof(struct name_entry));
    list = (struct subscriber_list *)name_table_find(table, name, size);
    if (list == NULL) {
        list = (struct subscriber_list *)name_table_add(table, name, size, sizeof(*list));
    }
    list->items =
        memory_grow(list->items, &list->capacity, list->count + 1, sizeof(list->items[0]));
    list->items[list->count++] = connection;
    notices_subscribe(&worker->front->notices, worker->number - 1, is_pattern, name, size);
    show_counts(connection);
    return true;
}

static void leave_list(struct worker *worker, const struct connection *connection, bool is_pattern,
                       const struct name_entry *name)
{
    struct name_table *table = table_of_worker(worker, is_pattern);
    struct subscriber_list *list =
        (struct subscriber_list *)name_table_find(table, name->name, name->name_bytes);
    size_t place = 0;

    ASSERT(list != NULL);
    while (list->items[place] != connection) {
        place++;
        ASSERT(place < list->count);
    }
    /* Keep the order: earlier subscribers get messages earlier. */
    memmove(&list->items[place], &list->items[place + 1],
            (list->count - place - 1) * sizeof(list->items[0]));
    if (--list->count == 0) {
        memory_free(list->items);
        name_table_remove(table, &list->entry);
    }
}

static void remove_entry(struct connection *connection, bool is_pattern, struct name_entry *entry)
{
    struct worker *worker = connection->worker;

    leave_list(worker, connection, is_pattern, entry);
    notices_unsubscribe(&worker->front->notices, worker->number - 1, is_pattern, entry->name,
                        entry->name_bytes);
    name_table_remove(table_of_connection(connection, is_pattern), entry);
    show_counts(connection);
}

bool subscribers_remove(struct connection *connection, bool is_pattern, const void *name,
                        size_t size)
{
    struct name_entry *entry =
        name_table_find(table_of_connection(connection, is_pattern), name, size);

    if (entry == NULL) {
        return false;
    }
    remove_entry(connection, is_pattern, entry);
    return true;
}

static void forget_table(struct connection *connection, bool is_pattern)
{
    const struct name_table *own = table_of_connection(connection, is_pattern);

    while (own->count > 0) {
        remove_entry(connection, is_pattern, name_table_next(own, NULL));
    }
}

void subscribers_forget(struct connection *connection)
{
    forget_table(connection, false);
    forget_table(connection, true);
}

bool subscribers_expect(const struct worker *worker, const void *channel, size_t size)
{
    return worker->patterns.count > 0 || name_table_find(&worker->channels, channel, size) != NULL;
}
