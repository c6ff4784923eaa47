/*
 * The power cut of the file system in memory: what was under way, and what of it reached the disk.
 * See fs_memory.h.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/fs_state.h"

/* One unit that is under way; `sectors` is its mask in the slot. */
typedef void unit_function(void *argument, const struct fs_unit *unit, struct fs_slot *slot,
                           uint8_t sectors);

static int compare_slots(const size_t *left, const size_t *right)
{
    return *left < *right ? -1 : *left > *right;
}

/* Sorts the written slots, by insertion, because they are nearly sorted. */
static void sort_written(struct fs_inode *inode)
{
    for (size_t i = 1; i < inode->written_count; i++) {
        size_t value = inode->written[i];
        size_t at = i;

        while (at > 0 && compare_slots(&inode->written[at - 1], &value) > 0) {
            inode->written[at] = inode->written[at - 1];
            at--;
        }
        inode->written[at] = value;
    }
}

static void for_each_sector(struct fs_inode *inode, int number, bool has_large_sectors,
                            unit_function *call, void *argument)
{
    sort_written(inode);
    for (size_t i = 0; i < inode->written_count; i++) {
        struct fs_slot *slot = &inode->slots[inode->written[i]];
        struct fs_unit unit = {.type = FS_UNIT_SECTOR, .inode = number};

        for (size_t sector = 0; sector < FS_SECTORS; sector++) {
            uint8_t mask = (uint8_t)(has_large_sectors ? slot->dirty : 1u << sector);

            if ((slot->dirty & mask) != 0) {
                unit.offset =
                    (uint64_t)inode->written[i] * FS_PAGE_BYTES + sector * FS_SECTOR_BYTES;
                call(argument, &unit, slot, mask);
            }
            if (has_large_sectors) {
                break;
            }
        }
    }
}

static void for_each_unit(const struct fs_memory *memory, unit_function *call, void *argument)
{
    for (size_t i = 0; i < memory->inode_count; i++) {
        struct fs_inode *inode = &memory->inodes[i];
        struct fs_unit unit = {.type = FS_UNIT_SIZE, .inode = (int)i};

        if (!inode->is_used) {
            continue;
        }
        for_each_sector(inode, (int)i, memory->has_large_sectors, call, argument);
        if (inode->cache_bytes != inode->disk_bytes) {
            call(argument, &unit, NULL, 0);
        }
    }
    for (size_t i = 0; i < memory->change_count; i++) {
        struct fs_unit unit = {
            .type = FS_UNIT_NAME, .inode = memory->changes[i].inode, .offset = i};

        call(argument, &unit, NULL, 0);
    }
}

struct listing {
    struct fs_unit *units;
    size_t count;
    size_t capacity;
};

static void list_unit(void *argument, const struct fs_unit *unit, struct fs_slot *slot,
                      uint8_t sectors)
{
    struct listing *listing = argument;

    (void)slot;
    (void)sectors;
    if (listing->count < listing->capacity) {
        listing->units[listing->count] = *unit;
    }
    listing->count++;
}

size_t fs_memory_pending(const struct fs_memory *memory, struct fs_unit *units, size_t capacity)
{
    struct listing listing = {.units = units, .capacity = capacity};

    for_each_unit(memory, list_unit, &listing);
    return listing.count;
}

/* The crash. */

struct crash {
    struct fs_memory *memory;
    const uint8_t *fates;
    size_t fate_count;
    size_t at;
    uint64_t *sizes; /* of each inode, after the crash */
};

static void crash_sector(struct fs_memory *memory, struct fs_slot *slot, uint8_t sectors,
                         enum fs_fate fate)
{
    uint8_t bytes[FS_PAGE_BYTES];
    /* A disk writes a sector from one end or from the other, and may stop anywhere. */
    size_t split = (size_t)sim_random_below(&memory->random, FS_PAGE_BYTES);
    bool is_new_first = sim_random_below(&memory->random, 2) == 0;

