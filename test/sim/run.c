/*
 * Runs seeds; see run.h. A failed assertion of the shipped code calls abort(), which is caught
 * here; the world is then left as it is.
 */
#include "sim/run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/plant.h"
#include "sim/host.h"
#include "sim/truth.h"

static sigjmp_buf escape;
static struct world *volatile running;

static void on_signal(int number)
{
    siglongjmp(escape, number);
}

static void set_handlers(void (*handler)(int))
{
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NODEFER};

    sigaction(SIGABRT, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
}

static void read_result(struct run_result *result, const struct world *world)
{
    result->failure = world->failure;
    result->simulated_us = world->now_us;
    result->steps = world->step;
    result->trace_hash = world->trace_hash;
    result->committed = truth_committed(world);
    result->clients = clients_get_figures(world);
    result->seen = world->seen;
    host_see_disks(world, &result->seen);
}

struct run_result run_seed(uint64_t seed, const struct swarm_wish *wish, FILE *story)
{
    static struct run_result result;
    int number;

    result = (struct run_result){.swarm = swarm_draw(seed, wish)};
    running = NULL;
    set_handlers(on_signal);
    number = sigsetjmp(escape, 1);
    if (number == 0) {
        running = world_create(&result.swarm, story);
        world_run(running);
        read_result(&result, running);
        world_destroy(running);
    } else if (running != NULL) {
        world_fail(running, number == SIGABRT ? "assertion" : "memory fault",
                   "the shipped code ended the process");
        read_result(&result, running);
    } else {
        result.failure.failed = true;
        snprintf(result.failure.invariant, sizeof(result.failure.invariant), "assertion");
    }
    sim_log = NULL;
    set_handlers(SIG_DFL);
    return result;
}

void run_print_command(FILE *out, uint64_t seed, const struct swarm_wish *wish)
{
    const char *separator = " --without ";

    fprintf(out, "raftd-sim --seed %llu", (unsigned long long)seed);
    if (plant_active != PLANT_NONE) {
        fprintf(out, " --plant %s", plant_name(plant_active));
    }
    if (wish->nodes != 0) {
        fprintf(out, " --nodes %u", wish->nodes);
    }
    if (wish->faults_us != 0) {
        fprintf(out, " --until-ms %llu", (unsigned long long)(wish->faults_us / 1000));
    }
    for (int i = 0; i < FAULT_CLASSES; i++) {
        if ((wish->without >> i & 1) != 0) {
            fprintf(out, "%s%s", separator, fault_class_name((enum fault_class)i));
            separator = ",";
        }
    }
    fputc('\n', out);
}

void run_print_regression(FILE *out, uint64_t seed, const struct swarm_wish *wish)
{
    const struct swarm swarm = swarm_draw(seed, wish);
    const char *separator = "";

    fprintf(out, "--seed %llu --until-ms %llu --only ", (unsigned long long)seed,
            (unsigned long long)(swarm.faults_us / 1000));
    for (int i = 0; i < FAULT_CLASSES; i++) {
        if (swarm_has(&swarm, (enum fault_class)i)) {
            fprintf(out, "%s%s:%llu:%u", separator, fault_class_name((enum fault_class)i),
                    (unsigned long long)swarm.interval_us[i], swarm.chance[i]);
            separator = ",";
        }
    }
    fprintf(out, "%s --set ", *separator == 0 ? "none" : "");
    for (int i = 0; i < SWARM_NUMBER_COUNT; i++) {
        fprintf(out, "%s%s=%llu", i == 0 ? "" : ",", swarm_number_name((enum swarm_number)i),
                (unsigned long long)swarm_get_number(&swarm, (enum swarm_number)i));
    }
    fputc('\n', out);
}

/* ---- stories ---- */

/* Runs the seed once more and prints the last `lines` lines of its story. */
static void tell_end(FILE *out, uint64_t seed, const struct swarm_wish *wish, size_t lines)
{
    char *text = NULL;
    size_t size = 0;
    FILE *story = open_memstream(&text, &size);
    size_t from;

    if (story == NULL) {
        return;
    }
    run_seed(seed, wish, story);
    fclose(story);
    from = size;
    for (size_t found = 0; from > 0 && found <= lines; from--) {
        found += text[from - 1] == '\n';
        if (found > lines) {
            break;
        }
    }
    fwrite(text + from, 1, size - from, out);
    free(text);
}

static void print_conditions(FILE *out, const struct swarm *swarm)
{
    fprintf(out, "  %u nodes, %u clients, heartbeat %u ms, election time-out %u ms; faults:",
            swarm->nodes, swarm->clients, swarm->heartbeat_ms, swarm->election_timeout_ms);
    for (int i = 0; i < FAULT_CLASSES; i++) {
        if (swarm_has(swarm, (enum fault_class)i)) {
            fprintf(out, " %s", fault_class_name((enum fault_class)i));
        }
    }
    fputc('\n', out);
}

void run_report(FILE *out, uint64_t seed, const struct swarm_wish *wish,
                const struct run_result *failed, bool shrink)
{
    enum { STORY_LINES = 60 };
    const struct sim_failure *failure = &failed->failure;
    struct swarm_wish small = *wish;

    fprintf(out, "seed %llu: %s: %s\n  step %llu, %llu.%06llu s\n", (unsigned long long)seed,
            failure->invariant, failure->text, (unsigned long long)failure->step,
            (unsigned long long)(failure->at_us / 1000000),
            (unsigned long long)(failure->at_us % 1000000));
    print_conditions(out, &failed->swarm);
    fprintf(out, "  replay: ");
    run_print_command(out, seed, wish);
    if (shrink) {
        struct swarm left;

        small = run_shrink(seed, wish, failed);
        left = swarm_draw(seed, &small);
        fprintf(out, "shrunk; what is left:\n");
        print_conditions(out, &left);
        fprintf(out, "  replay: ");
        run_print_command(out, seed, &small);
    }
    fprintf(out, "  for test/sim/regressions: ");
    run_print_regression(out, seed, &small);
    fprintf(out, "the end of its story:\n");
    tell_end(out, seed, &small, STORY_LINES);
}

/* ---- shrinking ---- */

static bool still_fails(uint64_t seed, const struct swarm_wish *wish, const char *invariant,
                        struct run_result *result)
{
    *result = run_seed(seed, wish, NULL);
    return result->failure.failed && strcmp(result->failure.invariant, invariant) == 0;
}

/* First tries to switch off whole classes, then to begin the calm earlier. */
struct swarm_wish run_shrink(uint64_t seed, const struct swarm_wish *wish,
                             const struct run_result *failed)
{
    char invariant[sizeof(failed->failure.invariant)];
    struct swarm_wish best = *wish;
    struct run_result result = *failed;
    uint64_t low = 0;
    uint64_t high;

    memcpy(invariant, failed->failure.invariant, sizeof(invariant));
    for (int i = 0; i < FAULT_CLASSES; i++) {
        struct swarm_wish attempt = best;

        attempt.without |= UINT64_C(1) << i;
        if (swarm_has(&result.swarm, (enum fault_class)i) &&
            still_fails(seed, &attempt, invariant, &result)) {
            best = attempt;
        }
    }
    still_fails(seed, &best, invariant, &result);
    high = result.failure.at_us + 1000;
    while (high - low > 10000) {
        struct swarm_wish attempt = best;

        attempt.faults_us = low + (high - low) / 2;
        if (still_fails(seed, &attempt, invariant, &result)) {
            best = attempt;
            high = attempt.faults_us;
        } else {
            low = attempt.faults_us;
        }
    }
    return best;
}
