/*
 * Allocation that ends the process when memory runs out. Any thread.
 */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void memory_exhausted(size_t size)
{
    fprintf(stderr, "raftd: out of memory allocating %zu bytes\n", size);
    abort();
}

void *memory_allocate(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);

    if (memory == NULL) {
        memory_exhausted(size);
    }
    return memory;
}

void *memory_allocate_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

    if (memory == NULL) {
        memory_exhausted(size);
    }
    return memory;
}

void *memory_allocate_aligned(size_t alignment, size_t size)
{
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    void *memory = aligned_alloc(alignment, rounded > 0 ? rounded : alignment);

    if (memory == NULL) {
        memory_exhausted(size);
    }
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size > 0 ? size : 1);

    if (resized == NULL) {
        memory_exhausted(size);
    }
    return resized;
}

char *memory_copy_string(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_allocate(size), text, size);
}

void memory_free(void *memory)
{
    free(memory);
}

void *memory_grow(void *array, size_t *capacity, size_t wanted, size_t size)
{
    size_t grown = *capacity;

    if (wanted <= grown && array != NULL) {
        return array;
    }
    if (grown == 0) {
        grown = 8;
    }
    while (grown < wanted) {
        if (grown > SIZE_MAX / 2 / size) {
            memory_exhausted(wanted);
        }
        grown *= 2;
    }
    *capacity = grown;
    return memory_resize(array, grown * size);
}
