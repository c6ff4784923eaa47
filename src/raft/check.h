/*
 * Checks of the invariants of one core: what is true between two steps, and what no step may
 * change. See check.c.
 */
#ifndef RAFTD_RAFT_CHECK_H
#define RAFTD_RAFT_CHECK_H

#include "raft/core.h"

enum { CHECK_ENTRIES = 32 }; /* so many of the last entries, and of the last committed ones */

/* The state of a core before a step, to be compared with the state after it. */
struct check_before {
    uint64_t now_ms;
    uint64_t term;
    uint16_t vote;
    enum raft_role role;
    uint64_t base_index;
    uint64_t last_index;
    const struct raft_entry *last;
    uint64_t commit_index;
    const struct raft_entry *committed[CHECK_ENTRIES]; /* up to commit_index */
    uint64_t committed_from;                           /* index of the first of them */
    uint64_t shed_index;
    uint64_t membership_index;
    uint64_t promised_until_ms;
    uint64_t written_sequence;
};

void check_take(const struct raft_core *core, struct check_before *before);
/* Compares. NULL, or a sentence that names the rule that the step broke. */
const char *check_step(const struct raft_core *core, const struct check_before *before);
/* NULL, or a sentence that names an invariant that is not true now. The time that this takes does
 * not depend on the length of the log. */
const char *check_state(const struct raft_core *core);

#endif
