/*
 * A non-blocking byte stream over a socket, plain or TLS. One thread at a time owns a stream;
 * it may be handed over. Never blocks: RAFTD_ERROR_AGAIN says to poll stream_fd() for
 * stream_wants() and to call again.
 */
#ifndef RAFTD_NET_STREAM_H
#define RAFTD_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/address.h"
#include "net/tls.h"

struct stream;

/*
 * Starts a connection; stream_handshake() goes on with it. Nothing waits: a host name is looked up
 * by a thread of its own. stream_fd() changes on the way: from the look-up to the first address
 * of the name, and on to the next one where that does not answer.
 */
int stream_dial(const struct net_address *address, struct tls_context *tls /* NULL = plain */,
                struct stream **stream, struct raftd_error *error);
/* Takes over an accepted socket (also closes it on failure). */
/*
 * Before the handshake of a stream that was dialled with TLS: the certificate of the other side has
 * to be valid for this host, a name or an IP address, else the handshake fails with
 * RAFTD_ERROR_REFUSED. host is borrowed until the handshake is over. Links between nodes do not
 * call this: see stream_speaks_for().
 */
void stream_expect_host(struct stream *stream, const char *host);
int stream_accept(int fd, struct tls_context *tls /* NULL = plain */, struct stream **stream,
                  struct raftd_error *error);
void stream_close(struct stream *stream); /* TLS close-notify if possible; NULL is allowed */

int stream_fd(const struct stream *stream);
/* What the last RAFTD_ERROR_AGAIN waits for: POLLIN and/or POLLOUT. */
short stream_wants(const struct stream *stream);

/*
 * Finishes connect and TLS handshake. 0, RAFTD_ERROR_AGAIN, or an error whose message says
 * which certificate problem it was (unknown CA, expired, none given, plain text on a TLS port).
 */
int stream_handshake(struct stream *stream, struct raftd_error *error);

/*
 * Bytes moved (> 0), RAFTD_ERROR_AGAIN, RAFTD_ERROR_CLOSED or another negative code. After the
 * handshake only, which plain streams have as well; size > 0. A write that was answered with
 * AGAIN is repeated with the same bytes, at least as many of them; they may have moved. With TLS
 * the first read or write of a client may fail with RAFTD_ERROR_REFUSED: only then does it learn
 * that the other side does not take its certificate.
 */
ssize_t stream_read(struct stream *stream, void *data, size_t size, struct raftd_error *error);
ssize_t stream_write(struct stream *stream, const void *data, size_t size,
                     struct raftd_error *error);
/* Bytes wait inside although the socket may have none: read before polling. False after a read
 * that was answered with AGAIN. */
bool stream_has_pending(const struct stream *stream);

/*
 * After the handshake: does the other side's certificate speak for this node? Its URI SAN
 * raftd://CLUSTER/NODE-ID is decisive where it has any raftd URI; otherwise a DNS or IP SAN has
 * to match the host of the address that the configuration gives for that node. Always true for
 * a plain stream. On false *error says what the certificate names and what was wanted.
 */
bool stream_speaks_for(const struct stream *stream, const char *cluster_name, uint16_t node_id,
                       const char *host, struct raftd_error *error);

/* "127.0.0.1:51234", for log lines and CLIENT LIST. */
void stream_peer_text(const struct stream *stream, char *text, size_t size);

#endif
