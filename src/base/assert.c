/*
 * What happens when an assertion fails: a line on standard error, then the process ends. Any
 * thread.
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
