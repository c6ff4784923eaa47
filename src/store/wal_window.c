/*
 * Reads a file through a window. See wal_window.h.
 */
#include "store/wal_window.h"

#include <errno.h>

#include "base/assert.h"
#include "base/memory.h"

enum { WINDOW_BYTES = 1024 * 1024 };

void wal_window_set_file(struct wal_window *window, int file, uint64_t file_bytes)
{
    window->file = file;
    window->file_bytes = file_bytes;
    window->start_bytes = 0;
    window->size_bytes = 0;
}

void wal_window_free(struct wal_window *window)
{
    memory_free(window->data);
    window->data = NULL;
    window->capacity_bytes = 0;
    window->size_bytes = 0;
}

const uint8_t *wal_window_get(struct wal_window *window, uint64_t offset, uint64_t size,
                              int *failure)
{
    uint64_t wanted = size > WINDOW_BYTES ? size : WINDOW_BYTES;
    ssize_t count;

    ASSERT(offset <= window->file_bytes && size <= window->file_bytes - offset);
    if (offset >= window->start_bytes &&
        offset + size <= window->start_bytes + window->size_bytes) {
        return window->data + (offset - window->start_bytes);
    }
    if (wanted > window->file_bytes - offset) {
        wanted = window->file_bytes - offset;
    }
    if (wanted > window->capacity_bytes) {
        memory_free(window->data);
        window->data = memory_allocate(wanted);
        window->capacity_bytes = wanted;
    }
    window->start_bytes = offset;
    window->size_bytes = 0;
    count = window->fs->pread(window->fs->context, window->file, window->data, wanted, offset);
    if (count < 0) {
        *failure = (int)count;
        return NULL;
    }
    window->size_bytes = (size_t)count;
    if (window->size_bytes < size) {
        *failure = -EIO; /* the file became shorter after its size was read */
        return NULL;
    }
    return window->data;
}
