/*
 * Scripts by their SHA-1. The cache is this node's own: a client that asks another node for a
 * script it loaded here gets NOSCRIPT and sends it again, as it does after a restart of a Redis.
 */
#include <string.h>

#include "script/script.h"
#include "script/sha1.h"

struct cached_script {
    struct name_entry entry;
    struct buffer text;
};

static void flush_locked(struct script_cache *cache)
{
    for (struct name_entry *entry = name_table_next(&cache->texts, NULL); entry != NULL;
         entry = name_table_next(&cache->texts, entry)) {
        buffer_free(&((struct cached_script *)entry)->text);
    }
    name_table_free(&cache->texts);
    cache->text_bytes = 0;
}

void script_cache_init(struct script_cache *cache)
{
    memset(cache, 0, sizeof(*cache));
    mutex_init(&cache->mutex, MUTEX_RANK_SCRIPTS);
}

void script_cache_destroy(struct script_cache *cache)
{
    script_cache_flush(cache);
    mutex_destroy(&cache->mutex);
}

void script_cache_flush(struct script_cache *cache)
{
    mutex_lock(&cache->mutex);
    flush_locked(cache);
    mutex_unlock(&cache->mutex);
}

void script_id(const void *text, size_t size, char id[SCRIPT_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA1_BYTES];

    sha1(text, size, digest);
    for (size_t i = 0; i < SHA1_BYTES; i++) {
        id[2 * i] = digits[digest[i] >> 4];
        id[2 * i + 1] = digits[digest[i] & 15];
    }
}

void script_cache_add(struct script_cache *cache, const void *text, size_t size,
                      char id[SCRIPT_ID_BYTES])
{
    struct cached_script *script;

    script_id(text, size, id);
    mutex_lock(&cache->mutex);
    if (name_table_find(&cache->texts, id, SCRIPT_ID_BYTES) == NULL) {
        if (cache->text_bytes + size > SCRIPT_CACHE_BYTES_MAX) {
            flush_locked(cache);
        }
        script = (struct cached_script *)name_table_add(&cache->texts, id, SCRIPT_ID_BYTES,
                                                        sizeof(*script));
        buffer_append(&script->text, text, size);
        cache->text_bytes += size;
    }
    mutex_unlock(&cache->mutex);
}

bool script_cache_find(struct script_cache *cache, const void *id, size_t size, struct buffer *text)
{
    const struct cached_script *script;
    const uint8_t *bytes = id;
    uint8_t lower[SCRIPT_ID_BYTES];

    if (size != SCRIPT_ID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        lower[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (uint8_t)(bytes[i] | 0x20) : bytes[i];
    }
    mutex_lock(&cache->mutex);
    script = (const struct cached_script *)name_table_find(&cache->texts, lower, size);
    if (script != NULL) {
        buffer_append(text, script->text.data, script->text.size_bytes);
    }
    mutex_unlock(&cache->mutex);
    return script != NULL;
}
