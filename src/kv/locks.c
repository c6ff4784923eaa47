/*
 * Reentrant locks (kv.h): "2 holder" at the lock's key.
 */
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "kv/state.h"

#define ERROR_TYPE "WRONGTYPE Operation against a key holding the wrong kind of value"

struct lock {
    int64_t count; /* 0: free */
    struct kv_argument holder;
};

/* False: what is at the key is no lock. */
static bool read_lock(const struct kv_item *item, struct lock *lock)
{
    const uint8_t *value;
    const uint8_t *blank;
    size_t digits;

    *lock = (struct lock){.count = 0};
    if (item == NULL) {
        return true;
    }
    value = kv_item_value(item);
    blank = item->value_size_bytes > 0 ? memchr(value, ' ', item->value_size_bytes) : NULL;
    digits = blank != NULL ? (size_t)(blank - value) : 0;
    if (blank == NULL || !number_parse(value, digits, &lock->count) || lock->count < 1) {
        return false;
    }
    lock->holder =
        (struct kv_argument){.data = blank + 1, .size_bytes = item->value_size_bytes - digits - 1};
    return true;
}

static bool is_held_by(const struct lock *lock, struct kv_argument holder)
{
    return lock->count > 0 && lock->holder.size_bytes == holder.size_bytes &&
           (holder.size_bytes == 0 ||
            memcmp(lock->holder.data, holder.data, holder.size_bytes) == 0);
}

/* Looks for a lock; false: the error is written. */
static bool find_lock(struct kv *kv, struct kv_argument key, struct kv_found *found,
                      struct lock *lock, struct kv_reply *reply)
{
    *found = kv_find(kv, key);
    if (!read_lock(kv_found_item(found), lock)) {
        kv_reply_error(reply, ERROR_TYPE);
        return false;
    }
    return true;
}

static void write_lock(struct kv *kv, const struct kv_found *found, int64_t count,
                       struct kv_argument holder, uint64_t deadline_ms)
{
    uint8_t *value = memory_allocate(NUMBER_TEXT_BYTES_MAX + 1 + holder.size_bytes);
    size_t size = number_format(count, (char *)value);

    value[size++] = ' ';
    if (holder.size_bytes > 0) {
        memcpy(value + size, holder.data, holder.size_bytes);
    }
    kv_set(kv, found, (struct kv_argument){value, size + holder.size_bytes}, deadline_ms);
    kv_notify_key(kv, KV_EVENT_GENERIC, "expire", &found->key);
    memory_free(value);
}

static int64_t time_to_live(const struct kv *kv, const struct kv_item *item)
{
    uint64_t deadline_ms = kv_deadline(kv, item);

    return deadline_ms != KV_NO_DEADLINE ? (int64_t)(deadline_ms - kv->time_ms) : -1;
}

void kv_command_lock(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_argument key = kv_request_next(request);
    struct kv_argument holder = kv_request_next(request);
    uint64_t deadline_ms;
    struct kv_found found;
    struct lock lock;

    if (!kv_next_expiry(kv, request, &deadline_ms, reply) ||
        !find_lock(kv, key, &found, &lock, reply)) {
        return;
    }
    if (lock.count > 0 && !is_held_by(&lock, holder)) {
        kv_reply_integer(reply, time_to_live(kv, *found.place));
        return;
    }
    if (lock.count == INT64_MAX) {
        kv_reply_error(reply, "ERR increment or decrement would overflow");
        return;
    }
    if (!kv_check_size(key.size_bytes, NUMBER_TEXT_BYTES_MAX + 1 + (uint64_t)holder.size_bytes,
                       reply)) {
        return;
    }
    write_lock(kv, &found, lock.count + 1, holder, deadline_ms);
    kv_reply_nil(reply);
}

/* KV_UNLOCK taken apart. */
struct unlock {
    unsigned flags;
    struct kv_argument key;
    struct kv_argument holder;
    uint64_t deadline_ms;
    struct kv_argument channel;
    struct kv_argument message;
    struct kv_argument latch;
    uint64_t latch_deadline_ms;
};

static bool unlock_decode(struct kv *kv, struct kv_request *request, struct unlock *unlock,
                          struct kv_reply *reply)
{
    unsigned flags = request->flags;
    bool forced = (flags & KV_UNLOCK_FORCE) != 0;
    bool publishes = (flags & KV_UNLOCK_PUBLISH) != 0;
    bool latches = (flags & KV_UNLOCK_LATCH) != 0;

    *unlock = (struct unlock){.flags = flags};
    if (request->count != 1u + (forced ? 0u : 3u) + (publishes ? 2u : 0u) + (latches ? 3u : 0u)) {
        kv_reply_error(reply, KV_ERROR_COUNT);
        return false;
    }
    unlock->key = kv_request_next(request);
    if (!forced) {
        unlock->holder = kv_request_next(request);
        if (!kv_next_expiry(kv, request, &unlock->deadline_ms, reply)) {
            return false;
        }
    }
    if (publishes) {
        unlock->channel = kv_request_next(request);
        unlock->message = kv_request_next(request);
    }
    if (latches) {
        unlock->latch = kv_request_next(request);
        return kv_next_expiry(kv, request, &unlock->latch_deadline_ms, reply) &&
               kv_check_size(unlock->latch.size_bytes, 1, reply);
    }
    return true;
}

