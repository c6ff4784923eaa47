/*
 * The inside of a node: struct raftd_node, and the functions that the files of src/node share.
 * Nothing outside src/node includes this. The fields of the struct are grouped by the thread that
 * owns them.
 */
#ifndef RAFTD_NODE_NODE_H
#define RAFTD_NODE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <raftd/client.h>
#include <raftd/node.h>
#include <raftd/state_machine.h>

#include "base/address.h"
#include "conf/conf.h"
#include "member/member.h"
#include "member/recovery.h"
#include "member/reply.h"
#include "net/acceptor.h"
#include "node/let_in.h"
#include "node/log_writer.h"
#include "node/serving.h"
#include "node/watch.h"
#include "peer/link.h"
#include "peer/link_table.h"
#include "peer/reception.h"
#include "raft/raft.h"
#include "snapshot/worker.h"
#include "store/directory.h"
#include "store/reserve_file.h"
#include "store/wal.h"
#include "sys/log.h"
#include "sys/mutex.h"
#include "sys/thread.h"
#include "sys/waker.h"

enum {
    NODE_CLIENTS_MAX = 64,
    NODE_LISTENERS_MAX = 4,
    NODE_WAITING_BYTES = 256,       /* of waiting_for, as in struct raftd_status */
    NODE_SNAPSHOT_RETRY_MS = 10000, /* after a snapshot that failed, because the disk is full */
    /* By how many bytes an entry may exceed limits.max_request_bytes: the encoding of its
     * arguments. */
    NODE_ENTRY_OVERHEAD_BYTES = 64 * 1024,
    /*
     * The largest entry that a node takes from a peer or from its own disk: what the greatest
     * possible limits.max_request_bytes allows. The members may have different limits, but an entry
     * that one of them has accepted from a client must be accepted by all (T50).
     */
    NODE_ENTRY_BYTES_MAX = 512 * 1024 * 1024 + NODE_ENTRY_OVERHEAD_BYTES,
};

/* The orderly end of a node that serves; see draining.c. */
enum draining { DRAINING_NOT = 0, DRAINING_ASKED, DRAINING_DONE };

struct node_listener {
    struct net_address address;
    void (*accepted)(void *argument, int fd);
    void *argument;
};

struct raftd_node {
    /* Does not change once the node is built. */
    struct conf conf;
    struct raftd_state_machine machine;
    uint64_t cluster_id;                   /* 0 = not known yet; see `whole` */
    struct directory_identity identity;    /* of the data directory; fixed once the node is whole */
    struct log_throttle recovery_throttle; /* of lines about the progress of the recovery */
    uint64_t founders_digest; /* of [peers]: member/founding.h; 0 = there is no [peers] */
    char founder_hosts[CONF_PEERS_MAX][ADDRESS_HOST_BYTES]; /* of [peers], in their order */
    uint64_t origin; /* random id of this process: marks the entries that were proposed here */
    struct node_listener listeners[NODE_LISTENERS_MAX];
    size_t listener_count;
    void (*progress)(void *argument, const char *text); /* NULL = none */
    void *progress_argument;
    struct tls_context *tls; /* NULL = plain text, or no links at all */
    struct link_shared link_shared;
    uint64_t max_entry_bytes; /* largest entry that a client of this node proposes */

    /* The run thread: the one that is in raftd_node_run(). */
    struct acceptor *acceptor;
    struct reception *reception; /* NULL = no peers can connect */
    struct let_in let_in;        /* its gate */
    struct thread core_thread;
    bool core_started;

    /* raftd_node_start(). The embedder's thread; code and error belong to the node's thread until
     * it has ended. */
    struct {
        struct thread thread;
        bool started;
        int code;
        struct raftd_error error;
        atomic_bool ended;
        struct waker waker; /* consumer: the embedder's thread */
    } start;

    /* Guarded by core_mutex. Only the core thread writes, so it may read without the mutex. */
    struct mutex core_mutex;
    const struct raft_core *core; /* of the member, for its figures */

    /* The core thread. */
    struct member *member;

    struct link_table links;              /* its header says which thread may do what */
    char waiting_for[NODE_WAITING_BYTES]; /* guarded by links.mutex; see node_set_waiting_for() */

    /* The files of the node; log writer and snapshot worker use it. NULL = no reserve is set. */
    struct reserve_file *reserve;
    struct log_writer *log_writer;
    struct snapshot_worker *snapshots; /* NULL = the state machine has no snapshots */

    struct serving serving; /* whether this node can serve now */
    bool settings_differ;   /* run thread: a warning about it was written (settings.c) */
    uint16_t lost_log_told; /* run thread: the member in the newest warning; 0 = none */
    struct watch watch;     /* tells the embedder about changes */

    /* The question to a member whether this node was removed; see join_ask_whether_removed(). */
    struct {
        struct thread thread; /* asks; the run thread starts and joins it */
        bool started;         /* run thread: the thread has to be joined */
        atomic_bool running;  /* the thread has not finished yet */
        size_t turn;          /* that thread: whom it asks next, by place in the membership */
    } removal;

