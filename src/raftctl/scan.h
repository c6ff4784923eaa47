/*
 * Going over keys page by page, with SCAN. Main thread.
 */
#ifndef RAFTD_RAFTCTL_SCAN_H
#define RAFTD_RAFTCTL_SCAN_H

#include "base/bytes.h"
#include "raftctl/request.h"

/* A pattern for SCAN that matches the keys which begin with the prefix. The caller frees the
 * buffer. */
void scan_pattern_of_prefix(struct buffer *pattern, const char *prefix);

/*
 * Calls page() with each page of keys that match the pattern, NULL = all keys: an array of bulk
 * strings, perhaps an empty one. All pages come from one node, because a cursor of SCAN is valid on
 * this node only. Ends early with what page() returns if that is not CTL_OK. page() may send
 * requests in the session. An exit code; the user was told what is wrong.
 */
int scan_keys(const struct ctl_options *options, struct ctl_session *session,
              const struct buffer *pattern,
              int (*page)(void *argument, const struct resp_reply *keys), void *argument);

#endif
