/*
 * What nodes say about themselves: asks endpoints for RAFT STATUS, all at the same time, and
 * finds fields in the answers. The main thread owns everything; each asking thread fills in
 * exactly one answer and is joined before anybody reads it.
 */
#ifndef RAFTD_RAFTCTL_VIEW_H
#define RAFTD_RAFTCTL_VIEW_H

#include "raftctl/fields.h"
#include "raftctl/raftctl.h"

struct ctl_answer {
    char endpoint[CTL_ENDPOINT_MAX];
    struct resp_reply *status; /* a map as a flat array; NULL = see error */
    struct raftd_error error;  /* what went wrong, without the endpoint */
    bool refused;              /* the error is the node's own answer */
};

/* All answers of one call; zero-initialised is empty. */
struct ctl_view {
    struct ctl_answer answers[2 * CTL_ENDPOINTS_MAX];
    size_t count;
};

/*
 * Asks every endpoint of the options; with options->whole_cluster then every member that they
 * name and that has not answered yet. Takes at most a few times options->timeout_ms.
 */
void ctl_view_ask(struct ctl_view *view, const struct ctl_options *options);
void ctl_view_free(struct ctl_view *view);
/* CTL_OK, or of the first endpoint with trouble: CTL_UNREACHABLE if it did not answer, CTL_LOCAL if
 * it could not be asked; CTL_REFUSED if all that is wrong are error answers. */
int ctl_view_exit(const struct ctl_view *view);
/* Of the answers that call themselves leader, the one of the newest term; NULL = none does. */
const struct ctl_answer *ctl_view_leader(const struct ctl_view *view);

#endif
