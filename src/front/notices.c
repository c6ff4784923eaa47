/*
 * Messages for subscribers (notices.h). The core thread puts them in, the workers take them out.
 */
#include "front/notices.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "kv/glob.h"

/* The most steps of comparing all patterns with one channel on the core thread. */
enum { GLOB_BUDGET = 1000 * 1000 };

void notices_init(struct notices *notices)
{
    memset(notices, 0, sizeof(*notices));
    mutex_init(&notices->mutex, MUTEX_RANK_CHANNELS);
}

void notices_destroy(struct notices *notices)
{
    name_table_free(&notices->channels);
    name_table_free(&notices->patterns);
    mutex_destroy(&notices->mutex);
}

/* ---- Messages ----------------------------------------------------------------------------- */

struct notice *notice_create(const void *prefix, size_t prefix_size, const void *name,
                             size_t name_size, const void *message, size_t message_size)
{
    size_t channel_size = prefix_size + name_size;
    struct notice *notice;

    ASSERT(channel_size <= UINT32_MAX && message_size <= UINT32_MAX);
    notice = memory_allocate(sizeof(*notice) + channel_size + message_size);
    atomic_init(&notice->holders, 1);
    notice->channel_bytes = (uint32_t)channel_size;
    notice->message_bytes = (uint32_t)message_size;
    memcpy(notice->data, prefix, prefix_size);
    if (name_size > 0) {
        memcpy(notice->data + prefix_size, name, name_size);
    }
    if (message_size > 0) {
        memcpy(notice->data + channel_size, message, message_size);
    }
    return notice;
}

void notice_release(struct notice *notice)
{
    if (atomic_fetch_sub_explicit(&notice->holders, 1, memory_order_acq_rel) == 1) {
        memory_free(notice);
    }
}

static size_t notice_bytes(const struct notice *notice)
{
    return sizeof(*notice) + notice->channel_bytes + notice->message_bytes;
}

/* ---- The core thread ---------------------------------------------------------------------- */

/*
 * Adds the subscribers that a channel has on each worker to `wanted`, and returns how many there
 * are. When the budget is used up, the patterns that are left count as matching: their workers get
 * the message too, and compare for themselves. So a slow pattern costs the core thread a bounded
 * time, and no subscriber misses a message.
 */
static int64_t count_locked(struct notices *notices, const void *channel, size_t size,
                            uint32_t wanted[NOTICE_WORKERS_MAX])
{
    const struct subscribed_name *name;
    const struct name_entry *entry;
    uint64_t budget = GLOB_BUDGET;
    int64_t total = 0;

    ASSERT(mutex_is_mine(&notices->mutex));
    name = (const struct subscribed_name *)name_table_find(&notices->channels, channel, size);
    if (name != NULL) {
        total = name->total;
        for (size_t i = 0; i < notices->queue_count; i++) {
            wanted[i] = name->subscribers[i];
        }
    }
    entry = name_table_next(&notices->patterns, NULL);
    for (; entry != NULL; entry = name_table_next(&notices->patterns, entry)) {
        if (glob_match(entry->name, entry->name_bytes, channel, size, &budget) || budget == 0) {
            name = (const struct subscribed_name *)entry;
            total += name->total;
            for (size_t i = 0; i < notices->queue_count; i++) {
                wanted[i] += name->subscribers[i];
            }
        }
    }
    return total;
}

static void queue_push(struct notice_queue *queue, struct notice *notice)
{
    size_t size = notice_bytes(notice);

    if (atomic_load(&queue->gap) != NOTICE_NO_GAP) {
        /* The worker is about to end the connections of its subscribers. A client that subscribes
         * after that gets the messages that come after that. */
        return;
    }
    atomic_fetch_add_explicit(&notice->holders, 1, memory_order_relaxed);
    if (atomic_load_explicit(&queue->bytes, memory_order_relaxed) + size > queue->bytes_max ||
        !ring_push(queue->ring, &notice)) {
        notice_release(notice);
        atomic_store(&queue->gap, NOTICE_GAP_OVERFLOW);
    } else {
        atomic_fetch_add_explicit(&queue->bytes, size, memory_order_relaxed);
    }
    waker_wake(queue->waker);
}

/* Gives a message to the workers that have subscribers for it; returns the number of these
 * subscribers. */
static int64_t publish(struct notices *notices, const void *prefix, size_t prefix_size,
                       struct kv_argument name, struct kv_argument message)
{
    struct notice *notice = notice_create(prefix, prefix_size, name.data, name.size_bytes,
                                          message.data, message.size_bytes);
    uint32_t wanted[NOTICE_WORKERS_MAX] = {0};
    int64_t total;

