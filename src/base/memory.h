/*
 * Memory that is either there or ends the process: no code above has a path for a failed
 * allocation. Sizes that came from outside are checked against a limit before they get here.
 */
#ifndef RAFTD_BASE_MEMORY_H
#define RAFTD_BASE_MEMORY_H

#include <stddef.h>

/* All of these return memory that the caller frees with memory_free(); never NULL. */
void *memory_allocate(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_allocate_zeroed(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *memory_allocate_aligned(size_t alignment, size_t size)
    __attribute__((malloc, returns_nonnull));
void *memory_resize(void *memory, size_t size) __attribute__((returns_nonnull));
char *memory_copy_string(const char *text) __attribute__((returns_nonnull));
void memory_free(void *memory);

/*
 * Makes room for `wanted` elements of `size` bytes in an array that doubles:
 * array = memory_grow(array, &capacity, wanted, sizeof(array[0]));
 */
void *memory_grow(void *array, size_t *capacity, size_t wanted, size_t size)
    __attribute__((returns_nonnull));

#endif
