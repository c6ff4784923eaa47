/*
 * The state machine that a raftd node replicates: a struct of functions that the embedder
 * fills in. All of them are called from one thread at a time (the node's Raft core thread, with
 * the core mutex held) and must be quick: nothing commits while they run. They never block,
 * never look at a clock, a random number or anything else that differs between nodes - the same
 * entries must give the same state everywhere - and never fail: an entry that makes no sense is
 * answered with a reply that says so, on every node alike.
 */
#ifndef RAFTD_STATE_MACHINE_H
#define RAFTD_STATE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a reply goes; only valid during the call that got it. */
struct raftd_reply;

/* Appends bytes to the reply. The node copies them. */
void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes);

/* A committed entry. data is the node's and valid during the call. */
struct raftd_entry {
    uint64_t index; /* ascending; gaps are entries of the node's own */
    uint64_t term;
    const void *data;
    size_t size_bytes;
    /* NULL unless somebody on this node waits for the outcome. Writing is never required. */
    struct raftd_reply *reply;
};

struct raftd_state_machine {
    void *context; /* first argument of every function; owned by the embedder */

    /* Applies entries in order. Required. */
    void (*apply)(void *context, const struct raftd_entry *entries, size_t count);

    /* Answers a query from the current state without changing it. Required. */
    void (*read)(void *context, const void *query, size_t size_bytes, struct raftd_reply *reply);

    /*
     * Reserved for snapshots; must be NULL in this version, so that a program that fills them
     * in for a later one fails to build a node here instead of losing its snapshots silently.
     */
    void (*snapshot_save)(void);
    void (*snapshot_restore)(void);
};

#ifdef __cplusplus
}
#endif

#endif
