/*
 * Encodes and decodes the names and headers of segments, batches and records. Pure; any thread. See
 * wal_format.h.
 */
#include "store/wal_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/plant.h"

static const uint8_t segment_magic[8] = {'r', 'a', 'f', 't', 'd', 'W', 'A', 'L'};

#define BATCH_MAGIC 0x74616277u /* "wbat" */

/* Offsets in the header of a segment. Magic, version and checksum stay at their offsets in every
 * future version. */
enum {
    SEGMENT_MAGIC = 0,
    SEGMENT_VERSION = 8,
    SEGMENT_NODE_ID = 12,
    SEGMENT_CLUSTER_ID = 16,
    SEGMENT_NUMBER = 24,
    SEGMENT_NONCE = 32,
    SEGMENT_CLUSTER_NAME = 40,
    SEGMENT_IDENTITY = SEGMENT_CLUSTER_NAME + WAL_CLUSTER_NAME_BYTES,
    SEGMENT_CHECKSUM = WAL_SEGMENT_HEADER_BYTES - 8,
};
_Static_assert(SEGMENT_IDENTITY + 8 <= SEGMENT_CHECKSUM, "the segment header fits its block");

enum {
    BATCH_MAGIC_AT = 0,
    BATCH_RECORD_COUNT = 4,
    BATCH_SEQUENCE = 8,
    BATCH_PAYLOAD_BYTES = 16,
    BATCH_NEXT_INDEX = 24,
    BATCH_PAYLOAD_CHECKSUM = 32,
    BATCH_HEADER_CHECKSUM = 40,
};
_Static_assert(BATCH_HEADER_CHECKSUM + 8 == WAL_BATCH_HEADER_BYTES, "size of a batch header");
_Static_assert(WAL_BATCH_HEADER_BYTES < WAL_BLOCK_BYTES, "a batch header is in one block");

/* The second byte of a hard state with a promise. Hard states without one are older; in them this
 * byte is 0, and the promise is not known. */
enum { HARD_STATE_WITH_PROMISE = 1 };

void wal_segment_name(char name[WAL_NAME_BYTES], uint64_t number)
{
    snprintf(name, WAL_NAME_BYTES, "wal-%016" PRIx64 ".log", number);
}

uint64_t wal_segment_number(const char *name)
{
    char again[WAL_NAME_BYTES];
    uint64_t number;

    if (sscanf(name, "wal-%16" SCNx64, &number) != 1) {
        return 0;
    }
    /* sscanf() also accepts "wal-1.log" and "wal-0000000000000001.log.old". */
    wal_segment_name(again, number);
    return strcmp(name, again) == 0 ? number : 0;
}

void wal_free_name(char name[WAL_NAME_BYTES], uint64_t number)
{
    snprintf(name, WAL_NAME_BYTES, "wal-%016" PRIx64 ".free", number);
}

uint64_t wal_free_number(const char *name)
{
    char again[WAL_NAME_BYTES];
    uint64_t number;

    if (sscanf(name, "wal-%16" SCNx64, &number) != 1) {
        return 0;
    }
    wal_free_name(again, number);
    return strcmp(name, again) == 0 ? number : 0;
}

void wal_damaged_name(char name[WAL_NAME_BYTES], uint64_t number)
{
    snprintf(name, WAL_NAME_BYTES, "wal-%016" PRIx64 ".damaged", number);
}

uint64_t wal_damaged_number(const char *name)
{
    char again[WAL_NAME_BYTES];
    uint64_t number;

    if (sscanf(name, "wal-%16" SCNx64, &number) != 1) {
        return 0;
    }
    wal_damaged_name(again, number);
    return strcmp(name, again) == 0 ? number : 0;
}

void wal_segment_header_encode(const struct wal_segment_header *header,
                               uint8_t block[WAL_SEGMENT_HEADER_BYTES])
{
    memset(block, 0, WAL_SEGMENT_HEADER_BYTES);
    memcpy(block + SEGMENT_MAGIC, segment_magic, sizeof(segment_magic));
    store_u32(block + SEGMENT_VERSION, header->version);
    store_u16(block + SEGMENT_NODE_ID, header->node_id);
    store_u64(block + SEGMENT_CLUSTER_ID, header->cluster_id);
    store_u64(block + SEGMENT_NUMBER, header->number);
    store_u64(block + SEGMENT_NONCE, header->nonce);
    memcpy(block + SEGMENT_CLUSTER_NAME, header->cluster_name, WAL_CLUSTER_NAME_BYTES);
    store_u64(block + SEGMENT_IDENTITY, header->identity);
    store_u64(block + SEGMENT_CHECKSUM, checksum(0, block, SEGMENT_CHECKSUM));
}

