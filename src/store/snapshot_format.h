/*
 * The bytes of a snapshot file: its name, its header, the headers of its blocks, and the trailer
 * that proves that the file is complete. Pure: this converts bytes and never touches a file; any
 * thread. doc/disk-format.md describes the format.
 *
 * Nothing in a snapshot depends on the node that wrote it. Another member, or another cluster that
 * restores a backup, reads the same bytes.
 */
#ifndef RAFTD_STORE_SNAPSHOT_FORMAT_H
#define RAFTD_STORE_SNAPSHOT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/membership.h"

enum {
    SNAPSHOT_FORMAT_VERSION = 1,
    SNAPSHOT_HEADER_BYTES = 80,            /* without the membership, which follows it */
    SNAPSHOT_MEMBERSHIP_MAX = 256 * 1024,  /* bytes of the encoded membership */
    SNAPSHOT_BLOCK_HEADER_BYTES = 40,      /* the trailer has the same size */
    SNAPSHOT_BLOCK_MAX_BYTES = 256 * 1024, /* limit of a block's content, and of its stored bytes */
    SNAPSHOT_NAME_BYTES = 40,
};

/* Writes "snapshot-00000000000000a7.raftd". The number is the index with leading zeros, so the
 * names sort by age. */
void snapshot_name(char name[SNAPSHOT_NAME_BYTES], uint64_t index);
/* The index in the name of a snapshot file; 0 if this is not the name of one. */
uint64_t snapshot_name_index(const char *name);

/* What is in the header of a snapshot. */
struct snapshot_info {
    uint64_t cluster_id;
    uint64_t index;                    /* index of the last entry that the state contains */
    uint64_t term;                     /* of that entry */
    uint64_t time_ms;                  /* cluster time of that entry */
    struct raft_membership membership; /* the committed members at that entry (T30) */
    uint64_t nonce; /* random number: seed of every checksum in the file, and its identity */
};

struct buffer;

/* Appends the header and the membership: everything before the first block. */
void snapshot_header_encode(const struct snapshot_info *info, struct buffer *buffer);

/*
 * Reads from the first SNAPSHOT_HEADER_BYTES bytes how many bytes the header has together with the
 * membership. Returns 0 if these bytes are not the start of a header of this version. *version is
 * the version if the magic is right, else 0.
 */
size_t snapshot_header_size(const uint8_t bytes[SNAPSHOT_HEADER_BYTES], uint32_t *version);
/* Decodes header and membership. size is what snapshot_header_size() returned. False: the bytes are
 * damaged, or no header of this version. */
bool snapshot_header_decode(const uint8_t *bytes, size_t size, struct snapshot_info *info);

enum snapshot_encoding { SNAPSHOT_PLAIN = 0, SNAPSHOT_ZSTD = 1 };

struct snapshot_block {
    enum snapshot_encoding encoding;
    uint32_t stored_bytes; /* after the header, in the file: 1 to SNAPSHOT_BLOCK_MAX_BYTES */
    uint32_t size_bytes;   /* size of the content; equal to stored_bytes if the encoding is plain */
    uint64_t number;       /* 1 for the first block of the file, then 2, 3, ... */
    uint64_t checksum;     /* checksum of the stored bytes */
};

void snapshot_block_encode(const struct snapshot_block *block, uint64_t nonce,
                           uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES]);
bool snapshot_block_decode(const uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES], uint64_t nonce,
                           struct snapshot_block *block);
uint64_t snapshot_block_checksum(uint64_t nonce, uint64_t number, const void *stored, size_t size);

/* The end of the file. A file without a trailer, or with a byte after the trailer, is not a valid
 * snapshot. */
struct snapshot_trailer {
    uint64_t block_count;
    uint64_t size_bytes; /* size of the content of all blocks together */
    uint64_t chain;      /* snapshot_chain() of all blocks in their order; 0 without blocks */
};

void snapshot_trailer_encode(const struct snapshot_trailer *trailer, uint64_t nonce,
                             uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES]);
bool snapshot_trailer_decode(const uint8_t bytes[SNAPSHOT_BLOCK_HEADER_BYTES], uint64_t nonce,
                             struct snapshot_trailer *trailer);
/* The checksum of a sequence of blocks, from the checksum of the sequence without its last block
 * (0 for the first block) and the checksum of the last block. */
uint64_t snapshot_chain(uint64_t chain, uint64_t block_checksum);

#endif
