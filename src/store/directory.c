/*
 * Reads and writes the file "identity"; see directory.h. One thread at a time; waits for the disk.
 */
#include "store/directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "base/error.h"
#include "store/wal_segment.h"

static const uint8_t identity_magic[8] = {'r', 'a', 'f', 't', 'd', 'D', 'I', 'R'};

/* A block without anything in struct directory_lost has version 1. */
enum { IDENTITY_VERSION = 1, LOST_VERSION = 2 };
enum { BLOCK_BYTES = 4096, BLOCKS = 2, FOUNDER_BYTES = 10 };

/* Offsets in a block. Magic, version and checksum stay at their offsets in every future version. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 8,
    AT_NODE_ID = 12,
    AT_FOUNDER_COUNT = 14,
    AT_SEQUENCE = 16,
    AT_IDENTITY = 24,
    AT_CLUSTER_ID = 32,
    AT_BOOT_COUNT = 40,
    AT_FOUNDERS_DIGEST = 48,
    AT_CLUSTER_NAME = 56,
    AT_FOUNDERS = AT_CLUSTER_NAME + DIRECTORY_CLUSTER_NAME_BYTES,
    AT_LOST = 512, /* version 2 */
    AT_LOST_DAMAGED = AT_LOST,
    AT_LOST_TERM = AT_LOST + 8,
    AT_LOST_INDEX = AT_LOST + 16,
    AT_LOST_HARD_TERM = AT_LOST + 24,
    AT_LOST_CUT_SEGMENT = AT_LOST + 32,
    AT_LOST_CUT_OFFSET = AT_LOST + 40,
    AT_LOST_PROMISE = AT_LOST + 48,
    AT_LOST_VOTE = AT_LOST + 52,
    AT_LOST_PROMISE_KNOWN = AT_LOST + 54,
    AT_CHECKSUM = BLOCK_BYTES - 8,
};
_Static_assert(AT_FOUNDERS + DIRECTORY_FOUNDERS_MAX * FOUNDER_BYTES <= AT_LOST,
               "the founders fit the block");

static void encode_lost(const struct directory_lost *lost, uint8_t block[BLOCK_BYTES])
{
    store_u32(block + AT_VERSION, LOST_VERSION);
    store_u64(block + AT_LOST_DAMAGED, lost->damaged_index);
    store_u64(block + AT_LOST_TERM, lost->term);
    store_u64(block + AT_LOST_INDEX, lost->index);
    store_u64(block + AT_LOST_HARD_TERM, lost->hard_term);
    store_u64(block + AT_LOST_CUT_SEGMENT, lost->cut_segment);
    store_u64(block + AT_LOST_CUT_OFFSET, lost->cut_offset_bytes);
    store_u32(block + AT_LOST_PROMISE, lost->promise_ms);
    store_u16(block + AT_LOST_VOTE, lost->vote);
    block[AT_LOST_PROMISE_KNOWN] = lost->promise_known;
}

static void decode_lost(const uint8_t block[BLOCK_BYTES], struct directory_lost *lost)
{
    *lost = (struct directory_lost){
        .damaged_index = load_u64(block + AT_LOST_DAMAGED),
        .term = load_u64(block + AT_LOST_TERM),
        .index = load_u64(block + AT_LOST_INDEX),
        .hard_term = load_u64(block + AT_LOST_HARD_TERM),
        .vote = load_u16(block + AT_LOST_VOTE),
        .promise_known = block[AT_LOST_PROMISE_KNOWN] != 0,
        .promise_ms = load_u32(block + AT_LOST_PROMISE),
        .cut_segment = load_u64(block + AT_LOST_CUT_SEGMENT),
        .cut_offset_bytes = load_u64(block + AT_LOST_CUT_OFFSET),
    };
}

static void encode(const struct directory_identity *identity, uint8_t block[BLOCK_BYTES])
{
    memset(block, 0, BLOCK_BYTES);
    memcpy(block + AT_MAGIC, identity_magic, sizeof(identity_magic));
    store_u32(block + AT_VERSION, IDENTITY_VERSION);
    store_u16(block + AT_NODE_ID, identity->node_id);
    store_u16(block + AT_FOUNDER_COUNT, (uint16_t)identity->founder_count);
    store_u64(block + AT_SEQUENCE, identity->sequence);
    store_u64(block + AT_IDENTITY, identity->identity);
    store_u64(block + AT_CLUSTER_ID, identity->cluster_id);
    store_u64(block + AT_BOOT_COUNT, identity->boot_count);
    store_u64(block + AT_FOUNDERS_DIGEST, identity->founders_digest);
    memcpy(block + AT_CLUSTER_NAME, identity->cluster_name, DIRECTORY_CLUSTER_NAME_BYTES - 1);
    for (size_t i = 0; i < identity->founder_count; i++) {
        uint8_t *place = block + AT_FOUNDERS + i * FOUNDER_BYTES;

        store_u16(place, identity->founders[i].id);
        store_u64(place + 2, identity->founders[i].identity);
    }
    if (identity->lost.damaged_index != 0) {
        encode_lost(&identity->lost, block);
    }
    store_u64(block + AT_CHECKSUM, checksum(0, block, AT_CHECKSUM));
}

