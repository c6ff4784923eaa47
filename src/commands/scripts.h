/*
 * The texts that SCRIPT LOAD and EVAL left on this node, by their SHA-1 in hexadecimal. The cache
 * is this node's own: a client that asks another node for a script that it loaded here gets
 * NOSCRIPT and sends the script again, as it does after a restart of a Redis. Any thread.
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
    size_t text_bytes;       /* of all texts */
};

void script_cache_init(struct script_cache *cache);
void script_cache_destroy(struct script_cache *cache);

#endif
