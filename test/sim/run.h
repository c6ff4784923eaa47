/*
 * One seed from beginning to end, and what to do with one that fails.
 */
#ifndef RAFTD_TEST_SIM_RUN_H
#define RAFTD_TEST_SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/clients.h"
#include "sim/swarm.h"
#include "sim/world.h"

struct run_result {
    struct sim_failure failure;
    struct swarm swarm;
    uint64_t simulated_us;
    uint64_t steps;
    uint64_t trace_hash;
    uint64_t committed;
    uint64_t terms; /* the last leader's */
    struct clients_figures clients;
    struct seen_counts seen;
};

/* An assertion of the shipped code that fails, or a fault of its memory, is a failure like any
 * other. story: NULL, or where to tell it. */
struct run_result run_seed(uint64_t seed, const struct swarm_wish *wish, FILE *story);

/* As many fault classes off, and as short, as it still fails with the same invariant. */
struct swarm_wish run_shrink(uint64_t seed, const struct swarm_wish *wish,
                             const struct run_result *failed);

/* The command that replays it. */
void run_print_command(FILE *out, uint64_t seed, const struct swarm_wish *wish);
/* The same with everything that was drawn in it, for a line of regressions: the same world even
 * when seeds have come to mean others. */
void run_print_regression(FILE *out, uint64_t seed, const struct swarm_wish *wish);
/* Seed, invariant, step, command, the end of the story, what is left after shrinking. */
void run_report(FILE *out, uint64_t seed, const struct swarm_wish *wish,
                const struct run_result *failed, bool shrink);

#endif
