/*
 * The key-value store as a state machine: entries and queries come in as bytes that may be
 * anything, and each is answered once. One thread at a time.
 */
#include "kv/kv.h"

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "kv/state.h"

struct kv *kv_create(uint64_t hash_seed)
{
    struct kv *kv = memory_allocate_zeroed(1, sizeof(*kv));

    kv->hash_seed = hash_seed;
    kv_table_init(&kv->table, hash_seed);
    kv->random = hash_seed;
    return kv;
}

void kv_destroy(struct kv *kv)
{
    if (kv != NULL) {
        kv_snapshot_end(kv);
        kv_deadlines_free(&kv->deadlines);
        kv_table_free(&kv->table);
        memory_free(kv);
    }
}

/* Entries that are looked at ahead, and how long those are for which this pays. */
enum { WINDOW_ENTRIES = 16, WINDOW_ENTRY_BYTES_MAX = 1024 };

/* Only a hint: entries that are no requests, or large ones, are left for later. */
static void prefetch_keys(const struct kv_table *table, const struct raftd_entry *entries,
                          size_t count)
{
    uint64_t hashes[WINDOW_ENTRIES];
    size_t hash_count = 0;

    for (size_t i = 0; i < count; i++) {
        struct kv_request request;

        if (entries[i].size_bytes <= WINDOW_ENTRY_BYTES_MAX &&
            kv_request_decode(&request, entries[i].data, entries[i].size_bytes) &&
            request.count > 0) {
            struct kv_argument key = kv_request_next(&request);
            uint64_t hash = kv_table_hash(table, key.data, key.size_bytes);

            kv_table_prefetch_bucket(table, hash);
            hashes[hash_count++] = hash;
        }
    }
    for (size_t i = 0; i < hash_count; i++) {
        kv_table_prefetch_item(table, hashes[i]);
    }
}

/*
 * How many keys whose time has come are removed by one entry. They are invisible already, so this
 * is about memory and events alone; it is the same on every node. A tick that left some wants
 * the next at once.
 */
enum { DUE_PER_ENTRY = 16, DUE_PER_TICK = 1024 };

/* Deadlines that come one after the other are waited for together: 20 ticks in a second. */
enum { TICK_INTERVAL_MS = 50 };

static void begin_entry(struct kv *kv, uint64_t index, uint64_t time_ms)
{
    kv->index = index;
    if (PLANT(kv_local_clock)) {
        time_ms += kv->table.hash_seed % 1000;
    }
    kv->time_ms = time_ms > kv->time_ms ? time_ms : kv->time_ms;
    kv_table_tidy(&kv->table);
}

static void apply_entry(struct kv *kv, const struct raftd_entry *entry)
{
    struct kv_request request;
    struct kv_reply reply;

    begin_entry(kv, entry->index, entry->time_ms);
    kv_set_wall_clock(kv, entry->wall_ms);
    kv_remove_due(kv, DUE_PER_ENTRY);
    kv_reply_begin(&reply, entry->reply);
    if (kv_request_decode(&request, entry->data, entry->size_bytes)) {
        kv_execute(kv, &request, &reply);
    } else {
        kv_reply_error(&reply, KV_ERROR_UNREADABLE);
    }
    kv_reply_end(&reply);
}

static uint64_t kv_next_deadline(void *context)
{
    const struct kv *kv = context;
    const struct kv_deadline *first = kv_deadlines_first(&kv->deadlines);
    uint64_t earliest_ms = kv->last_tick_ms + TICK_INTERVAL_MS;

    if (first == NULL) {
        return KV_NO_DEADLINE;
    }
    if (first->deadline_ms <= kv->time_ms || first->deadline_ms > earliest_ms) {
        return first->deadline_ms;
    }
    return earliest_ms;
}

static void kv_tick(void *context, uint64_t index, uint64_t time_ms)
{
    struct kv *kv = context;

    begin_entry(kv, index, time_ms);
    kv->last_tick_ms = kv->time_ms;
    kv_remove_due(kv, DUE_PER_TICK);
}

static void kv_apply(void *context, const struct raftd_entry *entries, size_t count)
{
    struct kv *kv = context;

    while (count > 0) {
        size_t window = count < WINDOW_ENTRIES ? count : WINDOW_ENTRIES;

        if (window > 1) {
            prefetch_keys(&kv->table, entries, window);
        }
        for (size_t i = 0; i < window; i++) {
            apply_entry(kv, &entries[i]);
            if (PLANT(kv_applied_twice) && entries[i].index % 16 == 0) {
                struct raftd_entry again = entries[i];

                again.reply = NULL;
                apply_entry(kv, &again);
            }
        }
        entries += window;
        count -= window;
    }
}

static void kv_read(void *context, const struct raftd_query *query, struct raftd_reply *target)
{
    struct kv *kv = context;
    struct kv_request request;
    struct kv_reply reply;

    kv_table_tidy(&kv->table);
    kv_reply_begin(&reply, target);
    if (kv_request_decode(&request, query->data, query->size_bytes)) {
        kv_query(kv, &request, query->time_ms > kv->time_ms ? query->time_ms : kv->time_ms, &reply);
    } else {
        kv_reply_error(&reply, KV_ERROR_UNREADABLE);
    }
    kv_reply_end(&reply);
}

struct raftd_state_machine kv_state_machine(struct kv *kv)
{
    ASSERT(kv != NULL);
    return (struct raftd_state_machine){
        .context = kv,
        .apply = kv_apply,
        .read = kv_read,
        .next_deadline = kv_next_deadline,
        .tick = kv_tick,
        .snapshot_begin = kv_snapshot_begin,
        .snapshot_next = kv_snapshot_next,
        .snapshot_end = kv_snapshot_end,
        .restore_begin = kv_restore_begin,
        .restore_write = kv_restore_write,
        .restore_finish = kv_restore_finish,
        .restore_commit = kv_restore_commit,
        .restore_abort = kv_restore_abort,
    };
}
