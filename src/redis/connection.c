/*
 * One connection: from the socket's bytes to commands, from replies to the socket's bytes.
 */
#include "redis/connection.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "net/stream.h"
#include "redis/info.h"
#include "redis/render.h"
#include "redis/server.h"
#include "redis/subscribers.h"
#include "redis/worker.h"
#include "sys/log.h"

enum {
    READ_BYTES_MIN = 16 * 1024,     /* for a large request that is not all here yet, */
    READ_BYTES_MAX = 256 * 1024,    /* and never more than this ahead of its bytes */
    READ_BYTES_A_TURN = 256 * 1024, /* then it is the other connections' turn */
    WRITE_EARLY_BYTES = 256 * 1024, /* replies are many: the socket takes some meanwhile */
    REPLY_BYTES_KEPT = 1024 * 1024, /* of the worker's buffer */
    SLOTS_RESUME = SLOTS_MAX / 2,
    HANDSHAKE_TIMEOUT_MS = 10 * 1000,
    LINGER_TIMEOUT_MS = 1000,
    DROP_TIMEOUT_MS = 10 * 1000, /* for the last replies and the reason */
    IDLE_MS = 1000,              /* then memory goes back */
    LOG_INTERVAL_MS = 1000,
};

/* ---- Life --------------------------------------------------------------------------------- */

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
    transaction_end(connection);
    registry_remove(&server->registry, &connection->info);
    stream_close(connection->stream);
    connection->stream = NULL;
    resp_parser_free(&connection->parser);
    slots_free(&connection->slots);
    buffer_free(&connection->input);
    buffer_free(&connection->output);
    atomic_fetch_sub(&server->client_count, 1);
}

/* Ends its own side, so that the client reads everything up to the end, and then waits for the
 * client to end its side: closing a socket with unread bytes in it would reset the connection
 * and could take the last reply away from the client. */
static void linger(struct connection *connection)
{
    if (connection->encrypted || connection->ended) {
        connection_close(connection);
        return;
    }
    shutdown(stream_fd(connection->stream), SHUT_WR);
    connection->state = CONNECTION_LINGERING;
    connection->deadline_ms = connection->worker->now_ms + LINGER_TIMEOUT_MS;
    connection->readable = true;
    worker_want_tick(connection->worker);
    worker_add_ready(connection->worker, connection);
}

static void handshake(struct connection *connection)
{
    static struct log_throttle throttle;
    struct raftd_error error = {0};
    int code = stream_handshake(connection->stream, &error);

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
    if (idle_ms < IDLE_MS || slots_count(&connection->slots) > 0 ||
        connection->output.size_bytes > 0) {
        return true;
    }
    slots_free(&connection->slots);
    buffer_free(&connection->output);
    resp_parser_trim(&connection->parser);
    input_trim(connection);
    return idle_timeout_ms > 0;
}

/* ---- Output ------------------------------------------------------------------------------- */

static size_t output_left(const struct connection *connection)
{
    return connection->output.size_bytes - connection->output_offset;
}

static void write_output(struct connection *connection)
{
    struct buffer *output = &connection->output;
    struct raftd_error error = {0};

    while (connection->writable && output_left(connection) > 0) {
        ssize_t written = stream_write(connection->stream, output->data + connection->output_offset,
                                       output_left(connection), &error);

        if (written == RAFTD_ERROR_AGAIN) {
            connection->writable = false;
        } else if (written < 0) {
            LOG_DEBUG("client %s closed: %s", connection->info.address, error.message);
            connection_close(connection);
            return;
        } else {
            connection->output_offset += (size_t)written;
            counter_add(&connection->worker->output_bytes, (uint64_t)written);
        }
    }
    if (output_left(connection) == 0) {
        output->size_bytes = 0;
        connection->output_offset = 0;
    } else if (connection->output_offset > output->size_bytes / 2) {
        buffer_consume(output, connection->output_offset);
        connection->output_offset = 0;
    }
}

