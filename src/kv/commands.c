/*
 * The commands: what changes the state. Everything here has to give the same state and the same
 * answer on every node, so nothing here depends on the order of the table.
 */
#include "base/assert.h"
#include "base/number.h"
#include "kv/state.h"

typedef void kv_command_function(struct kv *kv, struct kv_request *request, uint64_t index,
                                 struct kv_reply *reply);

static void answer_value(struct kv_reply *reply, const struct kv_item *item)
{
    if (item == NULL) {
        kv_reply_nil(reply);
    } else {
        kv_reply_bulk(reply, kv_item_value(item), item->value_size_bytes);
    }
}

/* Whether an item can be as large as that; answers with an error if not. */
static bool check_size(size_t key_size, uint64_t value_size, struct kv_reply *reply)
{
    if (key_size <= KV_VALUE_BYTES_MAX && value_size <= KV_VALUE_BYTES_MAX) {
        return true;
    }
    kv_reply_error(reply, KV_ERROR_TOO_LONG);
    return false;
}

/* Gives a key a value; place is where kv_key_find() found it, or NULL. Sizes are checked. */
static struct kv_item *put(struct kv *kv, const struct kv_key *key, struct kv_item **place,
                           const void *value, size_t size, uint64_t index)
{
    struct kv_item *item;

    if (place != NULL) {
        item = *place = kv_item_assign(*place, value, size);
        item->revision = index;
        return item;
    }
    item = kv_item_create(key->data, key->size_bytes, value, size, index);
    kv_table_insert(&kv->table, key->hash, item);
    return item;
}

static void command_set(struct kv *kv, struct kv_request *request, uint64_t index,
                        struct kv_reply *reply)
{
    unsigned flags = request->flags;
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_argument value = kv_request_next(request);
    struct kv_item **place;
    bool refused;

    if (((flags & KV_SET_NX) != 0 && (flags & KV_SET_XX) != 0) ||
        ((flags & KV_SET_GET) != 0 && (flags & KV_SET_INTEGER) != 0)) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return;
    }
    if (!check_size(key.size_bytes, value.size_bytes, reply)) {
        return;
    }
    place = kv_key_find(&kv->table, &key);
    refused =
        ((flags & KV_SET_NX) != 0 && place != NULL) || ((flags & KV_SET_XX) != 0 && place == NULL);
    if ((flags & KV_SET_GET) != 0) {
        answer_value(reply, place != NULL ? *place : NULL);
    } else if ((flags & KV_SET_INTEGER) != 0) {
        kv_reply_integer(reply, refused ? 0 : 1);
    } else if (refused) {
        kv_reply_nil(reply);
    } else {
        kv_reply_ok(reply);
    }
    if (!refused) {
        put(kv, &key, place, value.data, value.size_bytes, index);
    }
}

/* All or nothing: every pair is checked before the first is written. */
static void command_mset(struct kv *kv, struct kv_request *request, uint64_t index,
                         struct kv_reply *reply)
{
    struct kv_request check = *request;

    if (request->count % 2 != 0) {
        kv_reply_error(reply, "ERR wrong number of arguments for 'mset' command");
        return;
    }
    while (check.count > 0) {
        struct kv_argument key = kv_request_next(&check);
        struct kv_argument value = kv_request_next(&check);

        if (!check_size(key.size_bytes, value.size_bytes, reply)) {
            return;
        }
    }
    while (request->count > 0) {
        struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
        struct kv_argument value = kv_request_next(request);

        put(kv, &key, kv_key_find(&kv->table, &key), value.data, value.size_bytes, index);
    }
    kv_reply_ok(reply);
}

static void command_del(struct kv *kv, struct kv_request *request, uint64_t index,
                        struct kv_reply *reply)
{
    int64_t removed = 0;

    (void)index;
    while (request->count > 0) {
        struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
        struct kv_item *item = kv_table_remove(&kv->table, key.hash, key.data, key.size_bytes);

        if (item != NULL) {
            kv_item_free(item);
            removed++;
        }
    }
    kv_reply_integer(reply, removed);
}

static void command_incrby(struct kv *kv, struct kv_request *request, uint64_t index,
                           struct kv_reply *reply)
{
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_argument amount_text = kv_request_next(request);
    struct kv_item **place = kv_key_find(&kv->table, &key);
    char text[NUMBER_TEXT_BYTES_MAX];
    int64_t amount;
    int64_t value = 0;

    if (!number_parse(amount_text.data, amount_text.size_bytes, &amount) ||
        (place != NULL &&
         !number_parse(kv_item_value(*place), (*place)->value_size_bytes, &value))) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return;
    }
    if (__builtin_add_overflow(value, amount, &value)) {
        kv_reply_error(reply, "ERR increment or decrement would overflow");
        return;
    }
    if (!check_size(key.size_bytes, sizeof(text), reply)) {
        return;
    }
    put(kv, &key, place, text, number_format(value, text), index);
    kv_reply_integer(reply, value);
}

