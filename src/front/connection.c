/*
 * The life of a connection: bytes in, commands to the handler, replies out in the order of the
 * commands (connection.h). The worker's thread. Never waits for a socket, and knows no command.
 */
#include "front/connection.h"

#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

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
    LINGER_TIMEOUT_MS = 1000,
    DROP_TIMEOUT_MS = 10 * 1000,    /* time to read the last replies and the reason */
    IDLE_MS = 1000,                 /* after this time without a command, memory is given back */
    READ_BYTES_A_TURN = 256 * 1024, /* bytes after which the other connections have their turn */
    WRITE_EARLY_BYTES = 256 * 1024, /* output that is written early; the socket takes it while more
                                       is made */
    REPLY_BYTES_KEPT = 1024 * 1024, /* size of the worker's buffer; a larger one is freed */
    OWED_RESUME = OWED_MAX / 2,
    LOG_INTERVAL_MS = 1000,
};

_Static_assert(offsetof(struct connection, agenda) == 0, "connection_of() casts");

static void mark_ready(struct connection *connection)
{
    agenda_add_ready(&connection->worker->agenda, &connection->agenda);
}

static void mark_dirty(struct connection *connection)
{
    agenda_add_dirty(&connection->worker->agenda, &connection->agenda);
}

/* ---- Life --------------------------------------------------------------------------------- */

static void enter_clients(struct connection *connection)
{
    struct front *front = connection->worker->front;
    struct client_info *info = &connection->info;

    info->id = atomic_fetch_add(&front->next_client_id, 1) + 1;
    info->fd = stream_fd(connection->socket.stream);
    info->created_ms = connection->worker->now_ms;
    atomic_init(&info->active_ms, connection->worker->now_ms);
    atomic_init(&info->protocol, RESP2);
    atomic_init(&info->queued, -1);
    stream_peer_text(connection->socket.stream, info->address, sizeof(info->address));
    clients_add(&front->clients, info);
}

struct connection *connection_create(struct worker *worker, int fd, uint32_t place)
{
    struct front *front = worker->front;
    bool encrypted = front->tls != NULL;
    struct connection *connection;
    struct epoll_event event;
    struct stream *stream;
    struct raftd_error error = {0};

    if (stream_accept(fd, front->tls, &stream, &error) != 0) {
        LOG_WARNING("cannot accept a client's connection: %s", error.message);
        return NULL;
    }
    connection = memory_allocate_zeroed(1, sizeof(*connection));
    connection->worker = worker;
    connection->place = place;
    socket_init(&connection->socket, stream, encrypted);
    connection->state = encrypted ? CONNECTION_HANDSHAKE : CONNECTION_OPEN;
    connection->deadline_ms = encrypted ? worker->now_ms + HANDSHAKE_TIMEOUT_MS : 0;
    connection->protocol = RESP2;
    resp_parser_init(&connection->parser, &front->limits);
    event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = connection};
    if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, stream_fd(stream), &event) != 0) {
        LOG_WARNING("cannot watch a client's connection: epoll_ctl failed");
        socket_close(&connection->socket);
        memory_free(connection);
        return NULL;
    }
    enter_clients(connection);
    connection->session = front->handler->open_session(connection);
    worker_want_tick(worker);
    return connection;
}

void connection_close(struct connection *connection)
{
    struct worker *worker = connection->worker;

    if (connection->state == CONNECTION_CLOSED) {
        return;
    }
    connection->state = CONNECTION_CLOSED;
    places_give(&worker->places, connection->place);
    agenda_add_dead(&worker->agenda, &connection->agenda);
    subscribers_forget(connection);
    clients_remove(&worker->front->clients, &connection->info);
    socket_close(&connection->socket);
    resp_parser_free(&connection->parser);
    owed_free(&connection->owed);
    atomic_fetch_sub(&worker->front->client_count, 1);
}

void connection_free(struct connection *connection)
{
    ASSERT(connection->state == CONNECTION_CLOSED);
    connection->worker->front->handler->close_session(connection->session);
    memory_free(connection);
}