/* Whether the block is intact. Accepts every version: the caller checks it. */
static bool decode(const uint8_t block[BLOCK_BYTES], struct directory_identity *identity,
                   uint32_t *version)
{
    if (memcmp(block + AT_MAGIC, identity_magic, sizeof(identity_magic)) != 0 ||
        load_u64(block + AT_CHECKSUM) != checksum(0, block, AT_CHECKSUM) ||
        load_u16(block + AT_FOUNDER_COUNT) > DIRECTORY_FOUNDERS_MAX) {
        return false;
    }
    *version = load_u32(block + AT_VERSION);
    *identity = (struct directory_identity){
        .sequence = load_u64(block + AT_SEQUENCE),
        .identity = load_u64(block + AT_IDENTITY),
        .cluster_id = load_u64(block + AT_CLUSTER_ID),
        .boot_count = load_u64(block + AT_BOOT_COUNT),
        .node_id = load_u16(block + AT_NODE_ID),
        .founders_digest = load_u64(block + AT_FOUNDERS_DIGEST),
        .founder_count = load_u16(block + AT_FOUNDER_COUNT),
    };
    memcpy(identity->cluster_name, block + AT_CLUSTER_NAME, DIRECTORY_CLUSTER_NAME_BYTES - 1);
    for (size_t i = 0; i < identity->founder_count; i++) {
        const uint8_t *place = block + AT_FOUNDERS + i * FOUNDER_BYTES;

        identity->founders[i] =
            (struct directory_founder){.id = load_u16(place), .identity = load_u64(place + 2)};
    }
    if (*version == LOST_VERSION) {
        decode_lost(block, &identity->lost);
    }
    return identity->identity != 0 && identity->sequence != 0;
}

static int system_error(struct raftd_error *error, const struct wal_files *files, const char *name,
                        const char *doing, int failure)
{
    struct raftd_error text = {0};

    wal_system_error(&text, files, name, doing, failure);
    if (error != NULL) {
        *error = text;
    }
    return RAFTD_ERROR_SYSTEM;
}

/* Takes the intact block with the highest sequence number. */
static int read_blocks(const struct wal_files *files, int file, struct directory_identity *identity,
                       struct raftd_error *error)
{
    uint8_t block[BLOCK_BYTES];

    for (int i = 0; i < BLOCKS; i++) {
        struct directory_identity found;
        uint32_t version;
        ssize_t count = files->fs->pread(files->fs->context, file, block, sizeof(block),
                                         (uint64_t)i * BLOCK_BYTES);

        if (count < 0) {
            return system_error(error, files, DIRECTORY_IDENTITY_NAME, "read", (int)count);
        }
        if ((size_t)count < sizeof(block) || !decode(block, &found, &version)) {
            continue;
        }
        if (version != IDENTITY_VERSION && version != LOST_VERSION) {
            return error_set(error, RAFTD_ERROR_REFUSED,
                             "%.200s/%s has format version %u, but this raftd reads versions up to "
                             "%d: use the version of raftd that wrote it",
                             files->directory, DIRECTORY_IDENTITY_NAME, version, LOST_VERSION);
        }
        if (found.sequence > identity->sequence) {
            *identity = found;
        }
    }
    if (identity->sequence == 0) {
        return error_set(error, RAFTD_ERROR_CORRUPT,
                         "%.200s/%s is damaged: no part of it has a right checksum; move the data "
                         "directory aside and let this node come back under a new id (raftctl "
                         "member replace)",
                         files->directory, DIRECTORY_IDENTITY_NAME);
    }
    return 0;
}

int directory_identity_read(const struct fs *fs, const char *directory,
                            struct directory_identity *identity, struct raftd_error *error)
{
    const struct wal_files files = {.fs = fs, .directory = directory};
    char path[WAL_PATH_MAX];
    int code;
    int file;

    *identity = (struct directory_identity){0};
    if (directory[0] == 0 || strlen(directory) > WAL_DIRECTORY_MAX) {
        return 0; /* wal_open() reports the path */
    }
    wal_path(&files, DIRECTORY_IDENTITY_NAME, path);
    /* FS_OPEN_WRITE drops cached pages that the disk may not have. */
    file = fs->open(fs->context, path, FS_OPEN_WRITE);
    if (file == -ENOENT || file == -ENOTDIR) {
        return 0;
    }
    if (file < 0) {
        return system_error(error, &files, DIRECTORY_IDENTITY_NAME, "open", file);
    }
    code = read_blocks(&files, file, identity, error);
    fs->close(fs->context, file);
    return code;
}

