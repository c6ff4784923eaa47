/*
 * The list of segments and of the index at which each begins. Pure. See wal_extents.h.
 */
#include "store/wal_extents.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"

void wal_extents_free(struct wal_extents *extents)
{
    memory_free(extents->list);
    *extents = (struct wal_extents){0};
}

void wal_extents_add(struct wal_extents *extents, uint64_t number, uint64_t start_index)
{
    extents->list = memory_grow(extents->list, &extents->capacity, extents->count + 1,
                                sizeof(extents->list[0]));
    extents->list[extents->count++] =
        (struct wal_extent){.number = number, .start_index = start_index, .can_begin = true};
}

void wal_extents_truncate(struct wal_extents *extents, uint64_t from_index)
{
    for (size_t i = 0; i < extents->count; i++) {
        if (extents->list[i].start_index > from_index) {
            extents->list[i].can_begin = false;
        }
    }
}

void wal_extents_reset(struct wal_extents *extents)
{
    ASSERT(extents->count > 0);
    extents->list[extents->count - 1].start_index = 0;
    extents->list[extents->count - 1].can_begin = true;
}

size_t wal_extents_count_unneeded(const struct wal_extents *extents, uint64_t index)
{
    for (size_t i = extents->count; i-- > 1;) {
        uint64_t needed = PLANT(store_frees_too_much) ? index + 2 : index + 1;

        if (extents->list[i].can_begin && extents->list[i].start_index <= needed) {
            return i;
        }
    }
    return 0;
}

void wal_extents_drop_first(struct wal_extents *extents)
{
    ASSERT(extents->count > 1);
    extents->count--;
    memmove(&extents->list[0], &extents->list[1], extents->count * sizeof(extents->list[0]));
}
