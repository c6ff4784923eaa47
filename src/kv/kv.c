/*
 * The key-value store as a state machine: entries and queries come in as bytes that may be
 * anything, and each is answered once. One thread at a time.
 */
#include "kv/kv.h"

#include "base/assert.h"
#include "base/memory.h"
#include "kv/state.h"

struct kv *kv_create(uint64_t hash_seed)
{
    struct kv *kv = memory_allocate(sizeof(*kv));

    kv_table_init(&kv->table, hash_seed);
    return kv;
}

void kv_destroy(struct kv *kv)
{
    if (kv != NULL) {
        kv_table_free(&kv->table);
        memory_free(kv);
    }
}

bool kv_shape_check(const struct kv_shape *shape, const struct kv_request *request,
                    struct kv_reply *reply)
{
    if (request->count < shape->count_min || request->count > shape->count_max) {
        kv_reply_error(reply, "ERR wrong number of arguments");
        return false;
    }
    if ((request->flags & ~shape->flags) != 0) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return false;
    }
    return true;
}

static const char error_unreadable[] = "ERR the request cannot be read by this version of raftd";

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

static void apply_entry(struct kv *kv, const struct raftd_entry *entry)
{
    struct kv_request request;
    struct kv_reply reply;

    kv_table_tidy(&kv->table);
    kv_reply_begin(&reply, entry->reply);
    if (kv_request_decode(&request, entry->data, entry->size_bytes)) {
        kv_command(kv, &request, entry->index, &reply);
    } else {
        kv_reply_error(&reply, error_unreadable);
    }
    kv_reply_end(&reply);
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
        kv_query(kv, &request, &reply);
    } else {
        kv_reply_error(&reply, error_unreadable);
    }
    kv_reply_end(&reply);
}

struct raftd_state_machine kv_state_machine(struct kv *kv)
{
    ASSERT(kv != NULL);
    return (struct raftd_state_machine){.context = kv, .apply = kv_apply, .read = kv_read};
}
