/*
 * Reads a snapshot file block by block and checks it. See snapshot_reader.h. One thread.
 */
#include "store/snapshot_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <zstd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "store/wal_segment.h"
#include "store/wal_window.h"

struct snapshot_reader {
    struct wal_files files; /* its directory is the field below */
    char *directory;        /* owned */
    char *name;             /* owned; of the file */
    struct wal_window window;
    ZSTD_DCtx *decompressor;      /* NULL until the first compressed block */
    uint8_t *content;             /* owned; the content of the last compressed block */
    uint64_t offset_bytes;        /* offset of the next block or trailer in the file */
    struct snapshot_trailer seen; /* what the trailer would be after the blocks read so far */
    struct snapshot_info info;
};

static int corrupt(const struct snapshot_reader *reader, const char *what,
                   struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "%.200s/%.100s is not a valid snapshot: %s at offset "
                     "%" PRIu64,
                     reader->directory, reader->name, what, reader->offset_bytes);
}

static int read_failed(const struct snapshot_reader *reader, const char *doing, int failure,
                       struct raftd_error *error)
{
    struct raftd_error text = {0};

    wal_system_error(&text, &reader->files, reader->name, doing, failure);
    if (error != NULL) {
        *error = text;
    }
    return RAFTD_ERROR_SYSTEM;
}

/* Sets *bytes to the next `size` bytes of the file. Does not move the offset. Returns 0 or a
 * negative code. */
static int get(struct snapshot_reader *reader, uint64_t size, const uint8_t **bytes,
               struct raftd_error *error)
{
    int failure = 0;

    if (size > reader->window.file_bytes - reader->offset_bytes) {
        return corrupt(reader, "unexpected end of the file", error);
    }
    *bytes = wal_window_get(&reader->window, reader->offset_bytes, size, &failure);
    return *bytes == NULL ? read_failed(reader, "read", failure, error) : 0;
}

static int open_file(struct snapshot_reader *reader, enum fs_open_mode mode,
                     struct raftd_error *error)
{
    const struct fs *fs = reader->files.fs;
    size_t path_bytes = strlen(reader->directory) + strlen(reader->name) + 2;
    char *path = memory_allocate(path_bytes);
    int64_t size;
    int file;

    snprintf(path, path_bytes, "%s/%s", reader->directory, reader->name);
    file = fs->open(fs->context, path, mode);
    memory_free(path);
    if (file < 0) {
        return read_failed(reader, "open", file, error);
    }
    reader->window.fs = fs;
    wal_window_set_file(&reader->window, file, 0);
    size = fs->size(fs->context, file);
    if (size < 0) {
        return read_failed(reader, "get the size of", (int)size, error);
    }
    wal_window_set_file(&reader->window, file, (uint64_t)size);
    return 0;
}

static int read_header(struct snapshot_reader *reader, struct raftd_error *error)
{
    const uint8_t *bytes;
    uint32_t version;
    size_t size;
    int code = get(reader, SNAPSHOT_HEADER_BYTES, &bytes, error);

    if (code != 0) {
        return code;
    }
    size = snapshot_header_size(bytes, &version);
    if (size == 0 && version != 0 && version != SNAPSHOT_FORMAT_VERSION) {
        return error_set(
            error, RAFTD_ERROR_REFUSED,
            "%.200s/%.100s has format version %u, but this raftd reads version %d: use "
            "the version of raftd that wrote it",
            reader->directory, reader->name, version, SNAPSHOT_FORMAT_VERSION);
    }
    if (size == 0) {
        return corrupt(reader, "no header", error);
    }
    code = get(reader, size, &bytes, error);
    if (code != 0) {
        return code;
    }
    if (!snapshot_header_decode(bytes, size, &reader->info)) {
        return corrupt(reader, "a damaged header", error);
    }
    reader->offset_bytes = size;
    return 0;
}

static int open_reader(const struct fs *fs, const char *directory, const char *name,
                       enum fs_open_mode mode, struct snapshot_reader **reader,
                       struct raftd_error *error)
{
    struct snapshot_reader *opened = memory_allocate_zeroed(1, sizeof(*opened));
    int code;

    opened->directory = memory_copy_string(directory);
    opened->name = memory_copy_string(name);
    opened->files = (struct wal_files){.fs = fs, .directory = opened->directory};
    opened->window.file = -1;
    code = open_file(opened, mode, error);
    if (code == 0) {
        code = read_header(opened, error);
    }
    if (code != 0) {
        snapshot_reader_close(opened);
        opened = NULL;
    }
    *reader = opened;
    return code;
}

int snapshot_reader_open(const struct fs *fs, const char *directory, const char *name,
                         struct snapshot_reader **reader, struct raftd_error *error)
{
    return open_reader(fs, directory, name, FS_OPEN_READ, reader, error);
}