bool connection_tick(struct connection *connection)
{
    const struct conf *conf = &connection->worker->front->conf;
    uint64_t now_ms = connection->worker->now_ms;
    uint64_t idle_timeout_ms = (uint64_t)conf->limits.idle_timeout_seconds * 1000;
    uint64_t active_ms = atomic_load_explicit(&connection->info.active_ms, memory_order_relaxed);
    uint64_t idle_ms = now_ms > active_ms ? now_ms - active_ms : 0;

    if (connection->state == CONNECTION_HANDSHAKE || connection->state == CONNECTION_LINGERING ||
        (connection->state == CONNECTION_CLOSING && connection->deadline_ms != 0)) {
        if (now_ms >= connection->deadline_ms) {
            connection_close(connection);
        }
        return true;
    }
    if (idle_timeout_ms > 0 && !connection_is_subscribed(connection) &&
        idle_ms >= idle_timeout_ms && connection->waiting == 0) {
        LOG_DEBUG("client %s closed: idle for %u seconds", connection->info.address,
                  conf->limits.idle_timeout_seconds);
        connection_close(connection);
        return false;
    }
    if (idle_ms < IDLE_MS || owed_count(&connection->owed) > 0 ||
        connection->socket.output.size_bytes > 0) {
        return true;
    }
    owed_free(&connection->owed);
    resp_parser_trim(&connection->parser);
    socket_trim(&connection->socket);
    return idle_timeout_ms > 0;
}

/* ---- Output ------------------------------------------------------------------------------- */

/* Writes as much as the socket takes. 0, or the negative code of a broken connection. */
static int write_some(struct connection *connection, struct raftd_error *error)
{
    uint64_t written = 0;
    int code = socket_write(&connection->socket, &written, error);

    counter_add(&connection->worker->output_bytes, written);
    return code;
}

static void write_output(struct connection *connection)
{
    struct raftd_error error = {0};

    if (write_some(connection, &error) != 0) {
        LOG_DEBUG("client %s closed: %s", connection->info.address, error.message);
        connection_close(connection);
    }
}

/* The bytes that wait for the client to read: limits.output_buffer_bytes bounds them. */
static size_t unread_by_client(const struct connection *connection)
{
    return socket_unwritten(&connection->socket) + connection->owed.held_bytes;
}

/* New replies are there. Closes the connection of a client that does not read them. */
static void output_grew(struct connection *connection)
{
    static struct log_throttle throttle;
    const struct conf *conf = &connection->worker->front->conf;

    mark_dirty(connection);
    if (socket_unwritten(&connection->socket) > WRITE_EARLY_BYTES) {
        write_output(connection);
    }
    if (connection->state != CONNECTION_CLOSED &&
        unread_by_client(connection) > conf->limits.output_buffer_bytes) {
        if (log_throttle_pass(&throttle, LOG_INTERVAL_MS)) {
            LOG_WARNING("client %s closed: %zu bytes of replies wait for it to read them, more "
                        "than limits.output_buffer_bytes",
                        connection->info.address, unread_by_client(connection));
        }
        connection_close(connection);
    }
}

void connection_drop(struct connection *connection, const char *reason)
{
    if (connection->state != CONNECTION_OPEN) {
        return;
    }
    LOG_WARNING("subscriber %s closed: %s", connection->info.address, reason);
    resp_write_error_format(&connection->socket.output, "ERR connection closed: %s", reason);
    connection->deadline_ms = connection->worker->now_ms + DROP_TIMEOUT_MS;
    connection_end_input(connection);
    worker_want_tick(connection->worker);
}

/*
 * Never closes the connection: the caller walks through lists of subscribers, and a connection that
 * is closed leaves all of them. If the socket is broken, writing fails again in connection_flush(),
 * which closes the connection after the delivery.
 */
