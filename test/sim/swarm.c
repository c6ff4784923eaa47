/*
 * Draws the conditions of a world; see swarm.h.
 */
#include "sim/swarm.h"

#include <string.h>

#include "sim/random.h"

enum { LATE_MEMORY = 1000, LATE_ROT = 1500, LATE_LEASE = 1501 }; /* not numbers of a fault class */

static const char *const names[FAULT_CLASSES] = {
    [FAULT_DELAY] = "delay",
    [FAULT_LOSS] = "loss",
    [FAULT_DUPLICATE] = "duplicate",
    [FAULT_REORDER] = "reorder",
    [FAULT_REPLAY] = "replay",
    [FAULT_ONE_WAY] = "one-way",
    [FAULT_PARTITION] = "partition",
    [FAULT_TOPOLOGY] = "topology",
    [FAULT_CLOG] = "clog",
    [FAULT_RESET] = "reset",
    [FAULT_CRASH] = "crash",
    [FAULT_CRASH_ALL] = "crash-all",
    [FAULT_POWER] = "power",
    [FAULT_STALL] = "stall",
    [FAULT_DISK_ERROR] = "disk-error",
    [FAULT_DISK_FULL] = "disk-full",
    [FAULT_DRIFT] = "drift",
    [FAULT_WALL_STEP] = "wall-step",
    [FAULT_PAUSE] = "pause",
    [FAULT_WIPE] = "wipe",
    [FAULT_CHURN] = "churn",
    [FAULT_HANDOVER] = "handover",
    [FAULT_MINORITY] = "minority",
    [FAULT_BUGGIFY] = "buggify",
    [FAULT_DAMAGE] = "damage",
    [FAULT_DISASTER] = "disaster",
    [FAULT_STOP] = "stop",
    [FAULT_SERVICE] = "service",
    [FAULT_SUSPEND] = "suspend",
    [FAULT_FULL] = "full",
    [FAULT_ROT] = "rot",
    [FAULT_SET_BACK] = "set-back",
    [FAULT_FORMER] = "former",
    [FAULT_LATE_HELLO] = "late-hello",
    [FAULT_TWIN] = "twin",
};

const char *fault_class_name(enum fault_class fault)
{
    return names[fault];
}

enum fault_class fault_class_find(const char *name, size_t length)
{
    for (int i = 0; i < FAULT_CLASSES; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0) {
            return (enum fault_class)i;
        }
    }
    return FAULT_CLASSES;
}

bool swarm_has(const struct swarm *swarm, enum fault_class fault)
{
    return (swarm->classes >> fault & 1) != 0;
}

/* Draws the exponent, so that small and odd numbers are as frequent as large ones. */
static uint32_t draw_scale(struct sim_random *random, uint32_t low, uint32_t high)
{
    uint64_t value = low;
    uint32_t steps = 0;

    while (value << 1 <= high) {
        value <<= 1;
        steps++;
    }
    value = (uint64_t)low << sim_random_below(random, steps + 1);
    return (uint32_t)sim_random_between(random, value, value * 2 < high ? value * 2 : high);
}

static uint16_t draw_nodes(struct sim_random *random)
{
    static const uint16_t nodes[] = {1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5, 6, 7};

    return nodes[sim_random_below(random, sizeof(nodes) / sizeof(nodes[0]))];
}

static void draw_faults(struct swarm *swarm, struct sim_random *random)
{
    for (int i = 0; i < FAULT_CLASSES; i++) {
        /* These classes have streams of their own: they were added when seeds already had a
         * meaning. */
        struct sim_random late = sim_random_make(sim_mix(swarm->seed, (uint64_t)i));
        struct sim_random *from = i >= FAULT_DAMAGE ? &late : random;

        /* If a majority is lost, little is left to be tested, so it is rare. */
        if (sim_random_below(from, i == FAULT_DISASTER ? 16 : 2) == 0) {
            swarm->classes |= UINT64_C(1) << i;
        }
        swarm->interval_us[i] = 1000 * (uint64_t)draw_scale(from, 1000, 16000);
        swarm->chance[i] = draw_scale(from, 1000, 60000);
    }
    swarm->interval_us[FAULT_CRASH_ALL] *= 2;
    swarm->interval_us[FAULT_WIPE] *= 4;
    swarm->interval_us[FAULT_DISASTER] *= 4;
    swarm->interval_us[FAULT_FORMER] *= 4;
    swarm->interval_us[FAULT_TWIN] /= 2;
    swarm->interval_us[FAULT_SET_BACK] /= 2;
    swarm->chance[FAULT_DELAY] /= 4;
    swarm->chance[FAULT_LATE_HELLO] *= 8;
}

