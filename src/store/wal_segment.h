/*
 * Segment files: making one, giving it its name, writing zeros ahead of the batches and batches
 * over the zeros. Used by the writer and by recovery's repairs; one thread at a time.
 *
 * Functions here return 0 or a negative errno, with the sentence for a person in *error (never
 * NULL, its code RAFTD_ERROR_SYSTEM): the writer has to tell a full disk from a failed one.
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
    /* A directory name longer than this is refused; paths below it are some bytes longer. */
    WAL_DIRECTORY_MAX = 3072,
    WAL_PATH_MAX = WAL_DIRECTORY_MAX + 64,
    /* How far zeros are written ahead when a batch reaches the end of the written part. */
    WAL_ZERO_AHEAD_BYTES = 1024 * 1024,
};

/* Where the files are. Borrowed by everything below. */
struct wal_files {
    const struct fs *fs;
    const char *directory;
};

void wal_path(const struct wal_files *files, const char *name, char path[WAL_PATH_MAX]);

/* "cannot <doing> <directory>/<name>: <errno's text>" and what to do; returns failure. */
int wal_system_error(struct raftd_error *error, const struct wal_files *files, const char *name,
                     const char *doing, int failure);

struct wal_segment {
    int file; /* -1: there is no such segment */
    uint64_t number;
    uint64_t nonce;
    uint64_t offset_bytes; /* where its next batch goes */
    uint64_t zeroed_bytes; /* the file is written up to here: batches, then zeros */
    uint64_t stale_bytes;  /* of an older life: what is behind zeroed_bytes is not zero */
    bool is_published;     /* it has its own name, durably; until then WAL_SPARE_NAME */
};

/* Makes WAL_SPARE_NAME with a header and zeros up to `zeroed_bytes`. Not durable yet. */
int wal_segment_create(const struct wal_files *files, const struct wal_segment_header *header,
                       uint64_t zeroed_bytes, struct wal_segment *segment,
                       struct raftd_error *error);

/*
 * The same from a file that was the segment with number `freed`: its blocks are there already.
 * What it held is still behind the header; wal_segment_zero() writes over it.
 */
int wal_segment_recycle(const struct wal_files *files, uint64_t freed, uint64_t segment_bytes,
                        const struct wal_segment_header *header, struct wal_segment *segment,
                        struct raftd_error *error);

/* Makes its bytes durable, then its name, in this order. What was not zeroed is cut off. */
int wal_segment_publish(const struct wal_files *files, struct wal_segment *segment,
                        struct raftd_error *error);

/* Opens an existing one for batches; number, nonce and offsets are the caller's to fill in. */
int wal_segment_open(const struct wal_files *files, uint64_t number, struct wal_segment *segment,
                     struct raftd_error *error);

/* Writes zeros up to `until_bytes`; not durable until the next sync. */
int wal_segment_zero(const struct wal_files *files, struct wal_segment *segment,
                     uint64_t until_bytes, struct raftd_error *error);

/* Writes zeros over what is there. Both ends may be anywhere; not durable until the next sync. */
int wal_segment_clear(const struct wal_files *files, const struct wal_segment *segment,
                      uint64_t from_bytes, uint64_t to_bytes, struct raftd_error *error);

/*
 * Writes a sealed batch, whole blocks, at the segment's offset and makes it durable. Where it
 * passes the written part, zeros go ahead of the next ones, up to `segment_bytes`.
 */
int wal_segment_append(const struct wal_files *files, struct wal_segment *segment,
                       const uint8_t *batch, uint64_t batch_bytes, uint64_t segment_bytes,
                       struct raftd_error *error);

int wal_segment_sync(const struct wal_files *files, const struct wal_segment *segment,
                     struct raftd_error *error);

/* Closes the file; a spare without a name of its own is removed. */
void wal_segment_close(const struct wal_files *files, struct wal_segment *segment);

#endif
