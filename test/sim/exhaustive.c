/*
 * The exhaustive mode: the points of the crashes, the sets of what reached the disk, and the checks
 * of what recovers. See exhaustive.h.
 */
#include "sim/exhaustive.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/exhaustive_life.h"
#include "sim/fs_damage.h"

enum { UNITS_MAX = 4096 };

/* How much is tried. A unit is a sector, a size or a name that was under way. */
struct effort {
    size_t all_subsets; /* up to so many units, every set of those that reach the disk */
    size_t all_fates;   /* up to so many units, every combination of fates */
    size_t samples;     /* for more units: so many random sets, besides the systematic ones */
    size_t units;       /* the systematic ones take each unit, or so many of them */
};

static const struct effort bounded = {.all_subsets = 5, .all_fates = 2, .samples = 6, .units = 48};
static const struct effort deep = {.all_subsets = 10, .all_fates = 4, .samples = 200, .units = 256};
static const struct effort of_recovery = {
    .all_subsets = 3, .all_fates = 1, .samples = 2, .units = 12};
static const struct effort of_deep_recovery = {
    .all_subsets = 6, .all_fates = 2, .samples = 12, .units = 48};

/* The state of one search. */
struct search {
    const struct exhaustive_options *options;
    struct exhaustive_result *result;
    const struct life_scenario *scenario;
    struct sim_random random;
    uint32_t sector_bytes;
    uint64_t at;          /* the operation at which the process was ended */
    uint64_t recovery_at; /* the same for the recovery after it; 0 = it was not ended */
};

/* A process was ended on this disk; these promises have to be kept. */
typedef bool state_function(struct search *search, struct fs_memory *memory,
                            const struct life_promise *promise);

