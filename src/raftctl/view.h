/*
 * What nodes say about themselves: asks endpoints for RAFT STATUS, all at the same time. Each
 * endpoint is asked by a thread of its own, which writes one answer. The main thread waits for the
 * end of these threads before it reads the answers.
 */
#ifndef RAFTD_RAFTCTL_VIEW_H
#define RAFTD_RAFTCTL_VIEW_H

#include "raftctl/fields.h"
#include "raftctl/raftctl.h"

struct ctl_answer {
    char endpoint[CTL_ENDPOINT_MAX];
    struct resp_reply *status; /* owned; see fields.h; NULL = see error */
    struct raftd_error error;  /* what went wrong, without the endpoint */
    bool refused;              /* the node answered, with this error */
};

/* All answers. Zero-initialised is empty. */
struct ctl_view {
    struct ctl_answer answers[2 * CTL_ENDPOINTS_MAX];
    size_t count;
};

/*
 * Asks every endpoint of the options. With options->whole_cluster, then also asks every member
 * that the answers name and that has not answered yet. Takes at most two times options->timeout_ms.
 */
void ctl_view_ask(struct ctl_view *view, const struct ctl_options *options);
void ctl_view_free(struct ctl_view *view);
/*
 * The exit code: of the first endpoint without an answer, CTL_UNREACHABLE, or CTL_LOCAL if the
 * reason is on this side; else CTL_REFUSED if a node answered with an error; else CTL_OK.
 */
int ctl_view_exit(const struct ctl_view *view);
/* Of the answers that call themselves leader, the one of the newest term; NULL = none does. */
const struct ctl_answer *ctl_view_leader(const struct ctl_view *view);

#endif
