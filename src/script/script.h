/*
 * Scripts of Lua that are lock scripts: what the state machine is to be asked for one, and what its
 * answer means to the script. The script is followed for every state that its key may be in
 * (lua.h); if that comes to "compare the value with a token, then delete the key or give it a time
 * to live", or to "set it if it is missing", it is run as that operation of the state machine.
 * Pure; any thread. Never carries anything out: the commands do (commands/scripts.c).
 */
#ifndef RAFTD_SCRIPT_SCRIPT_H
#define RAFTD_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "kv/kv.h"
#include "resp/writer.h"
#include "script/lua.h"

/* What the state machine is to be asked for a script. */
struct script_request {
    bool changes;          /* the script may change something */
    bool is_entry_of_many; /* `operation` is KV_EXEC: it cannot be part of a transaction */
    enum kv_operation operation;
    uint8_t flags;         /* of `operation` */
    size_t count;          /* of arguments */
    struct buffer parts;   /* the arguments: the size and the bytes of each; the caller frees it */
    struct buffer results; /* what script_render() needs to answer; empty = the operation's own
                              reply is the script's; the caller frees it */
};

/*
 * Makes the request; `request` is zeroed before. False: raftd does not run this script. `changes`
 * and `is_entry_of_many` may be set even then, and `parts` and `results` are empty.
 */
bool script_request_make(const struct script_input *input, enum resp_protocol protocol,
                         struct script_request *request);
/* Writes the script's answer, made of its results and of the state machine's reply. */
void script_render(struct buffer *output, const void *results, size_t results_size,
                   const void *data, size_t size);

/* Whether raftd can read a script with this text. Whether it runs the script depends on the
 * arguments, too: script_request_make(). */
bool script_is_known(const void *text, size_t size);
/* The error that is answered to any other script. */
extern const char script_not_known[];

#endif
