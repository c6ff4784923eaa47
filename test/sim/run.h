/*
 * Runs one seed from beginning to end, and reports and shrinks a seed that fails.
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
    uint64_t terms; /* greatest term of a leader */
    struct clients_figures clients;
    struct seen_counts seen;
};

/* Runs a seed. A failed assertion of the shipped code, or a fault of its memory, is a failure like
 * others. story: where the story is written; NULL = nowhere. */
struct run_result run_seed(uint64_t seed, const struct swarm_wish *wish, FILE *story);

/* Finds a smaller world with the same failure: fewer fault classes, and a shorter time. */
struct swarm_wish run_shrink(uint64_t seed, const struct swarm_wish *wish,
                             const struct run_result *failed);

/* Prints the command that runs the seed again. */
void run_print_command(FILE *out, uint64_t seed, const struct swarm_wish *wish);
/* Prints a line for the file `regressions`: with everything that was drawn, so that it stays the
 * same world even when seeds mean other worlds. */
void run_print_regression(FILE *out, uint64_t seed, const struct swarm_wish *wish);
/* Prints seed, invariant, step, command, the end of the story, and the shrunk world. */
void run_report(FILE *out, uint64_t seed, const struct swarm_wish *wish,
                const struct run_result *failed, bool shrink);

#endif
