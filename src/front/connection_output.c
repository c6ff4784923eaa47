/*
 * The way out of a connection: replies in the order of their commands, messages in between, and
 * what is to be said before it ends. The worker's thread; never waits for a socket.
 */
#include "front/connection.h"

#include <sys/socket.h>

#include <raftd/client.h>

#include "base/assert.h"
#include "front/server.h"
#include "front/subscribers.h"
#include "front/worker.h"
#include "net/stream.h"
#include "sys/log.h"

enum {
    WRITE_EARLY_BYTES = 256 * 1024, /* replies are many: the socket takes some meanwhile */
    REPLY_BYTES_KEPT = 1024 * 1024, /* of the worker's buffer */
    OWED_RESUME = OWED_MAX / 2,
    LINGER_TIMEOUT_MS = 1000,
    DROP_TIMEOUT_MS = 10 * 1000, /* for the last replies and the reason */
    LOG_INTERVAL_MS = 1000,
};

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
        output_left(connection) + connection->owed.held_bytes > conf->limits.output_buffer_bytes) {
        if (log_throttle_pass(&throttle, LOG_INTERVAL_MS)) {
            LOG_WARNING(
                "client %s closed: %zu bytes of replies wait for it to read them, more than "
                "limits.output_buffer_bytes",
                connection->info.address, output_left(connection) + connection->owed.held_bytes);
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
    if (output_left(connection) + connection->owed.held_bytes + size > limit) {
        write_output(connection);
    }
    if (connection->state == CONNECTION_OPEN &&
        output_left(connection) + connection->owed.held_bytes + size > limit) {
        connection_drop(connection, "messages and replies wait for it to read them, more than "
                                    "limits.output_buffer_bytes; those that follow are lost");
        return;
    }
    if (connection->state == CONNECTION_OPEN) {
        buffer_append(&connection->output, data, size);
        worker_add_dirty(connection->worker, connection);
    }
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
    if (output_left(connection) > 0 || owed_count(&connection->owed) > 0) {
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
    if (owed_count(&connection->owed) == 0) {
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

    if (owed_count(&connection->owed) == 0) {
        if (silent) {
            connection->output.size_bytes = connection->reply_start;
        }
        if (connection->output.size_bytes > connection->reply_start) {
            output_grew(connection);
        }
        return;
    }
    if (!silent && reply->size_bytes > 0) {
        struct owed_reply *owed = owed_push(&connection->owed);

        owed->done = true;
        owed_hold(&connection->owed, owed, reply->data, reply->size_bytes);
        output_grew(connection);
    }
    if (reply->capacity_bytes > REPLY_BYTES_KEPT) {
        buffer_free(reply);
    }
}

/* Writes the reply that the node's answer comes to. */
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
    struct buffer *reply = &connection->worker->reply;

    ASSERT(owed != NULL && !owed->done);
    ASSERT(connection->waiting > 0);
    connection->waiting--;
    if (!owed->is_read && completion->status == 0) {
        connection->changed_index = completion->index;
    }
    owed->done = true;
    if (owed_is_first(&connection->owed, owed)) {
        finish(connection, owed, completion, &connection->output);
        owed_pop(&connection->owed);
        owed_release(&connection->owed, &connection->output);
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
        worker_add_ready(connection->worker, connection);
    }
    atomic_store_explicit(&connection->info.waiting, connection->waiting, memory_order_relaxed);
    output_grew(connection);
}
