/*
 * Writes a snapshot file block by block. See snapshot_writer.h. One thread at a time.
 *
 * The steps, and what a crash after each leaves:
 *
 *   1. The blocks are written to a file with a temporary name. A crash leaves a useless temporary
 *      file, which the next start removes (snapshot_files_open()).
 *   2. The trailer is written, and the file is synced. Same as above.
 *   3. The file gets its final name. A crash leaves the old or the new name, depending on what the
 *      directory on the disk has; under the new name the file is complete, because of step 2.
 *   4. The directory is synced. From now on the snapshot survives a crash under its final name, so
 *      the log before it may be removed.
 *
 * If step 3 came before the sync of step 2, a power cut could leave the final name on a file whose
 * blocks are missing, while an older snapshot and the log that it needs are removed already. If
 * step 4 were left out, a power cut could take the name away after the log has been removed.
 */
#include "store/snapshot_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zstd.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "store/wal_segment.h"

enum {
    /* The file is synced whenever so many bytes have been written. Without that, the kernel would
     * collect the whole snapshot and write it at once, and a sync of the log at that moment would
     * wait for all of it. */
    SYNC_EVERY_BYTES = 4 * 1024 * 1024,
    COMPRESSION_LEVEL = 1,
    NAME_MAX_BYTES = 256,
};

struct snapshot_writer {
    struct wal_files files;
    char directory[WAL_DIRECTORY_MAX + 1];
    char temporary[NAME_MAX_BYTES];
    char name[NAME_MAX_BYTES];
    uint64_t nonce;
    int file;              /* -1 = closed */
    ZSTD_CCtx *compressor; /* owned; NULL = blocks are not compressed */
    uint8_t *content;      /* owned; the content of the next block */
    size_t content_bytes;  /* bytes in content */
    uint8_t *out;          /* owned; header and stored bytes of a block, as they are written */
    size_t out_capacity;
    uint64_t file_bytes;             /* bytes that were written so far */
    uint64_t synced_bytes;           /* bytes that were written before the last sync */
    struct snapshot_trailer trailer; /* trailer for the blocks so far */
};

static int failed(struct snapshot_writer *writer, const char *doing, int failure,
                  struct raftd_error *error)
{
    struct raftd_error text = {0};

    wal_system_error(&text, &writer->files, writer->temporary, doing, failure);
    if (error != NULL) {
        *error = text;
    }
    return RAFTD_ERROR_SYSTEM;
}

static int write_out(struct snapshot_writer *writer, const uint8_t *data, size_t size,
                     struct raftd_error *error)
{
    const struct fs *fs = writer->files.fs;
    int result = fs->pwrite(fs->context, writer->file, data, size, writer->file_bytes);

    if (result < 0) {
        return failed(writer, "write", result, error);
    }
    writer->file_bytes += size;
    if (writer->file_bytes - writer->synced_bytes >= SYNC_EVERY_BYTES) {
        result = fs->fdatasync(fs->context, writer->file);
        if (result < 0) {
            return failed(writer, "sync", result, error);
        }
        writer->synced_bytes = writer->file_bytes;
    }
    return 0;
}

static void free_writer(struct snapshot_writer *writer)
{
    ZSTD_freeCCtx(writer->compressor);
    memory_free(writer->content);
    memory_free(writer->out);
    memory_free(writer);
}

static int open_temporary(struct snapshot_writer *writer, struct raftd_error *error)
{
    const struct fs *fs = writer->files.fs;
    char path[WAL_PATH_MAX + NAME_MAX_BYTES];

    snprintf(path, sizeof(path), "%s/%s", writer->directory, writer->temporary);
    writer->file = fs->open(fs->context, path, FS_OPEN_CREATE);
    if (writer->file == -EEXIST) {
        fs->unlink(fs->context, path);
        writer->file = fs->open(fs->context, path, FS_OPEN_CREATE);
    }
    return writer->file < 0 ? failed(writer, "create", writer->file, error) : 0;
}

static struct snapshot_writer *make_writer(const struct snapshot_writer_options *options,
                                           const struct snapshot_info *info)
{
    struct snapshot_writer *writer = memory_allocate_zeroed(1, sizeof(*writer));
    size_t bound = ZSTD_compressBound(SNAPSHOT_BLOCK_MAX_BYTES);

    ASSERT(strlen(options->directory) <= WAL_DIRECTORY_MAX);
    snprintf(writer->directory, sizeof(writer->directory), "%s", options->directory);
    snprintf(writer->temporary, sizeof(writer->temporary), "%s", options->temporary);
    if (options->name != NULL) {
        snprintf(writer->name, sizeof(writer->name), "%s", options->name);
    } else {
        char name[SNAPSHOT_NAME_BYTES];

        snapshot_name(name, info->index);
        snprintf(writer->name, sizeof(writer->name), "%s", name);
    }
    writer->files = (struct wal_files){.fs = options->fs, .directory = writer->directory};
    writer->nonce = info->nonce;
    writer->file = -1;
    writer->content = memory_allocate(SNAPSHOT_BLOCK_MAX_BYTES);
    writer->out_capacity = SNAPSHOT_BLOCK_HEADER_BYTES + bound;
    writer->out = memory_allocate(writer->out_capacity);
    if (options->compress) {
        writer->compressor = ZSTD_createCCtx();
        ASSERT(writer->compressor != NULL);
    }
    return writer;
}

int snapshot_writer_create(const struct snapshot_writer_options *options,
                           const struct snapshot_info *info, struct snapshot_writer **writer,
                           struct raftd_error *error)
{
    struct snapshot_writer *made = make_writer(options, info);
    struct buffer header = {0};
    int code = open_temporary(made, error);

