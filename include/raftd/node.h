/*
 * A Raft node: one member of a cluster, with a state machine of the embedder
 * (<raftd/state_machine.h>). A builder makes the node from options; then the node runs until it is
 * stopped.
 *
 *     struct raftd_builder *builder = raftd_builder_create();
 *
 *     raftd_builder_set(builder, "node.data_dir", "/var/lib/counter", &error);
 *     raftd_builder_state_machine(builder, &machine);
 *     raftd_builder_build(builder, &node, &error);   // locks and recovers the data
 *     raftd_node_run(node, &error);                  // until raftd_node_stop(); or _start()
 *     raftd_node_destroy(node);
 *     raftd_builder_destroy(builder);
 *
 * Each call that returns an int can fail; doc/examples/counter.c shows how that is handled.
 * Options are named section.key as in raftd.conf(5).
 */
#ifndef RAFTD_NODE_H
#define RAFTD_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>
#include <raftd/state_machine.h>
#include <raftd/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct raftd_builder;
struct raftd_node;

/*
 * Makes a builder in which every option has its default. Never NULL. One thread at a time uses a
 * builder. The caller destroys it, at any time after raftd_builder_build(); NULL is allowed.
 */
struct raftd_builder *raftd_builder_create(void);
void raftd_builder_destroy(struct raftd_builder *builder);

/*
 * Sets one option to a value as it stands in a configuration file, for example
 * "raft.heartbeat_ms" to "50". Both texts are copied.
 *   RAFTD_ERROR_INVALID  there is no such option, or the value is not allowed
 */
int raftd_builder_set(struct raftd_builder *builder, const char *name, const char *value,
                      struct raftd_error *error);
/*
 * Sets the options that a configuration file contains. On error, the message names the first
 * mistake with file and line, and the builder can only be destroyed.
 *   RAFTD_ERROR_INVALID  the file contains a mistake
 *   RAFTD_ERROR_SYSTEM   the file cannot be read
 */
int raftd_builder_load(struct raftd_builder *builder, const char *path, struct raftd_error *error);
/*
 * Sets the state machine; this is required. The functions are copied. The context has to live
 * until raftd_node_destroy() has returned.
 *   RAFTD_ERROR_INVALID  apply is NULL, or only a part of a group of functions is set
 */
int raftd_builder_state_machine(struct raftd_builder *builder,
                                const struct raftd_state_machine *machine);
/*
 * Adds a listening socket for the embedder's own clients; at most 4. The node's acceptor thread
 * serves it from the beginning of raftd_node_run() to its end: for each connection it calls
 * accepted(argument, fd). fd is a non-blocking socket with close-on-exec; accepted() owns it, has
 * to be quick, and must not block.
 *   RAFTD_ERROR_INVALID  the address is not "host:port", or there are 4 listeners
 */
int raftd_builder_listener(struct raftd_builder *builder, const char *address,
                           void (*accepted)(void *argument, int fd), void *argument,
                           struct raftd_error *error);
/*
 * Sets a function that the node calls with a short sentence whenever it enters another phase of
 * its life; NULL = none. It runs on the thread of raftd_node_run(), has to be quick and must not
 * keep the text.
 */
void raftd_builder_on_progress(struct raftd_builder *builder,
                               void (*progress)(void *argument, const char *text), void *argument);

/* What has changed since the last call of the function below, or-ed. */
enum raftd_change {
    RAFTD_CHANGED_ROLE = 1 << 0,    /* status->role, or the term */
    RAFTD_CHANGED_LEADER = 1 << 1,  /* status->leader */
    RAFTD_CHANGED_MEMBERS = 1 << 2, /* members, their kinds or addresses */
    RAFTD_CHANGED_READY = 1 << 3,   /* status->ready */
};
/*
 * Sets a function that the node calls when its role, its leader, the members or its readiness has
 * changed; NULL = none. `changed` is a set of enum raftd_change. The first call comes when the node
 * has a log, and has all of them. *status belongs to the node and is valid during the call.
 *
 * The function runs on a thread of its own ("raft-watch") that does nothing else, one call at a
 * time, between the beginning of raftd_node_run() and its end. It may take its time: consensus and
 * clients never wait for it. Changes that happen meanwhile are told together in the next call, so
 * not every state in between is seen, but the last one always is. raftd_node_run() returns only
 * after the last call, so the function must not wait for that; raftd_node_stop() is allowed.
 */
void raftd_builder_on_change(struct raftd_builder *builder,
                             void (*changed)(void *argument, unsigned changed,
                                             const struct raftd_status *status),
                             void *argument);

/*
 * Makes a node: checks the options, locks the data directory, and recovers snapshot and log. An
 * empty directory gets a random identity. If [peers] names no other node and node.join is not set,
 * it also gets the log of a new cluster with this node alone; where other nodes can reach the node,
 * only with the option node.bootstrap. In the other cases raftd_node_run() makes the log, and asks
 * the other founders, or the members, first.
 *
 * The caller destroys the node. On error *node is NULL, and the message says what to do:
 *   RAFTD_ERROR_INVALID  an option has a wrong value, or there is no state machine
 *   RAFTD_ERROR_LOCKED   another process uses the data directory
 *   RAFTD_ERROR_CORRUPT  the data are damaged, and nothing intact can replace what is lost
 *   RAFTD_ERROR_REFUSED  the data belong to another cluster or node, a restore was interrupted, or
 *                        the directory is empty and it is not clear whether to found or to join
 *   RAFTD_ERROR_REMOVED  the log says that this node was removed from its cluster
 *   RAFTD_ERROR_SYSTEM   a system call failed
 */