static void command_append(struct kv *kv, struct kv_request *request, uint64_t index,
                           struct kv_reply *reply)
{
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_argument tail = kv_request_next(request);
    struct kv_item **place = kv_key_find(&kv->table, &key);
    size_t old_size = place != NULL ? (*place)->value_size_bytes : 0;

    if (!check_size(key.size_bytes, (uint64_t)old_size + tail.size_bytes, reply)) {
        return;
    }
    if (place == NULL) {
        put(kv, &key, NULL, tail.data, tail.size_bytes, index);
    } else {
        *place = kv_item_extend(*place, old_size + tail.size_bytes);
        kv_item_write(*place, old_size, tail.data, tail.size_bytes);
        (*place)->revision = index;
    }
    kv_reply_integer(reply, (int64_t)(old_size + tail.size_bytes));
}

/* Makes the value long enough, with zeros, and writes a part of it. */
static void set_range(struct kv *kv, const struct kv_key *key, struct kv_item **place,
                      size_t offset, const struct kv_argument *part, uint64_t index)
{
    size_t end = offset + part->size_bytes;
    struct kv_item *item;

    if (place == NULL) {
        item = kv_item_create(key->data, key->size_bytes, NULL, 0, index);
        item = kv_item_extend(item, end);
        kv_table_insert(&kv->table, key->hash, item);
    } else if (end > (*place)->value_size_bytes) {
        item = *place = kv_item_extend(*place, end);
    } else {
        item = *place;
    }
    kv_item_write(item, offset, part->data, part->size_bytes);
    item->revision = index;
}

static void command_setrange(struct kv *kv, struct kv_request *request, uint64_t index,
                             struct kv_reply *reply)
{
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_argument offset_text = kv_request_next(request);
    struct kv_argument part = kv_request_next(request);
    struct kv_item **place;
    size_t size;
    int64_t offset;

    if (!number_parse(offset_text.data, offset_text.size_bytes, &offset)) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return;
    }
    if (offset < 0) {
        kv_reply_error(reply, "ERR offset is out of range");
        return;
    }
    place = kv_key_find(&kv->table, &key);
    size = place != NULL ? (*place)->value_size_bytes : 0;
    if (part.size_bytes == 0) {
        kv_reply_integer(reply, (int64_t)size);
        return;
    }
    if (!check_size(key.size_bytes, (uint64_t)offset + part.size_bytes, reply)) {
        return;
    }
    set_range(kv, &key, place, (size_t)offset, &part, index);
    if (size < (size_t)offset + part.size_bytes) {
        size = (size_t)offset + part.size_bytes;
    }
    kv_reply_integer(reply, (int64_t)size);
}

static void command_getdel(struct kv *kv, struct kv_request *request, uint64_t index,
                           struct kv_reply *reply)
{
    struct kv_key key = kv_key_make(&kv->table, kv_request_next(request));
    struct kv_item *item = kv_table_remove(&kv->table, key.hash, key.data, key.size_bytes);

    (void)index;
    answer_value(reply, item);
    kv_item_free(item);
}

static void command_flush(struct kv *kv, struct kv_request *request, uint64_t index,
                          struct kv_reply *reply)
{
    (void)request;
    (void)index;
    kv_table_clear(&kv->table);
    kv_reply_ok(reply);
}

static const struct {
    kv_command_function *function;
    struct kv_shape shape;
} commands[] = {
    [KV_SET] = {command_set, {2, 2, KV_SET_NX | KV_SET_XX | KV_SET_GET | KV_SET_INTEGER}},
    [KV_MSET] = {command_mset, {2, UINT32_MAX, 0}},
    [KV_DEL] = {command_del, {1, UINT32_MAX, 0}},
    [KV_INCRBY] = {command_incrby, {2, 2, 0}},
    [KV_APPEND] = {command_append, {2, 2, 0}},
    [KV_SETRANGE] = {command_setrange, {3, 3, 0}},
    [KV_GETDEL] = {command_getdel, {1, 1, 0}},
    [KV_FLUSH] = {command_flush, {0, 0, 0}},
};

void kv_command(struct kv *kv, struct kv_request *request, uint64_t index, struct kv_reply *reply)
{
    uint8_t operation = request->operation;

    if (operation >= sizeof(commands) / sizeof(commands[0]) ||
        commands[operation].function == NULL) {
        kv_reply_error(reply, "ERR no such command in this version of raftd");
        return;
    }
    if (kv_shape_check(&commands[operation].shape, request, reply)) {
        commands[operation].function(kv, request, index, reply);
    }
}
