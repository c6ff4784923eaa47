/*
 * The files of the file system in memory: pages that cache, disk and copies share, and the marks of
 * what is under way. See fs_state.h.
 */
#include "sim/fs_state.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

static const uint8_t zeros[FS_PAGE_BYTES];

/* Pages. */

const uint8_t *fs_page_bytes(const struct fs_page *page)
{
    return page != NULL ? page->bytes : zeros;
}

static struct fs_page *page_share(struct fs_page *page)
{
    if (page != NULL) {
        page->references++;
    }
    return page;
}

static void page_release(struct fs_page *page)
{
    if (page != NULL && --page->references == 0) {
        memory_free(page);
    }
}

static void page_replace(struct fs_page **place, struct fs_page *page)
{
    page_share(page);
    page_release(*place);
    *place = page;
}

/* A page that can be written: its bytes are the old ones, or undefined if all of it will be
 * written. */
static uint8_t *page_own(struct fs_page **place, bool is_whole)
{
    struct fs_page *page = *place;

    if (page == NULL || page->references > 1) {
        struct fs_page *own = memory_allocate(sizeof(*own));

        own->references = 1;
        if (!is_whole) {
            memcpy(own->bytes, fs_page_bytes(page), FS_PAGE_BYTES);
        }
        page_release(page);
        *place = own;
    }
    return (*place)->bytes;
}

static void page_write(struct fs_page **place, size_t from, const uint8_t *data, size_t size)
{
    if (size == FS_PAGE_BYTES && memcmp(data, zeros, FS_PAGE_BYTES) == 0) {
        page_replace(place, NULL);
    } else {
        memcpy(page_own(place, size == FS_PAGE_BYTES) + from, data, size);
    }
}

static void page_clear(struct fs_page **place, size_t from, size_t size)
{
    if (size == FS_PAGE_BYTES) {
        page_replace(place, NULL);
    } else if (*place != NULL) {
        memset(page_own(place, false) + from, 0, size);
    }
}

/* The sectors that bytes `from` to `from + size - 1` of a page touch. */
static uint8_t sectors_of(size_t from, size_t size, bool has_large_sectors)
{
    size_t first = from / FS_SECTOR_BYTES;
    size_t last = (from + size - 1) / FS_SECTOR_BYTES;

    return (uint8_t)(has_large_sectors ? 0xffu : (0xffu << first) & (0xffu >> (7 - last)));
}

/* Slots. */

static void slot_free(struct fs_slot *slot)
{
    page_release(slot->cache);
    page_release(slot->disk);
}

static void slots_reserve(struct fs_inode *inode, uint64_t bytes)
{
    size_t wanted = (size_t)((bytes + FS_PAGE_BYTES - 1) / FS_PAGE_BYTES);
    size_t before = inode->slot_count;

    if (wanted > before) {
        inode->slots = memory_grow(inode->slots, &inode->slot_count, wanted, sizeof(*inode->slots));
        memset(inode->slots + before, 0, (inode->slot_count - before) * sizeof(*inode->slots));
    }
}

static void mark_dirty(struct fs_inode *inode, size_t at, uint8_t mask)
{
    struct fs_slot *slot = &inode->slots[at];

    slot->dirty |= mask;
    slot->forgotten &= (uint8_t)~mask;
    slot->unreadable &= (uint8_t)~mask;
    if (!slot->is_listed) {
        inode->written = memory_grow(inode->written, &inode->written_capacity,
                                     inode->written_count + 1, sizeof(inode->written[0]));
        inode->written[inode->written_count++] = at;
        slot->is_listed = true;
    }
}

void fs_slot_settle(struct fs_slot *slot, uint8_t mask, const uint8_t bytes[FS_PAGE_BYTES])
{
    for (size_t sector = 0; sector < FS_SECTORS; sector++) {
        size_t from = sector * FS_SECTOR_BYTES;

        if ((mask >> sector & 1) != 0) {
            memcpy(page_own(&slot->disk, false) + from, bytes + from, FS_SECTOR_BYTES);
        }
    }
}

/* Inodes. */

void fs_inode_free(struct fs_inode *inode)
{
    for (size_t i = 0; i < inode->slot_count; i++) {
        slot_free(&inode->slots[i]);
    }
    memory_free(inode->slots);
    memory_free(inode->written);
    memory_free(inode->flat);
    *inode = (struct fs_inode){0};
}

void fs_inode_copy(struct fs_inode *to, const struct fs_inode *from)
{
    *to = *from;
    to->is_locked = false;
    to->flat = NULL;
    to->slots = NULL;
    to->written = NULL;
    if (from->slot_count > 0) {
        to->slots = memory_allocate_zeroed(from->slot_count, sizeof(*to->slots));
        memcpy(to->slots, from->slots, from->slot_count * sizeof(*to->slots));
    }
    for (size_t i = 0; i < from->slot_count; i++) {
        page_share(to->slots[i].cache);
        page_share(to->slots[i].disk);
    }
    if (from->written_capacity > 0) {
        to->written = memory_allocate_zeroed(from->written_capacity, sizeof(*to->written));
        memcpy(to->written, from->written, from->written_count * sizeof(*to->written));
    }
}

/* Calls a function for each page that the range touches, with slot, place in the page, and bytes
 * there. */