void connection_push(struct connection *connection, const void *data, size_t size)
{
    uint64_t limit = connection->worker->front->conf.limits.output_buffer_bytes;
    struct raftd_error error = {0};

    if (connection->state != CONNECTION_OPEN) {
        return;
    }
    if (unread_by_client(connection) + size > limit && write_some(connection, &error) != 0) {
        mark_dirty(connection);
    } else if (unread_by_client(connection) + size > limit) {
        connection_drop(connection, "more than limits.output_buffer_bytes of messages and replies "
                                    "wait for the client to read them; later messages are lost");
    } else {
        buffer_append(&connection->socket.output, data, size);
        mark_dirty(connection);
    }
}

/* Shuts our side down, so that the client reads everything up to the end, and waits for the client
 * to close its side. If the socket were closed while it has unread bytes, TCP would reset the
 * connection, and the client could lose the last reply. */
static void linger(struct connection *connection)
{
    if (connection->socket.encrypted || connection->socket.ended) {
        connection_close(connection);
        return;
    }
    shutdown(stream_fd(connection->socket.stream), SHUT_WR);
    connection->state = CONNECTION_LINGERING;
    connection->deadline_ms = connection->worker->now_ms + LINGER_TIMEOUT_MS;
    connection->socket.readable = true;
    worker_want_tick(connection->worker);
    mark_ready(connection);
}

void connection_flush(struct connection *connection)
{
    write_output(connection);
    if (connection->state == CONNECTION_CLOSED) {
        return;
    }
    if (connection->state == CONNECTION_CLOSING) {
        subscribers_forget(connection);
    }
    atomic_store_explicit(&connection->info.output_bytes, socket_unwritten(&connection->socket),
                          memory_order_relaxed);
    if (socket_unwritten(&connection->socket) > 0 || owed_count(&connection->owed) > 0) {
        return;
    }
    if (connection->state == CONNECTION_CLOSING) {
        linger(connection);
    } else if (connection->state == CONNECTION_OPEN && connection->socket.ended &&
               connection->block == BLOCK_NONE) {
        connection_close(connection);
    }
}

/* ---- Replies ------------------------------------------------------------------------------ */

static bool is_silent(const struct connection *connection)
{
    return connection->reply_off || connection->reply_skip;
}

struct buffer *connection_begin_reply(struct connection *connection)
{
    if (owed_count(&connection->owed) == 0) {
        connection->reply_start = connection->socket.output.size_bytes;
        return &connection->socket.output;
    }
    connection->worker->reply.size_bytes = 0;
    return &connection->worker->reply;
}

void connection_end_reply(struct connection *connection)
{
    struct buffer *output = &connection->socket.output;
    struct buffer *reply = &connection->worker->reply;

    if (owed_count(&connection->owed) == 0) {
        if (is_silent(connection)) {
            output->size_bytes = connection->reply_start;
        }
        if (output->size_bytes > connection->reply_start) {
            output_grew(connection);
        }
        return;
    }
    if (!is_silent(connection) && reply->size_bytes > 0) {
        struct owed_reply *owed = owed_push(&connection->owed);

        owed->done = true;
        owed_hold(&connection->owed, owed, reply->data, reply->size_bytes);
        output_grew(connection);
    }
    if (reply->capacity_bytes > REPLY_BYTES_KEPT) {
        buffer_free(reply);
    }
}

uint64_t connection_next_tag(const struct connection *connection)
{
    return places_tag(&connection->worker->places, connection->place, connection->owed.tail);
}

void connection_owe(struct connection *connection, const struct owed_reply *reply)
{
    struct owed_reply *owed = owed_push(&connection->owed);

    ASSERT(connection->waiting == 0 || connection->waiting_reads == reply->is_read);
    *owed = *reply;
    owed->silent = is_silent(connection);
    connection->waiting++;
    connection->waiting_reads = reply->is_read;
    connection->worker->has_asked = true;
}

