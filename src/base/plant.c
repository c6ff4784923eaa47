/*
 * Which planted bug is active, and the names of all planted bugs. Compiled into tests only, which
 * call it from one thread; never into the daemon or libraftd. See plant.h.
 */
#include "base/plant.h"

#include <string.h>

#include "base/assert.h"
#include "base/random.h"

enum plant plant_active = PLANT_NONE;

static uint64_t buggify_state;
static uint64_t buggify_seed;
static uint32_t buggify_per_million;

#define PLANT_NAME(name, sentence) #name,
static const char *const names[PLANT_COUNT] = {"none", PLANTS(PLANT_NAME)};

#define PLANT_SENTENCE(name, sentence) sentence,
static const char *const sentences[PLANT_COUNT] = {"no bug", PLANTS(PLANT_SENTENCE)};

const char *plant_name(enum plant plant)
{
    ASSERT(plant < PLANT_COUNT);
    return names[plant];
}

const char *plant_sentence(enum plant plant)
{
    ASSERT(plant < PLANT_COUNT);
    return sentences[plant];
}

#define PLANT_IS(name) plant == PLANT_##name ||

bool plant_is_of_stories(enum plant plant)
{
    return PLANTS_OF_STORIES(PLANT_IS) false;
}

bool plant_is_of_units(enum plant plant)
{
    return PLANTS_OF_UNITS(PLANT_IS) false;
}

bool plant_is_of_disks(enum plant plant)
{
    bool is_of_seeds = PLANTS_OF_LIVE_LOGS(PLANT_IS) false;

    return strncmp(plant_name(plant), "store_", strlen("store_")) == 0 && !is_of_seeds;
}

enum plant plant_find(const char *name)
{
    for (int plant = PLANT_NONE + 1; plant < PLANT_COUNT; plant++) {
        if (strcmp(names[plant], name) == 0) {
            return (enum plant)plant;
        }
    }
    return PLANT_NONE;
}

void plant_set_buggify(uint64_t seed, uint32_t per_million)
{
    buggify_seed = seed;
    buggify_state = seed;
    buggify_per_million = per_million;
}

bool plant_buggify(const char *name)
{
    uint64_t hash = buggify_seed;

    if (buggify_per_million == 0) {
        return false;
    }
    for (const char *c = name; *c != 0; c++) {
        hash = random_mix(hash + (uint8_t)*c);
    }
    if (hash % 2 == 0) {
        return false; /* this seed never takes the branch of this name */
    }
    return random_next(&buggify_state) % 1000000 < buggify_per_million;
}
