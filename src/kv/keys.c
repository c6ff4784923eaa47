/*
 * The commands that remove keys and give them other names.
 */
#include <string.h>

#include "kv/state.h"

void kv_command_del(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    int64_t removed = 0;

    while (request->count > 0) {
        struct kv_found found = kv_find_next(kv, request);

        if (found.place != NULL) {
            kv_delete(kv, &found.key);
            removed++;
        }
    }
    kv_reply_integer(reply, removed);
}

void kv_command_getdel(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);

    kv_answer_item(reply, kv_found_item(&found));
    if (found.place != NULL) {
        kv_delete(kv, &found.key);
    }
}

void kv_command_delif(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    bool equal = (request->flags & KV_DELIF_NOT) == 0;

    if (found.place == NULL || kv_value_equals(*found.place, kv_request_next(request)) != equal) {
        kv_reply_integer(reply, 0);
        return;
    }
    kv_delete(kv, &found.key);
    kv_reply_integer(reply, 1);
}

void kv_command_flush(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    (void)request;
    kv_clear(kv);
    kv_reply_ok(reply);
}

/* Gives a key the value and the deadline of an item that is in no table, or of another key. */
static void put_copy(struct kv *kv, struct kv_argument name, const struct kv_item *item,
                     uint64_t deadline_ms)
{
    struct kv_found found = kv_find(kv, name);
    struct kv_item *copy;

    if (found.place != NULL) {
        /* Redis removes the old key first, silently, and makes a new one. */
        kv_notify_key(kv, KV_EVENT_NEW, "new", &found.key);
    }
    copy = kv_put(kv, &found, kv_item_value(item), item->value_size_bytes);
    kv_set_deadline(kv, &found.key, copy, deadline_ms);
}

static bool same_argument(struct kv_argument a, struct kv_argument b)
{
    return a.size_bytes == b.size_bytes && memcmp(a.data, b.data, a.size_bytes) == 0;
}

static void rename_key(struct kv *kv, const struct kv_found *from, struct kv_argument to)
{
    uint64_t deadline_ms = kv_deadline(kv, *from->place);
    struct kv_item *item = kv_take(kv, &from->key);

    put_copy(kv, to, item, deadline_ms);
    kv_item_free(item);
    kv_notify_key(kv, KV_EVENT_GENERIC, "rename_from", &from->key);
    kv_notify(kv, KV_EVENT_GENERIC, "rename_to", to.data, to.size_bytes);
}

void kv_command_rename(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_argument name = kv_request_next(request);
    struct kv_argument to = kv_request_next(request);
    bool only_new = (request->flags & KV_RENAME_NX) != 0;
    bool refused;
    struct kv_found from;

    /* Looking for the second key may remove it, and then the first is somewhere else. */
    refused = only_new && kv_find(kv, to).place != NULL;
    from = kv_find(kv, name);
    if (from.place == NULL) {
        kv_reply_error(reply, KV_ERROR_NO_KEY);
        return;
    }
    if (!kv_check_size(to.size_bytes, 0, reply)) {
        return;
    }
    if (!refused && !same_argument(name, to)) {
        rename_key(kv, &from, to);
    }
    if (only_new) {
        kv_reply_integer(reply, refused ? 0 : 1);
    } else {
        kv_reply_ok(reply);
    }
}

void kv_command_copy(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_argument from = kv_request_next(request);
    struct kv_argument to = kv_request_next(request);
    struct kv_found found;

    if (same_argument(from, to)) {
        kv_reply_error(reply, "ERR source and destination objects are the same");
        return;
    }
    if (!kv_check_size(to.size_bytes, 0, reply)) {
        return;
    }
    found = kv_find(kv, to);
    if (found.place != NULL && (request->flags & KV_COPY_REPLACE) == 0) {
        kv_reply_integer(reply, 0);
        return;
    }
    found = kv_find(kv, from);
    if (found.place == NULL) {
        kv_reply_integer(reply, 0);
        return;
    }
    put_copy(kv, to, *found.place, kv_deadline(kv, *found.place));
    kv_notify(kv, KV_EVENT_GENERIC, "copy_to", to.data, to.size_bytes);
    kv_reply_integer(reply, 1);
}
