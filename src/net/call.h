/*
 * Questions to a server, asked by a thread that has nothing else to do: look up the name, connect
 * to one of its addresses, shake hands, send the question, read the answer. One deadline covers all
 * of this. Blocking; one thread owns a call. Serves raftctl and a node that joins a cluster; links
 * between nodes do not wait and use streams themselves.
 */
#ifndef RAFTD_NET_CALL_H
#define RAFTD_NET_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "net/stream.h"
#include "net/tls.h"

struct net_call;

struct net_call_options {
    struct tls_context *tls; /* NULL = plain text; outlives the call */
    bool expects_host;       /* TLS: the certificate has to name the host of the address */
    uint32_t timeout_ms;     /* from net_call_open() to the last byte of the answer */
    /* Asked ten times a second while the call waits; true: give up. NULL = never. */
    bool (*is_cancelled)(void *argument);
    void *argument;
};

/*
 * Connects. If the host has several addresses, they are tried in the order of the resolver: the
 * next one as soon as one refuses, or does not answer within its share of the time that is left
 * (the time divided by the number of addresses that are left). Failures, after which nothing was
 * sent; the message names every address that was tried:
 * RAFTD_ERROR_REFUSED      the TLS handshake failed at every address that could be reached
 * RAFTD_ERROR_UNAVAILABLE  the name is unknown, or no address answers
 */
int net_call_open(const struct net_address *address, const struct net_call_options *options,
                  struct net_call **call, struct raftd_error *error);
void net_call_close(struct net_call *call); /* NULL is allowed */

/*
 * Reads from the stream, with stream_read(), what the answer still lacks: 0 = the answer is whole,
 * RAFTD_ERROR_AGAIN as stream_read() gives it, or another negative code, which ends the call.
 */
typedef int net_call_receive(void *argument, struct stream *stream, struct raftd_error *error);

/*
 * Sends the question and waits for the answer. If the whole answer comes before the server took
 * all of the question, that is success: servers refuse a question that is too long in this way.
 * RAFTD_ERROR_TIMEOUT: no whole answer before the deadline. Else a code of stream_read(),
 * stream_write() or receive(). After a failure it is unknown how much the server received, and
 * the call can only be closed.
 */
int net_call_ask(struct net_call *call, const void *question, size_t size,
                 net_call_receive *receive, void *argument, struct raftd_error *error);

/* The next question has the whole of timeout_ms again. */
void net_call_restart(struct net_call *call);
/* For stream_speaks_for() and the like; stays the call's. */
const struct stream *net_call_stream(const struct net_call *call);

#endif