int raftd_builder_build(struct raftd_builder *builder, struct raftd_node **node,
                        struct raftd_error *error);

/*
 * Runs the node on the calling thread until it is stopped; call it at most once for a node. The
 * node opens its listeners, connects to its peers, waits until a quorum answers, serves, and stops
 * in order: see enum raftd_phase in <raftd/status.h>. With node.join and an empty directory, it
 * looks for its cluster first, for up to a minute.
 *
 * After raftd_node_stop(), a leader hands leadership over and clients get their outcomes before
 * this function returns. That takes at most one election time-out and about a second, whatever the
 * peers and the disk do; a node whose log is damaged waits up to a minute for the snapshot that
 * replaces the log. Returns 0 after raftd_node_stop(), or
 *   RAFTD_ERROR_REMOVED  this node was removed from its cluster
 *   RAFTD_ERROR_REFUSED  the members refuse to let this node join
 *   RAFTD_ERROR_INVALID  an address cannot be used
 *   RAFTD_ERROR_SYSTEM   a system call failed, for example to listen on an address
 * A node that looks for its cluster may also return the codes of raftd_builder_build(), and the
 * code of its last attempt if no member has answered for a minute.
 *
 * When a write to the log fails, the whole process ends with exit code 5, because it is then
 * unknown what is on the disk.
 */
int raftd_node_run(struct raftd_node *node, struct raftd_error *error);

/* Asks raftd_node_run() to return. Any thread, and signal handlers; may be called repeatedly. */
void raftd_node_stop(struct raftd_node *node);

/*
 * Runs the node on a thread of its own; call it at most once, and not with raftd_node_run().
 * Returns 0 once the node is ready. timeout_ms: -1 = no time-out.
 *   RAFTD_ERROR_TIMEOUT  the node is not ready yet; its thread goes on trying
 * Every other error is one of raftd_node_run(): the thread has ended. If the node was stopped
 * before it was ready, 0 is returned and the thread has ended.
 */
int raftd_node_start(struct raftd_node *node, int timeout_ms, struct raftd_error *error);
/*
 * Waits until the thread of raftd_node_start() has ended and returns what raftd_node_run()
 * returned there. It does not stop the node: call raftd_node_stop() before.
 */
int raftd_node_join(struct raftd_node *node, struct raftd_error *error);

/*
 * Frees the node; NULL is allowed. A node that runs on a thread of its own is stopped first. All
 * clients have to be closed. Must not be called while raftd_node_run() runs.
 */
void raftd_node_destroy(struct raftd_node *node);

/*
 * Sets whether the node serves, that is, takes part in consensus and accepts requests of clients.
 * The node sets this to true itself when a quorum answers, and is ready a moment later, when it
 * knows a leader and has what the leader had committed. false takes the node out of service, for
 * maintenance: requests and reads that wait are answered with RAFTD_ERROR_NOT_READY, a leader
 * steps down unless it is the only voter, and the others elect another one. Commands that were
 * proposed before keep their time-out, because another leader may still apply them. Any thread.
 */
void raftd_node_set_ready(struct raftd_node *node, bool ready);
/*
 * Whether the node can serve now: it is in service, it has applied everything that its leader had
 * committed, and it was in contact with a quorum (as a follower: with the leader) during the last
 * election time-out. False while a quorum is lost, and true again when it is back. Any thread;
 * never waits.
 */
bool raftd_node_is_ready(const struct raftd_node *node);
/*
 * Whether the node takes requests of clients: it is in service, and was ready at some time since
 * its start. This stays true while a quorum is lost; requests then wait for a leader, for at most
 * raft.request_timeout_ms. Any thread; never waits.
 */
bool raftd_node_accepts(const struct raftd_node *node);

/*
 * Makes the node save a snapshot now. Returns an index: the snapshot will be of that index or a
 * later one; raftd_node_status() tells when it is there. Returns 0 if the state machine has no
 * snapshot functions or the node has no log yet. Any thread.
 */
uint64_t raftd_node_snapshot(struct raftd_node *node);
/*
 * Reads up to size_bytes of the file of the snapshot of that index, from offset_bytes on, for a
 * backup. *count is how many bytes were read; less than size_bytes means that the file ends there.
 * *total_bytes is the size of the file. The node keeps the file for at least a minute after each
 * call. Any thread that may wait for the disk.
 *   RAFTD_ERROR_INVALID  there is no snapshot of that index, or it was removed
 *   RAFTD_ERROR_SYSTEM   the file cannot be read
 */
int raftd_node_read_snapshot(struct raftd_node *node, uint64_t index, uint64_t offset_bytes,
                             void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                             struct raftd_error *error);

/*
 * Fills *status. size_bytes is sizeof(struct raftd_status): a library that knows more fields than
 * the program fills only those that the program knows, and what only the program knows becomes 0.
 * Term, role, indexes and members are those of one moment; sizes and connections may be a little
 * newer. Until the node has a log, its role is "follower", and only names, id, identity, phase,
 * uptime and for what it waits are known; the rest is 0.
 * Any thread; never waits for a disk or a socket.
 */
void raftd_node_status(struct raftd_node *node, struct raftd_status *status, size_t size_bytes);

/* The version of the library, for example "0.1.0". Constant. */
const char *raftd_version(void);

#ifdef __cplusplus
}
#endif

#endif
