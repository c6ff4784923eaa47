/*
 * A client of a node inside the same process: a pair of lock-free rings between one thread of
 * the embedder and the node's Raft core thread. One thread uses a client; a program opens one
 * per thread. Works on every node of the cluster, leader or not: a follower forwards commands
 * to the leader (once, never again on its own) and confirms reads with it (ReadIndex,
 * dissertation section 6.4), so both are linearizable everywhere, unless a read asks for less.
 *
 *     raftd_client_propose(client, data, size_bytes, tag);   // as many as fit
 *     raftd_client_submit(client);                           // one wake-up for all of them
 *     raftd_client_wait(client, 1000);                       // or poll raftd_client_fd()
 *     while (raftd_client_next(client, &completion)) {
 *         printf("%d\n", completion.status);
 *     }
 *
 * Every accepted request gets exactly one completion. Completions of commands and of reads may
 * overtake one another; commands of one client are appended in the order they were proposed.
 */
#ifndef RAFTD_CLIENT_H
#define RAFTD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>
#include <raftd/node.h>

#ifdef __cplusplus
extern "C" {
#endif

struct raftd_client;

/*
 * Any thread, also before raftd_node_run(). RAFTD_ERROR_BUSY if 64 are open already. The client
 * has to be closed before raftd_node_destroy().
 */
int raftd_client_open(struct raftd_node *node, struct raftd_client **client);
/* Requests still under way go on without anybody waiting for them. */
void raftd_client_close(struct raftd_client *client);

/*
 * Proposes a command: data is copied. 0, RAFTD_ERROR_BUSY (take completions first),
 * RAFTD_ERROR_TOO_LARGE (more than limits.max_request_bytes and some overhead; never sent).
 */
int raftd_client_propose(struct raftd_client *client, const void *data, size_t size_bytes,
                         uint64_t tag);
/* How much of the truth a read asks for. Each level sees at least what the next one sees. */
enum raftd_read_level {
    /* Everything that was acknowledged before it was asked, whatever clocks do: the leader hears
     * from a quorum after it was asked. */
    RAFTD_READ_LINEARIZABLE = 0,
    /* The same, on the word of a leader that a quorum has promised not to replace for a while:
     * no message to the others. Holds as long as no two members' monotonic clocks drift apart by
     * more than one part in ten. Without such a promise, a linearizable read. */
    RAFTD_READ_LEASE,
    /* What this node has applied, if it was the truth no more than max_lag_ms ago; else a
     * linearizable read. */
    RAFTD_READ_STALE,
};
/*
 * Asks the state machine a query. max_lag_ms: for RAFTD_READ_STALE, 0 = any age will do. Same
 * errors, and RAFTD_ERROR_INVALID where the state machine answers none or there is no such level.
 */
int raftd_client_read(struct raftd_client *client, const void *query, size_t size_bytes,
                      enum raftd_read_level level, uint32_t max_lag_ms, uint64_t tag);
/* A step of a change of the cluster's members. */
enum raftd_change_kind {
    RAFTD_CHANGE_ADD = 1,     /* id, address: a learner, promoted once it has caught up */
    RAFTD_CHANGE_ADD_LEARNER, /* id, address: a learner until somebody promotes it */
    RAFTD_CHANGE_PROMOTE,     /* id: a learner that has caught up becomes a voter */
    RAFTD_CHANGE_REMOVE,      /* id: goes; its id is never used again */
    RAFTD_CHANGE_REPLACE,     /* old_id, id, address: old_id goes once id has caught up */
    RAFTD_CHANGE_ADDRESS,     /* id, address: the member has moved */
};
enum { RAFTD_CHANGE_STEPS_MAX = 16 };
struct raftd_change_step {
    enum raftd_change_kind kind;
    uint16_t id;
    uint16_t old_id;
    const char *address; /* peer address, "host:port"; NULL where the kind has none */
};
/*
 * Changes the members; the steps take effect together or not at all (joint consensus, section
 * 4.3). Any node forwards it to the leader. 0, RAFTD_ERROR_BUSY, RAFTD_ERROR_INVALID: no such
 * step, or no such address; RAFTD_ERROR_REFUSED: this node has no certificate, so no other one can
 * ever join it. The completion's data is a sentence; its status 0 once the
 * change is committed, RAFTD_ERROR_INVALID, or RAFTD_ERROR_CONFLICT: not now.
 */
int raftd_client_change(struct raftd_client *client, const struct raftd_change_step *steps,
                        size_t count, uint64_t tag);
/*
 * Asks the leader to hand over to a voter, 0 = the best. Status 0: it is under way, and over or
 * given up within an election time-out; RAFTD_ERROR_CONFLICT: there is nobody to hand over to.
 */
int raftd_client_handover(struct raftd_client *client, uint16_t to, uint64_t tag);
/*
 * Has this node save a snapshot now, whatever the options say. The completion comes at once, with
 * a sentence that says what will be; raftd_status tells how far it is. RAFTD_ERROR_INVALID where
 * the state machine saves none.
 */
int raftd_client_snapshot(struct raftd_client *client, uint64_t tag);
/* How many requests are sure to be accepted now. */
size_t raftd_client_room(struct raftd_client *client);
/* Makes everything proposed so far visible to the core thread; wakes it if it sleeps. */
void raftd_client_submit(struct raftd_client *client);

struct raftd_completion {
    uint64_t tag;
    /*
     * 0, or: RAFTD_ERROR_NOT_READY, _NOT_LEADER, _UNAVAILABLE, _STOPPED: definitely not
     * applied. RAFTD_ERROR_TIMEOUT: a command whose outcome is unknown.
     */
    int status;
    uint64_t index;   /* log index at which a command was applied, or a read was served */
    const void *data; /* the state machine's reply; valid until the next call on this client */
    size_t size_bytes;
};

bool raftd_client_next(struct raftd_client *client, struct raftd_completion *completion);

/*
 * For an event loop: fd becomes readable when completions arrive while the thread sleeps.
 * Before sleeping call raftd_client_sleep(): false means completions are there already, do not
 * sleep. After waking call raftd_client_awake().
 */
int raftd_client_fd(const struct raftd_client *client);
bool raftd_client_sleep(struct raftd_client *client);
void raftd_client_awake(struct raftd_client *client);

/* Sleeps until completions are there or the time-out passes (-1 = none); true if there are
 * some. */
bool raftd_client_wait(struct raftd_client *client, int timeout_ms);

/*
 * All in one, for a program with one request at a time: proposes, waits for the outcome and
 * returns its status. Nothing else may be under way on this client.
 */
int raftd_client_call(struct raftd_client *client, const void *data, size_t size_bytes,
                      struct raftd_completion *completion);

#ifdef __cplusplus
}
#endif

#endif
