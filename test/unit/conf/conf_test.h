/*
 * What the tests of src/conf share: mistakes collected, and files to make them in.
 */
#ifndef RAFTD_TEST_UNIT_CONF_CONF_TEST_H
#define RAFTD_TEST_UNIT_CONF_CONF_TEST_H

#include <stddef.h>

#include "conf/conf.h"

/* Every mistake that was told, one a line. */
struct mistakes {
    char text[65536];
    size_t count;
};

void mistakes_add(void *argument, const char *text);

/* A directory of the test's own; and a file in it, whose path stays valid until the next call. */
const char *scratch_directory(void);
const char *scratch_file(const char *name, const void *data, size_t size, unsigned mode);
void scratch_remove(void);

/* Defaults, then the text as a file named "test.ini"; returns what conf_load() does. */
int load(struct conf *conf, struct mistakes *mistakes, const char *text);

/* Fails unless there is this one mistake and no other. */
void expect_only(const struct mistakes *mistakes, const char *wanted);
/* Fails unless some line of the mistakes has these words. */
void expect_some(const struct mistakes *mistakes, const char *words);

#endif
