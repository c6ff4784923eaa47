/*
 * The socket under raftctl: non-blocking, with poll() and a deadline around every step.
 */
#include "raftctl/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "sys/clock.h"

/* More than any answer of a raftd has; hiredis takes memory for the announced count at once. */
enum { IO_BYTES = 16384, REPLY_ELEMENTS_MAX = 1 << 20 };

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

struct connection {
    int fd;
    SSL_CTX *context; /* NULL = plain text */
    SSL *ssl;
    redisReader *reader;
    redisReplyObjectFunctions functions; /* hiredis' own, but for the limit on arrays */
    void *(*create_array)(const redisReadTask *task, element_count count);
    uint32_t timeout_ms;
    uint64_t deadline_ms; /* of the step under way, on the monotonic clock */
};

/* ---- Waiting ------------------------------------------------------------------------------ */

/* Until the socket is ready for events; false = the deadline passed. */
static bool wait_for(struct connection *connection, short events)
{
    for (;;) {
        struct pollfd entry = {.fd = connection->fd, .events = events};
        uint64_t now = clock_monotonic_ms();
        int ready;

        if (now >= connection->deadline_ms) {
            return false;
        }
        ready = poll(&entry, 1, (int)(connection->deadline_ms - now));
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
}

static int no_answer(const struct connection *connection, int code, const char *what,
                     struct raftd_error *error)
{
    return error_set(error, code, "%s: no answer within %u ms", what, connection->timeout_ms);
}

/* ---- TCP ---------------------------------------------------------------------------------- */

static int connect_address(struct connection *connection, const struct addrinfo *address,
                           struct raftd_error *error)
{
    int problem = 0;
    socklen_t size = sizeof(problem);

    connection->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "socket: %s", strerror(errno));
    }
    if (connect(connection->fd, address->ai_addr, address->ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        problem = errno;
    } else if (!wait_for(connection, POLLOUT)) {
        return no_answer(connection, RAFTD_ERROR_UNAVAILABLE, "connect", error);
    } else if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) {
        problem = errno;
    }
    if (problem != 0) {
        return error_set(error, RAFTD_ERROR_UNAVAILABLE, "connect: %s", strerror(problem));
    }
    return 0;
}

/* Tries every address that the host has, within one deadline. */
static int connect_host(struct connection *connection, const char *host, uint16_t port,
                        struct raftd_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    char service[8];
    int result;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    result = getaddrinfo(host, service, &hints, &addresses);
    if (result != 0) {
        return error_set(error, RAFTD_ERROR_UNAVAILABLE, "resolve %s: %s", host,
                         result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
    }
    result = RAFTD_ERROR_UNAVAILABLE;
    for (const struct addrinfo *each = addresses; each != NULL && result != 0;
         each = each->ai_next) {
        if (connection->fd >= 0) {
            close(connection->fd);
            connection->fd = -1;
        }
        result = connect_address(connection, each, error);
    }
    freeaddrinfo(addresses);
    return result;
}

/* ---- TLS ---------------------------------------------------------------------------------- */

/* The first error in OpenSSL's queue as text; empties the queue. */
static const char *openssl_text(void)
{
    unsigned long code = ERR_get_error();
    const char *text = NULL;

    if (code != 0) {
        text =
            ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    }
    ERR_clear_error();
    return text != NULL ? text : "unknown error";
}

static int tls_files(SSL_CTX *context, const struct ctl_options *options, struct raftd_error *error)
{
    if (SSL_CTX_load_verify_file(context, options->tls_ca) != 1) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "read the CA certificates in %s: %s",
                         options->tls_ca, openssl_text());
    }
    if (options->tls_certificate == NULL) {
        return 0;
    }
    if (SSL_CTX_use_certificate_chain_file(context, options->tls_certificate) != 1) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "read the certificate in %s: %s",
                         options->tls_certificate, openssl_text());
    }
    if (SSL_CTX_use_PrivateKey_file(context, options->tls_key, SSL_FILETYPE_PEM) != 1) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "read the private key in %s: %s",
                         options->tls_key, openssl_text());
    }
    return 0;
}

/* What the server's certificate has to name: the host that was asked for. */
static bool tls_expect(SSL *ssl, char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    }
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static int tls_problem(struct connection *connection, const char *host, int result,
                       struct raftd_error *error)
{
    long verified = SSL_get_verify_result(connection->ssl);

