/*
 * Non-blocking streams, plain or TLS. One thread owns a stream. No write ever raises SIGPIPE:
 * plain sockets are written with MSG_NOSIGNAL here, TLS ones in tls_socket.c.
 */
#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/resolver.h"
#include "net/tls_openssl.h"
#include "sys/mutex.h"

enum {
    /* A silent peer is asked after this time, and given up after three answers are missing. */
    KEEPALIVE_IDLE_SECONDS = 30,
    KEEPALIVE_INTERVAL_SECONDS = 10,
    KEEPALIVE_PROBES = 3,
    DISCARD_BYTES = 16 * 1024,
    DISCARD_READS_MAX = 16,
};

struct stream {
    int fd;
    short wants;
    bool connecting; /* dialling: no connection yet */
    bool server;
    bool broken;                   /* TLS failed: no close-notify any more */
    bool shaken;                   /* the handshake is done */
    bool drained;                  /* OpenSSL has asked for more bytes than the socket had */
    SSL *ssl;                      /* NULL = plain, or TLS not begun */
    struct tls_context *tls;       /* NULL = plain */
    struct resolution *resolution; /* dialling: the host's name is being looked up */
    struct addrinfo *addresses;    /* dialling: all that the name means */
    struct addrinfo *next_address; /* dialling: the one to try after this one */
    struct net_address target;     /* dialling: for messages */
    const char *expected_host;     /* TLS, dialling: borrowed; NULL = any */
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
    const int idle = KEEPALIVE_IDLE_SECONDS;
    const int interval = KEEPALIVE_INTERVAL_SECONDS;
    const int probes = KEEPALIVE_PROBES;

    /* These can only fail where the socket is no TCP socket, and then nothing is lost. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

static int cannot_connect(const struct stream *stream, int failure, struct raftd_error *error)
{
    char address[sizeof(stream->target.host) + 16];

    net_address_format(&stream->target, address, sizeof(address));
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot connect to %s: %s", address,
                     strerror(failure));
}

/* Begins a connect to the next address that accepts the attempt. */
static int connect_next(struct stream *stream, struct raftd_error *error)
{
    int failure = EADDRNOTAVAIL;

    while (stream->next_address != NULL) {
        const struct addrinfo *address = stream->next_address;

        stream->next_address = address->ai_next;
        if (stream->fd >= 0) {
            close(stream->fd);
        }
        stream->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (stream->fd < 0) {
            failure = errno;
            continue;
        }
        set_socket_options(stream->fd);
        if (connect(stream->fd, address->ai_addr, address->ai_addrlen) == 0 ||
            errno == EINPROGRESS) {
            stream->wants = POLLOUT;
            return 0;
        }
        failure = errno;
    }
    return cannot_connect(stream, failure, error);
}

/* All that the host means is known: begin with the first. */
static int connect_first(struct stream *stream, struct addrinfo *addresses,
                         struct raftd_error *error)
{
    stream->addresses = addresses;
    stream->next_address = addresses;
    return connect_next(stream, error);
}

int stream_dial(const struct net_address *address, struct tls_context *tls, struct stream **stream,
                struct raftd_error *error)
{
    struct stream *made = memory_allocate_zeroed(1, sizeof(*made));
    struct addrinfo *addresses;
    int code;

    *stream = NULL;
    made->fd = -1;
    made->tls = tls;
    made->target = *address;
    made->connecting = true;
    code = resolver_numeric(address, &addresses, error);
    if (code == 0) {
        code = connect_first(made, addresses, error);
    } else if (code == RAFTD_ERROR_AGAIN) {
        made->wants = POLLIN;
        code = resolution_start(address, &made->resolution, error);
    }
    if (code != 0) {
        stream_close(made);
        return code;
    }
    *stream = made;
    return 0;
}

void stream_expect_host(struct stream *stream, const char *host)
{
    ASSERT(!stream->server && stream->ssl == NULL);
    stream->expected_host = host;
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
        int code = error_set(error, RAFTD_ERROR_SYSTEM, "cannot make a socket non-blocking: %s",
                             strerror(errno));

        stream_close(made);
        return code;
    }
    set_socket_options(fd);
    *stream = made;
    return 0;
}

/*
 * Where bytes wait unread, close() resets the connection, and the reset can overtake what was
 * written last: an alert, or a reply that says why. So they are read first, within bounds.
 */
static void discard_input(int fd)
{
    char discarded[DISCARD_BYTES];

    for (int i = 0; i < DISCARD_READS_MAX; i++) {
        if (recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT) < (ssize_t)sizeof(discarded)) {
            return;
        }
    }
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
        discard_input(stream->fd);
        close(stream->fd);
    }
    resolution_release(stream->resolution);
    if (stream->addresses != NULL) {
        freeaddrinfo(stream->addresses);
    }
    memory_free(stream);
}

int stream_fd(const struct stream *stream)
{
    return stream->resolution != NULL ? resolution_fd(stream->resolution) : stream->fd;
}