    /*
     * Atomics. `ready` says that the node is in service. It is set by any thread and read by every
     * thread, with sequential consistency: when raftd_node_set_ready(false) has returned, all later
     * requests are refused.
     */
    atomic_bool ready;
    atomic_bool receives; /* peers can connect: reception is there */
    /* The node knows its cluster and has recovered: core, log_writer, snapshots and cluster_id are
     * there, and stay until raftd_node_destroy(). Until then a node has no core and no log; status
     * calls may come before that. */
    atomic_bool whole;
    atomic_bool snapshot_wanted;  /* set by any thread, cleared by the core thread */
    atomic_bool stopping;         /* raftd_node_stop() was called */
    atomic_bool removed;          /* this node was removed from its cluster */
    atomic_int phase;             /* enum raftd_phase */
    atomic_bool core_stop;        /* set by the run thread: the core thread ends */
    struct waker core_waker;      /* consumer: core thread */
    struct waker lifecycle_waker; /* consumer: run thread */

    atomic_bool is_deciding; /* this founder has decided and is making its log; see founding.c */
    atomic_bool joining;     /* the node takes part in consensus, but serves no clients yet */
    atomic_bool introduced;  /* links.introduced_id is there for the core thread */
    atomic_int draining;     /* enum draining: ASKED by the run thread, DONE by the core thread */
    atomic_bool mends_log;   /* the log is damaged, and a snapshot is to replace it; core thread */

    atomic_bool core_ended; /* set by the run thread: no thread reads the clients' rings any more */

    /* Any thread fills a place by compare-and-swap (client.c). Only the core thread follows the
     * pointers and empties places; when it has ended, the run thread does. */
    _Atomic(struct raftd_client *) clients[NODE_CLIENTS_MAX];
    /* Places from this one on were never filled, so the core thread does not look at them in each
     * turn. Raised by any thread after it has filled a place; never falls. */
    atomic_size_t client_places;

    /* Figures for the status: written by the core thread (started_ms: by the run thread), with
     * relaxed order. */
    _Atomic uint64_t started_ms;    /* 0 = not started */
    _Atomic uint64_t applied_index; /* last entry that the state machine contains */
    _Atomic uint64_t proposals_pending;
    _Atomic uint64_t reads_pending;
};

/* lifetime.c */
/* Whether the node was asked to stop, or was removed from its cluster. Any thread. */
bool node_is_ending(const struct raftd_node *node);
/* Run thread: what the status says that this node waits for before it serves; "" = nothing. A text
 * that is too long is cut and ends with dots. */
void node_set_waiting_for(struct raftd_node *node, const char *text);
/*
 * Run thread: sleeps until the lifecycle waker is woken, at most until deadline_ms and at most for
 * a second; then frees links that were retired. The waker is prepared already when the caller
 * checks its condition, so a change between the check and the sleep ends the sleep.
 */
void node_wait_until(struct raftd_node *node, uint64_t deadline_ms);

/* spare.c */
/* A link to a member, with its address in [peers] as a spare. NULL: no descriptor is left. */
struct link *node_make_link(const struct raftd_node *node, uint16_t id,
                            const struct net_address *address);

/* core_thread.c */
void core_thread_run(void *node);

/* client.c, core thread. */
struct raftd_node *client_node(struct raftd_client *client);
/* Client thread: proposes an entry of this type; errors as raftd_client_propose(). */
int client_submit_typed(struct raftd_client *client, uint8_t type, const void *data, size_t size,
                        uint64_t tag);
/* The same for a change of members, client_changes.c. */
struct raft_change;
int client_submit_change(struct raftd_client *client, const struct raft_change *change,
                         uint64_t tag);
/* The thread that pops a request gets the reference to its entry. */
bool client_pop(struct raftd_client *client, struct member_request *request);
bool client_has_requests(const struct raftd_client *client);
/* Gives the client a completion; takes the bytes of the reply, which may be NULL. The ring always
 * has room: a client never has more requests under way than completions fit into it. */
void client_complete(struct raftd_client *client, uint64_t tag, int status, uint64_t index,
                     struct raftd_reply *reply);
/* Whether there were completions since the last call, so that the client has to be woken. */
bool client_take_wake(struct raftd_client *client);
void client_wake(struct raftd_client *client);
bool client_is_closing(const struct raftd_client *client);
/* No other thread may use the client any more. */
void client_free(struct raftd_client *client);

/* Whether the node has a core and a log; see raftd_node.whole. Any thread. */
static inline bool node_is_whole(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->whole, memory_order_acquire);
}

/* Whether the node takes part in consensus: while it is ready, and while it joins. */
static inline bool node_takes_part(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->ready, memory_order_acquire) ||
           atomic_load_explicit(&node->joining, memory_order_acquire);
}

/* How many places of `clients` the core thread looks at. A client counts before
 * raftd_client_open() gives it to its thread, so before its first request. */
static inline size_t node_client_places(const struct raftd_node *node)
{
    return atomic_load_explicit(&node->client_places, memory_order_acquire);
}

/* draining.c, run thread: waits until leadership is handed over and no outcome is open. */
void draining_wait(struct raftd_node *node);

#endif
