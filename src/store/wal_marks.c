/*
 * The list of places at which entries can be read back. Pure. See wal_marks.h.
 */
#include "store/wal_marks.h"

#include <string.h>

#include "base/memory.h"

/* Bytes of batches between two marks. A mark needs 24 bytes, so the list needs less than a
 * two-thousandth of the size of the log. */
enum { MARK_EVERY_BYTES = 64 * 1024 };

void wal_marks_free(struct wal_marks *marks)
{
    memory_free(marks->list);
    *marks = (struct wal_marks){0};
}

/* Marks the batch with this index; it takes the place of all marks that do not come before. */
static void put(struct wal_marks *marks, uint64_t index)
{
    while (marks->count > 0 && marks->list[marks->count - 1].index >= index) {
        marks->count--;
    }
    marks->list =
        memory_grow(marks->list, &marks->capacity, marks->count + 1, sizeof(marks->list[0]));
    marks->list[marks->count++] = (struct wal_mark){
        .index = index, .number = marks->number, .offset_bytes = marks->offset_bytes};
}

void wal_marks_begin_batch(struct wal_marks *marks, uint64_t number, uint64_t offset_bytes,
                           uint64_t next_index)
{
    const struct wal_mark *last = marks->count > 0 ? &marks->list[marks->count - 1] : NULL;

    marks->number = number;
    marks->offset_bytes = offset_bytes;
    /* Each segment has a mark of its own, because the segment before it may be freed. */
    if (last == NULL || last->number != number ||
        offset_bytes - last->offset_bytes >= MARK_EVERY_BYTES) {
        put(marks, next_index);
    }
}

void wal_marks_truncate(struct wal_marks *marks, uint64_t from_index)
{
    put(marks, from_index);
}

void wal_marks_reset(struct wal_marks *marks, uint64_t base_index)
{
    marks->count = 0;
    put(marks, base_index + 1);
}

void wal_marks_drop_segments(struct wal_marks *marks, uint64_t number)
{
    size_t gone = 0;

    while (gone < marks->count && marks->list[gone].number <= number) {
        gone++;
    }
    marks->count -= gone;
    memmove(&marks->list[0], &marks->list[gone], marks->count * sizeof(marks->list[0]));
}

const struct wal_mark *wal_marks_find(const struct wal_marks *marks, uint64_t index,
                                      uint64_t *limit)
{
    size_t low = 0;
    size_t high = marks->count;

    /* The marks before `low` are not after the index, and those from `high` on are. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (marks->list[middle].index <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *limit = low < marks->count ? marks->list[low].index : UINT64_MAX;
    return low > 0 ? &marks->list[low - 1] : NULL;
}
