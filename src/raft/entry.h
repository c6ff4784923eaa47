/*
 * A log entry. It does not change once its leader has appended it. The core's log, log writes and
 * messages share it by reference count; any thread may hold and release a reference. Pure, but for
 * the atomic counter.
 */
#ifndef RAFTD_RAFT_ENTRY_H
#define RAFTD_RAFT_ENTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum raft_entry_type {
    RAFT_ENTRY_NOOP = 1,       /* first entry of a leader's term; no data */
    RAFT_ENTRY_COMMAND = 2,    /* for the state machine */
    RAFT_ENTRY_MEMBERSHIP = 3, /* an encoded struct raft_membership */
    RAFT_ENTRY_TIME = 4,       /* tells the state machine the time; no data */
    /* An encoded struct raft_change. It is proposed, but never becomes an entry of a log. */
    RAFT_ENTRY_MEMBERSHIP_CHANGE = 5,
    /* A command for the state machine that makes memory or disk space free, by what the host says.
     * Such a command is taken while commands are refused because disks are nearly full. */
    RAFT_ENTRY_FREEING = 6,
    RAFT_ENTRY_TYPE_MAX = RAFT_ENTRY_FREEING,
};

/* No cluster time is later than this, so the sum of two never overflows. */
#define RAFT_TIME_MAX_MS ((uint64_t)1 << 62)
/* A greater index or term was never given to an entry; it would take longer than the universe. */
#define RAFT_INDEX_MAX ((uint64_t)1 << 62)
#define RAFT_TERM_MAX ((uint64_t)1 << 62)

struct raft_entry {
    uint64_t term;     /* set by the core of the leader that appends the entry, as is index */
    uint64_t index;    /* the first entry of a log has index 1; 0 = not appended yet */
    uint64_t origin;   /* random id of the process that proposed it; 0 = no client waits for it */
    uint64_t sequence; /* number that this process gave it, unique within origin */
    uint64_t time_ms;  /* cluster time when the leader appended it; never falls along a log */
    uint64_t wall_ms;  /* that leader's wall clock then, milliseconds since 1970; 0 = unknown */
    atomic_uint references;
    uint32_t size_bytes; /* of data */
    uint8_t type;
    /* There is no data here, only what stands before data[]: the log in memory has given up the
     * data, which is on the disk (raftlog_shed()). */
    bool is_stub;
    uint8_t data[];
};

/* Makes an entry with one reference. data may be NULL: then the caller fills entry->data before it
 * shares the entry. */
struct raft_entry *raft_entry_make(uint8_t type, const void *data, uint32_t size);

/* Makes the same entry without its data, with one reference. */
struct raft_entry *raft_entry_make_stub(const struct raft_entry *entry);

struct raft_entry *raft_entry_hold(struct raft_entry *entry);
void raft_entry_release(struct raft_entry *entry); /* NULL is allowed */

/* Whether an entry of this type is a command for the state machine. */
static inline bool raft_entry_is_command(const struct raft_entry *entry)
{
    return entry->type == RAFT_ENTRY_COMMAND || entry->type == RAFT_ENTRY_FREEING;
}

/* Whether a log can hold entries of this type. */
bool raft_entry_type_is_logged(uint8_t type);

/* The bytes that windows and limits count for an entry: its data and a fixed overhead. */
static inline size_t raft_entry_cost(const struct raft_entry *entry)
{
    return sizeof(*entry) + entry->size_bytes;
}

#endif