int snapshot_reader_open_on_disk(const struct fs *fs, const char *directory, const char *name,
                                 struct snapshot_reader **reader, struct raftd_error *error)
{
    return open_reader(fs, directory, name, FS_OPEN_WRITE, reader, error);
}

void snapshot_reader_close(struct snapshot_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->window.file >= 0) {
        reader->files.fs->close(reader->files.fs->context, reader->window.file);
    }
    wal_window_free(&reader->window);
    ZSTD_freeDCtx(reader->decompressor);
    memory_free(reader->content);
    memory_free(reader->directory);
    memory_free(reader->name);
    memory_free(reader);
}

const struct snapshot_info *snapshot_reader_info(const struct snapshot_reader *reader)
{
    return &reader->info;
}

uint64_t snapshot_reader_file_bytes(const struct snapshot_reader *reader)
{
    return reader->window.file_bytes;
}

uint64_t snapshot_reader_done_bytes(const struct snapshot_reader *reader)
{
    return reader->offset_bytes;
}

uint64_t snapshot_reader_content_bytes(const struct snapshot_reader *reader)
{
    return reader->seen.size_bytes;
}

static int check_trailer(struct snapshot_reader *reader, const struct snapshot_trailer *trailer,
                         struct raftd_error *error)
{
    if (trailer->block_count != reader->seen.block_count ||
        trailer->size_bytes != reader->seen.size_bytes || trailer->chain != reader->seen.chain) {
        return corrupt(reader, "a trailer that does not match the blocks", error);
    }
    reader->offset_bytes += SNAPSHOT_BLOCK_HEADER_BYTES;
    if (reader->offset_bytes != reader->window.file_bytes) {
        return corrupt(reader, "bytes after the trailer", error);
    }
    return 0;
}

/* snapshot_block_decode() has checked that a block has at most SNAPSHOT_BLOCK_MAX_BYTES, which is
 * the room that zstd gets to write to. */
static int decompress(struct snapshot_reader *reader, const struct snapshot_block *block,
                      const uint8_t *stored, struct raftd_error *error)
{
    size_t size;

    if (reader->decompressor == NULL) {
        reader->decompressor = ZSTD_createDCtx();
        ASSERT(reader->decompressor != NULL);
        reader->content = memory_allocate(SNAPSHOT_BLOCK_MAX_BYTES);
    }
    size = ZSTD_decompressDCtx(reader->decompressor, reader->content, SNAPSHOT_BLOCK_MAX_BYTES,
                               stored, block->stored_bytes);
    if (ZSTD_isError(size) || size != block->size_bytes) {
        return corrupt(reader, "a block that cannot be decompressed", error);
    }
    return 0;
}

static int read_block(struct snapshot_reader *reader, const struct snapshot_block *block,
                      const uint8_t **data, size_t *size, struct raftd_error *error)
{
    const uint8_t *stored;
    int code =
        get(reader, SNAPSHOT_BLOCK_HEADER_BYTES + (uint64_t)block->stored_bytes, &stored, error);

    if (code != 0) {
        return code;
    }
    stored += SNAPSHOT_BLOCK_HEADER_BYTES;
    if (block->number != reader->seen.block_count + 1 ||
        block->checksum != snapshot_block_checksum(reader->info.nonce, block->number, stored,
                                                   block->stored_bytes)) {
        return corrupt(reader, "a damaged block", error);
    }
    *data = stored;
    *size = block->size_bytes;
    if (block->encoding == SNAPSHOT_ZSTD) {
        code = decompress(reader, block, stored, error);
        *data = reader->content;
    }
    if (code == 0) {
        reader->seen.block_count++;
        reader->seen.size_bytes += block->size_bytes;
        reader->seen.chain = snapshot_chain(reader->seen.chain, block->checksum);
        reader->offset_bytes += SNAPSHOT_BLOCK_HEADER_BYTES + (uint64_t)block->stored_bytes;
    }
    return code;
}

int snapshot_reader_next(struct snapshot_reader *reader, const uint8_t **data, size_t *size,
                         struct raftd_error *error)
{
    struct snapshot_trailer trailer;
    struct snapshot_block block;
    const uint8_t *bytes;
    int code = get(reader, SNAPSHOT_BLOCK_HEADER_BYTES, &bytes, error);

    if (code != 0) {
        return code;
    }
    if (snapshot_trailer_decode(bytes, reader->info.nonce, &trailer)) {
        return check_trailer(reader, &trailer, error);
    }
    if (!snapshot_block_decode(bytes, reader->info.nonce, &block)) {
        return corrupt(reader, "neither a block nor a trailer", error);
    }
    code = read_block(reader, &block, data, size, error);
    return code != 0 ? code : 1;
}

int snapshot_reader_verify(struct snapshot_reader *reader, struct raftd_error *error)
{
    const uint8_t *data;
    size_t size;
    int code;

    do {
        code = snapshot_reader_next(reader, &data, &size, error);
    } while (code > 0);
    return code;
}
