/*
 * The life of a connection: made of a socket, looked after while it is idle, closed once.
 */
#include "front/connection.h"

#include <sys/epoll.h>

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "front/server.h"
#include "front/subscribers.h"
#include "front/worker.h"
#include "net/stream.h"
#include "sys/log.h"

enum {
    HANDSHAKE_TIMEOUT_MS = 10 * 1000,
    IDLE_MS = 1000, /* then memory goes back */
};

struct connection *connection_create(struct worker *worker, int fd, uint32_t place)
{
    struct redis_server *server = worker->server;
    struct connection *connection;
    struct epoll_event event;
    struct stream *stream;
    struct raftd_error error = {0};

    if (stream_accept(fd, server->tls, &stream, &error) != 0) {
        LOG_WARNING("a client's connection was not taken: %s", error.message);
        return NULL;
    }
    connection = memory_allocate_zeroed(1, sizeof(*connection));
    connection->worker = worker;
    connection->place = place;
    connection->stream = stream;
    connection->encrypted = server->tls != NULL;
    connection->state = connection->encrypted ? CONNECTION_HANDSHAKE : CONNECTION_OPEN;
    connection->deadline_ms = connection->encrypted ? worker->now_ms + HANDSHAKE_TIMEOUT_MS : 0;
    connection->readable = true;
    connection->writable = true;
    connection->protocol = RESP2;
    connection_reset_reads(connection);
    resp_parser_init(&connection->parser, &server->limits);
    event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = connection};
    if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, stream_fd(stream), &event) != 0) {
        LOG_WARNING("a client's connection cannot be watched: epoll_ctl failed");
        stream_close(stream);
        memory_free(connection);
        return NULL;
    }
    connection->info.id = atomic_fetch_add(&server->next_client_id, 1) + 1;
    connection->info.fd = stream_fd(stream);
    connection->info.created_ms = worker->now_ms;
    atomic_init(&connection->info.active_ms, worker->now_ms);
    atomic_init(&connection->info.protocol, RESP2);
    atomic_init(&connection->info.queued, -1);
    connection->transaction.shown_count = &connection->info.queued;
    stream_peer_text(stream, connection->info.address, sizeof(connection->info.address));
    registry_add(&server->registry, &connection->info);
    worker_want_tick(worker);
    return connection;
}

_Static_assert((int)CONF_LINEARIZABLE == (int)RAFTD_READ_LINEARIZABLE &&
                   (int)CONF_LEASE == (int)RAFTD_READ_LEASE &&
                   (int)CONF_STALE == (int)RAFTD_READ_STALE,
               "levels of consistency have the same numbers");

void connection_reset_reads(struct connection *connection)
{
    const struct conf *conf = &connection->worker->server->conf;

    connection->read_level = (enum raftd_read_level)conf->redis.consistency;
    connection->max_lag_ms = conf->redis.max_lag_ms;
}

void connection_close(struct connection *connection)
{
    struct redis_server *server = connection->worker->server;

    if (connection->state == CONNECTION_CLOSED) {
        return;
    }
    connection->state = CONNECTION_CLOSED;
    worker_forget(connection->worker, connection);
    subscribers_forget(connection);
    transaction_end(&connection->transaction);
    registry_remove(&server->registry, &connection->info);
    stream_close(connection->stream);
    connection->stream = NULL;
    resp_parser_free(&connection->parser);
    owed_free(&connection->owed);
    buffer_free(&connection->input);
    buffer_free(&connection->output);
    atomic_fetch_sub(&server->client_count, 1);
}

/* Keeps no more than the bytes of a request that is not all here. */
static void input_trim(struct connection *connection)
{
    struct buffer *input = &connection->input;

    if (input->size_bytes == 0) {
        buffer_free(input);
    } else if (input->capacity_bytes > 2 * input->size_bytes) {
        input->data = memory_resize(input->data, input->size_bytes);
        input->capacity_bytes = input->size_bytes;
    }
}

bool connection_tick(struct connection *connection)
{
    struct worker *worker = connection->worker;
    uint64_t idle_timeout_ms = (uint64_t)worker->server->conf.limits.idle_timeout_seconds * 1000;
    uint64_t active_ms = atomic_load_explicit(&connection->info.active_ms, memory_order_relaxed);
    uint64_t idle_ms = worker->now_ms > active_ms ? worker->now_ms - active_ms : 0;

    if (connection->state == CONNECTION_HANDSHAKE || connection->state == CONNECTION_LINGERING) {
        if (worker->now_ms >= connection->deadline_ms) {
            connection_close(connection);
        }
        return true;
    }
    if (connection->state == CONNECTION_CLOSING && connection->deadline_ms != 0) {
        if (worker->now_ms >= connection->deadline_ms) {
            connection_close(connection);
        }
        return true;
    }
    if (idle_timeout_ms > 0 && !connection_is_subscribed(connection) &&
        idle_ms >= idle_timeout_ms && connection->waiting == 0) {
        LOG_DEBUG("client %s closed: idle for %u seconds", connection->info.address,
                  worker->server->conf.limits.idle_timeout_seconds);
        connection_close(connection);
        return false;
    }
    if (idle_ms < IDLE_MS || owed_count(&connection->owed) > 0 ||
        connection->output.size_bytes > 0) {
        return true;
    }
    owed_free(&connection->owed);
    buffer_free(&connection->output);
    resp_parser_trim(&connection->parser);
    input_trim(connection);
    return idle_timeout_ms > 0;
}

void connection_unstarve(struct connection *connection)
{
    if (connection->block == BLOCK_ROOM) {
        connection->block = BLOCK_NONE;
        worker_add_ready(connection->worker, connection);
    }
}

void connection_next_command(struct connection *connection)
{
    connection->reply_skip = connection->reply_skip_next;
    connection->reply_skip_next = false;
}