    if (verified != X509_V_OK) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_REFUSED, "TLS: the certificate of %s: %s", host,
                         X509_verify_cert_error_string(verified));
    }
    if (result == SSL_ERROR_SYSCALL && ERR_peek_error() == 0) {
        return error_set(error, RAFTD_ERROR_REFUSED, "TLS: the server closed the connection");
    }
    return error_set(error, RAFTD_ERROR_REFUSED, "TLS: %s", openssl_text());
}

/* 0 = try the step again, another code = it failed. */
static int tls_wait(struct connection *connection, int result)
{
    if (result == SSL_ERROR_WANT_READ) {
        return wait_for(connection, POLLIN) ? 0 : RAFTD_ERROR_TIMEOUT;
    }
    if (result == SSL_ERROR_WANT_WRITE) {
        return wait_for(connection, POLLOUT) ? 0 : RAFTD_ERROR_TIMEOUT;
    }
    return RAFTD_ERROR_CLOSED;
}

static int tls_start(struct connection *connection, char *host, const struct ctl_options *options,
                     struct raftd_error *error)
{
    int code;

    connection->context = SSL_CTX_new(TLS_client_method());
    if (connection->context == NULL ||
        SSL_CTX_set_min_proto_version(connection->context, TLS1_3_VERSION) != 1) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "TLS: %s", openssl_text());
    }
    SSL_CTX_set_verify(connection->context, SSL_VERIFY_PEER, NULL);
    code = tls_files(connection->context, options, error);
    if (code != 0) {
        return code;
    }
    connection->ssl = SSL_new(connection->context);
    if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->fd) != 1 ||
        !tls_expect(connection->ssl, host)) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "TLS: %s", openssl_text());
    }
    for (;;) {
        int done = SSL_connect(connection->ssl);
        int result = SSL_get_error(connection->ssl, done);
        if (done == 1) {
            return 0;
        }
        code = tls_wait(connection, result);
        if (code == RAFTD_ERROR_TIMEOUT) {
            return no_answer(connection, RAFTD_ERROR_UNAVAILABLE,
                             "TLS handshake (does the server speak TLS?)", error);
        }
        if (code != 0) {
            return tls_problem(connection, host, result, error);
        }
    }
}

/* ---- Opening and closing ------------------------------------------------------------------ */

static void *create_bounded_array(const redisReadTask *task, element_count count)
{
    const struct connection *connection = task->privdata;

    return count <= REPLY_ELEMENTS_MAX ? connection->create_array(task, count) : NULL;
}

static void create_reader(struct connection *connection)
{
    redisReader *reader = redisReaderCreate();

    ASSERT(reader != NULL);
    connection->functions = *reader->fn;
    connection->create_array = connection->functions.createArray;
    connection->functions.createArray = create_bounded_array;
    reader->fn = &connection->functions;
    reader->privdata = connection;
    connection->reader = reader;
}

int connection_open(const char *endpoint, const struct ctl_options *options,
                    struct connection **connection, struct raftd_error *error)
{
    struct connection *made;
    const char *problem = NULL;
    char host[ADDRESS_HOST_BYTES];
    uint16_t port;
    int code;

    if (!address_split(endpoint, host, &port, &problem)) {
        return error_set(error, RAFTD_ERROR_INVALID, "endpoint \"%s\" %s", endpoint, problem);
    }
    made = memory_allocate_zeroed(1, sizeof(*made));
    made->fd = -1;
    made->timeout_ms = options->timeout_ms;
    made->deadline_ms = clock_monotonic_ms() + options->timeout_ms;
    create_reader(made);
    code = connect_host(made, host, port, error);
    if (code == 0 && options->tls_ca != NULL) {
        code = tls_start(made, host, options, error);
    }
    if (code != 0) {
        connection_close(made);
        return code;
    }
    *connection = made;
    return 0;
}

void connection_close(struct connection *connection)
{
    if (connection == NULL) {
        return;
    }
    if (connection->ssl != NULL) {
        /* Says goodbye if it can; a failure changes nothing any more. */
        SSL_shutdown(connection->ssl);
        ERR_clear_error();
        SSL_free(connection->ssl);
    }
    SSL_CTX_free(connection->context);
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    redisReaderFree(connection->reader);
    memory_free(connection);
}

/* ---- Commands ----------------------------------------------------------------------------- */

