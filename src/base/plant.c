/*
 * Which planted bug is active, and their names. Part of builds for tests only; see plant.h.
 */
#include "base/plant.h"

#include <string.h>

#include "base/assert.h"

enum plant plant_active = PLANT_NONE;

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

enum plant plant_find(const char *name)
{
    for (int plant = PLANT_NONE + 1; plant < PLANT_COUNT; plant++) {
        if (strcmp(names[plant], name) == 0) {
            return (enum plant)plant;
        }
    }
    return PLANT_NONE;
}