    switch (fate) {
    case FS_FATE_OLD:
        return;
    case FS_FATE_NEW:
        memcpy(bytes, fs_page_bytes(slot->cache), sizeof(bytes));
        break;
    case FS_FATE_ZERO:
        memset(bytes, 0, sizeof(bytes));
        break;
    case FS_FATE_GARBAGE:
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (uint8_t)sim_random_next(&memory->random);
        }
        break;
    case FS_FATE_TORN:
        for (size_t i = 0; i < FS_PAGE_BYTES; i++) {
            /*
             * At the same place in each sector of 512 bytes, or at one place in a sector of 4096.
             */
            size_t place = memory->has_large_sectors ? i : i % FS_SECTOR_BYTES;
            size_t cut = memory->has_large_sectors ? split : split % FS_SECTOR_BYTES;
            bool is_new = (place < cut) == is_new_first;

            bytes[i] = fs_page_bytes(is_new ? slot->cache : slot->disk)[i];
        }
        break;
    }
    fs_slot_settle(slot, sectors, bytes);
}

static uint64_t crash_size(struct fs_memory *memory, const struct fs_inode *inode,
                           enum fs_fate fate)
{
    uint64_t low = inode->disk_bytes < inode->cache_bytes ? inode->disk_bytes : inode->cache_bytes;
    uint64_t high = inode->disk_bytes + inode->cache_bytes - low;

    switch (fate) {
    case FS_FATE_OLD:
        return inode->disk_bytes;
    case FS_FATE_NEW:
    case FS_FATE_ZERO:
        return inode->cache_bytes;
    case FS_FATE_GARBAGE:
    case FS_FATE_TORN:
        break;
    }
    return sim_random_between(&memory->random, low, high);
}

static void crash_unit(void *argument, const struct fs_unit *unit, struct fs_slot *slot,
                       uint8_t sectors)
{
    struct crash *crash = argument;
    struct fs_memory *memory = crash->memory;
    enum fs_fate fate;

    ASSERT(crash->at < crash->fate_count);
    fate = (enum fs_fate)crash->fates[crash->at++];
    switch (unit->type) {
    case FS_UNIT_SECTOR:
        crash_sector(memory, slot, sectors, fate);
        break;
    case FS_UNIT_SIZE:
        crash->sizes[unit->inode] = crash_size(memory, &memory->inodes[unit->inode], fate);
        break;
    case FS_UNIT_NAME:
        if (fate != FS_FATE_OLD) {
            fs_change_apply(&memory->disk, &memory->changes[unit->offset]);
        }
        break;
    }
}

void fs_memory_crash(struct fs_memory *memory, const uint8_t *fates, size_t count)
{
    struct crash crash = {.memory = memory, .fates = fates, .fate_count = count};

    crash.sizes = memory_allocate_zeroed(memory->inode_count + 1, sizeof(crash.sizes[0]));
    for (size_t i = 0; i < memory->inode_count; i++) {
        crash.sizes[i] = memory->inodes[i].disk_bytes;
    }
    for_each_unit(memory, crash_unit, &crash);
    ASSERT(crash.at == count);
    fs_memory_end_process(memory);
    fs_settle_changes(memory, NULL);
    fs_names_drop_orphans(&memory->disk);
    fs_names_copy(&memory->cache, &memory->disk);
    for (size_t i = 0; i < memory->inode_count; i++) {
        if (memory->inodes[i].is_used) {
            fs_inode_reload(&memory->inodes[i], crash.sizes[i]);
        }
    }
    memory_free(crash.sizes);
}

static enum fs_fate draw_fate(struct fs_memory *memory, enum fs_memory_loss loss)
{
    switch (loss) {
    case FS_MEMORY_LOSE_ALL:
        return FS_FATE_OLD;
    case FS_MEMORY_LOSE_NONE:
        return FS_FATE_NEW;
    case FS_MEMORY_TEAR:
        if (sim_random_below(&memory->random, 3) == 0) {
            return (enum fs_fate)sim_random_between(&memory->random, FS_FATE_ZERO, FS_FATE_TORN);
        }
        break;
    case FS_MEMORY_LOSE_SOME:
        break;
    }
    return sim_random_below(&memory->random, 2) == 0 ? FS_FATE_OLD : FS_FATE_NEW;
}

void fs_memory_power_cut(struct fs_memory *memory, enum fs_memory_loss loss)
{
    size_t count = fs_memory_pending(memory, NULL, 0);
    uint8_t *fates = memory_allocate(count + 1);

    for (size_t i = 0; i < count; i++) {
        fates[i] = (uint8_t)draw_fate(memory, loss);
    }
    fs_memory_crash(memory, fates, count);
    memory_free(fates);
}
