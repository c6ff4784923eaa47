/*
 * The way into a connection: the handshake of TLS, bytes from the socket, and the commands that are
 * in them, until one has to wait. The worker's thread; never waits for a socket.
 */
#include "front/connection.h"

#include <string.h>

#include "base/memory.h"
#include "front/server.h"
#include "front/worker.h"
#include "net/stream.h"
#include "sys/log.h"

enum {
    READ_BYTES_MIN = 16 * 1024,     /* for a large request that is not all here yet, */
    READ_BYTES_MAX = 256 * 1024,    /* and never more than this ahead of its bytes */
    READ_BYTES_A_TURN = 256 * 1024, /* then it is the other connections' turn */
    LOG_INTERVAL_MS = 1000,
};

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
