/*
 * The inside of a node: what its files share. Nobody outside src/node includes this.
 *
 *     builder.c      options -> recovered log, core, links, listeners
 *     node.c         the six steps of a life, readiness, status
 *     start.c        the same on a thread of its own, for embedders
 *     core_thread.c  the Raft core thread: events in, effects out
 *     intake.c       the half of it that drains the rings
 *     apply.c        committed entries -> the state machine
 *     reads.c        reads: by a confirmed round, by lease, within a bound of age
  *     waiting.c      what clients wait for: table, queues, deadlines
 *     client.c       the client's end of its rings
 *     log_writer.c   the only thread that waits for a disk
 *     join.c         a newcomer asks to be let in; reception_join.c: what it is answered
 *     link.c         one thread per peer
 *     draining.c     a leader that stops hands over first
 *     link_table.c   which links there are
 *     members.c      the membership of the log -> links
 *     reception.c    accepted sockets of peers that have not said who they are
 *     snapshot_*.c   saving, sending, receiving and restoring the state
 */
#ifndef RAFTD_NODE_NODE_H
#define RAFTD_NODE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <raftd/client.h>
#include <raftd/node.h>
#include <raftd/state_machine.h>

#include "conf/conf.h"
#include "net/acceptor.h"
#include "node/link.h"
#include "node/link_table.h"
#include "node/log_writer.h"
#include "node/reads_basis.h"
#include "node/reception.h"
#include "node/reply.h"
#include "node/snapshot_worker.h"
#include "node/waiting.h"
#include "raft/raft.h"
#include "store/wal.h"
#include "sys/mutex.h"
#include "sys/thread.h"
#include "sys/waker.h"

enum {
    NODE_CLIENTS_MAX = 64,
    NODE_LISTENERS_MAX = 4,
    /* Bytes that a request's encoding may add to its arguments. */
    NODE_ENTRY_OVERHEAD_BYTES = 64 * 1024,
    /*
     * The largest entry that a member takes from a peer or its own disk: what the greatest
     * limits.max_request_bytes allows. Members may differ in that limit, but an entry that one
     * of them accepted has to reach all (T50).
     */
    NODE_ENTRY_BYTES_MAX = 512 * 1024 * 1024 + NODE_ENTRY_OVERHEAD_BYTES,
};

enum draining { DRAINING_NOT = 0, DRAINING_ASKED, DRAINING_DONE };

struct node_listener {
    struct net_address address;
    void (*accepted)(void *argument, int fd);
    void *argument;
};

struct raftd_node {
    /* Immutable once built. */
    struct conf conf;
    struct raftd_state_machine machine;
    uint64_t cluster_id;
    uint64_t origin; /* random id of this process life: marks the proposals made here */
    struct node_listener listeners[NODE_LISTENERS_MAX];
    size_t listener_count;
    void (*progress)(void *argument, const char *text);
    void *progress_argument;
    struct tls_context *tls;
    struct link_shared link_shared;
    uint64_t max_entry_bytes; /* of this node's own clients */

    /* The thread of raftd_node_run(). */
    struct acceptor *acceptor;
    struct reception *reception;
    struct thread core_thread;
    bool core_started;

    /* raftd_node_start(): the embedder's thread, code and error its own until it has ended. */
    struct {
        struct thread thread;
        bool started;
        int code;
        struct raftd_error error;
        atomic_bool ended;
        struct waker waker; /* consumer: the embedder's thread */
    } start;

    /* Guarded by core_mutex; changed by the core thread only, which may read without it. */
    struct mutex core_mutex;
    struct raft_core *core;
    uint64_t applied_index;
    uint64_t applied_term; /* of the entry at applied_index */
    uint64_t applied_time_ms;
    uint64_t applied_bytes; /* of all entries that were applied, for what they cost in the log */

    /* The core thread. */
    struct waiting waiting;
    struct reads_freshness freshness;

    struct link_table links; /* says itself who may do what */

    struct log_writer *log_writer;
    uint64_t snapshot_index;           /* restored at the start, 0 = none */
    struct snapshot_worker *snapshots; /* NULL: the state machine saves none */

