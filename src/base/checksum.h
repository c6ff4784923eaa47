/*
 * The one checksum of raftd: XXH3 with 64 bits and a seed (libxxhash). It detects damage, it
 * does not authenticate. Pure.
 */
#ifndef RAFTD_BASE_CHECKSUM_H
#define RAFTD_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t checksum(uint64_t seed, const void *data, size_t size);

#endif
