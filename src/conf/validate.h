/*
 * What one option alone cannot know. Nobody outside src/conf includes this.
 */
#ifndef RAFTD_CONF_VALIDATE_H
#define RAFTD_CONF_VALIDATE_H

#include "conf/source.h"

/* Tells source every mistake. Options that are broken already are not judged again. */
void validate(const struct conf *conf, struct conf_source *source);

#endif
