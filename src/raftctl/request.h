/*
 * One Redis command to the cluster, for the commands of raftctl. Main thread.
 */
#ifndef RAFTD_RAFTCTL_REQUEST_H
#define RAFTD_RAFTCTL_REQUEST_H

#include "raftctl/raftctl.h"
#include "resp/reply.h"

/*
 * Sends the command to the first endpoint that carries it out. The reply is the caller's and no
 * error; NULL: what went wrong has been said, and the exit code is in code. arguments end with
 * NULL. writes: an answer that does not come leaves the outcome unknown.
 */
struct resp_reply *ctl_request(const struct ctl_options *options, const char *name,
                               char **arguments, bool writes, int *code);
/* The same of words that are all the program's own. */
struct resp_reply *ctl_request_words(const struct ctl_options *options, const char *const *words,
                                     bool writes, int *code);

#endif
