/*
 * raftd-sim, the program of the simulator: runs simulated clusters, one seed after another, until
 * one breaks a promise.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/plant.h"
#include "sim/faults_roles.h"
#include "sim/run.h"

enum { AGAIN_EVERY = 100, PLANT_SEEDS = 1000, LINE_BYTES = 4096 };

struct task {
    uint64_t seed;
    uint64_t seeds; /* 0 = as many as fit into the time */
    double seconds; /* 0 = no limit */
    struct swarm_wish wish;
    bool trace;
    bool shrink;
    bool planted;
    bool all_seen;
    bool counters;
    const char *only; /* the bug to plant */
    enum plant found; /* of a regression: the bug that it once found */
    const char *file;
};

/* The sum of what was run so far. */
struct sum {
    uint64_t seeds;
    uint64_t simulated_us;
    uint64_t steps;
    uint64_t operations;
    uint64_t answered;
    uint64_t committed;
    uint64_t again;
    uint64_t hash;
    struct seen_counts seen;
};

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add(struct sum *sum, const struct run_result *result)
{
    sum->seeds++;
    sum->simulated_us += result->simulated_us;
    sum->steps += result->steps;
    sum->operations += result->clients.operations;
    sum->answered += result->clients.answered;
    sum->committed += result->committed;
    seen_add(&sum->seen, &result->seen);
    sum->hash = sim_mix(sum->hash, result->trace_hash);
}

static void print_sum(const struct sum *sum, double seconds)
{
    double busy = (double)clock() / CLOCKS_PER_SEC;
    double hours = (double)sum->simulated_us / 3.6e9;

    printf("%llu seeds, %.2f simulated hours in %.1f s: %.0f times as fast (%.0f by processor "
           "time); %llu steps, %llu "
           "requests, %llu answered, %llu entries committed; %llu seeds run twice; hash %016llx\n",
           (unsigned long long)sum->seeds, hours, seconds, seconds > 0 ? hours * 3600 / seconds : 0,
           busy > 0 ? hours * 3600 / busy : 0, (unsigned long long)sum->steps,
           (unsigned long long)sum->operations, (unsigned long long)sum->answered,
           (unsigned long long)sum->committed, (unsigned long long)sum->again,
           (unsigned long long)sum->hash);
}

/* Runs one seed. Some seeds run twice, and both runs have to be the same up to the last event. */
static bool run_checked(const struct task *task, uint64_t seed, struct sum *sum)
{
    struct run_result result = run_seed(seed, &task->wish, task->trace ? stdout : NULL);

    add(sum, &result);
    if (result.failure.failed) {
        run_report(stdout, seed, &task->wish, &result, task->shrink);
        return false;
    }
    if (seed % AGAIN_EVERY == 0) {
        struct run_result again = run_seed(seed, &task->wish, NULL);

        sum->again++;
        if (again.trace_hash != result.trace_hash || again.steps != result.steps) {
            printf("seed %llu: not deterministic: %llu events with hash %016llx, then %llu with "
                   "%016llx\n",
                   (unsigned long long)seed, (unsigned long long)result.steps,
                   (unsigned long long)result.trace_hash, (unsigned long long)again.steps,
                   (unsigned long long)again.trace_hash);
            return false;
        }
    }
    return true;
}

static int run_seeds(const struct task *task)
{
    double start = now_seconds();
    struct sum sum = {0};
    bool good = true;

    for (uint64_t i = 0; good && (task->seeds == 0 || i < task->seeds); i++) {
        if (task->seconds > 0 && now_seconds() - start > task->seconds) {
            break;
        }
        good = run_checked(task, task->seed + i, &sum);
    }
    print_sum(&sum, now_seconds() - start);
    if (task->file == NULL && (sum.seeds > 1 || task->counters)) {
        seen_print(stdout, &sum.seen);
    }
    if (good && task->all_seen && seen_missing(&sum.seen) > 0) {
        printf("%zu of these never happened: a fault that never strikes tests nothing\n",
               seen_missing(&sum.seen));
        good = false;
    }
    if (task->counters) {
        size_t missing = faults_print_roles(stdout, &sum.seen);

        if (missing > 0) {
            printf("%zu of these pairs never came up: give more seeds, or see why\n", missing);
            good = false;
        }
    }
    return good ? 0 : 1;
}

/* ---- planted bugs ---- */

/* Whether a seed that failed with a bug passes without it. If not, it has found another one, which
 * nobody planted. */
static bool passes_without(const struct task *task, uint64_t seed)
{
    enum plant plant = plant_active;
    struct run_result result;

    plant_active = PLANT_NONE;
    result = run_seed(seed, &task->wish, NULL);
    plant_active = plant;
    if (result.failure.failed) {
        printf("seed %llu fails without a planted bug: %s\n", (unsigned long long)seed,
               result.failure.invariant);
    }
    return !result.failure.failed;
}

