/*
 * Reads entries back from the log: for a peer that needs older entries than the memory holds, and
 * for a start. Every byte is verified before it is used: the checksums of the batch, the index of
 * each entry, and the order of the terms. Runs on the thread that owns the log, between two
 * appends; waits for the disk.
 */
#ifndef RAFTD_STORE_WAL_READ_H
#define RAFTD_STORE_WAL_READ_H

#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/wal.h"

/* Consecutive entries, one reference to each. The caller frees them with wal_entries_free(). */
struct wal_entries {
    struct raft_entry **list;
    size_t count;
    size_t cost_bytes; /* raft_entry_cost() of all */
};

/*
 * Reads entries from `first` on: at most up to `last`, and no more than raft_entry_cost() in
 * max_bytes allows, but at least one entry. *entries may end earlier; the caller goes on with the
 * next index. It needs memory for max_bytes and one entry, and for one batch as it was written.
 * Returns 0 or:
 *     RAFTD_ERROR_INVALID  the log does not hold the entry at `first`: it was freed, because a
 *                          snapshot contains it, or it was never written
 *     RAFTD_ERROR_CORRUPT  the disk has damaged the entry at `first`, which was durable once, or
 *                          cannot read it; the message names the file and the offset. The entries
 *                          before it can be read
 *     RAFTD_ERROR_SYSTEM   the file cannot be opened or read for another reason
 * The log itself does not fail: it can still be appended to.
 */
int wal_read_entries(struct wal *wal, uint64_t first, uint64_t last, size_t max_bytes,
                     struct wal_entries *entries, struct raftd_error *error);
void wal_entries_free(struct wal_entries *entries);

/*
 * Adds entries that wal_open() has verified but not kept: afterwards *recovered begins after
 * base_index, which must not be before its disk_base_index. Returns 0 or a code of
 * wal_read_entries(); but what the disk cannot read is no damage at a start, as in wal_open():
 * RAFTD_ERROR_SYSTEM.
 */
int wal_recovered_extend(struct wal *wal, struct wal_recovered *recovered, uint64_t base_index,
                         struct raftd_error *error);

#endif
