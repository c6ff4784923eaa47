/*
 * From the bytes of a configuration file to options. Nobody outside src/conf includes this,
 * except its tests.
 */
#ifndef RAFTD_CONF_LOAD_H
#define RAFTD_CONF_LOAD_H

#include <stddef.h>

#include "conf/source.h"

enum {
    CONF_FILE_BYTES_MAX = 1 << 20,
    CONF_LINE_BYTES_MAX = 2000, /* without the end of the line */
};

/* Every mistake goes to source. text may hold any bytes. */
void load_text(struct conf *conf, struct conf_source *source, const char *text, size_t size);

#endif
