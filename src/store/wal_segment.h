/*
 * Operations on segment files: make a file, give it its name, write zeros where batches will go,
 * and write batches over the zeros. Used by the writer and by the repair of recovery; one thread at
 * a time. wal_writer.h draws the life of a segment.
 *
 * These functions return 0 or a negative errno, because the writer has to distinguish a full disk
 * from other failures. The message is in *error, which is never NULL; its code is
 * RAFTD_ERROR_SYSTEM.
 */
#ifndef RAFTD_STORE_WAL_SEGMENT_H
#define RAFTD_STORE_WAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/fs.h"
#include "store/wal_format.h"

enum {
    /* The longest path of a data directory, and of a file in it. */
    WAL_DIRECTORY_MAX = 3072,
    WAL_PATH_MAX = WAL_DIRECTORY_MAX + 64,
    /* How many zeros are written after a batch that reaches the end of the zeros. */
    WAL_ZERO_AHEAD_BYTES = 1024 * 1024,
};

/* Where the files of a log are. */
struct wal_files {
    const struct fs *fs;   /* borrowed */
    const char *directory; /* borrowed */
};

/* Writes "DIRECTORY/NAME". */
void wal_path(const struct wal_files *files, const char *name, char path[WAL_PATH_MAX]);

/* Writes the message "cannot DOING DIRECTORY/NAME: TEXT OF ERRNO", and what to do, to *error.
 * failure is a negative errno; returns it. */
int wal_system_error(struct raftd_error *error, const struct wal_files *files, const char *name,
                     const char *doing, int failure);

struct wal_segment {
    int file;              /* -1 = there is no such segment */
    uint64_t number;       /* from 1 */
    uint64_t nonce;        /* seed of its checksums */
    uint64_t offset_bytes; /* where the next batch goes; a multiple of WAL_BLOCK_BYTES */
    uint64_t zeroed_bytes; /* up to here the file has batches and then zeros */
    uint64_t stale_bytes;  /* recycled: up to here the file has bytes of its former use; 0 = none */
    bool is_published;     /* the file has the name of the segment; else WAL_SPARE_NAME */
};

/* Makes the file WAL_SPARE_NAME with a header, and with zeros up to `zeroed_bytes`. It is not
 * durable yet. */
int wal_segment_create(const struct wal_files *files, const struct wal_segment_header *header,
                       uint64_t zeroed_bytes, struct wal_segment *segment,
                       struct raftd_error *error);

/*
 * Makes WAL_SPARE_NAME from the file of the freed segment with number `freed`. The blocks of that
 * file are allocated already, so this is cheaper than a new file. After the new header it still has
 * its former content; wal_segment_zero() writes zeros over that.
 */
int wal_segment_recycle(const struct wal_files *files, uint64_t freed, uint64_t segment_bytes,
                        const struct wal_segment_header *header, struct wal_segment *segment,
                        struct raftd_error *error);

/*
 * Makes the bytes of a spare segment durable, then gives the file the name of the segment and makes
 * the name durable. If the name were durable first, a crash could leave a named segment without a
 * header. Cuts off former content that is not overwritten with zeros yet.
 */
int wal_segment_publish(const struct wal_files *files, struct wal_segment *segment,
                        struct raftd_error *error);

/* Opens an existing segment to append batches. The caller has to fill in nonce, offset_bytes and
 * zeroed_bytes. */
int wal_segment_open(const struct wal_files *files, uint64_t number, struct wal_segment *segment,
                     struct raftd_error *error);

/* Writes zeros from zeroed_bytes up to `until_bytes`. They are durable after the next sync. */
int wal_segment_zero(const struct wal_files *files, struct wal_segment *segment,
                     uint64_t until_bytes, struct raftd_error *error);

/* Overwrites the bytes between two offsets, and the rest of the last block, with zeros. They are
 * durable after the next sync. */
int wal_segment_clear(const struct wal_files *files, const struct wal_segment *segment,
                      uint64_t from_bytes, uint64_t to_bytes, struct raftd_error *error);

/*
 * Writes a sealed batch of whole blocks at the segment's offset and makes it durable. If the batch
 * ends after the zeros, writes more zeros after it, at most up to `segment_bytes`; these by
 * `ahead`, the same files, which may have less room.
 */
int wal_segment_append(const struct wal_files *files, const struct wal_files *ahead,
                       struct wal_segment *segment, const uint8_t *batch, uint64_t batch_bytes,
                       uint64_t segment_bytes, struct raftd_error *error);

/* Makes all bytes of the segment durable. */
int wal_segment_sync(const struct wal_files *files, const struct wal_segment *segment,
                     struct raftd_error *error);

/* Closes the file, and removes it if it is still a spare file. Does nothing if file is -1. */
void wal_segment_close(const struct wal_files *files, struct wal_segment *segment);

#endif
