/*
 * Which commands of Redis raftd knows of and does not have.
 */
#ifndef RAFTD_COMMANDS_UNSUPPORTED_H
#define RAFTD_COMMANDS_UNSUPPORTED_H

#include <stddef.h>

/* "hashes" for "HSET", in whatever case; NULL: no command that raftd knows of. */
const char *unsupported_find(const void *name, size_t size);

#endif
