/*
 * The state machine that a raftd node replicates: a struct of functions that the embedder
 * provides.
 *
 * The same entries have to produce the same state on every node (Ongaro, "Consensus: Bridging
 * Theory and Practice", section 2.1). So these functions must not look at a clock, a random
 * number, a file, or anything else that differs between nodes, and they cannot fail: an entry that
 * makes no sense gets a reply that says so, the same on every node.
 *
 * Threads: the node calls the functions from its Raft core thread, one at a time; the restore
 * functions say otherwise. The functions have to be quick and must not block: nothing is committed
 * while one runs. No lock of the node is held.
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

/* Takes the bytes of a reply. Valid only during the call that received the pointer. */
struct raftd_reply;

/* Appends bytes to the reply. The node copies them. reply may be NULL: then nothing is done. */
void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes);

/* A committed entry of the log. */
struct raftd_entry {
    uint64_t index; /* ascending; missing indexes belong to entries that raftd makes for itself */
    uint64_t term;
    /*
     * The cluster time, milliseconds. The leader that appends an entry stamps it. It never falls
     * along the log, it advances with the monotonic clocks of the leaders, and no later change of
     * a wall clock moves it. Expiry times are to be computed from it.
     */
    uint64_t time_ms;
    uint64_t wall_ms; /* that leader's wall clock then, milliseconds since 1970; 0 = unknown */
    const void *data; /* owned by the node, valid during the call */
    size_t size_bytes;
    /* Where the reply goes; NULL if no client of this node waits for the outcome. A state machine
     * may leave it empty. */
    struct raftd_reply *reply;
};

/* A question about the current state. */
struct raftd_query {
    const void *data; /* owned by the node, valid during the call */
    size_t size_bytes;
    uint64_t index;   /* of the last entry that was applied */
    uint64_t time_ms; /* estimate of the cluster time now; at least the time of that entry */
};

/* Takes the bytes of a snapshot. Valid only during the call that received the pointer. */
struct raftd_snapshot_sink;

/* Appends bytes to the snapshot. The node copies them. */
void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes);

struct raftd_state_machine {
    /* First argument of most functions. Owned by the embedder; it has to live until
     * raftd_node_destroy() has returned. */
    void *context;

    /* Applies entries in the order of the log. Required. */
    void (*apply)(void *context, const struct raftd_entry *entries, size_t count);

    /* Answers a query from the current state and does not change it. NULL: there are no queries. */
    void (*read)(void *context, const struct raftd_query *query, struct raftd_reply *reply);

    /*
     * Time, for a state machine that does something when time has passed. Both functions or none.
     * next_deadline() returns the cluster time, milliseconds, at which the state machine wants to
     * be told the time; UINT64_MAX = never. When that time has come the leader appends an entry
     * with the time to the log, and every node calls tick() when it applies that entry.
     */
    uint64_t (*next_deadline)(void *context);
    void (*tick)(void *context, uint64_t index, uint64_t time_ms);

    /*
     * Snapshots: all eight functions or none. Without them the whole log stays in memory and on
     * disk for ever.
     *
     * Saving does not interrupt the service. snapshot_begin() marks a moment; the snapshot
     * contains the state of that moment, although entries are applied between the calls that
     * follow. snapshot_next() writes about budget_bytes of it and returns true if it has written
     * the last piece. snapshot_end() follows after the last piece, and also if the node gives the
     * snapshot up before.
     */
    void (*snapshot_begin)(void *context);
    bool (*snapshot_next)(void *context, struct raftd_snapshot_sink *sink, size_t budget_bytes);
    void (*snapshot_end)(void *context);
    /*
     * Restoring builds a second state, the staged one, while the first goes on serving.
     * restore_begin() makes it and never returns NULL. restore_write() gets the bytes that
     * snapshot_next() wrote, in the same order, in pieces of any size. restore_finish() says
     * whether they were complete. Then either restore_commit() replaces the serving state with the
     * staged one, or restore_abort() frees the staged one.
     *
     * These run on one thread at a time, but not the core thread, except restore_commit(): it
     * runs on the core thread, or on the thread that builds the node before the core thread
     * starts. So restore_begin(), restore_write() and restore_finish() must not touch the serving
     * state, and restore_abort() may run on any thread.
     *
     * The bytes may be damaged or hostile, and are to be checked here as well. Return 0, or
     * RAFTD_ERROR_CORRUPT and fill *error.
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
