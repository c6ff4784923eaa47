/*
 * When a snapshot is due: a pure rule over figures, so that it can be tested without a member. Any
 * thread.
 */
#ifndef RAFTD_MEMBER_DUE_H
#define RAFTD_MEMBER_DUE_H

#include <stdbool.h>
#include <stdint.h>

/* What was applied since the newest snapshot was begun, and the limits. */
struct due {
    uint16_t id;            /* of this node */
    uint64_t entries;       /* applied since */
    uint64_t bytes;         /* size of these entries */
    uint64_t content_bytes; /* size of the newest snapshot's content; 0 = there is none */
    uint64_t max_entries;   /* [snapshot] log_entries */
    uint64_t max_bytes;     /* [snapshot] log_bytes */
    uint64_t memory_bytes;  /* [raft] log_memory_bytes; 0 = no limit */
};

bool due_is_reached(const struct due *due);

#endif
