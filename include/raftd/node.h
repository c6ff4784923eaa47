/*
 * A Raft node: one member of a cluster, hosting a state machine. Made by a builder, then run.
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

/* Never NULL. One thread. */
struct raftd_builder *raftd_builder_create(void);
void raftd_builder_destroy(struct raftd_builder *builder);

/* One option, as in the configuration file: "raft.heartbeat_ms", "50". Copied. */
int raftd_builder_set(struct raftd_builder *builder, const char *name, const char *value,
                      struct raftd_error *error);
/* A whole configuration file. The first mistake is in the error, with file and line. */
int raftd_builder_load(struct raftd_builder *builder, const char *path, struct raftd_error *error);
/* The functions are copied, the context is borrowed until raftd_node_destroy(). Required. */
int raftd_builder_state_machine(struct raftd_builder *builder,
                                const struct raftd_state_machine *machine);
/*
 * Another listening socket, served by the node's acceptor thread from the start of
 * raftd_node_run() until it stops: accepted(argument, fd) gets a non-blocking, close-on-exec
 * socket that it then owns. Called on the acceptor thread; has to be quick.
 */
int raftd_builder_listener(struct raftd_builder *builder, const char *address,
                           void (*accepted)(void *argument, int fd), void *argument,
                           struct raftd_error *error);
/* Where the node tells what it is doing, a short sentence per change; may be NULL. Called on
 * the thread of raftd_node_run(). */
void raftd_builder_on_progress(struct raftd_builder *builder,
                               void (*progress)(void *argument, const char *text), void *argument);

/*
 * Checks the options, locks the data directory and recovers the log. The builder stays the
 * caller's. RAFTD_ERROR_INVALID, _LOCKED, _CORRUPT, _REFUSED, _SYSTEM: the message says what to
 * do; nothing was changed on disk. RAFTD_ERROR_REMOVED: the node is no member of its cluster any
 * more. With node.join and an empty directory there is nothing to recover: raftd_node_run() asks
 * members for the cluster, locks the directory and makes a log.
 */
int raftd_builder_build(struct raftd_builder *builder, struct raftd_node **node,
                        struct raftd_error *error);

/*
 * The life of the node: connect, health check, ready, warm up, join, event loop. A node with
 * node.join and an empty directory looks for its cluster before all that, for up to a minute, then
 * RAFTD_ERROR_UNAVAILABLE. Returns 0 after raftd_node_stop(), or an error; RAFTD_ERROR_REMOVED: it
 * is no member any more. A leader that is asked to stop hands over first: it takes no longer than
 * an election time-out and a second, whatever the node was doing.
 */
int raftd_node_run(struct raftd_node *node, struct raftd_error *error);

/* Asks raftd_node_run() to return. Any thread, and async-signal-safe. May be called again. */
void raftd_node_stop(struct raftd_node *node);

/*
 * raftd_node_run() on a thread of the library's; returns 0 once the node is ready. After
 * timeout_ms (-1 = never) RAFTD_ERROR_TIMEOUT: it goes on trying. Any other error: it has ended.
 * raftd_node_join() waits for its end, after raftd_node_stop(), and returns what run() did.
 */
int raftd_node_start(struct raftd_node *node, int timeout_ms, struct raftd_error *error);
int raftd_node_join(struct raftd_node *node, struct raftd_error *error);

/*
 * After raftd_node_run() returned, or instead of it; a node that was started is stopped first.
 * All clients are closed by then.
 */
void raftd_node_destroy(struct raftd_node *node);

/*
 * Readiness: whether consensus and client requests are served. Set by raftd_node_run() once a
 * quorum answers; taking it back puts the node out of service for maintenance. Any thread.
 */
void raftd_node_set_ready(struct raftd_node *node, bool ready);
bool raftd_node_is_ready(const struct raftd_node *node);

/*
 * Has this node save a snapshot: of the returned index or a later one. 0: its state machine saves
 * none. raftd_status tells how far it is. Any thread.
 */
uint64_t raftd_node_snapshot(struct raftd_node *node);
/*
 * Reads a piece of the snapshot file of that index, as it lies on the disk; *count is less than
 * size_bytes at its end. The file is not cleaned up while somebody reads on, a minute at least.
 * RAFTD_ERROR_INVALID: there is none of that index (any more). Any thread, but not one that must
 * not wait for a disk.
 */
int raftd_node_read_snapshot(struct raftd_node *node, uint64_t index, uint64_t offset_bytes,
                             void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                             struct raftd_error *error);

/* A consistent copy. Any thread; holds the core mutex for a moment, never a disk or socket. */
void raftd_node_status(struct raftd_node *node, struct raftd_status *status);

/* "0.1.0" */
const char *raftd_version(void);

#ifdef __cplusplus
}
#endif

#endif
