/*
 * Scripts of Lua that are lock scripts: what EVAL and EVALSHA carry out. The script is followed
 * for every state that its key may be in (script_lua.h); if that comes to "compare the value with
 * a token, then delete the key or give it a time to live", or to "set it if it is missing", it is
 * run as that operation of the state machine. Any thread.
 */
#ifndef RAFTD_SCRIPT_SCRIPT_H
#define RAFTD_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "front/name_table.h"
#include "script/lua.h"
#include "sys/mutex.h"

struct call;

/* Fills in what the node is to be asked, and how its answer becomes the script's. False: answered
 * with an error. */
bool script_prepare(struct call *call, const struct script_input *input);
/* The error that says so of any other script. */
extern const char script_not_known[];
/* Whether SCRIPT LOAD takes it. */
bool script_is_known(const void *text, size_t size);
void script_render(struct buffer *output, const void *attached, size_t attached_size,
                   const void *data, size_t size);

/* The texts that SCRIPT LOAD and EVAL left on this node, by their SHA-1 in hexadecimal. */
struct script_cache {
    struct mutex mutex;
    /* Guarded by mutex. */
    struct name_table texts; /* struct cached_script */
    size_t text_bytes;
};

enum { SCRIPT_ID_BYTES = 40, SCRIPT_CACHE_BYTES_MAX = 4 << 20 };

/* What names a text: its SHA-1 in hexadecimal. */
void script_id(const void *text, size_t size, char id[SCRIPT_ID_BYTES]);

void script_cache_init(struct script_cache *cache);
void script_cache_destroy(struct script_cache *cache);
/* A cache that is full is emptied first: clients send a script again that is not there. */
void script_cache_add(struct script_cache *cache, const void *text, size_t size,
                      char id[SCRIPT_ID_BYTES]);
/* Copies a text; false: it is not there. The id may be in capitals. */
bool script_cache_find(struct script_cache *cache, const void *id, size_t size,
                       struct buffer *text);
void script_cache_flush(struct script_cache *cache);

#endif
