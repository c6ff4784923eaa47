/*
 * Saving the key-value store while it serves.
 */
#include "kv/snapshot.h"

#include "base/assert.h"
#include "base/plant.h"
#include "kv/state.h"

enum {
    /* What is gathered before it is handed on, and values that are not copied for that. */
    GATHERED_BYTES = 64 << 10,
    /* A slice looks at a place of the table for each so many bytes of its budget. */
    BYTES_PER_PLACE = 16,
};

void kv_snapshot_begin(void *context)
{
    struct kv *kv = context;
    struct kv_snapshot *snapshot = &kv->snapshot;
    struct buffer *header = &snapshot->pending;

    ASSERT(!snapshot->is_taken);
    *snapshot = (struct kv_snapshot){
        .is_taken = true,
        .index = kv->index,
        .item_count = kv->table.item_count,
    };
    buffer_append_u32(header, KV_SNAPSHOT_MAGIC);
    buffer_append_u8(header, KV_SNAPSHOT_VERSION);
    buffer_append_u64(header, kv->index);
    buffer_append_u64(header, kv->time_ms);
    buffer_append_u64(header, (uint64_t)kv->wall_offset_ms);
    buffer_append_u32(header, kv->notify);
    buffer_append_u64(header, snapshot->item_count);
    ASSERT(header->size_bytes == KV_SNAPSHOT_HEADER_BYTES);
}

/* Hands on what was gathered; returns how many bytes that were. */
static size_t hand_on(struct kv_snapshot *snapshot, struct raftd_snapshot_sink *sink)
{
    size_t size = snapshot->pending.size_bytes;

    if (size > 0) {
        raftd_snapshot_write(sink, snapshot->pending.data, size);
    }
    snapshot->pending.size_bytes = 0;
    /* Large only where commands changed much between two slices. */
    if (snapshot->pending.capacity_bytes > 4 * GATHERED_BYTES) {
        buffer_free(&snapshot->pending);
    }
    return size;
}

/* Writes an item; sink is NULL where there is no slice to hand it on to. Returns its size. */
static size_t save_item(struct kv_snapshot *snapshot, const struct kv_deadlines *deadlines,
                        const struct kv_item *item, struct raftd_snapshot_sink *sink)
{
    uint64_t deadline_ms =
        PLANT(kv_snapshot_loses_deadlines) ? KV_NO_DEADLINE : kv_deadlines_get(deadlines, item);
    bool has_deadline = deadline_ms != KV_NO_DEADLINE;
    struct buffer *pending = &snapshot->pending;

    buffer_append_u8(pending, has_deadline ? KV_SNAPSHOT_ITEM_WITH_DEADLINE : KV_SNAPSHOT_ITEM);
    buffer_append_u32(pending, item->key_size_bytes);
    buffer_append_u32(pending, item->value_size_bytes);
    buffer_append_u64(pending, item->revision);
    if (has_deadline) {
        buffer_append_u64(pending, deadline_ms);
    }
    buffer_append(pending, kv_item_key(item), item->key_size_bytes);
    if (sink != NULL && item->value_size_bytes >= GATHERED_BYTES) {
        hand_on(snapshot, sink);
        raftd_snapshot_write(sink, kv_item_value(item), item->value_size_bytes);
    } else {
        buffer_append(pending, kv_item_value(item), item->value_size_bytes);
    }
    snapshot->saved_count++;
    snapshot->digest += kv_item_digest(item, deadline_ms);
    return KV_SNAPSHOT_ITEM_BYTES + (size_t)item->key_size_bytes + item->value_size_bytes;
}

/* Whether the walk still has to write an item of its moment. */
static bool is_unsaved(const struct kv_snapshot *snapshot, uint64_t hash,
                       const struct kv_item *item)
{
    return item->revision <= snapshot->index && kv_table_order(hash) >= snapshot->order;
}

void kv_snapshot_before_change(struct kv *kv, uint64_t hash, const struct kv_item *item)
{
    struct kv_snapshot *snapshot = &kv->snapshot;

    if (snapshot->is_taken && !snapshot->is_walked && !snapshot->is_detached &&
        !PLANT(kv_snapshot_misses_changes) && is_unsaved(snapshot, hash, item)) {
        save_item(snapshot, &kv->deadlines, item, NULL);
    }
}

void kv_snapshot_before_clear(struct kv *kv)
{
    struct kv_snapshot *snapshot = &kv->snapshot;

    if (snapshot->is_taken && !snapshot->is_walked && !snapshot->is_detached) {
        snapshot->is_detached = true;
        snapshot->table = kv_table_detach(&kv->table);
        snapshot->deadlines = kv->deadlines;
        kv->deadlines = (struct kv_deadlines){0};
    }
}

struct slice {
    struct kv_snapshot *snapshot;
    const struct kv_table *table;
    const struct kv_deadlines *deadlines;
    struct raftd_snapshot_sink *sink;
    size_t written_bytes;
};

static void slice_visit(void *context, const struct kv_item *item)
{
    struct slice *slice = context;
    uint64_t hash = kv_table_hash(slice->table, kv_item_key(item), item->key_size_bytes);

    if (is_unsaved(slice->snapshot, hash, item)) {
        slice->written_bytes += save_item(slice->snapshot, slice->deadlines, item, slice->sink);
    }
}

static void walk(struct slice *slice, size_t budget_bytes)
{
    struct kv_snapshot *snapshot = slice->snapshot;
    size_t places = budget_bytes / BYTES_PER_PLACE + 1;

    while (!snapshot->is_walked && places-- > 0 && slice->written_bytes < budget_bytes) {
        uint64_t cursor = kv_table_order(snapshot->order);

        cursor = kv_table_scan(slice->table, cursor, slice_visit, slice);
        snapshot->order = kv_table_order(cursor);
        snapshot->is_walked = cursor == 0;
        if (snapshot->pending.size_bytes >= GATHERED_BYTES) {
            hand_on(snapshot, slice->sink);
        }
    }
}

bool kv_snapshot_next(void *context, struct raftd_snapshot_sink *sink, size_t budget_bytes)
{
    struct kv *kv = context;
    struct kv_snapshot *snapshot = &kv->snapshot;
    struct slice slice = {
        .snapshot = snapshot,
        .table = snapshot->is_detached ? &snapshot->table : &kv->table,
        .deadlines = snapshot->is_detached ? &snapshot->deadlines : &kv->deadlines,
        .sink = sink,
    };

    ASSERT(snapshot->is_taken);
    slice.written_bytes = hand_on(snapshot, sink);
    walk(&slice, budget_bytes);
    if (snapshot->is_walked) {
        ASSERT(snapshot->saved_count == snapshot->item_count);
        buffer_append_u8(&snapshot->pending, KV_SNAPSHOT_END);
        buffer_append_u64(&snapshot->pending, snapshot->digest);
    }
    hand_on(snapshot, sink);
    return snapshot->is_walked;
}

void kv_snapshot_end(void *context)
{
    struct kv *kv = context;
    struct kv_snapshot *snapshot = &kv->snapshot;

    kv_table_discard(&kv->table, &snapshot->table);
    kv_deadlines_free(&snapshot->deadlines);
    buffer_free(&snapshot->pending);
    *snapshot = (struct kv_snapshot){0};
}