bool wal_segment_header_decode(const uint8_t block[WAL_SEGMENT_HEADER_BYTES],
                               struct wal_segment_header *header)
{
    if (memcmp(block + SEGMENT_MAGIC, segment_magic, sizeof(segment_magic)) != 0 ||
        load_u64(block + SEGMENT_CHECKSUM) != checksum(0, block, SEGMENT_CHECKSUM)) {
        return false;
    }
    *header = (struct wal_segment_header){
        .version = load_u32(block + SEGMENT_VERSION),
        .node_id = load_u16(block + SEGMENT_NODE_ID),
        .cluster_id = load_u64(block + SEGMENT_CLUSTER_ID),
        .number = load_u64(block + SEGMENT_NUMBER),
        .nonce = load_u64(block + SEGMENT_NONCE),
        .identity = load_u64(block + SEGMENT_IDENTITY),
    };
    memcpy(header->cluster_name, block + SEGMENT_CLUSTER_NAME, WAL_CLUSTER_NAME_BYTES - 1);
    return true;
}

uint64_t wal_padded_bytes(uint64_t size_bytes)
{
    return (size_bytes + WAL_BLOCK_BYTES - 1) / WAL_BLOCK_BYTES * WAL_BLOCK_BYTES;
}

/* The seed of the checksums in a segment. */
static uint64_t seed_of(uint64_t nonce)
{
    return PLANT(store_nonce_ignored) ? 0 : nonce;
}

/* The sequence number is part of the seed, so that the payload of another batch of the same segment
 * has a wrong checksum here. */
static uint64_t payload_checksum(uint64_t nonce, uint64_t sequence, const uint8_t *payload,
                                 size_t size)
{
    return checksum(seed_of(nonce) ^ sequence, payload, size);
}

void wal_batch_seal(uint8_t *batch, struct wal_batch_header *header, uint64_t nonce)
{
    uint8_t *payload = batch + WAL_BATCH_HEADER_BYTES;
    uint64_t size = WAL_BATCH_HEADER_BYTES + header->payload_bytes;

    header->payload_checksum =
        payload_checksum(nonce, header->sequence, payload, header->payload_bytes);
    store_u32(batch + BATCH_MAGIC_AT, BATCH_MAGIC);
    store_u32(batch + BATCH_RECORD_COUNT, header->record_count);
    store_u64(batch + BATCH_SEQUENCE, header->sequence);
    store_u64(batch + BATCH_PAYLOAD_BYTES, header->payload_bytes);
    store_u64(batch + BATCH_NEXT_INDEX, header->next_index);
    store_u64(batch + BATCH_PAYLOAD_CHECKSUM, header->payload_checksum);
    store_u64(batch + BATCH_HEADER_CHECKSUM,
              checksum(seed_of(nonce), batch, BATCH_HEADER_CHECKSUM));
    memset(batch + size, 0, wal_padded_bytes(size) - size);
}

bool wal_batch_header_decode(const uint8_t bytes[WAL_BATCH_HEADER_BYTES], uint64_t nonce,
                             struct wal_batch_header *header)
{
    if (load_u32(bytes + BATCH_MAGIC_AT) != BATCH_MAGIC ||
        load_u64(bytes + BATCH_HEADER_CHECKSUM) !=
            checksum(seed_of(nonce), bytes, BATCH_HEADER_CHECKSUM)) {
        return false;
    }
    *header = (struct wal_batch_header){
        .record_count = load_u32(bytes + BATCH_RECORD_COUNT),
        .sequence = load_u64(bytes + BATCH_SEQUENCE),
        .payload_bytes = load_u64(bytes + BATCH_PAYLOAD_BYTES),
        .next_index = load_u64(bytes + BATCH_NEXT_INDEX),
        .payload_checksum = load_u64(bytes + BATCH_PAYLOAD_CHECKSUM),
    };
    return true;
}

bool wal_batch_payload_is_intact(const struct wal_batch_header *header, const uint8_t *payload,
                                 uint64_t nonce)
{
    return header->payload_checksum ==
           payload_checksum(nonce, header->sequence, payload, header->payload_bytes);
}

