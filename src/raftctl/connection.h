/*
 * A connection to one node's client port: plain or TLS, one command at a time, every step within
 * one deadline. One thread owns a connection. hiredis writes and reads the protocol; the socket
 * is our own, so that a time-out covers a whole answer and TLS does not depend on how hiredis
 * was built.
 */
#ifndef RAFTD_RAFTCTL_CONNECTION_H
#define RAFTD_RAFTCTL_CONNECTION_H

#include <hiredis/hiredis.h>

#include "raftctl/raftctl.h"

struct connection;

/*
 * Connects and shakes hands within options->timeout_ms. RAFTD_ERROR_INVALID (the address),
 * _SYSTEM (the TLS files), _REFUSED (TLS: the certificate of either side),
 * _UNAVAILABLE (nobody there, or no answer): nothing was sent.
 */
int connection_open(const char *endpoint, const struct ctl_options *options,
                    struct connection **connection, struct raftd_error *error);
void connection_close(struct connection *connection); /* NULL is allowed */

/*
 * One command and its reply, which the caller frees with freeReplyObject(); an error reply is a
 * reply. Each call has its own options->timeout_ms. RAFTD_ERROR_TIMEOUT: sent, perhaps in part,
 * and no answer came. RAFTD_ERROR_PROTOCOL: the answer is not the Redis protocol.
 */
int connection_command(struct connection *connection, int count, const char **arguments,
                       const size_t *sizes, redisReply **reply, struct raftd_error *error);

#endif