static void draw_core(struct swarm *swarm, struct sim_random *random)
{
    swarm->heartbeat_ms = draw_scale(random, 20, 160);
    swarm->election_timeout_ms = swarm->heartbeat_ms * (uint32_t)sim_random_between(random, 5, 12);
    swarm->max_batch_bytes = draw_scale(random, 128, 65536);
    swarm->max_inflight_messages = draw_scale(random, 1, 64);
    swarm->max_inflight_bytes = draw_scale(random, 256, 1 << 20);
    swarm->max_uncommitted_bytes = draw_scale(random, 4096, 1 << 20);
    swarm->request_timeout_ms =
        swarm->election_timeout_ms * (uint32_t)sim_random_between(random, 2, 6);
    swarm->snapshot_every = sim_random_below(random, 4) == 0 ? 0 : draw_scale(random, 1, 50);
    swarm->snapshot_tail =
        sim_random_below(random, 2) == 0 ? 0 : (uint32_t)sim_random_below(random, 20);
    swarm->snapshots_kept = (uint32_t)sim_random_between(random, 1, 3);
    swarm->disk_stall_ms = sim_random_below(random, 2) == 0 ? 0 : swarm->election_timeout_ms;
    swarm->levels = sim_random_below(random, 2) == 0;
    swarm->priorities = sim_random_below(random, 4) == 0;
    swarm->segment_bytes = 4096 * draw_scale(random, 2, 32);
}

static void draw_pace(struct swarm *swarm, struct sim_random *random)
{
    /* A round trip and a sync take much less than a heartbeat, as an administrator would configure
     * it. */
    swarm->delay_min_us = draw_scale(random, 50, swarm->heartbeat_ms * 50);
    swarm->delay_max_us = swarm->delay_min_us * (uint32_t)sim_random_between(random, 1, 4);
    swarm->sync_min_us = draw_scale(random, 20, swarm->heartbeat_ms * 50);
    swarm->sync_max_us = swarm->sync_min_us * (uint32_t)sim_random_between(random, 1, 4);
    swarm->clients = (uint16_t)sim_random_between(random, 1, 8);
    swarm->think_us = draw_scale(random, 10000, 320000);
    swarm->keys = (uint16_t)sim_random_between(random, 1, 12);
    swarm->value_bytes_max = draw_scale(random, 4, 512);
    swarm->write_percent = (uint32_t)sim_random_between(random, 20, 90);
    swarm->digest_every = draw_scale(random, 1, 16);
}

enum { LARGE_BYTES_MAX = 64 << 10 };

/* What was added when seeds already had a meaning has a stream of its own. */
static void draw_width(struct swarm *swarm)
{
    struct sim_random random = sim_random_make(sim_mix(swarm->seed, 2000));

    swarm->unequal = sim_random_below(&random, 2) == 0;
    swarm->bandwidth = sim_random_below(&random, 3) == 0 ? draw_scale(&random, 40, 4000) : 0;
    swarm->queue_bytes = draw_scale(&random, 4096, 1 << 20);
    if (swarm->bandwidth != 0) {
        /* On the wire for up to three election time-outs. */
        uint64_t bytes = (uint64_t)swarm->bandwidth * swarm->election_timeout_ms *
                         sim_random_between(&random, 20, 300) / 100;

        swarm->large_bytes = bytes < LARGE_BYTES_MAX ? (uint32_t)bytes : LARGE_BYTES_MAX;
    } else if (sim_random_below(&random, 8) == 0) {
        swarm->large_bytes = draw_scale(&random, 1024, LARGE_BYTES_MAX);
    }
    swarm->unbound = sim_random_below(&random, 4) == 0;
}

enum {
    HUGE_WORLDS = 64,    /* one in so many has huge values */
    HUGE_SUM = 96 << 20, /* bytes of all huge values that are written while faults strike */
    MEGABIT = 125,       /* bytes in a millisecond, of the slowest link that carries them */
};

/* All bytes of huge values are real, so what handles all data is done less often. In most of these
 * worlds nobody asks for another leader, so that the leader has to stay. */
static void draw_huge(struct swarm *swarm)
{
    struct sim_random random = sim_random_make(sim_mix(swarm->seed, 2001));

    if (sim_random_below(&random, HUGE_WORLDS) != 0) {
        return;
    }
    swarm->huge_bytes = draw_scale(&random, 1 << 20, 64 << 20);
    swarm->huge_count = (uint32_t)sim_random_between(&random, 1, 3);
    if (swarm->huge_count > HUGE_SUM / swarm->huge_bytes) {
        swarm->huge_count = HUGE_SUM / swarm->huge_bytes;
    }
    if (swarm->bandwidth == 0) {
        swarm->bandwidth = draw_scale(&random, MEGABIT, 4000);
    } else if (swarm->bandwidth < MEGABIT) {
        swarm->bandwidth = MEGABIT;
    }
    if (swarm->snapshot_every > 0 && swarm->snapshot_every < 200) {
        swarm->snapshot_every = 200;
    }
    swarm->digest_every = 500;
    if (sim_random_below(&random, 4) != 0) {
        swarm->priorities = false;
        swarm->unequal = false;
        swarm->classes &= ~((uint64_t)1 << FAULT_CHURN | (uint64_t)1 << FAULT_MINORITY);
    }
}

