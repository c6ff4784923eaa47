/*
 * Who may use which part of the reserve; see reserve.h.
 */
#include "store/reserve.h"

enum { BLOCK_BYTES = 4096 };

uint64_t reserve_floor(enum reserve_use use, uint64_t reserve_bytes)
{
    switch (use) {
    case RESERVE_ACCEPTED:
        return reserve_bytes / 4;
    case RESERVE_CLUSTER:
        return reserve_bytes / 16;
    case RESERVE_NEW:
    default:
        return reserve_bytes;
    }
}

uint64_t reserve_held_bytes(uint64_t reserve_bytes)
{
    uint64_t bytes = reserve_floor(RESERVE_ACCEPTED, reserve_bytes) -
                     reserve_floor(RESERVE_CLUSTER, reserve_bytes);

    return bytes / BLOCK_BYTES * BLOCK_BYTES;
}

uint64_t reserve_missing_bytes(uint64_t free_bytes, uint64_t held_bytes, uint64_t reserve_bytes)
{
    uint64_t outside = reserve_floor(RESERVE_CLUSTER, reserve_bytes);
    uint64_t wanted = reserve_held_bytes(reserve_bytes);
    uint64_t missing = wanted > held_bytes ? wanted - held_bytes : 0;
    uint64_t spare = free_bytes > outside ? free_bytes - outside : 0;

    return (missing < spare ? missing : spare) / BLOCK_BYTES * BLOCK_BYTES;
}