    mutex_lock(&notices->mutex);
    total = count_locked(notices, notice->data, notice->channel_bytes, wanted);
    mutex_unlock(&notices->mutex);
    for (size_t i = 0; i < notices->queue_count && total > 0; i++) {
        if (wanted[i] > 0) {
            queue_push(notices->queues[i], notice);
        }
    }
    notice_release(notice);
    return total;
}

static void tell_lost(struct notices *notices)
{
    for (size_t i = 0; i < notices->queue_count; i++) {
        atomic_store(&notices->queues[i]->gap, NOTICE_GAP_SNAPSHOT);
        waker_wake(notices->queues[i]->waker);
    }
}

int64_t notices_observe(void *context, const struct kv_event *event)
{
    static const char keyspace[] = "__keyspace@0__:";
    static const char keyevent[] = "__keyevent@0__:";
    struct notices *notices = context;
    struct kv_argument name = {.data = event->name, .size_bytes = strlen(event->name)};

    if (atomic_load(&notices->subscriptions) == 0) {
        return 0;
    }
    if (event->event_class == KV_EVENT_LOST) {
        tell_lost(notices);
        return 0;
    }
    if (event->event_class == KV_EVENT_PUBLISH) {
        return publish(notices, "", 0, event->key, event->message);
    }
    if (event->on_keyspace) {
        publish(notices, keyspace, sizeof(keyspace) - 1, event->key, name);
    }
    if (event->on_keyevent) {
        publish(notices, keyevent, sizeof(keyevent) - 1, name, event->key);
    }
    return 0;
}

/* ---- Subscriptions ------------------------------------------------------------------------ */

void notices_subscribe(struct notices *notices, size_t worker, bool is_pattern, const void *name,
                       size_t size)
{
    struct name_table *table = is_pattern ? &notices->patterns : &notices->channels;
    struct subscribed_name *found;

    ASSERT(worker < NOTICE_WORKERS_MAX);
    mutex_lock(&notices->mutex);
    found = (struct subscribed_name *)name_table_find(table, name, size);
    if (found == NULL) {
        found = (struct subscribed_name *)name_table_add(table, name, size, sizeof(*found));
    }
    found->total++;
    found->subscribers[worker]++;
    mutex_unlock(&notices->mutex);
    atomic_fetch_add(&notices->subscriptions, 1);
}

void notices_unsubscribe(struct notices *notices, size_t worker, bool is_pattern, const void *name,
                         size_t size)
{
    struct name_table *table = is_pattern ? &notices->patterns : &notices->channels;
    struct subscribed_name *found;

    atomic_fetch_sub(&notices->subscriptions, 1);
    mutex_lock(&notices->mutex);
    found = (struct subscribed_name *)name_table_find(table, name, size);
    ASSERT(found != NULL && found->subscribers[worker] > 0);
    found->subscribers[worker]--;
    if (--found->total == 0) {
        name_table_remove(table, &found->entry);
    }
    mutex_unlock(&notices->mutex);
}

/* ---- A worker's end ----------------------------------------------------------------------- */

void notice_queue_open(struct notice_queue *queue, struct waker *waker, size_t bytes_max)
{
    queue->ring = ring_create(NOTICES_MAX, sizeof(struct notice *));
    queue->waker = waker;
    queue->bytes_max = bytes_max;
    atomic_init(&queue->bytes, 0);
    atomic_init(&queue->gap, NOTICE_NO_GAP);
}

void notice_queue_close(struct notice_queue *queue)
{
    struct notice *notice;

    while ((notice = notice_queue_next(queue)) != NULL) {
        notice_release(notice);
    }
    ring_destroy(queue->ring);
}

struct notice *notice_queue_next(struct notice_queue *queue)
{
    struct notice *notice;

    if (!ring_pop(queue->ring, &notice)) {
        return NULL;
    }
    atomic_fetch_sub_explicit(&queue->bytes, notice_bytes(notice), memory_order_relaxed);
    return notice;
}

enum notice_gap notice_queue_gap(struct notice_queue *queue)
{
    return (enum notice_gap)atomic_load(&queue->gap);
}

void notice_queue_resume(struct notice_queue *queue)
{
    struct notice *notice;

    while ((notice = notice_queue_next(queue)) != NULL) {
        notice_release(notice);
    }
    atomic_store(&queue->gap, NOTICE_NO_GAP);
}
