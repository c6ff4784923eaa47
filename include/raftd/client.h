/*
 * A client of a node in the same process: it proposes commands to the state machine and reads
 * from it. A client is a pair of lock-free queues between one thread of the embedder and the
 * node's Raft core thread: requests go one way, completions come back.
 *
 *     raftd_client_propose(client, data, size_bytes, tag);   // as many as fit
 *     raftd_client_submit(client);                           // one wake-up for all of them
 *     raftd_client_wait(client, 1000);                       // or poll raftd_client_fd()
 *     while (raftd_client_next(client, &completion)) {
 *         printf("%d\n", completion.status);
 *     }
 *
 * Threads: one client belongs to one thread; a program opens one client for each of its threads.
 *
 * Where it works: on every node of the cluster, leader or not. A follower forwards each command to
 * the leader, and asks the leader to confirm its reads (ReadIndex; Ongaro, "Consensus: Bridging
 * Theory and Practice", section 6.4). So commands and reads are linearizable on every node, unless
 * a read asks for less. A command that was certainly not appended, because the leader refused it or
 * its term is over, is proposed again, until the option raft.request_timeout_ms has passed.
 *
 * Order: every accepted request gets exactly one completion. The commands of one client are
 * appended to the log in the order in which they were proposed. Completions of commands and of
 * reads may overtake one another.
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
 * Opens a client of this node. Any thread, also before raftd_node_run(). The caller closes the
 * client before it calls raftd_node_destroy(). On error *client is NULL:
 *   RAFTD_ERROR_BUSY    64 clients of this node are open already
 *   RAFTD_ERROR_SYSTEM  the process has no file descriptor left
 */
int raftd_client_open(struct raftd_node *node, struct raftd_client **client);
/*
 * Closes and frees the client; NULL is allowed. Commands that were proposed before are still
 * carried out, but their completions are dropped.
 */
void raftd_client_close(struct raftd_client *client);

/*
 * Proposes a command. The data are copied. tag is any value; the completion carries it. The core
 * thread may see the command only after raftd_client_submit().
 *   RAFTD_ERROR_BUSY       8192 requests of this client have no completion taken yet
 *   RAFTD_ERROR_TOO_LARGE  size_bytes is more than the option limits.max_request_bytes and 64 KiB
 */
int raftd_client_propose(struct raftd_client *client, const void *data, size_t size_bytes,
                         uint64_t tag);

/*
 * The same for a command that makes the state smaller, or keeps it from growing: it deletes, or
 * lets something expire. A leader whose disk is nearly full refuses other commands, but takes these
 * as long as a part of [storage] reserve_bytes is left, so that a full disk can be emptied. The
 * command has to be small.
 */
int raftd_client_propose_freeing(struct raftd_client *client, const void *data, size_t size_bytes,
                                 uint64_t tag);

/* How recent the state has to be that a read sees. Each level promises all that the next one
 * promises. */
enum raftd_read_level {
    /* The read sees every command that was acknowledged, by any node, before the read was asked.
     * This does not depend on any clock: the leader hears from a quorum after the read was
     * asked. */
    RAFTD_READ_LINEARIZABLE = 0,
    /* The same promise, without a message to the other nodes: a quorum has promised the leader not
     * to elect another leader for a while (a lease, section 6.4.1). The promise depends on clocks:
     * the speeds of the monotonic clocks of any two members must not differ by more than one part
     * in ten. While the leader has no lease, the read is done as a linearizable read. */
    RAFTD_READ_LEASE,
    /* The read sees what this node has applied, if that was the newest state at some moment not
     * more than max_lag_ms ago. Otherwise it is done as a linearizable read. */
    RAFTD_READ_STALE,
};
/*
 * Asks the state machine a query. The bytes are copied. max_lag_ms is for RAFTD_READ_STALE:
 * 0 accepts a state of any age. Errors as raftd_client_propose(), and
 *   RAFTD_ERROR_INVALID  the state machine has no read function, or there is no such level
 */
int raftd_client_read(struct raftd_client *client, const void *query, size_t size_bytes,
                      enum raftd_read_level level, uint32_t max_lag_ms, uint64_t tag);

/* One step of a change of the cluster's members, and the fields that the step uses. */
enum raftd_change_kind {
    /* id, address: a new member. It is a learner (it receives the log but does not vote) until it
     * has caught up with the log; then the leader makes it a voter. */
    RAFTD_CHANGE_ADD = 1,
    /* id, address: a new learner. It stays a learner until RAFTD_CHANGE_PROMOTE. */
    RAFTD_CHANGE_ADD_LEARNER,
    /* id: a learner that has caught up becomes a voter. */
    RAFTD_CHANGE_PROMOTE,
    /* id: the member is removed. Its id is never used again. */
    RAFTD_CHANGE_REMOVE,
    /* old_id, id, address: id becomes a learner; when it has caught up, it becomes a voter and
     * old_id is removed. If old_id does not vote, it is removed at once. */
    RAFTD_CHANGE_REPLACE,
    /* id, address: the member has a new address. */
    RAFTD_CHANGE_ADDRESS,
};
enum { RAFTD_CHANGE_STEPS_MAX = 16 };
struct raftd_change_step {
    enum raftd_change_kind kind;
    uint16_t id;         /* 1..65535 */
    uint16_t old_id;     /* 1..65535 for RAFTD_CHANGE_REPLACE, else 0 */
    const char *address; /* peer address "host:port"; NULL where the kind uses none */
};
/*
 * Changes the members. The steps take effect together or not at all (joint consensus, section 4.3).
 * The call copies the steps; any node forwards them to the leader. Returns 0, or
 *   RAFTD_ERROR_BUSY     as raftd_client_propose()
 *   RAFTD_ERROR_INVALID  no step or too many, an unknown kind, id 0, or an invalid address
 *   RAFTD_ERROR_REFUSED  this node has no certificate, so no other node can ever connect to it
 * The completion's data are a sentence. Its status is 0 once the change is committed,
 * RAFTD_ERROR_INVALID if the steps make no sense, RAFTD_ERROR_CONFLICT if they cannot be done now,
 * or another code that struct raftd_completion lists.
 */
