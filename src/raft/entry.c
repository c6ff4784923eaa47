/*
 * Log entries: makes them and counts their references. Any thread may hold and release one.
 */
#include "raft/entry.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

struct raft_entry *raft_entry_make(uint8_t type, const void *data, uint32_t size)
{
    struct raft_entry *entry = memory_allocate(sizeof(*entry) + size);

    entry->term = 0;
    entry->index = 0;
    entry->origin = 0;
    entry->sequence = 0;
    entry->time_ms = 0;
    entry->wall_ms = 0;
    atomic_init(&entry->references, 1);
    entry->size_bytes = size;
    entry->type = type;
    entry->is_stub = false;
    if (data != NULL && size > 0) {
        memcpy(entry->data, data, size);
    }
    return entry;
}

struct raft_entry *raft_entry_make_stub(const struct raft_entry *entry)
{
    struct raft_entry *stub = raft_entry_make(entry->type, NULL, 0);

    stub->term = entry->term;
    stub->index = entry->index;
    stub->origin = entry->origin;
    stub->sequence = entry->sequence;
    stub->time_ms = entry->time_ms;
    stub->wall_ms = entry->wall_ms;
    stub->size_bytes = entry->size_bytes;
    stub->is_stub = true;
    return stub;
}

struct raft_entry *raft_entry_hold(struct raft_entry *entry)
{
    unsigned before = atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);

    ASSERT(before > 0);
    return entry;
}

void raft_entry_release(struct raft_entry *entry)
{
    unsigned before;

    if (entry == NULL) {
        return;
    }
    /* acq_rel: the thread that frees the entry sees everything that the other holders did before
     * they released it. */
    before = atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before == 1) {
        memory_free(entry);
    }
}

bool raft_entry_type_is_logged(uint8_t type)
{
    return type >= RAFT_ENTRY_NOOP && type <= RAFT_ENTRY_TYPE_MAX &&
           type != RAFT_ENTRY_MEMBERSHIP_CHANGE;
}
