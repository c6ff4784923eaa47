/*
 * How far back the log is kept for peers that catch up: a pure rule over the snapshots that were
 * saved, so that it can be tested without a member. Any thread.
 */
#ifndef RAFTD_MEMBER_KEPT_H
#define RAFTD_MEMBER_KEPT_H

#include <stddef.h>
#include <stdint.h>

enum { KEPT_POINTS_MAX = 32 };

/* Snapshots, oldest first, with what had been applied when each was begun. */
struct kept {
    size_t count;
    struct {
        uint64_t index;
        uint64_t applied_bytes;
    } points[KEPT_POINTS_MAX];
};

/* A snapshot of this index, with content of this size, is durable. Indexes and bytes ascend. */
void kept_note(struct kept *kept, uint64_t index, uint64_t applied_bytes, uint64_t content_bytes);
/* The oldest snapshot of which the log after it is worth keeping; UINT64_MAX = there is none.
 * applied_bytes: until now; content_bytes: size of the newest snapshot's content. */
uint64_t kept_floor(const struct kept *kept, uint64_t applied_bytes, uint64_t content_bytes);

#endif
