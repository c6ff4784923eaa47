/*
 * Parses the bytes of a configuration file. Included by src/conf and its tests only.
 */
#ifndef RAFTD_CONF_LOAD_H
#define RAFTD_CONF_LOAD_H

#include <stddef.h>

#include "conf/source.h"

enum {
    CONF_FILE_BYTES_MAX = 1 << 20, /* a larger file is refused */
    CONF_LINE_BYTES_MAX = 2000,    /* a longer line is refused; without the end of the line */
};

/* Sets the options that text names. Reports every mistake to source. text may have any bytes. */
void load_text(struct conf *conf, struct conf_source *source, const char *text, size_t size);

#endif