/* ---- numbers by name ---- */

const char *swarm_number_name(enum swarm_number number)
{
#define NUMBER_NAME(field, name) [SWARM_NUMBER_##field] = name,
    static const char *const number_names[SWARM_NUMBER_COUNT] = {SWARM_NUMBERS(NUMBER_NAME)};
#undef NUMBER_NAME

    return number_names[number];
}

uint64_t swarm_get_number(const struct swarm *swarm, enum swarm_number number)
{
#define NUMBER_VALUE(field, name) [SWARM_NUMBER_##field] = swarm->field,
    const uint64_t values[SWARM_NUMBER_COUNT] = {SWARM_NUMBERS(NUMBER_VALUE)};
#undef NUMBER_VALUE

    return values[number];
}

static void obey(struct swarm *swarm, const struct swarm_wish *wish)
{
#define NUMBER_SET(field, name)                                                                    \
    if (wish->is_set[SWARM_NUMBER_##field]) {                                                      \
        swarm->field = (__typeof__(swarm->field))wish->numbers[SWARM_NUMBER_##field];              \
    }
    SWARM_NUMBERS(NUMBER_SET)
#undef NUMBER_SET
    if (wish->is_only) {
        swarm->classes = wish->only;
    }
    for (int i = 0; i < FAULT_CLASSES; i++) {
        if (wish->interval_us[i] != 0) {
            swarm->interval_us[i] = wish->interval_us[i];
        }
        if (wish->chance[i] != 0) {
            swarm->chance[i] = wish->chance[i];
        }
    }
}

/* From a stream of its own: it was added when seeds already had a meaning. */
static void draw_memory(struct swarm *swarm)
{
    struct sim_random late = sim_random_make(sim_mix(swarm->seed, LATE_MEMORY));

    swarm->asks = sim_random_below(&late, 2) == 0;
    swarm->log_memory_bytes = sim_random_below(&late, 2) == 0 ? 0 : draw_scale(&late, 256, 16384);
}

/* A part of the worlds whose logs rot have what it takes to notice: values that the log in memory
 * gives up, little memory, and seldom a snapshot. */
static void draw_rot(struct swarm *swarm)
{
    struct sim_random late = sim_random_make(sim_mix(swarm->seed, LATE_ROT));

    if (swarm_has(swarm, FAULT_ROT) && sim_random_below(&late, 2) == 0) {
        swarm->log_memory_bytes = draw_scale(&late, 256, 4096);
        swarm->value_bytes_max = 512;
        swarm->write_percent = (uint32_t)sim_random_between(&late, 60, 90);
        swarm->snapshot_every = sim_random_below(&late, 3) == 0 ? 0 : draw_scale(&late, 50, 800);
        swarm->interval_us[FAULT_ROT] /= 4;
    }
}

/* A part of the worlds with reads by lease have what it takes to notice that a lease is too long:
 * leaders that are not heard and hear late, soon again and again, and many who read what others
 * write. */
static void draw_lease(struct swarm *swarm)
{
    struct sim_random late = sim_random_make(sim_mix(swarm->seed, LATE_LEASE));

    if (swarm->levels && swarm_has(swarm, FAULT_CLOG) && sim_random_below(&late, 2) == 0) {
        swarm->interval_us[FAULT_CLOG] = 1000 * (uint64_t)draw_scale(&late, 500, 2000);
        swarm->classes &= ~(UINT64_C(1) << FAULT_HANDOVER); /* it ends the leases of a term */
        swarm->unequal = false;
        swarm->clients = 8;
        swarm->keys = (uint16_t)sim_random_between(&late, 1, 3);
        swarm->think_us = draw_scale(&late, 10000, 40000);
        swarm->write_percent = (uint32_t)sim_random_between(&late, 30, 60);
    }
}

struct swarm swarm_draw(uint64_t seed, const struct swarm_wish *wish)
{
    struct sim_random random = sim_random_make(seed);
    struct swarm swarm = {.seed = seed};

    swarm.nodes = draw_nodes(&random);
    swarm.faults_us = 1000000 * sim_random_between(&random, 10, 60);
    draw_faults(&swarm, &random);
    draw_core(&swarm, &random);
    draw_pace(&swarm, &random);
    draw_width(&swarm);
    draw_memory(&swarm);
    draw_rot(&swarm);
    draw_lease(&swarm);
    draw_huge(&swarm);
    if (wish->nodes != 0) {
        swarm.nodes = wish->nodes;
    }
    if (wish->faults_us != 0) {
        swarm.faults_us = wish->faults_us;
    }
    obey(&swarm, wish);
    swarm.classes &= ~wish->without;
    return swarm;
}
