/*
 * The queue between one producer thread and one consumer thread. See ring.h.
 *
 * tail is the number of pushes and head the number of pops since the ring was made. Both only
 * grow; unsigned arithmetic makes tail - head right even after they wrap around. Element number n
 * lies at place n & mask. tail - head is the number of elements: 0 means empty, mask + 1 means
 * full, so no place has to stay free to tell the two apart.
 *
 * Memory orders. The producer alone writes tail, the consumer alone writes head, so each reads its
 * own index relaxed. Two things cross over between the threads:
 *
 *   - An element, from producer to consumer. ring_push() copies the element and then stores tail
 *     with release order. ring_pop() loads tail with acquire order and then copies the element. If
 *     either order were weaker, the consumer could see the new tail before the bytes of the
 *     element and return what the place held before.
 *   - A free place, from consumer to producer. ring_pop() copies the element out and then stores
 *     head with release order. ring_push() loads head with acquire order before it writes to the
 *     place again. If either order were weaker, the producer could overwrite an element that the
 *     consumer is still copying.
 *
 * Each side remembers the index of the other side as it last read it (seen_head, seen_tail). An
 * old value is safe: the producer sees too few free places, the consumer too few elements. So a
 * side loads the other's index, which costs a cache line transfer, only when the remembered value
 * says that the ring is full or empty.
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

    /* Written by the producer. On a cache line of its own, so that a push does not take the line
     * away from a consumer that pops. */
    alignas(CACHE_LINE_BYTES) atomic_size_t tail; /* pushes so far */
    size_t seen_head;                             /* producer only: head when it was last loaded */

    /* Written by the consumer, on another cache line. */
    alignas(CACHE_LINE_BYTES) atomic_size_t head; /* pops so far */
    size_t seen_tail;                             /* consumer only: tail when it was last loaded */
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

/* Most elements are a pointer, or a tag and a pointer. With a constant size the compiler replaces
 * memcpy() by one or two moves. */
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

    /* Acquire: the consumer has copied every element before head (see the opening comment). */
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
    /* Release: the element is written before tail counts it. */
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ring_pop(struct ring *ring, void *element)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    if (head == ring->seen_tail) {
        /* Acquire: every element that tail counts is written. */
        ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->seen_tail) {
            return false;
        }
    }
    copy_element(element, ring->elements + (head & ring->mask) * ring->element_size,
                 ring->element_size);
    /* Release: the element is copied before head gives its place back. */
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

size_t ring_count(const struct ring *ring)
{
    /*
     * Head is loaded first. Tail is never behind a head that was loaded earlier, so the difference
     * is not negative. But between the two loads both sides may go on, so the difference can be
     * larger than the capacity; then the capacity is the answer.
     */
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t count = atomic_load_explicit(&ring->tail, memory_order_acquire) - head;

    return count <= ring->mask ? count : ring->mask + 1;
}