static bool __attribute__((format(printf, 3, 4)))
fail(struct search *search, struct fs_memory *memory, const char *format, ...)
{
    char what[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    snprintf(search->result->failure, sizeof(search->result->failure),
             "%s, sectors of %u, died at operation %lu%s%.0lu: %s", search->scenario->name,
             search->sector_bytes, (unsigned long)search->at,
             search->recovery_at > 0 ? ", its recovery at " : "",
             (unsigned long)search->recovery_at, what);
    fs_memory_destroy(memory);
    return false;
}

/* What recovers. */

/* Consumes the disk. Recovers, cuts the power at once, and recovers the same again: what a recovery
 * has found is durable. Then the log takes new entries. */
static bool check_boots(struct search *search, struct fs_memory *memory,
                        const struct life_promise *promise)
{
    static const struct life_step more = {.append_count = 1, .entry_bytes = 100};
    struct raftd_error error = {0};
    struct life_promise found = {.segment_bytes = promise->segment_bytes};
    struct wal *wal;

    search->result->states++;
    search->result->boots += 3;
    if (life_recover(memory, promise, &wal, &found.acknowledged, &error) != 0) {
        return fail(search, memory, "the next start failed: %s", error.message);
    }
    fs_memory_die(memory);
    wal_close(wal);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    found.attempted = found.acknowledged;
    if (life_recover(memory, &found, &wal, &found.acknowledged, &error) != 0) {
        return fail(search, memory, "what a recovery gave was not durable: %s", error.message);
    }
    for (int i = 0; i < 4; i++) {
        if (!life_append(wal, &found.acknowledged, &more, &error)) {
            return fail(search, memory, "the log takes no more: %s", error.message);
        }
    }
    fs_memory_die(memory);
    wal_close(wal);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    found.attempted = found.acknowledged;
    if (life_recover(memory, &found, &wal, &found.acknowledged, &error) != 0) {
        return fail(search, memory, "after the next appends: %s", error.message);
    }
    wal_close(wal);
    fs_memory_destroy(memory);
    return true;
}

/* Sets of what reached the disk. */

static bool try_fates(struct search *search, const struct fs_memory *dead,
                      const struct life_promise *promise, const uint8_t *fates, size_t count,
                      state_function *check)
{
    struct fs_memory *memory = fs_memory_copy(dead, sim_random_next(&search->random));

    fs_memory_crash(memory, fates, count);
    return check(search, memory, promise);
}

/* Every combination of the first `kinds` fates. */
static bool try_all(struct search *search, const struct fs_memory *dead,
                    const struct life_promise *promise, size_t count, uint8_t kinds,
                    state_function *check)
{
    uint8_t fates[UNITS_MAX] = {0};
    size_t at = 0;

    do {
        if (!try_fates(search, dead, promise, fates, count, check)) {
            return false;
        }
        for (at = 0; at < count && ++fates[at] == kinds; at++) {
            fates[at] = 0;
        }
    } while (at < count);
    return true;
}

/* One unit, or all units from one on, have this fate; all others have that one. */
static bool try_one(struct search *search, const struct fs_memory *dead,
                    const struct life_promise *promise, size_t count, size_t from, size_t to,
                    enum fs_fate fate, enum fs_fate others, state_function *check)
{
    uint8_t fates[UNITS_MAX];

    memset(fates, (int)others, count);
    memset(fates + from, (int)fate, to - from);
    return try_fates(search, dead, promise, fates, count, check);
}

/* Single units, all but one, the first ones, the last ones; and each unit destroyed, among old ones
 * and among new ones. */
static bool try_systematic(struct search *search, const struct fs_memory *dead,
                           const struct life_promise *promise, size_t count,
                           const struct effort *effort, state_function *check)
{
    size_t stride = count / effort->units + 1;
    bool has_subsets = count <= effort->all_subsets;

    for (size_t i = 0; i < count; i += stride) {
        for (int fate = FS_FATE_ZERO; fate <= FS_FATE_TORN; fate++) {
            if (!try_one(search, dead, promise, count, i, i + 1, (enum fs_fate)fate, FS_FATE_OLD,
                         check) ||
                !try_one(search, dead, promise, count, i, i + 1, (enum fs_fate)fate, FS_FATE_NEW,
                         check)) {
                return false;
            }
        }
        if (has_subsets) {
            continue;
        }
        if (!try_one(search, dead, promise, count, i, i + 1, FS_FATE_NEW, FS_FATE_OLD, check) ||
            !try_one(search, dead, promise, count, i, i + 1, FS_FATE_OLD, FS_FATE_NEW, check) ||
            !try_one(search, dead, promise, count, 0, i, FS_FATE_NEW, FS_FATE_OLD, check) ||
            !try_one(search, dead, promise, count, i, count, FS_FATE_NEW, FS_FATE_OLD, check)) {
            return false;
        }
    }
    return true;
}

static bool try_samples(struct search *search, const struct fs_memory *dead,
                        const struct life_promise *promise, size_t count, size_t samples,
                        state_function *check)
{
    uint8_t fates[UNITS_MAX];

    for (size_t sample = 0; sample < samples; sample++) {
        for (size_t i = 0; i < count; i++) {
            fates[i] = (uint8_t)(sim_random_below(&search->random, 4) == 0
                                     ? sim_random_below(&search->random, FS_FATE_TORN + 1)
                                     : sim_random_below(&search->random, FS_FATE_NEW + 1));
        }
        if (!try_fates(search, dead, promise, fates, count, check)) {
            return false;
        }
    }
    return true;
}

/* Tries everything that can be left of this disk, as far as the effort allows; and the page cache
 * itself. */
static bool try_crashes(struct search *search, const struct fs_memory *dead,
                        const struct life_promise *promise, const struct effort *effort,
                        state_function *check)
{
    size_t count = fs_memory_pending(dead, NULL, 0);
    struct fs_memory *killed = fs_memory_copy(dead, 1);

    ASSERT(count <= UNITS_MAX);
    search->result->crash_points++;
    if (count > search->result->units_max) {
        search->result->units_max = count;
    }
    if (!check(search, killed, promise)) {
        return false;
    }
    if (count <= effort->all_fates) {
        return try_all(search, dead, promise, count, FS_FATE_TORN + 1, check);
    }
    if (count <= effort->all_subsets) {
        return try_all(search, dead, promise, count, FS_FATE_NEW + 1, check) &&
               try_systematic(search, dead, promise, count, effort, check);
    }
    return try_one(search, dead, promise, count, 0, 0, FS_FATE_OLD, FS_FATE_OLD, check) &&
           try_one(search, dead, promise, count, 0, 0, FS_FATE_OLD, FS_FATE_NEW, check) &&
           try_systematic(search, dead, promise, count, effort, check) &&
           try_samples(search, dead, promise, count, effort->samples, check);
}

/* Recovery after recovery. */

/*
 * Consumes the disk: recovers from it again and again, and each time is ended one operation later.
 */
static bool check_recoveries(struct search *search, struct fs_memory *memory,
                             const struct life_promise *promise)
{
    const struct effort *effort = search->options->is_deep ? &of_deep_recovery : &of_recovery;
    bool died = true;
    bool good = true;

    for (search->recovery_at = 1; died && good; search->recovery_at++) {
        struct fs_memory *again = fs_memory_copy(memory, sim_random_next(&search->random));
        struct life_promise after = *promise;
        struct raftd_error error = {0};
        struct wal *wal = NULL;

        fs_memory_die_at(again, search->recovery_at);
        if (life_recover(again, promise, &wal, &after.acknowledged, &error) == 0) {
            /* The recovery has returned it, even if the process was ended meanwhile. */
            after.attempted = after.acknowledged;
        } else if (!fs_memory_is_dead(again)) {
            fs_memory_destroy(memory);
            return fail(search, again, "the next start failed: %s", error.message);
        }
        died = fs_memory_is_dead(again);
        fs_memory_die(again);
        wal_close(wal);
        good = try_crashes(search, again, &after, effort, check_boots);
        fs_memory_destroy(again);
    }
    if (good) {
        search->recovery_at = 0;
    }
    fs_memory_destroy(memory);
    return good;
}

/* Takes a few of the disks that a crash can leave. */
static bool try_recoveries(struct search *search, const struct fs_memory *dead,
                           const struct life_promise *promise)
{
    size_t count = fs_memory_pending(dead, NULL, 0);
    size_t samples = search->options->is_deep ? 24 : 2;

    return check_recoveries(search, fs_memory_copy(dead, 1), promise) &&
           try_one(search, dead, promise, count, 0, 0, FS_FATE_OLD, FS_FATE_NEW,
                   check_recoveries) &&
           try_samples(search, dead, promise, count, samples, check_recoveries);
}

/* Scenarios. */

static struct fs_memory *make_disk(const struct search *search)
{
    struct fs_memory *memory = fs_memory_create(search->options->seed);

    fs_memory_set_sector_bytes(memory, search->sector_bytes);
    return memory;
}

/* The whole life without a crash: counts its operations, and checks that it works. */
static bool measure(struct search *search, uint64_t *first, uint64_t *last)
{
    struct fs_memory *memory = make_disk(search);
    struct life_promise promise;
    struct raftd_error error;

    *first = 0;
    search->at = 0;
    if (!life_live(memory, search->scenario, &promise, first, &error)) {
        return fail(search, memory, "it fails without a crash: %s", error.message);
    }
    *last = fs_memory_count(memory);
    fs_memory_end_process(memory);
    return check_boots(search, memory, &promise);
}

static bool crash_everywhere(struct search *search)
{
    const struct effort *effort = search->options->is_deep ? &deep : &bounded;
    uint64_t first = 0;
    uint64_t last = 0;

    if (!measure(search, &first, &last)) {
        return false;
    }
    /* One more: the process is ended after everything was done. */
    for (search->at = first + 1; search->at <= last + 1; search->at++) {
        struct fs_memory *memory = make_disk(search);
        struct life_promise promise;
        struct raftd_error error;
        bool good;

        fs_memory_die_at(memory, search->at);
        if (!life_live(memory, search->scenario, &promise, NULL, &error)) {
            return fail(search, memory, "%s", error.message);
        }
        good = try_crashes(search, memory, &promise, effort, check_boots) &&
               try_recoveries(search, memory, &promise);
        fs_memory_destroy(memory);
        if (!good) {
            return false;
        }
    }
    return true;
}

/* Consumes the disk. Damage to durable bytes has to be refused; damage after the log has to be
 * harmless. */
static bool check_damage(struct search *search, struct fs_memory *memory,
                         const struct life_promise *promise, enum fs_damage_kind kind)
{
    struct raftd_error error = {0};
    struct life_model found;
    struct fs_damage damage;
    struct wal *wal;
    int result;

    if (fs_damage_do(memory, LIFE_DIRECTORY, kind, &search->random, &damage)) {
        if (!damage.is_fatal) {
            return check_boots(search, memory, promise);
        }
        result = life_recover(memory, promise, &wal, &found, &error);
        if (result == 0) {
            life_kill(memory, wal);
        }
        if (result >= 0) {
            return fail(search, memory, "%s, and the next start does not see it", damage.what);
        }
        search->result->refusals++;
    }
    fs_memory_destroy(memory);
    return true;
}

static bool damage_everything(struct search *search)
{
    struct fs_memory *memory = make_disk(search);
    unsigned rounds = search->options->is_deep ? 400 : 20;
    struct life_promise promise;
    struct raftd_error error;
    bool good = true;

    search->at = 0;
    if (!life_live(memory, search->scenario, &promise, NULL, &error)) {
        return fail(search, memory, "it fails without a crash: %s", error.message);
    }
    fs_memory_end_process(memory);
    for (unsigned i = 0; good && i < rounds * FS_DAMAGE_KINDS; i++) {
        good = check_damage(search, fs_memory_copy(memory, i), &promise,
                            (enum fs_damage_kind)(i % FS_DAMAGE_KINDS));
    }
    fs_memory_destroy(memory);
    return good;
}

static bool work(struct search *search)
{
    uint64_t first, last;

    return measure(search, &first, &last);
}

static bool in_every_scenario(struct search *search, bool (*attempt)(struct search *))
{
    const struct exhaustive_options *options = search->options;

    for (size_t i = 0; (search->scenario = life_scenario(i)) != NULL; i++) {
        if (options->only != NULL && strcmp(options->only, search->scenario->name) != 0) {
            continue;
        }
        for (search->sector_bytes = 512; search->sector_bytes <= 4096; search->sector_bytes *= 8) {
            search->random = sim_random_make(options->seed + i);
            if (!attempt(search)) {
                return false;
            }
        }
    }
    return true;
}

/* What takes least comes first: most mistakes need no crash. */
bool exhaustive_run(const struct exhaustive_options *options, struct exhaustive_result *result)
{
    struct search search = {.options = options, .result = result};

    *result = (struct exhaustive_result){0};
    return in_every_scenario(&search, work) && in_every_scenario(&search, damage_everything) &&
           in_every_scenario(&search, crash_everywhere);
}
