/*
 * The checksum of everything that raftd writes to disk: XXH3 with 64 bits and a seed (libxxhash).
 * It detects accidental damage. It does not protect against an attacker, who can compute the
 * checksum of changed bytes. Pure; any thread. The disk formats contain its values, so it never
 * changes.
 */
#ifndef RAFTD_BASE_CHECKSUM_H
#define RAFTD_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Different seeds give unrelated checksums of the same bytes. size may be 0. */
uint64_t checksum(uint64_t seed, const void *data, size_t size);

#endif
