/*
 * What tls.c gives to stream.c. Nobody outside src/net includes this.
 */
#ifndef RAFTD_NET_TLS_OPENSSL_H
#define RAFTD_NET_TLS_OPENSSL_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* A new connection object over a socket; NULL when OpenSSL has no memory. */
SSL *tls_connection(struct tls_context *context, int fd, bool server);

/*
 * Turns the failure of an SSL call into a code and a sentence: RAFTD_ERROR_CLOSED for an end
 * of the connection, RAFTD_ERROR_REFUSED for anything about certificates or protocol.
 * `doing` is what was tried ("TLS handshake"). Takes OpenSSL's error queue.
 */
int tls_failure(SSL *ssl, int result, const char *doing, struct raftd_error *error);

/* See stream_speaks_for(). */
bool tls_speaks_for(SSL *ssl, const char *cluster_name, uint16_t node_id, const char *host,
                    struct raftd_error *error);

#endif
