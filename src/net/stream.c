/*
 * Non-blocking streams, plain or TLS. One thread at a time owns a stream. Nothing here ever waits,
 * and no write raises SIGPIPE: plain sockets are written with MSG_NOSIGNAL here, TLS sockets in
 * tls_socket.c.
 *
 * The states of a stream, and the functions that lead from one to the next. The caller calls
 * stream_handshake() until it returns something else than RAFTD_ERROR_AGAIN:
 *
 *     stream_dial() of a name                    stream_dial() of an IP address
 *            |                                              |
 *            v            finish_resolution()               v
 *        RESOLVING ------------------------------->    CONNECTING --+  connect_next():
 *            |                                        |     ^       |  try the next address
 *            | no such name          finish_connect() |     +-------+
 *            |                                        v
 *            |       stream_accept() ----------->  SHAKING
 *            |                                        |     \
 *            |                     stream_handshake() |      \ certificate refused, no TLS, ...
 *            |                                        v       v
 *            |                                      OPEN -> BROKEN
 *            |                                        |       |
 *            +-----------------> stream_close() <-----+-------+
 *
 *     state        resolution    connecting    shaken    broken    descriptor to poll
 *     RESOLVING    set           true          false     false     eventfd of the look-up, POLLIN
 *     CONNECTING   NULL          true          false     false     socket, POLLOUT
 *     SHAKING      NULL          false         false     false     socket, what TLS wants
 *     OPEN         NULL          false         true      false     socket, what was wanted last
 *     BROKEN       NULL          false         any       true      none; only with TLS
 *
 * A plain stream passes through SHAKING without waiting.
 *
 * Invariants:
 *
 *   1. After RAFTD_ERROR_AGAIN, `wants` says for which events to poll before the same call is made
 *      again. With TLS, a read may have to wait until the socket can be written and a write until
 *      it can be read, because TLS sends messages of its own. A caller that always polled for
 *      POLLIN after a read could wait for ever.
 *   2. The descriptor to poll changes with the state, and in CONNECTING with each address. A caller
 *      has to ask stream_fd() before each poll().
 *   3. addresses and next_address are set only in CONNECTING. fd is -1 in RESOLVING, and in
 *      CONNECTING after no socket could be made for any address.
 *   4. In BROKEN, SSL_shutdown() is not called: SSL_get_error(3) forbids it after a failure. The
 *      only call on the SSL object besides SSL_free() is the SSL_peek() of tls_write_failure().
 *   5. `drained` is true exactly while OpenSSL is known to hold no complete record. See
 *      stream_has_pending().
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
    /* TCP keepalive: when a peer has been silent for the idle time, the kernel sends probes, one an
     * interval. If none of them is answered, the connection fails. */
    KEEPALIVE_IDLE_SECONDS = 30,
    KEEPALIVE_INTERVAL_SECONDS = 10,
    KEEPALIVE_PROBES = 3,
    /* How much discard_input() reads: at most 256 KiB. */
    DISCARD_BYTES = 16 * 1024,
    DISCARD_READS_MAX = 16,
};

struct stream {
    int fd;      /* socket, owned; -1 = none */
    short wants; /* POLLIN or POLLOUT: what the last RAFTD_ERROR_AGAIN waits for */
    bool connecting;
    bool server; /* this side accepted the connection */
    bool broken; /* TLS failed */
    bool shaken; /* the handshake is done */
    bool drained;
    SSL *ssl;                      /* owned; NULL = plain, or the TLS handshake has not begun */
    struct tls_context *tls;       /* borrowed; NULL = plain */
    struct resolution *resolution; /* owned; the look-up of the host's name; NULL = none */
    struct addrinfo *addresses;    /* owned; all addresses of the host; NULL = none */
    struct addrinfo *next_address; /* the address to try when this one fails; NULL = the first */
    size_t addresses_left;         /* that were not tried yet */
    unsigned skipped_addresses;    /* see stream_skip_addresses() */
    struct net_address target;     /* address given to stream_dial(), for messages */
    const char *expected_host;     /* borrowed; see stream_expect_host(); NULL = not checked */
};

static int would_block(struct stream *stream, short wants)
{
    stream->wants = wants;
    return RAFTD_ERROR_AGAIN;
}

/* TCP_NODELAY, so that a small frame is sent at once. Keepalive, so that a dead peer is noticed
 * even if nothing is sent to it. */
static void set_socket_options(int fd)
{
    const int on = 1;
    const int idle = KEEPALIVE_IDLE_SECONDS;
    const int interval = KEEPALIVE_INTERVAL_SECONDS;
    const int probes = KEEPALIVE_PROBES;

    /* These fail only if the socket is not a TCP socket. Then they are not needed. */
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

/* Begins to connect to the next address. If connect() fails at once, tries the address after it,
 * and so on. Returns an error if no address is left. */
static int connect_next(struct stream *stream, struct raftd_error *error)
{
    int failure = EADDRNOTAVAIL;

    while (stream->addresses_left > 0) {
        const struct addrinfo *address =
            stream->next_address != NULL ? stream->next_address : stream->addresses;

        stream->next_address = address->ai_next;
        stream->addresses_left--;
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

/* Takes the list of all addresses of the host and begins with the first that is not skipped. */
static int connect_first(struct stream *stream, struct addrinfo *addresses,
                         struct raftd_error *error)
{
    unsigned skipped;

    stream->addresses = addresses;
    stream->next_address = addresses;
    stream->addresses_left = 0;
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        stream->addresses_left++;
    }
    skipped = stream->skipped_addresses % (unsigned)stream->addresses_left;
    for (; skipped > 0; skipped--) {
        stream->next_address = stream->next_address->ai_next;
    }
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

void stream_skip_addresses(struct stream *stream, unsigned count)
{
    ASSERT(!stream->server && stream->ssl == NULL);
    stream->skipped_addresses = count;
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
 * Reads what the other side has sent and drops it, up to a limit. If unread bytes wait in the
 * socket, close() sends a reset. A reset makes the other side drop what it has received but not
 * read, so it could miss what was written last: a TLS alert, or a reply that says why the
 * connection is closed.
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
            SSL_shutdown(stream->ssl); /* sends close-notify, unless the socket is full */
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
        return cannot_connect(stream, ENOTCONN, error); /* an earlier call has failed already */
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
        stream->addresses_left = 0;
        return 0;
    }
    if (stream->addresses_left > 0 && connect_next(stream, error) == 0) {
        return would_block(stream, POLLOUT);
    }
    return cannot_connect(stream, failure, error);
}

/* Translates the result of an SSL call that did not succeed: RAFTD_ERROR_AGAIN, or an error with a
 * message. WANT_READ means that OpenSSL has used all bytes that the socket had. */
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
    /* The read that completed the handshake may have brought the first data of the other side. */
    stream->drained = false;
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
 * With TLS 1.3, the handshake of a client ends before the server has checked the client's
 * certificate. If the server refuses the certificate, it sends an alert and closes the connection.
 * If the client then writes before it reads, the write fails with a broken pipe, which tells
 * nothing, while the alert with the reason waits unread. So after such a failure this function
 * looks at the input, and if there is an alert, reports that.
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
    /*
     * OpenSSL reads as much as the socket has (read-ahead), so it may hold complete records of
     * which poll() on the socket knows nothing. SSL_has_pending() reports them, but it also reports
     * a record of which only the beginning has arrived. A caller that believed it would read, get
     * RAFTD_ERROR_AGAIN, ask again, and so on, using a whole core until the rest arrives. `drained`
     * tells the two cases apart: it is true if the last read found no complete record.
     */
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
