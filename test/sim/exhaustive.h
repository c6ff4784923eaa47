/*
 * The exhaustive mode: every scenario of exhaustive_life.h is crashed at every operation of the
 * file system, and every set of what was on its way to the disk is tried as what got there - all
 * of them where they are few, else the ones that differ most and a sample. Each of the disks that
 * can come of it has to boot with everything acknowledged: term, vote, entries; to give the same
 * answer after the power went again at once; and to go on as a log. Where recovery dies in turn,
 * at each of its own operations, the same holds for the one after it.
 */
#ifndef RAFTD_TEST_SIM_EXHAUSTIVE_H
#define RAFTD_TEST_SIM_EXHAUSTIVE_H

#include <stdbool.h>
#include <stdint.h>

struct exhaustive_options {
    bool is_deep;     /* all sets of up to ten things on their way, all fates of up to four */
    uint64_t seed;    /* of the samples, garbage and tears */
    const char *only; /* a scenario's name; NULL: all */
};

struct exhaustive_result {
    uint64_t crash_points; /* operations at which a process died, those of recoveries included */
    uint64_t states;       /* disks that came of it */
    uint64_t boots;
    uint64_t refusals;  /* of damaged disks, which had to */
    uint64_t units_max; /* most that was on its way at once */
    char failure[800];  /* empty: none */
};

/* Stops at the first failure. False: there is one. */
bool exhaustive_run(const struct exhaustive_options *options, struct exhaustive_result *result);

#endif
