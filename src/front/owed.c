/*
 * Reply slots. Pure; one worker.
 */
#include "front/owed.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum { SLOTS_FIRST = 16 };

static struct slot *slot_at(const struct slots *slots, uint32_t number)
{
    return &slots->ring[number & (slots->capacity - 1)];
}

static void grow(struct slots *slots)
{
    uint32_t capacity = slots->capacity == 0 ? SLOTS_FIRST : slots->capacity * 2;
    struct slot *ring = memory_allocate(capacity * sizeof(*ring));

    for (uint32_t number = slots->head; number != slots->tail; number++) {
        ring[number & (capacity - 1)] = *slot_at(slots, number);
    }
    memory_free(slots->ring);
    slots->ring = ring;
    slots->capacity = capacity;
}

struct slot *slots_push(struct slots *slots)
{
    struct slot *slot;

    ASSERT(slots_count(slots) < SLOTS_MAX);
    if (slots_count(slots) == slots->capacity) {
        grow(slots);
    }
    slot = slot_at(slots, slots->tail++);
    *slot = (struct slot){0};
    return slot;
}

struct slot *slots_find(struct slots *slots, uint32_t sequence)
{
    uint32_t mask = (1u << SLOT_SEQUENCE_BITS) - 1;
    uint32_t distance = (sequence - slots->head) & mask;

    return distance < slots_count(slots) ? slot_at(slots, slots->head + distance) : NULL;
}

bool slots_is_head(const struct slots *slots, const struct slot *slot)
{
    return slots_count(slots) > 0 && slot == slot_at(slots, slots->head);
}

void slots_hold(struct slots *slots, struct slot *slot, const void *data, size_t size)
{
    ASSERT(slot->held == NULL);
    ASSERT(size <= UINT32_MAX);
    if (size > 0) {
        slot->held = memory_allocate(size);
        memcpy(slot->held, data, size);
        slot->held_bytes = (uint32_t)size;
        slots->held_bytes += size;
    }
}

void slots_pop(struct slots *slots)
{
    struct slot *slot = slot_at(slots, slots->head);

    ASSERT(slots_count(slots) > 0);
    slots->held_bytes -= slot->held_bytes;
    memory_free(slot->held);
    memory_free(slot->rendering.attached);
    slots->head++;
}

void slots_release(struct slots *slots, struct buffer *output)
{
    while (slots_count(slots) > 0 && slot_at(slots, slots->head)->done) {
        const struct slot *slot = slot_at(slots, slots->head);

        buffer_append(output, slot->held, slot->held_bytes);
        slots_pop(slots);
    }
}

void slots_free(struct slots *slots)
{
    while (slots_count(slots) > 0) {
        slots_pop(slots);
    }
    memory_free(slots->ring);
    slots->ring = NULL;
    slots->capacity = 0;
}
