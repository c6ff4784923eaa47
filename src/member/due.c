/*
 * The rule that says when a snapshot is due; see due.h. Pure.
 *
 * A snapshot writes the whole state. So it is worth its price only when the log has grown by a part
 * of the state, whichever limit was reached:
 *
 * By bytes: the log has max_bytes, and as many bytes as the state. Then snapshots never write more
 * than the log does.
 *
 * By entries: the log has max_entries, and a quarter of the bytes of the state. Without the second
 * condition a node with 10 million keys that takes 50,000 small writes each second would save its
 * whole state every 20 seconds. It is a quarter and not all of the state, because the time that a
 * start needs for the log grows with the number of entries. So snapshots write at most four times
 * as much as the log.
 *
 * By memory: a start has the log after the snapshot in memory, whatever it takes. So in place of as
 * many bytes as the state, MEMORY_TIMES the bytes that the log may have in memory are enough.
 *
 * All members apply the same entries, so they would all save at the same index, and all disks would
 * be busy at the same moment. Therefore each member has limits of its own, up to an eighth larger,
 * by its id.
 */
#include "member/due.h"

#include "base/plant.h"

enum { ENTRIES_SHARE = 4, SPREAD_SHARE = 8, MEMORY_TIMES = 4 };

/* The limit, larger by between nothing and an eighth. The multiples of this constant, which is 2^16
 * divided by the golden ratio, spread evenly over 16 bits, also for the few small ids of a
 * cluster. */
static uint64_t spread(uint64_t limit, uint16_t id)
{
    uint16_t place = (uint16_t)(id * UINT32_C(40503));
    uint64_t eighth = limit / SPREAD_SHARE;

    if (PLANT(member_saves_together)) {
        return limit;
    }
    /* Divided first: limits have up to 64 bits. */
    return limit + eighth / 65536 * place + eighth % 65536 * place / 65536;
}

/* The bytes of log after which a snapshot is worth its price. */
static uint64_t worth(const struct due *due)
{
    if (due->memory_bytes != 0 && due->content_bytes / MEMORY_TIMES > due->memory_bytes) {
        return MEMORY_TIMES * due->memory_bytes;
    }
    return due->content_bytes;
}

bool due_is_reached(const struct due *due)
{
    uint64_t max_entries, max_bytes, content_bytes;

    if (due->entries < due->max_entries && due->bytes < due->max_bytes) {
        return false; /* asked in each turn, and nearly always the answer; spread() adds only */
    }
    max_entries = spread(due->max_entries, due->id);
    max_bytes = spread(due->max_bytes, due->id);
    content_bytes = spread(due->content_bytes, due->id);
    return (due->entries >= max_entries &&
            (due->bytes >= content_bytes / ENTRIES_SHARE || PLANT(member_saves_by_entries))) ||
           (due->bytes >= max_bytes && due->bytes >= spread(worth(due), due->id));
}
