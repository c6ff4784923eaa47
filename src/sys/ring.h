/*
 * A lock-free bounded queue between exactly one producer and one consumer thread. Elements of
 * fixed size are copied in and out. Head and tail live on cache lines of their own; each side
 * keeps a private copy of the other's index so that it touches the shared line only when it
 * seems to have run out. C11 atomics only: ThreadSanitizer sees every edge.
 */
#ifndef RAFTD_SYS_RING_H
#define RAFTD_SYS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* capacity: a power of two, at least 2. The caller destroys it when both sides have stopped. */
struct ring *ring_create(size_t capacity, size_t element_size);
void ring_destroy(struct ring *ring);

/* Producer only. False: full, nothing was copied. */
bool ring_push(struct ring *ring, const void *element);
/* Producer only: room for how many pushes (at least). */
size_t ring_room(struct ring *ring);

/* Consumer only. False: empty. */
bool ring_pop(struct ring *ring, void *element);

/* Any thread; a snapshot that may be out of date when it is read. */
size_t ring_count(const struct ring *ring);

#endif
