/*
 * A log entry: immutable once made, shared by reference count between the core's log, log
 * writes in flight and whoever else needs the bytes. Pure apart from its atomic counter.
 */
#ifndef RAFTD_RAFT_ENTRY_H
#define RAFTD_RAFT_ENTRY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum raft_entry_type {
    RAFT_ENTRY_NOOP = 1,       /* opens a leader's term; no data */
    RAFT_ENTRY_COMMAND = 2,    /* for the state machine */
    RAFT_ENTRY_MEMBERSHIP = 3, /* an encoded struct raft_membership */
    RAFT_ENTRY_TIME = 4,       /* time has passed, nothing else; no data */
    RAFT_ENTRY_TYPE_MAX = RAFT_ENTRY_TIME,
    /* An encoded struct raft_change: only ever proposed, never in a log. */
    RAFT_ENTRY_MEMBERSHIP_CHANGE = 5,
};

/* No cluster time is beyond this: a sum of two never overflows. */
#define RAFT_TIME_MAX_MS ((uint64_t)1 << 62)

struct raft_entry {
    uint64_t term;     /* set by the leader's core when it appends; immutable afterwards */
    uint64_t index;    /* likewise; the first entry of a log has index 1 */
    uint64_t origin;   /* random id of the proposing process, 0 if nobody waits for it */
    uint64_t sequence; /* the proposer's own number for it, unique within origin */
    uint64_t time_ms;  /* cluster time, set with term and index; never falls along a log */
    uint64_t wall_ms;  /* the leader's wall clock then, milliseconds since 1970 */
    atomic_uint references;
    uint32_t size_bytes;
    uint8_t type;
    uint8_t data[];
};

/* A new entry with one reference; data may be NULL to fill entry->data before it is shared. */
struct raft_entry *raft_entry_make(uint8_t type, const void *data, uint32_t size);

struct raft_entry *raft_entry_hold(struct raft_entry *entry);
void raft_entry_release(struct raft_entry *entry); /* NULL is allowed */

/* What an entry costs in windows and limits: its data plus a fixed overhead. */
size_t raft_entry_cost(const struct raft_entry *entry);

#endif
