/*
 * The bytes of the write-ahead log: segment names and headers, batches, records. Encodes what
 * the writer appends, decodes what recovery finds, and knows nothing of files. Pure: bytes in,
 * bytes out; any thread. doc/disk-format.md is this file in prose.
 */
#ifndef RAFTD_STORE_WAL_FORMAT_H
#define RAFTD_STORE_WAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "raft/raft.h"

enum {
    /* Batches begin at multiples of this, so that no write touches a block of an earlier one. */
    WAL_BLOCK_BYTES = 4096,
    WAL_SEGMENT_HEADER_BYTES = WAL_BLOCK_BYTES,
    WAL_CLUSTER_NAME_BYTES = 64,
    WAL_FORMAT_VERSION = 1,
    WAL_BATCH_HEADER_BYTES = 48,
    WAL_RECORD_HARD_STATE_BYTES = 16,
    WAL_RECORD_TRUNCATE_BYTES = 16,
    WAL_RECORD_CLEAN_END_BYTES = 8,
    WAL_RECORD_RESET_BYTES = 24,
    WAL_RECORD_START_BYTES = 24,
    WAL_RECORD_ENTRY_BYTES = 56, /* and the entry's data */
    WAL_NAME_BYTES = 32,
};

/* The longest file name, and where a segment is built before it gets its own. */
#define WAL_SPARE_NAME "wal-spare.tmp"
#define WAL_LOCK_NAME "lock"

/* "wal-0000000000000001.log". */
void wal_segment_name(char name[WAL_NAME_BYTES], uint64_t number);
/* The number of a segment file; 0 if the name is not one. */
uint64_t wal_segment_number(const char *name);
/* "wal-0000000000000001.free": what was that segment and waits to be used again. */
void wal_free_name(char name[WAL_NAME_BYTES], uint64_t number);
uint64_t wal_free_number(const char *name); /* 0 if the name is not one */

/* The first block of a segment. Written once, before the file gets its name. */
struct wal_segment_header {
    uint32_t version;
    uint16_t node_id;
    uint64_t cluster_id;
    uint64_t number; /* of the segment, as in its name: ascending by one */
    uint64_t nonce;  /* random: seeds every checksum in this segment */
    char cluster_name[WAL_CLUSTER_NAME_BYTES]; /* NUL-terminated; "" = not told */
};

void wal_segment_header_encode(const struct wal_segment_header *header,
                               uint8_t block[WAL_SEGMENT_HEADER_BYTES]);
/* False: these bytes never were a complete header. The version may be any. */
bool wal_segment_header_decode(const uint8_t block[WAL_SEGMENT_HEADER_BYTES],
                               struct wal_segment_header *header);

/* What precedes the records of one wal_append(). */
struct wal_batch_header {
    uint32_t record_count;
    uint64_t sequence;      /* 1, 2, 3, ... over all segments and all lives of the node */
    uint64_t payload_bytes; /* the records, without the padding to the next block */
    uint64_t next_index;    /* the index after the log's last one, before this batch */
    uint64_t payload_checksum;
};

/* Fills in the header in front of the payload, which is in place, and zeroes the padding. */
void wal_batch_seal(uint8_t *batch, struct wal_batch_header *header, uint64_t nonce);
/* False: no batch of the segment with this nonce begins here. */
bool wal_batch_header_decode(const uint8_t bytes[WAL_BATCH_HEADER_BYTES], uint64_t nonce,
                             struct wal_batch_header *header);
bool wal_batch_payload_is_intact(const struct wal_batch_header *header, const uint8_t *payload,
                                 uint64_t nonce);

/* Rounded up to whole blocks. */
uint64_t wal_padded_bytes(uint64_t size_bytes);

enum wal_record_type {
    WAL_RECORD_HARD_STATE = 1,
    WAL_RECORD_TRUNCATE = 2,
    WAL_RECORD_ENTRY = 3,
    WAL_RECORD_CLEAN_END = 4,
    WAL_RECORD_RESET = 5, /* every entry before is gone: the log restarts behind a base */
    WAL_RECORD_START = 6, /* opens a segment: where the log ended before it (T36) */
};

struct wal_record {
    enum wal_record_type type;
    /* Hard state, entry; reset, start: of the entry at the index. */
    uint64_t term;
    /* Hard state. */
    uint16_t vote;
    /* Truncate: the first index that goes. Entry: its own. Reset, start: the one before the next
     * entry. */
    uint64_t index;
    /* Entry. */
    uint8_t entry_type;
    uint32_t size_bytes;
    uint64_t origin;
    uint64_t sequence;
    uint64_t time_ms;
    uint64_t wall_ms;
    const uint8_t *data; /* borrowed from the reader */
};

/* Each writes one record and returns the place after it. */
uint8_t *wal_record_put_hard_state(uint8_t *place, uint64_t term, uint16_t vote);
uint8_t *wal_record_put_truncate(uint8_t *place, uint64_t from_index);
uint8_t *wal_record_put_entry(uint8_t *place, const struct raft_entry *entry);
uint8_t *wal_record_put_clean_end(uint8_t *place);
uint8_t *wal_record_put_reset(uint8_t *place, uint64_t base_index, uint64_t base_term);
uint8_t *wal_record_put_start(uint8_t *place, uint64_t last_index, uint64_t last_term);

/* False: no known record, or it is cut off. */
bool wal_record_decode(struct reader *reader, struct wal_record *record);

#endif
