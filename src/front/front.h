/*
 * The sockets of clients in front of a node: what the daemon sees of them. Client workers, each a
 * thread with its own connections, its own epoll set and its own raftd_client, parse requests and
 * write replies in the order of the requests. What a request means, a handler knows: the commands
 * (commands/commands.h).
 *
 *     front_create(&conf, tls, &commands_handler, &front, &error)
 *     raftd_builder_listener(builder, conf.listen.client, front_accept, front, &error)
 *     raftd_builder_build(builder, &node, &error)
 *     front_start(front, node, &error)
 *     raftd_node_run(node, &error)
 *     front_stop(front)
 *     raftd_node_destroy(node)
 *     front_destroy(front)
 */
#ifndef RAFTD_FRONT_FRONT_H
#define RAFTD_FRONT_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>
#include <raftd/node.h>

struct conf;
struct connection;
struct front;
struct kv;
struct resp_request;
struct tls_context;
struct worker;

/* What a handler keeps of the front, of a worker and of a connection; each handler has its own. */
struct commands;
struct workspace;
struct session;

/* What the front calls upward. Functions for a worker or a connection run on the worker's thread,
 * but open_workspace() before that thread starts and close_workspace() after its end. */
struct front_handler {
    /* Of the whole front: opened by front_create(), closed by front_destroy(). */
    struct commands *(*open)(void);
    void (*close)(struct commands *commands);

    /* Of a worker. trim_workspace() gives back memory that is not needed all the time; it is called
     * about once a second while there are clients. */
    struct workspace *(*open_workspace)(void);
    void (*close_workspace)(struct workspace *workspace);
    void (*trim_workspace)(struct workspace *workspace);

    /* Of a connection: open_session() is called last when the connection is made, close_session()
     * when its memory is freed. */
    struct session *(*open_session)(struct connection *connection);
    void (*close_session)(struct session *session);

    /*
     * Carries out one request. True: done; the reply is written, owed or left out. False: the
     * request has to wait; the handler has called connection_wait() and is called once more, with
     * the same request, when the wait is over.
     */
    bool (*dispatch)(struct connection *connection, const struct resp_request *request);
    /* Called when the time worker->look_ms has come; returns when to be called again, on the
     * monotonic clock; 0 = not any more. */
    uint64_t (*look)(struct worker *worker);
};

/*
 * conf is copied; tls is borrowed until front_destroy(), NULL = plain text; handler is borrowed.
 * 0, or RAFTD_ERROR_INVALID with a message.
 */
int front_create(const struct conf *conf, struct tls_context *tls,
                 const struct front_handler *handler, struct front **front,
                 struct raftd_error *error);

/*
 * For raftd_builder_listener(), with the front as argument: takes over an accepted socket and
 * hands it to a worker. One thread (the acceptor) calls it, never at the same time as front_stop().
 * Before front_start() a socket is closed at once.
 */
void front_accept(void *front, int fd);

/* Subscribers hear of what happens in this store. Call it before the store applies anything; the
 * store must not apply anything more once front_stop() is called. */
void front_observe(struct front *front, struct kv *kv);

/* Opens one raftd_client per worker and starts the worker threads. Before raftd_node_run(). */
int front_start(struct front *front, struct raftd_node *node, struct raftd_error *error);

/*
 * Ends the workers: replies that are there are written as far as the sockets take them, then
 * every connection and raftd_client is closed. Does nothing if the front was not started.
 */
void front_stop(struct front *front);

/* After front_stop(); NULL is allowed. */
void front_destroy(struct front *front);

#endif
