/*
 * Configuration files of hostile bytes. Every mistake is one printable line that is told a bounded
 * number of times; what is accepted without one says, option by option, the same again.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "conf/load.h"
#include "conf/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_report(void *argument, const char *text)
{
    size_t *count = argument;

    (*count)++;
    ASSERT(*count <= CONF_MISTAKES_MAX + 1);
    ASSERT(strncmp(text, "fuzz.ini", 8) == 0);
    for (; *text != 0; text++) {
        ASSERT((unsigned char)*text >= ' ' && *text != 0x7f);
    }
}

static void set_again(void *argument, const char *name, const char *value)
{
    struct raftd_error error = {0};
    int code = conf_set(argument, name, value, &error);

    ASSERT(code == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf conf;
    struct conf again;
    struct conf_source source;
    size_t count = 0;

    if (size > CONF_FILE_BYTES_MAX) {
        return 0;
    }
    conf_defaults(&conf);
    source_init(&source, "fuzz.ini", check_report, &count);
    load_text(&conf, &source, (const char *)data, size);
    validate(&conf, &source);
    ASSERT((source.mistakes == 0) == (count == 0));
    ASSERT(conf.peer_count <= CONF_PEERS_MAX);

    /* Whatever came through, mistakes beside it or not, is a set of values that can be told. */
    conf_defaults(&again);
    conf_each(&conf, set_again, &again);
    ASSERT(memcmp(&conf, &again, sizeof(conf)) == 0);
    return 0;
}
