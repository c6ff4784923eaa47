/*
 * The second state machine: the versions of keys; see model.h.
 */
#include "sim/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "kv/state.h"

enum { KEY_BYTES = 16 };

struct version {
    uint64_t index; /* valid from this entry on */
    bool exists;
    uint64_t deadline_ms; /* of its cluster time; 0 = no deadline */
    size_t size_bytes;
    char *data;
};

struct key {
    struct version *versions;
    size_t count;
    size_t capacity;
};

/* The cluster time from an index on. */
struct moment {
    uint64_t index;
    uint64_t time_ms;
};

struct model {
    struct moment *moments;
    size_t moment_count;
    size_t moment_capacity;
    uint16_t key_count;
    struct key keys[];
};

struct model *model_create(uint16_t keys)
{
    struct model *model = memory_allocate_zeroed(1, sizeof(*model) + keys * sizeof(struct key));

    model->key_count = keys;
    return model;
}

void model_destroy(struct model *model)
{
    for (size_t i = 0; i < model->key_count; i++) {
        for (size_t j = 0; j < model->keys[i].count; j++) {
            memory_free(model->keys[i].versions[j].data);
        }
        memory_free(model->keys[i].versions);
    }
    memory_free(model->moments);
    memory_free(model);
}

void model_tick(struct model *model, uint64_t index, uint64_t time_ms)
{
    model->moments = memory_grow(model->moments, &model->moment_capacity, model->moment_count + 1,
                                 sizeof(model->moments[0]));
    model->moments[model->moment_count++] = (struct moment){.index = index, .time_ms = time_ms};
}

