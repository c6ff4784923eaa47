/*
 * Reads a script of Lua as far as lock scripts go: local variables, if, loops over the keys, and
 * calls of the few commands that look at a lock or change it. Nothing is carried out here: the
 * script is followed for each state that the lock may be in, with the arguments that came with the
 * call, and what it would do and return in each is what comes out. A script that goes further than
 * that is refused. Pure; any thread.
 */
#ifndef RAFTD_SCRIPT_LUA_H
#define RAFTD_SCRIPT_LUA_H

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
    /* These are met with reentrant locks alone. */
    SCRIPT_COUNT,  /* how often the holder has the lock: more than 0 */
    SCRIPT_TABLE,  /* as many elements as keys, each is `number` */
    SCRIPT_OPAQUE, /* what the node will answer: enum script_opaque */
};

/* What a script may give back, and not look at. */
enum script_opaque { SCRIPT_LOCK_TTL, SCRIPT_LATCH, SCRIPT_RECEIVERS };

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
/*
 * Reentrant locks, which Redis keeps in a hash (kv.h says how raftd does): the key is the lock, and
 * every other key that the script names a latch. With a loop over all keys each of them is a lock,
 * all in the same state; the loop's body sees nothing but its own key, so what is done with a
 * key does not depend on the others.
 */
enum script_hold {
    SCRIPT_FREE,
    SCRIPT_HELD_BY_OTHER,
    SCRIPT_HELD_ONCE, /* by the holder whom the script names */
    SCRIPT_HELD_MORE,
    SCRIPT_HOLDS,
};

enum script_effect {
    SCRIPT_TAKES = 1,      /* once more */
    SCRIPT_GIVES = 2,      /* back, once */
    SCRIPT_RENEWS = 4,     /* gives it `amount` milliseconds to live */
    SCRIPT_FREES = 8,      /* deletes it */
    SCRIPT_PUBLISHES = 16, /* `message` on `channel` */
    SCRIPT_LATCHES = 32,   /* sets `latch`, for `latch_amount` milliseconds */
};

/* The words of such a script, the same in all states; NIL: there was none. */
struct script_lock_words {
    struct script_value *holders; /* of each key */
    struct script_value amount;
    struct script_value channel;
    struct script_value message;
    struct script_value latch;
    struct script_value latch_amount;
};

struct script_lock_outcome {
    unsigned effects; /* on each key, where there are many */
    int64_t latched;  /* what LATCHES sets */
    struct script_value result;
};

/* Follows the script in one state; `latched`: whether there is a value at the latch. */
bool script_follow_lock(const struct script_input *input, enum script_hold hold, bool latched,
                        struct script_lock_words *words, struct script_lock_outcome *outcome);

bool script_same_value(const struct script_value *one, const struct script_value *other);

/* The words of a script without comments and blanks, a line each: two scripts that differ in
 * nothing else have the same. */
void script_words(const void *text, size_t size, struct buffer *words);
/* Whether it is such a script at all, whatever the arguments. */
bool script_reads(const void *text, size_t size);

#endif
