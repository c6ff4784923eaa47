/*
 * Helpers for the tests of src/conf.
 */
#include "unit/conf/conf_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

enum { FILES_MAX = 64 };

static char directory[64];
static char paths[FILES_MAX][128];
static size_t path_count;

void mistakes_add(void *argument, const char *text)
{
    struct mistakes *mistakes = argument;
    size_t used = strlen(mistakes->text);

    mistakes->count++;
    snprintf(mistakes->text + used, sizeof(mistakes->text) - used, "%s\n", text);
}

const char *scratch_directory(void)
{
    if (directory[0] == 0) {
        snprintf(directory, sizeof(directory), "/tmp/raftd-test-conf-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
    }
    return directory;
}

const char *scratch_file(const char *name, const void *data, size_t size, unsigned mode)
{
    char *path = paths[path_count++];
    FILE *file;

    ck_assert_uint_le(path_count, FILES_MAX);
    snprintf(path, sizeof(paths[0]), "%s/%s", scratch_directory(), name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
    return path;
}

void scratch_remove(void)
{
    for (size_t i = 0; i < path_count; i++) {
        unlink(paths[i]);
    }
    if (directory[0] != 0) {
        rmdir(directory);
    }
    path_count = 0;
    directory[0] = 0;
}

int load(struct conf *conf, struct mistakes *mistakes, const char *text)
{
    const char *path = scratch_file("test.ini", text, strlen(text), 0600);

    memset(mistakes, 0, sizeof(*mistakes));
    conf_defaults(conf);
    return conf_load(conf, path, mistakes_add, mistakes);
}

/* Replaces DIR by the name of the test's directory, which differs in each run. */
static void expand(const char *text, char *expanded, size_t size)
{
    size_t used = 0;

    while (*text != 0 && used + 1 < size) {
        if (strncmp(text, "DIR/", 4) == 0) {
            used += (size_t)snprintf(expanded + used, size - used, "%s/", directory);
            text += 4;
        } else {
            expanded[used++] = *text++;
        }
    }
    expanded[used] = 0;
}

void expect_only(const struct mistakes *mistakes, const char *wanted)
{
    char expanded[4096];

    expand(wanted, expanded, sizeof(expanded) - 1);
    strcat(expanded, "\n");
    ck_assert_str_eq(mistakes->text, expanded);
}

void expect_some(const struct mistakes *mistakes, const char *words)
{
    char expanded[4096];

    expand(words, expanded, sizeof(expanded));
    ck_assert_msg(strstr(mistakes->text, expanded) != NULL, "no \"%s\" among:\n%s", expanded,
                  mistakes->text);
}
