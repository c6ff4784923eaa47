/*
 * Restoring the key-value store from a snapshot: beside the store that serves, on a thread of its
 * own, from bytes that may be anything and come in pieces of any size.
 */
#include <inttypes.h>
#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "kv/state.h"

enum stage {
    STAGE_HEADER,
    STAGE_TYPE,  /* of the next record */
    STAGE_ITEM,  /* the numbers before key and value */
    STAGE_BYTES, /* key and value */
    STAGE_END,
    STAGE_COMPLETE,
    STAGE_DAMAGED,
};

struct restore {
    struct kv_table table;
    struct kv_deadlines deadlines;
    uint64_t index;
    uint64_t time_ms;
    int64_t wall_offset_ms;
    unsigned notify;
    uint64_t item_count; /* as the header announces */
    uint64_t digest;     /* sum over the items so far */

    enum stage stage;
    uint64_t offset_bytes; /* where in the stream, for messages */
    /* The numbers that are being read, and how many bytes of them are needed. */
    uint8_t head[KV_SNAPSHOT_HEADER_BYTES];
    size_t head_bytes;
    size_t head_wanted_bytes;
    /* The item that is being read. */
    struct kv_item *item;
    size_t item_bytes; /* of key and value, so far */
    uint64_t deadline_ms;
};

static void expect(struct restore *restore, enum stage stage, size_t head_wanted_bytes)
{
    restore->stage = stage;
    restore->head_bytes = 0;
    restore->head_wanted_bytes = head_wanted_bytes;
    ASSERT(head_wanted_bytes <= sizeof(restore->head));
}

void *kv_restore_begin(void *context)
{
    const struct kv *kv = context;
    struct restore *restore = memory_allocate_zeroed(1, sizeof(*restore));

    kv_table_init(&restore->table, kv->hash_seed);
    expect(restore, STAGE_HEADER, KV_SNAPSHOT_HEADER_BYTES);
    return restore;
}

static int damaged(struct restore *restore, struct raftd_error *error, const char *what)
{
    restore->stage = STAGE_DAMAGED;
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "the snapshot of the key-value store is damaged before its byte %" PRIu64
                     ": %s; use another snapshot or another copy of this one",
                     restore->offset_bytes, what);
}

static int take_header(struct restore *restore, struct raftd_error *error)
{
    struct reader reader = reader_make(restore->head, restore->head_bytes);
    uint32_t magic = reader_u32(&reader);
    uint8_t version = reader_u8(&reader);

    restore->index = reader_u64(&reader);
    restore->time_ms = reader_u64(&reader);
    restore->wall_offset_ms = (int64_t)reader_u64(&reader);
    restore->notify = reader_u32(&reader);
    restore->item_count = reader_u64(&reader);
    ASSERT(!reader.failed && reader_left(&reader) == 0);
    if (magic != KV_SNAPSHOT_MAGIC) {
        return damaged(restore, error, "it does not begin with the mark of such a snapshot");
    }
    if (version != KV_SNAPSHOT_VERSION) {
        return damaged(restore, error, "its format has a version that this raftd does not know");
    }
    if (restore->time_ms > INT64_MAX || !kv_notify_known(restore->notify) ||
        !kv_wall_offset_is_possible(restore->wall_offset_ms)) {
        return damaged(restore, error, "its header has impossible values");
    }
    expect(restore, STAGE_TYPE, 1);
    return RAFTD_OK;
}

static int take_type(struct restore *restore, struct raftd_error *error)
{
    switch (restore->head[0]) {
    case KV_SNAPSHOT_ITEM:
        expect(restore, STAGE_ITEM, KV_SNAPSHOT_ITEM_BYTES - 1);
        restore->deadline_ms = KV_NO_DEADLINE;
        return RAFTD_OK;
    case KV_SNAPSHOT_ITEM_WITH_DEADLINE:
        expect(restore, STAGE_ITEM, KV_SNAPSHOT_ITEM_BYTES - 1 + KV_SNAPSHOT_DEADLINE_BYTES);
        restore->deadline_ms = 0;
        return RAFTD_OK;
    case KV_SNAPSHOT_END:
        expect(restore, STAGE_END, KV_SNAPSHOT_END_BYTES - 1);
        return RAFTD_OK;
    default:
        return damaged(restore, error, "a record has an unknown type");
    }
}

/* Key and value are complete. */
static int take_item(struct restore *restore, struct raftd_error *error)
{
    struct kv_item *item = restore->item;
    uint64_t hash = kv_table_hash(&restore->table, kv_item_key(item), item->key_size_bytes);

    if (kv_table_find(&restore->table, hash, kv_item_key(item), item->key_size_bytes) != NULL) {
        return damaged(restore, error, "it has a key twice");
    }
    restore->digest += kv_item_digest(item, restore->deadline_ms);
    kv_table_insert(&restore->table, hash, item);
    kv_deadlines_set(&restore->deadlines, item, restore->deadline_ms);
    restore->item = NULL;
    expect(restore, STAGE_TYPE, 1);
    return RAFTD_OK;
}

