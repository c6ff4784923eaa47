/*
 * EVAL, EVALSHA and SCRIPT: src/script translates a script into a request to the state machine,
 * which is sent from here. The thread of the connection's worker; all workers share the cache of
 * scripts.
 */
#include "commands/scripts.h"

#include <string.h>

#include "commands/call.h"
#include "commands/render.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "front/server.h"
#include "script/script.h"
#include "script/sha1.h"

enum { SCRIPT_READ_ONLY = 1 }; /* operation_flags of EVAL_RO */

enum { CACHE_BYTES_MAX = 4 << 20 };

/* ---- The cache ---------------------------------------------------------------------------- */

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

static void cache_flush(struct script_cache *cache)
{
    mutex_lock(&cache->mutex);
    flush_locked(cache);
    mutex_unlock(&cache->mutex);
}

void script_cache_destroy(struct script_cache *cache)
{
    cache_flush(cache);
    mutex_destroy(&cache->mutex);
}

/* If the cache is full, it is emptied first: a client whose script is missing sends the script
 * again. */
static void cache_add(struct script_cache *cache, const void *text, size_t size,
                      char id[SHA1_HEX_BYTES])
{
    struct cached_script *script;

    sha1_hex(text, size, id);
    mutex_lock(&cache->mutex);
    if (name_table_find(&cache->texts, id, SHA1_HEX_BYTES) == NULL) {
        if (cache->text_bytes + size > CACHE_BYTES_MAX) {
            flush_locked(cache);
        }
        script = (struct cached_script *)name_table_add(&cache->texts, id, SHA1_HEX_BYTES,
                                                        sizeof(*script));
        buffer_append(&script->text, text, size);
        cache->text_bytes += size;
    }
    mutex_unlock(&cache->mutex);
}

/* Appends the script with this id, in lower or upper case, to `text`. False: there is no such
 * script. */
