/*
 * Checks options against each other. Included by src/conf only.
 */
#ifndef RAFTD_CONF_VALIDATE_H
#define RAFTD_CONF_VALIDATE_H

#include "conf/source.h"

/* Reports every mistake to source. Leaves out options that source knows as broken. */
void validate(const struct conf *conf, struct conf_source *source);

#endif
