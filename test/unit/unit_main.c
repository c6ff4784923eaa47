/*
 * main() of every unit test program: runs the suites of the test files it was linked
 * with. Check's own environment applies: CK_FORK=no to debug, CK_RUN_SUITE and
 * CK_RUN_CASE to choose, CK_VERBOSITY=verbose to see each test.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define UNIT_SUITES_MAX 32

static unit_suite_function *suites[UNIT_SUITES_MAX];
static int suite_count;

void unit_register(unit_suite_function *make_suite)
{
    if (suite_count == UNIT_SUITES_MAX) {
        fprintf(stderr, "unit_register: more than %d suites in one program\n", UNIT_SUITES_MAX);
        abort();
    }
    suites[suite_count++] = make_suite;
}

int main(void)
{
    SRunner *runner;
    int failed;
    int run;

    if (suite_count == 0) {
        fprintf(stderr, "no suite is linked into this program\n");
        return EXIT_FAILURE;
    }
    runner = srunner_create(NULL);
    for (int i = 0; i < suite_count; i++) {
        srunner_add_suite(runner, suites[i]());
    }
    srunner_run_all(runner, CK_ENV);
    run = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0) {
        fprintf(stderr, "no test was run: do CK_RUN_SUITE and CK_RUN_CASE name existing ones?\n");
        return EXIT_FAILURE;
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
