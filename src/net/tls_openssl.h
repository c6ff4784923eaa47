/*
 * What the files of src/net that know OpenSSL share. Nobody outside src/net includes this.
 */
#ifndef RAFTD_NET_TLS_OPENSSL_H
#define RAFTD_NET_TLS_OPENSSL_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* tls.c: a new connection object over a socket that it does not own; NULL without memory. */
SSL *tls_connection(struct tls_context *context, int fd, bool server);

/* tls_client.c: see tls_context_create_client(). */
int tls_load_client_files(SSL_CTX *handle, const struct tls_client_files *files,
                          struct raftd_error *error);
/* Has the handshake check that the server's certificate is for this host; false: no memory. */
bool tls_expect_host(SSL *ssl, const char *host);

/*
 * tls_socket.c: OpenSSL's way to a socket. Its own sockets are written to with write(2), which
 * raises SIGPIPE where the other side is gone; ours are not.
 */
BIO_METHOD *tls_socket_method(void); /* one for each context; BIO_meth_free() */
BIO *tls_socket_open(BIO_METHOD *method, int fd);

/*
 * tls_failure.c: turns the failure of an SSL call into a code and a sentence:
 * RAFTD_ERROR_CLOSED for an end of the connection, RAFTD_ERROR_REFUSED for anything about
 * certificates or protocol. `doing` is what was tried ("TLS handshake"). Takes OpenSSL's error
 * queue; errno is still the call's.
 */
int tls_failure(SSL *ssl, int result, const char *doing, struct raftd_error *error);

/* The oldest entry of OpenSSL's error queue, which is nearest to the cause; empties the queue. */
const char *tls_take_reason(void);

/* identity.c: see stream_speaks_for(). */
bool tls_speaks_for(SSL *ssl, const char *cluster_name, uint16_t node_id, const char *host,
                    struct raftd_error *error);

#endif
