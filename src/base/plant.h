/*
 * Planted bugs: places in the shipped code where a build for tests can be told to do the wrong
 * thing, one bug at a time. A test that checks for mistakes proves its worth by finding them.
 *
 *     if (!PLANT(store_append_not_synced)) {
 *         result = sync(...);
 *     }
 *
 * In the daemon and in libraftd, PLANT() is the constant false, and the compiler removes the
 * branch. In objects compiled with -DRAFTD_PLANTS (test/sim/libplanted.la), PLANT() compares with
 * plant_active, which only the simulator and its tests set, on their only thread. A name that is
 * not in plant_table.h does not compile in either case.
 *
 * BUGGIFY(name) is not a bug. It takes a rare but correct branch more often than chance would: a
 * window that is full, a batch that ends early. The code has to behave correctly on that branch.
 * In the daemon and in libraftd BUGGIFY() is false as well.
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

/* Constant texts: the name of a planted bug, and the sentence that describes it. */
const char *plant_name(enum plant plant);
const char *plant_sentence(enum plant plant);
/* PLANT_NONE if no planted bug has this name. */
enum plant plant_find(const char *name);
/* Who has to find it: a story, a unit test, or the exhaustive mode; else the seeds. */
bool plant_is_of_stories(enum plant plant);
bool plant_is_of_units(enum plant plant);
bool plant_is_of_disks(enum plant plant);

/* Whether to take the rare branch now. About half of all seeds never take the branch of a given
 * name, so that a run does not have all rare branches at once. */
bool plant_buggify(const char *name);
/* Sets how often plant_buggify() returns true from now on, in a million calls; 0 = never. */
void plant_set_buggify(uint64_t seed, uint32_t per_million);

#define BUGGIFY(name) plant_buggify(#name)

#else

#define PLANT(name) ((void)PLANT_##name, false)
#define BUGGIFY(name) false

#endif

#endif
