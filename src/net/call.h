/*
 * Asks a server questions on a thread that may wait: looks up the name, connects to one of its
 * addresses, completes the TLS handshake, sends the question and reads the answer. One deadline
 * covers all of this. One thread owns a call. Used by raftctl and by a node that joins a cluster;
 * connections between nodes must not wait and use streams directly.
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
    bool expects_host;   /* with TLS, the certificate has to be valid for the host of the address */
    uint32_t timeout_ms; /* from net_call_open() to the last byte of the answer */
    /* Called ten times a second while the call waits; true ends the call. NULL = not called. */
    bool (*is_cancelled)(void *argument);
    void *argument;
};

/*
 * Connects. If the host has several addresses, they are tried in the order of the resolver. The
 * next address is tried when one fails or does not answer within its share of the time (the time
 * that is left, divided by the number of addresses that are left). Returns 0; or
 * RAFTD_ERROR_REFUSED if the TLS handshake failed at every address that could be reached; or
 * RAFTD_ERROR_UNAVAILABLE if the name is unknown or no address answers. After a failure nothing was
 * sent, and the message names every address that was tried.
 */
int net_call_open(const struct net_address *address, const struct net_call_options *options,
                  struct net_call **call, struct raftd_error *error);
void net_call_close(struct net_call *call); /* NULL is allowed */

/*
 * Reads the missing part of the answer with stream_read(). Returns 0 if the answer is complete,
 * RAFTD_ERROR_AGAIN if stream_read() returned it, or another negative code, which ends the call.
 */
typedef int net_call_receive(void *argument, struct stream *stream, struct raftd_error *error);

/*
 * Sends the question and waits for the answer. It is a success if the complete answer comes before
 * the question is sent completely: in this way a server refuses a question that is too long.
 * Returns RAFTD_ERROR_TIMEOUT if the answer is not complete before the deadline, or a code of
 * stream_read(), stream_write() or receive(). After a failure it is unknown how much the server has
 * received, and the call can only be closed.
 */
int net_call_ask(struct net_call *call, const void *question, size_t size,
                 net_call_receive *receive, void *argument, struct raftd_error *error);

/* Gives the next question the whole of timeout_ms again. */
void net_call_restart(struct net_call *call);
/* The stream of the call, for example for stream_speaks_for(). The call owns it. */
const struct stream *net_call_stream(const struct net_call *call);

#endif
