/*
 * The unit tests that find planted bugs, with the code that they test (base/plant.h): RAFTD_PLANT
 * names the bug, and then a test has to fail. Without a name all tests pass. test/sim/check-planted
 * runs it for each bug of PLANTS_OF_UNITS.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/plant.h"

/* Before main(): the tests run in processes that main() forks. */
__attribute__((constructor)) static void plant(void)
{
    const char *name = getenv("RAFTD_PLANT");

    if (name == NULL) {
        return;
    }
    plant_active = plant_find(name);
    if (!plant_is_of_units(plant_active)) {
        fprintf(stderr, "no unit test has to find a planted bug called '%s'\n", name);
        exit(2);
    }
}
