/*
 * Writing a snapshot file as a stream: blocks as they fill, nothing of it whole in memory. The
 * file gets its name only once it is complete and durable; until then it is a temporary one that
 * a start removes. One thread at a time; waits for the disk.
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
    const char *directory; /* likewise; exists */
    const char *temporary; /* name of the file while it grows; one that exists is replaced */
    const char *name;      /* its name once it is complete; NULL = after its index */
    bool compress;         /* blocks that get smaller by it are stored in zstd's form */
};

int snapshot_writer_create(const struct snapshot_writer_options *options,
                           const struct snapshot_info *info, struct snapshot_writer **writer,
                           struct raftd_error *error);

/* Adds to the content, chunks of any size. After a failure only abort makes sense. */
int snapshot_writer_add(struct snapshot_writer *writer, const void *data, size_t size,
                        struct raftd_error *error);

/*
 * Trailer, fsync, rename, fsync of the directory: on success the snapshot is durable. Frees the
 * writer in either case; after a failure nothing has the snapshot's name, unless the directory's
 * fsync was what failed.
 */
int snapshot_writer_finish(struct snapshot_writer *writer, struct raftd_error *error);

/* Removes what was written. NULL is allowed. */
void snapshot_writer_abort(struct snapshot_writer *writer);

/* Content that was added so far, and what it takes in the file. */
uint64_t snapshot_writer_content_bytes(const struct snapshot_writer *writer);
uint64_t snapshot_writer_file_bytes(const struct snapshot_writer *writer);

#endif
