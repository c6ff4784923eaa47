/*
 * One Redis command to the cluster, for the commands of raftctl. Main thread.
 */
#ifndef RAFTD_RAFTCTL_REQUEST_H
#define RAFTD_RAFTCTL_REQUEST_H

#include "raftctl/options.h"
#include "raftctl/raftctl.h"
#include "resp/reply.h"

/* A command that is put together word by word. Zero-initialised is empty. */
struct ctl_request {
    const char **words; /* the array is owned, the words are borrowed */
    size_t *sizes;
    size_t count;
    size_t words_capacity;
    size_t sizes_capacity;
    bool writes; /* whether the command writes: without an answer, its outcome is unknown */
};

void ctl_request_add(struct ctl_request *request, const char *word);
void ctl_request_add_bytes(struct ctl_request *request, const void *data, size_t size);

/* The node that several requests are sent to. Zero-initialised: none is chosen yet. */
struct ctl_session {
    struct endpoint *endpoint;
    const char *name; /* the endpoint's text */
};

/*
 * Sends the request to the first endpoint that carries it out. The next endpoint is asked only if
 * the one before has certainly not carried out the command and will not do so later, so that
 * nothing is done twice. session: NULL, or the request goes to the same node as the session's
 * first one. Frees the request. The reply is the caller's, and no error. NULL: the user was told
 * what is wrong, and *code is the exit code.
 */
struct resp_reply *ctl_request_send(struct ctl_request *request, const struct ctl_options *options,
                                    struct ctl_session *session, int *code);
/* The same of words that end with NULL, without a session. */
struct resp_reply *ctl_request_words(const struct ctl_options *options, const char *const *words,
                                     bool writes, int *code);
void ctl_session_close(struct ctl_session *session);

/* Complains that the reply is of a type that the command never gives; an exit code. */
int ctl_strange_reply(void);

#endif
