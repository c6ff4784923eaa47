/*
 * Reading a file from front to back through a window, so that recovery makes a few large reads
 * and holds no more than the window (or one batch, where that is larger). One thread.
 */
#ifndef RAFTD_STORE_WAL_WINDOW_H
#define RAFTD_STORE_WAL_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "store/fs.h"

struct wal_window {
    const struct fs *fs;
    int file;
    uint64_t file_bytes;
    uint8_t *data; /* owned; kept from file to file */
    size_t capacity_bytes;
    uint64_t start_bytes; /* where in the file the data begin */
    size_t size_bytes;
};

/* A zeroed struct with fs set is valid; this turns it to another file. */
void wal_window_set_file(struct wal_window *window, int file, uint64_t file_bytes);
void wal_window_free(struct wal_window *window);

/*
 * The `size` bytes at `offset`, which must lie within the file; valid until the next call.
 * NULL: *failure has the negative errno.
 */
const uint8_t *wal_window_get(struct wal_window *window, uint64_t offset, uint64_t size,
                              int *failure);

#endif