    *writer = NULL;
    if (code == 0) {
        snapshot_header_encode(info, &header);
        code = write_out(made, header.data, header.size_bytes, error);
    }
    buffer_free(&header);
    if (code != 0) {
        snapshot_writer_abort(made);
        return code;
    }
    *writer = made;
    return 0;
}

/* Stores the content in out, after the place of the block's header, compressed if that makes it
 * smaller. Returns the block without a header written. */
static struct snapshot_block store_content(struct snapshot_writer *writer)
{
    uint8_t *stored = writer->out + SNAPSHOT_BLOCK_HEADER_BYTES;
    struct snapshot_block block = {
        .encoding = SNAPSHOT_PLAIN,
        .stored_bytes = (uint32_t)writer->content_bytes,
        .size_bytes = (uint32_t)writer->content_bytes,
        .number = writer->trailer.block_count + 1,
    };

    if (writer->compressor != NULL) {
        size_t size = ZSTD_compressCCtx(writer->compressor, stored,
                                        writer->out_capacity - SNAPSHOT_BLOCK_HEADER_BYTES,
                                        writer->content, writer->content_bytes, COMPRESSION_LEVEL);

        if (!ZSTD_isError(size) && size < writer->content_bytes) {
            block.encoding = SNAPSHOT_ZSTD;
            block.stored_bytes = (uint32_t)size;
        }
    }
    if (block.encoding == SNAPSHOT_PLAIN) {
        memcpy(stored, writer->content, writer->content_bytes);
    }
    block.checksum =
        snapshot_block_checksum(writer->nonce, block.number, stored, block.stored_bytes);
    return block;
}

static int write_block(struct snapshot_writer *writer, struct raftd_error *error)
{
    struct snapshot_block block;

    if (writer->content_bytes == 0) {
        return 0;
    }
    block = store_content(writer);
    snapshot_block_encode(&block, writer->nonce, writer->out);
    writer->trailer.block_count++;
    writer->trailer.size_bytes += block.size_bytes;
    writer->trailer.chain = snapshot_chain(writer->trailer.chain, block.checksum);
    writer->content_bytes = 0;
    return write_out(writer, writer->out, SNAPSHOT_BLOCK_HEADER_BYTES + block.stored_bytes, error);
}

int snapshot_writer_add(struct snapshot_writer *writer, const void *data, size_t size,
                        struct raftd_error *error)
{
    const uint8_t *from = data;

    while (size > 0) {
        size_t room = SNAPSHOT_BLOCK_MAX_BYTES - writer->content_bytes;
        size_t part = size < room ? size : room;

        memcpy(writer->content + writer->content_bytes, from, part);
        writer->content_bytes += part;
        from += part;
        size -= part;
        if (writer->content_bytes == SNAPSHOT_BLOCK_MAX_BYTES) {
            int code = write_block(writer, error);

            if (code != 0) {
                return code;
            }
        }
    }
    return 0;
}

/* Steps 3 and 4: gives the complete and durable file its name, and makes the name durable. */
static int publish(struct snapshot_writer *writer, struct raftd_error *error)
{
    const struct fs *fs = writer->files.fs;
    char from[WAL_PATH_MAX + NAME_MAX_BYTES];
    char to[WAL_PATH_MAX + NAME_MAX_BYTES];
    int result;

    snprintf(from, sizeof(from), "%s/%s", writer->directory, writer->temporary);
    snprintf(to, sizeof(to), "%s/%s", writer->directory, writer->name);
    result = fs->rename(fs->context, from, to);
    if (result < 0) {
        return failed(writer, "rename", result, error);
    }
    fs->close(fs->context, writer->file);
    writer->file = -1;
    if (!PLANT(store_snapshot_name_not_synced)) {
        result = fs->sync_directory(fs->context, writer->directory);
    }
    if (result < 0) {
        return failed(writer, "sync the directory of", result, error);
    }
    return 0;
}

int snapshot_writer_finish(struct snapshot_writer *writer, struct raftd_error *error)
{
    const struct fs *fs = writer->files.fs;
    uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES];
    int code = write_block(writer, error);

    if (code == 0) {
        snapshot_trailer_encode(&writer->trailer, writer->nonce, bytes);
        code = write_out(writer, bytes, sizeof(bytes), error);
    }
    if (code == 0) {
        int result = PLANT(store_snapshot_not_synced) ? 0 : fs->fsync(fs->context, writer->file);

        code = result < 0 ? failed(writer, "sync", result, error) : 0;
    }
    if (code == 0) {
        code = publish(writer, error);
    }
    if (code != 0) {
        snapshot_writer_abort(writer);
        return code;
    }
    free_writer(writer);
    return 0;
}

void snapshot_writer_abort(struct snapshot_writer *writer)
{
    char path[WAL_PATH_MAX + NAME_MAX_BYTES];

    if (writer == NULL) {
        return;
    }
    if (writer->file >= 0) {
        const struct fs *fs = writer->files.fs;

        fs->close(fs->context, writer->file);
        snprintf(path, sizeof(path), "%s/%s", writer->directory, writer->temporary);
        fs->unlink(fs->context, path);
    }
    free_writer(writer);
}

uint64_t snapshot_writer_content_bytes(const struct snapshot_writer *writer)
{
    return writer->trailer.size_bytes + writer->content_bytes;
}

uint64_t snapshot_writer_file_bytes(const struct snapshot_writer *writer)
{
    return writer->file_bytes;
}
