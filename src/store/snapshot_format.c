/*
 * Encodes and decodes the names, headers, blocks and trailers of snapshot files. Pure; any thread.
 * See snapshot_format.h.
 */
#include "store/snapshot_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "raft/entry.h"

static const uint8_t snapshot_magic[8] = {'r', 'a', 'f', 't', 'd', 'S', 'N', 'P'};

#define BLOCK_MAGIC 0x6b6c6273u   /* "sblk" */
#define TRAILER_MAGIC 0x646e6573u /* "send" */

/* Offsets in the header. Magic and version stay at their offsets in every future version. */
enum {
    HEADER_VERSION = 8,
    HEADER_MEMBERSHIP_BYTES = 12,
    HEADER_CLUSTER_ID = 16,
    HEADER_INDEX = 24,
    HEADER_TERM = 32,
    HEADER_TIME = 40,
    HEADER_NONCE = 48,
    HEADER_ZERO = 56,
    HEADER_CHECKSUM = 72, /* checksum of the bytes before it, and of the membership after it */
};
_Static_assert(HEADER_CHECKSUM + 8 == SNAPSHOT_HEADER_BYTES, "size of a snapshot's header");

enum {
    BLOCK_ENCODING = 4,
    BLOCK_STORED_BYTES = 8,
    BLOCK_SIZE_BYTES = 12,
    BLOCK_NUMBER = 16,
    BLOCK_PAYLOAD_CHECKSUM = 24,
    BLOCK_HEADER_CHECKSUM = 32,
};
_Static_assert(BLOCK_HEADER_CHECKSUM + 8 == SNAPSHOT_BLOCK_HEADER_BYTES, "size of a block header");

enum {
    TRAILER_ZERO = 4,
    TRAILER_BLOCK_COUNT = 8,
    TRAILER_SIZE_BYTES = 16,
    TRAILER_CHAIN = 24,
    TRAILER_CHECKSUM = 32,
};

void snapshot_name(char name[SNAPSHOT_NAME_BYTES], uint64_t index)
{
    snprintf(name, SNAPSHOT_NAME_BYTES, "snapshot-%016" PRIx64 ".raftd", index);
}

uint64_t snapshot_name_index(const char *name)
{
    char again[SNAPSHOT_NAME_BYTES];
    uint64_t index;

    if (sscanf(name, "snapshot-%16" SCNx64, &index) != 1) {
        return 0;
    }
    snapshot_name(again, index);
    return strcmp(name, again) == 0 ? index : 0;
}

static uint64_t header_checksum(const uint8_t *bytes, size_t size)
{
    uint64_t seed = checksum(0, bytes, HEADER_CHECKSUM);

    return checksum(seed, bytes + SNAPSHOT_HEADER_BYTES, size - SNAPSHOT_HEADER_BYTES);
}

void snapshot_header_encode(const struct snapshot_info *info, struct buffer *buffer)
{
    size_t start = buffer->size_bytes;
    uint8_t *header = buffer_extend(buffer, SNAPSHOT_HEADER_BYTES);
    size_t size;

    memset(header, 0, SNAPSHOT_HEADER_BYTES);
    raft_membership_encode(&info->membership, buffer);
    header = buffer->data + start;
    size = buffer->size_bytes - start;
    ASSERT(size - SNAPSHOT_HEADER_BYTES <= SNAPSHOT_MEMBERSHIP_MAX);
    memcpy(header, snapshot_magic, sizeof(snapshot_magic));
    store_u32(header + HEADER_VERSION, SNAPSHOT_FORMAT_VERSION);
    store_u32(header + HEADER_MEMBERSHIP_BYTES, (uint32_t)(size - SNAPSHOT_HEADER_BYTES));
    store_u64(header + HEADER_CLUSTER_ID, info->cluster_id);
    store_u64(header + HEADER_INDEX, info->index);
    store_u64(header + HEADER_TERM, info->term);
    store_u64(header + HEADER_TIME, info->time_ms);
    store_u64(header + HEADER_NONCE, info->nonce);
    store_u64(header + HEADER_CHECKSUM, header_checksum(header, size));
}

size_t snapshot_header_size(const uint8_t bytes[SNAPSHOT_HEADER_BYTES], uint32_t *version)
{
    uint32_t membership_bytes = load_u32(bytes + HEADER_MEMBERSHIP_BYTES);

    *version = 0;
    if (memcmp(bytes, snapshot_magic, sizeof(snapshot_magic)) != 0) {
        return 0;
    }
    *version = load_u32(bytes + HEADER_VERSION);
    if (*version != SNAPSHOT_FORMAT_VERSION || membership_bytes > SNAPSHOT_MEMBERSHIP_MAX) {
        return 0;
    }
    return SNAPSHOT_HEADER_BYTES + membership_bytes;
}

