/*
 * A non-blocking byte stream over a socket, plain or TLS. One thread at a time owns a stream; the
 * owner may hand it to another thread. No function waits: RAFTD_ERROR_AGAIN means that the caller
 * has to poll stream_fd() for stream_wants() and then make the same call again. stream.c draws the
 * states of a stream.
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
 * Begins to connect to an address; stream_handshake() continues. A host name is looked up by a
 * thread of its own. Until the connection is made, stream_fd() changes: first it is the descriptor
 * of the look-up, then a socket for the first address of the name, and another socket for each
 * further address if the one before fails. tls is borrowed until stream_close().
 */
int stream_dial(const struct net_address *address, struct tls_context *tls /* NULL = plain */,
                struct stream **stream, struct raftd_error *error);
/*
 * Begins with another address if the host is a name with several: with the one after the first
 * `count` of them, counted in a circle; all are tried as before. A caller that dials again and
 * again uses the number of its tries. Otherwise an address that swallows packets, or behind which
 * another server answers, would take the whole time of each try, and no later address would get a
 * turn. Only for a stream of stream_dial(), before stream_handshake().
 */
void stream_skip_addresses(struct stream *stream, unsigned count);
/*
 * Demands that the certificate of the other side is valid for this host, a name or an IP address.
 * Otherwise stream_handshake() fails with RAFTD_ERROR_REFUSED. Only for a stream of stream_dial()
 * with TLS, before the handshake. host is borrowed until the handshake is done. Connections between
 * nodes do not use this: see stream_speaks_for().
 */
void stream_expect_host(struct stream *stream, const char *host);
/* Makes a stream from an accepted socket, which it owns from then on; on failure it closes the
 * socket. */
int stream_accept(int fd, struct tls_context *tls /* NULL = plain */, struct stream **stream,
                  struct raftd_error *error);
/* Sends a TLS close-notify if that is possible without waiting, closes the socket and frees the
 * stream. NULL is allowed. */
void stream_close(struct stream *stream);

/* The descriptor to poll. Ask before each poll(): it changes while a connection is made. */
int stream_fd(const struct stream *stream);
/* The event that the last RAFTD_ERROR_AGAIN waits for: POLLIN or POLLOUT. */
short stream_wants(const struct stream *stream);

/*
 * Continues the connect and the TLS handshake. Returns 0 when both are done, RAFTD_ERROR_AGAIN, or
 * an error. For a problem with a certificate the message says which problem it is: unknown CA,
 * expired, no certificate, plain text on a TLS port. Call it for plain streams as well.
 */
int stream_handshake(struct stream *stream, struct raftd_error *error);

/*
 * Reads or writes at least 1 and at most `size` bytes, and returns how many. Otherwise returns
 * RAFTD_ERROR_AGAIN, RAFTD_ERROR_CLOSED if the connection has ended, or another negative code.
 * Only after stream_handshake() has returned 0; size > 0.
 * A write that returned RAFTD_ERROR_AGAIN has to be repeated with the same bytes, or with more
 * bytes after them; they may be at another address. With TLS, the first read or write of a client
 * may return RAFTD_ERROR_REFUSED: only then the client learns that the server refuses its
 * certificate.
 */
ssize_t stream_read(struct stream *stream, void *data, size_t size, struct raftd_error *error);
ssize_t stream_write(struct stream *stream, const void *data, size_t size,
                     struct raftd_error *error);
/* True if bytes of the other side may wait inside of the stream. poll() does not know of them, so
 * the caller has to read before it polls. False after a read that returned RAFTD_ERROR_AGAIN. */
bool stream_has_pending(const struct stream *stream);

/*
 * Whether the other side's certificate is valid for this node. Only after the handshake. If the
 * certificate has any raftd URI (raftd://CLUSTER/NODE-ID) among its names, one of them has to be
 * that of the node. Otherwise a DNS name or IP address in it has to be the host of the address that
 * the configuration has for the node. Always true for a plain stream. On false, *error says what
 * the certificate names and what was wanted.
 */
bool stream_speaks_for(const struct stream *stream, const char *cluster_name, uint16_t node_id,
                       const char *host, struct raftd_error *error);

/* "127.0.0.1:51234", for log lines and CLIENT LIST. */
void stream_peer_text(const struct stream *stream, char *text, size_t size);

#endif
