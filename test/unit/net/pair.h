/*
 * Both ends of a loopback connection as streams. One thread drives them in a poll loop. Every wait
 * has a limit, after which the test fails.
 */
#ifndef RAFTD_TEST_UNIT_NET_PAIR_H
#define RAFTD_TEST_UNIT_NET_PAIR_H

#include <raftd/error.h>

#include "net/stream.h"
#include "net/tls.h"

/* One end of the connection, and the result of its last call. */
struct end {
    struct stream *stream; /* NULL = the test uses a socket for this end */
    int code;
    struct raftd_error error;
};

struct pair {
    struct end client;
    struct end server;
};

/* A listening socket on a free port of 127.0.0.1. */
int listen_loopback(struct net_address *address);

/* Makes two connected streams, before the handshake. */
void pair_open(struct pair *pair, struct tls_context *client_tls, struct tls_context *server_tls);
void pair_close(struct pair *pair);

/* Makes a server stream whose client is a plain socket, or the other way round. Returns the
 * socket. */
int pair_open_bare_client(struct pair *pair, struct tls_context *server_tls);
int pair_open_bare_server(struct pair *pair, struct tls_context *client_tls);

/* Continues the handshake until both ends have succeeded or failed. The results are in the ends. */
void pair_handshake(struct pair *pair);

/* The handshake, read or write of one end. Waits until it is done; the result is in the end. */
void end_handshake(struct end *end);
ssize_t end_read(struct end *end, void *data, size_t size);
ssize_t end_write(struct end *end, const void *data, size_t size);
void end_write_all(struct end *end, const void *data, size_t size);

/* Waits until the descriptor is ready. The test fails if that takes too long. */
void wait_for(int fd, short events);

/* The last call of the end returned this code, with this text in its message. */
void assert_says(const struct end *end, int code, const char *text);

#endif