int raftd_client_change(struct raftd_client *client, const struct raftd_change_step *steps,
                        size_t count, uint64_t tag);
/*
 * Asks the leader to hand leadership over to the voter with id `to`; 0 = the leader chooses
 * (section 3.10). The status of the completion is 0 if the handover has begun; the leader completes
 * it or gives it up within one election time-out. The status is RAFTD_ERROR_CONFLICT if that voter
 * does not exist, does not answer or is not up to date.
 */
int raftd_client_handover(struct raftd_client *client, uint16_t to, uint64_t tag);
/*
 * Makes this node save a snapshot now, whatever the options say. The completion comes at once;
 * its data are a sentence that says what will be saved. raftd_node_status() tells how far the
 * node is.
 *   RAFTD_ERROR_INVALID  the state machine has no snapshot functions
 *   RAFTD_ERROR_BUSY     as raftd_client_propose()
 */
int raftd_client_snapshot(struct raftd_client *client, uint64_t tag);

/* How many requests can be made now before RAFTD_ERROR_BUSY. */
size_t raftd_client_room(struct raftd_client *client);
/*
 * Hands all requests that were made so far to the core thread, and wakes that thread if it sleeps.
 * One call serves any number of requests, and costs a system call only if the core thread sleeps.
 */
void raftd_client_submit(struct raftd_client *client);

struct raftd_completion {
    uint64_t tag; /* of the request */
    /*
     * RAFTD_OK: the command was applied, or the read was served. Otherwise, for any request:
     *   RAFTD_ERROR_NOT_READY    this node is starting or out of service
     *   RAFTD_ERROR_STOPPED      this node is stopping
     *   RAFTD_ERROR_UNAVAILABLE  no leader could be reached within the time that the option
     *                            raft.request_timeout_ms gives
     *   RAFTD_ERROR_DISK_FULL    a read: this node's disk is nearly full, so it lacks entries that
     *                            the read has to see; a command: the leader's disk is nearly full
     * and for commands and changes:
     *   RAFTD_ERROR_BUSY         the leader took no more within that time, because too many wait
     *                            until a quorum has written them
     *   RAFTD_ERROR_NOT_LEADER   the leader changed, or accepts nothing at this moment; try again
     *   RAFTD_ERROR_TIMEOUT      the outcome is unknown
     * After RAFTD_ERROR_TIMEOUT the command may have been applied, or may be applied later. After
     * every other error it was not applied and never will be.
     */
    int status;
    uint64_t index; /* log index of the command, or of the last entry that the read saw; 0 after an
                       error */
    /* The state machine's reply, or the sentence that explains a refusal. Owned by the client;
     * valid until the next raftd_client_next(), raftd_client_call(), raftd_client_ask() or
     * raftd_client_close(). */
    const void *data;
    size_t size_bytes; /* of data; 0 = no reply */
};

/* Takes the next completion. False if there is none now; *completion is unchanged then. */
bool raftd_client_next(struct raftd_client *client, struct raftd_completion *completion);

/*
 * For a program that waits for several things in one poll():
 *
 *     if (raftd_client_sleep(client)) {
 *         poll(descriptors, count, timeout_ms);
 *         raftd_client_awake(client);
 *     }
 *     while (raftd_client_next(client, &completion)) ...
 *
 * The descriptor of raftd_client_fd() becomes readable (POLLIN) when a completion arrives between
 * raftd_client_sleep() and raftd_client_awake(), and only then: the core thread makes the system
 * call only for a client that has said that it sleeps. The descriptor belongs to the client; do
 * not read, write or close it.
 *
 * raftd_client_sleep() returns false if there are completions already: do not sleep then, and do
 * not call raftd_client_awake(). After true, call raftd_client_awake() before anything else on
 * this client. The descriptor may be readable although no completion is there.
 */
int raftd_client_fd(const struct raftd_client *client);
bool raftd_client_sleep(struct raftd_client *client);
void raftd_client_awake(struct raftd_client *client);

/*
 * Sleeps until there is a completion, or timeout_ms have passed; -1 = no time-out. True if there is
 * a completion.
 */
bool raftd_client_wait(struct raftd_client *client, int timeout_ms);

/*
 * For a program that makes one request at a time: proposes a command, waits without a time-out of
 * its own for the outcome, and returns the status of *completion. No other request of this client
 * may be under way.
 */
int raftd_client_call(struct raftd_client *client, const void *data, size_t size_bytes,
                      struct raftd_completion *completion);
/* The same for a query of the state machine; see raftd_client_read(). */
int raftd_client_ask(struct raftd_client *client, const void *query, size_t size_bytes,
                     enum raftd_read_level level, uint32_t max_lag_ms,
                     struct raftd_completion *completion);

#ifdef __cplusplus
}
#endif

#endif
