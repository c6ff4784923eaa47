/*
 * Two ends of one loopback connection as streams, driven by one thread in a poll loop. Every
 * wait has a limit, after which the test fails.
 */
#ifndef RAFTD_TEST_UNIT_NET_PAIR_H
#define RAFTD_TEST_UNIT_NET_PAIR_H

#include <raftd/error.h>

#include "net/stream.h"
#include "net/tls.h"

/* One end and what its last call said. */
struct end {
    struct stream *stream; /* NULL = not ours: a test plays it on the bare socket */
    int code;
    struct raftd_error error;
};

struct pair {
    struct end client;
    struct end server;
};

/* A listening socket on a free port of 127.0.0.1. */
int listen_loopback(struct net_address *address);

/* Connected streams; no handshake yet. */
void pair_open(struct pair *pair, struct tls_context *client_tls, struct tls_context *server_tls);
void pair_close(struct pair *pair);

/* A server stream whose client is a bare socket, or the other way round. */
int pair_open_bare_client(struct pair *pair, struct tls_context *server_tls);
int pair_open_bare_server(struct pair *pair, struct tls_context *client_tls);

/* Until both ends have succeeded or failed; codes and errors are in the ends. */
void pair_handshake(struct pair *pair);

/* One end's handshake, read or write, waiting as long as it takes; the code is in the end. */
void end_handshake(struct end *end);
ssize_t end_read(struct end *end, void *data, size_t size);
ssize_t end_write(struct end *end, const void *data, size_t size);
void end_write_all(struct end *end, const void *data, size_t size);

/* Waits until the descriptor is ready; fails the test when it takes too long. */
void wait_for(int fd, short events);

/* end->error.message contains the text. */
void assert_says(const struct end *end, int code, const char *text);

#endif
