/*
 * The program of the exhaustive mode. exhaustive [--deep] [--seed N] [--only SCENARIO] [--plant
 * NAME]: crashes the log everywhere and prints how much was tried. exhaustive --planted: tries each
 * planted bug of the store, and prints what found it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/plant.h"
#include "sim/exhaustive.h"
#include "sys/log.h"

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(const struct exhaustive_options *options)
{
    struct exhaustive_result result;
    double begin = seconds();
    bool good = exhaustive_run(options, &result);

    printf("%lu crash points, %lu states of the disk, %lu boots, %lu damages refused, up to %lu "
           "things on their way, %.1f s\n",
           (unsigned long)result.crash_points, (unsigned long)result.states,
           (unsigned long)result.boots, (unsigned long)result.refusals,
           (unsigned long)result.units_max, seconds() - begin);
    if (!good) {
        printf("FAILED: %s\n", result.failure);
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* In a process of its own, because a planted bug may end in a failed assertion. */
static bool is_caught(const struct exhaustive_options *options, enum plant plant)
{
    int status = 0;
    pid_t child;

    printf("%-32s ", plant_name(plant));
    fflush(stdout);
    child = fork();
    if (child == 0) {
        struct exhaustive_result result;
        bool good;

        plant_active = plant;
        good = exhaustive_run(options, &result);
        if (good) {
            printf("NOT CAUGHT in %lu states\n", (unsigned long)result.states);
        } else {
            printf("%8lu  %.140s\n", (unsigned long)result.states, result.failure);
        }
        fflush(stdout);
        _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        printf("cannot run it\n");
        return false;
    }
    if (WIFSIGNALED(status)) {
        printf("          an assertion of the log\n");
    }
    return WIFSIGNALED(status) || WEXITSTATUS(status) == EXIT_FAILURE;
}

static int run_planted(const struct exhaustive_options *options)
{
    int missed = 0;

    printf("%-32s %8s  %s\n", "planted bug", "states", "caught by");
    for (int plant = PLANT_NONE + 1; plant < PLANT_COUNT; plant++) {
        if (plant_is_of_disks((enum plant)plant)) {
            missed += !is_caught(options, (enum plant)plant);
        }
    }
    printf("%d not caught\n", missed);
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(void)
{
    fprintf(stderr, "usage: exhaustive [--deep] [--seed N] [--only SCENARIO] [--plant NAME]\n"
                    "       exhaustive --planted [--deep]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct exhaustive_options options = {.seed = 1};
    bool is_planted = false;

    log_configure(LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;

        if (strcmp(argv[i], "--deep") == 0) {
            options.is_deep = true;
        } else if (strcmp(argv[i], "--planted") == 0) {
            is_planted = true;
        } else if (strcmp(argv[i], "--seed") == 0 && has_value) {
            options.seed = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--only") == 0 && has_value) {
            options.only = argv[++i];
        } else if (strcmp(argv[i], "--plant") == 0 && has_value) {
            plant_active = plant_find(argv[++i]);
        } else {
            return usage();
        }
    }
    return is_planted ? run_planted(&options) : run(&options);
}
