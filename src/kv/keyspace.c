/*
 * Keys, for the commands: finding, writing and removing them, so that table, deadlines,
 * revisions and a snapshot under way stay true together.
 */
#include <string.h>

#include "base/assert.h"
#include "base/plant.h"
#include "kv/state.h"

enum { SOON_MS = 200 }; /* of a planted bug */

uint64_t kv_deadline(const struct kv *kv, const struct kv_item *item)
{
    return kv_deadlines_get(&kv->deadlines, item);
}

static void expire_key(struct kv *kv, const struct kv_key *key)
{
    struct kv_item *item = kv_take(kv, key);

    kv->expired_count++;
    kv_notify(kv, KV_EVENT_EXPIRED, "expired", kv_item_key(item), item->key_size_bytes);
    kv_item_free(item);
}

struct kv_found kv_find(struct kv *kv, struct kv_argument key)
{
    struct kv_found found = {.key = kv_key_make(&kv->table, key)};

    found.place = kv_table_find(&kv->table, found.key.hash, key.data, key.size_bytes);
    if (found.place != NULL && kv_is_gone(kv, *found.place)) {
        expire_key(kv, &found.key);
        found.place = NULL;
    }
    return found;
}

struct kv_found kv_find_next(struct kv *kv, struct kv_request *request)
{
    return kv_find(kv, kv_request_next(request));
}

void kv_remove_due(struct kv *kv, size_t limit)
{
    const struct kv_deadline *first;

    while (limit-- > 0 && (first = kv_deadlines_first(&kv->deadlines)) != NULL &&
           first->deadline_ms <= kv->time_ms) {
        struct kv_argument name = {kv_item_key(first->item), first->item->key_size_bytes};
        struct kv_key key = kv_key_make(&kv->table, name);

        expire_key(kv, &key);
    }
}

static struct kv_item *insert(struct kv *kv, const struct kv_key *key, struct kv_item *item)
{
    kv_table_insert(&kv->table, key->hash, item);
    kv_notify_key(kv, KV_EVENT_NEW, "new", key);
    return item;
}

struct kv_item *kv_put(struct kv *kv, const struct kv_found *found, const void *value, size_t size)
{
    const struct kv_key *key = &found->key;
    struct kv_item *item;

    if (found->place == NULL) {
        return insert(kv, key, kv_item_create(key->data, key->size_bytes, value, size, kv->index));
    }
    kv_snapshot_before_change(kv, key->hash, *found->place);
    item = *found->place = kv_item_assign(*found->place, value, size);
    kv_deadlines_moved(&kv->deadlines, item);
    item->revision = kv->index;
    return item;
}

struct kv_item *kv_write(struct kv *kv, const struct kv_found *found, size_t offset,
                         const void *data, size_t size)
{
    const struct kv_key *key = &found->key;
    size_t end = offset + size;
    struct kv_item *item;

    if (found->place == NULL) {
        item = kv_item_create(key->data, key->size_bytes, NULL, 0, kv->index);
        item = kv_item_extend(item, end);
        kv_item_write(item, offset, data, size);
        return insert(kv, key, item);
    }
    item = *found->place;
    kv_snapshot_before_change(kv, key->hash, item);
    if (end > item->value_size_bytes) {
        item = *found->place = kv_item_extend(item, end);
        kv_deadlines_moved(&kv->deadlines, item);
    }
    kv_item_write(item, offset, data, size);
    item->revision = kv->index;
    return item;
}

void kv_set_deadline(struct kv *kv, const struct kv_key *key, struct kv_item *item,
                     uint64_t deadline_ms)
{
    if (item->deadline_place == 0 && deadline_ms == KV_NO_DEADLINE) {
        return;
    }
    kv_snapshot_before_change(kv, key->hash, item);
    kv_deadlines_set(&kv->deadlines, item, deadline_ms);
    item->revision = kv->index;
}

struct kv_item *kv_take(struct kv *kv, const struct kv_key *key)
{
    struct kv_item **place = kv_table_find(&kv->table, key->hash, key->data, key->size_bytes);
    struct kv_item *item;

    ASSERT(place != NULL);
    kv_snapshot_before_change(kv, key->hash, *place);
    item = kv_table_remove(&kv->table, key->hash, key->data, key->size_bytes);
    kv_deadlines_set(&kv->deadlines, item, KV_NO_DEADLINE);
    return item;
}

void kv_set(struct kv *kv, const struct kv_found *found, struct kv_argument value,
            uint64_t deadline_ms)
{
    struct kv_item *item = kv_put(kv, found, value.data, value.size_bytes);

    kv_set_deadline(kv, &found->key, item, deadline_ms);
    kv_notify_key(kv, KV_EVENT_STRING, "set", &found->key);
}

void kv_delete(struct kv *kv, const struct kv_key *key)
{
    kv_item_free(kv_take(kv, key));
    kv_notify_key(kv, KV_EVENT_GENERIC, "del", key);
}

void kv_clear(struct kv *kv)
{
    kv_snapshot_before_clear(kv);
    kv_table_clear(&kv->table);
    kv_deadlines_free(&kv->deadlines);
}

bool kv_check_size(size_t key_size, uint64_t value_size, struct kv_reply *reply)
{
    if (key_size <= KV_VALUE_BYTES_MAX && value_size <= KV_VALUE_BYTES_MAX) {
        return true;
    }
    kv_reply_error(reply, KV_ERROR_TOO_LONG);
    return false;
}

const struct kv_item *kv_next_item(struct kv *kv, struct kv_request *request)
{
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_item **place = kv_table_find(&kv->table, key.hash, key.data, key.size_bytes);

    if (PLANT(kv_read_before_time) && place != NULL &&
        kv_deadline(kv, *place) < kv->time_ms + SOON_MS) {
        return NULL;
    }
    return place != NULL && !kv_is_gone(kv, *place) ? *place : NULL;
}

void kv_answer_item(struct kv_reply *reply, const struct kv_item *item)
{
    if (item == NULL) {
        kv_reply_nil(reply);
    } else {
        kv_reply_bulk(reply, kv_item_value(item), item->value_size_bytes);
    }
}

bool kv_value_equals(const struct kv_item *item, struct kv_argument value)
{
    return PLANT(kv_compares_nothing) ||
           (item->value_size_bytes == value.size_bytes &&
            memcmp(kv_item_value(item), value.data, value.size_bytes) == 0);
}