short stream_wants(const struct stream *stream)
{
    return stream->wants;
}

static int finish_resolution(struct stream *stream, struct raftd_error *error)
{
    struct addrinfo *addresses;
    int code = resolution_take(stream->resolution, &addresses, error);

    if (code == RAFTD_ERROR_AGAIN) {
        return would_block(stream, POLLIN);
    }
    resolution_release(stream->resolution);
    stream->resolution = NULL;
    return code != 0 ? code : connect_first(stream, addresses, error);
}

static int finish_connect(struct stream *stream, struct raftd_error *error)
{
    struct pollfd poll_fd = {.fd = stream->fd, .events = POLLOUT};
    int failure = 0;
    socklen_t size = sizeof(failure);

    if (stream->fd < 0) {
        return cannot_connect(stream, ENOTCONN, error); /* it has failed before */
    }
    if (poll(&poll_fd, 1, 0) != 1) {
        return would_block(stream, POLLOUT);
    }
    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) {
        failure = errno;
    }
    if (failure == 0) {
        stream->connecting = false;
        freeaddrinfo(stream->addresses);
        stream->addresses = NULL;
        stream->next_address = NULL;
        return 0;
    }
    if (stream->next_address != NULL && connect_next(stream, error) == 0) {
        return would_block(stream, POLLOUT);
    }
    return cannot_connect(stream, failure, error);
}

/* An SSL call that did not succeed: wait, or say why. */
static int tls_result(struct stream *stream, int result, const char *doing,
                      struct raftd_error *error)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        stream->drained = true;
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

    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    if (stream->resolution != NULL) {
        int code = finish_resolution(stream, error);

        if (code != 0) {
            return code;
        }
    }
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
        if (stream->ssl == NULL || (stream->expected_host != NULL &&
                                    !tls_expect_host(stream->ssl, stream->expected_host))) {
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
    stream->drained = false; /* what the other side said next may have come along */
    return 0;
}

static int clamp(size_t size)
{
    return size < (size_t)INT_MAX ? (int)size : INT_MAX;
}

static ssize_t tls_read(struct stream *stream, void *data, size_t size, struct raftd_error *error)
{
    int result;

    ASSERT(stream->shaken);
    ERR_clear_error();
    errno = 0;
    result = SSL_read(stream->ssl, data, clamp(size));
    if (result <= 0) {
        return tls_result(stream, result, "TLS read", error);
    }
    stream->drained = false;
    return result;
}

ssize_t stream_read(struct stream *stream, void *data, size_t size, struct raftd_error *error)
{
    ssize_t got;

    ASSERT(size > 0 && !stream->connecting);
    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    if (stream->tls != NULL) {
        return tls_read(stream, data, size, error);
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

/*
 * With TLS 1.3 a client learns only after its handshake that its certificate was refused, and
 * where it writes first, it meets a broken pipe although the alert that says why has arrived.
 */
static ssize_t tls_write_failure(struct stream *stream, int result, struct raftd_error *error)
{
    int code = tls_result(stream, result, "TLS write", error);

    if (code == RAFTD_ERROR_CLOSED) {
        char byte;

        ERR_clear_error();
        errno = 0;
        result = SSL_peek(stream->ssl, &byte, 1);
        if (result <= 0 && SSL_get_error(stream->ssl, result) == SSL_ERROR_SSL) {
            code = tls_failure(stream->ssl, result, "TLS write", error);
        }
        ERR_clear_error();
    }
    return code;
}

static ssize_t tls_write(struct stream *stream, const void *data, size_t size,
                         struct raftd_error *error)
{
    int result;

    ASSERT(stream->shaken);
    ERR_clear_error();
    errno = 0;
    result = SSL_write(stream->ssl, data, clamp(size));
    return result > 0 ? result : tls_write_failure(stream, result, error);
}

ssize_t stream_write(struct stream *stream, const void *data, size_t size,
                     struct raftd_error *error)
{
    ssize_t sent;

    ASSERT(size > 0 && !stream->connecting);
    ASSERT(!mutex_rank_is_held(MUTEX_RANK_CORE));
    if (stream->tls != NULL) {
        return tls_write(stream, data, size, error);
    }
    do {
        sent = send(stream->fd, data, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0) {
        return sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return would_block(stream, POLLOUT);
    }
    return error_set(error, RAFTD_ERROR_CLOSED, "write: %s", strerror(errno));
}

bool stream_has_pending(const struct stream *stream)
{
    /* OpenSSL also counts the beginning of a record, which is worth nothing without its end. */
    return stream->ssl != NULL && !stream->drained && SSL_has_pending(stream->ssl) == 1;
}

bool stream_speaks_for(const struct stream *stream, const char *cluster_name, uint16_t node_id,
                       const char *host, struct raftd_error *error)
{
    ASSERT(stream->tls == NULL || stream->shaken);
    return stream->tls == NULL || tls_speaks_for(stream->ssl, cluster_name, node_id, host, error);
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
