/*
 * The single-producer single-consumer ring. Indices run freely and are masked on use, so full
 * and empty differ without a spare place.
 */
#include "sys/ring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum { CACHE_LINE_BYTES = 64 };

struct ring {
    /* Immutable. */
    size_t mask;
    size_t element_size;
    uint8_t *elements;

    /* Producer's line: where it pushes next, and the head as it last saw it. */
    alignas(CACHE_LINE_BYTES) atomic_size_t tail;
    size_t seen_head;

    /* Consumer's line: where it pops next, and the tail as it last saw it. */
    alignas(CACHE_LINE_BYTES) atomic_size_t head;
    size_t seen_tail;
};

struct ring *ring_create(size_t capacity, size_t element_size)
{
    struct ring *ring;

    ASSERT(capacity >= 2 && (capacity & (capacity - 1)) == 0);
    ASSERT(element_size > 0 && capacity <= SIZE_MAX / element_size);
    ring = memory_allocate_aligned(CACHE_LINE_BYTES, sizeof(*ring));
    memset(ring, 0, sizeof(*ring));
    ring->mask = capacity - 1;
    ring->element_size = element_size;
    ring->elements = memory_allocate(capacity * element_size);
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
    return ring;
}

void ring_destroy(struct ring *ring)
{
    if (ring != NULL) {
        memory_free(ring->elements);
        memory_free(ring);
    }
}

/* Most rings carry a pointer, or a tag and a pointer: those sizes become plain moves. */
static inline void copy_element(void *to, const void *from, size_t size)
{
    if (size == 8) {
        memcpy(to, from, 8);
    } else if (size == 16) {
        memcpy(to, from, 16);
    } else {
        memcpy(to, from, size);
    }
}

size_t ring_room(struct ring *ring)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    /* Acquire: the consumer has finished with a place before the head passes it. */
    ring->seen_head = atomic_load_explicit(&ring->head, memory_order_acquire);
    ASSERT(tail - ring->seen_head <= ring->mask + 1);
    return ring->mask + 1 - (tail - ring->seen_head);
}

bool ring_push(struct ring *ring, const void *element)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (tail - ring->seen_head > ring->mask && ring_room(ring) == 0) {
        return false;
    }
    copy_element(ring->elements + (tail & ring->mask) * ring->element_size, element,
                 ring->element_size);
    /* Release: the element is there before the tail says so. */
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ring_pop(struct ring *ring, void *element)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    if (head == ring->seen_tail) {
        /* Acquire: what was pushed before the tail moved is there. */
        ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->seen_tail) {
            return false;
        }
    }
    copy_element(element, ring->elements + (head & ring->mask) * ring->element_size,
                 ring->element_size);
    /* Release: we have finished with the place before the head passes it. */
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

size_t ring_count(const struct ring *ring)
{
    /* The head first: a tail that is read later is never behind it, but both sides may have
     * gone on in between, so the difference can exceed what fits. */
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t count = atomic_load_explicit(&ring->tail, memory_order_acquire) - head;

    return count <= ring->mask ? count : ring->mask + 1;
}