/* Makes the file with its final size under a temporary name, and renames it when it is durable. */
static int create(const struct wal_files *files, const struct directory_identity *identity,
                  struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    uint8_t blocks[BLOCKS * BLOCK_BYTES] = {0};
    char spare[WAL_PATH_MAX];
    char path[WAL_PATH_MAX];
    int result;
    int file;

    wal_path(files, DIRECTORY_IDENTITY_SPARE_NAME, spare);
    wal_path(files, DIRECTORY_IDENTITY_NAME, path);
    file = fs->open(fs->context, spare, FS_OPEN_CREATE);
    if (file == -EEXIST) { /* left by a crash */
        fs->unlink(fs->context, spare);
        file = fs->open(fs->context, spare, FS_OPEN_CREATE);
    }
    if (file < 0) {
        return system_error(error, files, DIRECTORY_IDENTITY_SPARE_NAME, "create", file);
    }
    encode(identity, blocks + identity->sequence % BLOCKS * BLOCK_BYTES);
    result = fs->pwrite(fs->context, file, blocks, sizeof(blocks), 0);
    result = result < 0 ? result : fs->fsync(fs->context, file);
    fs->close(fs->context, file);
    result = result < 0 ? result : fs->rename(fs->context, spare, path);
    result = result < 0 ? result : fs->sync_directory(fs->context, files->directory);
    return result < 0 ? system_error(error, files, DIRECTORY_IDENTITY_NAME, "write", result) : 0;
}

static int update(const struct wal_files *files, const struct directory_identity *identity,
                  struct raftd_error *error)
{
    const struct fs *fs = files->fs;
    uint8_t block[BLOCK_BYTES];
    char path[WAL_PATH_MAX];
    int result;
    int file;

    wal_path(files, DIRECTORY_IDENTITY_NAME, path);
    file = fs->open(fs->context, path, FS_OPEN_WRITE);
    if (file < 0) {
        return system_error(error, files, DIRECTORY_IDENTITY_NAME, "open", file);
    }
    encode(identity, block);
    result = fs->pwrite(fs->context, file, block, sizeof(block),
                        identity->sequence % BLOCKS * BLOCK_BYTES);
    result = result < 0 ? result : fs->fdatasync(fs->context, file);
    fs->close(fs->context, file);
    return result < 0 ? system_error(error, files, DIRECTORY_IDENTITY_NAME, "write", result) : 0;
}

int directory_identity_write(const struct fs *fs, const char *directory,
                             struct directory_identity *identity, struct raftd_error *error)
{
    const struct wal_files files = {.fs = fs, .directory = directory};

    ASSERT(identity->identity != 0);
    ASSERT(identity->founder_count <= DIRECTORY_FOUNDERS_MAX);
    identity->sequence++;
    return identity->sequence == 1 ? create(&files, identity, error)
                                   : update(&files, identity, error);
}

int directory_identity_write_twice(const struct fs *fs, const char *directory,
                                   struct directory_identity *identity, struct raftd_error *error)
{
    int code = directory_identity_write(fs, directory, identity, error);

    return code == 0 ? directory_identity_write(fs, directory, identity, error) : code;
}

/* Writes the path of the directory that contains `path`. */
static void parent_of(const char *path, char parent[WAL_PATH_MAX])
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    if (length == 0) {
        snprintf(parent, WAL_PATH_MAX, ".");
    } else {
        snprintf(parent, WAL_PATH_MAX, "%.*s", (int)length, path);
    }
}

int directory_make(const struct fs *fs, const char *directory, struct raftd_error *error)
{
    const struct wal_files files = {.fs = fs, .directory = directory};
    char parent[WAL_PATH_MAX];
    int result = fs->make_directory(fs->context, directory);

    if (result == -EEXIST) {
        return 0;
    }
    if (result == 0) {
        parent_of(directory, parent);
        result = fs->sync_directory(fs->context, parent);
    }
    return result < 0 ? system_error(error, &files, "", "make the data directory", result) : 0;
}

int directory_sync_name(const struct fs *fs, const char *directory, struct raftd_error *error)
{
    const struct wal_files files = {.fs = fs, .directory = directory};
    char parent[WAL_PATH_MAX];
    int result;

    parent_of(directory, parent);
    result = fs->sync_directory(fs->context, parent);
    /* Without the right to read the parent, this process has not made the directory. */
    return result < 0 && result != -EACCES
               ? system_error(error, &files, "", "sync the name of the data directory", result)
               : 0;
}
