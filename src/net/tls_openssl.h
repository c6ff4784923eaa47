/*
 * Declarations that the files of src/net share and that need OpenSSL's headers. Included by the .c
 * files of src/net and their tests only. All functions run on the thread that owns the stream or
 * makes the context.
 */
#ifndef RAFTD_NET_TLS_OPENSSL_H
#define RAFTD_NET_TLS_OPENSSL_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* tls.c: a new connection object for a socket, which it does not own. NULL: no memory. */
SSL *tls_connection(struct tls_context *context, int fd, bool server);

/* tls_client.c: see tls_context_create_client(). */
int tls_load_client_files(SSL_CTX *handle, const struct tls_client_files *files,
                          struct raftd_error *error);
/* Has the handshake check that the server's certificate is for this host; false: no memory. */
bool tls_expect_host(SSL *ssl, const char *host);

/*
 * tls_socket.c: how OpenSSL reads and writes a socket. OpenSSL's own socket BIO uses write(2),
 * which raises SIGPIPE if the other side has closed the connection. This one never raises SIGPIPE.
 * Each context has one method, which it frees with BIO_meth_free().
 */
BIO_METHOD *tls_socket_method(void);
BIO *tls_socket_open(BIO_METHOD *method, int fd);

/*
 * tls_failure.c: translates the failure of an SSL call into a code and a message.
 * RAFTD_ERROR_CLOSED: the connection has ended. RAFTD_ERROR_REFUSED: anything about certificates or
 * the protocol. `doing` says what was tried ("TLS handshake"). Call it directly after the SSL call,
 * while errno and OpenSSL's error queue are still those of that call; it empties the queue.
 */
int tls_failure(SSL *ssl, int result, const char *doing, struct raftd_error *error);

/* The text of the oldest entry in OpenSSL's error queue, which is the nearest to the cause. Empties
 * the queue. */
const char *tls_take_reason(void);

/* identity.c: see stream_speaks_for(). */
bool tls_speaks_for(SSL *ssl, const char *cluster_name, uint16_t node_id, const char *host,
                    struct raftd_error *error);

#endif
