/*
 * Reads a file from front to back through a window of 1 MiB. So recovery makes few and large reads,
 * and has only the window in memory, or one batch if that is larger. Used by recovery and by the
 * snapshot reader; one thread.
 */
#ifndef RAFTD_STORE_WAL_WINDOW_H
#define RAFTD_STORE_WAL_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "store/fs.h"

struct wal_window {
    const struct fs *fs;
    int file;            /* borrowed */
    uint64_t file_bytes; /* size of the file */
    uint8_t *data;       /* owned; used for one file after the other */
    size_t capacity_bytes;
    uint64_t start_bytes; /* the offset in the file of the first byte in data */
    size_t size_bytes;    /* bytes in data */
};

/* Sets the file to read. Before the first call, all fields but fs are 0. */
void wal_window_set_file(struct wal_window *window, int file, uint64_t file_bytes);
/* Frees the memory; does not close the file. */
void wal_window_free(struct wal_window *window);

/*
 * Returns the address of the `size` bytes at `offset`, valid until the next call. The bytes have to
 * be within the file. On failure returns NULL, and *failure is a negative errno.
 */
const uint8_t *wal_window_get(struct wal_window *window, uint64_t offset, uint64_t size,
                              int *failure);

#endif
