/*
 * The state machine that a raftd node replicates: a struct of functions that the embedder
 * fills in. All of them are called from one thread at a time (the node's Raft core thread, with
 * the core mutex held; the restore functions say otherwise) and must be quick: nothing commits
 * while they run. They never block, never look at a clock, a random number or anything else that
 * differs between nodes - the same entries must give the same state everywhere - and never fail:
 * an entry that makes no sense is answered with a reply that says so, on every node alike.
 */
#ifndef RAFTD_STATE_MACHINE_H
#define RAFTD_STATE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a reply goes; only valid during the call that got it. */
struct raftd_reply;

/* Appends bytes to the reply. The node copies them. NULL, where nobody waits, is allowed. */
void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes);

/* A committed entry. data is the node's and valid during the call. */
struct raftd_entry {
    uint64_t index; /* ascending; gaps are entries of the node's own */
    uint64_t term;
    /*
     * Cluster time in milliseconds, stamped by the leader that appended the entry: never falls
     * along the log, moves with the leaders' monotonic clocks and with nobody's wall clock.
     */
    uint64_t time_ms;
    uint64_t wall_ms; /* that leader's wall clock then, milliseconds since 1970 */
    const void *data;
    size_t size_bytes;
    /* NULL unless somebody on this node waits for the outcome. Writing is never required. */
    struct raftd_reply *reply;
};

/* A question about the current state. data is the node's and valid during the call. */
struct raftd_query {
    const void *data;
    size_t size_bytes;
    uint64_t index;   /* of the newest applied entry */
    uint64_t time_ms; /* this node's estimate of cluster time, at least that of the last entry */
};

/* Takes the bytes of a snapshot; only valid during the call that got it. */
struct raftd_snapshot_sink;

/* Appends bytes to the snapshot. They are copied. */
void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes);

struct raftd_state_machine {
    void *context; /* first argument of most functions; owned by the embedder */

    /* Applies entries in order. Required. */
    void (*apply)(void *context, const struct raftd_entry *entries, size_t count);

    /* Answers a query from the current state without changing it. NULL: there are no queries. */
    void (*read)(void *context, const struct raftd_query *query, struct raftd_reply *reply);

    /*
     * Time, for a state machine that does something when some has passed; both or neither.
     * next_deadline: the cluster time at which it next wants to be told, UINT64_MAX = not at all.
     * The leader then puts the time into the log, and tick() runs on every node at that index.
     */
    uint64_t (*next_deadline)(void *context);
    void (*tick)(void *context, uint64_t index, uint64_t time_ms);

    /*
     * Snapshots; all eight or none. Without them the log is kept whole, in memory and on disk.
     *
     * Saving does not stop the service: after begin() the state of that moment is written, slice
     * by slice, while entries are applied in between. next() writes about budget_bytes and
     * returns true with the last slice; end() follows, also where the snapshot was given up.
     */
    void (*snapshot_begin)(void *context);
    bool (*snapshot_next)(void *context, struct raftd_snapshot_sink *sink, size_t budget_bytes);
    void (*snapshot_end)(void *context);
    /*
     * Restoring builds a second, staged state beside the one that serves, on any one thread and
     * without the core mutex: begin() makes it (never NULL), write() gets the bytes that next()
     * wrote, in pieces of any size, finish() says whether they were all. The bytes are checked
     * here, too: 0 or RAFTD_ERROR_CORRUPT with a sentence. Then either commit() on the core thread
     * puts the staged state in place of the one that serves, or abort() drops it.
     */
    void *(*restore_begin)(void *context);
    int (*restore_write)(void *staged, const void *data, size_t size_bytes,
                         struct raftd_error *error);
    int (*restore_finish)(void *staged, struct raftd_error *error);
    void (*restore_commit)(void *context, void *staged);
    void (*restore_abort)(void *staged);
};

#ifdef __cplusplus
}
#endif

#endif
