/*
 * Subscriptions of a worker's connections.
 */
#include "front/subscribers.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "front/connection.h"
#include "front/notices.h"
#include "front/server.h"
#include "front/topology.h"
#include "front/worker.h"
#include "kv/glob.h"

enum { GLOB_BUDGET = 100 * 1000 };

static const char switch_channel[] = "+switch-master";

/* A channel or pattern with its subscribers on this worker. */
struct subscriber_list {
    struct name_entry entry;
    struct connection **items; /* owned */
    size_t count, capacity;
};

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
    notices_subscribe(&worker->server->notices, worker->number - 1, is_pattern, name, size);
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
    /* Those who came earlier are served earlier: the order stays. */
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
    notices_unsubscribe(&worker->server->notices, worker->number - 1, is_pattern, entry->name,
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

/* ---- Delivery ----------------------------------------------------------------------------- */

/* One message in the two spellings of the protocol, each made when it is first wanted. */
struct delivery {
    const struct notice *notice;
    const struct name_entry *pattern; /* NULL: to a channel's subscribers */
    struct buffer texts[2];
};

static const struct buffer *text_of(struct delivery *delivery, enum resp_protocol protocol)
{
    struct buffer *text = &delivery->texts[protocol == RESP3 ? 1 : 0];
    const struct notice *notice = delivery->notice;

    if (text->size_bytes > 0) {
        return text;
    }
    resp_write_push(text, protocol, delivery->pattern != NULL ? 4 : 3);
    resp_write_text(text, delivery->pattern != NULL ? "pmessage" : "message");
    if (delivery->pattern != NULL) {
        resp_write_bulk(text, delivery->pattern->name, delivery->pattern->name_bytes);
    }
    resp_write_bulk(text, notice->data, notice->channel_bytes);
    resp_write_bulk(text, notice->data + notice->channel_bytes, notice->message_bytes);
    return text;
}

static void drop_list(const struct subscriber_list *list, const char *reason)
{
    for (size_t i = 0; i < list->count; i++) {
        connection_drop(list->items[i], reason);
    }
}

static void deliver_to_list(struct delivery *delivery, const struct subscriber_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct buffer *text = text_of(delivery, list->items[i]->protocol);

        connection_push(list->items[i], text->data, text->size_bytes);
    }
    buffer_free(&delivery->texts[0]);
    buffer_free(&delivery->texts[1]);
}

void subscribers_deliver(struct worker *worker, const struct notice *notice)
{
    struct delivery delivery = {.notice = notice};
    const struct name_entry *entry =
        name_table_find(&worker->channels, notice->data, notice->channel_bytes);

    if (entry != NULL) {
        deliver_to_list(&delivery, (const struct subscriber_list *)entry);
    }
    entry = name_table_next(&worker->patterns, NULL);
    for (; entry != NULL; entry = name_table_next(&worker->patterns, entry)) {
        uint64_t budget = GLOB_BUDGET;

        if (glob_match(entry->name, entry->name_bytes, notice->data, notice->channel_bytes,
                       &budget)) {
            delivery.pattern = entry;
            deliver_to_list(&delivery, (const struct subscriber_list *)entry);
        } else if (budget == 0) {
            drop_list((const struct subscriber_list *)entry,
                      "its pattern takes too long to compare with a channel");
        }
    }
}

static void drop_subscribers(struct worker *worker, const char *reason)
{
    for (size_t i = 0; i < worker->place_count; i++) {
        struct connection *connection = worker->places[i].connection;

        if (connection != NULL && connection_is_subscribed(connection)) {
            connection_drop(connection, reason);
        }
    }
}

void subscribers_serve(struct worker *worker)
{
    struct notice *notice;
    enum notice_gap gap = notice_queue_gap(&worker->notices);

    if (gap != NOTICE_NO_GAP) {
        drop_subscribers(worker, gap == NOTICE_GAP_OVERFLOW
                                     ? "messages came faster than they could be passed on, and "
                                       "some were lost"
                                     : "this node took over a snapshot, and messages before it "
                                       "were not seen here");
        notice_queue_resume(&worker->notices);
        return;
    }
    while ((notice = notice_queue_next(&worker->notices)) != NULL) {
        subscribers_deliver(worker, notice);
        notice_release(notice);
    }
}

/* ---- The leader --------------------------------------------------------------------------- */

bool subscribers_follow_leader(const struct worker *worker)
{
    return worker->patterns.count > 0 ||
           name_table_find(&worker->channels, switch_channel, sizeof(switch_channel) - 1) != NULL;
}

static void tell_switch(struct worker *worker, const struct topology *topology,
                        const struct topology_node *leader)
{
    char text[sizeof(topology->name) + 2 * ADDRESS_HOST_BYTES + 32];
    struct notice *notice;

    snprintf(text, sizeof(text), "%s %s %u %s %u", topology->name, worker->leader_host,
             worker->leader_port, leader->host, leader->port);
    notice = notice_create("", 0, switch_channel, sizeof(switch_channel) - 1, text, strlen(text));
    subscribers_deliver(worker, notice);
    notice_release(notice);
}

void subscribers_look_at_leader(struct worker *worker)
{
    const struct topology *topology = worker_view(worker);
    const struct topology_node *leader = topology_leader(topology);

    if (leader == NULL ||
        (leader->number == worker->leader_number && leader->port == worker->leader_port &&
         strcmp(leader->host, worker->leader_host) == 0)) {
        return;
    }
    if (worker->leader_number != 0) {
        tell_switch(worker, topology, leader);
    }
    worker->leader_number = leader->number;
    worker->leader_port = leader->port;
    memcpy(worker->leader_host, leader->host, sizeof(worker->leader_host));
}
