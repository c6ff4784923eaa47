/*
 * Helpers for the tests of src/conf: they collect reported mistakes and make files.
 */
#ifndef RAFTD_TEST_UNIT_CONF_CONF_TEST_H
#define RAFTD_TEST_UNIT_CONF_CONF_TEST_H

#include <stddef.h>

#include "conf/conf.h"

/* All mistakes that were reported, one in each line. */
struct mistakes {
    char text[65536];
    size_t count;
};

void mistakes_add(void *argument, const char *text);

/* A directory of this test, and a file in it. The path of the file is valid until the next call. */
const char *scratch_directory(void);
const char *scratch_file(const char *name, const void *data, size_t size, unsigned mode);
void scratch_remove(void);

/* Sets the defaults and loads the text as a file named "test.ini". Returns the result of
 * conf_load(). */
int load(struct conf *conf, struct mistakes *mistakes, const char *text);

/* Fails unless exactly these mistakes were reported. */
void expect_only(const struct mistakes *mistakes, const char *wanted);
/* Fails unless the report of some mistake contains these words. */
void expect_some(const struct mistakes *mistakes, const char *words);

#endif