bool snapshot_header_decode(const uint8_t *bytes, size_t size, struct snapshot_info *info)
{
    uint32_t version;

    if (size < SNAPSHOT_HEADER_BYTES || snapshot_header_size(bytes, &version) != size ||
        load_u64(bytes + HEADER_CHECKSUM) != header_checksum(bytes, size) ||
        load_u64(bytes + HEADER_ZERO) != 0 || load_u64(bytes + HEADER_ZERO + 8) != 0) {
        return false;
    }
    info->cluster_id = load_u64(bytes + HEADER_CLUSTER_ID);
    info->index = load_u64(bytes + HEADER_INDEX);
    info->term = load_u64(bytes + HEADER_TERM);
    info->time_ms = load_u64(bytes + HEADER_TIME);
    info->nonce = load_u64(bytes + HEADER_NONCE);
    return info->index != 0 && info->index <= RAFT_INDEX_MAX && info->term != 0 &&
           info->term <= RAFT_TERM_MAX && info->time_ms <= RAFT_TIME_MAX_MS &&
           raft_membership_decode(&info->membership, bytes + SNAPSHOT_HEADER_BYTES,
                                  size - SNAPSHOT_HEADER_BYTES) == 0;
}

void snapshot_block_encode(const struct snapshot_block *block, uint64_t nonce,
                           uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES])
{
    store_u32(bytes, BLOCK_MAGIC);
    store_u32(bytes + BLOCK_ENCODING, (uint32_t)block->encoding);
    store_u32(bytes + BLOCK_STORED_BYTES, block->stored_bytes);
    store_u32(bytes + BLOCK_SIZE_BYTES, block->size_bytes);
    store_u64(bytes + BLOCK_NUMBER, block->number);
    store_u64(bytes + BLOCK_PAYLOAD_CHECKSUM, block->checksum);
    store_u64(bytes + BLOCK_HEADER_CHECKSUM, checksum(nonce, bytes, BLOCK_HEADER_CHECKSUM));
}

bool snapshot_block_decode(const uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES], uint64_t nonce,
                           struct snapshot_block *block)
{
    uint32_t encoding = load_u32(bytes + BLOCK_ENCODING);

    if (load_u32(bytes) != BLOCK_MAGIC ||
        load_u64(bytes + BLOCK_HEADER_CHECKSUM) != checksum(nonce, bytes, BLOCK_HEADER_CHECKSUM)) {
        return false;
    }
    *block = (struct snapshot_block){
        .encoding = (enum snapshot_encoding)encoding,
        .stored_bytes = load_u32(bytes + BLOCK_STORED_BYTES),
        .size_bytes = load_u32(bytes + BLOCK_SIZE_BYTES),
        .number = load_u64(bytes + BLOCK_NUMBER),
        .checksum = load_u64(bytes + BLOCK_PAYLOAD_CHECKSUM),
    };
    return encoding <= SNAPSHOT_ZSTD && block->stored_bytes > 0 &&
           block->stored_bytes <= SNAPSHOT_BLOCK_MAX_BYTES && block->size_bytes > 0 &&
           block->size_bytes <= SNAPSHOT_BLOCK_MAX_BYTES &&
           (encoding != SNAPSHOT_PLAIN || block->stored_bytes == block->size_bytes);
}

uint64_t snapshot_block_checksum(uint64_t nonce, uint64_t number, const void *stored, size_t size)
{
    return checksum(nonce ^ number, stored, size);
}

void snapshot_trailer_encode(const struct snapshot_trailer *trailer, uint64_t nonce,
                             uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES])
{
    store_u32(bytes, TRAILER_MAGIC);
    store_u32(bytes + TRAILER_ZERO, 0);
    store_u64(bytes + TRAILER_BLOCK_COUNT, trailer->block_count);
    store_u64(bytes + TRAILER_SIZE_BYTES, trailer->size_bytes);
    store_u64(bytes + TRAILER_CHAIN, trailer->chain);
    store_u64(bytes + TRAILER_CHECKSUM, checksum(nonce, bytes, TRAILER_CHECKSUM));
}

bool snapshot_trailer_decode(const uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES], uint64_t nonce,
                             struct snapshot_trailer *trailer)
{
    if (load_u32(bytes) != TRAILER_MAGIC || load_u32(bytes + TRAILER_ZERO) != 0 ||
        load_u64(bytes + TRAILER_CHECKSUM) != checksum(nonce, bytes, TRAILER_CHECKSUM)) {
        return false;
    }
    *trailer = (struct snapshot_trailer){
        .block_count = load_u64(bytes + TRAILER_BLOCK_COUNT),
        .size_bytes = load_u64(bytes + TRAILER_SIZE_BYTES),
        .chain = load_u64(bytes + TRAILER_CHAIN),
    };
    return true;
}

uint64_t snapshot_chain(uint64_t chain, uint64_t block_checksum)
{
    uint8_t bytes[8];

    store_u64(bytes, block_checksum);
    return checksum(chain, bytes, sizeof(bytes));
}
