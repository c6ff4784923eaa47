/*
 * Who may use which part of the reserve; see reserve.h.
 */
#include "store/reserve.h"

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
