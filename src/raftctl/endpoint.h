/*
 * A connection to one node's client port: plain text or TLS, one command at a time, each within
 * options->timeout_ms. One thread owns an endpoint.
 */
#ifndef RAFTD_RAFTCTL_ENDPOINT_H
#define RAFTD_RAFTCTL_ENDPOINT_H

#include "raftctl/raftctl.h"
#include "resp/reply.h"

struct endpoint;

/*
 * Connects and shakes hands. The first command has what is left of options->timeout_ms then, so
 * that one deadline covers both. Failures, after which nothing was sent: RAFTD_ERROR_INVALID (the
 * text is no HOST:PORT), _SYSTEM (the TLS files), _REFUSED (TLS: the certificate of either side),
 * _UNAVAILABLE (no such name, or no answer).
 */
int endpoint_open(const char *text, const struct ctl_options *options, struct endpoint **endpoint,
                  struct raftd_error *error);
void endpoint_close(struct endpoint *endpoint); /* NULL is allowed */

/*
 * One command and its reply, which the caller frees with memory_free(); an error reply is a reply.
 * RAFTD_ERROR_TIMEOUT: the command was sent, perhaps in part, and no answer came.
 * RAFTD_ERROR_PROTOCOL: the answer is not the Redis protocol, or exceeds a limit.
 */
int endpoint_command(struct endpoint *endpoint, size_t count, const char *const *words,
                     const size_t *sizes, struct resp_reply **reply, struct raftd_error *error);
/* The same for words that end with a NUL; the last one is followed by NULL. */
int endpoint_ask(struct endpoint *endpoint, const char *const *words, struct resp_reply **reply,
                 struct raftd_error *error);

/* "raftctl: ENDPOINT: MESSAGE" on standard error, without ENDPOINT where the message names it. */
void endpoint_complain(const char *text, const char *message);

#endif
