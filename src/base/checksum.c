/*
 * The call of libxxhash. Pure; any thread.
 */
#include "base/checksum.h"

#include <xxhash.h>

uint64_t checksum(uint64_t seed, const void *data, size_t size)
{
    return XXH3_64bits_withSeed(data, size, seed);
}
