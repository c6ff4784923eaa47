/*
 * Reads a script of Lua as far as lock scripts go: local variables, if, loops over the one key,
 * and calls of the few commands that look at one string key or change it. Nothing is carried out
 * here: the script is followed for each state that the key may be in, with the arguments that came
 * with the call, and what it would do and return in each is what comes out. A script that goes
 * further than that is refused. Pure; any thread.
 */
#ifndef RAFTD_REDIS_SCRIPT_LUA_H
#define RAFTD_REDIS_SCRIPT_LUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "resp/parser.h"

/* What the key may be like. */
enum script_state {
    SCRIPT_EQUAL_LASTING, /* its value is the token, and it has no time to live */
    SCRIPT_EQUAL_EXPIRING,
    SCRIPT_OTHER, /* it has another value */
    SCRIPT_MISSING,
    SCRIPT_STATES,
};

enum script_value_kind {
    SCRIPT_NIL,
    SCRIPT_FALSE,
    SCRIPT_TRUE,
    SCRIPT_NUMBER,
    SCRIPT_STRING,
    SCRIPT_STATUS, /* what redis.call() gives for "+OK" */
    SCRIPT_ERROR,
    SCRIPT_VALUE, /* the string at the key */
    SCRIPT_LIST,  /* with that, or false, as its one element */
    SCRIPT_TTL,   /* the key's time to live in milliseconds, and a number added to it */
    SCRIPT_KEYS,
    SCRIPT_ARGV,
};

struct script_value {
    enum script_value_kind kind;
    int64_t number;
    const uint8_t *data; /* STRING, STATUS, ERROR: borrowed from the script or the arguments */
    size_t size_bytes;
};

enum script_action_kind { SCRIPT_NOTHING, SCRIPT_DELETE, SCRIPT_EXPIRE, SCRIPT_SET };

struct script_action {
    enum script_action_kind kind;
    struct script_value value;  /* SET */
    const char *unit;           /* EXPIRE: "EXPIRE", "PEXPIRE"; SET: "EX", "PX", NULL = none */
    struct script_value amount; /* STRING or NUMBER; EXPIRE: also TTL */
};

/* What the script comes to in one state. */
struct script_outcome {
    struct script_action action;
    struct script_value result;
};

struct script_input {
    const uint8_t *text;
    size_t size_bytes;
    const struct resp_argument *keys;
    size_t key_count;
    const struct resp_argument *arguments;
    size_t argument_count;
};

/*
 * Follows the script in one state. token is what the key's value is compared with: set by the
 * first comparison, and the same in all others. False: it cannot be followed.
 */
bool script_follow(const struct script_input *input, enum script_state state,
                   struct script_value *token, struct script_outcome *outcome);
/* The words of a script without comments and blanks, a line each: two scripts that differ in
 * nothing else have the same. */
void script_words(const void *text, size_t size, struct buffer *words);
/* Whether it is such a script at all, whatever the arguments. */
bool script_reads(const void *text, size_t size);

#endif
