/*
 * Planted bugs: places in the shipped code where a build for tests can be told to do the wrong
 * thing, one at a time, so that a checker is believed only after it was seen to catch something.
 *
 *     if (!PLANT(store_append_not_synced)) {
 *         result = sync(...);
 *     }
 *
 * In the daemon and in libraftd PLANT() is the constant false. Objects made with -DRAFTD_PLANTS
 * (test/sim/libplanted.la) ask plant_active, which only the simulator and its tests set, on the
 * one thread that they have. A name that is not in the table does not compile, either way.
 *
 * BUGGIFY(name) is no bug but a rare, lawful branch that the simulator makes common: a window that
 * is full, a batch that ends early. Whatever it does has to be right. It is false likewise.
 */
#ifndef RAFTD_BASE_PLANT_H
#define RAFTD_BASE_PLANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/plant_table.h"

#define PLANT_ENUMERATE(name, sentence) PLANT_##name,
enum plant { PLANT_NONE, PLANTS(PLANT_ENUMERATE) PLANT_COUNT };
#undef PLANT_ENUMERATE

#ifdef RAFTD_PLANTS

extern enum plant plant_active;

#define PLANT(name) (plant_active == PLANT_##name)

/* The name of a plant, the sentence about it; PLANT_NONE for a name that is none. */
const char *plant_name(enum plant plant);
const char *plant_sentence(enum plant plant);
enum plant plant_find(const char *name);

/* Whether a rare branch is taken now. Each is common in about half of the seeds. */
bool plant_buggify(const char *name);
/* From now on; per_million = 0: never. */
void plant_set_buggify(uint64_t seed, uint32_t per_million);

#define BUGGIFY(name) plant_buggify(#name)

#else

#define PLANT(name) ((void)PLANT_##name, false)
#define BUGGIFY(name) false

#endif

#endif
