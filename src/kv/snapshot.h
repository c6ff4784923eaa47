/*
 * A snapshot of the key-value store that is being taken: the state of one moment, written slice
 * by slice while commands go on. A walk goes over the table in the order of kv_table_scan();
 * a command that is about to change a key which the walk has not come to has the old item written
 * first. What was written after that moment is known by its revision, so nothing is marked
 * and nothing copied that stays as it is. One thread.
 */
#ifndef RAFTD_KV_SNAPSHOT_H
#define RAFTD_KV_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "base/bytes.h"
#include "kv/deadlines.h"
#include "kv/table.h"

struct kv;

struct kv_snapshot {
    bool is_taken;  /* between begin and end */
    bool is_walked; /* every item of then has been written */
    /*
     * All keys were forgotten meanwhile: what there was is here, with its deadlines, and
     * nobody changes it any more.
     */
    bool is_detached;
    struct kv_table table;
    struct kv_deadlines deadlines;
    uint64_t index;        /* items with a later revision are not part of it */
    uint64_t order;        /* kv_table_order() of what the walk comes to next */
    uint64_t item_count;   /* of then */
    uint64_t saved_count;  /* written so far */
    uint64_t digest;       /* sum over those */
    struct buffer pending; /* written by commands since the last slice */
};

/* The functions of struct raftd_state_machine; context is the struct kv. */
void kv_snapshot_begin(void *context);
bool kv_snapshot_next(void *context, struct raftd_snapshot_sink *sink, size_t budget_bytes);
void kv_snapshot_end(void *context);

void *kv_restore_begin(void *context);
int kv_restore_write(void *staged, const void *data, size_t size_bytes, struct raftd_error *error);
int kv_restore_finish(void *staged, struct raftd_error *error);
void kv_restore_commit(void *context, void *staged);
void kv_restore_abort(void *staged);

/* An item is about to be changed or removed: its hash is that of its key. */
void kv_snapshot_before_change(struct kv *kv, uint64_t hash, const struct kv_item *item);
/* All items are about to be forgotten: takes them where a snapshot still needs them. */
void kv_snapshot_before_clear(struct kv *kv);

/*
 * The stream: a header, one record an item in no order, an end. All numbers little endian.
 *     header  magic u32, version u8, index u64, time_ms u64, wall_offset_ms i64, notify u32,
 *             number of items u64
 *     item    1 or (with a deadline) 2 u8, key size u32, value size u32, revision u64,
 *             deadline_ms u64 if 2, key, value
 *     end     0 u8, sum of kv_item_digest() u64
 */
enum {
    KV_SNAPSHOT_MAGIC = 0x53764b72, /* "rKvS" */
    KV_SNAPSHOT_VERSION = 1,
    KV_SNAPSHOT_HEADER_BYTES = 41,
    KV_SNAPSHOT_ITEM_BYTES = 17,
    KV_SNAPSHOT_DEADLINE_BYTES = 8,
    KV_SNAPSHOT_END_BYTES = 9,
    KV_SNAPSHOT_END = 0,
    KV_SNAPSHOT_ITEM = 1,
    KV_SNAPSHOT_ITEM_WITH_DEADLINE = 2,
};

#endif
