/*
 * The faults of the file system in memory while a process runs: those that a test asked for by
 * number, and those by chance. See fs_memory.h.
 */
#include <errno.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/fs_state.h"

static bool happens(struct fs_memory *memory, uint32_t per_million, enum fs_fault_kind kind)
{
    if (per_million == 0 || !sim_random_chance(&memory->fault_random, per_million)) {
        return false;
    }
    memory->fault_counts[kind]++;
    return true;
}

static bool chance_fails(struct fs_memory *memory, enum fs_memory_operation operation)
{
    const struct fs_faults *faults = &memory->faults;

    switch (operation) {
    case FS_MEMORY_PREAD:
        return happens(memory, faults->read_error, FS_FAULT_READ_ERROR);
    case FS_MEMORY_PWRITE: /* done in part by the write itself */
        return false;
    case FS_MEMORY_FDATASYNC:
    case FS_MEMORY_FSYNC:
        return happens(memory, faults->sync_error, FS_FAULT_SYNC_ERROR);
    case FS_MEMORY_CREATE:
    case FS_MEMORY_TRUNCATE:
    case FS_MEMORY_ALLOCATE:
    case FS_MEMORY_RENAME:
    case FS_MEMORY_UNLINK:
    case FS_MEMORY_MAKE_DIRECTORY:
    case FS_MEMORY_SYNC_DIRECTORY:
        return happens(memory, faults->name_error, FS_FAULT_NAME_ERROR);
    case FS_MEMORY_OPERATIONS:
        break;
    }
    ASSERT(false);
    return false;
}

int fs_begin(struct fs_memory *memory, enum fs_memory_operation operation)
{
    struct fs_scripted_fault *scripted = &memory->scripted[operation];

    if (memory->is_dead) {
        return -EIO;
    }
    if (operation != FS_MEMORY_PREAD && ++memory->count == memory->die_at) {
        memory->is_dead = true;
        return 1;
    }
    if (happens(memory, memory->faults.stall, FS_FAULT_STALL)) {
        memory->latency_ms +=
            1 + sim_random_below(&memory->fault_random, (uint64_t)memory->faults.stall_ms);
    }
    if (scripted->countdown > 0 && --scripted->countdown == 0) {
        return scripted->failure;
    }
    return chance_fails(memory, operation) ? -EIO : 0;
}

bool fs_begin_whole(struct fs_memory *memory, enum fs_memory_operation operation, int *result)
{
    *result = fs_begin(memory, operation);
    if (*result == 1) {
        *result = -EIO;
        return sim_random_below(&memory->random, 2) == 0;
    }
    return *result == 0;
}

/* The size of all files together, without open files that have no name. */
static uint64_t used_bytes(const struct fs_memory *memory)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < memory->cache.count; i++) {
        if (memory->cache.list[i].inode != FS_INODE_DIRECTORY) {
            sum += memory->inodes[memory->cache.list[i].inode].cache_bytes;
        }
    }
    return sum;
}

bool fs_has_room(struct fs_memory *memory, uint64_t growth)
{
    if (growth == 0) {
        return true;
    }
    if (memory->limit_bytes > 0 && used_bytes(memory) + growth > memory->limit_bytes) {
        memory->fault_counts[FS_FAULT_FULL]++;
        return false;
    }
    if (memory->count >= memory->full_until &&
        happens(memory, memory->faults.full, FS_FAULT_FULL)) {
        memory->full_until = memory->count + memory->faults.full_operations;
        return false;
    }
    return memory->count >= memory->full_until;
}

uint64_t fs_free_bytes(const struct fs_memory *memory)
{
    uint64_t used;

    if (memory->count < memory->full_until) {
        return 0;
    }
    if (memory->limit_bytes == 0) {
        return INT64_MAX;
    }
    used = used_bytes(memory);
    return used < memory->limit_bytes ? memory->limit_bytes - used : 0;
}

void fs_write_back(struct fs_memory *memory, struct fs_inode *inode)
{
    if (inode->written_count == 0 ||
        !happens(memory, memory->faults.write_back, FS_FAULT_WRITE_BACK)) {
        return;
    }
    for (size_t i = 0; i < inode->written_count; i++) {
        struct fs_slot *slot = &inode->slots[inode->written[i]];

        /* They count as dirty still: the next write may tear them again. */
        if (sim_random_below(&memory->fault_random, 2) == 0) {
            fs_slot_settle(slot, slot->dirty, fs_page_bytes(slot->cache));
        }
    }
}

void fs_memory_fail(struct fs_memory *memory, enum fs_memory_operation operation, uint32_t nth,
                    int failure)
{
    ASSERT(failure < 0);
    memory->scripted[operation] = (struct fs_scripted_fault){.countdown = nth, .failure = failure};
}

void fs_memory_limit(struct fs_memory *memory, uint64_t bytes)
{
    memory->limit_bytes = bytes;
}

void fs_memory_fill(struct fs_memory *memory, uint64_t free_bytes)
{
    uint64_t bytes = used_bytes(memory) + free_bytes;

    memory->limit_bytes = bytes > 0 ? bytes : 1;
}

void fs_memory_set_faults(struct fs_memory *memory, const struct fs_faults *faults)
{
    ASSERT(faults->stall == 0 || faults->stall_ms > 0);
    ASSERT(faults->full == 0 || faults->full_operations > 0);
    memory->faults = *faults;
    if (faults->full == 0) {
        memory->full_until = 0;
    }
}

uint64_t fs_memory_latency_ms(struct fs_memory *memory)
{
    uint64_t latency_ms = memory->latency_ms;

    memory->latency_ms = 0;
    return latency_ms;
}

uint64_t fs_memory_fault_count(const struct fs_memory *memory, enum fs_fault_kind kind)
{
    ASSERT(kind < FS_FAULT_KINDS);
    return memory->fault_counts[kind];
}
