/*
 * Writes a snapshot file as a stream, with one block in memory at a time. While it is written, the
 * file has a temporary name, under which the next start of the node removes it. It gets its final
 * name only when it is complete and durable. A writer is used by one thread at a time; the
 * functions wait for the disk.
 */
#ifndef RAFTD_STORE_SNAPSHOT_WRITER_H
#define RAFTD_STORE_SNAPSHOT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/fs.h"
#include "store/snapshot_format.h"

struct snapshot_writer;

struct snapshot_writer_options {
    const struct fs *fs;   /* borrowed until finish or abort */
    const char *directory; /* copied; has to exist */
    const char *temporary; /* copied; the name while the file is written. Replaces an old file */
    const char *name;      /* copied; the final name; NULL = snapshot_name() of the index */
    bool compress;         /* store blocks compressed with zstd, where that makes them smaller */
};

/* Makes the file and writes its header. Returns 0 or RAFTD_ERROR_SYSTEM. */
int snapshot_writer_create(const struct snapshot_writer_options *options,
                           const struct snapshot_info *info, struct snapshot_writer **writer,
                           struct raftd_error *error);

/* Adds bytes of any number to the content. Returns 0 or RAFTD_ERROR_SYSTEM; after a failure, only
 * snapshot_writer_abort() may follow. */
int snapshot_writer_add(struct snapshot_writer *writer, const void *data, size_t size,
                        struct raftd_error *error);

/*
 * Completes the file, makes it durable and gives it its final name. On success the snapshot
 * survives a power cut. Frees the writer in any case. After a failure (RAFTD_ERROR_SYSTEM) no file
 * has the final name, unless it was the sync of the directory that failed.
 */
int snapshot_writer_finish(struct snapshot_writer *writer, struct raftd_error *error);

/* Removes the file and frees the writer. NULL is allowed. */
void snapshot_writer_abort(struct snapshot_writer *writer);

/* The size of the content that was added so far, and the size of the file so far. */
uint64_t snapshot_writer_content_bytes(const struct snapshot_writer *writer);
uint64_t snapshot_writer_file_bytes(const struct snapshot_writer *writer);

#endif
