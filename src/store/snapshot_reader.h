/*
 * Reads a snapshot file as a stream, block by block, with one block in memory at a time. It never
 * trusts a byte before it has checked the checksum over it. But only when snapshot_reader_next()
 * has returned 0, the snapshot is known to be complete: until then, the blocks that were read may
 * be the beginning of a file that was cut off. A reader is used by one thread.
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
 * Opens a file and reads its header. RAFTD_ERROR_CORRUPT: the file is not a snapshot, or its header
 * is damaged. RAFTD_ERROR_REFUSED: the file has a format version that this raftd does not know.
 * RAFTD_ERROR_SYSTEM: the file cannot be read.
 */
int snapshot_reader_open(const struct fs *fs, const char *directory, const char *name,
                         struct snapshot_reader **reader, struct raftd_error *error);
/* The same, but drops the pages of the file from the kernel's cache first, so that the reader sees
 * what the disk has. Otherwise a file that was written or read a moment ago would be compared with
 * the memory of this machine, and a rotten sector would not be found. */
int snapshot_reader_open_on_disk(const struct fs *fs, const char *directory, const char *name,
                                 struct snapshot_reader **reader, struct raftd_error *error);
void snapshot_reader_close(struct snapshot_reader *reader); /* NULL is allowed */

const struct snapshot_info *snapshot_reader_info(const struct snapshot_reader *reader);
/* The size of the file, and how much of it has been read. */
uint64_t snapshot_reader_file_bytes(const struct snapshot_reader *reader);
uint64_t snapshot_reader_done_bytes(const struct snapshot_reader *reader);
/* The size of the content that has been read. */
uint64_t snapshot_reader_content_bytes(const struct snapshot_reader *reader);

/*
 * Returns 1 with the next piece of the content in *data and *size, valid until the next call; 0 at
 * the end, when the whole snapshot is known to be complete and undamaged; or RAFTD_ERROR_CORRUPT or
 * RAFTD_ERROR_SYSTEM.
 */
int snapshot_reader_next(struct snapshot_reader *reader, const uint8_t **data, size_t *size,
                         struct raftd_error *error);

/* Reads the rest of the file only to check it. Returns 0 if the snapshot is complete and undamaged,
 * else the error of snapshot_reader_next(). */
int snapshot_reader_verify(struct snapshot_reader *reader, struct raftd_error *error);

#endif