static void finish(struct connection *connection, const struct owed_reply *owed,
                   const struct raftd_completion *completion, struct buffer *output)
{
    size_t start = output->size_bytes;

    owed->finish(connection, owed, completion, output);
    if (owed->silent) {
        output->size_bytes = start;
    }
}

void connection_complete(struct connection *connection, uint32_t sequence,
                         const struct raftd_completion *completion)
{
    struct owed_reply *owed = owed_find(&connection->owed, sequence);
    struct buffer *output = &connection->socket.output;
    struct buffer *reply = &connection->worker->reply;

    ASSERT(owed != NULL && !owed->done);
    ASSERT(connection->waiting > 0);
    connection->waiting--;
    if (!owed->is_read && completion->status == 0) {
        connection->changed_index = completion->index;
    }
    owed->done = true;
    if (owed_is_first(&connection->owed, owed)) {
        finish(connection, owed, completion, output);
        owed_pop(&connection->owed);
        owed_release(&connection->owed, output);
    } else {
        reply->size_bytes = 0;
        finish(connection, owed, completion, reply);
        owed_hold(&connection->owed, owed, reply->data, reply->size_bytes);
        if (reply->capacity_bytes > REPLY_BYTES_KEPT) {
            buffer_free(reply);
        }
    }
    if ((connection->block == BLOCK_KIND && connection->waiting == 0) ||
        (connection->block == BLOCK_OWED && owed_count(&connection->owed) <= OWED_RESUME)) {
        connection->block = BLOCK_NONE;
        mark_ready(connection);
    }
    atomic_store_explicit(&connection->info.waiting, connection->waiting, memory_order_relaxed);
    output_grew(connection);
}

/* ---- Input -------------------------------------------------------------------------------- */

void connection_wait(struct connection *connection, enum connection_block block)
{
    ASSERT(block != BLOCK_NONE);
    connection->block = block;
    if (block == BLOCK_ROOM) {
        agenda_add_starved(&connection->worker->agenda, &connection->agenda);
    }
}

void connection_unstarve(struct connection *connection)
{
    if (connection->block == BLOCK_ROOM) {
        connection->block = BLOCK_NONE;
        mark_ready(connection);
    }
}

void connection_end_input(struct connection *connection)
{
    if (connection->state == CONNECTION_OPEN) {
        connection->state = CONNECTION_CLOSING;
        mark_dirty(connection);
    }
}

static void handshake(struct connection *connection)
{
    static struct log_throttle throttle;
    struct raftd_error error = {0};
    int code = stream_handshake(connection->socket.stream, &error);

    if (code == 0) {
        connection->state = CONNECTION_OPEN;
        connection->deadline_ms = 0;
    } else if (code != RAFTD_ERROR_AGAIN) {
        if (log_throttle_pass(&throttle, LOG_INTERVAL_MS)) {
            LOG_WARNING("client %s refused: %s", connection->info.address, error.message);
        }
        connection_close(connection);
    }
}

/*
 * Answers input that is not a request, and takes no more input: nothing after it can be understood.
 */
static void refuse_input(struct connection *connection, const char *text)
{
    struct buffer *reply = connection_begin_reply(connection);

    LOG_DEBUG("client %s closed: %s", connection->info.address, text);
    resp_write_error(reply, text, strlen(text));
    connection_end_reply(connection);
    connection_end_input(connection);
}

/* False: the command has to wait; after the wait it is parsed and carried out again. */
static bool carry_out_one(struct connection *connection, const struct resp_request *request)
{
    struct worker *worker = connection->worker;

    if (owed_count(&connection->owed) == OWED_MAX) {
        connection_wait(connection, BLOCK_OWED);
        return false;
    }
    if (!worker->front->handler->dispatch(connection, request)) {
        ASSERT(connection->block != BLOCK_NONE);
        return false;
    }
    counter_add(&worker->command_count, 1);
    connection->reply_skip = connection->reply_skip_next;
    connection->reply_skip_next = false;
    return true;
}

