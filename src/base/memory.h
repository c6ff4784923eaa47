/*
 * Allocation of memory. When there is no memory left, these functions print a line and abort the
 * process, so no caller has to handle a failure. A size that comes from outside (a file, a peer, a
 * client) has to be checked against a limit before it gets here: otherwise a single hostile number
 * would end the process. Any thread.
 */
#ifndef RAFTD_BASE_MEMORY_H
#define RAFTD_BASE_MEMORY_H

#include <stddef.h>

/* All of these return memory that the caller frees with memory_free(). They never return NULL;
 * size 0 is allowed. */
void *memory_allocate(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_allocate_zeroed(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *memory_allocate_aligned(size_t alignment, size_t size)
    __attribute__((malloc, returns_nonnull));
void *memory_resize(void *memory, size_t size) __attribute__((returns_nonnull));
char *memory_copy_string(const char *text) __attribute__((returns_nonnull));
void memory_free(void *memory);

/*
 * Makes sure that an array has room for at least `wanted` elements of `size` bytes. The capacity,
 * which is counted in elements, doubles, so adding n elements one by one copies O(n) bytes:
 *     array = memory_grow(array, &capacity, wanted, sizeof(array[0]));
 * A NULL array with capacity 0 is an empty array. The array may move.
 */
void *memory_grow(void *array, size_t *capacity, size_t wanted, size_t size)
    __attribute__((returns_nonnull));

#endif