#define FOR_EACH_PAGE(offset, size, slot_at, from, part, done)                                     \
    for (size_t done = 0, slot_at, from, part;                                                     \
         done < (size) &&                                                                          \
         (slot_at = (size_t)(((offset) + done) / FS_PAGE_BYTES),                                   \
         from = (size_t)(((offset) + done) % FS_PAGE_BYTES),                                       \
         part = (size)-done < FS_PAGE_BYTES - from ? (size)-done : FS_PAGE_BYTES - from, true);    \
         done += part)

void fs_inode_read(const struct fs_inode *inode, uint8_t *data, size_t size, uint64_t offset)
{
    FOR_EACH_PAGE(offset, size, at, from, part, done)
    {
        const struct fs_page *page = at < inode->slot_count ? inode->slots[at].cache : NULL;

        memcpy(data + done, fs_page_bytes(page) + from, part);
    }
}

bool fs_inode_is_readable(const struct fs_inode *inode, size_t size, uint64_t offset)
{
    FOR_EACH_PAGE(offset, size, at, from, part, done)
    {
        if (at < inode->slot_count && inode->slots[at].unreadable != 0 &&
            (inode->slots[at].unreadable & sectors_of(from, part, false)) != 0) {
            return false;
        }
    }
    return true;
}

void fs_inode_write(struct fs_inode *inode, const uint8_t *data, size_t size, uint64_t offset,
                    bool has_large_sectors)
{
    slots_reserve(inode, offset + size);
    FOR_EACH_PAGE(offset, size, at, from, part, done)
    {
        page_write(&inode->slots[at].cache, from, data + done, part);
        mark_dirty(inode, at, sectors_of(from, part, has_large_sectors));
    }
    if (size > 0 && offset + size > inode->cache_bytes) {
        inode->cache_bytes = offset + size;
    }
}

/* Sets the bytes from `bytes` on to zero, in the cache or on the disk. */
static void clear_behind(struct fs_inode *inode, uint64_t bytes, bool is_disk)
{
    for (size_t at = (size_t)(bytes / FS_PAGE_BYTES); at < inode->slot_count; at++) {
        struct fs_slot *slot = &inode->slots[at];
        size_t from =
            bytes > (uint64_t)at * FS_PAGE_BYTES ? (size_t)(bytes - at * FS_PAGE_BYTES) : 0;

        if (from < FS_PAGE_BYTES) {
            page_clear(is_disk ? &slot->disk : &slot->cache, from, FS_PAGE_BYTES - from);
        }
    }
}

/*
 * Bytes that are cut off are gone from the disk when the new size is there, and not before: only
 * the size is under way, no sector. If the file grows again, the new bytes are zeros, which are
 * under way then.
 */
void fs_inode_truncate(struct fs_inode *inode, uint64_t bytes)
{
    if (bytes < inode->cache_bytes) {
        uint64_t end = inode->cache_bytes;

        FOR_EACH_PAGE(bytes, end - bytes, at, from, part, done)
        {
            if (at < inode->slot_count) {
                mark_dirty(inode, at, sectors_of(from, part, false));
            }
        }
        clear_behind(inode, bytes, false);
    }
    slots_reserve(inode, bytes);
    inode->cache_bytes = bytes;
}

void fs_inode_sync(struct fs_inode *inode)
{
    for (size_t i = 0; i < inode->written_count; i++) {
        struct fs_slot *slot = &inode->slots[inode->written[i]];

        if (slot->forgotten == 0) {
            page_replace(&slot->disk, slot->cache);
        } else {
            fs_slot_settle(slot, slot->dirty, fs_page_bytes(slot->cache));
        }
        slot->dirty = 0;
        slot->is_listed = false;
    }
    inode->written_count = 0;
    inode->disk_bytes = inode->cache_bytes;
}

void fs_inode_fail_sync(struct fs_inode *inode)
{
    for (size_t i = 0; i < inode->written_count; i++) {
        struct fs_slot *slot = &inode->slots[inode->written[i]];

        slot->forgotten |= slot->dirty;
        slot->dirty = 0;
        slot->is_listed = false;
        inode->has_forgotten = true;
    }
    inode->written_count = 0;
}

void fs_inode_drop_clean(struct fs_inode *inode)
{
    if (!inode->has_forgotten) {
        return;
    }
    for (size_t at = 0; at < inode->slot_count; at++) {
        struct fs_slot *slot = &inode->slots[at];

        for (size_t sector = 0; sector < FS_SECTORS; sector++) {
            size_t from = sector * FS_SECTOR_BYTES;

            if ((slot->forgotten >> sector & 1) != 0) {
                memcpy(page_own(&slot->cache, false) + from, fs_page_bytes(slot->disk) + from,
                       FS_SECTOR_BYTES);
            }
        }
        slot->forgotten = 0;
    }
    inode->has_forgotten = false;
}

void fs_inode_poke(struct fs_inode *inode, const uint8_t *data, size_t size, uint64_t offset)
{
    FOR_EACH_PAGE(offset, size, at, from, part, done)
    {
        page_write(&inode->slots[at].cache, from, data + done, part);
        page_write(&inode->slots[at].disk, from, data + done, part);
    }
}

void fs_inode_reload(struct fs_inode *inode, uint64_t bytes)
{
    clear_behind(inode, bytes, true);
    slots_reserve(inode, bytes);
    for (size_t at = 0; at < inode->slot_count; at++) {
        struct fs_slot *slot = &inode->slots[at];

        page_replace(&slot->cache, slot->disk);
        slot->dirty = 0;
        slot->forgotten = 0;
        slot->is_listed = false;
    }
    inode->written_count = 0;
    inode->has_forgotten = false;
    inode->disk_bytes = bytes;
    inode->cache_bytes = bytes;
}