/* Carries out the requests at the start of data; returns how many bytes these are. */
static size_t carry_out(struct connection *connection, const uint8_t *data, size_t size)
{
    struct resp_request request;
    size_t done = 0;

    connection->needed_bytes = 0;
    while (connection->state == CONNECTION_OPEN && connection->block == BLOCK_NONE && done < size) {
        switch (resp_parse(&connection->parser, data + done, size - done, &request)) {
        case RESP_REQUEST:
            if (!carry_out_one(connection, &request)) {
                return done;
            }
            done += request.consumed_bytes;
            break;
        case RESP_EMPTY:
            done += request.consumed_bytes;
            break;
        case RESP_INCOMPLETE:
            connection->needed_bytes = request.needed_bytes;
            return done;
        case RESP_ERROR:
            refuse_input(connection, request.error);
            return size;
        }
    }
    return connection->state == CONNECTION_OPEN ? done : size;
}

static void carry_out_bytes(struct connection *connection, const struct socket_bytes *bytes)
{
    size_t done = carry_out(connection, bytes->data, bytes->size);

    if (connection->state != CONNECTION_CLOSED) {
        socket_keep(&connection->socket, bytes, done);
    }
}

/* Reads once. Returns how many bytes came; `bytes` has the bytes that were kept, then these. */
static size_t read_socket(struct connection *connection, struct socket_bytes *bytes)
{
    struct worker *worker = connection->worker;
    struct raftd_error error = {0};
    ssize_t got =
        socket_read(&connection->socket, worker->input, connection->needed_bytes, bytes, &error);

    if (got < 0) {
        LOG_DEBUG("client %s closed: %s", connection->info.address, error.message);
        connection_close(connection);
        return 0;
    }
    if (connection->socket.ended) {
        mark_dirty(connection);
    }
    counter_add(&worker->input_bytes, (uint64_t)got);
    return (size_t)got;
}

static void discard_input(struct connection *connection)
{
    struct socket_bytes bytes;

    while (connection->state == CONNECTION_LINGERING && connection->socket.readable) {
        if (read_socket(connection, &bytes) > 0) {
            socket_keep(&connection->socket, &bytes, bytes.size);
        } else if (connection->socket.ended) {
            connection_close(connection);
        }
    }
}

static bool can_read(const struct connection *connection)
{
    return connection->state == CONNECTION_OPEN && connection->block == BLOCK_NONE &&
           connection->socket.readable;
}

/* Carries out the input that was kept, then new input. Returns how many bytes came. */
static size_t serve_input(struct connection *connection)
{
    struct socket_bytes bytes;
    size_t total = 0;

    if (socket_unread(&connection->socket) > 0) {
        bytes = socket_kept(&connection->socket);
        carry_out_bytes(connection, &bytes);
    }
    while (can_read(connection)) {
        size_t got;

        if (total >= READ_BYTES_A_TURN) {
            mark_ready(connection);
            break;
        }
        got = read_socket(connection, &bytes);
        if (got > 0) {
            carry_out_bytes(connection, &bytes);
        }
        total += got;
    }
    return total;
}

void connection_serve(struct connection *connection)
{
    size_t total;

    if (connection->state == CONNECTION_HANDSHAKE) {
        handshake(connection);
    } else if (connection->state == CONNECTION_LINGERING) {
        discard_input(connection);
    }
    if (connection->state != CONNECTION_OPEN) {
        return;
    }
    total = serve_input(connection);
    if (connection->state == CONNECTION_CLOSED) {
        return;
    }
    if (connection->socket.ended) {
        mark_dirty(connection); /* this may have been the last command to wait for */
    }
    if (total > 0) {
        atomic_store_explicit(&connection->info.active_ms, connection->worker->now_ms,
                              memory_order_relaxed);
        worker_want_tick(connection->worker);
    }
    atomic_store_explicit(&connection->info.input_bytes, socket_unread(&connection->socket),
                          memory_order_relaxed);
    atomic_store_explicit(&connection->info.waiting, connection->waiting, memory_order_relaxed);
}