static bool cache_find(struct script_cache *cache, const void *id, size_t size, struct buffer *text)
{
    const struct cached_script *script;
    const uint8_t *bytes = id;
    uint8_t lower[SHA1_HEX_BYTES];

    if (size != SHA1_HEX_BYTES) {
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

/* ---- EVAL --------------------------------------------------------------------------------- */

static void finish_script(struct connection *connection, const struct owed_reply *owed,
                          const struct raftd_completion *completion, struct buffer *output)
{
    if (completion->status != 0) {
        finish_reply(connection, owed, completion, output);
    } else {
        script_render(output, owed->attached, owed->attached_bytes, completion->data,
                      completion->size_bytes);
    }
}

/* Whether the request may be sent; if not, the error is written. */
static bool is_allowed(struct call *call, const struct script_request *request)
{
    if (request->changes && call->command->operation_flags == SCRIPT_READ_ONLY) {
        resp_write_error_format(call->reply,
                                "ERR Write commands are not allowed from read-only scripts");
        return false;
    }
    if (request->is_entry_of_many && call->in_transaction) {
        resp_write_error_format(call->reply,
                                "ERR raftd cannot run this script inside a transaction: the script "
                                "needs an entry of the log of its own");
        return false;
    }
    return true;
}

static bool ask_script(struct call *call, const struct script_input *input)
{
    struct script_request request = {0};
    bool asks = false;

    if (!script_request_make(input, call->protocol, &request)) {
        /* The request can be known in part. Then the errors about that part come first. */
        if (is_allowed(call, &request)) {
            resp_write_error(call->reply, script_not_known, strlen(script_not_known));
        }
    } else if (is_allowed(call, &request)) {
        call_ask_parts(call, request.operation, &request.parts, request.count);
        call->flags = request.flags;
        if (request.results.size_bytes > 0) {
            call->owed.finish = finish_script;
            call->owed.attached = request.results.data;
            call->owed.attached_bytes = (uint32_t)request.results.size_bytes;
            request.results = (struct buffer){0};
        }
        asks = true;
    }
    buffer_free(&request.parts);
    buffer_free(&request.results);
    return asks;
}

static bool run_text(struct call *call, const uint8_t *text, size_t size)
{
    struct script_input input = {.text = text, .size_bytes = size};
    const struct resp_argument *argument = &call->arguments[2];
    int64_t keys;

    if (!number_parse(argument->data, argument->size_bytes, &keys)) {
        return call_not_an_integer(call);
    }
    if (keys > (int64_t)call->count - 3) {
        resp_write_error_format(call->reply,
                                "ERR Number of keys can't be greater than number of args");
        return false;
    }
    if (keys < 0) {
        resp_write_error_format(call->reply, "ERR Number of keys can't be negative");
        return false;
    }
    input.keys = call->arguments + 3;
    input.key_count = (size_t)keys;
    input.arguments = input.keys + keys;
    input.argument_count = call->count - 3 - (size_t)keys;
    return ask_script(call, &input);
}

static bool run_eval(struct call *call)
{
    const struct resp_argument *text = &call->arguments[1];
    char id[SHA1_HEX_BYTES];

    if (script_is_known(text->data, text->size_bytes)) {
        cache_add(&call->front->commands->scripts, text->data, text->size_bytes, id);
    }
    return run_text(call, text->data, text->size_bytes);
}

static bool run_evalsha(struct call *call)
{
    struct buffer text = {0};
    bool asks = false;

    if (cache_find(&call->front->commands->scripts, call->arguments[1].data,
                   call->arguments[1].size_bytes, &text)) {
        asks = run_text(call, text.data, text.size_bytes);
    } else {
        resp_write_error_format(call->reply, "NOSCRIPT No matching script. Please use EVAL.");
    }
    buffer_free(&text);
    return asks;
}

static bool run_script_load(struct call *call)
{
    const struct resp_argument *text = &call->arguments[2];
    char id[SHA1_HEX_BYTES];

    if (!script_is_known(text->data, text->size_bytes)) {
        resp_write_error(call->reply, script_not_known, strlen(script_not_known));
        return false;
    }
    cache_add(&call->front->commands->scripts, text->data, text->size_bytes, id);
    resp_write_bulk(call->reply, id, sizeof(id));
    return false;
}

static bool run_script_exists(struct call *call)
{
    resp_write_array(call->reply, call->count - 2);
    for (size_t i = 2; i < call->count; i++) {
        struct buffer text = {0};

        resp_write_integer(call->reply,
                           cache_find(&call->front->commands->scripts, call->arguments[i].data,
                                      call->arguments[i].size_bytes, &text));
        buffer_free(&text);
    }
    return false;
}

static bool run_script_flush(struct call *call)
{
    if (call->count > 3 || (call->count == 3 && !argument_is(&call->arguments[2], "async") &&
                            !argument_is(&call->arguments[2], "sync"))) {
        resp_write_error_format(call->reply, "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        return false;
    }
    cache_flush(&call->front->commands->scripts);
    return call_ok(call);
}

/* ---- Rows ---- */

#define ON_SCRIPTS IN_GROUP("scripting", CATEGORY_SCRIPTING)
#define ON_HASHES IN_GROUP("hash", CATEGORY_HASH)

static const struct command script_commands[] = {
    {SUBCOMMAND("script", "exists"), .arity = -3, IS_LOCAL, ON_SCRIPTS, .run = run_script_exists,
     .syntax = "sha1...",
     DOCS("O(N) where N is the number of digests",
          "Get whether this node has the scripts with the given digests: 1 or 0 for each")},
    {SUBCOMMAND("script", "flush"), .arity = -2, IS_LOCAL, ON_SCRIPTS, .run = run_script_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of scripts", "Remove all scripts from this node")},
    HELP_OF("script", "scripting"),
    {SUBCOMMAND("script", "load"), .arity = 3, IS_LOCAL, ON_SCRIPTS, .run = run_script_load,
     .syntax = "script",
     DOCS("O(N) where N is the length of the script",
          "Store a script on this node, so that EVALSHA can run it")},
    END,
};

const struct command commands_of_scripts[] = {
    {COMMAND("eval"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS), ON_SCRIPTS,
     .run = run_eval, .syntax = "script #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script",
          "Run a lock script: a script that takes, keeps or releases a lock")},
    {COMMAND("eval_ro"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS),
     ON_SCRIPTS, .run = run_eval, .operation_flags = SCRIPT_READ_ONLY,
     .syntax = "script #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script", "Run a lock script that changes nothing")},
    {COMMAND("evalsha"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS),
     ON_SCRIPTS, .run = run_evalsha, .syntax = "sha1 #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script",
          "Run a lock script that is stored on this node")},
    {COMMAND("evalsha_ro"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS),
     ON_SCRIPTS, .run = run_evalsha, .operation_flags = SCRIPT_READ_ONLY,
     .syntax = "sha1 #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script",
          "Run a lock script that is stored on this node and changes nothing")},
    {COMMAND("hexists"), .arity = 3, READS_FAST, ONE_KEY("RO"), ON_HASHES,
     .operation = KV_LOCK_COUNT, .operation_flags = KV_LOCK_COUNT_EXISTS, .syntax = "@key field",
     DOCS("O(1)", "Return 1 if the holder in the field has the reentrant lock, else 0")},
    {COMMAND("hget"), .arity = 3, READS_FAST, ONE_KEY("RO access"), ON_HASHES,
     .operation = KV_LOCK_COUNT, .syntax = "@key field",
     DOCS("O(1)", "Get how many times the holder in the field has taken the reentrant lock")},
    CONTAINER("script", script_commands, "scripting",
              "A container for commands about the scripts on this node"),
    END,
};