/* The number of seeds until the bug is found; 0 = it was not found. */
static uint64_t hunt(const struct task *task, struct run_result *result)
{
    uint64_t seeds = task->seeds != 0 ? task->seeds : PLANT_SEEDS;

    for (uint64_t i = 0; i < seeds; i++) {
        *result = run_seed(task->seed + i, &task->wish, NULL);
        if (result->failure.failed && passes_without(task, task->seed + i)) {
            return i + 1;
        }
    }
    return 0;
}

/* Bugs of the store are found by test/sim/exhaustive, some others by stories or by unit tests. */
static bool is_found_elsewhere(enum plant plant)
{
    return plant_is_of_disks(plant) || plant_is_of_stories(plant) || plant_is_of_units(plant);
}

static int run_planted(const struct task *task)
{
    int missed = 0;

    printf("%-32s %5s  %s\n", "planted bug", "seeds", "invariant that caught it");
    for (int plant = PLANT_NONE + 1; plant < PLANT_COUNT; plant++) {
        struct run_result result = {0};
        uint64_t seeds;

        if (task->only != NULL ? strcmp(task->only, plant_name((enum plant)plant)) != 0
                               : is_found_elsewhere((enum plant)plant)) {
            continue;
        }
        plant_active = (enum plant)plant;
        seeds = hunt(task, &result);
        if (seeds != 0) {
            printf("%-32s %5llu  %s\n", plant_name(plant_active), (unsigned long long)seeds,
                   result.failure.invariant);
        } else {
            printf("%-32s  none  NOT CAUGHT: %s\n", plant_name(plant_active),
                   plant_sentence(plant_active));
            missed++;
        }
        fflush(stdout);
    }
    plant_active = PLANT_NONE;
    return missed > 0 ? 1 : 0;
}

/* ---- options ---- */

static int usage(FILE *out)
{
    fputs("usage: raftd-sim [--seed S] [--seeds N] [--minutes M | --seconds S] [--nodes 1..7]\n"
          "                 [--without CLASS,...] [--until-ms MS] [--trace] [--no-shrink]\n"
          "                 [--all-seen] [--counters] [--only CLASS[:INTERVAL_US:CHANCE],...]\n"
          "                 [--set NUMBER=VALUE,...] [--found NAME]\n"
          "                 [--replay FILE] [--plant NAME] [--planted [NAME]]\n"
          "Fault classes:",
          out);
    for (int i = 0; i < FAULT_CLASSES; i++) {
        fprintf(out, " %s", fault_class_name((enum fault_class)i));
    }
    fputs("\nNumbers:", out);
    for (int i = 0; i < SWARM_NUMBER_COUNT; i++) {
        fprintf(out, " %s", swarm_number_name((enum swarm_number)i));
    }
    fputc('\n', out);
    return 2;
}

static bool read_classes(const char *text, uint64_t *classes)
{
    while (*text != 0) {
        size_t length = strcspn(text, ",");
        enum fault_class fault = fault_class_find(text, length);

        if (fault == FAULT_CLASSES) {
            fprintf(stderr, "raftd-sim: there is no fault class %.*s\n", (int)length, text);
            return false;
        }
        *classes |= UINT64_C(1) << fault;
        text += length + (text[length] == ',');
    }
    return true;
}

/* CLASS or CLASS:INTERVAL_US:CHANCE. */
static bool read_only(const char *text, struct swarm_wish *wish)
{
    wish->is_only = true;
    while (strcmp(text, "none") != 0 && *text != 0) {
        size_t length = strcspn(text, ":,");
        enum fault_class fault = fault_class_find(text, length);
        char *end;

        if (fault == FAULT_CLASSES) {
            fprintf(stderr, "raftd-sim: there is no fault class %.*s\n", (int)length, text);
            return false;
        }
        wish->only |= UINT64_C(1) << fault;
        text += length;
        if (*text == ':') {
            wish->interval_us[fault] = strtoull(text + 1, &end, 10);
            text = end;
        }
        if (*text == ':') {
            wish->chance[fault] = (uint32_t)strtoul(text + 1, &end, 10);
            text = end;
        }
        text += *text == ',';
    }
    return true;
}

static bool read_numbers(const char *text, struct swarm_wish *wish)
{
    while (*text != 0) {
        size_t length = strcspn(text, "=");
        int number = 0;
        char *end;

        while (number < SWARM_NUMBER_COUNT &&
               (strlen(swarm_number_name((enum swarm_number)number)) != length ||
                strncmp(swarm_number_name((enum swarm_number)number), text, length) != 0)) {
            number++;
        }
        if (number == SWARM_NUMBER_COUNT || text[length] != '=') {
            fprintf(stderr, "raftd-sim: there is no number %.*s\n", (int)length, text);
            return false;
        }
        wish->numbers[number] = strtoull(text + length + 1, &end, 10);
        wish->is_set[number] = true;
        text = end + (*end == ',');
    }
    return true;
}

static bool read_plant(const char *name, enum plant *plant)
{
    *plant = plant_find(name);
    if (*plant == PLANT_NONE) {
        fprintf(stderr, "raftd-sim: there is no planted bug %s\n", name);
    }
    return *plant != PLANT_NONE;
}

