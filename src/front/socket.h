/*
 * The bytes of one client: those that were read from its socket and are not carried out yet, and
 * those that its socket has not taken yet. Owned by one connection; only its worker's thread uses
 * it. Never waits for the socket, never parses a byte, and never decides that a connection ends: it
 * reports what happened to connection.c.
 */
#ifndef RAFTD_FRONT_SOCKET_H
#define RAFTD_FRONT_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <raftd/error.h>

#include "base/bytes.h"

struct stream;

enum { SOCKET_SCRATCH_BYTES = 64 * 1024 };

struct client_socket {
    struct stream *stream; /* owned; NULL = closed */
    bool encrypted;        /* immutable: TLS */

    bool readable; /* the socket may have more bytes */
    bool writable; /* the socket may take more bytes */
    bool hung_up;  /* an event has told the end of the client's bytes; it is still to be read */
    bool ended;    /* the end of the client's bytes was read */

    struct buffer input;  /* bytes that were read and not carried out, from input_offset on */
    size_t input_offset;  /* bytes of `input` that are carried out */
    struct buffer output; /* bytes to be written, from output_offset on */
    size_t output_offset; /* bytes of `output` that are written */
};

/* Bytes that wait to be carried out. Valid until the next call for the same socket. */
struct socket_bytes {
    const uint8_t *data;
    size_t size;
    bool in_scratch; /* whether they are in the worker's scratch, not in `input` */
};

static inline size_t socket_unread(const struct client_socket *socket)
{
    return socket->input.size_bytes - socket->input_offset;
}

static inline size_t socket_unwritten(const struct client_socket *socket)
{
    return socket->output.size_bytes - socket->output_offset;
}

/* Takes over a stream, which may have bytes and may take some. */
void socket_init(struct client_socket *socket, struct stream *stream, bool encrypted);
/* Closes the stream and frees the buffers. May be called again. */
void socket_close(struct client_socket *socket);

/* The bytes that were kept. */
struct socket_bytes socket_kept(struct client_socket *socket);
/*
 * Reads once. Returns how many bytes came: 0 = no bytes now (`readable` is false then), or, if
 * `ended` is true, never again; negative = the code of a broken connection. If bytes came, `bytes`
 * is all that waits to be carried out, and socket_keep() has to be called for it. `scratch` has
 * SOCKET_SCRATCH_BYTES; `needed` is the size that the next request is known to have at least.
 */
ssize_t socket_read(struct client_socket *socket, uint8_t *scratch, size_t needed,
                    struct socket_bytes *bytes, struct raftd_error *error);
/* The first `done` bytes are carried out; the others are kept. */
void socket_keep(struct client_socket *socket, const struct socket_bytes *bytes, size_t done);
/* Gives memory back; keeps only the bytes of an incomplete request. */
void socket_trim(struct client_socket *socket);

/* Writes as much of the output as the socket takes and adds the number of bytes to `written`. 0, or
 * the negative code of a broken connection. */
int socket_write(struct client_socket *socket, uint64_t *written, struct raftd_error *error);

#endif
