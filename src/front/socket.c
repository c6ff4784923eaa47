/* Reads and writes the bytes of one client (socket.h). The thread of the connection's worker. */
#include "front/socket.h"

#include <string.h>

#include "base/memory.h"
#include "net/stream.h"

enum {
    READ_BYTES_MIN = 16 * 1024,  /* smallest read of a large, incomplete request */
    READ_BYTES_MAX = 256 * 1024, /* largest read: bounds the memory for bytes that have not come */
};

void socket_init(struct client_socket *socket, struct stream *stream, bool encrypted)
{
    *socket = (struct client_socket){
        .stream = stream,
        .encrypted = encrypted,
        .readable = true,
        .writable = true,
    };
}

void socket_close(struct client_socket *socket)
{
    stream_close(socket->stream);
    socket->stream = NULL;
    buffer_free(&socket->input);
    buffer_free(&socket->output);
    socket->input_offset = 0;
    socket->output_offset = 0;
}

/* ---- Input -------------------------------------------------------------------------------- */

struct socket_bytes socket_kept(struct client_socket *socket)
{
    return (struct socket_bytes){
        .data = socket->input.data + socket->input_offset,
        .size = socket_unread(socket),
    };
}

static ssize_t read_stream(struct client_socket *socket, uint8_t *place, size_t size,
                           struct raftd_error *error)
{
    ssize_t got = stream_read(socket->stream, place, size, error);

    if (got == RAFTD_ERROR_AGAIN) {
        socket->readable = false;
        return 0;
    }
    if (got == RAFTD_ERROR_CLOSED || got == 0) {
        socket->readable = false;
        socket->ended = true;
        return 0;
    }
    /*
     * The socket is watched edge-triggered: after a short read it is empty, and later bytes are
     * announced by a new event. There are two exceptions. The end of the stream is not announced
     * again if it was announced together with these bytes. A TLS stream gives one record at a time,
     * however many it has.
     */
    if (got > 0 && (size_t)got < size && !socket->encrypted && !socket->hung_up) {
        socket->readable = false;
    }
    return got;
}

/*
 * Most requests are carried out where they are read: in the worker's scratch, which all of its
 * connections share. Only the rest, which is incomplete or has to wait, is copied into the
 * connection's own buffer, and goes back in front of the next bytes.
 */
static ssize_t read_beside(struct client_socket *socket, uint8_t *scratch,
                           struct socket_bytes *bytes, struct raftd_error *error)
{
    size_t left = socket_unread(socket);
    ssize_t got = read_stream(socket, scratch + left, SOCKET_SCRATCH_BYTES - left, error);

    if (got <= 0) {
        return got;
    }
    if (left > 0) {
        memcpy(scratch, socket->input.data + socket->input_offset, left);
    }
    socket->input.size_bytes = 0;
    socket->input_offset = 0;
    *bytes = (struct socket_bytes){.data = scratch, .size = left + (size_t)got, .in_scratch = true};
    return got;
}

/* A large request is collected in the connection's own buffer, which grows as its bytes arrive. */
static ssize_t read_large(struct client_socket *socket, size_t needed, struct socket_bytes *bytes,
                          struct raftd_error *error)
{
    struct buffer *input = &socket->input;
    size_t left = socket_unread(socket);
    size_t wanted = READ_BYTES_MIN;
    ssize_t got;

    buffer_consume(input, socket->input_offset);
    socket->input_offset = 0;
    if (needed > left + wanted) {
        wanted = needed - left;
    }
    if (wanted > READ_BYTES_MAX) {
        wanted = READ_BYTES_MAX;
    }
    got = read_stream(socket, buffer_extend(input, wanted), wanted, error);
    input->size_bytes = left + (got > 0 ? (size_t)got : 0);
    *bytes = socket_kept(socket);
    return got;
}

ssize_t socket_read(struct client_socket *socket, uint8_t *scratch, size_t needed,
                    struct socket_bytes *bytes, struct raftd_error *error)
{
    if (socket_unread(socket) <= SOCKET_SCRATCH_BYTES / 2 && needed <= SOCKET_SCRATCH_BYTES) {
        return read_beside(socket, scratch, bytes, error);
    }
    return read_large(socket, needed, bytes, error);
}

void socket_keep(struct client_socket *socket, const struct socket_bytes *bytes, size_t done)
{
    if (bytes->in_scratch) {
        if (done < bytes->size) {
            buffer_append(&socket->input, bytes->data + done, bytes->size - done);
        }
        return;
    }
    socket->input_offset += done;
    if (socket_unread(socket) == 0) {
        socket->input.size_bytes = 0;
        socket->input_offset = 0;
    }
}

void socket_trim(struct client_socket *socket)
{
    struct buffer *input = &socket->input;

    buffer_free(&socket->output);
    socket->output_offset = 0;
    if (input->size_bytes == 0) {
        buffer_free(input);
    } else if (input->capacity_bytes > 2 * input->size_bytes) {
        input->data = memory_resize(input->data, input->size_bytes);
        input->capacity_bytes = input->size_bytes;
    }
}

/* ---- Output ------------------------------------------------------------------------------- */

int socket_write(struct client_socket *socket, uint64_t *written, struct raftd_error *error)
{
    struct buffer *output = &socket->output;

    while (socket->writable && socket_unwritten(socket) > 0) {
        ssize_t count = stream_write(socket->stream, output->data + socket->output_offset,
                                     socket_unwritten(socket), error);

        if (count == RAFTD_ERROR_AGAIN) {
            socket->writable = false;
        } else if (count < 0) {
            return (int)count;
        } else {
            socket->output_offset += (size_t)count;
            *written += (uint64_t)count;
        }
    }
    if (socket_unwritten(socket) == 0) {
        output->size_bytes = 0;
        socket->output_offset = 0;
    } else if (socket->output_offset > output->size_bytes / 2) {
        buffer_consume(output, socket->output_offset);
        socket->output_offset = 0;
    }
    return 0;
}
