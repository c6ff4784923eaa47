/*
 * A BIO that reads and writes a non-blocking socket and never raises SIGPIPE. Runs on the thread
 * that owns the stream. The stream owns the socket; the BIO never closes it.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/tls_openssl.h"

static int socket_of(BIO *bio)
{
    return (int)(intptr_t)BIO_get_data(bio);
}

static bool is_temporary(int failure)
{
    return failure == EAGAIN || failure == EWOULDBLOCK || failure == EINTR;
}

static int socket_write(BIO *bio, const char *data, size_t size, size_t *written)
{
    ssize_t count = send(socket_of(bio), data, size, MSG_NOSIGNAL);

    BIO_clear_retry_flags(bio);
    *written = count > 0 ? (size_t)count : 0;
    if (count < 0 && is_temporary(errno)) {
        BIO_set_retry_write(bio);
    }
    return count > 0;
}

static int socket_read(BIO *bio, char *data, size_t size, size_t *got)
{
    ssize_t count = recv(socket_of(bio), data, size, 0);

    BIO_clear_retry_flags(bio);
    *got = count > 0 ? (size_t)count : 0;
    if (count < 0 && is_temporary(errno)) {
        BIO_set_retry_read(bio);
    } else if (count == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return count > 0;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_EOF:
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    case BIO_CTRL_FLUSH:
        return 1; /* nothing to flush: socket_write() sends at once */
    default:
        return 0;
    }
}

BIO_METHOD *tls_socket_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "raftd socket");

    if (method != NULL) {
        BIO_meth_set_write_ex(method, socket_write);
        BIO_meth_set_read_ex(method, socket_read);
        BIO_meth_set_ctrl(method, socket_control);
    }
    return method;
}

BIO *tls_socket_open(BIO_METHOD *method, int fd)
{
    BIO *bio = BIO_new(method);

    if (bio != NULL) {
        BIO_set_data(bio, (void *)(intptr_t)fd);
        BIO_set_init(bio, 1);
    }
    return bio;
}
