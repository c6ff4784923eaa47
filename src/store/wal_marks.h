/*
 * Remembers where in the segments the entries of the log are, to read them back: for about every 64
 * KiB of batches one mark, "the entries from this index on begin with the batch at this place".
 * Recovery fills the list while it replays batches, and the writer continues it while it appends.
 * Pure: it touches no file. One thread at a time.
 *
 * The marks ascend, by index and by place. An entry is read from the last mark that is not after
 * its index, and only up to the index of the next mark. So an entry that was withdrawn and written
 * again is never read at its old place: the batch that withdraws entries from index 5 on removes
 * all marks from 5 on, and gets a mark for 5 itself.
 */
#ifndef RAFTD_STORE_WAL_MARKS_H
#define RAFTD_STORE_WAL_MARKS_H

#include <stddef.h>
#include <stdint.h>

struct wal_mark {
    uint64_t index;
    uint64_t number;       /* number of the segment */
    uint64_t offset_bytes; /* offset of the batch in it */
};

/* A list with all fields 0 is empty and valid. */
struct wal_marks {
    struct wal_mark *list;
    size_t count;
    size_t capacity;
    /* The place of the batch that is being replayed or written. */
    uint64_t number;
    uint64_t offset_bytes;
};

void wal_marks_free(struct wal_marks *marks);

/* A batch begins at this place; the last index of the log before it is next_index - 1. The
 * functions after this one are about records of this batch. */
void wal_marks_begin_batch(struct wal_marks *marks, uint64_t number, uint64_t offset_bytes,
                           uint64_t next_index);
/* A record withdraws all entries from this index on. */
void wal_marks_truncate(struct wal_marks *marks, uint64_t from_index);
/* A record withdraws all entries, and the log continues after this index. */
void wal_marks_reset(struct wal_marks *marks, uint64_t base_index);

/* The segments up to this one are freed. */
void wal_marks_drop_segments(struct wal_marks *marks, uint64_t number);

/* Where to read the entry at this index, which has to be in the log; NULL = its segment was freed.
 * *limit is the first index that has to be read from another mark; UINT64_MAX = none. */
const struct wal_mark *wal_marks_find(const struct wal_marks *marks, uint64_t index,
                                      uint64_t *limit);

#endif
