/*
 * The end of a process whose invariant broke.
 */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "raftd: assertion failed: %s (%s:%d); please report this\n", condition, file,
            line);
    abort();
}
