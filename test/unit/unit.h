/*
 * The frame of the unit tests: a test file states its suite with UNIT_SUITE, the main()
 * of test/unit/unit_main.c runs every suite that was linked in.
 *
 *     UNIT_SUITE(bytes)
 *     {
 *         Suite *suite = suite_create("bytes");
 *         ...
 *         return suite;
 *     }
 */
#ifndef RAFTD_TEST_UNIT_UNIT_H
#define RAFTD_TEST_UNIT_UNIT_H

#include <check.h>

/* What Check has under this name also writes a mark to a file for each assertion that holds, so a
 * test that asks a million times does little else. Where a test crashed, a debugger says. */
#undef ck_assert_msg
#define ck_assert_msg(expression, ...)                                                             \
    ((expression) ? (void)0                                                                        \
                  : _ck_assert_failed(__FILE__, __LINE__, "Assertion '" #expression "' failed",    \
                                      __VA_ARGS__))

typedef Suite *unit_suite_function(void);

/* Adds a suite to those that main() runs. Called before main(), through UNIT_SUITE. */
void unit_register(unit_suite_function *make_suite);

#define UNIT_SUITE(name)                                                                           \
    static Suite *unit_suite_##name(void);                                                         \
    __attribute__((constructor)) static void unit_register_##name(void)                            \
    {                                                                                              \
        unit_register(unit_suite_##name);                                                          \
    }                                                                                              \
    static Suite *unit_suite_##name(void)

#endif