/* Whether one like this was answered before: then so is this. */
static bool was_answered(struct kv *kv, const struct unlock *unlock, struct kv_reply *reply)
{
    struct kv_found found;
    int64_t answer;

    if ((unlock->flags & KV_UNLOCK_LATCH) == 0) {
        return false;
    }
    found = kv_find(kv, unlock->latch);
    if (found.place == NULL) {
        return false;
    }
    if (number_parse(kv_item_value(*found.place), (*found.place)->value_size_bytes, &answer)) {
        kv_reply_integer(reply, answer);
    } else {
        kv_reply_nil(reply);
    }
    return true;
}

static void unlock_answer(struct kv *kv, const struct unlock *unlock, bool is_free,
                          struct kv_reply *reply)
{
    if ((unlock->flags & KV_UNLOCK_LATCH) != 0) {
        struct kv_found latch = kv_find(kv, unlock->latch);

        kv_set(kv, &latch, (struct kv_argument){is_free ? "1" : "0", 1}, unlock->latch_deadline_ms);
        kv_notify_key(kv, KV_EVENT_GENERIC, "expire", &latch.key);
    }
    kv_reply_integer(reply, is_free);
}

static void free_lock(struct kv *kv, const struct unlock *unlock, const struct kv_key *key,
                      struct kv_reply *reply)
{
    kv_delete(kv, key);
    if ((unlock->flags & KV_UNLOCK_PUBLISH) != 0) {
        kv_publish(kv, unlock->channel, unlock->message, 0);
    }
    unlock_answer(kv, unlock, true, reply);
}

void kv_command_unlock(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct unlock unlock;
    struct kv_found found;
    struct lock lock;

    if (!unlock_decode(kv, request, &unlock, reply) || was_answered(kv, &unlock, reply)) {
        return;
    }
    if ((unlock.flags & KV_UNLOCK_FORCE) != 0) {
        found = kv_find(kv, unlock.key);
        if (found.place == NULL) {
            kv_reply_integer(reply, 0);
        } else {
            free_lock(kv, &unlock, &found.key, reply);
        }
        return;
    }
    if (!find_lock(kv, unlock.key, &found, &lock, reply)) {
        return;
    }
    if (!is_held_by(&lock, unlock.holder)) {
        kv_reply_nil(reply);
    } else if (lock.count > 1) {
        write_lock(kv, &found, lock.count - 1, unlock.holder, unlock.deadline_ms);
        unlock_answer(kv, &unlock, false, reply);
    } else {
        free_lock(kv, &unlock, &found.key, reply);
    }
}

static bool renew(struct kv *kv, struct kv_argument key, struct kv_argument holder,
                  uint64_t deadline_ms)
{
    struct kv_found found = kv_find(kv, key);
    struct lock lock;

    if (!read_lock(kv_found_item(&found), &lock) || !is_held_by(&lock, holder)) {
        return false;
    }
    kv_set_deadline(kv, &found.key, *found.place, deadline_ms);
    kv_notify_key(kv, KV_EVENT_GENERIC, "expire", &found.key);
    return true;
}

void kv_command_lock_renew(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    bool many = (request->flags & KV_LOCK_RENEW_MANY) != 0;
    struct kv_argument key;
    struct kv_argument holder;
    uint64_t deadline_ms;

    if (many ? request->count % 2 != 0 : request->count != 4) {
        kv_reply_error(reply, KV_ERROR_COUNT);
        return;
    }
    key = kv_request_next(request);
    holder = kv_request_next(request);
    if (!kv_next_expiry(kv, request, &deadline_ms, reply)) {
        return;
    }
    if (many) {
        kv_reply_array(reply, 1 + request->count / 2);
    }
    kv_reply_integer(reply, renew(kv, key, holder, deadline_ms));
    while (request->count > 0) {
        key = kv_request_next(request);
        kv_reply_integer(reply, renew(kv, key, kv_request_next(request), deadline_ms));
    }
}

void kv_query_lock_count(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                         struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);
    char text[NUMBER_TEXT_BYTES_MAX];
    struct lock lock;
    bool held;

    (void)time_ms;
    if (!read_lock(item, &lock)) {
        kv_reply_error(reply, ERROR_TYPE);
        return;
    }
    held = is_held_by(&lock, kv_request_next(request));
    if ((request->flags & KV_LOCK_COUNT_EXISTS) != 0) {
        kv_reply_integer(reply, held);
    } else if (held) {
        kv_reply_bulk(reply, text, number_format(lock.count, text));
    } else {
        kv_reply_nil(reply);
    }
}
