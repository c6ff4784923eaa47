/*
 * Reading a snapshot file as a stream, block by block. Every byte counts as hostile until its
 * checksum was found right, and the whole only once snapshot_reader_next() has returned 0: until
 * then what was read may be the beginning of something that is not complete. One thread.
 */
#ifndef RAFTD_STORE_SNAPSHOT_READER_H
#define RAFTD_STORE_SNAPSHOT_READER_H

#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/fs.h"
#include "store/snapshot_format.h"

struct snapshot_reader;

/*
 * RAFTD_ERROR_CORRUPT: this is no snapshot, or its header is damaged. RAFTD_ERROR_REFUSED: it has
 * a format version of another raftd. RAFTD_ERROR_SYSTEM: the file cannot be read.
 */
int snapshot_reader_open(const struct fs *fs, const char *directory, const char *name,
                         struct snapshot_reader **reader, struct raftd_error *error);
void snapshot_reader_close(struct snapshot_reader *reader); /* NULL is allowed */

const struct snapshot_info *snapshot_reader_info(const struct snapshot_reader *reader);
uint64_t snapshot_reader_file_bytes(const struct snapshot_reader *reader);
uint64_t snapshot_reader_done_bytes(const struct snapshot_reader *reader); /* of the file */

/*
 * 1: the next piece of content, valid until the next call. 0: that was all, and all of it is
 * proven complete. Negative: RAFTD_ERROR_CORRUPT or RAFTD_ERROR_SYSTEM.
 */
int snapshot_reader_next(struct snapshot_reader *reader, const uint8_t **data, size_t *size,
                         struct raftd_error *error);

/* Reads all that is left, for its checksums. 0 = a good snapshot. */
int snapshot_reader_verify(struct snapshot_reader *reader, struct raftd_error *error);

#endif
