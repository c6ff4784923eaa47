/*
 * The Redis protocol in front of a node: what the daemon sees of it. Client workers, each a
 * thread with its own connections, its own epoll set and its own raftd_client, parse commands,
 * hand those on data to the node in batches and write the replies in command order.
 *
 *     redis_server_create(&conf, tls, &server, &error)
 *     raftd_builder_listener(builder, conf.listen.client, redis_server_accept, server, &error)
 *     raftd_builder_build(builder, &node, &error)
 *     redis_server_start(server, node, &error)
 *     raftd_node_run(node, &error)
 *     redis_server_stop(server)
 *     raftd_node_destroy(node)
 *     redis_server_destroy(server)
 */
#ifndef RAFTD_FRONT_FRONT_H
#define RAFTD_FRONT_FRONT_H

#include <raftd/error.h>
#include <raftd/node.h>

struct conf;
struct kv;
struct redis_server;
struct tls_context;

/*
 * conf is copied; tls is borrowed until redis_server_destroy(), NULL = plain text. 0, or
 * RAFTD_ERROR_SYSTEM with a message.
 */
int redis_server_create(const struct conf *conf, struct tls_context *tls,
                        struct redis_server **server, struct raftd_error *error);

/*
 * For raftd_builder_listener(), with the server as argument: takes over an accepted socket and
 * hands it to a worker. One thread (the acceptor) calls it, never at the same time as
 * redis_server_stop(). Before redis_server_start() a socket is closed at once.
 */
void redis_server_accept(void *server, int fd);

/* Subscribers hear of what happens in this store. Before it applies anything to be heard of; it
 * must not apply anything more once redis_server_stop() is called. */
void redis_server_observe(struct redis_server *server, struct kv *kv);

/* Opens one raftd_client per worker and starts the worker threads. Before raftd_node_run(). */
int redis_server_start(struct redis_server *server, struct raftd_node *node,
                       struct raftd_error *error);

/*
 * Ends the workers: replies that are there are written as far as the sockets take them, then
 * every connection and raftd_client is closed. Does nothing if the server was not started.
 */
void redis_server_stop(struct redis_server *server);

/* After redis_server_stop(); NULL is allowed. */
void redis_server_destroy(struct redis_server *server);

#endif
