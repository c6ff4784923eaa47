/*
 * The commands that write values. Everything here has to give the same state and the same answer
 * on every node, so nothing here depends on the order of the table.
 */
#include "base/assert.h"
#include "base/number.h"
#include "kv/float80.h"
#include "kv/state.h"

/* SET taken apart. */
struct set {
    unsigned flags;
    struct kv_argument key;
    struct kv_argument value;
    struct kv_argument compared;
    uint64_t deadline_ms; /* with KV_SET_EXPIRY */
};

static bool set_flags_fit(unsigned flags)
{
    bool has_expiry = (flags & KV_SET_EXPIRY) != 0;
    bool compares = (flags & KV_SET_IFEQ) != 0;

    return !((flags & KV_SET_NX) != 0 && (flags & KV_SET_XX) != 0) &&
           !((flags & KV_SET_GET) != 0 && (flags & KV_SET_INTEGER) != 0) &&
           !((flags & KV_SET_KEEPTTL) != 0 && has_expiry) &&
           !((flags & (KV_SET_NX | KV_SET_XX)) != 0 && compares);
}

static bool set_decode(struct kv *kv, struct kv_request *request, struct set *set,
                       struct kv_reply *reply)
{
    *set = (struct set){.flags = request->flags};
    if (!set_flags_fit(set->flags)) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return false;
    }
    if (request->count != 2 + ((set->flags & KV_SET_EXPIRY) != 0 ? 2u : 0u) +
                              ((set->flags & KV_SET_IFEQ) != 0 ? 1u : 0u)) {
        kv_reply_error(reply, KV_ERROR_COUNT);
        return false;
    }
    set->key = kv_request_next(request);
    set->value = kv_request_next(request);
    if ((set->flags & KV_SET_EXPIRY) != 0 &&
        !kv_next_expiry(kv, request, &set->deadline_ms, reply)) {
        return false;
    }
    if ((set->flags & KV_SET_IFEQ) != 0) {
        set->compared = kv_request_next(request);
    }
    return kv_check_size(set->key.size_bytes, set->value.size_bytes, reply);
}

static bool set_is_refused(const struct set *set, const struct kv_item *item)
{
    return ((set->flags & KV_SET_NX) != 0 && item != NULL) ||
           ((set->flags & KV_SET_XX) != 0 && item == NULL) ||
           ((set->flags & KV_SET_IFEQ) != 0 &&
            (item == NULL || !kv_value_equals(item, set->compared)));
}

static void set_answer(const struct set *set, const struct kv_item *item, bool refused,
                       struct kv_reply *reply)
{
    if ((set->flags & KV_SET_GET) != 0) {
        kv_answer_item(reply, item);
    } else if ((set->flags & KV_SET_INTEGER) != 0) {
        kv_reply_integer(reply, refused ? 0 : 1);
    } else if (refused) {
        kv_reply_nil(reply);
    } else {
        kv_reply_ok(reply);
    }
}

void kv_command_set(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found;
    struct set set;
    bool refused;

    if (!set_decode(kv, request, &set, reply)) {
        return;
    }
    found = kv_find(kv, set.key);
    refused = set_is_refused(&set, kv_found_item(&found));
    set_answer(&set, kv_found_item(&found), refused, reply);
    if (refused) {
        return;
    }
    if ((set.flags & KV_SET_KEEPTTL) != 0) {
        kv_put(kv, &found, set.value.data, set.value.size_bytes);
        kv_notify_key(kv, KV_EVENT_STRING, "set", &found.key);
    } else if ((set.flags & KV_SET_EXPIRY) != 0) {
        kv_set(kv, &found, set.value, set.deadline_ms);
        kv_notify_key(kv, KV_EVENT_GENERIC, "expire", &found.key);
    } else {
        kv_set(kv, &found, set.value, KV_NO_DEADLINE);
    }
}

/* All or nothing: every pair is checked before the first is written. */
static bool mset_check(struct kv *kv, struct kv_request check, bool only_new, bool *refused,
                       struct kv_reply *reply)
{
    *refused = false;
    while (check.count > 0) {
        struct kv_argument key = kv_request_next(&check);
        struct kv_argument value = kv_request_next(&check);

        if (!kv_check_size(key.size_bytes, value.size_bytes, reply)) {
            return false;
        }
        if (only_new && kv_find(kv, key).place != NULL) {
            *refused = true;
        }
    }
    return true;
}

