/*
 * The bytes of a snapshot file: its name, its header, the headers of its blocks and the trailer
 * that proves it complete. Pure: bytes in, bytes out; any thread. doc/disk-format.md is this file
 * in prose.
 *
 * Nothing in a snapshot depends on the node that wrote it: another member, or another cluster
 * that restores a backup, reads the very same bytes.
 */
#ifndef RAFTD_STORE_SNAPSHOT_FORMAT_H
#define RAFTD_STORE_SNAPSHOT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/membership.h"

enum {
    SNAPSHOT_FORMAT_VERSION = 1,
    SNAPSHOT_HEADER_BYTES = 80,            /* before the membership */
    SNAPSHOT_MEMBERSHIP_MAX = 256 * 1024,  /* encoded */
    SNAPSHOT_BLOCK_HEADER_BYTES = 40,      /* the trailer has the same size */
    SNAPSHOT_BLOCK_MAX_BYTES = 256 * 1024, /* of a block's content, and of what is stored for it */
    SNAPSHOT_NAME_BYTES = 40,
};

/* "snapshot-00000000000000a7.raftd": the index, so that the greatest name is the newest. */
void snapshot_name(char name[SNAPSHOT_NAME_BYTES], uint64_t index);
/* The index of a snapshot file; 0 if the name is not one. */
uint64_t snapshot_name_index(const char *name);

/* What a snapshot is of. */
struct snapshot_info {
    uint64_t cluster_id;
    uint64_t index;                    /* of the last entry it contains */
    uint64_t term;                     /* of that entry */
    uint64_t time_ms;                  /* cluster time of that entry */
    struct raft_membership membership; /* committed, as of index (T30) */
    uint64_t nonce; /* random: seeds every checksum in the file and tells it from others */
};

struct buffer;

/* Appends header and membership, all that precedes the first block. */
void snapshot_header_encode(const struct snapshot_info *info, struct buffer *buffer);

/*
 * How many bytes the whole header has, membership included, from its first SNAPSHOT_HEADER_BYTES;
 * 0 if no header begins like this. *version is set whenever the magic is right.
 */
size_t snapshot_header_size(const uint8_t bytes[SNAPSHOT_HEADER_BYTES], uint32_t *version);
/* All of them. False: these bytes never were a whole header of this version. */
bool snapshot_header_decode(const uint8_t *bytes, size_t size, struct snapshot_info *info);

enum snapshot_encoding { SNAPSHOT_PLAIN = 0, SNAPSHOT_ZSTD = 1 };

struct snapshot_block {
    enum snapshot_encoding encoding;
    uint32_t stored_bytes; /* in the file, behind the header: 1 to SNAPSHOT_BLOCK_MAX_BYTES */
    uint32_t size_bytes;   /* of the content; the same where it is plain */
    uint64_t number;       /* 1, 2, 3, ... */
    uint64_t checksum;     /* of the stored bytes */
};

void snapshot_block_encode(const struct snapshot_block *block, uint64_t nonce,
                           uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES]);
bool snapshot_block_decode(const uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES], uint64_t nonce,
                           struct snapshot_block *block);
uint64_t snapshot_block_checksum(uint64_t nonce, uint64_t number, const void *stored, size_t size);

/* The end. Without it, or with a byte behind it, a file is not a snapshot. */
struct snapshot_trailer {
    uint64_t block_count;
    uint64_t size_bytes; /* content of all blocks */
    uint64_t chain;      /* over the checksums of all blocks in their order */
};

void snapshot_trailer_encode(const struct snapshot_trailer *trailer, uint64_t nonce,
                             uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES]);
bool snapshot_trailer_decode(const uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES], uint64_t nonce,
                             struct snapshot_trailer *trailer);
/* The chain after one more block. */
uint64_t snapshot_chain(uint64_t chain, uint64_t block_checksum);

#endif