static uint64_t time_at(const struct model *model, uint64_t index)
{
    size_t low = 0;
    size_t high = model->moment_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (model->moments[middle].index <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? model->moments[low - 1].time_ms : 0;
}

/* The version after an index; NULL = there is no such key, or its time to live is over. */
static const struct version *find(const struct model *model, uint16_t number, uint64_t index)
{
    const struct key *key = &model->keys[number];
    const struct version *version;
    size_t low = 0;
    size_t high = key->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (key->versions[middle].index <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    version = low > 0 ? &key->versions[low - 1] : NULL;
    if (version == NULL || !version->exists ||
        (version->deadline_ms != 0 && version->deadline_ms <= time_at(model, index))) {
        return NULL;
    }
    return version;
}

static struct version *add_version(struct model *model, uint16_t number, uint64_t index,
                                   size_t size)
{
    struct key *key = &model->keys[number];
    struct version *version;

    key->versions =
        memory_grow(key->versions, &key->capacity, key->count + 1, sizeof(key->versions[0]));
    version = &key->versions[key->count++];
    *version = (struct version){
        .index = index, .exists = true, .size_bytes = size, .data = memory_allocate(size + 1)};
    return version;
}

static struct version *set(struct model *model, uint16_t key, uint64_t index, const char *data,
                           size_t size)
{
    struct version *version = add_version(model, key, index, size);

    memcpy(version->data, data, size);
    return version;
}

/* A version that differs only in its deadline. */
static void set_deadline(struct model *model, uint16_t key, uint64_t index,
                         const struct version *old, uint64_t deadline_ms)
{
    /* The old version may move in memory when the list grows. */
    struct version copy = *old;

    set(model, key, index, copy.data, copy.size_bytes)->deadline_ms = deadline_ms;
}

static void remove_key(struct model *model, uint16_t key, uint64_t index)
{
    add_version(model, key, index, 0)->exists = false;
}

/* ---- replies ---- */

static void reply_type(struct buffer *reply, enum kv_reply_type type)
{
    buffer_append_u8(reply, (uint8_t)type);
}

static void reply_integer(struct buffer *reply, int64_t value)
{
    reply_type(reply, KV_REPLY_INTEGER);
    buffer_append_u64(reply, (uint64_t)value);
}

static void reply_value(struct buffer *reply, const struct version *version)
{
    if (version == NULL) {
        reply_type(reply, KV_REPLY_NIL);
        return;
    }
    reply_type(reply, KV_REPLY_BULK);
    buffer_append_u32(reply, (uint32_t)version->size_bytes);
    buffer_append(reply, version->data, version->size_bytes);
}

/* ---- commands ---- */

static void apply_set(struct model *model, uint64_t index, const struct model_request *request,
                      const struct version *old, struct buffer *reply)
{
    bool set_it = request->kind == MODEL_SET_NX   ? old == NULL
                  : request->kind == MODEL_SET_XX ? old != NULL
                                                  : true;

    if (request->kind == MODEL_SET_GET) {
        reply_value(reply, old);
    } else {
        reply_type(reply, set_it ? KV_REPLY_OK : KV_REPLY_NIL);
    }
    if (set_it) {
        set(model, request->key, index, request->value, request->value_bytes);
    }
}

static void apply_increment(struct model *model, uint64_t index,
                            const struct model_request *request, const struct version *old,
                            struct buffer *reply)
{
    char text[32] = "0";
    uint64_t deadline_ms;
    int64_t value;

    if (old != NULL) {
        ASSERT(old->size_bytes < sizeof(text));
        memcpy(text, old->data, old->size_bytes);
        text[old->size_bytes] = 0;
    }
    value = strtoll(text, NULL, 10) + request->amount;
    snprintf(text, sizeof(text), "%lld", (long long)value);
    deadline_ms = old != NULL ? old->deadline_ms : 0;
    set(model, request->key, index, text, strlen(text))->deadline_ms = deadline_ms;
    reply_integer(reply, value);
}

static void apply_append(struct model *model, uint64_t index, const struct model_request *request,
                         const struct version *old, struct buffer *reply)
{
    size_t before = old != NULL ? old->size_bytes : 0;
    char *joined = memory_allocate(before + request->value_bytes + 1);
    uint64_t deadline_ms;

    if (old != NULL) {
        memcpy(joined, old->data, before);
    }
    memcpy(joined + before, request->value, request->value_bytes);
    deadline_ms = old != NULL ? old->deadline_ms : 0;
    set(model, request->key, index, joined, before + request->value_bytes)->deadline_ms =
        deadline_ms;
    memory_free(joined);
    reply_integer(reply, (int64_t)(before + request->value_bytes));
}

static bool is_equal(const struct version *version, const char *text)
{
    return version != NULL && version->size_bytes == strlen(text) &&
           memcmp(version->data, text, version->size_bytes) == 0;
}

static void apply_expire(struct model *model, uint64_t index, const struct model_request *request,
                         const struct version *old, struct buffer *reply)
{
    uint64_t deadline_ms = time_at(model, index) + (uint64_t)request->amount;
    bool changes = old != NULL && (request->kind == MODEL_PEXPIRE || old->deadline_ms != 0);

    reply_integer(reply, changes);
    if (changes) {
        set_deadline(model, request->key, index, old,
                     request->kind == MODEL_PEXPIRE ? deadline_ms : 0);
    }
}

static void apply_compared(struct model *model, uint64_t index, const struct model_request *request,
                           const struct version *old, struct buffer *reply)
{
    bool equal = is_equal(old, request->compared);

    if (request->kind == MODEL_DELIF) {
        reply_integer(reply, equal);
        if (equal) {
            remove_key(model, request->key, index);
        }
        return;
    }
    reply_type(reply, equal ? KV_REPLY_OK : KV_REPLY_NIL);
    if (equal) {
        set(model, request->key, index, request->value, request->value_bytes);
    }
}

static void apply_exec(struct model *model, uint64_t index, const struct model_request *request,
                       const struct version *old, struct buffer *reply)
{
    if (request->watches && request->watched != (old != NULL ? old->index : 0)) {
        reply_type(reply, KV_REPLY_NIL);
        return;
    }
    reply_type(reply, KV_REPLY_ARRAY);
    buffer_append_u32(reply, 3);
    set(model, request->key, index, request->value, request->value_bytes);
    reply_type(reply, KV_REPLY_OK);
    set(model, request->second, index, request->value, request->value_bytes);
    reply_type(reply, KV_REPLY_OK);
    reply_value(reply, find(model, request->key, index));
}

void model_apply(struct model *model, uint64_t index, uint64_t time_ms,
                 const struct model_request *request, struct buffer *reply)
{
    const struct version *old;

    model_tick(model, index, time_ms);
    old = find(model, request->key, index);
    switch (request->kind) {
    case MODEL_SET:
    case MODEL_SET_NX:
    case MODEL_SET_XX:
    case MODEL_SET_GET:
        apply_set(model, index, request, old, reply);
        break;
    case MODEL_MSET:
        set(model, request->key, index, request->value, request->value_bytes);
        set(model, request->second, index, request->value, request->value_bytes);
        reply_type(reply, KV_REPLY_OK);
        break;
    case MODEL_INCREMENT:
        apply_increment(model, index, request, old, reply);
        break;
    case MODEL_APPEND:
        apply_append(model, index, request, old, reply);
        break;
    case MODEL_DELETE:
        reply_integer(reply, old != NULL);
        if (old != NULL) {
            remove_key(model, request->key, index);
        }
        break;
    case MODEL_GETDEL:
        reply_value(reply, old);
        if (old != NULL) {
            remove_key(model, request->key, index);
        }
        break;
    case MODEL_SET_PX:
        set(model, request->key, index, request->value, request->value_bytes)->deadline_ms =
            time_ms + (uint64_t)request->amount;
        reply_type(reply, KV_REPLY_OK);
        break;
    case MODEL_PEXPIRE:
    case MODEL_PERSIST:
        apply_expire(model, index, request, old, reply);
        break;
    case MODEL_SET_IFEQ:
    case MODEL_DELIF:
        apply_compared(model, index, request, old, reply);
        break;
    case MODEL_EXEC:
        apply_exec(model, index, request, old, reply);
        break;
    case MODEL_BYTES:
        reply_type(reply, KV_REPLY_ERROR);
        buffer_append_u32(reply, (uint32_t)strlen(KV_ERROR_UNREADABLE));
        buffer_append(reply, KV_ERROR_UNREADABLE, strlen(KV_ERROR_UNREADABLE));
        break;
    case MODEL_GET:
    case MODEL_MGET:
    case MODEL_STRLEN:
    case MODEL_EXISTS:
    case MODEL_KINDS:
    default:
        ASSERT(request->kind < MODEL_READS);
    }
}

void model_read(const struct model *model, uint64_t index, const struct model_request *request,
                struct buffer *reply)
{
    const struct version *version = find(model, request->key, index);

    if (request->kind == MODEL_STRLEN) {
        reply_integer(reply, version != NULL ? (int64_t)version->size_bytes : 0);
    } else if (request->kind == MODEL_EXISTS) {
        reply_integer(reply, version != NULL);
    } else if (request->kind == MODEL_MGET) {
        reply_type(reply, KV_REPLY_ARRAY);
        buffer_append_u32(reply, 2);
        reply_value(reply, version);
        reply_value(reply, find(model, request->second, index));
    } else {
        ASSERT(request->kind == MODEL_GET);
        reply_value(reply, version);
    }
}

/* ---- requests ---- */

struct kind {
    const char *name;
    enum kv_operation operation;
    uint8_t flags;
    bool has_value;
    bool has_amount;
    bool has_second;
};

static const struct kind kinds[MODEL_KINDS] = {
    [MODEL_SET] = {"SET", KV_SET, 0, true, false, false},
    [MODEL_SET_NX] = {"SET NX", KV_SET, KV_SET_NX, true, false, false},
    [MODEL_SET_XX] = {"SET XX", KV_SET, KV_SET_XX, true, false, false},
    [MODEL_SET_GET] = {"SET GET", KV_SET, KV_SET_GET, true, false, false},
    [MODEL_MSET] = {"MSET", KV_MSET, 0, true, false, true},
    [MODEL_INCREMENT] = {"INCRBY", KV_INCRBY, 0, false, true, false},
    [MODEL_APPEND] = {"APPEND", KV_APPEND, 0, true, false, false},
    [MODEL_DELETE] = {"DEL", KV_DEL, 0, false, false, false},
    [MODEL_GETDEL] = {"GETDEL", KV_GETDEL, 0, false, false, false},
    [MODEL_SET_PX] = {"SET PX", KV_SET, KV_SET_EXPIRY, true, true, false},
    [MODEL_PEXPIRE] = {"PEXPIRE", KV_EXPIRE, 0, false, true, false},
    [MODEL_PERSIST] = {"PERSIST", KV_PERSIST, 0, false, false, false},
    [MODEL_SET_IFEQ] = {"SET IFEQ", KV_SET, KV_SET_IFEQ, true, false, false},
    [MODEL_DELIF] = {"DELIFEQ", KV_DELIF, 0, false, false, false},
    [MODEL_EXEC] = {"EXEC of SET", KV_EXEC, 0, true, false, true},
    [MODEL_BYTES] = {"bytes that are no command,", KV_SET, 0, true, false, false},
    [MODEL_GET] = {"GET", KV_GET, 0, false, false, false},
    [MODEL_MGET] = {"MGET", KV_MGET, 0, false, false, true},
    [MODEL_STRLEN] = {"STRLEN", KV_STRLEN, 0, false, false, false},
    [MODEL_EXISTS] = {"EXISTS", KV_EXISTS, 0, false, false, false},
};

static struct kv_argument argument_of(const char *text)
{
    return (struct kv_argument){text, strlen(text)};
}

/* A transaction of independent requests. */
static void encode_exec(const struct model_request *request, struct buffer *bytes)
{
    struct model_request parts[3] = {*request, *request, *request};
    struct buffer encoded[3] = {{0}};
    struct kv_argument arguments[6] = {argument_of(request->watches ? "1" : "0")};
    char name[KEY_BYTES];
    char revision[32];
    size_t count = 1;

    if (request->watches) {
        snprintf(name, sizeof(name), "key%u", request->key);
        snprintf(revision, sizeof(revision), "%llu", (unsigned long long)request->watched);
        arguments[count++] = argument_of(name);
        arguments[count++] = argument_of(revision);
    }
    parts[0].kind = MODEL_SET;
    parts[1].kind = MODEL_SET;
    parts[1].key = request->second;
    parts[2].kind = MODEL_GET;
    for (size_t i = 0; i < 3; i++) {
        model_encode(&parts[i], &encoded[i]);
        arguments[count++] = (struct kv_argument){encoded[i].data, encoded[i].size_bytes};
    }
    kv_request_encode(bytes, KV_EXEC, 0, arguments, count);
    for (size_t i = 0; i < 3; i++) {
        buffer_free(&encoded[i]);
    }
}

void model_encode(const struct model_request *request, struct buffer *bytes)
{
    const struct kind *kind = &kinds[request->kind];
    struct kv_argument arguments[6];
    char names[2][KEY_BYTES];
    char amount[32];
    size_t count = 0;

    if (request->kind == MODEL_EXEC) {
        encode_exec(request, bytes);
        return;
    }
    if (request->kind == MODEL_BYTES) {
        buffer_append(bytes, request->value, request->value_bytes);
        return;
    }
    snprintf(names[0], KEY_BYTES, "key%u", request->key);
    snprintf(names[1], KEY_BYTES, "key%u", request->second);
    snprintf(amount, sizeof(amount), "%lld", (long long)request->amount);
    arguments[count++] = argument_of(names[0]);
    if (kind->has_value) {
        arguments[count++] = (struct kv_argument){request->value, request->value_bytes};
    }
    if (kind->operation == KV_EXPIRE || (kind->flags & KV_SET_EXPIRY) != 0) {
        arguments[count++] = argument_of(kind->operation == KV_EXPIRE ? "PEXPIRE" : "PX");
    }
    if (kind->has_amount) {
        arguments[count++] = argument_of(amount);
    }
    if (request->kind == MODEL_SET_IFEQ || request->kind == MODEL_DELIF) {
        arguments[count++] = argument_of(request->compared);
    }
    if (kind->has_second) {
        arguments[count++] = argument_of(names[1]);
        if (kind->has_value) {
            arguments[count++] = (struct kv_argument){request->value, request->value_bytes};
        }
    }
    kv_request_encode(bytes, kind->operation, kind->flags, arguments, count);
}

void model_describe(const struct model_request *request, char *text, size_t size)
{
    const struct kind *kind = &kinds[request->kind];

    if (kind->has_value) {
        snprintf(text, size, "%s key%u %.12s%s (%zu bytes)", kind->name, request->key,
                 request->value, request->value_bytes > 12 ? "..." : "", request->value_bytes);
    } else if (kind->has_amount) {
        snprintf(text, size, "%s key%u %lld", kind->name, request->key, (long long)request->amount);
    } else {
        snprintf(text, size, "%s key%u", kind->name, request->key);
    }
}
