/*
 * A bounded queue without a lock, between exactly one producer thread and one consumer thread.
 * Elements of a fixed size are copied in and out. It never waits: a push into a full ring and a pop
 * from an empty ring return false. To let the consumer sleep while the ring is empty, use a waker
 * (waker.h). C11 atomics are the only synchronisation, so ThreadSanitizer can check it.
 */
#ifndef RAFTD_SYS_RING_H
#define RAFTD_SYS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* capacity is a number of elements: a power of two, at least 2. element_size is in bytes. Destroy
 * the ring only after both threads have stopped using it; elements in it are dropped. */
struct ring *ring_create(size_t capacity, size_t element_size);
void ring_destroy(struct ring *ring);

/* Producer only. False: the ring is full, and nothing was copied. */
bool ring_push(struct ring *ring, const void *element);
/* Producer only. How many pushes will succeed; more, if the consumer pops meanwhile. */
size_t ring_room(struct ring *ring);

/* Consumer only. False: the ring is empty, and *element is unchanged. */
bool ring_pop(struct ring *ring, void *element);

/* The number of elements. Any thread; the answer may be out of date when the caller sees it. */
size_t ring_count(const struct ring *ring);

#endif
