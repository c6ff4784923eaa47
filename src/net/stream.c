/*
 * Non-blocking streams, plain or TLS. One thread owns a stream. Sockets are written with
 * MSG_NOSIGNAL; OpenSSL writes without it, but every thread of ours blocks all signals.
 */
#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/tls_openssl.h"

struct stream {
    int fd;
    short wants;
    bool connecting;
    bool server;
    bool broken; /* TLS failed: no close-notify any more */
    bool shaken; /* the handshake is done */
    SSL *ssl;    /* NULL = plain, or TLS not begun */
    struct tls_context *tls;
    struct addrinfo *addresses; /* dialling: all that the name means */
    struct addrinfo *next_address;
    struct net_address target; /* dialling: for messages */
};

static int would_block(struct stream *stream, short wants)
{
    stream->wants = wants;
    return RAFTD_ERROR_AGAIN;
}

/* Small frames leave at once; a dead peer is noticed even when nothing is sent. */
static void set_socket_options(int fd)
{
    const int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* Begins a connect to the next address that accepts the attempt. */
static int connect_next(struct stream *stream, struct raftd_error *error)
{
    int saved = ECONNREFUSED;

    while (stream->next_address != NULL) {
        const struct addrinfo *address = stream->next_address;

        stream->next_address = address->ai_next;
        if (stream->fd >= 0) {
            close(stream->fd);
        }
        stream->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (stream->fd < 0) {
            saved = errno;
            continue;
        }
        set_socket_options(stream->fd);
        if (connect(stream->fd, address->ai_addr, address->ai_addrlen) == 0 ||
            errno == EINPROGRESS) {
            stream->connecting = true;
            stream->wants = POLLOUT;
            return 0;
        }
        saved = errno;
    }
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot connect to %s port %u: %s",
                     stream->target.host, stream->target.port, strerror(saved));
}

int stream_dial(const struct net_address *address, struct tls_context *tls, struct stream **stream,
                struct raftd_error *error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct stream *made = memory_allocate_zeroed(1, sizeof(*made));
    char port[8];
    int code;

    *stream = NULL;
    made->fd = -1;
    made->tls = tls;
    made->target = *address;
    snprintf(port, sizeof(port), "%u", address->port);
    code = getaddrinfo(address->host, port, &hints, &made->addresses);
    if (code != 0) {
        made->addresses = NULL;
        code = error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: %s", address->host,
                         gai_strerror(code));
    } else {
        made->next_address = made->addresses;
        code = connect_next(made, error);
    }
    if (code != 0) {
        stream_close(made);
        return code;
    }
    *stream = made;
    return 0;
}

int stream_accept(int fd, struct tls_context *tls, struct stream **stream,
                  struct raftd_error *error)
{
    struct stream *made = memory_allocate_zeroed(1, sizeof(*made));

    *stream = NULL;
    made->fd = fd;
    made->tls = tls;
    made->server = true;
    made->wants = POLLIN;
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
        stream_close(made);
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot make a socket non-blocking: %s",
                         strerror(errno));
    }
    set_socket_options(fd);
    *stream = made;
    return 0;
}

void stream_close(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->ssl != NULL) {
        ERR_clear_error();
        if (stream->shaken && !stream->broken) {
            SSL_shutdown(stream->ssl); /* close-notify if the socket takes it now */
        }
        SSL_free(stream->ssl);
        ERR_clear_error();
    }
    if (stream->fd >= 0) {
        close(stream->fd);
    }
    if (stream->addresses != NULL) {
        freeaddrinfo(stream->addresses);
    }
    memory_free(stream);
}

int stream_fd(const struct stream *stream)
{
    return stream->fd;
}

short stream_wants(const struct stream *stream)
{
    return stream->wants;
}

static int finish_connect(struct stream *stream, struct raftd_error *error)
{
    struct pollfd poll_fd = {.fd = stream->fd, .events = POLLOUT};
    int failure = 0;
    socklen_t size = sizeof(failure);

    if (poll(&poll_fd, 1, 0) == 0) {
        return would_block(stream, POLLOUT);
    }
    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) {
        failure = errno;
    }
    if (failure == 0) {
        stream->connecting = false;
        return 0;
    }
    if (stream->next_address != NULL && connect_next(stream, error) == 0) {
        return would_block(stream, POLLOUT);
    }
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot connect to %s port %u: %s",
                     stream->target.host, stream->target.port, strerror(failure));
}

/* An SSL call that did not succeed: wait, or say why. */
static int tls_result(struct stream *stream, int result, const char *doing,
                      struct raftd_error *error)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return would_block(stream, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return would_block(stream, POLLOUT);
    default:
        stream->broken = true;
        return tls_failure(stream->ssl, result, doing, error);
    }
}

int stream_handshake(struct stream *stream, struct raftd_error *error)
{
    int result;

    if (stream->connecting) {
        int code = finish_connect(stream, error);

        if (code != 0) {
            return code;
        }
    }
    if (stream->tls == NULL || stream->shaken) {
        stream->shaken = true;
        return 0;
    }
    if (stream->ssl == NULL) {
        stream->ssl = tls_connection(stream->tls, stream->fd, stream->server);
        if (stream->ssl == NULL) {
            return error_set(error, RAFTD_ERROR_SYSTEM, "no memory for a TLS connection");
        }
    }
    ERR_clear_error();
    errno = 0;
    result = SSL_do_handshake(stream->ssl);
    if (result != 1) {
        return tls_result(stream, result, "TLS handshake", error);
    }
    stream->shaken = true;
    return 0;
}

ssize_t stream_read(struct stream *stream, void *data, size_t size, struct raftd_error *error)
{
    ssize_t got;

    if (stream->ssl != NULL) {
        int wanted = size < (size_t)INT32_MAX ? (int)size : INT32_MAX;
        int result;

        ERR_clear_error();
        errno = 0;
        result = SSL_read(stream->ssl, data, wanted);
        return result > 0 ? result : tls_result(stream, result, "TLS read", error);
    }
    do {
        got = recv(stream->fd, data, size, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        return got;
    }
    if (got == 0) {
        return error_set(error, RAFTD_ERROR_CLOSED, "the other side closed the connection");
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return would_block(stream, POLLIN);
    }
    return error_set(error, RAFTD_ERROR_CLOSED, "read: %s", strerror(errno));
}

ssize_t stream_write(struct stream *stream, const void *data, size_t size,
                     struct raftd_error *error)
{
    ssize_t sent;

    if (stream->ssl != NULL) {
        int wanted = size < (size_t)INT32_MAX ? (int)size : INT32_MAX;
        int result;

        ERR_clear_error();
        errno = 0;
        result = SSL_write(stream->ssl, data, wanted);
        return result > 0 ? result : tls_result(stream, result, "TLS write", error);
    }
    do {
        sent = send(stream->fd, data, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return would_block(stream, POLLOUT);
    }
    return error_set(error, RAFTD_ERROR_CLOSED, "write: %s", strerror(errno));
}

bool stream_has_pending(const struct stream *stream)
{
    return stream->ssl != NULL && SSL_has_pending(stream->ssl) == 1;
}

bool stream_speaks_for(const struct stream *stream, const char *cluster_name, uint16_t node_id,
                       const char *host, struct raftd_error *error)
{
    return stream->ssl == NULL || tls_speaks_for(stream->ssl, cluster_name, node_id, host, error);
}

void stream_peer_text(const struct stream *stream, char *text, size_t size)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    char host[64];
    char port[16];

    if (getpeername(stream->fd, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(text, size, "unknown");
        return;
    }
    snprintf(text, size, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}