uint8_t *wal_record_put_hard_state(uint8_t *place, uint64_t term, uint16_t vote, bool promise_known,
                                   uint32_t promise_ms)
{
    memset(place, 0, WAL_RECORD_HARD_STATE_BYTES);
    place[0] = WAL_RECORD_HARD_STATE;
    store_u16(place + 2, vote);
    if (promise_known) {
        place[1] = HARD_STATE_WITH_PROMISE;
        store_u32(place + 4, promise_ms);
    }
    store_u64(place + 8, term);
    return place + WAL_RECORD_HARD_STATE_BYTES;
}

uint8_t *wal_record_put_truncate(uint8_t *place, uint64_t from_index)
{
    memset(place, 0, WAL_RECORD_TRUNCATE_BYTES);
    place[0] = WAL_RECORD_TRUNCATE;
    store_u64(place + 8, from_index);
    return place + WAL_RECORD_TRUNCATE_BYTES;
}

uint8_t *wal_record_put_entry(uint8_t *place, const struct raft_entry *entry)
{
    place[0] = WAL_RECORD_ENTRY;
    place[1] = entry->type;
    store_u16(place + 2, 0);
    store_u32(place + 4, entry->size_bytes);
    store_u64(place + 8, entry->index);
    store_u64(place + 16, entry->term);
    store_u64(place + 24, entry->origin);
    store_u64(place + 32, entry->sequence);
    store_u64(place + 40, entry->time_ms);
    store_u64(place + 48, entry->wall_ms);
    memcpy(place + WAL_RECORD_ENTRY_BYTES, entry->data, entry->size_bytes);
    return place + WAL_RECORD_ENTRY_BYTES + entry->size_bytes;
}

uint8_t *wal_record_put_clean_end(uint8_t *place)
{
    memset(place, 0, WAL_RECORD_CLEAN_END_BYTES);
    place[0] = WAL_RECORD_CLEAN_END;
    return place + WAL_RECORD_CLEAN_END_BYTES;
}

static uint8_t *put_position(uint8_t *place, enum wal_record_type type, uint64_t index,
                             uint64_t term)
{
    memset(place, 0, 8);
    place[0] = (uint8_t)type;
    store_u64(place + 8, index);
    store_u64(place + 16, term);
    return place + 24;
}

uint8_t *wal_record_put_reset(uint8_t *place, uint64_t base_index, uint64_t base_term)
{
    return put_position(place, WAL_RECORD_RESET, base_index, base_term);
}

uint8_t *wal_record_put_start(uint8_t *place, uint64_t last_index, uint64_t last_term)
{
    return put_position(place, WAL_RECORD_START, last_index, last_term);
}

/* Every record begins with the same four fields: its type, a u8, a u16 and a u32. Fields that a
 * type does not use have to be 0. */
bool wal_record_decode(struct reader *reader, struct wal_record *record)
{
    uint8_t type = reader_u8(reader);
    uint8_t entry_type = reader_u8(reader);
    uint16_t vote = reader_u16(reader);
    uint32_t size_bytes = reader_u32(reader);

    *record = (struct wal_record){.type = type};
    switch (type) {
    case WAL_RECORD_HARD_STATE:
        record->vote = vote;
        record->promise_known = entry_type == HARD_STATE_WITH_PROMISE;
        record->promise_ms = size_bytes;
        record->term = reader_u64(reader);
        return !reader->failed && (record->promise_known || (entry_type == 0 && size_bytes == 0));
    case WAL_RECORD_TRUNCATE:
        record->index = reader_u64(reader);
        return !reader->failed && entry_type == 0 && vote == 0 && size_bytes == 0;
    case WAL_RECORD_ENTRY:
        record->entry_type = entry_type;
        record->size_bytes = size_bytes;
        record->index = reader_u64(reader);
        record->term = reader_u64(reader);
        record->origin = reader_u64(reader);
        record->sequence = reader_u64(reader);
        record->time_ms = reader_u64(reader);
        record->wall_ms = reader_u64(reader);
        record->data = reader_bytes(reader, size_bytes);
        return !reader->failed && entry_type != 0 && vote == 0;
    case WAL_RECORD_CLEAN_END:
        return !reader->failed && entry_type == 0 && vote == 0 && size_bytes == 0;
    case WAL_RECORD_RESET:
    case WAL_RECORD_START:
        record->index = reader_u64(reader);
        record->term = reader_u64(reader);
        return !reader->failed && entry_type == 0 && vote == 0 && size_bytes == 0;
    default:
        return false;
    }
}
