/*
 * The inside of reading a script (lua.h), shared by its files:
 *
 *     tokens.c      words of the text
 *     values.c      values, and how they compare and add up
 *     calls.c       redis.call() and the functions of Lua
 *     lock_calls.c  redis.call() about reentrant locks
 *     expression.c  expressions
 *     lua.c         statements
 *
 * "live": whether what is read is also carried out; the rest is only read.
 */
#ifndef RAFTD_SCRIPT_READING_H
#define RAFTD_SCRIPT_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script/lua.h"

enum {
    SCRIPT_LOCALS_MAX = 32,
    SCRIPT_DEPTH_MAX = 24,
    SCRIPT_ARGUMENTS_MAX = 12,
};

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_NUMBER, TOKEN_SYMBOL, TOKEN_WRONG };

struct token {
    enum token_kind kind;
    const uint8_t *data; /* borrowed from the text */
    size_t size_bytes;
};

struct variable {
    const uint8_t *name;
    size_t name_bytes;
    struct script_value value;
};

/* A reentrant lock that is followed, or the locks in a loop over all keys. */
struct lock_reading {
    enum script_hold hold;
    bool latched;
    struct script_lock_words *words;
    size_t key;       /* which of the keys is the lock; in a loop they take turns */
    unsigned effects; /* in this turn */
    bool inserted;    /* into the table that the loop fills, in this turn */
    int64_t element;  /* that number */
    unsigned tables;  /* made so far: at most that one */
    bool looping;     /* inside a loop over the keys; */
    bool looped;      /* behind one: the locks are not touched any more */
    struct script_lock_outcome *outcome;
};

struct reading {
    const struct script_input *input;
    enum script_state state;
    struct script_value *compared; /* the token of the lock */
    struct script_outcome *outcome;
    struct lock_reading *lock; /* NULL: the lock is a string; else the three above are not used */
    size_t offset;
    struct token token; /* the next one */
    bool failed;        /* the script cannot be followed */
    bool returned;      /* nothing behind is carried out */
    int depth;
    size_t local_count;
    struct variable locals[SCRIPT_LOCALS_MAX];
};

static const struct script_value script_nil = {.kind = SCRIPT_NIL};

/* Moves on to the next token. */
void script_advance(struct reading *reading);
/* Whether the next token is this word or sign; take: and if so moves on; expect: or fails. */
bool script_at(const struct reading *reading, const char *text);
bool script_take(struct reading *reading, const char *text);
void script_expect(struct reading *reading, const char *text);
struct token script_take_name(struct reading *reading);
bool script_text_is(const uint8_t *data, size_t size, const char *text);

struct script_value script_number(int64_t number);
struct script_value script_boolean(bool value);
struct script_value script_text(enum script_value_kind kind, const char *text);
struct script_value script_argument(const struct resp_argument *argument);
bool script_is_true(const struct script_value *value);
/* Whether it is a string with this word (given in lower case), in whatever case. */
bool script_word_is(const struct script_value *value, const char *word);
bool script_same_text(const struct script_value *one, const struct script_value *other);
bool script_is_equal(struct reading *reading, const struct script_value *one,
                     const struct script_value *other);
bool script_is_less(struct reading *reading, const struct script_value *one,
                    const struct script_value *other);
/* A number as arithmetic sees it: also one that is spelled in a string. */
bool script_to_number(const struct script_value *value, struct script_value *number);
struct script_value script_add(struct reading *reading, const struct script_value *one,
                               const struct script_value *other, bool minus);

/* redis.call() where lock is not NULL, and table.insert(). */
struct script_value script_call_on_lock(struct reading *reading,
                                        const struct script_value *arguments, size_t count);
void script_insert(struct reading *reading, const struct script_value *arguments, size_t count);

/* The value at the key. */
struct script_value script_get(const struct reading *reading);
struct script_value script_call_function(struct reading *reading, const struct token *name,
                                         const struct script_value *arguments, size_t count);

/* NULL: there is no such local variable. */
struct variable *script_find_variable(struct reading *reading, const struct token *name);
struct script_value script_expression(struct reading *reading, bool live);

#endif
