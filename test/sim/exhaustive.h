/*
 * The exhaustive mode. Every scenario of exhaustive_life.h is crashed at every operation of the
 * file system. For each crash, every set of what was under way to the disk is tried as what reached
 * it: all sets if they are few, else those that differ most, and a sample. Each disk that can
 * result has to recover with everything that was acknowledged (term, vote, entries), to recover the
 * same after another power cut at once, and to take new entries. If the recovery itself is crashed,
 * at each of its operations, the same has to be true for the next recovery.
 */
#ifndef RAFTD_TEST_SIM_EXHAUSTIVE_H
#define RAFTD_TEST_SIM_EXHAUSTIVE_H

#include <stdbool.h>
#include <stdint.h>

struct exhaustive_options {
    bool is_deep;     /* tries all sets of up to ten things, and all fates of up to four */
    uint64_t seed;    /* for samples, garbage and torn sectors */
    const char *only; /* name of a scenario; NULL = all */
};

struct exhaustive_result {
    uint64_t crash_points; /* operations at which a process was ended, also in recoveries */
    uint64_t states;       /* different disks that resulted */
    uint64_t boots;
    uint64_t refusals;  /* recoveries that had to refuse a damaged disk, and did */
    uint64_t units_max; /* greatest number of things that were under way at once */
    char failure[800];  /* "" = none */
};

/* Stops at the first failure. False = there was one. */
bool exhaustive_run(const struct exhaustive_options *options, struct exhaustive_result *result);

#endif
