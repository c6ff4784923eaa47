/*
 * The inside of running a script (script.h), shared by its files:
 *
 *     script_plan.c       from what the script does in each state to operations
 *     script.c            from operations to a request to the node
 *     script_result.c     from the node's answer to the script's
 *     script_reentrant.c  the same for reentrant locks, whose answers are the operations' own
 */
#ifndef RAFTD_SCRIPT_PLAN_H
#define RAFTD_SCRIPT_PLAN_H

#include <stdbool.h>

#include "script/script.h"

struct call;

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
/* A script about reentrant locks. False: it is none. */
bool script_ask_reentrant(struct call *call, const struct script_input *input);
/* Keeps the results of all states with the call until the answer is there. False: one of them
 * cannot be a reply. */
bool script_attach_results(struct call *call, const struct script_plan *plan,
                           enum script_decision decision);

#endif
