/*
 * The front of a node: the sockets of its clients, as the daemon sees them. Client workers, each a
 * thread with its own connections, its own epoll set and its own raftd_client, parse requests and
 * write replies in the order of the requests. The front does not know what a request means. Its
 * handler does: the commands (commands/commands.h).
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

/*
 * The data of a handler for the front, for a worker and for a connection; the handler defines them.
 */
struct commands;
struct workspace;
struct session;

/* The functions of a handler, which the front calls. Functions for a worker or a connection run on
 * the worker's thread, except open_workspace(), which runs before that thread starts, and
 * close_workspace(), which runs after that thread has ended. */
struct front_handler {
    /* For the whole front: opened by front_create(), closed by front_destroy(). */
    struct commands *(*open)(void);
    void (*close)(struct commands *commands);

    /* For a worker. trim_workspace() gives back memory that is not needed all the time; it is
     * called about once a second while there are clients. */
    struct workspace *(*open_workspace)(void);
    void (*close_workspace)(struct workspace *workspace);
    void (*trim_workspace)(struct workspace *workspace);

    /* For a connection: open_session() is called last when the connection is made, close_session()
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
     * monotonic clock; 0 = never again. */
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

/* Connects the store to the front: subscribers get the messages and the changes of keys of this
 * store. Call this before the store applies anything. The store must not apply anything after
 * front_stop() is called. */
void front_observe(struct front *front, struct kv *kv);

/* Opens one raftd_client per worker and starts the worker threads. Before raftd_node_run(). */
int front_start(struct front *front, struct raftd_node *node, struct raftd_error *error);

/*
 * Ends the workers: finished replies are written as far as the sockets take them, then every
 * connection and raftd_client is closed. Does nothing if the front was not started.
 */
void front_stop(struct front *front);

/* Frees the front. Call it after front_stop(); NULL is allowed. */
void front_destroy(struct front *front);

#endif