/*
 * The connection ended before the answer: says why as well as can be told. With TLS 1.3 a client
 * learns only now that its certificate was refused, and where the reset overtakes the alert, not
 * even that.
 */
static int lost(struct connection *connection, int result, int number, struct raftd_error *error)
{
    const char *hint = connection->ssl == NULL ? " (does it want TLS? see --tls-ca)"
                                               : " (did it refuse the certificate? see its log)";

    if (connection->ssl != NULL && result == SSL_ERROR_SSL) {
        return error_set(error, RAFTD_ERROR_TIMEOUT, "TLS: the server refused: %s", openssl_text());
    }
    if (number != 0) {
        return error_set(error, RAFTD_ERROR_TIMEOUT, "connection lost: %s%s", strerror(number),
                         hint);
    }
    return error_set(error, RAFTD_ERROR_TIMEOUT, "the server closed the connection%s", hint);
}

/*
 * After a transfer that moved nothing: waits until it is worth another try (0), or says why there
 * will be none. result is what the call returned, events what a plain socket waits for.
 */
static int wait_or_give_up(struct connection *connection, int result, short events,
                           struct raftd_error *error)
{
    int number = errno;
    int problem = connection->ssl != NULL ? SSL_get_error(connection->ssl, result) : 0;
    int code;

    if (connection->ssl != NULL) {
        code = tls_wait(connection, problem);
        number = problem == SSL_ERROR_SYSCALL ? number : 0;
    } else if (result < 0 && (number == EAGAIN || number == EINTR)) {
        code = wait_for(connection, events) ? 0 : RAFTD_ERROR_TIMEOUT;
    } else {
        code = RAFTD_ERROR_CLOSED;
        number = result < 0 ? number : 0;
    }
    if (code == RAFTD_ERROR_TIMEOUT) {
        return no_answer(connection, code, events == POLLIN ? "receive" : "send", error);
    }
    return code == 0 ? 0 : lost(connection, problem, number, error);
}

static int send_all(struct connection *connection, const char *data, size_t size,
                    struct raftd_error *error)
{
    size_t offset = 0;

    while (offset < size) {
        int chunk = size - offset < IO_BYTES ? (int)(size - offset) : IO_BYTES;
        int sent = connection->ssl != NULL
                       ? SSL_write(connection->ssl, data + offset, chunk)
                       : (int)send(connection->fd, data + offset, (size_t)chunk, MSG_NOSIGNAL);
        if (sent > 0) {
            offset += (size_t)sent;
        } else {
            int code = wait_or_give_up(connection, sent, POLLOUT, error);
            if (code != 0) {
                return code;
            }
        }
    }
    return 0;
}

/* Feeds the reader with what came, waiting for it. */
static int receive_some(struct connection *connection, struct raftd_error *error)
{
    char data[IO_BYTES];

    for (;;) {
        int code;
        int received = connection->ssl != NULL ? SSL_read(connection->ssl, data, sizeof(data))
                                               : (int)recv(connection->fd, data, sizeof(data), 0);
        if (received > 0) {
            redisReaderFeed(connection->reader, data, (size_t)received);
            return 0;
        }
        code = wait_or_give_up(connection, received, POLLIN, error);
        if (code != 0) {
            return code;
        }
    }
}

static int receive_reply(struct connection *connection, redisReply **reply,
                         struct raftd_error *error)
{
    void *found = NULL;

    for (;;) {
        int code;
        if (redisReaderGetReply(connection->reader, &found) != REDIS_OK) {
            return error_set(error, RAFTD_ERROR_PROTOCOL,
                             "the answer is not RESP, or too large: %s",
                             connection->reader->errstr);
        }
        if (found != NULL) {
            *reply = found;
            return 0;
        }
        code = receive_some(connection, error);
        if (code != 0) {
            return code;
        }
    }
}

int connection_command(struct connection *connection, int count, const char **arguments,
                       const size_t *sizes, redisReply **reply, struct raftd_error *error)
{
    char *command = NULL;
    int size = redisFormatCommandArgv(&command, count, arguments, sizes);
    int code;

    ASSERT(size > 0);
    connection->deadline_ms = clock_monotonic_ms() + connection->timeout_ms;
    code = send_all(connection, command, (size_t)size, error);
    if (code == 0) {
        code = receive_reply(connection, reply, error);
    }
    redisFreeCommand(command);
    return code;
}
