/*
 * The cache of the scripts that SCRIPT LOAD and EVAL have stored on this node. The key of a script
 * is its SHA-1 in hexadecimal. Each node has its own cache: a client that loaded a script here and
 * runs it on another node gets NOSCRIPT and sends the script again, as it does after a restart of
 * Redis. Any thread.
 */
#ifndef RAFTD_COMMANDS_SCRIPTS_H
#define RAFTD_COMMANDS_SCRIPTS_H

#include <stddef.h>

#include "front/name_table.h"
#include "sys/mutex.h"

struct script_cache {
    struct mutex mutex;
    /* Guarded by mutex. */
    struct name_table texts; /* struct cached_script */
    size_t text_bytes;       /* bytes of all texts */
};

void script_cache_init(struct script_cache *cache);
void script_cache_destroy(struct script_cache *cache);

#endif
