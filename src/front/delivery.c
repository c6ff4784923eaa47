/*
 * Delivery of messages to subscribers (delivery.h). The worker's thread.
 */
#include "front/delivery.h"

#include "front/connection.h"
#include "front/notices.h"
#include "front/subscribers.h"
#include "front/worker.h"
#include "kv/glob.h"

enum { GLOB_BUDGET = 100 * 1000 }; /* most steps of comparing one pattern with one channel */

/* One message as bytes of RESP2 and of RESP3; each is made when a subscriber needs it. */
struct delivery {
    const struct notice *notice;
    const struct name_entry *pattern; /* pattern of the subscriptions; NULL = subscriptions to the
                                         channel */
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

void delivery_send(struct worker *worker, const struct notice *notice)
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
                      "a pattern of this client takes too long to compare with a channel");
        }
    }
}

static void drop_subscribers(struct worker *worker, const char *reason)
{
    for (size_t i = 0; i < worker->places.count; i++) {
        struct connection *connection = worker->places.items[i].connection;

        if (connection != NULL && connection_is_subscribed(connection)) {
            connection_drop(connection, reason);
        }
    }
}

void delivery_serve(struct worker *worker)
{
    struct notice *notice;
    enum notice_gap gap = notice_queue_gap(&worker->notices);

    if (gap != NOTICE_NO_GAP) {
        drop_subscribers(worker, gap == NOTICE_GAP_OVERFLOW
                                     ? "messages came faster than this node could deliver them, "
                                       "and some are lost"
                                     : "this node installed a snapshot, and messages from before "
                                       "it are lost");
        notice_queue_resume(&worker->notices);
        return;
    }
    while ((notice = notice_queue_next(&worker->notices)) != NULL) {
        delivery_send(worker, notice);
        notice_release(notice);
    }
}