    /* Atomics. ready: written by anybody, read by every thread; seq_cst so that whoever takes
     * a node out of service knows that what comes later is refused. */
    atomic_bool ready;
    atomic_bool receives; /* there is a reception for peers */
    atomic_bool whole; /* recovered: core, log_writer, snapshots and cluster_id are there to stay */
    atomic_bool snapshot_wanted; /* set by anybody, taken by the core thread */
    atomic_bool stopping;
    atomic_bool removed; /* this node is no member any more: set by core thread and links */
    atomic_int phase;
    atomic_bool core_stop;        /* set by the run thread once everything else is to end */
    struct waker core_waker;      /* consumer: core thread */
    struct waker lifecycle_waker; /* consumer: run thread */

    atomic_bool joining;    /* consensus goes on although clients are not served yet */
    atomic_bool introduced; /* links.introduced_* waits for the core thread */
    atomic_int draining;    /* enum draining: asked by the run thread, done by the core thread */

    atomic_bool core_ended; /* set by the run thread: nobody reads the clients' rings */

    /* Slots of clients: filled by compare-and-swap from any thread (client.c); followed and
     * emptied by the core thread alone, and once it has ended, by the run thread. */
    _Atomic(struct raftd_client *) clients[NODE_CLIENTS_MAX];

    /* Figures for status: written by the core thread (started_ms: the run thread), relaxed. */
    _Atomic uint64_t started_ms; /* 0 = not yet */
    _Atomic uint64_t proposals_pending;
    _Atomic uint64_t reads_pending;
};

/* node.c */
/* Asked to stop, or removed from the cluster. Any thread. */
bool node_is_ending(const struct raftd_node *node);
/*
 * Run thread: waits on the lifecycle waker at most until a point in time, and frees links that
 * were retired. The waker is prepared before the caller looks at whatever it waits for, so what
 * changes between the look and the sleep ends the sleep.
 */
void node_wait_until(struct raftd_node *node, uint64_t deadline_ms);

/* core_thread.c */
void core_thread_run(void *node);

/* apply.c: core thread, core mutex held. True if more could be applied at once. */
bool apply_committed_locked(struct raftd_node *node, uint64_t commit_index);
/* Answers a request with an error and ends it. Core thread. */
void fail_request(struct raftd_node *node, struct waiting_request *request, int status);

/* reads.c: core thread, core mutex held. */
void reads_round_confirmed(struct raftd_node *node, uint64_t index, uint64_t asked_ms);
void reads_answer_locked(struct raftd_node *node, uint64_t commit_index, uint64_t now_ms);

/* client.c, core thread. */
struct client_request {
    bool is_read;
    bool is_snapshot;
    uint8_t level; /* of a read: enum raftd_read_level */
    uint32_t max_lag_ms;
    uint64_t tag;
    struct raft_entry *entry; /* the bytes; one reference, given to whoever pops it */
};
struct raftd_node *client_node(struct raftd_client *client);
/* Client thread: proposes an entry of this type. As raftd_client_propose(). */
int client_submit_typed(struct raftd_client *client, uint8_t type, const void *data, size_t size,
                        uint64_t tag);
bool client_pop(struct raftd_client *client, struct client_request *request);
bool client_has_requests(const struct raftd_client *client);
/* Gives a reply's bytes to the client (reply may be NULL). The client's ring has room: it never
 * has more requests under way than completions fit. */
void client_complete(struct raftd_client *client, uint64_t tag, int status, uint64_t index,
                     struct raftd_reply *reply);
bool client_take_wake(struct raftd_client *client); /* completed something since last asked */
void client_wake(struct raftd_client *client);
bool client_is_closing(const struct raftd_client *client);
void client_free(struct raftd_client *client); /* no thread uses it any more */

/* member_changes.c, core thread. */
/* Answers a refused proposal with its reason and ends it. */
void member_changes_refuse(struct raftd_node *node, struct waiting_request *request,
                           uint8_t reason);
/* A membership was applied: answers whoever asked for it, if it is final. */
void member_changes_apply(struct raftd_node *node, const struct raft_entry *entry);

/* Until it knows its cluster, a node has no core and no log; status calls may come before that. */
static inline bool node_is_whole(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->whole, memory_order_acquire);
}

/* Whether the core takes part in consensus: while the node is ready, and when it joins. */
static inline bool node_takes_part(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->ready, memory_order_acquire) ||
           atomic_load_explicit(&node->joining, memory_order_acquire);
}

/* draining.c, run thread: leadership and open outcomes are settled before the node stops. */
void draining_wait(struct raftd_node *node);

#endif