static int take_item_head(struct restore *restore, struct raftd_error *error)
{
    struct reader reader = reader_make(restore->head, restore->head_bytes);
    uint32_t key_size = reader_u32(&reader);
    uint32_t value_size = reader_u32(&reader);
    uint64_t revision = reader_u64(&reader);

    if (restore->deadline_ms != KV_NO_DEADLINE) {
        restore->deadline_ms = reader_u64(&reader);
    }
    ASSERT(!reader.failed && reader_left(&reader) == 0);
    if (key_size > KV_VALUE_BYTES_MAX || value_size > KV_VALUE_BYTES_MAX) {
        return damaged(restore, error, "a key or a value is longer than 64 MiB");
    }
    if (revision == 0 || revision > restore->index) {
        return damaged(restore, error,
                       "a key has the revision 0, or one that is newer than the snapshot");
    }
    if (restore->deadline_ms > INT64_MAX && restore->deadline_ms != KV_NO_DEADLINE) {
        return damaged(restore, error, "a key has an impossible time to live");
    }
    if (restore->table.item_count == restore->item_count) {
        return damaged(restore, error, "it has more keys than its header says");
    }
    restore->item = kv_item_create(NULL, key_size, NULL, value_size, revision);
    restore->item_bytes = 0;
    restore->stage = STAGE_BYTES;
    return key_size + value_size == 0 ? take_item(restore, error) : RAFTD_OK;
}

static int take_end(struct restore *restore, struct raftd_error *error)
{
    if (restore->table.item_count != restore->item_count) {
        return damaged(restore, error, "it has fewer keys than its header says");
    }
    if (load_u64(restore->head) != restore->digest) {
        return damaged(restore, error, "the checksum over all keys does not match");
    }
    restore->stage = STAGE_COMPLETE;
    return RAFTD_OK;
}

static int take_head(struct restore *restore, struct raftd_error *error)
{
    switch (restore->stage) {
    case STAGE_HEADER:
        return take_header(restore, error);
    case STAGE_TYPE:
        return take_type(restore, error);
    case STAGE_ITEM:
        return take_item_head(restore, error);
    default:
        return take_end(restore, error);
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Takes some of the bytes, at least one; *used says how many. */
static int take_bytes(struct restore *restore, const uint8_t *data, size_t size, size_t *used,
                      struct raftd_error *error)
{
    struct kv_item *item = restore->item;

    if (restore->stage == STAGE_BYTES) {
        size_t wanted = (size_t)item->key_size_bytes + item->value_size_bytes;

        *used = smaller(size, wanted - restore->item_bytes);
        memcpy(item->bytes + restore->item_bytes, data, *used);
        restore->item_bytes += *used;
        restore->offset_bytes += *used;
        return restore->item_bytes == wanted ? take_item(restore, error) : RAFTD_OK;
    }
    *used = smaller(size, restore->head_wanted_bytes - restore->head_bytes);
    memcpy(restore->head + restore->head_bytes, data, *used);
    restore->head_bytes += *used;
    restore->offset_bytes += *used;
    return restore->head_bytes == restore->head_wanted_bytes ? take_head(restore, error) : RAFTD_OK;
}

int kv_restore_write(void *staged, const void *data, size_t size_bytes, struct raftd_error *error)
{
    struct restore *restore = staged;
    const uint8_t *at = data;

    while (size_bytes > 0) {
        size_t used = 0;
        int result;

        if (restore->stage == STAGE_COMPLETE) {
            return damaged(restore, error, "there are bytes behind its end");
        }
        if (restore->stage == STAGE_DAMAGED) {
            return damaged(restore, error, "an earlier part of it is damaged");
        }
        result = take_bytes(restore, at, size_bytes, &used, error);
        if (result != RAFTD_OK) {
            return result;
        }
        at += used;
        size_bytes -= used;
    }
    return RAFTD_OK;
}

int kv_restore_finish(void *staged, struct raftd_error *error)
{
    struct restore *restore = staged;

    if (restore->stage != STAGE_COMPLETE) {
        return damaged(restore, error, "it ends too early");
    }
    return RAFTD_OK;
}

void kv_restore_commit(void *context, void *staged)
{
    struct kv *kv = context;
    struct restore *restore = staged;
    struct kv_ruin *ruins;

    ASSERT(restore->stage == STAGE_COMPLETE && restore->table.ruins == NULL);
    kv_clear(kv);
    ruins = kv->table.ruins;
    kv->table = restore->table;
    kv->table.ruins = ruins;
    kv->deadlines = restore->deadlines;
    kv->index = restore->index;
    kv->time_ms = restore->time_ms;
    kv->wall_offset_ms = restore->wall_offset_ms;
    kv->notify = restore->notify;
    kv->last_tick_ms = 0;
    memory_free(restore);
    kv_notify_lost(kv);
}

void kv_restore_abort(void *staged)
{
    struct restore *restore = staged;

    if (restore->item != NULL) {
        kv_item_free(restore->item);
    }
    kv_deadlines_free(&restore->deadlines);
    kv_table_free(&restore->table);
    memory_free(restore);
}
