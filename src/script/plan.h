/*
 * The inside of running a script (script.h), shared by its files:
 *
 *     plan.c       from what the script does in each state to operations
 *     script.c     from operations to a request
 *     result.c     from the reply to the request to the script's
 *     reentrant.c  the same for reentrant locks, whose replies are the operations' own
 */
#ifndef RAFTD_SCRIPT_PLAN_H
#define RAFTD_SCRIPT_PLAN_H

#include <stdbool.h>

#include "script/script.h"

/* What became of following the script: outcomes by state, and what they come to together. */
struct script_plan {
    struct script_outcome outcomes[SCRIPT_STATES];
    struct script_value token;
    const struct script_action *equal;   /* NULL: nothing is done */
    const struct script_action *missing; /* NULL: nothing is done */
    bool only_expiring;                  /* equal: only where there is a time to live */
    bool unconditional;                  /* equal: whatever the value is */
};

/* What decides which of the script's results is answered. */
enum script_decision {
    BY_SUCCESS, /* whether the one operation took place */
    BY_LOOKING, /* value and time to live, read in the same entry in front of the operations */
};

/* False: this is no script that one operation of the state machine can stand for. */
bool script_plan_make(const struct script_input *input, struct script_plan *plan);
/* Makes the request of a script about reentrant locks. False: it is none. */
bool script_request_reentrant(const struct script_input *input, struct script_request *request);
/* Writes the results of all states, for script_render(). False: one of them cannot be a reply. */
bool script_write_results(const struct script_plan *plan, enum script_decision decision,
                          enum resp_protocol protocol, struct buffer *results);

#endif