static bool read_options(struct task *task, int count, char **words)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},     {"seeds", required_argument, NULL, 'n'},
        {"minutes", required_argument, NULL, 'm'},  {"seconds", required_argument, NULL, 'c'},
        {"nodes", required_argument, NULL, 'o'},    {"without", required_argument, NULL, 'w'},
        {"until-ms", required_argument, NULL, 'u'}, {"only", required_argument, NULL, 'l'},
        {"set", required_argument, NULL, 'e'},      {"found", required_argument, NULL, 'f'},
        {"all-seen", no_argument, NULL, 'a'},       {"counters", no_argument, NULL, 'C'},
        {"trace", no_argument, NULL, 't'},          {"replay", required_argument, NULL, 'r'},
        {"no-shrink", no_argument, NULL, 'k'},      {"plant", required_argument, NULL, 'p'},
        {"planted", optional_argument, NULL, 'P'},  {NULL, 0, NULL, 0}};
    int option;

    optind = 0;
    while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            task->seed = strtoull(optarg, NULL, 0);
            break;
        case 'n':
            task->seeds = strtoull(optarg, NULL, 0);
            break;
        case 'm':
            task->seconds = 60 * strtod(optarg, NULL);
            break;
        case 'c':
            task->seconds = strtod(optarg, NULL);
            break;
        case 'o':
            task->wish.nodes = (uint16_t)strtoul(optarg, NULL, 10);
            if (task->wish.nodes < 1 || task->wish.nodes > 7) {
                return false;
            }
            break;
        case 'w':
            if (!read_classes(optarg, &task->wish.without)) {
                return false;
            }
            break;
        case 'u':
            task->wish.faults_us = 1000 * strtoull(optarg, NULL, 0);
            break;
        case 'a':
            task->all_seen = true;
            break;
        case 'C':
            task->counters = true;
            break;
        case 't':
            task->trace = true;
            break;
        case 'r':
            task->file = optarg;
            break;
        case 'k':
            task->shrink = false;
            break;
        case 'p':
            if (!read_plant(optarg, &plant_active)) {
                return false;
            }
            break;
        case 'f':
            if (!read_plant(optarg, &task->found)) {
                return false;
            }
            break;
        case 'l':
            if (!read_only(optarg, &task->wish)) {
                return false;
            }
            break;
        case 'e':
            if (!read_numbers(optarg, &task->wish)) {
                return false;
            }
            break;
        case 'P':
            task->planted = true;
            task->only = optarg;
            break;
        default:
            return false;
        }
    }
    return optind == count;
}

/* ---- files of seeds ---- */

static int run_task(const struct task *task)
{
    return task->planted ? run_planted(task) : run_seeds(task);
}

/* Runs a regression. First with the bug planted again, which has to be found: a line that does not
 * find it any more would guard nothing. Then without it, and no seed may fail. */
static int run_regression(const struct task *task)
{
    struct run_result result;
    uint64_t seeds = 0;

    if (task->found != PLANT_NONE) {
        plant_active = task->found;
        seeds = hunt(task, &result);
        plant_active = PLANT_NONE;
        if (seeds == 0) {
            printf("%s: the bug %s, brought back, is not found by this line any more: give it "
                   "other seeds, or more\n",
                   task->file, plant_name(task->found));
            return 1;
        }
        printf("%s, brought back, is found by %llu of %llu seeds: %s\n", plant_name(task->found),
               (unsigned long long)seeds, (unsigned long long)task->seeds,
               result.failure.invariant);
    }
    return run_task(task);
}

/* The options of one line, with a sentence after '#'. */
static int run_line(const struct task *task, char *line)
{
    struct task one = *task;
    char *words[32] = {NULL};
    int count = 0;
    char name[] = "raftd-sim";

    line[strcspn(line, "#\n")] = 0;
    words[count++] = name;
    for (char *word = strtok(line, " \t"); word != NULL && count < 31; word = strtok(NULL, " \t")) {
        if (strcmp(word, name) != 0) {
            words[count++] = word;
        }
    }
    if (count == 1) {
        return 0;
    }
    one.seeds = 1;
    one.seconds = 0;
    plant_active = PLANT_NONE;
    if (!read_options(&one, count, words)) {
        fprintf(stderr, "raftd-sim: cannot read a line of %s\n", task->file);
        return 2;
    }
    return run_regression(&one);
}

static int run_file(const struct task *task)
{
    FILE *file = fopen(task->file, "r");
    char line[LINE_BYTES];
    int worst = 0;

    if (file == NULL) {
        fprintf(stderr, "raftd-sim: cannot open %s\n", task->file);
        return 2;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        int code = run_line(task, line);

        worst = code > worst ? code : worst;
    }
    fclose(file);
    return worst;
}

int main(int argc, char **argv)
{
    struct task task = {.seed = 1, .seeds = 0, .shrink = true};
    int code;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_options(&task, argc, argv)) {
        return usage(stderr);
    }
    if (task.seeds == 0 && task.seconds <= 0 && !task.planted) {
        task.seeds = 1;
    }
    code = task.file != NULL ? run_file(&task) : run_task(&task);
    if (code != 0) {
        fflush(stdout);
        _exit(code); /* a world in which an assertion failed is not freed */
    }
    return 0;
}
