/*
 * The syntax of a command's arguments, as one line of text in the command's row. COMMAND DOCS,
 * HELP and raftd-commands(7) read that line; nothing else does, so it costs nothing at run time.
 * Pure; any thread.
 *
 *     value             a string with this name
 *     @key              a key
 *     #count            an integer
 *     ~pattern          a glob pattern
 *     EX                the word EX itself
 *     EX #seconds       the word EX, then an integer: one argument
 *     unit(BYTE | BIT)  one of these; the name is seen in COMMAND DOCS only
 *     range(#a #b)      these together; the name is seen in COMMAND DOCS only
 *     [...]             the argument inside may be left out
 *     name...           the argument once or more often
 */
#ifndef RAFTD_COMMANDS_SYNTAX_H
#define RAFTD_COMMANDS_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum syntax_type {
    SYNTAX_STRING,
    SYNTAX_KEY,
    SYNTAX_INTEGER,
    SYNTAX_PATTERN,
    SYNTAX_TOKEN, /* the word `token` itself; there is no name */
    SYNTAX_ONEOF,
    SYNTAX_BLOCK,
};

/* A piece of the line. */
struct syntax {
    const char *text;
    size_t size;
};

struct syntax_argument {
    enum syntax_type type;
    bool optional;
    bool multiple;
    struct syntax name;
    struct syntax token; /* the word in front of the argument; size 0 = none */
    struct syntax parts; /* ONEOF, BLOCK: the arguments inside */
};

/* A command's whole line; NULL = no arguments. */
struct syntax syntax_of(const char *line);

/* Takes the next argument off the line; false at its end. A line that cannot be read ends the
 * process: it is our own text, and a unit test reads every row's. */
bool syntax_next(struct syntax *rest, struct syntax_argument *argument);

/* How many arguments there are on this level. */
size_t syntax_count(struct syntax line);

/* "key value [NX | XX] [GET]", as a person reads it: appended to text, without a NUL. */
void syntax_write_synopsis(struct syntax line, struct buffer *text);

#endif
