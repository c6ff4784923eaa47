/*
 * The bytes of the write-ahead log: names and headers of segments, batches, records. The writer
 * encodes with these functions, recovery decodes. Pure: they convert bytes and never touch a file;
 * any thread. doc/disk-format.md describes the format.
 */
#ifndef RAFTD_STORE_WAL_FORMAT_H
#define RAFTD_STORE_WAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "raft/raft.h"

enum {
    /* Every batch begins at a multiple of this. So no write touches a block that has bytes of an
     * earlier batch: a power cut during a write can destroy the whole block that is written. */
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
    WAL_RECORD_ENTRY_BYTES = 56, /* without the entry's data */
    WAL_NAME_BYTES = 32,         /* room for the name of any file of the log, with its NUL */
};

/* The name of a segment that is being made. */
#define WAL_SPARE_NAME "wal-spare.tmp"
#define WAL_LOCK_NAME "lock"

/* Writes "wal-0000000000000001.log", the name of a segment of the log. */
void wal_segment_name(char name[WAL_NAME_BYTES], uint64_t number);
/* The number in the name of a segment; 0 if this is not the name of one. */
uint64_t wal_segment_number(const char *name);
/* Writes "wal-0000000000000001.free", the name of a file that was this segment and waits to be used
 * again. */
void wal_free_name(char name[WAL_NAME_BYTES], uint64_t number);
/* The number in such a name; 0 if this is not such a name. */
uint64_t wal_free_number(const char *name);

/* Writes "wal-0000000000000001.damaged", the name of a file that was this segment and was set aside
 * because of damage before it. */
void wal_damaged_name(char name[WAL_NAME_BYTES], uint64_t number);
/* The number in such a name; 0 if this is not such a name. */
uint64_t wal_damaged_number(const char *name);

/* The first block of a segment. It is written once, before the file gets its name. */
struct wal_segment_header {
    uint32_t version;
    uint16_t node_id;
    uint64_t cluster_id;
    uint64_t number;   /* number of the segment, as in its name; it ascends by one */
    uint64_t nonce;    /* random number, the seed of every checksum in this segment */
    uint64_t identity; /* of the data directory (store/directory.h); 0 = not known */
    char cluster_name[WAL_CLUSTER_NAME_BYTES]; /* NUL-terminated; "" = none */
};

void wal_segment_header_encode(const struct wal_segment_header *header,
                               uint8_t block[WAL_SEGMENT_HEADER_BYTES]);
/* False: the bytes are not a complete header. Accepts every version; the caller checks it. */
bool wal_segment_header_decode(const uint8_t block[WAL_SEGMENT_HEADER_BYTES],
                               struct wal_segment_header *header);

/* The header of a batch, before its records. */
struct wal_batch_header {
    uint32_t record_count;
    uint64_t sequence;      /* 1, 2, 3, ... over all segments and all starts of the node */
    uint64_t payload_bytes; /* size of the records, without the padding to the next block */
    uint64_t next_index;    /* the last index of the log before this batch, plus 1 */
    uint64_t payload_checksum;
};

/* Completes a batch whose records are in memory already, after room for the header: computes the
 * checksums, writes the header, and writes zeros from the end of the records to the end of the
 * block. */
void wal_batch_seal(uint8_t *batch, struct wal_batch_header *header, uint64_t nonce);
/* False: these bytes are not the header of a batch of the segment with this nonce. */
bool wal_batch_header_decode(const uint8_t bytes[WAL_BATCH_HEADER_BYTES], uint64_t nonce,
                             struct wal_batch_header *header);
/* Whether the records have the checksum of the header. */
bool wal_batch_payload_is_intact(const struct wal_batch_header *header, const uint8_t *payload,
                                 uint64_t nonce);

/* The size rounded up to whole blocks. */
uint64_t wal_padded_bytes(uint64_t size_bytes);

enum wal_record_type {
    WAL_RECORD_HARD_STATE = 1, /* the node's term, its vote in that term, and its promise */
    WAL_RECORD_TRUNCATE = 2,   /* withdraws all entries from an index on */
    WAL_RECORD_ENTRY = 3,
    WAL_RECORD_CLEAN_END = 4, /* the log was closed in order */
    WAL_RECORD_RESET = 5,     /* withdraws all entries; the log continues after another index */
    WAL_RECORD_START = 6,     /* first record of a segment: where the log ended before it (T36) */
};

struct wal_record {
    enum wal_record_type type;
    uint64_t term; /* hard state, entry: the term; reset, start: the term of the entry at index */
    uint16_t vote; /* hard state: the node that has the vote; 0 = none */
    bool promise_known;  /* hard state: false in a record that does not say it */
    uint32_t promise_ms; /* hard state: see struct raft_write; 0 = none, or not known */
    uint64_t index;      /* truncate: the first index withdrawn; entry: its index; reset, start: the
                     * index before the next entry */
    /* The fields of an entry: */
    uint8_t entry_type;
    uint32_t size_bytes; /* size of data */
    uint64_t origin;
    uint64_t sequence;
    uint64_t time_ms;
    uint64_t wall_ms;
    const uint8_t *data; /* borrowed from the reader's bytes */
};

/* Each function writes one record to place and returns the address after it. */
uint8_t *wal_record_put_hard_state(uint8_t *place, uint64_t term, uint16_t vote, bool promise_known,
                                   uint32_t promise_ms);
uint8_t *wal_record_put_truncate(uint8_t *place, uint64_t from_index);
uint8_t *wal_record_put_entry(uint8_t *place, const struct raft_entry *entry);
uint8_t *wal_record_put_clean_end(uint8_t *place);
uint8_t *wal_record_put_reset(uint8_t *place, uint64_t base_index, uint64_t base_term);
uint8_t *wal_record_put_start(uint8_t *place, uint64_t last_index, uint64_t last_term);

/* Decodes the next record. False: its type is unknown, it is cut off, or an unused field is not
 * 0. */
bool wal_record_decode(struct reader *reader, struct wal_record *record);

#endif