/* New replies are there. Closes the connection of a client that does not read them. */
static void output_grew(struct connection *connection)
{
    static struct log_throttle throttle;
    const struct conf *conf = &connection->worker->server->conf;

    worker_add_dirty(connection->worker, connection);
    if (output_left(connection) > WRITE_EARLY_BYTES) {
        write_output(connection);
    }
    if (connection->state != CONNECTION_CLOSED &&
        output_left(connection) + connection->slots.held_bytes > conf->limits.output_buffer_bytes) {
        if (log_throttle_pass(&throttle, LOG_INTERVAL_MS)) {
            LOG_WARNING(
                "client %s closed: %zu bytes of replies wait for it to read them, more than "
                "limits.output_buffer_bytes",
                connection->info.address, output_left(connection) + connection->slots.held_bytes);
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
    resp_write_error_format(&connection->output, "ERR connection closed: %s", reason);
    connection->deadline_ms = connection->worker->now_ms + DROP_TIMEOUT_MS;
    connection_end_input(connection);
    worker_want_tick(connection->worker);
}

void connection_push(struct connection *connection, const void *data, size_t size)
{
    uint64_t limit = connection->worker->server->conf.limits.output_buffer_bytes;

    if (connection->state != CONNECTION_OPEN) {
        return;
    }
    if (output_left(connection) + connection->slots.held_bytes + size > limit) {
        write_output(connection);
    }
    if (connection->state == CONNECTION_OPEN &&
        output_left(connection) + connection->slots.held_bytes + size > limit) {
        connection_drop(connection, "messages and replies wait for it to read them, more than "
                                    "limits.output_buffer_bytes; those that follow are lost");
        return;
    }
    if (connection->state == CONNECTION_OPEN) {
        buffer_append(&connection->output, data, size);
        worker_add_dirty(connection->worker, connection);
    }
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
    atomic_store_explicit(&connection->info.output_bytes, output_left(connection),
                          memory_order_relaxed);
    if (output_left(connection) > 0 || slots_count(&connection->slots) > 0) {
        return;
    }
    if (connection->state == CONNECTION_CLOSING) {
        linger(connection);
    } else if (connection->state == CONNECTION_OPEN && connection->ended &&
               connection->block == BLOCK_NONE) {
        connection_close(connection);
    }
}

/* ---- Replies ------------------------------------------------------------------------------ */

struct buffer *connection_begin_reply(struct connection *connection)
{
    if (slots_count(&connection->slots) == 0) {
        connection->reply_start = connection->output.size_bytes;
        return &connection->output;
    }
    connection->worker->reply.size_bytes = 0;
    return &connection->worker->reply;
}

void connection_end_reply(struct connection *connection)
{
    struct buffer *reply = &connection->worker->reply;
    bool silent = connection_is_silent(connection);

    if (slots_count(&connection->slots) == 0) {
        if (silent) {
            connection->output.size_bytes = connection->reply_start;
        }
        if (connection->output.size_bytes > connection->reply_start) {
            output_grew(connection);
        }
        return;
    }
    if (!silent && reply->size_bytes > 0) {
        struct slot *slot = slots_push(&connection->slots);

        slot->done = true;
        slots_hold(&connection->slots, slot, reply->data, reply->size_bytes);
        output_grew(connection);
    }
    if (reply->capacity_bytes > REPLY_BYTES_KEPT) {
        buffer_free(reply);
    }
}

static void render(struct connection *connection, const struct slot *slot,
                   const struct raftd_completion *completion, struct buffer *output)
{
    const struct rendering *rendering = &slot->rendering;
    size_t start = output->size_bytes;

    if (rendering->renderer == RENDER_WATCH) {
        transaction_watched(connection, rendering->attached, rendering->attached_bytes, completion);
    }
    if (rendering->renderer == RENDER_INFO) {
        info_write(connection->worker->server, rendering->detail, completion,
                   (enum resp_protocol)rendering->protocol, output);
    } else if (rendering->renderer == RENDER_EXEC) {
        transaction_render(connection, completion, output);
        transaction_end(connection);
    } else if (rendering->renderer == RENDER_SENTENCE) {
        render_sentence(output, completion->status, completion->data, completion->size_bytes);
    } else if (completion->status != 0) {
        render_status(output, completion->status, slot->is_read);
    } else {
        render_answer(output, rendering, completion->data, completion->size_bytes);
    }
    if (slot->silent) {
        output->size_bytes = start;
    }
}

void connection_complete(struct connection *connection, uint32_t sequence,
                         const struct raftd_completion *completion)
{
    struct slot *slot = slots_find(&connection->slots, sequence);
    struct buffer *reply = &connection->worker->reply;

    ASSERT(slot != NULL && !slot->done);
    ASSERT(connection->waiting > 0);
    connection->waiting--;
    if (!slot->is_read && completion->status == 0) {
        connection->changed_index = completion->index;
    }
    slot->done = true;
    if (slots_is_head(&connection->slots, slot)) {
        render(connection, slot, completion, &connection->output);
        slots_pop(&connection->slots);
        slots_release(&connection->slots, &connection->output);
    } else {
        reply->size_bytes = 0;
        render(connection, slot, completion, reply);
        slots_hold(&connection->slots, slot, reply->data, reply->size_bytes);
        if (reply->capacity_bytes > REPLY_BYTES_KEPT) {
            buffer_free(reply);
        }
    }
    if ((connection->block == BLOCK_KIND && connection->waiting == 0) ||
        (connection->block == BLOCK_SLOTS && slots_count(&connection->slots) <= SLOTS_RESUME)) {
        connection->block = BLOCK_NONE;
        worker_add_ready(connection->worker, connection);
    }
    atomic_store_explicit(&connection->info.waiting, connection->waiting, memory_order_relaxed);
    output_grew(connection);
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

/* ---- Input -------------------------------------------------------------------------------- */

static size_t input_left(const struct connection *connection)
{
    return connection->input.size_bytes - connection->input_offset;
}

void connection_end_input(struct connection *connection)
{
    if (connection->state == CONNECTION_OPEN) {
        connection->state = CONNECTION_CLOSING;
        worker_add_dirty(connection->worker, connection);
    }
}

static void refuse_input(struct connection *connection, const char *text)
{
    struct buffer *reply = connection_begin_reply(connection);

    LOG_DEBUG("client %s closed: %s", connection->info.address, text);
    resp_write_error(reply, text, strlen(text));
    connection_end_reply(connection);
    connection_end_input(connection);
}

/* Carries out the requests at the start of data; returns how many bytes are done with. */
static size_t carry_out(struct connection *connection, const uint8_t *data, size_t size)
{
    struct resp_request request;
    size_t done = 0;

    connection->needed_bytes = 0;
    while (connection->state == CONNECTION_OPEN && connection->block == BLOCK_NONE && done < size) {
        switch (resp_parse(&connection->parser, data + done, size - done, &request)) {
        case RESP_REQUEST:
            if (!dispatch(connection, &request)) {
                return done; /* parsed again when it may start */
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

static void carry_out_input(struct connection *connection)
{
    connection->input_offset += carry_out(
        connection, connection->input.data + connection->input_offset, input_left(connection));
    if (connection->state != CONNECTION_CLOSED && input_left(connection) == 0) {
        connection->input.size_bytes = 0;
        connection->input_offset = 0;
    }
}

/* Reads once at most size bytes; returns how many there were. */
static size_t read_socket(struct connection *connection, uint8_t *place, size_t size)
{
    struct raftd_error error = {0};
    ssize_t got = stream_read(connection->stream, place, size, &error);

    if (got == RAFTD_ERROR_AGAIN) {
        connection->readable = false;
        return 0;
    }
    if (got == RAFTD_ERROR_CLOSED || got == 0) {
        connection->readable = false;
        connection->ended = true;
        worker_add_dirty(connection->worker, connection);
        return 0;
    }
    if (got < 0) {
        LOG_DEBUG("client %s closed: %s", connection->info.address, error.message);
        connection_close(connection);
        return 0;
    }
    /* The socket is edge-triggered: what comes after a short read is announced again. Not so the
     * end of the stream, if it was announced together with these bytes; and a TLS stream gives
     * one record at a time. */
    if ((size_t)got < size && !connection->encrypted && !connection->hung_up) {
        connection->readable = false;
    }
    counter_add(&connection->worker->input_bytes, (uint64_t)got);
    return (size_t)got;
}

/*
 * Most requests are carried out where the worker reads them; only a rest that is incomplete or
 * has to wait is kept with the connection, and goes back in front of the next bytes.
 */
static size_t read_beside(struct connection *connection)
{
    struct buffer *input = &connection->input;
    uint8_t *place = connection->worker->input;
    size_t left = input_left(connection);
    size_t done;
    size_t got;

    got = read_socket(connection, place + left, WORKER_INPUT_BYTES - left);
    if (got == 0) {
        return 0;
    }
    if (left > 0) {
        memcpy(place, input->data + connection->input_offset, left);
    }
    input->size_bytes = 0;
    connection->input_offset = 0;
    done = carry_out(connection, place, left + got);
    if (connection->state == CONNECTION_OPEN) {
        buffer_append(input, place + done, left + got - done);
    }
    return got;
}

/* A large request is gathered in the connection's own buffer, which grows as its bytes arrive. */
static size_t read_large(struct connection *connection)
{
    struct buffer *input = &connection->input;
    size_t left = input_left(connection);
    size_t wanted = READ_BYTES_MIN;
    size_t got;

    buffer_consume(input, connection->input_offset);
    connection->input_offset = 0;
    if (connection->needed_bytes > left + wanted) {
        wanted = connection->needed_bytes - left;
    }
    if (wanted > READ_BYTES_MAX) {
        wanted = READ_BYTES_MAX;
    }
    got = read_socket(connection, buffer_extend(input, wanted), wanted);
    if (got > 0) {
        input->size_bytes = left + got;
        carry_out_input(connection);
    } else if (connection->state == CONNECTION_OPEN) {
        input->size_bytes = left;
    }
    return got;
}

static size_t read_and_carry_out(struct connection *connection)
{
    if (input_left(connection) <= WORKER_INPUT_BYTES / 2 &&
        connection->needed_bytes <= WORKER_INPUT_BYTES) {
        return read_beside(connection);
    }
    return read_large(connection);
}

static void discard_input(struct connection *connection)
{
    while (connection->readable && connection->state == CONNECTION_LINGERING) {
        read_socket(connection, connection->worker->input, WORKER_INPUT_BYTES);
        if (connection->ended) {
            connection_close(connection);
        }
    }
}

void connection_serve(struct connection *connection)
{
    struct worker *worker = connection->worker;
    size_t total = 0;

    if (connection->state == CONNECTION_HANDSHAKE) {
        handshake(connection);
    } else if (connection->state == CONNECTION_LINGERING) {
        discard_input(connection);
    }
    if (connection->state != CONNECTION_OPEN) {
        return;
    }
    if (input_left(connection) > 0) {
        carry_out_input(connection);
    }
    while (connection->state == CONNECTION_OPEN && connection->block == BLOCK_NONE &&
           connection->readable) {
        if (total >= READ_BYTES_A_TURN) {
            worker_add_ready(worker, connection);
            break;
        }
        total += read_and_carry_out(connection);
    }
    if (connection->state == CONNECTION_CLOSED) {
        return;
    }
    if (connection->ended) {
        worker_add_dirty(worker, connection); /* it may have been the last that was waited for */
    }
    if (total > 0) {
        atomic_store_explicit(&connection->info.active_ms, worker->now_ms, memory_order_relaxed);
        worker_want_tick(worker);
    }
    atomic_store_explicit(&connection->info.input_bytes, input_left(connection),
                          memory_order_relaxed);
    atomic_store_explicit(&connection->info.waiting, connection->waiting, memory_order_relaxed);
}