void kv_command_mset(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    bool only_new = (request->flags & KV_MSET_NX) != 0;
    bool refused;

    if (request->count % 2 != 0) {
        kv_reply_error(reply, only_new ? "ERR wrong number of arguments for 'msetnx' command"
                                       : "ERR wrong number of arguments for 'mset' command");
        return;
    }
    if (!mset_check(kv, *request, only_new, &refused, reply)) {
        return;
    }
    while (request->count > 0 && !refused) {
        struct kv_found found = kv_find_next(kv, request);

        kv_set(kv, &found, kv_request_next(request), KV_NO_DEADLINE);
    }
    if (only_new) {
        kv_reply_integer(reply, refused ? 0 : 1);
    } else {
        kv_reply_ok(reply);
    }
}

void kv_command_incrby(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    struct kv_argument amount_text = kv_request_next(request);
    const struct kv_item *item = kv_found_item(&found);
    char text[NUMBER_TEXT_BYTES_MAX];
    int64_t amount;
    int64_t value = 0;

    if (!number_parse(amount_text.data, amount_text.size_bytes, &amount) ||
        (item != NULL && !number_parse(kv_item_value(item), item->value_size_bytes, &value))) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return;
    }
    if (__builtin_add_overflow(value, amount, &value)) {
        kv_reply_error(reply, "ERR increment or decrement would overflow");
        return;
    }
    if (!kv_check_size(found.key.size_bytes, sizeof(text), reply)) {
        return;
    }
    kv_put(kv, &found, text, number_format(value, text));
    kv_notify_key(kv, KV_EVENT_STRING, "incrby", &found.key);
    kv_reply_integer(reply, value);
}

void kv_command_incrbyfloat(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    struct kv_argument amount_text = kv_request_next(request);
    const struct kv_item *item = kv_found_item(&found);
    struct float80 value = FLOAT80_ZERO;
    struct float80 amount;
    char text[FLOAT80_TEXT_BYTES_MAX];
    size_t size;

    if ((item != NULL && !float80_parse(kv_item_value(item), item->value_size_bytes, &value)) ||
        !float80_parse(amount_text.data, amount_text.size_bytes, &amount)) {
        kv_reply_error(reply, "ERR value is not a valid float");
        return;
    }
    if (!float80_add(&value, &amount)) {
        kv_reply_error(reply, "ERR increment would produce NaN or Infinity");
        return;
    }
    if (!kv_check_size(found.key.size_bytes, 0, reply)) {
        return;
    }
    size = float80_format(&value, text);
    kv_put(kv, &found, text, size);
    kv_notify_key(kv, KV_EVENT_STRING, "incrbyfloat", &found.key);
    kv_reply_bulk(reply, text, size);
}

void kv_command_append(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    struct kv_argument tail = kv_request_next(request);
    size_t old_size = kv_found_size(&found);

    if (!kv_check_size(found.key.size_bytes, (uint64_t)old_size + tail.size_bytes, reply)) {
        return;
    }
    kv_write(kv, &found, old_size, tail.data, tail.size_bytes);
    kv_notify_key(kv, KV_EVENT_STRING, "append", &found.key);
    kv_reply_integer(reply, (int64_t)(old_size + tail.size_bytes));
}

void kv_command_setrange(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    struct kv_argument offset_text = kv_request_next(request);
    struct kv_argument part = kv_request_next(request);
    size_t size = kv_found_size(&found);
    int64_t offset;

    if (!number_parse(offset_text.data, offset_text.size_bytes, &offset)) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return;
    }
    if (offset < 0) {
        kv_reply_error(reply, "ERR offset is out of range");
        return;
    }
    if (part.size_bytes == 0) {
        kv_reply_integer(reply, (int64_t)size);
        return;
    }
    if (!kv_check_size(found.key.size_bytes, (uint64_t)offset + part.size_bytes, reply)) {
        return;
    }
    kv_write(kv, &found, (size_t)offset, part.data, part.size_bytes);
    kv_notify_key(kv, KV_EVENT_STRING, "setrange", &found.key);
    if (size < (size_t)offset + part.size_bytes) {
        size = (size_t)offset + part.size_bytes;
    }
    kv_reply_integer(reply, (int64_t)size);
}
